//! What of a context a browser can reach: its web server, its other HTTP services, its mail's page, and its databases
//! where the project runs a tool that shows them.

use crate::model::{Kind, LABEL_LIMIT, Port, Protocol, dns_label};
use crate::project::{is_tool, web_rank};
use crate::registry::Allocation;
use crate::resolve::find_allocation;

/// A port and the label that it goes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Face<'a> {
    /// `None` for the context's web server, under the context's own name.
    pub label: Option<String>,
    /// The service that the name stands for.
    pub service: &'a str,
    pub row: &'a Allocation,
    /// As [`Route::entry`](crate::model::Route::entry).
    pub entry: Option<String>,
}

impl Face<'_> {
    /// Whether the port itself speaks TLS.
    pub fn speaks_tls(&self) -> bool {
        matches!(self.row.container_port.map(Port::number), Some(443 | 8443))
    }
}

/// A tool that shows databases of some kinds: a word of its service's name, and where it takes a server's name.
struct Tool {
    word: &'static str,
    kinds: &'static [Kind],
    entries: &'static [(Kind, &'static str)],
}

const TOOLS: [Tool; 7] = [
    Tool {
        word: "adminer",
        kinds: &[Kind::POSTGRES, Kind::MYSQL],
        entries: &[(Kind::POSTGRES, "/?pgsql="), (Kind::MYSQL, "/?server=")],
    },
    Tool { word: "pgadmin", kinds: &[Kind::POSTGRES], entries: &[] },
    Tool { word: "pgweb", kinds: &[Kind::POSTGRES], entries: &[] },
    Tool { word: "phpmyadmin", kinds: &[Kind::MYSQL], entries: &[] },
    Tool { word: "express", kinds: &[Kind::MONGODB], entries: &[] },
    Tool { word: "commander", kinds: &[Kind::REDIS], entries: &[] },
    Tool { word: "redisinsight", kinds: &[Kind::REDIS], entries: &[] },
];

/// Services that catch mail and show it on a page.
const MAIL: [&str; 4] = ["mailpit", "mailhog", "mailcatcher", "maildev"];

/// The label that the mail's page also goes by, whatever catches it.
const MAIL_LABEL: &str = "mail";

/// Every face of a context, its web server first. `http_service` names that, as the project has it; in a context that
/// does not know the name it is the likeliest.
pub fn faces<'a>(rows: &'a [Allocation], http_service: &str) -> Vec<Face<'a>> {
    let mut servers: Vec<&Allocation> = rows.iter().filter(|row| is_current(row) && speaks_http(row)).collect();
    servers.sort_by_key(|row| (row.service.clone(), web_rank(&row.service, row.container_port), row.id));
    let main = main_of(rows, &servers, http_service);
    let mut faces: Vec<Face<'_>> =
        main.iter().map(|row| Face { label: None, service: row.service.as_str(), row, entry: None }).collect();
    faces.extend(main.filter(|main| !servers.contains(main)).and_then(|row| face_of_service(row, None)));
    for (index, row) in servers.iter().enumerate().filter(|(_, row)| !is_nameless(row)) {
        let is_first = index == 0 || servers[index - 1].service != row.service;
        faces.extend(face_of_service(row, row.container_port.filter(|_| !is_first)));
    }
    faces.extend(mail_face(&faces, &servers));
    let shown = rows.iter().filter(|row| is_current(row) && main != Some(*row));
    faces.extend(shown.filter_map(|row| database_face(row, &servers)));
    faces
}

/// The web server outside the compose file, whose port is booked by what it speaks.
fn is_nameless(row: &Allocation) -> bool {
    row.container_port.is_none() && row.service.as_str() == Kind::HTTP.as_str()
}

/// The compose file mentions it, or it was booked by name, and is no second port for one container port.
fn is_current(row: &Allocation) -> bool {
    row.variable.is_some() && row.protocol == Protocol::Tcp && row.ordinal == 0
}

fn speaks_http(row: &Allocation) -> bool {
    let kinds = [Kind::HTTP, Kind::ELASTICSEARCH, Kind::MEILISEARCH];
    let of_kind = kinds.iter().any(|kind| kind.as_str() == row.kind);
    // A range of the service's own hides what kind it is, so the port that it is known for counts too. 9300 is
    // Elasticsearch's protocol between its nodes.
    let by_port = row.container_port.is_some_and(|port| Kind::is_web_port(port) || is_mail_page(row));
    (of_kind && row.container_port.map(Port::number) != Some(9300)) || by_port
}

/// MailHog and Mailpit show what they caught on 8025, MailCatcher and MailDev on 1080.
fn is_mail_page(row: &Allocation) -> bool {
    matches!(row.container_port.map(Port::number), Some(8025 | 1080)) && has_word(row, &MAIL)
}

fn main_of<'a>(rows: &'a [Allocation], servers: &[&'a Allocation], http_service: &str) -> Option<&'a Allocation> {
    let named = find_allocation(rows, http_service).map(|(row, _)| row);
    let likeliest = || {
        let is_own =
            |row: &&Allocation| row.kind == Kind::HTTP.as_str() && !is_tool(&row.service) && !has_word(row, &MAIL);
        let own = servers.iter().copied().filter(is_own);
        own.min_by_key(|row| (web_rank(&row.service, row.container_port), row.id))
    };
    named.filter(|row| row.protocol == Protocol::Tcp).or_else(likeliest)
}

/// `None` where nothing of the service's name can stand in a name.
fn face_of_service(row: &Allocation, port: Option<Port>) -> Option<Face<'_>> {
    let label = dns_label(row.service.as_str())?;
    let ending = port.map(|port| format!("-{port}")).unwrap_or_default();
    let kept = label.get(..LABEL_LIMIT - ending.len()).unwrap_or(&label).trim_end_matches('-');
    let label = format!("{kept}{ending}");
    Some(Face { label: Some(label), service: row.service.as_str(), row, entry: None })
}

fn mail_face<'a>(faces: &[Face<'a>], servers: &[&'a Allocation]) -> Option<Face<'a>> {
    let is_free = !faces.iter().any(|face| face.label.as_deref() == Some(MAIL_LABEL));
    let row = servers.iter().copied().find(|row| is_mail_page(row)).filter(|_| is_free)?;
    Some(Face { label: Some(MAIL_LABEL.to_owned()), service: row.service.as_str(), row, entry: None })
}

fn database_face<'a>(row: &'a Allocation, servers: &[&'a Allocation]) -> Option<Face<'a>> {
    let kind = Kind::by_name(&row.kind)?;
    if servers.iter().any(|server| server.service == row.service) {
        return None;
    }
    let shown_by = |tool: &&Tool| tool.kinds.contains(&kind);
    let found = TOOLS.iter().filter(shown_by).find_map(|tool| {
        let server = servers.iter().find(|server| has_word(server, &[tool.word]))?;
        Some((tool, *server))
    });
    let (tool, server) = found?;
    let name = row.service.as_str();
    // What would have to be escaped in a URL is left for the user to type.
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    let entry = tool.entries.iter().find(|(of, _)| *of == kind && is_plain).map(|(_, page)| format!("{page}{name}"));
    Some(Face { label: Some(dns_label(name)?), service: name, row: server, entry })
}

fn has_word(row: &Allocation, words: &[&str]) -> bool {
    row.service.as_str().split(|c: char| !c.is_ascii_alphanumeric()).any(|word| words.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ServiceName;

    /// `service:container_port:kind`
    fn rows(texts: &[&str]) -> Vec<Allocation> {
        let row = |(index, text): (usize, &&str)| {
            let parts: Vec<&str> = text.split(':').collect();
            Allocation {
                id: i64::try_from(index).expect("few"),
                context_id: 1,
                service: ServiceName::new(parts[0]),
                container_port: parts[1].parse().ok().and_then(Port::new),
                protocol: Protocol::Tcp,
                ordinal: 0,
                kind: parts[2].to_owned(),
                port: Port::new(5000 + u16::try_from(index).expect("few")).expect("a port"),
                variable: Some(format!("V{index}")),
            }
        };
        texts.iter().enumerate().map(row).collect()
    }

    #[test]
    fn which_port_goes_by_which_label() {
        #[track_caller]
        fn check(texts: &[&str], http_service: &str, expected: &str) {
            let rows = rows(texts);
            let shown: Vec<String> = faces(&rows, http_service)
                .iter()
                .map(|face| {
                    let label = face.label.as_deref().unwrap_or("@");
                    format!("{label}={}{}", face.row.port, face.entry.as_deref().unwrap_or_default())
                })
                .collect();
            assert_eq!(shown.join(" "), expected, "{texts:?}");
        }
        check(&["web:80:http", "postgres:5432:postgres"], "web", "@=5000 web=5000");
        check(&["api:8000:http", "web:3000:http"], "web", "@=5001 api=5000 web=5001");
        check(&["api:8000:http", "web:3000:http"], "gone", "@=5001 api=5000 web=5001");
        check(&["web:443:http", "web:80:http"], "web:80", "@=5001 web=5001 web-443=5000");
        check(&["http:0:http"], "http", "@=5000");
        check(&["db:5432:postgres", "adminer:8080:http"], "web", "adminer=5001 db=5001/?pgsql=db");
        check(&["db:3306:mysql", "phpmyadmin:80:http"], "web", "phpmyadmin=5001 db=5001");
        check(&["db:5432:postgres", "adminer:8080:http"], "db:5432", "@=5000 db=5000 adminer=5001");
        check(&["mailpit:1025:default", "mailpit:8025:default"], "web", "mailpit=5001 mail=5001");
        check(&["mailcatcher:1080:default", "mail:80:http"], "mail", "@=5001 mail=5001 mailcatcher=5000");
        check(&["search:9200:elasticsearch", "search:9300:elasticsearch"], "web", "search=5000");
        check(&["own_range:3000:own_range"], "web", "own-range=5000");
        check(&["日本:80:http"], "日本", "@=5000");
        check(&["q}\n{:80:http"], "web", "@=5000 q=5000");
        check(&["grpc:50051:default"], "grpc", "@=5000 grpc=5000");
        check(&[], "http", "");
    }
}

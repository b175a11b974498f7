//! The pages that the proxy shows itself: a server that is down, a name that is nobody's, a name that two want.
//!
//! They are files, so that no text of a stranger's stands in Caddy's configuration. Each is there for people (HTML) and
//! for programs (text).

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::{Served, ServedSite};
use crate::model::{Clash, ProjectKind, Route, steers_terminal};
use crate::shell::quote_posix;

/// A file below the directory of pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PageFile {
    pub(super) path: String,
    pub(super) text: String,
}

/// What a page says.
#[derive(Default)]
struct Page {
    title: String,
    paragraphs: Vec<String>,
    /// A command that mends it.
    command: Option<String>,
    /// Addresses, and what is there.
    list: Vec<(String, String)>,
    /// Whether it looks again by itself.
    refreshes: bool,
}

/// Seconds after which a page looks again.
const PACE: u32 = 3;

/// The title of what nobody owns.
const NOBODYS: &str = "No project goes by this name";

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:12vh auto;padding:0 1rem;\
    color:#222;background:#fafafa}h1{font-size:1.4rem}pre{background:#eee;padding:.7rem 1rem;overflow:auto}\
    li{margin:.3rem 0}small{color:#666}@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}\
    pre{background:#2a2a2a}a{color:#8ab4f8}small{color:#999}}";

/// Every page, as [`caddyfile`](super::caddyfile) names them.
pub(super) fn render(served: &Served) -> Vec<PageFile> {
    let mut files = Vec::new();
    for site in &served.sites {
        for route in &site.site.routes {
            files.extend(files_of(&format!("{}/down", route.name), &down_page(site, route)));
            files.extend(files_of(&format!("{}/broken", route.name), &broken_page(site, route)));
            files.extend(files_of(&format!("{}/slow", route.name), &slow_page(site, route)));
        }
        for clash in &site.site.clashes {
            files.extend(files_of(&format!("{}/clash", clash.name), &clash_page(clash)));
        }
        files.extend(files_of(&format!("{}/unknown", site.site.domain), &unknown_page(served, site)));
    }
    files.extend(files_of("unknown", &nobodys_page(served)));
    files.extend(files_of("foreign", &foreign_page()));
    files
}

fn down_page(site: &ServedSite, route: &Route) -> Page {
    let Route { name, port, .. } = route;
    let answers = route.via.as_deref().unwrap_or(&route.service);
    let how = match site.site.kind {
        ProjectKind::Compose => "This starts it:".to_owned(),
        _ => format!("Start its server so that it listens on port {port}; its checkout is here:"),
    };
    Page {
        title: format!("{name}: nothing answers on port {port}"),
        paragraphs: vec![
            format!("This name stands for {}.", route.description()),
            match &route.via {
                Some(_) => format!("{answers} shows it, and {answers} does not run. {how}"),
                None => how,
            },
        ],
        command: Some(start_of(site, route)),
        list: Vec::new(),
        refreshes: true,
    }
}

/// What starts it.
fn start_of(site: &ServedSite, route: &Route) -> String {
    if site.site.directory == route.path && route.switch_to.is_none() && site.site.kind == ProjectKind::Compose {
        return format!("gantry start {}", site.site.project);
    }
    let directory = format!("cd {}", quote_posix(&route.path.display().to_string()));
    let switch = route.switch_to.as_ref().map(|branch| format!("git switch {}", quote_posix(branch)));
    let start = (site.site.kind == ProjectKind::Compose).then(|| "gantry start".to_owned());
    [Some(directory), switch, start].into_iter().flatten().collect::<Vec<_>>().join(" && ")
}

fn broken_page(site: &ServedSite, route: &Route) -> Page {
    Page {
        title: format!("{}: no answer of a web server on port {}", route.name, route.port),
        paragraphs: vec![
            format!("This name stands for {}.", route.description()),
            format!(
                "It took the connection and closed it, or said what no web server says. {}",
                where_it_tells(site, "why")
            ),
        ],
        command: logs_of(site, route),
        ..Page::default()
    }
}

/// What shows what the server says; `None` where nothing of it runs in a container.
fn logs_of(site: &ServedSite, route: &Route) -> Option<String> {
    let directory = quote_posix(&route.path.display().to_string());
    (site.site.kind == ProjectKind::Compose).then(|| format!("cd {directory} && gantry logs"))
}

fn where_it_tells(site: &ServedSite, what: &str) -> String {
    match site.site.kind {
        ProjectKind::Compose => format!("This shows {what}:"),
        _ => format!("The terminal where it runs shows {what}."),
    }
}

fn slow_page(site: &ServedSite, route: &Route) -> Page {
    let seconds = site.site.timeout;
    Page {
        title: format!("{}: no answer within {seconds} seconds", route.name),
        paragraphs: vec![
            format!("This name stands for {}.", route.description()),
            format!(
                "It took the connection on port {} and has not begun to answer. `http_timeout: SECONDS` in gantry.yml \
                 gives it longer. {}",
                route.port,
                where_it_tells(site, "what it does")
            ),
        ],
        command: logs_of(site, route),
        ..Page::default()
    }
}

fn clash_page(clash: &Clash) -> Page {
    Page {
        title: format!("{}: two would go by this name", clash.name),
        paragraphs: vec![
            format!("{clash}, so it stands for none."),
            "Rename a branch or a service, or give the ports of one back:".to_owned(),
        ],
        command: Some("gantry release --all".to_owned()),
        ..Page::default()
    }
}

fn unknown_page(served: &Served, site: &ServedSite) -> Page {
    let domain = &site.site.domain;
    let lives = !site.site.routes.is_empty();
    Page {
        title: format!("No such name under {domain}"),
        paragraphs: vec![match lives {
            true => "These live here:".to_owned(),
            false => format!("Nothing is booked in {}.", site.site.directory.display()),
        }],
        command: (!lives).then(|| format!("gantry start {}", site.site.project)),
        list: listed(served, site),
        ..Page::default()
    }
}

fn nobodys_page(served: &Served) -> Page {
    let sites = served.sites.iter();
    Page {
        title: NOBODYS.to_owned(),
        paragraphs: vec![match served.sites.is_empty() {
            true => "No project is registered. In a project's directory, this registers it:".to_owned(),
            false => "These are registered:".to_owned(),
        }],
        command: served.sites.is_empty().then(|| "gantry register".to_owned()),
        list: sites
            .map(|site| (served.address(site, &site.site.domain), site.site.directory.display().to_string()))
            .collect(),
        ..Page::default()
    }
}

/// For who knows what name: what is registered here is nobody else's concern.
fn foreign_page() -> Page {
    Page {
        title: NOBODYS.to_owned(),
        paragraphs: vec!["This lists those that there are:".to_owned()],
        command: Some("gantry routes".to_owned()),
        ..Page::default()
    }
}

fn listed(served: &Served, site: &ServedSite) -> Vec<(String, String)> {
    let routes = site.site.routes.iter();
    routes.map(|route| (served.url(site, route), route.description())).collect()
}

fn files_of(name: &str, page: &Page) -> [PageFile; 2] {
    [
        PageFile { path: format!("{name}.html"), text: to_html(page) },
        PageFile { path: format!("{name}.txt"), text: to_text(page) },
    ]
}

fn to_html(page: &Page) -> String {
    let title = escaped(&page.title);
    let mut html = String::from("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n");
    html.push_str("<meta name=\"viewport\" content=\"width=device-width\">\n");
    if page.refreshes {
        let _ = writeln!(html, "<meta http-equiv=\"refresh\" content=\"{PACE}\">");
    }
    let _ = writeln!(html, "<title>{title}</title>\n<style>{STYLE}</style></head>\n<body><h1>{title}</h1>");
    for paragraph in &page.paragraphs {
        let _ = writeln!(html, "<p>{}</p>", escaped(paragraph));
    }
    if let Some(command) = &page.command {
        let _ = writeln!(html, "<pre>{}</pre>", escaped(command));
    }
    if !page.list.is_empty() {
        html.push_str("<ul>\n");
        for (address, what) in &page.list {
            let (address, what) = (escaped(address), escaped(what));
            let _ = writeln!(html, "<li><a href=\"{address}\">{address}</a> <small>{what}</small></li>");
        }
        html.push_str("</ul>\n");
    }
    if page.refreshes {
        html.push_str("<p><small>This page looks again every few seconds.</small></p>\n");
    }
    html.push_str("<p><small>gantry</small></p></body></html>\n");
    html
}

fn to_text(page: &Page) -> String {
    let mut text = format!("{}\n", plain(&page.title));
    for paragraph in &page.paragraphs {
        let _ = writeln!(text, "{}", plain(paragraph));
    }
    if let Some(command) = &page.command {
        let _ = writeln!(text, "  {}", plain(command));
    }
    for (address, what) in &page.list {
        let _ = writeln!(text, "  {}  {}", plain(address), plain(what));
    }
    text
}

/// A name for this set of pages: another one for each other text.
pub(super) fn digest(files: &[PageFile]) -> String {
    let mut hasher = DefaultHasher::new();
    files.iter().for_each(|file| (&file.path, &file.text).hash(&mut hasher));
    format!("{:016x}", hasher.finish())
}

/// Text that cannot end an element or an attribute (WHATWG HTML, 13.3).
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in plain(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// One line that steers no terminal.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if steers_terminal(c) { plain.extend(c.escape_default()) } else { plain.push(c) }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strangers_text_stays_text() {
        let page = Page {
            title: "x</title><script>alert(1)</script>".to_owned(),
            list: vec![("https://a.test".to_owned(), "\"onmouseover='x' \u{1b}[31m\n&".to_owned())],
            ..Page::default()
        };
        let html = to_html(&page);
        assert!(!html.contains("<script>") && !html.contains('\u{1b}'), "{html}");
        assert!(html.contains("&quot;onmouseover=&#39;x&#39; \\u{1b}[31m\\n&amp;"), "{html}");
        assert_eq!(to_text(&page).lines().count(), 2);
    }
}

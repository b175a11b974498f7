//! The Caddyfile, written from the routes.
//!
//! Only names that are [`DomainName`]s, numbers, and paths that [`Home::make`] has let pass stand in it: whatever a
//! branch or a compose file says is text of a page, never of this file.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::Path;

use super::Served;
use super::ServedSite;
use super::home::Home;
use crate::model::{Clash, DomainName, Route, Tld};

/// What the file depends on beside the routes.
#[derive(Clone, Debug)]
pub(super) struct Options<'a> {
    pub(super) home: &'a Home,
    /// Where the pages lie that belong to this file.
    pub(super) pages: &'a Path,
    /// What the proxy binds.
    pub(super) addresses: &'a [IpAddr],
    /// Whether this Caddy knows `stream_close_delay`.
    pub(super) keeps_streams: bool,
}

/// The page of what nobody owns, of a site's and of all.
const CATCH_ALL: &str = "unknown";

/// The same for who asks by a name that may be anybody's.
const FOREIGN: &str = "foreign";

/// What a browser asks on condition of, or asks a part of (RFC 9110, sections 13.1 and 14.2), is what the server has, which
/// is not there to tell.
const CONDITIONS: [&str; 5] = ["If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "Range"];

/// The whole file.
pub(super) fn render(served: &Served, options: &Options<'_>) -> String {
    let mut file = global(served, options);
    for site in &served.sites {
        write_site(&mut file, site, options);
    }
    write_catch_all(&mut file, served, options);
    file
}

fn global(served: &Served, options: &Options<'_>) -> String {
    let home = options.home;
    // Certificates are mkcert's and redirections are written out, so Caddy needs none of its own; left alone, it makes a
    // CA all the same as soon as it serves HTTPS, and has the system and browsers trust it. HTTP/3 would take a UDP port
    // as well.
    format!(
        "# Written by gantry: `gantry proxy reload` writes it anew.\n\
         {{\n\
         \tadmin \"{admin}\"\n\
         \tauto_https off\n\
         \tskip_install_trust\n\
         \thttp_port {http}\n\
         \thttps_port {https}\n\
         \tgrace_period 5s\n\
         \tstorage file_system \"{storage}\"\n\
         \tservers {{\n\
         \t\tprotocols h1 h2\n\
         \t}}\n\
         \tlog {{\n\
         \t\toutput file \"{log}\" {{\n\
         \t\t\troll_size 5MiB\n\
         \t\t\troll_keep 1\n\
         \t\t}}\n\
         \t}}\n\
         }}\n",
        admin = home.admin_address(),
        http = served.ports.http,
        https = served.ports.https,
        storage = home.path().join("caddy").display(),
        log = home.log().display(),
    )
}

fn write_site(file: &mut String, served: &ServedSite, options: &Options<'_>) {
    let domain = &served.site.domain;
    let scheme = if served.pair.is_some() { "https" } else { "http" };
    // Two labels below it: the services of other contexts, and whatever else somebody types there.
    let _ = writeln!(file, "\n{scheme}://{domain}, {scheme}://*.{domain}, {scheme}://*.*.{domain} {{");
    write_bind(file, options);
    if let Some((certificate, key)) = &served.pair {
        let _ = writeln!(file, "\ttls \"{}\" \"{}\"", certificate.display(), key.display());
    }
    for (number, route) in served.site.routes.iter().enumerate() {
        write_route(file, number, route, served.site.timeout, options);
    }
    if let Some(names) = names_of(&served.site.clashes) {
        let _ = writeln!(file, "\t@clash host {names}\n\thandle @clash {{\n\t\terror 409\n\t}}");
    }
    let _ = writeln!(file, "\thandle {{\n\t\terror 404\n\t}}");
    write_errors(file, options.pages, |file| {
        for (number, route) in served.site.routes.iter().enumerate() {
            write_rewrite(file, &format!("down{number}"), &route.name);
        }
        for (number, clash) in served.site.clashes.iter().enumerate() {
            write_rewrite(file, &format!("clash{number}"), &clash.name);
        }
        let _ = writeln!(file, "\t\thandle {{\n\t\t\trewrite * /{domain}/{CATCH_ALL}.{{ending}}\n\t\t}}");
    });
    file.push_str("}\n");
}

fn write_route(file: &mut String, number: usize, route: &Route, timeout: u64, options: &Options<'_>) {
    let scheme = if route.speaks_tls { "https://" } else { "" };
    let port = route.port;
    let _ = writeln!(file, "\t@route{number} host {}\n\thandle @route{number} {{", route.name);
    if let Some(entry) = &route.entry {
        let _ = writeln!(file, "\t\t@entry{number} expression `{{http.request.uri}} == \"/\"`");
        let _ = writeln!(file, "\t\tredir @entry{number} \"{entry}\" 302");
    }
    // As a browser would ask `localhost`: the server may listen on either address.
    let _ = writeln!(file, "\t\treverse_proxy {scheme}localhost:{port} {{");
    if options.keeps_streams {
        file.push_str("\t\t\tstream_close_delay 8h\n");
    }
    if route.speaks_tls {
        // Else newer versions ask for `localhost`.
        file.push_str("\t\t\theader_up Host {http.request.hostport}\n");
    }
    let _ = write!(
        file,
        "\t\t\ttransport http {{\n\
         \t\t\t\tdial_timeout 3s\n\
         \t\t\t\tresponse_header_timeout {timeout}s\n"
    );
    if route.speaks_tls {
        // A container's own certificate is for nobody's name, and the connection stays on this machine.
        file.push_str("\t\t\t\ttls_insecure_skip_verify\n");
    }
    file.push_str("\t\t\t}\n\t\t}\n\t}\n");
}

/// What no project owns: over HTTP on to HTTPS where there is any, else a page that says what there is.
fn write_catch_all(file: &mut String, served: &Served, options: &Options<'_>) {
    let pair = served.sites.iter().find_map(|site| site.pair.as_ref());
    let none = |file: &mut String| {
        file.push_str("\terror 404\n");
        write_errors(file, options.pages, |file| {
            let _ = writeln!(
                file,
                "\t\tmap {{http.request.host}} {{whose}} {{\n\
                 \t\t\t{} {CATCH_ALL}\n\
                 \t\t\tdefault {FOREIGN}\n\
                 \t\t}}\n\
                 \t\trewrite * /{{whose}}.{{ending}}",
                own_hosts()
            );
        });
        file.push_str("}\n");
    };
    file.push_str("\nhttp:// {\n");
    write_bind(file, options);
    let Some((certificate, key)) = pair else { return none(file) };
    let port = if served.ports.https.number() == 443 { String::new() } else { format!(":{}", served.ports.https) };
    // Not for ever: a browser would remember it when HTTPS is gone again.
    let _ = writeln!(file, "\tredir https://{{host}}{port}{{uri}} 307\n}}");
    file.push_str("\nhttps:// {\n");
    write_bind(file, options);
    let _ = writeln!(file, "\ttls \"{}\" \"{}\"", certificate.display(), key.display());
    none(file);
}

/// Which hosts are surely this machine: names that nobody can own, and addresses. Under any other name the page may be
/// asked for by a site of somebody's that leads here by its DNS, and reads it.
fn own_hosts() -> String {
    let tlds: Vec<String> = Tld::ALL.iter().map(|tld| tld.as_str().replace('.', "\\.")).collect();
    let name = format!("(.*\\.)?({})\\.?", tlds.join("|"));
    // No top-level domain is a number, and no name holds a colon.
    format!("~(?i)^({name}|[0-9.]+|\\[?[0-9a-f]*:[0-9a-f:.]*\\]?)$")
}

fn write_bind(file: &mut String, options: &Options<'_>) {
    let shown = options.addresses.iter().map(|address| match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    });
    let _ = writeln!(file, "\tbind {}", shown.collect::<Vec<_>>().join(" "));
}

/// Pages for people, text for programs; `rewrites` says which.
fn write_errors(file: &mut String, pages: &Path, rewrites: impl FnOnce(&mut String)) {
    let _ = write!(
        file,
        "\thandle_errors {{\n\
         \t\troot * \"{}\"\n\
         \t\tmap {{header.Accept}} {{ending}} {{\n\
         \t\t\t~text/html html\n\
         \t\t\tdefault txt\n\
         \t\t}}\n\
         \t\tmap {{http.error.status_code}}-{{http.error.message}} {{page}} {{\n\
         \t\t\t~^502-.*(refused|no.such.host) down\n\
         \t\t\t~^50[23] broken\n\
         \t\t\t~^504 slow\n\
         \t\t\t~^409 clash\n\
         \t\t\tdefault unknown\n\
         \t\t}}\n\
         \t\theader {{\n\
         \t\t\tCache-Control no-store\n\
         \t\t\t-Etag\n\
         \t\t\t-Last-Modified\n\
         \t\t}}\n",
        pages.display()
    );
    for field in CONDITIONS {
        let _ = writeln!(file, "\t\trequest_header -{field}");
    }
    rewrites(file);
    file.push_str("\t\tfile_server\n\t}\n");
}

fn write_rewrite(file: &mut String, matcher: &str, name: &DomainName) {
    let _ = writeln!(
        file,
        "\t\t@{matcher} host {name}\n\
         \t\thandle @{matcher} {{\n\
         \t\t\trewrite * /{name}/{{page}}.{{ending}}\n\
         \t\t}}"
    );
}

fn names_of(clashes: &[Clash]) -> Option<String> {
    let names: Vec<&str> = clashes.iter().map(|clash| clash.name.as_str()).collect();
    (!names.is_empty()).then(|| names.join(" "))
}

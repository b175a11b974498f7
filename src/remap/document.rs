//! The override as text: YAML, because JSON has no tags.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::IpAddr;

use crate::registry::ContextRow;

use super::Change;
use super::change::PortChange;

/// The document, the same byte for byte for the same changes.
pub fn document(held: &ContextRow, changes: &[Change]) -> String {
    let mut sections: BTreeMap<&str, BTreeMap<&str, Vec<String>>> = BTreeMap::new();
    for change in changes {
        let (section, key, lines) = match change {
            Change::Ports { service, ports } => ("services", service.as_str(), port_lines(ports)),
            Change::Name { name, why } => {
                let Some((section, field)) = Change::place_of(name.kind) else { continue };
                (section, name.key.as_str(), vec![format!("    {field}: !reset null # {}", comment(why))])
            }
        };
        sections.entry(section).or_default().entry(key).or_default().extend(lines);
    }
    let mut text = format!(
        "# Made by gantry for {} ({}).\n\
         # It is made anew whenever the ports change, so edits are lost. `gantry override` explains it;\n\
         # `remap: never` in gantry.yml turns it off.\n",
        comment(&held.label),
        comment(&held.path.display().to_string()),
    );
    for (section, keys) in sections {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{section}:");
        for (key, lines) in keys {
            let _ = writeln!(text, "  {}:\n{}", quoted(key), lines.join("\n"));
        }
    }
    text
}

fn port_lines(ports: &[PortChange]) -> Vec<String> {
    let entries = ports.iter().map(|change| {
        let entry = short(change).unwrap_or_else(|| long(change));
        format!("      - {entry} # {}", comment(&change.why))
    });
    std::iter::once("    ports: !override".to_owned()).chain(entries).collect()
}

/// `"127.0.0.1:18181:80/tcp"`, the only form that podman-compose reads under `!override`. `None` where it cannot say
/// all that the entry does.
fn short(PortChange { face, port, .. }: &PortChange) -> Option<String> {
    let address = match face.host_ip.as_deref().map(str::parse) {
        None => String::new(),
        Some(Ok(IpAddr::V4(address))) => format!("{address}:"),
        Some(Ok(IpAddr::V6(address))) => format!("[{address}]:"),
        Some(Err(_)) => return None,
    };
    let entry = format!("\"{address}{port}:{}/{}\"", face.container_port, face.protocol);
    // What the short form means anyway.
    let is_default = |(name, value): &(String, String)| name == "mode" && value == "ingress";
    face.options.iter().all(is_default).then_some(entry)
}

fn long(PortChange { face, port, .. }: &PortChange) -> String {
    let mut fields = vec![format!("target: {}", face.container_port), format!("published: \"{port}\"")];
    fields.extend(face.host_ip.as_ref().map(|address| format!("host_ip: {}", quoted(address))));
    fields.push(format!("protocol: {}", face.protocol));
    fields.extend(face.options.iter().map(|(name, value)| format!("{}: {}", quoted(name), quoted(value))));
    format!("{{ {} }}", fields.join(", "))
}

/// A JSON string, which is a double-quoted scalar of YAML too; Compose would read a single `$` as a variable.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text.replace('$', "$$")).to_string()
}

/// Without what would end the comment's line.
fn comment(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_do_not_write_yaml() {
        assert_eq!(quoted("a\"b\n${X}"), r#""a\"b\n$${X}""#);
        assert_eq!(comment("a\nservices: {}"), "a\\nservices: {}");
    }
}

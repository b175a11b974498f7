//! The entries of a service's `ports`: the short syntax (`"127.0.0.1:8080:80/udp"`) and the long one.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use crate::model::{Block, Kind, Port, Protocol, Published, PublishedPort, ServiceName};

use super::ComposeError;
use super::tree::{Entry, Node, Place, Tag, Value};

/// The parts of a short entry as text, before anybody asks whether they are ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ShortParts<'a> {
    pub ip: &'a str,
    pub host: &'a str,
    pub container: &'a str,
    pub protocol: &'a str,
}

/// Cuts `[[IP:]HOST:]CONTAINER[/PROTOCOL]`; the address may hold colons of its own.
pub(super) fn short_parts(text: &str) -> ShortParts<'_> {
    let (address, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let protocol = protocol.split('/').next().unwrap_or(protocol);
    let mut parts = address.rsplitn(3, ':');
    let container = parts.next().unwrap_or_default();
    let host = parts.next().unwrap_or_default();
    let ip = parts.next().unwrap_or_default();
    ShortParts { ip, host, container, protocol: if protocol.is_empty() { "tcp" } else { protocol } }
}

/// What a service's `ports` publishes, in the file's order; later entries replace earlier ones of the same address,
/// host port, container port and protocol, as in Compose.
///
/// An entry for which `has_room` finds none, by the number of its ports, is left out; the places of those come second.
///
/// # Errors
/// An entry that Compose or the engine would refuse.
pub(super) fn published_ports<'a>(
    service: &ServiceName,
    kind_of: &dyn Fn(Port) -> Kind,
    ports: &'a Node,
    has_room: &dyn Fn(usize) -> bool,
) -> Result<(Vec<PublishedPort>, Vec<&'a Place>), ComposeError> {
    let mut left_out = Vec::new();
    let mut bindings: Vec<Binding<'_>> = Vec::new();
    let mut known = HashMap::new();
    for entry in ports.items() {
        let Some(added) = bindings_of(entry, has_room)? else {
            left_out.push(&entry.place);
            continue;
        };
        for binding in added {
            let address = (binding.ip.unwrap_or("0.0.0.0"), binding.host.clone(), binding.variable);
            let key = (address, binding.container, binding.protocol);
            match known.get(&key) {
                Some(&index) => bindings[index] = binding,
                None => {
                    known.insert(key, bindings.len());
                    bindings.push(binding);
                }
            }
        }
    }
    Ok((bindings.into_iter().map(|binding| binding.publish(service, kind_of)).collect(), left_out))
}

/// Checks the ports of services of which nobody asks what they publish: as in Compose, a port that is none is an
/// error of its file, even where the service is not wanted or another file replaces its ports.
///
/// # Errors
/// As [`published_ports`].
pub(super) fn check(services: &[Entry]) -> Result<(), ComposeError> {
    for Entry { name, node, .. } in services.iter().filter(|entry| entry.node.tag != Tag::Reset) {
        if let Some(ports) = node.field("ports").filter(|ports| ports.tag != Tag::Reset) {
            published_ports(&ServiceName::new(name.as_str()), &|_| Kind::DEFAULT, ports, &|_| false)?;
        }
    }
    Ok(())
}

/// One container port of one entry.
struct Binding<'a> {
    ip: Option<&'a str>,
    host: HostPort,
    container: Port,
    protocol: Protocol,
    variable: Option<&'a str>,
    block: Option<Block>,
    options: Vec<(String, String)>,
    place: &'a Place,
}

/// What stands for the host port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum HostPort {
    Any,
    /// A range lets the engine choose from `first` to `last`. `plain` is an unquoted number of the long syntax,
    /// which Compose does not see as the same as a text.
    Between {
        first: Port,
        last: Port,
        plain: bool,
    },
}

impl Binding<'_> {
    fn publish(self, service: &ServiceName, kind_of: &dyn Fn(Port) -> Kind) -> PublishedPort {
        let preferred = match self.host {
            HostPort::Any => None,
            HostPort::Between { first, .. } => Some(first),
        };
        let published = match (self.variable, preferred) {
            // Without a value the container port is the number that everybody has in mind.
            (Some(name), _) => {
                Published::Variable { name: name.to_owned(), preferred: preferred.or(Some(self.container)) }
            }
            (None, Some(port)) => Published::Fixed(port),
            (None, None) => Published::Bare,
        };
        PublishedPort {
            service: service.clone(),
            container_port: self.container,
            protocol: self.protocol,
            host_ip: self.ip.map(str::to_owned),
            published,
            engine_chooses: match self.host {
                HostPort::Any => self.variable.is_none(),
                HostPort::Between { first, last, .. } => first != last,
            },
            block: self.block,
            options: self.options,
            kind: kind_of(self.container),
            source: self.place.source(),
        }
    }
}

/// The entry's container ports; `None` where there is no room for them, for which they are not even built.
fn bindings_of<'a>(
    entry: &'a Node,
    has_room: &dyn Fn(usize) -> bool,
) -> Result<Option<Vec<Binding<'a>>>, ComposeError> {
    let one = |binding: Binding<'a>| has_room(1).then(|| vec![binding]);
    match &entry.value {
        Value::String(text) => short(entry, text, has_room),
        Value::Integer(number) => {
            let container = u16::try_from(*number).ok().and_then(Port::new);
            let container = container.ok_or_else(|| entry.place.error(format!("invalid containerPort: {number}")))?;
            Ok(one(Binding {
                ip: None,
                host: HostPort::Any,
                container,
                protocol: Protocol::Tcp,
                variable: None,
                block: None,
                options: Vec::new(),
                place: &entry.place,
            }))
        }
        Value::Mapping(_) => Ok(one(long(entry)?)),
        _ => Err(entry
            .place
            .error(format!("a port is a whole number, a text or a mapping, not a {}", entry.type_name()))),
    }
}

fn short<'a>(
    entry: &'a Node,
    text: &'a str,
    has_room: &dyn Fn(usize) -> bool,
) -> Result<Option<Vec<Binding<'a>>>, ComposeError> {
    let place = &entry.place;
    let parts = short_parts(text);
    if parts.container.is_empty() {
        return Err(place.error(format!("no port specified: `{text}`")));
    }
    let ip = host_address(parts.ip).map_err(|message| place.error(message))?;
    let protocol = parts.protocol.parse().map_err(|_| place.error(format!("invalid proto: {}", parts.protocol)))?;
    let wrong_container = || place.error(format!("invalid containerPort: {}", parts.container));
    let containers = number_range(parts.container).ok_or_else(wrong_container)?;
    let wrong_host = || place.error(format!("invalid hostPort: {}", parts.host));
    let hosts = if parts.host.is_empty() { None } else { Some(number_range(parts.host).ok_or_else(wrong_host)?) };
    if let Some(hosts) = &hosts
        && hosts.clone().count() != containers.clone().count()
        && containers.clone().count() != 1
    {
        let (host, container) = (parts.host, parts.container);
        return Err(place.error(format!("invalid ranges for container and host ports: {container} and {host}")));
    }
    if !has_room(containers.len()) {
        return Ok(None);
    }
    let single = containers.clone().count() == 1;
    let mut bindings = Vec::new();
    for (offset, container) in containers.clone().enumerate() {
        let container = Port::new(container).ok_or_else(wrong_container)?;
        let host = hosts.as_ref().map_or(HostPort::Any, |hosts| host_port(hosts, single, offset));
        let variable = entry.variable.as_deref();
        let length = u16::try_from(containers.len()).ok().filter(|&length| length > 1 && hosts.is_some());
        let block = length.zip(u16::try_from(offset).ok()).map(|(length, index)| Block { index, length });
        bindings.push(Binding { ip, host, container, protocol, variable, block, options: Vec::new(), place });
    }
    Ok(Some(bindings))
}

fn host_port(hosts: &RangeInclusive<u16>, single: bool, offset: usize) -> HostPort {
    let (first, last) = if single {
        (Port::new(*hosts.start()), Port::new(*hosts.end()))
    } else {
        let nth = u16::try_from(offset).ok().and_then(|offset| hosts.start().checked_add(offset)).and_then(Port::new);
        (nth, nth)
    };
    match (first, last) {
        (Some(first), Some(last)) => HostPort::Between { first, last, plain: false },
        // Port 0 asks for any.
        _ => HostPort::Any,
    }
}

fn long(entry: &Node) -> Result<Binding<'_>, ComposeError> {
    let place = &entry.place;
    let target = entry.field("target").ok_or_else(|| place.error("a port is missing its target"))?;
    let container = match &target.value {
        Value::Integer(number) => u16::try_from(*number).ok().and_then(Port::new),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    let container = container.ok_or_else(|| target.place.error("target is not a port: a number from 1 to 65535"))?;
    let protocol = match entry.field("protocol").and_then(Node::as_str) {
        Some(text) => text.parse().map_err(|_| place.error(format!("invalid proto: {text}")))?,
        None => Protocol::Tcp,
    };
    let ip = match entry.field("host_ip").and_then(Node::as_str) {
        Some(text) => host_address(text).map_err(|message| place.error(message))?,
        None => None,
    };
    let published = entry.field("published");
    let host = published.map_or(Ok(HostPort::Any), long_host_port)?;
    let variable = published.and_then(|published| published.variable.as_deref());
    let is_option =
        |name: &str| !["target", "published", "protocol", "host_ip"].contains(&name) && !name.starts_with("x-");
    let options = entry.entries().iter().filter(|entry| is_option(&entry.name));
    let options = options.filter_map(|entry| Some((entry.name.clone(), entry.node.to_text()?))).collect();
    Ok(Binding { ip, host, container, protocol, variable, block: None, options, place })
}

fn long_host_port(published: &Node) -> Result<HostPort, ComposeError> {
    let text = published.to_text().unwrap_or_default();
    if text.is_empty() {
        return Ok(HostPort::Any);
    }
    let range = number_range(&text).ok_or_else(|| published.place.error(format!("invalid hostPort: {text}")))?;
    let plain = matches!(published.value, Value::Integer(_));
    Ok(match (Port::new(*range.start()), Port::new(*range.end())) {
        (Some(first), Some(last)) => HostPort::Between { first, last, plain },
        _ => HostPort::Any,
    })
}

/// `80` or `3000-3005`; a range must not end before it starts.
fn number_range(text: &str) -> Option<RangeInclusive<u16>> {
    let number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok()).flatten();
    let (start, end) = text.split_once('-').unwrap_or((text, text));
    let (start, end): (u16, u16) = (number(start)?, number(end)?);
    (start <= end).then_some(start..=end)
}

/// The address of a port entry without its brackets; nothing for none.
fn host_address(text: &str) -> Result<Option<&str>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let bare = text.strip_prefix('[').and_then(|inner| inner.strip_suffix(']'));
    if bare.is_none() && text.contains(':') {
        return Err(format!("invalid ip address {text}: an IPv6 address stands in brackets"));
    }
    let address = bare.unwrap_or(text);
    match address.parse::<std::net::IpAddr>() {
        Ok(_) => Ok(Some(address)),
        Err(_) => Err(format!("invalid ip address: {text}")),
    }
}

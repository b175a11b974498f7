//! The shape of a compose file: which attributes there are, and of which type. The tables follow the Compose
//! Specification as of 2026; where a type is free, or Compose converts it, so are they.

use std::collections::BTreeSet;

use super::ComposeError;
use super::tree::{Entry, Node, Value};

/// What a node may be.
#[derive(Clone, Copy)]
enum Shape {
    Anything,
    Text,
    /// Compose takes `"true"` for a boolean, because a variable can only be a text.
    Flag,
    /// A number, or a text such as `64m`.
    Number,
    /// A number, also as a text.
    Count,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    Texts,
    TextOrTexts,
    /// A mapping to scalars, or a list of `NAME=VALUE`.
    Dictionary,
    ListOf(&'static Shape),
    /// A mapping whose keys are the user's own names.
    Named(&'static Shape),
    /// A mapping with these attributes and `x-` extensions.
    Attributes(&'static [Group]),
    Either(&'static [Shape]),
    OrNull(&'static Shape),
}

/// A shape, and the attributes that have it, parted by spaces; `!` marks one that must be there.
type Group = (Shape, &'static str);

use Shape::{
    Anything, Attributes, Count, Dictionary, Either, Flag, ListOf, Named, Number, OneOf, OrNull, Text, TextOrTexts,
    Texts,
};

const FILE: Shape = Attributes(&[
    (Text, "version name"),
    (Named(&SERVICE), "services"),
    (Named(&OrNull(&NETWORK)), "networks"),
    (Named(&OrNull(&VOLUME)), "volumes"),
    (Named(&SECRET), "secrets configs"),
    (Named(&MODEL), "models"),
]);

const SERVICE: Shape = Attributes(&[
    (
        Text,
        "cgroup cgroup_parent container_name cpuset domainname hostname image ipc isolation mac_address network_mode \
         platform pull_policy pull_refresh_after restart runtime stop_grace_period stop_signal user userns_mode uts \
         working_dir",
    ),
    (Flag, "attach init oom_kill_disable privileged read_only stdin_open tty use_api_socket"),
    (Number, "cpu_period cpu_quota cpu_rt_period cpu_rt_runtime mem_limit mem_reservation memswap_limit shm_size"),
    (Count, "cpu_count cpu_percent cpu_shares cpus mem_swappiness oom_score_adj pids_limit scale"),
    (Texts, "cap_add cap_drop device_cgroup_rules dns_opt external_links links profiles security_opt volumes_from"),
    (TextOrTexts, "dns dns_search label_file tmpfs"),
    (OrNull(&TextOrTexts), "command entrypoint"),
    (OrNull(&Text), "pid"),
    (Dictionary, "annotations environment labels sysctls"),
    (ListOf(&Number), "expose group_add"),
    (Either(&[Named(&TextOrTexts), Texts]), "extra_hosts"),
    (Either(&[Text, BUILD]), "build"),
    (Either(&[Text, ListOf(&FILE_REFERENCE)]), "env_file"),
    (Either(&[Texts, Named(&DEPENDENCY)]), "depends_on"),
    (Either(&[Texts, Named(&OrNull(&ATTACHMENT))]), "networks"),
    (Either(&[Texts, Named(&Anything)]), "models"),
    (Either(&[Text, Attributes(&[(Text, "service! file")])]), "extends"),
    (ListOf(&PORT), "ports"),
    (ListOf(&Either(&[Text, MOUNT])), "volumes"),
    (ListOf(&Either(&[Text, RESOURCE])), "configs secrets"),
    (ListOf(&Either(&[Text, Attributes(&[(Text, "source! target permissions")])])), "devices"),
    (Named(&Either(&[Number, Attributes(&[(Count, "soft! hard!")])])), "ulimits"),
    (Named(&Anything), "blkio_config credential_spec logging provider storage_opt"),
    (DEPLOY, "deploy"),
    (Attributes(&[(ListOf(&Named(&Anything)), "watch")]), "develop"),
    (HEALTHCHECK, "healthcheck"),
    (ListOf(&Named(&Anything)), "pre_start post_start pre_stop"),
    (Either(&[Text, ListOf(&Named(&Anything))]), "gpus"),
]);

const PORT: Shape =
    Either(&[Number, Attributes(&[(Text, "name mode host_ip protocol app_protocol"), (Number, "target published")])]);

const BUILD: Shape = Attributes(&[
    (Text, "context dockerfile dockerfile_inline network target isolation"),
    (Flag, "no_cache pull privileged provenance sbom"),
    (Number, "shm_size"),
    (Texts, "entitlements cache_from cache_to tags platforms"),
    (TextOrTexts, "no_cache_filter"),
    (Dictionary, "args ssh labels additional_contexts"),
    (Anything, "extra_hosts ulimits"),
    (ListOf(&Either(&[Text, RESOURCE])), "secrets"),
]);

const FILE_REFERENCE: Shape = Either(&[Text, Attributes(&[(Text, "path! format"), (Flag, "required")])]);
const DEPENDENCY: Shape = Attributes(&[
    (OneOf(&["service_started", "service_healthy", "service_completed_successfully"]), "condition!"),
    (Flag, "restart required"),
]);
const RESOURCE: Shape = Attributes(&[(Text, "source target uid gid"), (Number, "mode")]);

const ATTACHMENT: Shape = Attributes(&[
    (Texts, "aliases link_local_ips"),
    (Text, "interface_name ipv4_address ipv6_address mac_address"),
    (Named(&Number), "driver_opts"),
    (Number, "priority gw_priority"),
]);

const MOUNT: Shape = Attributes(&[
    (OneOf(&["bind", "volume", "tmpfs", "cluster", "npipe", "image"]), "type!"),
    (Text, "source target consistency"),
    (Flag, "read_only"),
    (Named(&Anything), "bind volume tmpfs image"),
]);

const DEPLOY: Shape = Attributes(&[
    (Text, "mode endpoint_mode"),
    (Count, "replicas"),
    (Dictionary, "labels"),
    (Named(&Anything), "rollback_config update_config resources restart_policy placement"),
]);

const HEALTHCHECK: Shape = Attributes(&[
    (Flag, "disable"),
    (Text, "interval timeout start_period start_interval"),
    (Count, "retries"),
    (TextOrTexts, "test"),
]);

const NETWORK: Shape = Attributes(&[
    (Text, "name driver"),
    (Named(&Number), "driver_opts"),
    (Named(&Anything), "ipam"),
    (EXTERNAL, "external"),
    (Flag, "internal enable_ipv4 enable_ipv6 attachable"),
    (Dictionary, "labels"),
]);

const VOLUME: Shape = Attributes(&[
    (Text, "name driver"),
    (Named(&Number), "driver_opts"),
    (EXTERNAL, "external"),
    (Dictionary, "labels"),
]);

const SECRET: Shape = Attributes(&[
    (Text, "name environment file content driver template_driver"),
    (EXTERNAL, "external"),
    (Dictionary, "labels"),
    (Named(&Number), "driver_opts"),
]);

const EXTERNAL: Shape = Either(&[Flag, Attributes(&[(Text, "name")])]);

const MODEL: Shape = Attributes(&[(Text, "name model"), (Number, "context_size"), (Texts, "runtime_flags")]);

/// What Compose takes for a boolean where a variable has made it a text.
const BOOLEANS: [&str; 8] = ["true", "false", "yes", "no", "on", "off", "y", "n"];

/// Says whether Compose would take the tree.
///
/// # Errors
/// The first attribute that does not exist or is of the wrong type, in Compose's words.
pub(super) fn validate(tree: &Node) -> Result<(), ComposeError> {
    for Entry { name, place, .. } in tree.field("services").map(Node::entries).unwrap_or_default() {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if name.is_empty() || !name.bytes().all(fits) {
            return Err(place.error(format!("services: {name:?} cannot be a service's name")));
        }
    }
    check(tree, FILE, &Path { above: None, name: "" })
}

/// The way down to a node.
struct Path<'a> {
    above: Option<&'a Path<'a>>,
    name: &'a str,
}

fn check(node: &Node, shape: Shape, path: &Path<'_>) -> Result<(), ComposeError> {
    if shape.allows_kind_of(node) {
        return check_within(node, shape, path);
    }
    let expected = listed(&shape.names());
    let path = path.to_string();
    let subject = if path.is_empty() { "the top level of a compose file" } else { &path };
    Err(node.place.error(format!("{subject} must be a {expected}, not {}", node.type_name())))
}

fn check_within(node: &Node, shape: Shape, path: &Path<'_>) -> Result<(), ComposeError> {
    match shape {
        Attributes(groups) => {
            node.entries().iter().try_for_each(|entry| check_attribute(entry, groups, path))?;
            check_required(node, groups, path)
        }
        Named(shape) => node
            .entries()
            .iter()
            .filter(|entry| !entry.name.starts_with("x-"))
            .try_for_each(|entry| check(&entry.node, *shape, &path.down(&entry.name))),
        ListOf(shape) => check_items(node, *shape, path),
        Texts | TextOrTexts => check_items(node, Text, path),
        Dictionary => {
            check_items(node, Text, path)?;
            let mut values = node.entries().iter();
            values.try_for_each(|entry| {
                check(&entry.node, Either(&[Number, Flag, OrNull(&Text)]), &path.down(&entry.name))
            })
        }
        Either(shapes) => match shapes.iter().find(|shape| shape.allows_kind_of(node)) {
            Some(shape) => check_within(node, *shape, path),
            None => Ok(()),
        },
        OrNull(shape) if !matches!(node.value, Value::Null) => check_within(node, *shape, path),
        Flag | Count | OneOf(_) => check_text(node, shape, path),
        OrNull(_) | Anything | Text | Number => Ok(()),
    }
}

fn check_required(node: &Node, groups: &[Group], path: &Path<'_>) -> Result<(), ComposeError> {
    let required = groups.iter().flat_map(|(_, names)| names.split(' ')).filter_map(|name| name.strip_suffix('!'));
    match required.into_iter().find(|name| node.field(name).is_none()) {
        Some(name) => Err(node.place.error(format!("{path}: {name} is required"))),
        None => Ok(()),
    }
}

/// Whether a text is one that Compose turns into what it wants.
fn check_text(node: &Node, shape: Shape, path: &Path<'_>) -> Result<(), ComposeError> {
    let Some(text) = node.as_str() else { return Ok(()) };
    let fits = match shape {
        Flag => BOOLEANS.contains(&text.to_ascii_lowercase().as_str()),
        Count => text.parse::<f64>().is_ok(),
        OneOf(texts) => texts.contains(&text),
        _ => true,
    };
    if fits {
        return Ok(());
    }
    let expected = match shape {
        OneOf(texts) => listed(texts),
        _ => shape.names()[0].to_owned(),
    };
    Err(node.place.error(format!("{path} must be {expected}, not {text:?}")))
}

/// `a, b or c`.
fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [name] => (*name).to_owned(),
        [names @ .., last] => format!("{} or {last}", names.join(", ")),
    }
}

fn check_items(node: &Node, shape: Shape, path: &Path<'_>) -> Result<(), ComposeError> {
    let mut items = node.items().iter().enumerate();
    items.try_for_each(|(index, item)| check(item, shape, &path.down(&index.to_string())))
}

fn check_attribute(entry: &Entry, groups: &[Group], path: &Path<'_>) -> Result<(), ComposeError> {
    if entry.name.starts_with("x-") {
        return Ok(());
    }
    let group = groups.iter().find(|(_, names)| names.split(' ').any(|name| name.trim_end_matches('!') == entry.name));
    match group {
        Some((shape, _)) => check(&entry.node, *shape, &path.down(&entry.name)),
        None => {
            let path = path.to_string();
            let subject = if path.is_empty() { "the file" } else { &path };
            Err(entry.place.error(format!("{subject}: additional property {} is not allowed", entry.name)))
        }
    }
}

impl Shape {
    fn allows_kind_of(&self, node: &Node) -> bool {
        match (self, &node.value) {
            (Anything, _)
            | (Text | Flag | Number | Count | OneOf(_) | TextOrTexts, Value::String(_))
            | (Flag, Value::Bool(_))
            | (Number | Count, Value::Integer(_) | Value::Float(_))
            | (Texts | TextOrTexts | Dictionary | ListOf(_), Value::Sequence(_))
            | (Dictionary | Named(_) | Attributes(_), Value::Mapping(_))
            | (OrNull(_), Value::Null) => true,
            (OrNull(shape), _) => shape.allows_kind_of(node),
            (Either(shapes), _) => shapes.iter().any(|shape| shape.allows_kind_of(node)),
            _ => false,
        }
    }

    /// Compose's words for what it expects.
    fn names(&self) -> Vec<&'static str> {
        match self {
            Anything => vec!["value"],
            Text | OneOf(_) => vec!["string"],
            Flag => vec!["boolean"],
            Number => vec!["number", "string"],
            Count => vec!["number"],
            Texts | ListOf(_) => vec!["list"],
            TextOrTexts => vec!["string", "list"],
            Dictionary => vec!["mapping", "list"],
            Named(_) | Attributes(_) => vec!["mapping"],
            OrNull(shape) => shape.names(),
            Either(shapes) => {
                let names: BTreeSet<&str> = shapes.iter().flat_map(Shape::names).collect();
                names.into_iter().collect()
            }
        }
    }
}

impl<'a> Path<'a> {
    fn down(&'a self, name: &'a str) -> Path<'a> {
        Path { above: Some(self), name }
    }
}

impl std::fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Some(above) = self.above else { return Ok(()) };
        if above.above.is_some() {
            write!(f, "{above}.")?;
        }
        f.write_str(self.name)
    }
}

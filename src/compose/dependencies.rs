//! Which services need which others, said outright or by sharing a network or a volume.

use std::collections::HashMap;

use super::ComposeError;
use super::tree::{Entry, Node, Place};

/// Fields that may name another service as `service:NAME`.
const SHARED: [&str; 5] = ["network_mode", "ipc", "pid", "uts", "cgroup"];

/// Checks that every service needed is there, and that none needs itself.
///
/// # Errors
/// The first that is not there, or a circle, in Compose's words.
pub(super) fn check(active: &[&Entry]) -> Result<(), ComposeError> {
    let index: HashMap<&str, usize> =
        active.iter().enumerate().map(|(index, entry)| (entry.name.as_str(), index)).collect();
    let mut needs = Vec::with_capacity(active.len());
    for Entry { name, node, .. } in active {
        let mut known = Vec::new();
        for need in needs_of(node) {
            match index.get(need.service) {
                Some(&other) => known.push(other),
                None if need.required => {
                    let message = format!("service {name:?} depends on undefined service {:?}", need.service);
                    return Err(need.place.error(message));
                }
                None => {}
            }
        }
        needs.push(known);
    }
    match circle(&needs) {
        Some(circle) => {
            let names: Vec<&str> = circle.iter().map(|&index| active[index].name.as_str()).collect();
            Err(active[circle[0]].place.error(format!("dependency cycle detected: {}", names.join(" -> "))))
        }
        None => Ok(()),
    }
}

struct Need<'a> {
    service: &'a str,
    required: bool,
    place: &'a Place,
}

fn needs_of(service: &Node) -> Vec<Need<'_>> {
    let mut needs = Vec::new();
    if let Some(dependencies) = service.field("depends_on") {
        let place = &dependencies.place;
        let listed = dependencies.items().iter().filter_map(Node::as_str);
        needs.extend(listed.map(|service| Need { service, required: true, place }));
        needs.extend(dependencies.entries().iter().map(|Entry { name, node, .. }| {
            let required = node.field("required").is_none_or(Node::is_true);
            Need { service: name, required, place }
        }));
    }
    let texts = |field: &str| service.field(field).map(Node::items).unwrap_or_default().iter();
    for (node, link) in texts("links").filter_map(|node| Some((node, node.as_str()?))) {
        needs.push(Need { service: before_colon(link), required: true, place: &node.place });
    }
    for (node, volumes) in texts("volumes_from").filter_map(|node| Some((node, node.as_str()?))) {
        if !volumes.starts_with("container:") {
            needs.push(Need { service: before_colon(volumes), required: true, place: &node.place });
        }
    }
    for (node, mode) in
        SHARED.into_iter().filter_map(|field| service.field(field)).filter_map(|node| Some((node, node.as_str()?)))
    {
        if let Some(other) = mode.strip_prefix("service:") {
            needs.push(Need { service: other, required: true, place: &node.place });
        }
    }
    needs
}

fn before_colon(text: &str) -> &str {
    text.split(':').next().unwrap_or(text)
}

/// The first circle of a graph, its first node again at the end.
fn circle(needs: &[Vec<usize>]) -> Option<Vec<usize>> {
    // Nodes leave once all that they need have left; what stays needs something of a circle.
    let mut open: Vec<usize> = needs.iter().map(Vec::len).collect();
    let mut needed_by = vec![Vec::new(); needs.len()];
    for (index, others) in needs.iter().enumerate() {
        others.iter().for_each(|&other| needed_by[other].push(index));
    }
    let mut free: Vec<usize> = (0..needs.len()).filter(|&index| open[index] == 0).collect();
    while let Some(index) = free.pop() {
        for &dependent in &needed_by[index] {
            open[dependent] -= 1;
            if open[dependent] == 0 {
                free.push(dependent);
            }
        }
    }
    let mut way = vec![(0..needs.len()).find(|&index| open[index] > 0)?];
    let mut position = HashMap::from([(way[0], 0)]);
    loop {
        let next = needs[way[way.len() - 1]].iter().copied().find(|&other| open[other] > 0)?;
        if let Some(&start) = position.get(&next) {
            way.push(next);
            return Some(way.split_off(start));
        }
        position.insert(next, way.len());
        way.push(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_are_found() {
        #[track_caller]
        fn check(needs: &[&[usize]], expected: Option<&[usize]>) {
            let needs: Vec<Vec<usize>> = needs.iter().map(|others| others.to_vec()).collect();
            assert_eq!(circle(&needs).as_deref(), expected, "{needs:?}");
        }
        check(&[], None);
        check(&[&[1], &[2], &[]], None);
        check(&[&[1, 2], &[3], &[3], &[]], None);
        check(&[&[0]], Some(&[0, 0]));
        check(&[&[1], &[0]], Some(&[0, 1, 0]));
        check(&[&[1], &[2], &[3], &[1], &[0]], Some(&[1, 2, 3, 1]));
    }
}

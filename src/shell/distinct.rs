//! Telling services apart whose names come out the same.

use std::collections::{BTreeMap, BTreeSet};

use super::VariableName;
use crate::model::{Port, ServiceName};

type Wanted = (ServiceName, Option<Port>);

/// A name for each wanted port, in the order given; two different ones never share a name, nor take a reserved one.
///
/// Of those that come out the same, the one that lost nothing on the way keeps the plain name (`web_app` before
/// `web-app`); each other one gets a short hash of its own. So the answer depends on the set of services alone, not
/// on the order in which they were booked. `reserved` are the names that the compose file's own variables claim.
pub fn distinct_names(wanted: &[Wanted], reserved: &BTreeSet<VariableName>) -> Vec<VariableName> {
    let mut rivals: BTreeMap<VariableName, BTreeSet<&Wanted>> = BTreeMap::new();
    for each in wanted {
        rivals.entry(VariableName::for_service(&each.0, each.1)).or_default().insert(each);
    }
    let mut names: BTreeMap<&Wanted, VariableName> = BTreeMap::new();
    for (plain, rivals) in rivals.iter().filter(|(plain, _)| !reserved.contains(plain)) {
        if let Some(keeper) = keeper(rivals) {
            names.insert(keeper, plain.clone());
        }
    }
    let mut taken: BTreeSet<VariableName> = rivals.keys().chain(reserved).cloned().collect();
    for loser in rivals.values().flatten() {
        names.entry(loser).or_insert_with(|| {
            let name = marked_name(loser, &taken);
            taken.insert(name.clone());
            name
        });
    }
    wanted.iter().map(|each| names[each].clone()).collect()
}

/// The one that keeps the plain name: the only one, else the one with the least loss, where a single one has it.
fn keeper<'a>(rivals: &BTreeSet<&'a Wanted>) -> Option<&'a Wanted> {
    let least = rivals.iter().map(|each| loss(each)).min()?;
    let mut least_lossy = rivals.iter().filter(|each| loss(each) == least);
    let first = least_lossy.next()?;
    least_lossy.next().is_none().then_some(*first)
}

/// How far a service lies from its variable's name.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Loss {
    Nothing,
    /// The container port stands behind the name, where a service could end in the same digits.
    PortAdded,
    CharactersChanged,
}

fn loss((service, container_port): &Wanted) -> Loss {
    let kept = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !service.as_str().chars().all(kept) {
        Loss::CharactersChanged
    } else if container_port.is_some() {
        Loss::PortAdded
    } else {
        Loss::Nothing
    }
}

/// The plain name with the service's hash in it, counted on until nobody has it.
fn marked_name((service, container_port): &Wanted, taken: &BTreeSet<VariableName>) -> VariableName {
    let hash = fnv1a(service.as_str().as_bytes());
    // 24 bits, folded as the draft says: six digits are short enough to type.
    let mut mark = (hash >> 24) ^ (hash & 0x00ff_ffff);
    loop {
        let name = VariableName::made(service, &format!("_{mark:06X}"), *container_port);
        if !taken.contains(&name) {
            return name;
        }
        mark += 1;
    }
}

/// FNV-1a, 32 bits, as the IETF draft of Fowler, Noll, Vo and Eastlake gives it: names only have to differ.
fn fnv1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wanted(services: &[(&str, u16)]) -> Vec<Wanted> {
        services.iter().map(|(name, port)| (ServiceName::new(*name), Port::new(*port))).collect()
    }

    fn names(services: &[(&str, u16)], reserved: &[&str]) -> Vec<String> {
        let reserved = reserved.iter().map(|name| VariableName::new(name).unwrap()).collect();
        distinct_names(&wanted(services), &reserved).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn rivals_are_told_apart() {
        #[track_caller]
        fn check(services: &[(&str, u16)], reserved: &[&str], expected: &[&str]) {
            assert_eq!(names(services, reserved), expected);
        }
        check(&[("web", 0), ("db", 0)], &[], &["WEB_PORT", "DB_PORT"]);
        check(&[("web-app", 0)], &[], &["WEB_APP_PORT"]);
        check(&[("web-app", 0), ("web.app", 0)], &[], &["WEB_APP_B0536B_PORT", "WEB_APP_234C36_PORT"]);
        check(&[("web_app", 0), ("web-app", 0)], &[], &["WEB_APP_PORT", "WEB_APP_B0536B_PORT"]);
        check(&[("WEB", 0), ("web", 0)], &[], &["WEB_14D423_PORT", "WEB_PORT"]);
        check(&[("web", 80), ("web", 443)], &[], &["WEB_80_PORT", "WEB_443_PORT"]);
        check(&[("web", 80), ("web_80", 0)], &[], &["WEB_D9BC9E_80_PORT", "WEB_80_PORT"]);
        check(&[("web", 80), ("web-80", 0)], &[], &["WEB_80_PORT", "WEB_80_468580_PORT"]);
        check(&[("web", 0), ("web", 0)], &[], &["WEB_PORT", "WEB_PORT"]);
        check(&[("web", 0)], &["WEB_PORT"], &["WEB_D9BC9E_PORT"]);
        check(&[], &[], &[]);
    }

    #[test]
    fn the_hash_is_fnv() {
        // From the draft's table of test vectors.
        assert_eq!(fnv1a(b""), 0x811c_9dc5);
        assert_eq!(fnv1a(b"a"), 0xe40c_292c);
        assert_eq!(fnv1a(b"foobar"), 0xbf9c_f968);
    }

    proptest! {
        #[test]
        fn names_are_unique_and_do_not_depend_on_the_order(
            services in prop::collection::btree_set(("[aA]?[-._ab]{0,3}(_1)?", prop::option::of(1..3_u16)), 0..12),
            seed in any::<u64>(),
        ) {
            let sorted: Vec<Wanted> = services
                .into_iter()
                .map(|(name, port)| (ServiceName::new(name), port.and_then(Port::new)))
                .collect();
            let mut shuffled = sorted.clone();
            shuffled.sort_by_key(|(name, port)| {
                fnv1a(format!("{seed}{name}{port:?}").as_bytes())
            });
            let reserved = BTreeSet::from([VariableName::new("A_PORT").unwrap()]);
            let in_order: BTreeMap<_, _> = sorted.iter().zip(distinct_names(&sorted, &reserved)).collect();
            let in_disorder: BTreeMap<_, _> = shuffled.iter().zip(distinct_names(&shuffled, &reserved)).collect();
            prop_assert_eq!(&in_order, &in_disorder);
            let unique: BTreeSet<_> = in_order.values().collect();
            prop_assert_eq!(unique.len(), sorted.len());
            prop_assert!(unique.is_disjoint(&reserved.iter().collect()));
        }
    }
}

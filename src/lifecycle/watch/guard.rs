//! Who is watched, and when it is brought back: nothing here asks an engine or a clock.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::engine::{Container, ContainerState, Health};

/// From a container's end to its restart; each further one in a row waits twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest of these.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What has run for so long has recovered.
const RECOVERED: Duration = Duration::from_secs(60);

/// How long somebody else has to start what he has just made: Compose makes all of them first.
const MAKING: Duration = Duration::from_secs(10);

/// How long nothing may be left before the watch ends: a `gantry restart` has such a moment, and who stops a project by
/// one command may start it by the next.
const EMPTY: Duration = Duration::from_secs(30);

/// The containers that are expected to run, and how they do.
#[derive(Debug)]
pub(super) struct Guard {
    /// Restarts in a row.
    limit: u32,
    charges: BTreeMap<Slot, Charge>,
    /// Nothing is left since then.
    empty_since: Option<Instant>,
}

/// A container's place, which outlives it: Compose makes another one for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot {
    pub service: String,
    pub number: u32,
}

/// Something to be done, or to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// It ended and is to come back after this time.
    Died { slot: Slot, how: String, pause: Duration },
    /// It is to be started now: the container with this identity, or a new one where it is gone.
    Restart { slot: Slot, id: Option<String> },
    /// It ended once more, and is left alone from here on.
    GaveUp { slot: Slot, how: String, id: Option<String> },
    /// It has done what it was for.
    Done(Slot),
    /// It runs, and is watched from here on.
    Joined(Slot),
    /// It runs again, by whomever.
    Back(Slot),
    /// Its own check says that it is not well.
    Unhealthy(Slot),
    /// And that it is well again.
    Healthy(Slot),
}

#[derive(Debug)]
struct Charge {
    stand: Stand,
    /// In a row.
    restarts: u32,
    is_unhealthy: bool,
    started_at: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stand {
    Up {
        since: Instant,
    },
    /// It has been started just now; the next look tells what came of it.
    Started,
    /// It is down, and is started then.
    Due {
        at: Instant,
    },
    GivenUp,
}

impl Guard {
    /// Expects what runs of these.
    pub(super) fn new(limit: u32, now: Instant, containers: &[Container]) -> Guard {
        let mut guard = Guard { limit, charges: BTreeMap::new(), empty_since: None };
        guard.expect(now, containers);
        guard
    }

    /// Expects what runs of these, and forgets what was: somebody has changed it on purpose.
    pub(super) fn expect(&mut self, now: Instant, containers: &[Container]) {
        let running = containers.iter().filter(|it| it.is_running());
        self.charges = running.map(|it| (Slot::of(it), Charge::up(it, now))).collect();
        self.empty_since = None;
    }

    /// Looks at what there is: what is to be done and told.
    pub(super) fn judge(&mut self, now: Instant, containers: &[Container]) -> Vec<Action> {
        self.follow(containers);
        let mut actions = Vec::new();
        let slots: Vec<Slot> = self.charges.keys().cloned().collect();
        for slot in slots {
            let found = best_of(containers, &slot);
            match found {
                Some(container) if container.is_running() => self.note_running(&slot, container, now, &mut actions),
                Some(container) if container.is_done() => {
                    self.charges.remove(&slot);
                    actions.push(Action::Done(slot));
                }
                Some(container) if container.state == ContainerState::Paused => {}
                down => self.note_down(&slot, down, now, &mut actions),
            }
        }
        for container in containers.iter().filter(|it| it.is_running()) {
            let slot = Slot::of(container);
            if !self.charges.contains_key(&slot) {
                self.charges.insert(slot.clone(), Charge::up(container, now));
                actions.push(Action::Joined(slot));
            }
        }
        let is_empty = self.charges.values().all(|charge| charge.stand == Stand::GivenUp);
        self.empty_since = if is_empty { self.empty_since.or(Some(now)) } else { None };
        actions
    }

    /// A restart was tried; what came of it, the next look tells.
    pub(super) fn note_restart(&mut self, slot: &Slot) {
        if let Some(charge) = self.charges.get_mut(slot) {
            charge.restarts += 1;
            charge.stand = Stand::Started;
        }
    }

    /// When the next restart is due.
    pub(super) fn next_due(&self) -> Option<Instant> {
        let due = |charge: &Charge| if let Stand::Due { at } = charge.stand { Some(at) } else { None };
        self.charges.values().filter_map(due).min()
    }

    /// Whether nothing is left to watch, nor will be.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        let has_given_up = !self.charges.is_empty();
        self.empty_since.is_some_and(|since| has_given_up || now.duration_since(since) >= EMPTY)
    }

    /// Those that were given up.
    pub(super) fn given_up(&self) -> impl Iterator<Item = &Slot> {
        self.charges.iter().filter(|(_, charge)| charge.stand == Stand::GivenUp).map(|(slot, _)| slot)
    }

    /// Those that are expected to run, or to run again.
    pub(super) fn watched(&self) -> impl Iterator<Item = &Slot> {
        self.charges.iter().filter(|(_, charge)| charge.stand != Stand::GivenUp).map(|(slot, _)| slot)
    }

    /// What Compose has made for a place may have another number: the place moves along.
    fn follow(&mut self, containers: &[Container]) {
        let is_gone = |slot: &Slot| !containers.iter().any(|it| Slot::of(it) == *slot);
        let gone: Vec<Slot> = self.charges.keys().filter(|slot| is_gone(slot)).cloned().collect();
        for old in gone {
            let is_new = |it: &&Container| it.service == old.service && !self.charges.contains_key(&Slot::of(it));
            let new = containers.iter().filter(is_new).filter(|it| !it.is_done()).min_by_key(|it| !it.is_running());
            if let Some(new) = new
                && let Some(charge) = self.charges.remove(&old)
            {
                self.charges.insert(Slot::of(new), charge);
            }
        }
    }

    fn note_running(&mut self, slot: &Slot, container: &Container, now: Instant, actions: &mut Vec<Action>) {
        let Some(charge) = self.charges.get_mut(slot) else { return };
        match charge.stand {
            Stand::Up { since } if charge.started_at == container.started_at => {
                let has_recovered = now.duration_since(since) >= RECOVERED;
                charge.restarts = if has_recovered { 0 } else { charge.restarts };
            }
            // Somebody else has restarted it, between two looks.
            Stand::Up { .. } => charge.stand = Stand::Up { since: now },
            Stand::Started | Stand::Due { .. } => {
                charge.stand = Stand::Up { since: now };
                actions.push(Action::Back(slot.clone()));
            }
            // Not by this watch: somebody has mended it.
            Stand::GivenUp => {
                *charge = Charge::up(container, now);
                actions.push(Action::Joined(slot.clone()));
            }
        }
        charge.started_at.clone_from(&container.started_at);
        let was_unhealthy = charge.is_unhealthy;
        charge.is_unhealthy = match container.health {
            Some(Health::Unhealthy) => true,
            Some(Health::Starting) => was_unhealthy,
            Some(Health::Healthy) | None => false,
        };
        match (was_unhealthy, charge.is_unhealthy) {
            (false, true) => actions.push(Action::Unhealthy(slot.clone())),
            (true, false) => actions.push(Action::Healthy(slot.clone())),
            _ => {}
        }
    }

    fn note_down(&mut self, slot: &Slot, down: Option<&Container>, now: Instant, actions: &mut Vec<Action>) {
        let limit = self.limit;
        let Some(charge) = self.charges.get_mut(slot) else { return };
        let id = down.map(|it| it.id.clone());
        if let Stand::Up { since } = charge.stand
            && now.duration_since(since) >= RECOVERED
        {
            charge.restarts = 0;
        }
        match charge.stand {
            Stand::GivenUp => {}
            Stand::Due { at } if now < at => {}
            Stand::Due { .. } => actions.push(Action::Restart { slot: slot.clone(), id }),
            Stand::Up { .. } | Stand::Started if charge.restarts >= limit => {
                charge.stand = Stand::GivenUp;
                actions.push(Action::GaveUp { slot: slot.clone(), how: how_of(down), id });
            }
            Stand::Up { .. } | Stand::Started => actions.push(charge.die(slot, down, now)),
        }
    }
}

impl Charge {
    fn up(container: &Container, now: Instant) -> Charge {
        Charge {
            stand: Stand::Up { since: now },
            restarts: 0,
            is_unhealthy: false,
            started_at: container.started_at.clone(),
        }
    }

    fn die(&mut self, slot: &Slot, down: Option<&Container>, now: Instant) -> Action {
        let is_made = down.is_some_and(|it| it.state == ContainerState::Created);
        let is_others = is_made && self.stand != Stand::Started;
        let pause = if is_others { MAKING } else { pause_after(self.restarts) };
        self.stand = Stand::Due { at: now + pause };
        Action::Died { slot: slot.clone(), how: how_of(down), pause }
    }
}

impl Slot {
    pub(super) fn of(container: &Container) -> Slot {
        Slot { service: container.service.clone(), number: container.number }
    }
}

/// The container of the place: while Compose replaces one, there are two of a number.
fn best_of<'a>(containers: &'a [Container], slot: &Slot) -> Option<&'a Container> {
    let rank = |it: &&Container| match it.state {
        ContainerState::Running | ContainerState::Restarting => 0,
        ContainerState::Paused => 1,
        ContainerState::Created => 2,
        ContainerState::Exited | ContainerState::Dead => 3,
    };
    containers.iter().filter(|it| it.service == slot.service && it.number == slot.number).min_by_key(rank)
}

fn pause_after(restarts: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(restarts)).min(LONGEST_PAUSE)
}

/// The signals that end most containers, by name.
fn how_of(down: Option<&Container>) -> String {
    let Some(container) = down else { return "was removed".to_owned() };
    match (container.state, container.exit_code) {
        (ContainerState::Dead, _) => "is dead".to_owned(),
        (ContainerState::Created, _) => "was made and not started".to_owned(),
        (_, Some(137)) => "was killed (137)".to_owned(),
        (_, Some(143)) => "was asked to end (143)".to_owned(),
        (_, Some(139)) => "crashed (139)".to_owned(),
        (_, Some(code)) => format!("ended with status {code}"),
        (state, None) => format!("is {}", state.as_str()),
    }
}

#[cfg(test)]
mod tests;

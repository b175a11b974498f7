//! A project in memory, looked at second by second.

use super::*;

/// What a look tells, in short: `web-1 died(ended with status 1) in 1`.
fn shown(actions: &[Action]) -> Vec<String> {
    let name = |slot: &Slot| format!("{}-{}", slot.service, slot.number);
    let each = actions.iter().map(|action| match action {
        Action::Died { slot, how, pause } => format!("{} {how}, in {}", name(slot), pause.as_secs()),
        Action::Restart { slot, id } => format!("start {} {}", name(slot), id.as_deref().unwrap_or("anew")),
        Action::GaveUp { slot, how, .. } => format!("gave up {} {how}", name(slot)),
        Action::Done(slot) => format!("{} done", name(slot)),
        Action::Joined(slot) => format!("{} joined", name(slot)),
        Action::Back(slot) => format!("{} back", name(slot)),
        Action::Unhealthy(slot) => format!("{} unhealthy", name(slot)),
        Action::Healthy(slot) => format!("{} healthy", name(slot)),
    });
    each.collect()
}

/// A guard and its clock.
struct World {
    guard: Guard,
    began: Instant,
}

impl World {
    fn new(limit: u32, containers: &[Container]) -> World {
        let began = Instant::now();
        World { guard: Guard::new(limit, began, containers), began }
    }

    /// A look so many seconds after the beginning. What is to be started is tried.
    #[track_caller]
    fn look(&mut self, second: u64, containers: &[Container], expected: &[&str]) {
        let actions = self.guard.judge(self.began + Duration::from_secs(second), containers);
        assert_eq!(shown(&actions), expected, "at second {second}");
        for action in actions {
            if let Action::Restart { slot, .. } = action {
                self.guard.note_restart(&slot);
            }
        }
    }

    fn is_over(&self, second: u64) -> bool {
        self.guard.is_over(self.began + Duration::from_secs(second))
    }
}

fn up(service: &str) -> Container {
    Container::sample(service, 1, ContainerState::Running, None)
}

fn exited(service: &str, code: i64) -> Container {
    Container::sample(service, 1, ContainerState::Exited, Some(code))
}

#[test]
fn what_dies_comes_back_after_a_second() {
    #[track_caller]
    fn check(down: &[Container], died: &str, start: &str) {
        let mut world = World::new(5, &[up("web")]);
        world.look(0, &[up("web")], &[]);
        world.look(1, down, &[died]);
        assert_eq!(world.guard.next_due(), Some(world.began + Duration::from_secs(2)));
        world.look(2, down, &[start]);
        assert_eq!(world.guard.next_due(), None);
        world.look(3, &[up("web")], &["web-1 back"]);
        world.look(4, &[up("web")], &[]);
    }
    check(&[exited("web", 1)], "web-1 ended with status 1, in 1", "start web-1 web1");
    check(&[exited("web", 137)], "web-1 was killed (137), in 1", "start web-1 web1");
    check(&[exited("web", 143)], "web-1 was asked to end (143), in 1", "start web-1 web1");
    check(&[Container::sample("web", 1, ContainerState::Dead, Some(0))], "web-1 is dead, in 1", "start web-1 web1");
    check(&[], "web-1 was removed, in 1", "start web-1 anew");
}

#[test]
fn what_is_left_alone() {
    let mut world = World::new(5, &[up("web"), up("job"), exited("old", 1)]);
    let paused = Container::sample("web", 1, ContainerState::Paused, None);
    world.look(1, &[paused.clone(), exited("job", 0), exited("old", 1)], &["job-1 done"]);
    world.look(2, &[paused, exited("job", 0)], &[]);
    world.look(3, &[up("web"), up("job")], &["job-1 joined"]);
    let restarting = Container::sample("web", 1, ContainerState::Restarting, None);
    world.look(4, &[restarting, up("job")], &[]);
    let unwell = |health| Container { health: Some(health), ..up("web") };
    world.look(5, &[unwell(Health::Unhealthy), up("job")], &["web-1 unhealthy"]);
    world.look(6, &[unwell(Health::Unhealthy), up("job")], &[]);
    world.look(7, &[unwell(Health::Healthy), up("job")], &["web-1 healthy"]);
}

#[test]
fn one_that_came_back_by_itself_is_not_started() {
    let mut world = World::new(5, &[up("web")]);
    world.look(1, &[exited("web", 137)], &["web-1 was killed (137), in 1"]);
    world.look(2, &[up("web")], &["web-1 back"]);
}

#[test]
fn pauses_grow_up_to_the_limit_and_others_go_on() {
    let mut world = World::new(3, &[up("web"), up("db")]);
    let crashed = [exited("web", 1), up("db")];
    world.look(0, &crashed, &["web-1 ended with status 1, in 1"]);
    world.look(1, &crashed, &["start web-1 web1"]);
    world.look(2, &crashed, &["web-1 ended with status 1, in 2"]);
    world.look(3, &crashed, &[]);
    world.look(4, &crashed, &["start web-1 web1"]);
    world.look(5, &[up("web"), up("db")], &["web-1 back"]);
    world.look(6, &crashed, &["web-1 ended with status 1, in 4"]);
    world.look(10, &crashed, &["start web-1 web1"]);
    world.look(11, &crashed, &["gave up web-1 ended with status 1"]);
    world.look(12, &crashed, &[]);
    assert!(!world.is_over(12));
    world.look(13, &[exited("web", 1), exited("db", 0)], &["db-1 done"]);
    assert!(world.is_over(13));
    world.look(14, &[up("web")], &["web-1 joined"]);
    assert!(!world.is_over(14));
    assert_eq!(pause_after(0), Duration::from_secs(1));
    assert_eq!((pause_after(5), pause_after(6), pause_after(99)), (pause_after(5), LONGEST_PAUSE, LONGEST_PAUSE));
}

#[test]
fn a_minute_of_running_forgives() {
    let mut world = World::new(1, &[up("web")]);
    world.look(0, &[exited("web", 1)], &["web-1 ended with status 1, in 1"]);
    world.look(1, &[exited("web", 1)], &["start web-1 web1"]);
    world.look(2, &[up("web")], &["web-1 back"]);
    world.look(62, &[exited("web", 1)], &["web-1 ended with status 1, in 1"]);
    let mut none = World::new(0, &[up("web")]);
    none.look(90, &[exited("web", 1)], &["gave up web-1 ended with status 1"]);
    // One that somebody else restarts again and again has not run for a minute.
    let mut restless = World::new(1, &[up("web")]);
    restless.look(0, &[exited("web", 1)], &["web-1 ended with status 1, in 1"]);
    restless.look(1, &[exited("web", 1)], &["start web-1 web1"]);
    let started = |at: &str| [Container { started_at: Some(at.to_owned()), ..up("web") }];
    restless.look(2, &started("one"), &["web-1 back"]);
    restless.look(50, &started("two"), &[]);
    restless.look(70, &[exited("web", 1)], &["gave up web-1 ended with status 1"]);
}

#[test]
fn compose_by_hand_gets_time_to_replace() {
    let mut world = World::new(5, &[up("web")]);
    let made = Container { id: "new".to_owned(), ..Container::sample("web", 1, ContainerState::Created, None) };
    world.look(1, &[exited("web", 137), made.clone()], &["web-1 was made and not started, in 10"]);
    world.look(9, std::slice::from_ref(&made), &[]);
    world.look(11, std::slice::from_ref(&made), &["start web-1 new"]);
    // Its own attempt that failed halfway is tried again sooner.
    world.look(12, &[made], &["web-1 was made and not started, in 2"]);
}

#[test]
fn a_replica_that_comes_back_under_another_number() {
    let replica = |number| Container::sample("web", number, ContainerState::Running, None);
    let mut world = World::new(5, &[replica(1), replica(2), replica(3)]);
    world.look(1, &[replica(1), replica(3)], &["web-2 was removed, in 1"]);
    world.look(2, &[replica(1), replica(3)], &["start web-2 anew"]);
    world.look(3, &[replica(1), replica(3), replica(4)], &["web-4 back"]);
    assert_eq!(world.guard.watched().count(), 3);
}

#[test]
fn what_was_changed_on_purpose_is_expected() {
    let mut world = World::new(5, &[up("web"), up("db")]);
    world.look(1, &[exited("web", 143), up("db")], &["web-1 was asked to end (143), in 1"]);
    world.guard.expect(world.began, &[exited("web", 143), up("db")]);
    world.look(3, &[exited("web", 143), up("db")], &[]);
    world.guard.expect(world.began, &[exited("web", 143), exited("db", 143)]);
    world.look(4, &[exited("web", 143), exited("db", 143)], &[]);
    assert!(!world.is_over(33), "a restart has a moment when nothing runs");
    assert!(world.is_over(34));
    world.look(35, &[up("web")], &["web-1 joined"]);
    assert!(!world.is_over(90));
}

//! Stories of the watch, without store: what follows from what devices say.

use super::{
    deed::{Deed, Gone, Here},
    watch::{LEASE_MS, Report, Watch, Wire},
};
use crate::{
    server::hub::ConnectionId,
    wire::{
        DeviceId, Millis, SessionId, UserId,
        command::{Presence, PresenceState},
    },
};

const ADA: UserId = UserId::from_bytes([1; 16]);
const SESSION: SessionId = SessionId::from_bytes([2; 16]);
const START: u64 = 1_000_000;
const MIN_ABSENCE_MS: u64 = 180_000;

/// A watch with a clock that moves when told, and what it has had stored.
struct Story {
    watch: Watch,
    now: Millis,
    stored: Vec<Deed>,
}

fn device(n: u8) -> DeviceId {
    DeviceId::from_bytes([n; 16])
}

fn wire(device_nth: u8, connection: u64) -> Wire {
    Wire {
        user: ADA,
        device: device(device_nth),
        connection: ConnectionId::nth(connection),
    }
}

fn presence(state: PresenceState, since_input: u64) -> Presence {
    Presence {
        state,
        since_input: Millis(since_input),
    }
}

impl Story {
    fn new() -> Self {
        Self {
            watch: Watch::new(Millis(MIN_ABSENCE_MS)),
            now: Millis(START),
            stored: Vec::new(),
        }
    }

    fn says_hello(&mut self, wire: Wire, state: PresenceState, since_input: u64) {
        let hello = Report::Hello {
            session: SESSION,
            wire,
            presence: presence(state, since_input),
        };
        self.reports(hello);
    }

    fn says(&mut self, wire: Wire, state: PresenceState, since_input: u64) {
        let presence = presence(state, since_input);
        self.reports(Report::Presence { wire, presence });
    }

    fn reports(&mut self, report: Report) {
        self.stored.extend(self.watch.report(self.now, report));
    }

    fn closes(&mut self, wire: Wire, clean: bool) {
        self.reports(Report::Closed { wire, clean });
    }

    /// Moves the clock as the task does: from one tick to the next.
    fn after(&mut self, millis: u64) {
        let then = Millis(self.now.0 + millis);
        while let Some(tick) = self.watch.next_tick().filter(|tick| *tick <= then) {
            self.now = self.now.max(tick);
            self.stored.extend(self.watch.tick(self.now));
        }
        self.now = then;
    }

    fn absences(&self) -> Vec<u64> {
        self.stored
            .iter()
            .filter_map(|deed| match deed {
                Deed::Gone(Gone { last_active, .. }) => Some(last_active.0 - START),
                Deed::Here(_) => None,
            })
            .collect()
    }

    fn moments(&self) -> Vec<u64> {
        self.stored
            .iter()
            .filter_map(|deed| match deed {
                Deed::Here(Here { moment, .. }) => Some(moment.0 - START),
                Deed::Gone(_) => None,
            })
            .collect()
    }
}

use PresenceState::{Active, Hidden, Idle};

#[test]
fn who_closes_the_last_tab_is_away_since_then_once_it_is_long_enough() {
    let mut story = Story::new();
    story.says_hello(wire(1, 1), Active, 0);
    story.closes(wire(1, 1), true);
    story.after(MIN_ABSENCE_MS - 1);
    assert!(story.absences().is_empty());
    story.after(1);
    assert_eq!(story.absences(), [0]);
    story.after(10 * MIN_ABSENCE_MS);
    assert_eq!(story.absences(), [0]);
}

#[test]
fn a_reload_is_no_absence() {
    let mut story = Story::new();
    story.says_hello(wire(1, 1), Active, 0);
    story.closes(wire(1, 1), true);
    story.after(MIN_ABSENCE_MS - 1);
    story.says_hello(wire(1, 2), Active, 0);
    story.after(LEASE_MS - 1);
    assert!(story.absences().is_empty());
}

#[test]
fn an_hour_on_the_phone_is_no_absence_of_the_desktop() {
    let mut story = Story::new();
    story.says_hello(wire(1, 1), Active, 0);
    story.says_hello(wire(2, 2), Active, 0);
    story.says(wire(1, 1), Hidden, 0);
    for _ in 0..72 {
        story.after(50_000);
        story.says(wire(2, 2), Active, 0);
    }
    assert!(story.absences().is_empty());
    story.says(wire(2, 2), Hidden, 5_000);
    story.after(MIN_ABSENCE_MS);
    assert_eq!(story.absences(), [72 * 50_000]);
}

#[test]
fn a_tab_that_hides_does_not_take_the_other_tab_of_its_device_along() {
    let mut story = Story::new();
    story.says_hello(wire(1, 1), Active, 0);
    story.says_hello(wire(1, 2), Active, 0);
    story.says(wire(1, 1), Hidden, 0);
    story.after(50_000);
    story.says(wire(1, 2), Active, 0);
    story.after(50_000);
    assert!(story.absences().is_empty());
    story.says(wire(1, 2), Idle, 49_000);
    story.after(MIN_ABSENCE_MS - 49_000);
    assert_eq!(
        story.absences(),
        [51_000],
        "the last input counts where it is later than the renewal"
    );
}

#[test]
fn a_dead_wire_keeps_its_lease_until_it_runs_out() {
    let mut story = Story::new();
    let short = Watch::new(Millis(1_000));
    story.watch = short;
    story.says_hello(wire(1, 1), Active, 0);
    story.closes(wire(1, 1), false);
    story.after(LEASE_MS - 1);
    assert!(story.absences().is_empty());
    story.after(1);
    assert_eq!(story.absences(), [0]);
}

#[test]
fn a_half_open_wire_that_says_nothing_is_as_good_as_dead() {
    let mut story = Story::new();
    story.says_hello(wire(1, 1), Active, 0);
    story.after(MIN_ABSENCE_MS);
    assert_eq!(story.absences(), [0]);
}

#[test]
fn a_device_that_comes_back_hidden_gives_up_what_its_dead_wire_held() {
    let mut story = Story::new();
    story.watch = Watch::new(Millis(1_000));
    story.says_hello(wire(1, 1), Active, 0);
    story.closes(wire(1, 1), false);
    story.after(100);
    story.says_hello(wire(1, 2), Hidden, 90);
    story.after(900);
    assert_eq!(story.absences(), [0]);
}

#[test]
fn an_absence_ends_at_the_input_that_came_before_the_hello() {
    let mut story = Story::new();
    story.says_hello(wire(1, 1), Active, 0);
    story.closes(wire(1, 1), true);
    story.after(2 * MIN_ABSENCE_MS);
    story.says_hello(wire(1, 2), Active, 120_000);
    assert_eq!(story.absences(), [0]);
    assert_eq!(story.moments(), [0, 2 * MIN_ABSENCE_MS - 120_000]);
}

#[test]
fn a_return_before_any_tick_still_finds_its_absence_declared_first() {
    let mut story = Story::new();
    story.says_hello(wire(1, 1), Active, 0);
    story.closes(wire(1, 1), true);
    story.now = Millis(START + MIN_ABSENCE_MS);
    story.says_hello(wire(1, 2), Active, 0);
    assert!(matches!(
        story.stored[..],
        [Deed::Here(_), Deed::Gone(_), Deed::Here(_)]
    ));
}

#[test]
fn a_device_that_calls_itself_active_without_input_is_not() {
    let mut story = Story::new();
    story.says_hello(wire(1, 1), Active, 5 * 60_000);
    assert!(story.stored.is_empty());
    assert_eq!(story.watch.next_tick(), None);
}

#[test]
fn renewals_are_written_once_in_a_while_however_often_they_come() {
    let mut story = Story::new();
    story.says_hello(wire(1, 1), Active, 0);
    for _ in 0..100 {
        story.says(wire(1, 1), Active, 0);
    }
    assert_eq!(story.stored.len(), 1);
    story.after(50_000);
    story.says(wire(1, 1), Active, 0);
    assert_eq!(story.stored.len(), 2);
}

#[test]
fn a_page_counts_as_one_lease_until_its_tab_speaks_for_itself() {
    let mut story = Story::new();
    story.watch = Watch::new(Millis(1_000));
    let page = Report::Page {
        user: ADA,
        session: SESSION,
    };
    story.reports(page);
    story.after(LEASE_MS - 1);
    assert!(story.absences().is_empty());
    story.after(1);
    assert_eq!(story.absences(), [0]);

    story.reports(page);
    story.says_hello(wire(1, 1), Active, 0);
    story.closes(wire(1, 1), true);
    story.after(1_000);
    assert_eq!(story.absences(), [0, LEASE_MS]);
}

#[test]
fn a_restarted_server_waits_one_lease_before_it_calls_anybody_away() {
    let mut story = Story::new();
    story.now = Millis(START + 3_600_000);
    story.watch.found(story.now, ADA, device(1), Millis(START));
    story.after(LEASE_MS - 1);
    assert!(story.absences().is_empty());
    story.after(1);
    assert_eq!(story.absences(), [0]);

    let mut story = Story::new();
    story.now = Millis(START + 3_600_000);
    story.watch.found(story.now, ADA, device(1), Millis(START));
    story.after(5_000);
    story.says_hello(wire(1, 1), Active, 0);
    story.after(LEASE_MS - 1);
    assert!(story.absences().is_empty());
}

#[test]
fn an_absence_that_could_not_be_stored_is_tried_again_and_comes_before_its_end() {
    let mut story = Story::new();
    story.says_hello(wire(1, 1), Active, 0);
    story.closes(wire(1, 1), true);
    story.after(MIN_ABSENCE_MS);
    let gone = story.stored.pop().unwrap();
    story.watch.failed(story.now, gone);
    story.after(5_000);
    assert_eq!(story.absences(), [0]);

    let gone = story.stored.pop().unwrap();
    story.watch.failed(story.now, gone);
    story.says_hello(wire(1, 2), Active, 0);
    assert!(matches!(
        story.stored[..],
        [Deed::Here(_), Deed::Gone(_), Deed::Here(_)]
    ));
    story.after(30_000);
    assert_eq!(story.absences(), [0]);
}

#[test]
fn a_return_that_could_not_be_stored_is_tried_again() {
    let mut story = Story::new();
    story.says_hello(wire(1, 1), Active, 0);
    let here = story.stored.pop().unwrap();
    story.watch.failed(story.now, here);
    story.after(5_000);
    assert_eq!(story.moments(), [0]);
}

//! Users who go away from all their devices and come back, and the server's watch over it,
//! which takes its rounds by hand like the writer and the hub.

use super::{tally::Seen, turn::Turn, world::World};
use crate::{
    client::Input,
    server::away::{self, Deed, Rounds},
    tests::checker::{Attempt, AttemptKind},
    wire::{
        Enveloped, Limits, Millis,
        user_log::{Episode, UserItem, UserValue},
    },
};

/// Short, so that there are absences within a seed: longer than a tab is hidden before it
/// says so, shorter than a lease.
const MIN_ABSENCE_MS: u64 = 8_000;
const FULL_CARD_MS: u64 = 60_000;
/// A hidden tab says so within this.
const HIDDEN_AFTER_MS: u64 = 5_001;

pub fn limits() -> Limits {
    Limits {
        away_min_absence_ms: Millis(MIN_ABSENCE_MS),
        away_full_card_ms: Millis(FULL_CARD_MS),
        ..Limits::default()
    }
}

/// The watch over presence, and what it is having stored.
pub struct Presence {
    rounds: Rounds,
    storing: Option<Storing>,
}

struct Storing {
    turn: Turn<Vec<Deed>>,
    deeds: Vec<Deed>,
    /// Where the record has them.
    attempts: Vec<usize>,
}

impl Presence {
    pub fn new(rounds: Rounds) -> Self {
        Self { rounds, storing: None }
    }

    pub fn is_due(&self, now: Millis) -> bool {
        match &self.storing {
            Some(storing) => storing.turn.is_due(),
            None => self.rounds.is_due(now),
        }
    }
}

impl World {
    /// The next round of the watch begins, or goes on after what it waited for.
    pub async fn watches(&mut self) {
        let now = self.house.now();
        if self.house.presence.storing.is_none() {
            let deeds = self.house.presence.rounds.take(now);
            if deeds.is_empty() {
                return;
            }
            let attempts = deeds.iter().map(|deed| self.attempts(deed)).collect();
            let (app, these) = (self.house.app.clone(), deeds.clone());
            self.house.presence.storing = Some(Storing {
                turn: Turn::new(async move { away::store(&app, these).await }),
                deeds,
                attempts,
            });
        }
        let readers = self.house.app.store.readers().clone();
        let Some(storing) = &mut self.house.presence.storing else {
            return;
        };
        let Some(failed) = storing.turn.go(&readers).await else {
            return;
        };
        for (deed, place) in storing.deeds.iter().zip(&storing.attempts) {
            let attempt = &mut self.record.history.attempts[*place];
            attempt.to = Some(self.moment);
            attempt.is_stored = !failed.contains(deed);
        }
        self.house.presence.storing = None;
        self.house.presence.rounds.failed(now, failed);
    }

    fn attempts(&mut self, deed: &Deed) -> usize {
        self.record.history.attempts.push(Attempt {
            user: deed.user(),
            kind: if deed.is_gone() {
                AttemptKind::Gone
            } else {
                AttemptKind::Here
            },
            epoch: self.house.epoch(),
            from: self.moment,
            to: None,
            is_stored: false,
        });
        self.record.history.attempts.len() - 1
    }

    /// A user leaves all their tabs, and perhaps for good: no tab of theirs is in front of
    /// anybody until one is shown again.
    pub fn somebody_goes_away(&mut self) {
        let at = self.dice.index(self.people.len());
        let user = self.people[at].user;
        self.steps();
        for seat in 0..self.seats.len() {
            if self.seats[seat].user() == user && !self.seats[seat].is_asleep {
                self.tells(seat, Input::Hidden);
            }
        }
        let away = HIDDEN_AFTER_MS + self.dice.below(2 * MIN_ABSENCE_MS);
        self.passes(away);
    }

    /// A hidden tab is looked at again.
    pub fn somebody_comes_back(&mut self) {
        let awake: Vec<usize> = (0..self.seats.len()).filter(|at| !self.seats[*at].is_asleep).collect();
        self.steps();
        if let Some(at) = self.dice.pick(&awake).copied() {
            self.tells(at, Input::Shown);
        }
    }

    /// What a commit says of absences.
    pub fn counts_absences(&mut self, item: &UserItem) {
        if let Ok(UserValue::Episode(Episode { returned, .. })) = UserValue::unpack(&item.value) {
            self.tally.saw(match returned {
                Some(_) => Seen::Return,
                None => Seen::Absence,
            });
        }
    }
}

//! What happens in one room, act after act, in the order of time.

use super::{
    calendar::Calendar,
    cast::{self, PEOPLE, YOU},
    corpus::{Corpus, Said, Thread},
    deck::{self, Present},
    dice::Dice,
    stage::{Move, Scene, TURN_PARTS, Turn},
    talk::Talk,
};
use crate::wire::{Millis, RoomKind};
use std::collections::VecDeque;

const MONTH_MS: u64 = 30 * 24 * 60 * 60 * 1_000;
/// How long the one to sign in as was away.
const AWAY_MS: u64 = (2 * 60 + 10) * 60 * 1_000;
const CALM_MAX_MS: u64 = 30 * 60 * 1_000;
/// How long before the month a room is made, and how long between those who come in first.
const ROOM_AHEAD_MS: u64 = 60 * 60 * 1_000;
const OPENER_EVERY_MS: u64 = 90 * 1_000;

const PAUSE_MIN_MS: u64 = 3_000;
const PAUSE_SPREAD_MS: u64 = 22_000;
const TYPING_MS_PER_BYTE: u64 = 40;
/// One answer in so many is late, by up to so much.
const LATE_ONE_IN: u64 = 12;
const LATE_MAX_MS: u64 = 6 * 60 * 1_000;

pub struct Act {
    pub at: Millis,
    pub actor: usize,
    pub doing: Doing,
}

pub enum Doing {
    Create,
    /// Makes a direct room with somebody.
    Open(usize),
    Join,
    Leave,
    Add(usize),
    Remove(usize),
    Rename(&'static str),
    /// A body, and whom it mentions.
    Say(String, Vec<usize>),
}

/// The month: from when to when it is told, and when the one to sign in as left.
#[derive(Clone, Copy)]
pub struct Month {
    pub start: Millis,
    pub left: Millis,
    pub now: Millis,
}

impl Month {
    /// The one that ends now.
    pub fn until(now: Millis) -> Self {
        let ago = |ms| Millis(now.0.saturating_sub(ms));
        Self {
            start: ago(MONTH_MS),
            left: ago(AWAY_MS),
            now,
        }
    }

    /// When rooms are made.
    pub fn opening(self) -> Millis {
        Millis(self.start.0.saturating_sub(ROOM_AHEAD_MS))
    }

    pub fn due(self, turn: &Turn) -> Millis {
        Millis(self.start.0 + (self.left.0 - self.start.0) * turn.at / TURN_PARTS)
    }
}

/// How many messages are said before and after that leaving.
#[derive(Clone, Copy)]
pub struct Length {
    pub before: u64,
    pub after: u64,
}

/// A part of the month with its own rhythm.
struct Stretch<'c> {
    calendar: Calendar,
    messages: u64,
    told: u64,
    /// Conversations that come first.
    opening: VecDeque<&'c Thread>,
    without_you: bool,
}

impl Stretch<'_> {
    /// When the message after so many more is said.
    fn moment(&self, ahead: u64) -> Millis {
        self.calendar.moment(self.told + ahead, self.messages)
    }
}

pub struct Play<'c> {
    dice: Dice,
    talk: Talk<'c>,
    present: Present,
    turns: VecDeque<(Millis, &'c Turn)>,
    stretches: VecDeque<Stretch<'c>>,
    ready: VecDeque<Act>,
    clock: Millis,
}

impl<'c> Play<'c> {
    pub fn new(corpus: &'c Corpus, scene: &'c Scene, month: Month, length: Length, mut dice: Dice) -> Self {
        let before = Stretch {
            calendar: Calendar::of_days(month.start, month.left, &mut dice),
            messages: length.before,
            told: 0,
            opening: VecDeque::new(),
            without_you: false,
        };
        // Not all rooms wake up at the moment somebody turns away.
        let soon = Millis(month.left.0 + dice.below(CALM_MAX_MS));
        let after = Stretch {
            calendar: Calendar::of_hours(soon, month.now, &mut dice),
            messages: length.after,
            told: 0,
            opening: deck::of_topics(corpus, &[scene.absence.opening]).collect(),
            without_you: true,
        };
        let mut play = Self {
            talk: Talk::new(corpus, scene, &mut dice),
            dice,
            present: [false; PEOPLE],
            turns: scene.turns.iter().map(|turn| (month.due(turn), turn)).collect(),
            stretches: [before, after].into(),
            ready: VecDeque::new(),
            clock: month.opening(),
        };
        play.open(scene);
        play
    }

    /// The room is made and the first ones come in.
    fn open(&mut self, scene: &Scene) {
        let founder = cast::find(scene.founder).unwrap_or(YOU);
        self.present[founder] = true;
        if scene.kind != RoomKind::Direct {
            self.act(self.clock, founder, Doing::Create);
        }
        for opener in scene.openers.iter().filter_map(|name| cast::find(name)) {
            self.present[opener] = true;
            let at = Millis(self.clock.0 + OPENER_EVERY_MS);
            match scene.kind {
                RoomKind::Open => self.act(at, opener, Doing::Join),
                RoomKind::Closed => self.act(at, founder, Doing::Add(opener)),
                RoomKind::Direct => self.act(at, founder, Doing::Open(opener)),
            }
        }
    }

    fn act(&mut self, at: Millis, actor: usize, doing: Doing) {
        self.clock = self.clock.max(at);
        self.ready.push_back(Act {
            at: self.clock,
            actor,
            doing,
        });
    }

    /// Makes ready the next conversation and what else was due before it; none at the end.
    fn go_on(&mut self) -> Option<()> {
        while self.stretches.front()?.told == self.stretches.front()?.messages {
            self.stretches.pop_front();
        }
        let due = self.stretches.front()?.moment(0);
        while let Some((at, turn)) = self.turns.pop_front_if(|(at, _)| *at <= due) {
            self.take(at, turn);
        }
        let said = self.converse()?;
        self.time(said);
        Some(())
    }

    fn take(&mut self, at: Millis, turn: &Turn) {
        let actor = cast::find(turn.actor).unwrap_or(YOU);
        let found = |name| cast::find(name).unwrap_or(YOU);
        let (person, here, doing) = match turn.doing {
            Move::Join => (actor, true, Doing::Join),
            Move::Leave => (actor, false, Doing::Leave),
            Move::Add(name) => (found(name), true, Doing::Add(found(name))),
            Move::Remove(name) => (found(name), false, Doing::Remove(found(name))),
            Move::Rename(name) => (actor, true, Doing::Rename(name)),
        };
        self.present[person] = here;
        self.act(at, actor, doing);
    }

    fn converse(&mut self) -> Option<Vec<Said>> {
        let stretch = self.stretches.front_mut()?;
        let max = stretch.messages - stretch.told;
        let mut present = self.present;
        present[YOU] &= !stretch.without_you;
        while let Some(thread) = stretch.opening.pop_front() {
            let said = self.talk.tell(thread, &present, max, &mut self.dice);
            if let Some(said) = said.filter(|said| !said.is_empty()) {
                return Some(said);
            }
        }
        self.talk.converse(&present, max, &mut self.dice)
    }

    /// Gives a conversation its times, within what the calendar has for so many messages.
    fn time(&mut self, said: Vec<Said>) {
        let Some(stretch) = self.stretches.front_mut() else {
            return;
        };
        let (start, end) = (stretch.moment(0), stretch.moment(said.len() as u64));
        stretch.told += said.len() as u64;
        let pauses: Vec<u64> = said.iter().map(|said| pause(&said.body, &mut self.dice)).collect();
        let wanted: u64 = pauses.iter().sum();
        let given = (end.0 - start.0) / 10 * 9;
        let mut elapsed = 0;
        for (said, pause) in said.into_iter().zip(pauses) {
            elapsed += pause;
            // Where more is said than there is time for, all of them type faster.
            let offset = if wanted > given {
                elapsed * given / wanted
            } else {
                elapsed
            };
            self.act(
                Millis(start.0 + offset),
                said.author,
                Doing::Say(said.body, said.mentions),
            );
        }
    }
}

impl Iterator for Play<'_> {
    type Item = Act;

    fn next(&mut self) -> Option<Act> {
        if self.ready.is_empty() {
            self.go_on();
        }
        self.ready.pop_front()
    }
}

/// How long somebody thinks and types.
fn pause(body: &str, dice: &mut Dice) -> u64 {
    let late = match dice.below(LATE_ONE_IN) {
        0 => dice.below(LATE_MAX_MS),
        _ => 0,
    };
    PAUSE_MIN_MS + dice.below(PAUSE_SPREAD_MS) + body.len() as u64 * TYPING_MS_PER_BYTE + late
}

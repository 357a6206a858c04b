//! A tab, the device it runs on, and what it asked of the world.

use super::dice::Dice;
use crate::{
    client::{Effect, Env, Generation, Input, Tab},
    rules::away::Card,
    server::{sessions::Signed, testing::START},
    tests::{checker::ClientId, drawer::Drawer},
    wire::{Envelope, EpisodeId, Epoch, Level, Millis, Problem, RoomId, Seq, UserId, fetch::Ask},
};
use std::collections::{BTreeMap, BTreeSet};

pub struct Seat {
    pub client: ClientId,
    /// The first, if its program is that of 0.1.0.
    pub level: Level,
    pub who: Signed,
    pub tab: Tab,
    pub drawer: Drawer,
    pub dice: Dice,
    /// How far its clock is ahead, in milliseconds.
    pub ahead: i64,
    /// The world's time at which it wants to be told of time.
    pub tick_at: u64,
    /// The socket it waits to open.
    pub opening: Option<(Generation, u64)>,
    /// Its line, by number.
    pub line: Option<usize>,
    /// Frozen: nothing happens in it.
    pub is_asleep: bool,
    /// As of the last welcome.
    pub epoch: Option<Epoch>,
    pub stands: BTreeMap<RoomId, Option<Seq>>,
    /// The absence whose card was folded.
    folded: Option<EpisodeId>,
    /// Rooms that were on its screen.
    pub opened: BTreeSet<RoomId>,
}

/// A question under way.
pub struct Asked {
    pub seat: usize,
    pub client: ClientId,
    pub generation: Generation,
    pub fetch: u32,
    pub ask: Ask,
    pub answer: Option<(u64, Epoch, Result<Envelope, Problem>)>,
}

impl Seat {
    pub fn new(client: ClientId, level: Level, who: Signed, drawer: Drawer, dice: Dice, now: u64) -> Self {
        Self {
            client,
            level,
            who,
            tab: Tab::new(Millis(START.0 + now), Box::new(drawer.clone())),
            drawer,
            dice,
            ahead: 0,
            tick_at: now,
            opening: None,
            line: None,
            is_asleep: false,
            epoch: None,
            stands: BTreeMap::new(),
            folded: None,
            opened: BTreeSet::new(),
        }
    }

    pub fn is_of_first_level(&self) -> bool {
        self.level == Level::FIRST
    }

    pub fn user(&self) -> UserId {
        self.who.user()
    }

    /// A room comes on its screen. That folds the card.
    pub fn opens(&mut self, room: RoomId) {
        self.opened.insert(room);
        if self.tab.open_room() != Some(room) && self.tab.card_episode().is_some() {
            self.folded = self.tab.card_episode();
        }
    }

    /// The card, where it lies over the log of a room. On the home page it is the page.
    pub fn card_over_log(&self) -> Option<&Card> {
        let card = self.tab.card().filter(|card| Some(card.episode) != self.folded);
        card.filter(|_| self.tab.open_room().is_some())
    }

    pub fn steps(&mut self, now: u64, input: Input) -> Vec<Effect> {
        let dice = &mut self.dice;
        let mut random = || dice.next();
        let mut env = Env {
            now: Millis((START.0 + now).saturating_add_signed(self.ahead)),
            random: &mut random,
        };
        let effects = self.tab.step(&mut env, input);
        self.tick_at = now + self.tab.wake_after().0.max(1);
        effects
    }

    /// Where its rows reach now, where that differs from before.
    pub fn moved(&mut self) -> Vec<(RoomId, Option<Seq>)> {
        let rooms: Vec<RoomId> = self.tab.rooms().iter().map(|line| line.room).collect();
        let mut moved = Vec::new();
        for (room, before) in &mut self.stands {
            if !rooms.contains(room) && before.take().is_some() {
                moved.push((*room, None));
            }
        }
        for room in rooms {
            let seq = self.tab.timeline(room).and_then(|rows| Some(rows.cursor()?.seq));
            let before = self.stands.entry(room).or_default();
            if *before != seq {
                *before = seq;
                moved.push((room, seq));
            }
        }
        moved
    }
}

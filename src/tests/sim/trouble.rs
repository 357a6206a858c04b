//! What goes wrong, and when: each kind of it on its own dice.

use super::{
    house::{House, Image},
    sql::{Failing, Failure},
    tally::Seen,
    turn::Turn,
    world::{ABNORMAL, Next, World},
};
use crate::{
    client::Input,
    server::{memberships, sessions, writer::ReadySend},
    tests::{checker::Restore, drawer::Drawer},
    wire::{Body, ClientKey, Epoch, Level, command, limits::DELTA_MAX_ENTRIES},
};
use futures_util::future::join_all;

/// More would only make a world slower.
const SEATS_MAX: usize = 9;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

impl World {
    pub async fn something_breaks(&mut self) {
        self.steps();
        match self.dice.below(100) {
            0..13 => self.a_wire_is_cut(),
            13..16 => self.a_tab_is_duplicated(),
            16..24 => self.a_wire_dies_silently(),
            24..32 => self.an_answer_is_lost(),
            32..40 => self.a_tab_is_killed().await,
            40..52 => self.a_tab_sleeps_or_wakes(),
            52..60 => self.a_tab_clock_jumps(),
            60..65 => self.the_server_clock_jumps(),
            65..76 => self.a_write_fails(),
            76..81 => self.a_sign_in_ends(),
            81..91 => self.the_server_dies().await,
            91..95 => self.the_store_is_restored().await,
            95..97 => self.much_is_said().await,
            _ => self.a_backup_is_taken(),
        }
    }

    fn some_line(&mut self) -> Option<usize> {
        let lines: Vec<usize> = (0..self.lines.len())
            .filter(|at| self.lines[*at].as_ref().is_some_and(|line| line.has_tab))
            .collect();
        self.dice.pick(&lines).copied()
    }

    fn a_wire_is_cut(&mut self) {
        if let Some(at) = self.some_line() {
            self.tally.saw(Seen::Cut);
            self.drops(at);
        }
    }

    /// Neither side hears anything more, nor that it is so.
    fn a_wire_dies_silently(&mut self) {
        if let Some(line) = self.some_line().and_then(|at| self.lines[at].as_mut()) {
            line.is_dead = true;
            line.up.clear();
            line.down.clear();
            self.tally.saw(Seen::HalfOpen);
        }
    }

    fn an_answer_is_lost(&mut self) {
        if !self.asked.is_empty() {
            let at = self.dice.index(self.asked.len());
            self.loses_answer(at);
        }
    }

    /// The tab is gone at once; another one finds what it had written down.
    async fn a_tab_is_killed(&mut self) {
        let at = self.dice.index(self.seats.len());
        if !self.seats[at].drawer.is_empty() {
            self.tally.saw(Seen::TabKilled);
        }
        let (user, drawer, who, old) = {
            let seat = &self.seats[at];
            (seat.user(), seat.drawer.clone(), seat.who, seat.level)
        };
        let level = self.a_level_after(old);
        self.is_gone(at);
        let next = if self.is_signed_out(at) {
            self.sits_down_at(level, user, drawer).await
        } else {
            self.sits_down_as(level, who, drawer)
        };
        self.takes_place(next, at);
    }

    /// A browser may have kept the old program, or fetched that of today.
    fn a_level_after(&mut self, old: Level) -> Level {
        if old == Level::CURRENT || self.dice.happens(500) {
            return old;
        }
        self.tally.saw(Seen::Upgrade);
        Level::CURRENT
    }

    /// Another tab of the same browser begins with a copy of what it had written down.
    fn a_tab_is_duplicated(&mut self) {
        if self.seats.len() >= SEATS_MAX {
            return;
        }
        let full: Vec<usize> = (0..self.seats.len())
            .filter(|at| !self.seats[*at].drawer.is_empty())
            .collect();
        let Some(&at) = self.dice.pick(&full) else { return };
        self.tally.saw(Seen::TabDuplicated);
        let (level, who, copy) = {
            let seat = &self.seats[at];
            (seat.level, seat.who, seat.drawer.copied())
        };
        for stored in copy.stored() {
            self.record.may_be_tried_again(who.user(), stored.client_key);
        }
        self.sits_down_as(level, who, copy);
    }

    fn is_signed_out(&self, at: usize) -> bool {
        self.seats[at].tab.status() == crate::client::Status::SignedOut
    }

    /// Nothing of the tab is left but what it wrote down.
    fn is_gone(&mut self, at: usize) {
        if let Some(line) = self.seats[at].line.take().and_then(|line| self.lines[line].as_mut()) {
            line.has_tab = false;
            line.down.clear();
            line.ends_for_server();
        }
        self.asked.retain(|asked| asked.seat != at);
    }

    /// The newest seat becomes this one.
    fn takes_place(&mut self, newest: usize, at: usize) {
        let seat = self.seats.swap_remove(newest);
        self.seats[at] = seat;
        for asked in &mut self.asked {
            if asked.seat == newest {
                asked.seat = at;
            }
        }
    }

    pub async fn is_replaced(&mut self, at: usize) {
        let (user, drawer): (_, Drawer) = (self.seats[at].user(), self.seats[at].drawer.clone());
        self.is_gone(at);
        let next = self.sits_down(user, drawer).await;
        self.takes_place(next, at);
    }

    fn a_tab_sleeps_or_wakes(&mut self) {
        let at = self.dice.index(self.seats.len());
        if self.seats[at].is_asleep {
            self.wakes(at);
        } else {
            self.tally.saw(Seen::Suspend);
            if self.dice.happens(500) {
                // Told of it, as by a browser that keeps the page.
                self.tells(at, Input::Suspended);
            }
            self.seats[at].is_asleep = true;
        }
    }

    pub fn wakes(&mut self, at: usize) {
        self.tally.saw(Seen::Resume);
        self.seats[at].is_asleep = false;
        if self.seats[at].line.is_none() && self.seats[at].opening.is_none() {
            // What happened to its socket meanwhile is the first thing it hears.
            let (generation, code) = (self.seats[at].tab.generation(), ABNORMAL);
            self.tells(at, Input::SocketClosed { generation, code });
        }
        self.tells(at, Input::Resumed);
        self.tells(at, Input::Shown);
    }

    fn a_tab_clock_jumps(&mut self) {
        let by = self.a_jump();
        let at = self.dice.index(self.seats.len());
        self.seats[at].ahead = by;
        self.tally.saw(Seen::TabClock);
    }

    fn the_server_clock_jumps(&mut self) {
        self.server_ahead = self.a_jump();
        self.sets_server_clock();
        self.tally.saw(Seen::ServerClock);
    }

    fn a_jump(&mut self) -> i64 {
        match self.dice.below(3) {
            0 => 0,
            1 => DAY_MS,
            _ => -DAY_MS,
        }
    }

    fn a_write_fails(&mut self) {
        let how = match self.dice.below(5) {
            0 => Failure::Commit,
            1 | 2 => Failure::Fault,
            _ => Failure::Refusal,
        };
        if how != Failure::Commit {
            self.tally.saw(Seen::Rollback);
        }
        let room = *self.dice.pick(&self.rooms).expect("there are rooms from the beginning");
        let actor = self.people[0].user;
        let writer = self.house.app.writer.clone();
        let failing = Failing { room, actor, how };
        self.deeds.push(Turn::new(async move {
            drop(writer.run(failing).await);
        }));
    }

    /// Somebody ends one of their sign-ins from another.
    fn a_sign_in_ends(&mut self) {
        let at = self.dice.index(self.seats.len());
        let who = self.seats[at].who;
        let (app, session) = (self.house.app.clone(), who.session());
        self.tally.saw(Seen::Revoked);
        self.deeds.push(Turn::new(async move {
            drop(sessions::revoke(&app, &who, session).await);
        }));
    }

    async fn the_server_dies(&mut self) {
        self.tally.saw(Seen::Crash);
        if self.house.hub.waiting().0 > 0 {
            self.tally.saw(Seen::CrashUntold);
        }
        if self.house.writer.waiting() > 0 {
            self.tally.saw(Seen::CrashUnwritten);
        }
        let image = self.house.image();
        self.opens_house(&image).await;
    }

    fn a_backup_is_taken(&mut self) {
        self.backup = Some((self.moment, self.house.image()));
    }

    async fn the_store_is_restored(&mut self) {
        let Some((taken_at, image)) = self.backup.clone() else {
            return self.a_backup_is_taken();
        };
        self.tally.saw(Seen::Restore);
        let old = self.house.epoch();
        let epoch = Epoch(self.house.app.ambience.random());
        let folder = self.next_folder();
        let image: Image = House::renews_epoch(&image, &folder, epoch).await;
        // What was said until now is before the restore.
        self.moment += 1;
        let restored_at = self.moment;
        self.moment += 1;
        self.opens_house(&image).await;
        let restore = Restore { taken_at, restored_at };
        self.record.restores(old, epoch, restore);
        for at in 0..self.seats.len() {
            // A sign-in of after the backup is none any more.
            if self.dice.happens(100) {
                self.is_replaced(at).await;
            }
        }
    }

    /// More than a delta holds, in one commit, by somebody who is no tab.
    pub async fn much_is_said(&mut self) {
        let sends = self.words_past_tabs(1 + u64::from(DELTA_MAX_ENTRIES)).await;
        if !sends.is_empty() {
            self.tally.saw(Seen::Flood);
        }
        let writer = self.house.app.writer.clone();
        self.deeds.push(Turn::new(async move {
            let writer = &writer;
            join_all(sends.into_iter().map(|send| writer.send(send))).await;
        }));
    }

    /// One message by somebody who is no tab.
    pub async fn a_word_is_said(&mut self) {
        for send in self.words_past_tabs(1).await {
            let writer = self.house.app.writer.clone();
            self.deeds.push(Turn::new(async move {
                drop(writer.send(send).await);
            }));
        }
    }

    /// None, if who would say them is not in the room.
    async fn words_past_tabs(&mut self, count: u64) -> Vec<ReadySend> {
        let (room, author) = (self.rooms[0], self.people[0].user);
        let who = self.house.signs_in(author).await;
        let app = self.house.app.clone();
        let look = async move {
            let mut read = app.store.connection().await?;
            memberships::access(&mut read, &who, room).await
        };
        let looked = Turn::new(look).go(self.house.app.store.readers()).await;
        let Some(Ok(_)) = looked else { return Vec::new() };
        let mut sends = Vec::new();
        for _ in 0..count {
            let client_key = ClientKey::new(self.house.now(), self.house.app.ambience.random());
            let body = self.a_text();
            let command = command::Send {
                client_key,
                room,
                body: body.clone(),
            };
            self.record.sends(author, &command.into());
            self.record.leaves_alone(author, client_key);
            sends.push(ReadySend::new(&who, client_key, room, Body::stored(body)));
        }
        sends
    }

    /// One of the things under way, or something new.
    pub async fn one_thing_happens(&mut self, trouble: bool) {
        let ways = self.under_way();
        let roll = self.dice.below(1_000);
        match roll {
            0..120 => self.somebody_acts(),
            120..170 => {
                let millis = self.a_while();
                self.steps();
                self.passes(millis);
            }
            170..190 if trouble => self.something_breaks().await,
            190..194 => self.somebody_goes_away(),
            194..202 => self.somebody_comes_back(),
            _ if ways.is_empty() => {
                self.steps();
                let due = self.next_due().map_or(1, |due| due.saturating_sub(self.now).max(1));
                self.passes(due);
            }
            _ => {
                let next: Next = ways[self.dice.index(ways.len())];
                self.does(next).await;
            }
        }
    }

    fn a_while(&mut self) -> u64 {
        match self.dice.below(20) {
            0 => 30_000 + self.dice.below(90_000),
            1..4 => 1_000 + self.dice.below(15_000),
            _ => 1 + self.dice.below(600),
        }
    }
}

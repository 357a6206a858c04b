//! The end of a seed: everything is mended, everybody comes to rest, and what they see
//! is compared with the store and with tabs that have just been opened.

use super::{first_level::FirstLevel, world::World};
use crate::{
    client::{Input, Row, Tab},
    tests::{
        checker::{FinalStore, Promise, Reader, ReaderRoom, Rows, Violation, judge, read_store},
        drawer::Drawer,
    },
    wire::{Message, RoomId, UserId},
};

use std::collections::BTreeMap;

/// A world that is not at rest after so many steps never will be.
const STEPS_TO_REST_MAX: u64 = 30_000;
const LAST_FLOOD_PER_MILLE: u64 = 80;

impl World {
    /// Stops all trouble, lets everything settle, and has it judged.
    pub async fn ends(&mut self) -> Vec<Violation> {
        if let Err(unrest) = self.comes_to_rest().await {
            return vec![unrest];
        }
        self.has_a_last_word().await;
        if let Err(unrest) = self.comes_to_rest().await {
            return vec![unrest];
        }
        let mut found = self.compares_with_fresh_tabs().await;
        for at in 0..self.seats.len() {
            self.forsakes_failed(at);
        }
        self.record.history.has_screens = true;
        self.record.history.readers = (0..self.seats.len()).map(|at| self.reader(at)).collect();
        self.record.history.min_absence = self.house.app.limits.away_min_absence_ms;
        let store: FinalStore = read_store(&self.house.app.store).await;
        found.append(&mut self.violations);
        found.extend(judge(&self.record.history, &store));
        found
    }

    /// What goes wrong last has nothing after it that would show it: everybody comes back
    /// at once while the last word is said, or there are more of them than anybody can hear.
    async fn has_a_last_word(&mut self) {
        if self.dice.happens(LAST_FLOOD_PER_MILLE) {
            self.much_is_said().await;
            return;
        }
        for at in 0..self.lines.len() {
            self.drops(at);
        }
        for seat in &mut self.seats {
            if let Some((_, due)) = &mut seat.opening {
                *due = self.now;
            }
        }
        self.a_word_is_said().await;
    }

    async fn comes_to_rest(&mut self) -> Result<(), Violation> {
        for at in 0..self.lines.len() {
            if self.lines[at].as_ref().is_some_and(|line| line.is_dead) {
                self.drops(at);
            }
        }
        for at in 0..self.seats.len() {
            if self.seats[at].is_asleep {
                self.wakes(at);
            }
        }
        let until = self.tally.steps + STEPS_TO_REST_MAX;
        while self.tally.steps < until {
            let ways = self.under_way();
            if let Some(next) = self.dice.pick(&ways).copied() {
                self.does(next).await;
                continue;
            }
            if let Some(at) = self.seats.iter().position(|seat| is_stopped(&seat.tab)) {
                self.is_replaced(at).await;
                continue;
            }
            if let Some(line) = self.line_without_answers() {
                self.drops(line);
                continue;
            }
            if self
                .seats
                .iter()
                .all(|seat| seat.tab.is_settled() && seat.tab.unsent() == 0)
            {
                return Ok(());
            }
            self.steps();
            let due = self.next_due().map_or(1_000, |due| due.saturating_sub(self.now).max(1));
            self.passes(due);
        }
        let restless: Vec<_> = self
            .seats
            .iter()
            .filter(|seat| !seat.tab.is_settled() || seat.tab.unsent() > 0)
            .map(|seat| {
                (
                    seat.client,
                    seat.tab.status(),
                    seat.tab.is_settled(),
                    seat.drawer.stored(),
                )
            })
            .collect();
        Err(Violation {
            promise: Promise::K5,
            what: format!("some never come to rest: {restless:?}"),
        })
    }

    /// The line of a tab of 0.1.0 whose read marker was refused: it sends it again on its next
    /// socket only.
    fn line_without_answers(&self) -> Option<usize> {
        let waiting = self.seats.iter().filter(|seat| !seat.tab.is_read_sent());
        let mut lines = waiting.filter_map(|seat| seat.line);
        lines.find(|line| {
            let line = self.lines[*line].as_ref();
            let socket = line.and_then(|line| line.first_level.as_ref());
            socket.is_some_and(FirstLevel::has_sent_keyless)
        })
    }

    fn reader(&self, at: usize) -> Reader {
        let seat = &self.seats[at];
        let rooms = seat.tab.rooms();
        let rooms = rooms.iter().map(|line| ReaderRoom {
            room: line.room,
            // Direct rooms are shown under a person's name, and have none.
            name: if line.with.is_some() {
                String::new()
            } else {
                line.name.clone()
            },
            counts: seat.tab.counts(line.room).unwrap_or_default(),
            preview: line.preview.as_ref().map(|preview| preview.words.clone()),
            rows: rows_of(&seat.tab, line.room),
        });
        Reader {
            client: seat.client,
            level: seat.level,
            user: seat.user(),
            rooms: rooms.collect(),
            card: seat.tab.card().cloned(),
            opened: seat.opened.clone(),
        }
    }

    /// Old state and what was heard since are as good as a fresh load.
    async fn compares_with_fresh_tabs(&mut self) -> Vec<Violation> {
        let mut found = Vec::new();
        let settled = self.seats.len();
        let users: Vec<_> = self.people.iter().map(|person| person.user).collect();
        for user in users {
            let fresh = self.sits_down(user, Drawer::default()).await;
            if let Err(unrest) = self.comes_to_rest().await {
                return vec![unrest];
            }
            let rooms: Vec<RoomId> = self.seats[fresh].tab.rooms().iter().map(|line| line.room).collect();
            for room in rooms {
                self.tells(fresh, Input::OpenRoom { room, at: None });
                if let Err(unrest) = self.comes_to_rest().await {
                    return vec![unrest];
                }
            }
            for at in (0..settled).filter(|at| self.seats[*at].user() == user) {
                let (old, fresh) = (&self.seats[at], &self.seats[fresh]);
                differences(old.client, &old.tab, &fresh.tab, &mut found);
            }
        }
        found
    }
}

fn is_stopped(tab: &Tab) -> bool {
    use crate::client::Status;
    matches!(tab.status(), Status::SignedOut | Status::Banned | Status::ReloadNeeded)
}

fn rows_of(tab: &Tab, room: RoomId) -> Option<Rows> {
    let timeline = tab.timeline(room)?;
    let cursor = timeline.cursor()?;
    let mut rows = Rows {
        cursor,
        ordinal: timeline.ordinal(),
        messages: Vec::new(),
        missing: 0,
    };
    for row in tab.rows(room, &|_| 0) {
        match row {
            Row::Message { message, stale, .. } => rows.messages.push((Message::clone(&message), stale)),
            // Above the first row, what is held from before a gap is history and not told.
            Row::Gap { before, .. } if rows.messages.is_empty() => rows.missing += before.before().0,
            Row::Gap { missing, .. } | Row::Older { missing } => rows.missing += missing,
            Row::Day(_) | Row::New | Row::Note { .. } | Row::Pending { .. } => {}
        }
    }
    Some(rows)
}

fn differences(client: u32, old: &Tab, fresh: &Tab, found: &mut Vec<Violation>) {
    let mut differs = |what: String| {
        found.push(Violation {
            promise: Promise::K6,
            what: format!("client {client} and a fresh tab differ in {what}"),
        });
    };
    let (lines, others) = (old.rooms(), fresh.rooms());
    if lines != others {
        let first = lines.iter().zip(&others).find(|(line, other)| line != other);
        differs(format!("their rooms: {first:?}"));
    }
    if old.totals() != fresh.totals() {
        differs("their totals".into());
    }
    for person in fresh.people().filter(|person| is_shown(fresh, person.user)) {
        if old.person(person.user) != Some(person) {
            differs(format!(
                "a person: {:?}, {person:?}, shown in {:?}",
                old.person(person.user),
                fresh.rooms()
            ));
        }
    }
    for line in &others {
        let (Some(_), Some(newest)) = (rows_of(old, line.room), shown(fresh, line.room)) else {
            continue;
        };
        let held = shown(old, line.room).unwrap_or_default();
        // Both hold what is before it in pieces of their own.
        let from = newest_run_from(old, line.room).max(newest_run_from(fresh, line.room));
        let both: BTreeMap<u64, &String> = held.iter().map(|(seq, row)| (*seq, row)).collect();
        for (seq, row) in &newest {
            if both.get(seq).is_some_and(|held| *held != row) {
                differs(format!(
                    "{:?}: row {seq} is {:?} here and {row} there",
                    line.room,
                    both.get(seq)
                ));
            }
        }
        let newest: Vec<_> = newest.into_iter().filter(|row| row.0 >= from).collect();
        let held: Vec<_> = held.into_iter().filter(|row| row.0 >= from).collect();
        if held != newest {
            let odd = held.iter().find(|row| !newest.contains(row));
            let missing = newest.iter().find(|row| !held.contains(row));
            differs(format!("{:?}: only here {odd:?}, only there {missing:?}", line.room));
        }
    }
}

/// Who is nowhere on the screen comes with the rows they stand beside.
fn is_shown(tab: &Tab, user: UserId) -> bool {
    tab.rooms()
        .iter()
        .any(|line| line.with == Some(user) || line.preview.as_ref().is_some_and(|preview| preview.author == user))
}

/// Where the rows begin that reach to the end of the log without a hole.
fn newest_run_from(tab: &Tab, room: RoomId) -> u64 {
    let first = tab.timeline(room).and_then(|timeline| {
        let run = timeline.fresh().last()?;
        timeline.messages().find(|message| message.ordinal >= run.from)
    });
    first.map_or(0, |message| message.seq.0)
}

/// Messages and notes, each with its place in the log.
fn shown(tab: &Tab, room: RoomId) -> Option<Vec<(u64, String)>> {
    let timeline = tab.timeline(room)?;
    timeline.cursor()?;
    let first = timeline.messages().next().map_or(0, |message| message.seq.0);
    let rows = tab.rows(room, &|_| 0);
    let rows = rows.into_iter().filter_map(|row| match row {
        Row::Message { message, .. } => Some((message.seq.0, format!("{message:?}"))),
        Row::Note { entry, .. } => Some((entry.seq.0, format!("{entry:?}"))),
        _ => None,
    });
    Some(rows.filter(|row| row.0 >= first).collect())
}

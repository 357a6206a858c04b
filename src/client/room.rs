//! One room, and the one path by which anything comes into it.
//!
//! A room has two places in its log: the *head*, as of which its name, counts and
//! preview are, and the cursor of its timeline, which may be behind or not be at
//! all. Live events, deltas and what was held back all pass [`Room::hear`]; each
//! of the two places takes an entry if it is the very next one, and none twice.

use super::{counting::Recent, held::Held, spans::Spans, timeline::Timeline, window::Stand};
use crate::wire::{
    Change, Cursor, Message, Ordinal, RoomEvent, Seq, UserId,
    fetch::{Delta, Page, Preview},
    room::{RoomHead, RoomMeta},
    user_log::{Counts, Marker},
};
use std::sync::Arc;

/// Rows of a room that nobody looks at.
const ROWS_KEPT: usize = 500;
/// Rows of the room on screen; beyond it those far from the reader are let go.
const ROWS_MAX: usize = 2_000;
/// Of them, on each side of where the reader stands. The rest are the newest, so that
/// the end is always near.
const ROWS_BESIDE: usize = 600;

/// Runs of displayed rows that the read marker has not reached.
const DISPLAYED_SPANS_MAX: usize = 64;

/// Whether something is to be asked for. What is lacking again while an answer is
/// under way stays lacking after it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Lack {
    #[default]
    Nothing,
    Asked,
    Lacking,
}

impl Lack {
    pub fn ask(&mut self) {
        if *self == Self::Lacking {
            *self = Self::Asked;
        }
    }

    pub fn answered(&mut self) {
        if *self == Self::Asked {
            *self = Self::Nothing;
        }
    }

    /// The question was lost.
    pub fn lost(&mut self) {
        if *self == Self::Asked {
            *self = Self::Lacking;
        }
    }
}

/// What cannot be told from what was heard.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Doubt {
    /// The counts are not exact until they were made anew.
    pub counts: bool,
    /// Something else of the summary was lost; only one as of the head or later brings it back.
    pub summary: bool,
}

/// What was level with the log at some time since the present socket opened. If it is behind
/// now, an `Advance` skipped the rest or it is on its way; nothing was missed while away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct WasLevel {
    head: bool,
    rows: bool,
}

#[derive(Debug, Default)]
pub(super) struct Room {
    pub meta: Option<RoomMeta>,
    pub head: Cursor,
    pub ordinal: Ordinal,
    pub counts: Counts,
    /// The greatest marker known, wished ones included.
    pub marker: Marker,
    pub preview: Option<Preview>,
    /// The first unread mention, and the entry that it is the words of.
    pub mention: Option<Preview>,
    pub(super) mention_of: Option<Seq>,
    /// What the away card shows of the room: the words of the first mention of the absence,
    /// which is the entry beside it, or else of its newest message.
    pub away: Option<Preview>,
    pub(super) away_of: Option<Seq>,
    pub timeline: Timeline,
    /// Where the reader stands in it.
    pub stand: Stand,
    /// Messages after the marker that were on screen long enough to be read.
    pub(super) displayed: Spans,
    /// The heads of the present socket tell of it.
    pub welcomed: bool,
    /// Rows are wanted: the room was opened.
    pub wanted: bool,
    pub summary: Lack,
    pub rows: Lack,
    /// The log is known to go so far at least.
    known: Seq,
    was_level: WasLevel,
    held: Held,
    /// Without holes up to the head.
    pub(super) recent: Vec<Recent>,
    pub(super) doubt: Doubt,
    /// The rows of a log that is no more, from before the store was restored.
    salvage: Option<Timeline>,
}

impl Room {
    /// The log goes at least so far.
    pub fn knows(&mut self, seq: Seq) {
        self.known = self.known.max(seq);
    }

    pub fn lacks_summary(&self) -> bool {
        self.summary == Lack::Lacking || self.meta.is_none() || self.head.seq < self.known
    }

    pub fn lacks_rows(&self) -> bool {
        self.wanted
            && (self.rows == Lack::Lacking || self.timeline.cursor().is_none_or(|cursor| cursor.seq < self.known))
    }

    pub fn lack_summary(&mut self) {
        self.summary = Lack::Lacking;
    }

    pub fn lack_rows(&mut self) {
        self.rows = Lack::Lacking;
    }

    /// How many things it lacks, those that were asked for among them.
    pub fn lacks(&self) -> u32 {
        let rows_behind = self.wanted && self.timeline.cursor().is_none_or(|cursor| cursor.seq < self.known);
        [
            self.summary != Lack::Nothing,
            self.rows != Lack::Nothing,
            self.meta.is_none(),
            self.head.seq < self.known,
            rows_behind,
        ]
        .into_iter()
        .map(u32::from)
        .sum()
    }

    pub fn rows_were_level(&self) -> bool {
        self.was_level.rows
    }

    /// Messages `from ..= to` were on screen. The furthest from the marker are forgotten first.
    pub fn display(&mut self, from: Ordinal, to: Ordinal) {
        self.displayed.add(from, to.min(self.ordinal));
        self.displayed.subtract(Ordinal::ZERO, self.marker.ordinal);
        self.displayed.truncate(DISPLAYED_SPANS_MAX);
    }

    /// The last message up to which every unread one was displayed. Own and deleted messages
    /// are not unread: one that is held need not have been on screen, but the marker never ends
    /// on it.
    pub fn displayed_to(&self, me: UserId) -> Ordinal {
        let mut to = self.marker.ordinal;
        let mut at = to;
        let mut rows = self.timeline.messages();
        loop {
            let next = at.next();
            if let Some(span) = self.displayed.around(next) {
                at = span.to;
                to = at;
            } else if rows
                .find(|row| row.ordinal >= next)
                .is_some_and(|row| row.ordinal == next && (row.author == me || row.is_deleted()))
            {
                at = next;
            } else {
                return to;
            }
        }
    }

    /// How many unread messages there are before this one. Exact where every row from there to
    /// the end of the log is held; else own messages that are not held count too.
    pub fn unread_before(&self, ordinal: Ordinal, me: UserId) -> u32 {
        let is_unread = |row: &&Arc<Message>| row.author != me && !row.is_deleted();
        let read = self.counts.marker.ordinal;
        if ordinal <= read.next() {
            return 0;
        }
        if self.timeline.reaches_back_to(ordinal.before()) {
            let from_there = self.timeline.messages().filter(|row| row.ordinal >= ordinal);
            let unread = u32::try_from(from_there.filter(is_unread).count()).unwrap_or(u32::MAX);
            return self.counts.unread.saturating_sub(unread);
        }
        let between = self
            .timeline
            .messages()
            .filter(|row| row.ordinal > read && row.ordinal < ordinal);
        let others = between.filter(|row| !is_unread(row)).count() as u64;
        let all = ordinal.0 - read.0 - 1;
        u32::try_from(all.saturating_sub(others))
            .unwrap_or(u32::MAX)
            .min(self.counts.unread)
    }

    /// The outbox of the room may go on.
    pub fn may_send(&self) -> bool {
        self.was_level.head || !self.is_behind()
    }

    /// Something is known to have been said that is not held here.
    pub fn is_behind(&self) -> bool {
        self.meta.is_none() || self.head.seq < self.known
    }

    /// A hole in an otherwise live timeline: its cursor and its end, if a piece of
    /// log can fill it.
    pub fn hole(&self) -> Option<(Cursor, Seq)> {
        let cursor = self.timeline.cursor()?;
        if !self.wanted || self.rows != Lack::Nothing || cursor.seq >= self.known {
            return None;
        }
        let to = self.held.first_after(cursor.seq).map_or(self.known, Seq::before);
        Some((cursor, to))
    }

    /// What `Welcome` says of it.
    pub fn stands_at(&mut self, told: &RoomHead) {
        let told = told.cursor;
        let differs = |own: Cursor| own.seq > told.seq || (own.seq == told.seq && own.tail != told.tail);
        if differs(self.head) || self.timeline.cursor().is_some_and(differs) {
            self.start_over();
        }
        self.known = self.known.max(told.seq);
        if self.head != told {
            self.summary = Lack::Lacking;
        }
        if self.wanted && self.timeline.cursor() != Some(told) {
            self.rows = Lack::Lacking;
        }
    }

    /// Nothing held belongs to the log that is told of now.
    pub fn start_over(&mut self) {
        let timeline = core::mem::take(&mut self.timeline);
        let salvage = self.salvage.take().or((!timeline.is_empty()).then_some(timeline));
        *self = Self {
            meta: self.meta.take(),
            welcomed: self.welcomed,
            wanted: self.wanted || salvage.is_some(),
            held: core::mem::take(&mut self.held),
            summary: Lack::Lacking,
            salvage,
            ..Self::default()
        };
        self.rows = if self.wanted { Lack::Lacking } else { Lack::Nothing };
    }

    /// A new socket: what an older one left unapplied is caught up with the rest.
    pub fn forget_held(&mut self) {
        self.held.take();
        self.was_level = WasLevel::default();
    }

    /// Keeps an event without looking at it, while it is not sure of which log it is.
    pub fn hold(&mut self, event: RoomEvent) {
        self.held.add(event);
    }

    /// Takes in an event: at once, or when what is before it has come.
    pub fn hear(&mut self, event: RoomEvent, me: UserId) {
        self.knows(event.entry.seq);
        self.held.add(event);
        self.drain(me);
    }

    pub fn hear_delta(&mut self, delta: &Delta, me: UserId) {
        self.knows(delta.to.seq);
        for message in &delta.messages {
            self.timeline.update(message);
        }
        for entry in &delta.entries {
            let row = entry.change().ok().and_then(|change| row_of(&change, delta)).cloned();
            self.held.add(RoomEvent {
                room: delta.room,
                entry: entry.clone(),
                row,
            });
        }
        self.drain(me);
    }

    pub fn drain(&mut self, me: UserId) {
        if let Some(last) = self.held.last() {
            self.knows(last);
        }
        let was_in_doubt = self.doubt.counts;
        for event in self.held.take() {
            let seq = event.entry.seq;
            if seq == self.head.seq.next() && self.meta.is_some() {
                self.move_head(&event.entry, event.row.as_ref(), me);
            }
            if let Some(cursor) = self.timeline.cursor() {
                if seq == cursor.seq.next() {
                    self.timeline.enter(&event.entry, event.row.as_ref());
                } else if let Some(row) = &event.row
                    && seq <= cursor.seq
                {
                    self.timeline.update(row);
                }
            }
            let ahead_of_rows = self.wanted && self.timeline.cursor().is_none_or(|cursor| seq > cursor.seq);
            if seq > self.head.seq || ahead_of_rows {
                self.held.add(event);
            }
        }
        if self.doubt.counts && !self.recount(self.counts.marker, me) && !was_in_doubt {
            self.summary = Lack::Lacking;
        }
        self.was_level.head |= !self.is_behind();
        self.was_level.rows |= self.timeline.cursor().is_some_and(|cursor| cursor.seq >= self.known);
        self.bound();
    }

    /// However far somebody scrolls, no more rows than these are held.
    fn bound(&mut self) {
        if self.timeline.len() <= ROWS_MAX {
            return;
        }
        match self.stand {
            Stand::End => self.timeline.trim(ROWS_KEPT + 2 * ROWS_BESIDE),
            Stand::At(seq) => self.timeline.trim_around(seq, ROWS_BESIDE, ROWS_KEPT),
        }
    }

    /// The newest page after too much was missed.
    pub fn jump(&mut self, page: &Page, me: UserId) {
        if self.timeline.cursor().is_none_or(|cursor| cursor.seq < page.as_of.seq) {
            self.timeline.jump(page);
        }
        self.drain(me);
    }

    /// The first page of a log that was not known. Gives back the reader's own
    /// messages of a log before it that this one lacks.
    pub fn reset(&mut self, page: &Page, me: UserId) -> Vec<Message> {
        // A second answer to the same question, older than what came in between.
        if self.timeline.cursor().is_none_or(|cursor| cursor.seq < page.as_of.seq) {
            self.timeline.begin(page);
        }
        let lost = self.salvage.take().map_or_else(Vec::new, |old| lost(&old, page, me));
        self.drain(me);
        lost
    }

    /// A page of history, with what was heard since it was asked for.
    pub fn fill(&mut self, page: &Page, since: &[RoomEvent], me: UserId) {
        self.timeline.fill(page);
        for row in since.iter().filter_map(|event| event.row.as_ref()) {
            self.timeline.update(row);
        }
        self.settle(me);
        self.bound();
    }

    pub fn salvages(&self) -> bool {
        self.salvage.is_some()
    }

    /// Nobody looks at it any more.
    pub fn rest(&mut self) {
        self.stand = Stand::End;
        self.timeline.trim(ROWS_KEPT);
    }

    /// Its rows are let go, to be fetched again when it is opened again.
    pub fn let_go(&mut self) {
        self.timeline = Timeline::default();
        self.stand = Stand::End;
        self.wanted = false;
        self.rows = Lack::Nothing;
    }
}

/// The message that an entry of the delta is about. A reaction changes nothing but the
/// row, and that has been brought up to date before.
fn row_of<'a>(change: &Change, delta: &'a Delta) -> Option<&'a Message> {
    let ordinal = match change {
        Change::ReactionAdded(_) | Change::ReactionRemoved(_) => None,
        change => change.target(),
    }?;
    delta.messages.iter().find(|message| message.ordinal == ordinal)
}

/// Own messages of the old log that are not in the new one. Both are one up to the
/// first message of the page that the old one does not have at the same place; where
/// that is the page's first, all that the page lacks are given: a key sent twice does no
/// harm. What stands at one place further on says nothing: others may have sent again
/// before us, and a message may have come to its old place by that.
fn lost(old: &Timeline, page: &Page, me: UserId) -> Vec<Message> {
    // Said again, it was stored at another time.
    let is_same = |message: &&Message| {
        old.message(message.seq).is_some_and(|held| {
            held.author == message.author && held.client_key == message.client_key && held.at == message.at
        })
    };
    let common = page.messages.iter().take_while(is_same).last();
    let common = common.map_or(Seq::ZERO, |message| message.seq);
    old.messages()
        .filter(|message| message.author == me && message.seq > common)
        .filter(|message| {
            page.messages
                .iter()
                .all(|new| new.author != me || new.client_key != message.client_key)
        })
        .map(|message| Message::clone(message))
        .collect()
}

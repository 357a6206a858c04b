//! What is drawn: rows of a timeline, lines of the list of rooms. No words, no
//! markup and no zone; the offset of a moment is given.

use super::{
    outbox::{Pending, PendingState},
    overlay::Overlay,
    timeline::{Timeline, What},
};
use crate::{
    rules::civil::{Day, civil},
    wire::{
        ClientKey, Entry, Message, Millis, Ordinal, Problem, RoomId, RoomKind, Seq, Target, UserId, fetch::Preview,
        membership::RoomRole,
    },
};
use std::sync::Arc;

/// A message follows the one before it without a head of its own up to this.
pub const GROUP_MAX_MS: u64 = 5 * 60 * 1_000;

/// One row of a room, from old to new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// There is more before the first row: so many messages.
    Older { missing: u64 },
    /// So many messages lie between the rows around it; `before` is what
    /// [`Input::LoadGap`](super::Input::LoadGap) wants.
    Gap { before: Ordinal, missing: u64 },
    /// A day begins.
    Day(Day),
    /// What follows was unread when the room was opened.
    New,
    Message {
        message: Arc<Message>,
        /// Shown under the head of the message before it.
        continues: bool,
        /// Kept from before something was missed: as of then, not of now.
        stale: bool,
        /// What the reader did to it and the log does not show yet. Never over a message
        /// that is deleted.
        overlay: Option<Arc<Overlay>>,
    },
    /// An entry that made no message, perhaps of a newer version.
    Note { entry: Arc<Entry>, stale: bool },
    /// A message that is not sent yet, or the text of a refused edit whose message is
    /// not among the rows.
    Pending { pending: Pending, continues: bool },
}

/// Names a row among those of its room. A message has one name from the moment it
/// is pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RowKey {
    Older,
    Gap(Ordinal),
    Day(Day),
    New,
    Message(UserId, ClientKey),
    /// A text that was refused because its key has another one, which may be a row too.
    KeyReused(ClientKey),
    Note(Seq),
}

impl Row {
    /// Of what stands in the log.
    pub fn seq(&self) -> Option<Seq> {
        match self {
            Self::Message { message, .. } => Some(message.seq),
            Self::Note { entry, .. } => Some(entry.seq),
            _ => None,
        }
    }

    /// `me` is the author of pending rows.
    pub fn key(&self, me: UserId) -> RowKey {
        match self {
            Self::Older { .. } => RowKey::Older,
            Self::Gap { before, .. } => RowKey::Gap(*before),
            Self::Day(day) => RowKey::Day(*day),
            Self::New => RowKey::New,
            Self::Message { message, .. } => RowKey::Message(message.author, message.client_key),
            Self::Note { entry, .. } => RowKey::Note(entry.seq),
            Self::Pending { pending, .. } if pending.state == PendingState::NotSent(Problem::KeyReused) => {
                RowKey::KeyReused(pending.client_key)
            }
            Self::Pending { pending, .. } => RowKey::Message(me, pending.client_key),
        }
    }
}

/// True if two rows of these authors and times are drawn as one group, given that
/// they are neighbours on one day.
pub fn continues(before: (UserId, Millis), this: (UserId, Millis)) -> bool {
    before.0 == this.0 && this.1.0.saturating_sub(before.1.0) <= GROUP_MAX_MS
}

/// A room in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomLine {
    pub room: RoomId,
    pub kind: RoomKind,
    /// Of the room, or of the other person in a direct one.
    pub name: String,
    /// The other person of a direct room.
    pub with: Option<UserId>,
    pub role: RoomRole,
    pub unread: u32,
    pub mentions: u32,
    pub first_mention: Option<Seq>,
    /// The newest message that is not deleted.
    pub preview: Option<Preview>,
    /// The first unread mention.
    pub mention: Option<Preview>,
}

/// Unread over all rooms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    pub unread: u32,
    pub mentions: u32,
    /// Rooms with something unread.
    pub rooms: u32,
}

/// How rows are to be made.
pub(super) struct Look<'a> {
    pub me: UserId,
    /// Where the reader stood when the room was opened, if something was unread.
    pub divider: Option<Ordinal>,
    /// Stale rows are shown while there is no server to say better.
    pub with_stale: bool,
    pub pending: &'a [Pending],
    pub overlays: Vec<(Target, Overlay)>,
    /// Minutes from UTC at a moment.
    pub zone: &'a dyn Fn(Millis) -> i32,
}

pub(super) fn rows(timeline: &Timeline, mut look: Look<'_>) -> Vec<Row> {
    let mut rows = Drawing {
        overlays: core::mem::take(&mut look.overlays),
        look: &look,
        // A day or a name stands between some.
        rows: Vec::with_capacity(timeline.len() * 9 / 8 + look.pending.len()),
        above: None,
        divided: look.divider.is_none(),
        day: None,
        known: None,
        last: Ordinal::ZERO,
    };
    for item in timeline.items() {
        if item.stale && !look.with_stale {
            continue;
        }
        match &item.what {
            What::Message(message) => rows.message(timeline, message, item.stale),
            What::Note(entry) => {
                rows.day(entry.at);
                rows.above = None;
                rows.rows.push(Row::Note {
                    entry: Arc::clone(entry),
                    stale: item.stale,
                });
            }
        }
    }
    if !timeline.is_empty() {
        rows.hole(timeline, timeline.ordinal().next());
    }
    for pending in look.pending {
        rows.pending(pending);
    }
    rows.orphans();
    rows.rows
}

struct Drawing<'a> {
    look: &'a Look<'a>,
    /// Those of messages that were not met yet.
    overlays: Vec<(Target, Overlay)>,
    rows: Vec<Row>,
    /// Author and time of the message right above.
    above: Option<(UserId, Millis)>,
    divided: bool,
    day: Option<Day>,
    /// A day whose moments are known: from, to, and which it is.
    known: Option<(u64, u64, Day)>,
    /// The last message shown.
    last: Ordinal,
}

impl Drawing<'_> {
    fn message(&mut self, timeline: &Timeline, message: &Arc<Message>, stale: bool) {
        self.hole(timeline, message.ordinal);
        self.last = message.ordinal;
        self.day(message.at);
        if message.author != self.look.me {
            self.divide(message.ordinal);
        }
        let continues = self.group(message.author, message.at);
        let overlay = self.overlay(message).map(Arc::new);
        self.rows.push(Row::Message {
            message: Arc::clone(message),
            continues,
            stale,
            overlay,
        });
    }

    fn overlay(&mut self, message: &Message) -> Option<Overlay> {
        if self.overlays.is_empty() || message.is_deleted() {
            return None;
        }
        let target = message.target();
        let place = self.overlays.iter().position(|(over, _)| *over == target)?;
        Some(self.overlays.remove(place).1)
    }

    /// What was written is shown somewhere, also where its message is not.
    fn orphans(&mut self) {
        for (_, overlay) in core::mem::take(&mut self.overlays) {
            if let Some(edit) = overlay
                .edit
                .filter(|edit| matches!(edit.state, PendingState::NotSent(_)))
            {
                self.pending(&edit);
            }
        }
    }

    /// What lies between the last message shown and this one.
    fn hole(&mut self, timeline: &Timeline, next: Ordinal) {
        let missing = next.0.saturating_sub(self.last.0 + 1);
        if missing == 0 {
            return;
        }
        // Rows held but not shown are no news: above the first row only what came
        // after them is told as missing, the rest is history.
        let held_below = if self.last == Ordinal::ZERO {
            timeline.stale().last_below(next)
        } else {
            None
        };
        let row = match held_below {
            _ if self.last > Ordinal::ZERO => Row::Gap { before: next, missing },
            Some(held) if held.next() < next => Row::Gap {
                before: next,
                missing: next.0 - held.0 - 1,
            },
            _ => Row::Older { missing },
        };
        if matches!(row, Row::Gap { .. }) {
            self.divide(next.before());
        }
        self.above = None;
        self.rows.push(row);
    }

    fn divide(&mut self, ordinal: Ordinal) {
        if !self.divided && self.look.divider.is_some_and(|read| ordinal > read) {
            self.divided = true;
            self.above = None;
            self.rows.push(Row::New);
        }
    }

    fn day(&mut self, at: Millis) {
        let day = self.day_of(at);
        // A clock set back begins no day twice: its rows stay in the day above them.
        if self.day.is_none_or(|above| above < day) {
            self.day = Some(day);
            self.above = None;
            self.rows.push(Row::Day(day));
        }
    }

    /// The zone is asked once for the messages of a day: a browser makes three things of its own for
    /// each question. A day in which the offset changes is asked for each time.
    fn day_of(&mut self, at: Millis) -> Day {
        const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
        if let Some((from, to, day)) = self.known
            && (from..to).contains(&at.0)
        {
            return day;
        }
        let zone = self.look.zone;
        let offset = zone(at);
        let day = civil(at, offset).day;
        self.known = i64::try_from(at.0).ok().and_then(|at| {
            let local = at + i64::from(offset) * 60_000;
            let from = at - local.rem_euclid(DAY_MS);
            let (from, to) = (from.max(0).unsigned_abs(), (from + DAY_MS).unsigned_abs());
            let is_whole = zone(Millis(from)) == offset && zone(Millis(to - 1)) == offset;
            is_whole.then_some((from, to, day))
        });
        day
    }

    fn group(&mut self, author: UserId, at: Millis) -> bool {
        let continues = self.above.is_some_and(|above| continues(above, (author, at)));
        self.above = Some((author, at));
        continues
    }

    fn pending(&mut self, pending: &Pending) {
        self.day(pending.made_at);
        let continues = self.group(self.look.me, pending.made_at);
        self.rows.push(Row::Pending {
            pending: pending.clone(),
            continues,
        });
    }
}

//! The part of a room's rows that is drawn.
//!
//! A room may have a hundred thousand rows; a page that draws them all stands still.
//! So at most [`ROWS_DRAWN_MAX`] are drawn, around the row where the reader stands, and
//! that place moves by a step at a time while they come near an edge of what is drawn.
//! At the end of the log it follows what is said; anywhere else nothing moves it but
//! the reader.

use super::{
    tab::{Out, Tab},
    timeline::Timeline,
    view::Row,
};
use crate::wire::{RoomId, Seq};

/// Rows on each side of where the reader stands, at most. With what stands above the first row
/// of all there are no more than 300 things in the list.
pub const ROWS_BESIDE_MAX: usize = 149;
/// At least: what a page of the log has, with what stands between.
const ROWS_BESIDE_MIN: usize = 60;
/// No row is lower than this, but for the hidden ones.
const ROW_MIN_PX: usize = 24;
/// Rows that are asked for and drawn at a time: what a slow device draws between two
/// frames without being noticed.
pub(super) const STEP_ROWS: u32 = 25;
/// So many messages leave the top at once, while the reader stands at the end.
const END_STEP_MESSAGES: u64 = 50;
const END_STEP_ROWS_MAX: usize = 100;
/// Rows in the page at most.
pub const ROWS_DRAWN_MAX: usize = 2 * ROWS_BESIDE_MAX;

/// How many rows are to be drawn on each side in a window of this height: those in it, and
/// one and a half times as many beyond, near which the next are drawn. Each row that is drawn has
/// its part in what a new one costs.
pub fn rows_beside(window_px: usize) -> usize {
    (window_px / ROW_MIN_PX * 5 / 2).clamp(ROWS_BESIDE_MIN, ROWS_BESIDE_MAX)
}

/// Where in a room the reader stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Stand {
    /// At the end, wherever that is.
    #[default]
    End,
    /// At this entry, or where it would be.
    At(Seq),
}

/// The rows to draw, a slice of all rows that there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drawn {
    pub rows: Vec<Row>,
    /// There are rows before them that are not drawn.
    pub more_above: bool,
    /// There are rows after them that are not drawn.
    pub more_below: bool,
}

impl Drawn {
    /// At most `beside` rows before where the reader stands, and as many from there on. At the
    /// end of the log there are a step's more.
    pub(super) fn around(stand: Stand, mut rows: Vec<Row>, beside: usize) -> Self {
        let last = rows.len().saturating_sub(1);
        let middle = match stand {
            Stand::End => last,
            // Rows without a number stand with the one before them.
            Stand::At(seq) => {
                let at = rows.iter().rposition(|row| row.seq().is_some_and(|own| own <= seq));
                at.unwrap_or(0)
            }
        };
        let from = match stand {
            Stand::End => whole_step(&rows, middle.saturating_sub(beside)),
            Stand::At(_) => middle.saturating_sub(beside),
        };
        let to = (middle + beside).min(rows.len());
        let more_below = to < rows.len();
        rows.truncate(to);
        Self {
            rows: rows.split_off(from),
            more_above: from > 0,
            more_below,
        }
    }
}

/// Where a step begins that ends no earlier than at this row: while one stands at the end, the
/// first rows that are drawn go many at a time. Would one go with each message that comes, all
/// others had to be moved up and painted for it, and the message waited for that. A step of
/// messages may have as many rows again between them, of days and of who came and went.
fn whole_step(rows: &[Row], from: usize) -> usize {
    let begins = |row: &Row| matches!(row, Row::Message { message, .. } if message.ordinal.0 % END_STEP_MESSAGES == 0);
    let before = from.saturating_sub(END_STEP_ROWS_MAX)..=from;
    before
        .rev()
        .find(|at| rows.get(*at).is_some_and(begins))
        .unwrap_or(from)
}

impl Stand {
    /// A step nearer to an entry that is held.
    pub(super) fn towards(self, timeline: &Timeline, seq: Seq) -> Self {
        let step = STEP_ROWS as usize;
        let last = timeline.len().saturating_sub(1);
        let place = |seq: Seq| timeline.place_of(seq).min(last);
        let here = match self {
            Self::End => last,
            Self::At(seq) => place(seq),
        };
        let there = place(seq);
        let next = there.clamp(here.saturating_sub(step), here + step);
        timeline.seq_at(next).map_or(self, Self::At)
    }
}

impl Tab {
    /// The rows to draw of a room, as [`Drawn::around`] has it.
    /// `zone` gives minutes from UTC at a moment.
    pub fn drawn(&self, id: RoomId, beside: usize, zone: &dyn Fn(crate::wire::Millis) -> i32) -> Drawn {
        if self.is_landing(id) {
            // The newest rows would be on screen for a moment, and are not where the reader lands.
            return Drawn::default();
        }
        Drawn::around(self.stand(id), self.rows(id, zone), beside)
    }

    fn stand(&self, id: RoomId) -> Stand {
        self.rooms.get(id).map(|room| room.stand).unwrap_or_default()
    }

    /// The reader has come near an edge of what is drawn; `at` is the first row in view.
    pub(super) fn come_near(&mut self, id: RoomId, at: Seq, out: &mut Out) {
        let Some(room) = self.rooms.get(id) else { return };
        let stand = room.stand.towards(&room.timeline, at);
        self.stand_at(id, stand, out);
    }

    pub(super) fn stand_at(&mut self, id: RoomId, stand: Stand, out: &mut Out) {
        if let Some(room) = self.rooms.get_mut(id)
            && room.stand != stand
        {
            room.stand = stand;
            out.changed.timeline(id);
        }
    }
}

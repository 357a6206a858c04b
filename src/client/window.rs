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

/// Rows on each side of where the reader stands. With what stands above the first row of all
/// there are no more than 300 things in the list.
const ROWS_BESIDE: usize = 149;
/// Rows that are asked for and drawn at a time: what a slow device draws between two
/// frames without being noticed.
pub(super) const STEP_ROWS: u32 = 25;
/// Rows in the page at most.
pub const ROWS_DRAWN_MAX: usize = 2 * ROWS_BESIDE;

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
    /// At most `beside` rows before where the reader stands, and as many from there on.
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
        let from = middle.saturating_sub(beside);
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
    /// The rows to draw of a room. `zone` gives minutes from UTC at a moment.
    pub fn drawn(&self, id: RoomId, zone: &dyn Fn(crate::wire::Millis) -> i32) -> Drawn {
        Drawn::around(self.stand(id), self.rows(id, zone), ROWS_BESIDE)
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

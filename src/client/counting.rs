//! What is unread in a room: the server's counts, kept exact over what is heard.

use super::room::{Lack, Room};
use crate::{
    rules::unread::{self, Step},
    wire::{
        Message, Seq, UserId,
        user_log::{Counts, Marker},
    },
};

/// Entries that counts of a little earlier can still be brought forward over.
const RECENT_MAX: usize = 256;

/// What an entry meant for the counts of this reader.
#[derive(Debug)]
pub(super) struct Recent {
    seq: Seq,
    step: Step,
}

impl Room {
    /// The next entry of the log.
    pub(super) fn count(&mut self, seq: Seq, step: Step) {
        self.doubt.counts |= !unread::apply(&mut self.counts, seq, step);
        if self.recent.len() >= RECENT_MAX {
            self.recent.drain(..RECENT_MAX / 2);
        }
        self.recent.push(Recent { seq, step });
    }

    /// Counts that the server made, perhaps before the head: brought forward to it.
    pub fn adopt_counts(&mut self, told: Counts, me: UserId) {
        self.take_counts(told, me);
        self.follow_mention(None);
    }

    pub(super) fn take_counts(&mut self, told: Counts, me: UserId) {
        self.marker = self.marker.max(told.marker);
        let told = self.forward(told);
        match told {
            Some(told) if told.marker >= self.counts.marker => {
                self.counts = told;
                self.doubt.counts = false;
            }
            // Ours stand at a marker that the server does not know yet. When it does, it
            // sends counts; until then these are right where rows reach so far.
            Some(told) => self.take_absence(&told, me),
            None => {}
        }
        let is_settled = self.settle(me);
        if self.doubt.counts || (told.is_none() && !is_settled) {
            self.summary = Lack::Lacking;
        }
    }

    /// The bounds of the newest absence, from counts at an older marker.
    fn take_absence(&mut self, told: &Counts, me: UserId) {
        let left = told.left.max(self.counts.marker.ordinal);
        if (self.counts.left, self.counts.returned) == (left, told.returned) {
            return;
        }
        (self.counts.left, self.counts.returned) = (left, told.returned);
        if told.returned.is_some_and(|returned| returned <= left) {
            self.counts.since_left = 0;
            self.counts.mentions_since_left = 0;
            self.counts.first_mention_since_left = None;
        } else {
            self.doubt.counts |= !self.recount(self.counts.marker, me);
        }
    }

    fn forward(&self, mut told: Counts) -> Option<Counts> {
        if told.as_of >= self.head.seq {
            return Some(told);
        }
        let first = self.recent.partition_point(|recent| recent.seq <= told.as_of);
        if self.recent.get(first)?.seq != told.as_of.next() {
            return None;
        }
        let mut exact = true;
        for recent in &self.recent[first..] {
            exact &= unread::apply(&mut told, recent.seq, recent.step);
        }
        exact.then_some(told)
    }

    /// The greatest marker known is `marker`, if it is greater than before.
    pub fn move_marker(&mut self, marker: Marker, me: UserId) {
        if marker.version > self.marker.version {
            // The reader wants it unread, whatever was displayed before.
            self.displayed.clear();
        }
        self.marker = self.marker.max(marker);
        self.settle(me);
    }

    /// Counts for the marker, where what is held reaches so far; else those of an
    /// older marker stay until the server has counted.
    pub(super) fn settle(&mut self, me: UserId) -> bool {
        if self.marker <= self.counts.marker {
            return true;
        }
        if self.marker.ordinal >= self.ordinal {
            self.counts = unread::none(self.marker, self.head.seq, &self.counts);
            self.doubt.counts = false;
            self.follow_mention(None);
            return true;
        }
        // One that was moved back over where the reader left uncovers what only the
        // server remembers.
        self.marker.ordinal >= self.counts.marker.ordinal && (self.recount(self.marker, me) || self.pass(me))
    }

    /// Counts for the marker by subtracting what it passed, where all of that is held.
    fn pass(&mut self, me: UserId) -> bool {
        let (from, to) = (self.counts.marker.ordinal, self.marker.ordinal);
        let held = self.timeline.fresh().around(from.next());
        if self.doubt.counts || self.counts.as_of != self.head.seq || held.is_none_or(|span| span.to < to) {
            return false;
        }
        let mut passed: Vec<&Message> = self.timeline.messages().map(|row| &**row).collect();
        passed.retain(|row| row.ordinal > from && row.ordinal <= to);
        if passed.iter().any(|row| row.revision > self.head.seq) {
            return false;
        }
        let Some(counts) = unread::pass(&self.counts, self.marker, me, passed.into_iter()) else {
            return false;
        };
        self.counts = counts;
        self.follow_mention(None);
        true
    }

    /// Counts from the rows, if they reach from the marker to the head and none is of
    /// a later state: what changed it would be counted again when it is heard.
    pub(super) fn recount(&mut self, marker: Marker, me: UserId) -> bool {
        let at_head = self.timeline.cursor() == Some(self.head);
        if !at_head || !self.timeline.reaches_back_to(marker.ordinal) {
            return false;
        }
        let (from, to) = (marker.ordinal, self.ordinal);
        let mut unread: Vec<&Message> = self.timeline.messages().map(|row| &**row).collect();
        unread.retain(|row| row.ordinal > from && row.ordinal <= to);
        if unread.iter().any(|row| row.revision > self.head.seq) {
            return false;
        }
        self.counts = unread::fold(marker, me, self.head.seq, unread.into_iter(), &self.counts);
        self.doubt.counts = false;
        self.follow_mention(None);
        true
    }
}

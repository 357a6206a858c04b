//! What is unread in a room: the server's counts, kept exact over what is heard.

use super::room::{Lack, Room};
use crate::{
    rules::unread,
    wire::{
        Body, Message, Seq, UserId,
        user_log::{Counts, Marker},
    },
};

/// Entries that counts of a little earlier can still be brought forward over.
const RECENT_MAX: usize = 256;

/// What a message means for the counts of one reader.
#[derive(Debug)]
pub(super) struct Recent {
    seq: Seq,
    row: Option<Box<Message>>,
}

impl Room {
    /// The next entry of the log, and the message it made.
    pub(super) fn count(&mut self, seq: Seq, counted: Option<&Message>, me: UserId) {
        unread::apply(&mut self.counts, me, seq, counted);
        if self.recent.len() >= RECENT_MAX {
            self.recent.drain(..RECENT_MAX / 2);
        }
        self.recent.push(Recent {
            seq,
            row: counted.map(|row| Box::new(outline(row))),
        });
    }

    /// Counts that the server made, perhaps before the head: brought forward to it.
    pub fn adopt_counts(&mut self, told: Counts, me: UserId) {
        self.marker = self.marker.max(told.marker);
        let Some(told) = self.forward(told, me) else {
            if !self.settle(me) {
                self.summary = Lack::Lacking;
            }
            return;
        };
        // Ours may stand at a marker that the server does not know yet.
        if told.marker >= self.counts.marker {
            self.counts = told;
        }
        self.settle(me);
    }

    fn forward(&self, mut told: Counts, me: UserId) -> Option<Counts> {
        if told.as_of >= self.head.seq {
            return Some(told);
        }
        let first = self.recent.partition_point(|recent| recent.seq <= told.as_of);
        if self.recent.get(first)?.seq != told.as_of.next() {
            return None;
        }
        for recent in &self.recent[first..] {
            unread::apply(&mut told, me, recent.seq, recent.row.as_deref());
        }
        Some(told)
    }

    /// The greatest marker known is `marker`, if it is greater than before.
    pub fn move_marker(&mut self, marker: Marker, me: UserId) {
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
            self.counts = unread::none(self.marker, self.head.seq);
            return true;
        }
        let at_head = self.timeline.cursor() == Some(self.head);
        if !at_head || !self.timeline.reaches_back_to(self.marker.ordinal) {
            return false;
        }
        let (from, to) = (self.marker.ordinal, self.ordinal);
        let rows = self.timeline.messages().map(|row| &**row);
        let unread = rows.filter(|row| row.ordinal > from && row.ordinal <= to);
        self.counts = unread::fold(self.marker, me, self.head.seq, unread, &self.counts);
        true
    }
}

/// What counting needs of a message: all but the text.
fn outline(message: &Message) -> Message {
    Message {
        body: Body::stored(String::new()),
        mentions: message.mentions.clone(),
        ..*message
    }
}

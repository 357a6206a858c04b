//! The head of a room: name, counts and words that the list of rooms shows, kept as of
//! the last entry heard. What an entry does not tell is asked for with a summary.

use super::room::{Lack, Room};
use crate::{
    rules::{preview, unread},
    wire::{
        Change, Entry, Message, Seq, UserId,
        fetch::{Preview, Summary},
    },
};

impl Room {
    /// The next entry after the head, with the present state of the message it is about.
    pub(super) fn move_head(&mut self, entry: &Entry, row: Option<&Message>, me: UserId) {
        self.head = entry.cursor();
        let change = entry.change().ok();
        let step = change
            .as_ref()
            .map_or(unread::Step::Nothing, |change| unread::step(change, row, me));
        match (change, &mut self.meta) {
            (Some(Change::MessageCreated(created)), _) => {
                self.ordinal = created.ordinal;
                self.preview_newest(row);
            }
            (Some(Change::MessageEdited(_)), _) => self.reword(row),
            (Some(Change::MessageDeleted(_)), _) => self.forget_words(row),
            (Some(Change::RoomCreated(created)), Some(meta)) => meta.name = created.name,
            (Some(Change::RoomRenamed(renamed)), Some(meta)) => meta.name = renamed.name,
            (Some(Change::MemberJoined(joined)), Some(meta)) if joined.user == me => meta.role = joined.role,
            (Some(_), _) => {}
            // What a newer version did may have changed anything.
            (None, _) => self.miss(),
        }
        self.count(entry.seq, step);
        self.follow_mention(row);
    }

    /// A summary as of some entry; what was heard since stays.
    pub fn adopt(&mut self, summary: &Summary, me: UserId) {
        self.knows(summary.head.seq);
        let is_newest = self.meta.is_none() || summary.head.seq >= self.head.seq;
        if is_newest {
            if summary.head.seq != self.head.seq {
                self.recent.clear();
            }
            self.meta = Some(summary.meta.clone());
            self.head = summary.head;
            self.ordinal = summary.ordinal;
            self.preview.clone_from(&summary.preview);
            self.doubt.summary = false;
        }
        self.take_counts(summary.counts, me);
        if is_newest && self.counts.first_mention == summary.counts.first_mention {
            self.mention_of = summary.counts.first_mention;
            self.mention.clone_from(&summary.mention);
        }
        if is_newest && self.counts.first_mention_since_left == summary.counts.first_mention_since_left {
            self.away_of = summary.counts.first_mention_since_left;
            self.away.clone_from(&summary.away);
        }
        self.follow_mention(None);
        if self.doubt.summary {
            self.summary = Lack::Lacking;
        }
    }

    /// The mentions that are shown are the first ones of the counts, in the words of a row
    /// that is held; else the server is asked for them.
    pub(super) fn follow_mention(&mut self, said: Option<&Message>) {
        let first = self.counts.first_mention;
        if first != self.mention_of {
            self.mention_of = first;
            self.mention = self.words_of(first, said);
            if first.is_some() && self.mention.is_none() {
                self.miss();
            }
        }
        let first = self.counts.first_mention_since_left;
        if first != self.away_of {
            self.away_of = first;
            self.away = self.words_of(first, said);
            // Without a mention it is the newest of the absence, which only the server knows.
            if self.counts.since_left > 0 && self.away.is_none() {
                self.miss();
            }
        }
    }

    fn words_of(&self, seq: Option<Seq>, said: Option<&Message>) -> Option<Preview> {
        let seq = seq?;
        let held = || self.timeline.fresh_message(seq).map(|row| &**row);
        said.filter(|row| row.seq == seq).or_else(held).map(preview_of)
    }

    fn preview_newest(&mut self, row: Option<&Message>) {
        match row {
            Some(row) if row.is_deleted() => {}
            Some(row) => self.preview = Some(preview_of(row)),
            None => self.miss(),
        }
    }

    fn reword(&mut self, row: Option<&Message>) {
        let Some(row) = row else { return self.miss() };
        if row.is_deleted() {
            return self.forget_words(Some(row));
        }
        for told in [&mut self.preview, &mut self.mention, &mut self.away] {
            if told.as_ref().is_some_and(|told| told.seq == row.seq) {
                *told = Some(preview_of(row));
            }
        }
    }

    /// The words of a deleted message are gone at once, whoever knows what to show instead.
    fn forget_words(&mut self, row: Option<&Message>) {
        let Some(row) = row else { return self.miss() };
        let was_shown = |told: &Preview| told.seq == row.seq;
        if self.preview.as_ref().is_some_and(was_shown) {
            self.preview = None;
            self.miss();
        }
        if self.mention.as_ref().is_some_and(was_shown) {
            self.mention = None;
        }
        if self.away.as_ref().is_some_and(was_shown) {
            self.away = None;
            self.miss();
        }
    }

    /// Something is shown that only a summary can tell.
    fn miss(&mut self) {
        self.doubt.summary = true;
        self.summary = Lack::Lacking;
    }
}

fn preview_of(message: &Message) -> Preview {
    Preview {
        seq: message.seq,
        author: message.author,
        at: message.at,
        words: preview::words(message.text()),
    }
}

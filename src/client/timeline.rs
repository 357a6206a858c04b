//! The rows of one room that a tab holds.
//!
//! Messages and notes stand at the seq that created them. Which messages are held
//! without holes is kept as spans of ordinals; what lies between is a gap of an
//! exact size. Rows from before something was missed are *stale*: they may have
//! changed since, so they are kept for reading without a network and are fresh
//! again only once they were fetched again.

use super::{sorted::Sorted, spans::Spans};
use crate::wire::{
    Change, ClientKey, Cursor, Entry, Message, Ordinal, Seq, UserId, event::MessageCreated, fetch::Page,
};
use core::ops::Range;
use std::sync::Arc;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub what: What,
    pub stale: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    Message(Arc<Message>),
    Note(Arc<Entry>),
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timeline {
    items: Sorted<Seq, Item>,
    fresh: Spans,
    stale: Spans,
    /// Every entry up to here is among the fresh rows or lies in a gap.
    cursor: Option<Cursor>,
    /// The last message of the log as of the cursor.
    ordinal: Ordinal,
}

impl Timeline {
    pub fn cursor(&self) -> Option<Cursor> {
        self.cursor
    }

    pub fn ordinal(&self) -> Ordinal {
        self.ordinal
    }

    /// The messages that are held as they are now.
    pub fn fresh(&self) -> &Spans {
        &self.fresh
    }

    pub fn stale(&self) -> &Spans {
        &self.stale
    }

    /// Messages and notes held, stale ones too.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// True until a first page came.
    pub fn is_empty(&self) -> bool {
        self.cursor.is_none() && self.items.is_empty()
    }

    pub fn messages(&self) -> impl DoubleEndedIterator<Item = &Arc<Message>> {
        self.items.values().filter_map(|item| match &item.what {
            What::Message(message) => Some(message),
            What::Note(_) => None,
        })
    }

    pub(super) fn items(&self) -> impl Iterator<Item = &Item> {
        self.items.values()
    }

    /// True if the entry is a row that may be shown.
    pub fn shows(&self, seq: Seq) -> bool {
        self.items.get(seq).is_some_and(|item| !item.stale)
    }

    /// The message of an entry, if it is held as it is now.
    pub fn fresh_message(&self, seq: Seq) -> Option<&Arc<Message>> {
        self.message(seq).filter(|_| self.shows(seq))
    }

    pub fn message(&self, seq: Seq) -> Option<&Arc<Message>> {
        match &self.items.get(seq)?.what {
            What::Message(message) => Some(message),
            What::Note(_) => None,
        }
    }

    /// The message of this author and key, stale or not.
    pub fn keyed(&self, author: UserId, key: ClientKey) -> Option<&Arc<Message>> {
        self.messages()
            .rev()
            .find(|message| message.client_key == key && message.author == author)
    }

    /// The first message after this one that its reader has yet to read. None if a message
    /// between them is not held: then it may be that one.
    pub(super) fn first_unread(&self, read: Ordinal, me: UserId) -> Option<Seq> {
        let span = self.fresh.around(read.next())?;
        self.messages()
            .find(|message| {
                message.ordinal > read && message.ordinal <= span.to && message.author != me && !message.is_deleted()
            })
            .map(|message| message.seq)
    }

    /// The first message after this one that is held as it is now.
    pub(super) fn first_after(&self, ordinal: Ordinal) -> Option<Seq> {
        for item in self.items.values() {
            if let What::Message(message) = &item.what
                && message.ordinal > ordinal
                && !item.stale
            {
                return Some(message.seq);
            }
        }
        None
    }

    /// What came after an entry, the newest first.
    pub fn after(&self, seq: Seq) -> Vec<Arc<Message>> {
        let mut after = Vec::new();
        for message in self.messages().rev() {
            if message.seq <= seq {
                break;
            }
            after.push(Arc::clone(message));
        }
        after
    }

    /// True if every message after this one, up to the end of the log, is held.
    pub fn reaches_back_to(&self, ordinal: Ordinal) -> bool {
        self.cursor.is_some()
            && (ordinal >= self.ordinal
                || self
                    .fresh
                    .around(self.ordinal)
                    .is_some_and(|span| span.from <= ordinal.next()))
    }

    /// Forgets everything: the log is another one, or these are the first rows.
    pub(super) fn begin(&mut self, page: &Page) {
        *self = Self::default();
        self.stand_at(page);
        self.fill(page);
    }

    /// The newest page after more was missed than was told.
    pub(super) fn jump(&mut self, page: &Page) {
        for item in self.items.values_mut() {
            item.stale = true;
        }
        for span in self.fresh.as_slice() {
            self.stale.add(span.from, span.to);
        }
        self.fresh.clear();
        self.stand_at(page);
        self.fill(page);
    }

    fn stand_at(&mut self, page: &Page) {
        self.cursor = Some(page.as_of);
        self.ordinal = page.to;
    }

    /// A page of any place. Rows that changed after it was read stay as they are.
    pub(super) fn fill(&mut self, page: &Page) {
        for message in &page.messages {
            self.put(message);
            self.fresh.add(message.ordinal, message.ordinal);
            self.stale.subtract(message.ordinal, message.ordinal);
        }
        for note in page
            .notes
            .iter()
            .filter(|note| !is_about_a_message(note.change().as_ref().ok()))
        {
            self.note(note);
        }
    }

    /// The next entry of the log. The caller knows that it is the next.
    pub(super) fn enter(&mut self, entry: &Entry, row: Option<&Message>) {
        self.cursor = Some(entry.cursor());
        let change = entry.change().ok();
        if let Some(Change::MessageCreated(MessageCreated { ordinal })) = change {
            self.ordinal = ordinal;
            // Without its row the message is not held, and shows as missing.
            if let Some(message) = row.filter(|row| row.ordinal == ordinal) {
                self.put(message);
                self.fresh.add(ordinal, ordinal);
                self.stale.subtract(ordinal, ordinal);
            }
            return;
        }
        // What became of a message is seen on it. What is not understood stands for itself.
        if !is_about_a_message(change.as_ref()) {
            self.note(entry);
        }
        if let Some(message) = row {
            self.update(message);
        }
    }

    /// The present state of a message, if it is held and this is newer. A stale row stays
    /// stale: what came between is not known.
    pub(super) fn update(&mut self, message: &Message) {
        if let Some(item) = self.items.get_mut(message.seq)
            && let What::Message(held) = &mut item.what
            && held.revision < message.revision
        {
            *held = Arc::new(message.clone());
        }
    }

    fn put(&mut self, message: &Message) {
        self.update(message);
        let held = self.items.get_mut(message.seq);
        if let Some(item) = held.filter(|item| matches!(item.what, What::Message(_))) {
            item.stale = false;
        } else {
            let what = What::Message(Arc::new(message.clone()));
            self.items.insert(message.seq, Item { what, stale: false });
        }
    }

    fn note(&mut self, entry: &Entry) {
        let what = What::Note(Arc::new(entry.clone()));
        self.items.insert(entry.seq, Item { what, stale: false });
    }

    /// How many rows are held from before this entry.
    pub(super) fn place_of(&self, seq: Seq) -> usize {
        self.items.place_of(seq)
    }

    pub(super) fn seq_at(&self, place: usize) -> Option<Seq> {
        self.items.at(place).map(|(seq, _)| seq)
    }

    /// Keeps the newest rows and no others. What is let go is history to be loaded again.
    pub(super) fn trim(&mut self, newest: usize) {
        let end = self.items.len();
        self.let_go(0..end.saturating_sub(newest));
    }

    /// Keeps the newest rows, and those up to so many beside an entry. What is let go
    /// between them is a gap, to be filled again when somebody comes there.
    pub(super) fn trim_around(&mut self, seq: Seq, beside: usize, newest: usize) {
        let middle = self.place_of(seq);
        let newest = self.items.len().saturating_sub(newest);
        self.let_go(middle.saturating_add(beside).min(newest)..newest);
        self.let_go(0..middle.saturating_sub(beside).min(newest));
    }

    /// Notes come with the page of the message above them. So what goes begins with a
    /// message and ends before one: a note whose message stays would never come again.
    fn let_go(&mut self, places: Range<usize>) {
        let mut from = self.message_from(places.start);
        let mut to = self.message_from(places.end);
        if to == self.items.len() {
            to = places.end;
        }
        if from >= places.end {
            return;
        }
        if places.start == 0 {
            // Nothing is above the first notes; they come with the first message.
            from = 0;
        }
        let (mut first, mut last) = (None, Ordinal::ZERO);
        for item in self.items.take_out(from..to) {
            if let What::Message(message) = item.what {
                first = first.or(Some(message.ordinal));
                last = message.ordinal;
            }
        }
        if let Some(first) = first {
            self.fresh.subtract(first, last);
            self.stale.subtract(first, last);
        }
    }

    /// The place of the first message from here on, or after all.
    fn message_from(&self, mut place: usize) -> usize {
        while let Some((_, item)) = self.items.at(place)
            && matches!(item.what, What::Note(_))
        {
            place += 1;
        }
        place
    }
}

fn is_about_a_message(change: Option<&Change>) -> bool {
    change.is_some_and(|change| change.target().is_some())
}

//! Live events that cannot be applied yet, in order, each once, bounded.

use crate::wire::{
    Message, RoomEvent, Seq,
    limits::{HELD_BACK_MAX_BYTES, HELD_BACK_MAX_EVENTS},
};

#[derive(Debug, Default)]
pub(super) struct Held {
    events: Vec<RoomEvent>,
    bytes: usize,
}

impl Held {
    /// Keeps the event; beyond the bounds the newest ones are let go, which the
    /// log still has.
    pub fn add(&mut self, event: RoomEvent) {
        let place = self.events.partition_point(|held| held.entry.seq < event.entry.seq);
        if self
            .events
            .get(place)
            .is_some_and(|held| held.entry.seq == event.entry.seq)
        {
            return;
        }
        self.bytes += size(&event);
        self.events.insert(place, event);
        while self.events.len() > HELD_BACK_MAX_EVENTS as usize || self.bytes > HELD_BACK_MAX_BYTES as usize {
            if let Some(newest) = self.events.pop() {
                self.bytes -= size(&newest);
            }
        }
    }

    pub fn take(&mut self) -> Vec<RoomEvent> {
        self.bytes = 0;
        core::mem::take(&mut self.events)
    }

    /// The first event held after a seq.
    pub fn first_after(&self, seq: Seq) -> Option<Seq> {
        let place = self.events.partition_point(|held| held.entry.seq <= seq);
        Some(self.events.get(place)?.entry.seq)
    }

    pub fn last(&self) -> Option<Seq> {
        Some(self.events.last()?.entry.seq)
    }
}

fn size(event: &RoomEvent) -> usize {
    const FIXED: usize = 128;
    let row = event
        .row
        .as_ref()
        .map_or(0, |row| row.text().len() + (row.mentions.len() + reactors(row)) * 16);
    FIXED + event.entry.change.body.len() + row
}

fn reactors(row: &Message) -> usize {
    row.reactions.iter().map(|reaction| reaction.users.len() + 2).sum()
}

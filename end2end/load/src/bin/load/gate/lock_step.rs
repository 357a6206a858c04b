//! One message at a time: the next is said when everybody has heard the last. What a
//! message costs then depends on the code alone, and not on how many happen to meet.

use crate::ledger::{self, Ledger, Shared};
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};
use whilst::wire::{Command, RoomId, Seq, command::Send};
use whilst_load::{Client, Result};

pub struct LockStep {
    ledger: Shared,
    next: Seq,
}

impl LockStep {
    /// In a room of so many that nothing was said in yet: it was made, and they came in.
    pub fn of(room: RoomId, members: usize) -> Self {
        let after = Seq(members as u64 + 1);
        Self {
            ledger: Ledger::new(room, members, after),
            next: after.next(),
        }
    }

    /// The first of the members says something, all of them hear it and check it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub async fn round(&mut self, members: &mut [Client]) -> Result<Duration> {
        let begun = Instant::now();
        let command = self.say(begun);
        members[0].say(command).await?;
        for member in members {
            self.hear(&next_of_a_room(member).await?)?;
        }
        self.next = self.next.next();
        Ok(begun.elapsed())
    }

    /// So many rounds.
    ///
    /// # Errors
    /// As [`LockStep::round`].
    pub async fn rounds(&mut self, members: &mut [Client], times: usize) -> Result<Vec<Duration>> {
        let mut taken = Vec::with_capacity(times);
        for _ in 0..times {
            taken.push(self.round(members).await?);
        }
        Ok(taken)
    }

    /// Payload of a frame, as the last message had it.
    pub fn frame_bytes(&self) -> usize {
        self.ledger.borrow().frame_bytes
    }

    fn say(&mut self, at: Instant) -> Command {
        let mut ledger = self.ledger.borrow_mut();
        let (room, (_, client_key, body)) = (ledger.room(), ledger.say(at));
        Send { client_key, room, body }.into()
    }

    fn hear(&mut self, item: &[u8]) -> Result<()> {
        self.ledger.borrow_mut().hear(self.next, item, Instant::now())?;
        Ok(())
    }
}

/// Somebody says something in each of some rooms at once; the next when both there have
/// heard all of it. It is sent as one frame, so that it comes to the writer together.
pub struct Burst {
    rooms: HashMap<RoomId, LockStep>,
}

impl Burst {
    /// In rooms of two.
    pub fn of(rooms: impl Iterator<Item = RoomId>) -> Self {
        Self {
            rooms: rooms.map(|room| (room, LockStep::of(room, 2))).collect(),
        }
    }

    /// So many rounds.
    ///
    /// # Errors
    /// As [`LockStep::round`].
    pub async fn rounds(&mut self, pair: &mut [Client], times: usize) -> Result<()> {
        for _ in 0..times {
            let now = Instant::now();
            let commands: Vec<Command> = self.rooms.values_mut().map(|room| room.say(now)).collect();
            pair[0].say_all(commands).await?;
            for member in &mut *pair {
                for _ in 0..self.rooms.len() {
                    let item = next_of_a_room(member).await?;
                    let room = ledger::event_of(&item)?.room;
                    self.rooms.get_mut(&room).ok_or("of another room")?.hear(&item)?;
                }
            }
            for room in self.rooms.values_mut() {
                room.next = room.next.next();
            }
        }
        Ok(())
    }
}

/// The item that comes next of any room; one message waits for another, so it comes in a frame
/// of its own. A copy: what is compared is not what is counted.
async fn next_of_a_room(member: &mut Client) -> Result<Vec<u8>> {
    loop {
        let frame = member.hear_frame().await?;
        let mut items = ledger::items(frame);
        let (Some(item), None) = (items.next().transpose()?, items.next()) else {
            return Err("a frame with another number of items than one".into());
        };
        if ledger::refuses(item) {
            return Err("a message was refused".into());
        }
        if ledger::tells_of_a_room(item) {
            return Ok(item.to_vec());
        }
    }
}

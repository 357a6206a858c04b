//! Commands that are not acknowledged yet.
//!
//! First in, first out per room, one unacknowledged command per room, rooms beside
//! each other. A command keeps its key over every resend, so that one that was
//! stored without our hearing of it is not stored again.

use super::{
    io::{Env, Generation, Moment},
    store::{OutboxStore, Stored},
};
use crate::wire::{Body, ClientKey, Command, Message, Millis, Problem, RoomId, Seq, command};

/// A server that is alive answers each command long before.
const ANSWER_DEADLINE_MS: u64 = 20_000;
/// A server that could not do it now is asked again after this, doubled each time.
const UNAVAILABLE_FIRST_MS: u64 = 1_000;
const UNAVAILABLE_MAX_MS: u64 = 30_000;

/// A message of the outbox, as it is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    pub client_key: ClientKey,
    pub body: Body,
    pub made_at: Millis,
    pub state: PendingState,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PendingState {
    Sending,
    WaitingForNetwork,
    /// It will not leave by itself any more; the text stays, to copy or to try again.
    NotSent(Problem),
}

struct Queued {
    stored: Stored,
    sent: Option<(Generation, Moment)>,
    not_before: Moment,
    tries: u32,
    /// Stored on the server; its row comes through the log.
    accepted: Option<Seq>,
}

pub(super) struct Outbox {
    store: Box<dyn OutboxStore>,
    queue: Vec<Queued>,
    /// The server said "too fast": nothing leaves before.
    hold_until: Moment,
}

impl Outbox {
    pub fn of(mut store: Box<dyn OutboxStore>) -> Self {
        let queue = store.load().into_iter().map(queued).collect();
        Self {
            store,
            queue,
            hold_until: 0,
        }
    }

    pub fn push(&mut self, command: Command, made_at: Millis, max: u32) -> Result<(), Problem> {
        if self.queue.len() >= max as usize {
            return Err(Problem::TooMany { max });
        }
        if let Some(client_key) = command.client_key()
            && self.find(client_key).is_none()
        {
            let stored = Stored {
                client_key,
                command,
                made_at,
                failed: None,
            };
            self.store.put(&stored);
            self.queue.push(queued(stored));
        }
        Ok(())
    }

    /// Messages that a restored server has lost leave again, with their keys.
    pub fn push_lost(&mut self, room: RoomId, lost: &[Message], max: u32) {
        for message in lost {
            let body = message.body.as_str().to_owned();
            let send = command::Send {
                client_key: message.client_key,
                room,
                body,
            };
            // What does not fit is let go, the newest: the older ones make sense without them.
            if self.push(send.into(), message.at, max).is_err() {
                return;
            }
        }
    }

    /// What may leave now: the first of each room that `is_ready`.
    pub fn due(&mut self, generation: Generation, now: Moment, is_ready: &dyn Fn(RoomId) -> bool) -> Vec<Command> {
        let mut due = Vec::new();
        if now < self.hold_until {
            return due;
        }
        let mut busy: Vec<Option<RoomId>> = Vec::new();
        for queued in &mut self.queue {
            let lane = queued.stored.command.room();
            if queued.stored.failed.is_some() || queued.accepted.is_some() || busy.contains(&lane) {
                continue;
            }
            busy.push(lane);
            let under_way = queued
                .sent
                .is_some_and(|(through, at)| through == generation && now < at + ANSWER_DEADLINE_MS);
            if under_way || now < queued.not_before || !lane.is_none_or(is_ready) {
                continue;
            }
            queued.sent = Some((generation, now));
            due.push(queued.stored.command.clone());
        }
        due
    }

    /// When something may become due that is not now.
    pub fn wake_at(&self, now: Moment) -> Option<Moment> {
        let waiting = self
            .queue
            .iter()
            .filter(|queued| queued.stored.failed.is_none() && queued.accepted.is_none());
        waiting
            .flat_map(|queued| {
                let deadline = queued.sent.map(|(_, at)| at + ANSWER_DEADLINE_MS);
                [Some(queued.not_before), deadline, Some(self.hold_until)]
            })
            .flatten()
            .filter(|&at| at > now)
            .min()
    }

    /// The event of a command is its acknowledgement.
    pub fn acknowledge(&mut self, key: ClientKey) -> Option<Command> {
        let place = self.find(key)?;
        self.store.remove(key);
        Some(self.queue.remove(place).stored.command)
    }

    /// Stored, but its row is still to come: it is drawn as pending until then.
    pub fn accept(&mut self, key: ClientKey, seq: Seq) {
        if let Some(place) = self.find(key) {
            self.queue[place].accepted = Some(seq);
        }
    }

    /// The log is known up to `seq`: what was accepted up to there is done. True if
    /// there was such a thing.
    pub fn log_reaches(&mut self, room: RoomId, seq: Seq) -> bool {
        let before = self.queue.len();
        let store = &mut self.store;
        self.queue.retain(|queued| {
            let done = queued.stored.command.room() == Some(room) && queued.accepted.is_some_and(|at| at <= seq);
            if done {
                store.remove(queued.stored.client_key);
            }
            !done
        });
        self.queue.len() != before
    }

    pub fn has_accepted(&self) -> bool {
        self.queue.iter().any(|queued| queued.accepted.is_some())
    }

    /// Refused. A message stays, with the reason; another command is given back.
    pub fn reject(
        &mut self,
        key: ClientKey,
        problem: Problem,
        now: Moment,
        env: &mut Env<'_>,
    ) -> Option<(Command, Problem)> {
        let place = self.find(key)?;
        let queued = &mut self.queue[place];
        match problem {
            Problem::TooFast { retry_after } => self.too_fast(key, now.saturating_add(retry_after.0)),
            Problem::Unavailable => {
                let longest = (UNAVAILABLE_FIRST_MS << queued.tries.min(5)).min(UNAVAILABLE_MAX_MS);
                queued.tries += 1;
                queued.sent = None;
                queued.not_before = now + longest / 2 + env.below(longest / 2 + 1);
            }
            problem if matches!(queued.stored.command, Command::Send(_)) => {
                queued.stored.failed = Some(problem);
                self.store.put(&queued.stored);
            }
            problem => return Some((self.acknowledge(key)?, problem)),
        }
        None
    }

    /// No refusal: it waits, and nothing overtakes it.
    pub fn too_fast(&mut self, key: ClientKey, until: Moment) {
        if let Some(place) = self.find(key) {
            self.queue[place].sent = None;
        }
        self.hold_until = self.hold_until.max(until);
    }

    /// Messages for it stay as not sent; other commands are given back.
    pub fn room_gone(&mut self, room: RoomId) -> Vec<Command> {
        let mut given_back = Vec::new();
        let keys: Vec<ClientKey> = self
            .queue
            .iter()
            .filter(|queued| queued.stored.command.room() == Some(room) && queued.stored.failed.is_none())
            .map(|queued| queued.stored.client_key)
            .collect();
        for key in keys {
            let Some(place) = self.find(key) else { continue };
            let queued = &mut self.queue[place];
            match queued.stored.command {
                // It may have been said before the room was lost: only the server knows,
                // and is asked with the same key.
                Command::Send(_) if queued.sent.is_some() => {}
                Command::Send(_) => {
                    queued.stored.failed = Some(Problem::Gone);
                    self.store.put(&queued.stored);
                }
                // Joining a room that is gone for us is how it comes back.
                Command::Join(_) => {}
                _ => given_back.extend(self.acknowledge(key)),
            }
        }
        given_back
    }

    /// Takes a failed message out, to be sent anew.
    pub fn take_failed(&mut self, key: ClientKey) -> Option<Command> {
        let place = self.find(key)?;
        self.queue[place].stored.failed.as_ref()?;
        self.acknowledge(key)
    }

    /// Messages of a room, in the order in which they will be said.
    pub fn pending(&self, room: RoomId, live: bool) -> Vec<Pending> {
        let mut pending = Vec::new();
        for queued in &self.queue {
            if let Command::Send(send) = &queued.stored.command
                && send.room == room
            {
                let state = match &queued.stored.failed {
                    Some(problem) => PendingState::NotSent(problem.clone()),
                    None if live => PendingState::Sending,
                    None => PendingState::WaitingForNetwork,
                };
                pending.push(Pending {
                    client_key: send.client_key,
                    body: Body::stored(send.body.clone()),
                    made_at: queued.stored.made_at,
                    state,
                });
            }
        }
        pending
    }

    pub fn room_of(&self, key: ClientKey) -> Option<RoomId> {
        self.queue[self.find(key)?].stored.command.room()
    }

    pub fn is_message(&self, key: ClientKey) -> bool {
        self.find(key)
            .is_some_and(|place| matches!(self.queue[place].stored.command, Command::Send(_)))
    }

    /// Rooms with messages that wait or failed.
    pub fn rooms(&self) -> Vec<RoomId> {
        let mut rooms = Vec::new();
        for room in self.queue.iter().filter_map(|queued| queued.stored.command.room()) {
            if !rooms.contains(&room) {
                rooms.push(room);
            }
        }
        rooms
    }

    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub fn waiting(&self) -> usize {
        self.queue
            .iter()
            .filter(|queued| queued.stored.failed.is_none())
            .count()
    }

    fn find(&self, key: ClientKey) -> Option<usize> {
        self.queue.iter().position(|queued| queued.stored.client_key == key)
    }
}

fn queued(stored: Stored) -> Queued {
    Queued {
        stored,
        sent: None,
        not_before: 0,
        tries: 0,
        accepted: None,
    }
}

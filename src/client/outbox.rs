//! Commands that are not acknowledged yet.
//!
//! First in, first out per room, one unacknowledged command per room, rooms beside
//! each other. A command keeps its key over every resend, so that one that was
//! stored without our hearing of it is not stored again.

use super::{
    io::{Env, Generation, Moment},
    overlay::{Overlay, PendingReaction},
    store::{OutboxStore, Stored},
    tab::ANSWER_DEADLINE_MS,
};
use crate::wire::{
    Body, ClientKey, Command, Emoji, Message, Millis, Problem, RoomId, Seq, Target, command, command::Edit,
};

/// A server that could not do it now is asked again after this, doubled each time.
const UNAVAILABLE_FIRST_MS: u64 = 1_000;
const UNAVAILABLE_MAX_MS: u64 = 30_000;

/// A message of the outbox or the text of an edit, as it is drawn.
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
    /// How often it was sent on this socket without an answer: each attempt gets one.
    unanswered: (Generation, u32),
    not_before: Moment,
    tries: u32,
    /// Stored on the server; its row comes through the log.
    accepted: Option<Seq>,
    /// It was in the log once, of which an older state was restored.
    again: bool,
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

    /// Keeps everything in `store` from now on. What is in it was queued first.
    pub fn keep_in(&mut self, store: Box<dyn OutboxStore>) {
        let queued = std::mem::take(&mut self.queue);
        self.store = store;
        self.reload();
        for queued in queued {
            if self.find(queued.stored.client_key).is_none() {
                self.store.put(&queued.stored);
                self.queue.push(queued);
            }
        }
    }

    /// Reads the store again, which other pages of the tab have used meanwhile: what they settled or
    /// discarded is done, and what they queued is to be sent.
    pub fn reload(&mut self) {
        let mut before = std::mem::take(&mut self.queue);
        for stored in self.store.load() {
            let place = before
                .iter()
                .position(|queued| queued.stored.client_key == stored.client_key);
            self.queue.push(match place {
                Some(place) => Queued {
                    stored,
                    ..before.swap_remove(place)
                },
                None => queued(stored),
            });
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

    /// The store was restored: what was accepted may be lost, and is said once more.
    pub fn start_over(&mut self) {
        for queued in &mut self.queue {
            queued.sent = None;
            queued.accepted = None;
        }
    }

    /// Messages that a restored server has lost leave again, with their keys, and with
    /// the last text that was seen: a log without the message has no other text of it.
    /// A log that has it all the same (it does not show all of its keys) refuses the key
    /// where the text is another one by now; then nothing is lost but an edit that the
    /// restored store never saw, and there is nobody to tell.
    pub fn push_lost(&mut self, room: RoomId, lost: &[Message], max: u32) {
        for message in lost {
            let is_ours = |target: Target| target.key == message.client_key;
            // What its author takes back is not said again.
            if message.is_deleted() || self.deletions(room).any(is_ours) {
                continue;
            }
            let body = message.text().to_owned();
            let send = command::Send {
                client_key: message.client_key,
                room,
                body,
            };
            // What does not fit is let go, the newest: the older ones make sense without them.
            if self.push(send.into(), message.at, max).is_err() {
                return;
            }
            if let Some(place) = self.find(message.client_key) {
                self.queue[place].again = true;
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
            let (through, attempts) = queued.unanswered;
            queued.unanswered = (generation, if through == generation { attempts + 1 } else { 1 });
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

    /// The author's row with this key is in the log. That ends the command, unless the server refused
    /// the key because the row has another text: then the text is nowhere else.
    pub fn acknowledge_row(&mut self, key: ClientKey) {
        let failed = self
            .find(key)
            .and_then(|place| self.queue[place].stored.failed.as_ref());
        if failed != Some(&Problem::KeyReused) {
            self.acknowledge(key);
        }
    }

    /// Stored, but its row is still to come: it is drawn as pending until then.
    pub fn accept(&mut self, key: ClientKey, seq: Seq) {
        let Some(place) = self.find(key) else { return };
        self.queue[place].accepted = Some(seq);
        if let Command::Edit(Edit { target, .. }) = self.queue[place].stored.command {
            self.rebase(place + 1, target, seq);
        }
    }

    /// Texts that were written while this one was under way were written over it.
    fn rebase(&mut self, from: usize, target: Target, seq: Seq) {
        for queued in &mut self.queue[from..] {
            if let Command::Edit(edit) = &mut queued.stored.command
                && edit.target == target
                && edit.revision < seq
            {
                edit.revision = seq;
                self.store.put(&queued.stored);
            }
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

    /// Refused. What was written stays, with the reason; another command is given back.
    pub fn reject(
        &mut self,
        key: ClientKey,
        problem: Problem,
        now: Moment,
        env: &mut Env<'_>,
    ) -> Option<(Command, Problem)> {
        let place = self.find(key)?;
        if !matches!(problem, Problem::TooFast { .. }) && self.queue[place].count_answer() {
            return None;
        }
        let queued = &mut self.queue[place];
        match problem {
            Problem::TooFast { retry_after } => self.too_fast(key, now.saturating_add(retry_after.0)),
            Problem::Unavailable => {
                let longest = (UNAVAILABLE_FIRST_MS << queued.tries.min(5)).min(UNAVAILABLE_MAX_MS);
                queued.tries += 1;
                queued.sent = None;
                queued.not_before = now + longest / 2 + env.below(longest / 2 + 1);
            }
            Problem::KeyReused if queued.again => {
                self.acknowledge(key);
            }
            problem if is_text(&queued.stored.command) && !self.is_overwritten(place) => {
                let queued = &mut self.queue[place];
                queued.stored.failed = Some(problem);
                self.store.put(&queued.stored);
            }
            problem => return self.give_back(key, problem),
        }
        None
    }

    /// A text that a later one takes the place of is of no use to anybody.
    fn give_back(&mut self, key: ClientKey, problem: Problem) -> Option<(Command, Problem)> {
        let command = self.acknowledge(key)?;
        (!is_text(&command)).then_some((command, problem))
    }

    fn is_overwritten(&self, place: usize) -> bool {
        let target = edited(&self.queue[place]);
        target.is_some() && self.queue[place + 1..].iter().any(|later| edited(later) == target)
    }

    /// No refusal: it waits, and nothing overtakes it.
    pub fn too_fast(&mut self, key: ClientKey, until: Moment) {
        if let Some(place) = self.find(key) {
            self.queue[place].sent = None;
            self.queue[place].count_answer();
        }
        self.hold_until = self.hold_until.max(until);
    }

    /// What was written for it stays as not sent; other commands are given back.
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
                Command::Send(_) | Command::Edit(_) if queued.sent.is_some() => {}
                Command::Send(_) | Command::Edit(_) => {
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

    pub fn command(&self, key: ClientKey) -> Option<&Command> {
        Some(&self.queue[self.find(key)?].stored.command)
    }

    /// A failed message or edit, and why it failed.
    pub fn failed(&self, key: ClientKey) -> Option<(Command, Problem)> {
        let stored = &self.queue[self.find(key)?].stored;
        Some((stored.command.clone(), stored.failed.clone()?))
    }

    /// Queues a failed command again, at the end, as `command` says it now.
    pub fn retry(&mut self, key: ClientKey, command: Command, made_at: Millis) {
        if self.failed(key).is_none() {
            return;
        }
        self.acknowledge(key);
        if let Command::Edit(edit) = &command {
            self.supersede(edit.target);
        }
        // It leaves the place that it takes.
        let max = u32::try_from(self.queue.len()).unwrap_or(u32::MAX).saturating_add(1);
        let _ = self.push(command, made_at, max);
    }

    /// Takes a failed message or edit out, to be forgotten.
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
                pending.push(queued.drawn(&send.body, live));
            }
        }
        pending
    }

    /// What lies over messages of a room.
    pub fn overlays(&self, room: RoomId, live: bool) -> Vec<(Target, Overlay)> {
        let mut overlays: Vec<(Target, Overlay)> = Vec::new();
        for queued in &self.queue {
            let command = &queued.stored.command;
            let Some(target) = target_of(command).filter(|_| command.room() == Some(room)) else {
                continue;
            };
            let place = overlays.iter().position(|(over, _)| *over == target);
            let place = place.unwrap_or_else(|| {
                overlays.push((target, Overlay::default()));
                overlays.len() - 1
            });
            let overlay = &mut overlays[place].1;
            let state = queued.state(live);
            overlay.mark(queued.stored.client_key, &state);
            match command {
                Command::Edit(edit) => overlay.edit = Some(queued.drawn(&edit.body, live)),
                Command::React(react) => overlay.reactions.push(PendingReaction {
                    emoji: Emoji::stored(react.emoji.clone()),
                    on: react.on,
                }),
                _ => overlay.deleting = Some(state),
            }
        }
        overlays
    }

    /// True while a deletion of the message is under way.
    pub fn is_deleting(&self, room: RoomId, target: Target) -> bool {
        self.deletions(room).any(|deleted| deleted == target)
    }

    fn deletions(&self, room: RoomId) -> impl Iterator<Item = Target> {
        self.queue
            .iter()
            .filter_map(move |queued| match &queued.stored.command {
                Command::Delete(delete) if delete.room == room => Some(delete.target),
                _ => None,
            })
    }

    /// Another text was written for the message: refused ones before it are of no use.
    pub fn supersede(&mut self, target: Target) {
        let refused = self
            .queue
            .iter()
            .filter(|queued| queued.stored.failed.is_some() && edited(queued) == Some(target));
        let keys: Vec<ClientKey> = refused.map(|queued| queued.stored.client_key).collect();
        for key in keys {
            self.acknowledge(key);
        }
    }

    pub fn room_of(&self, key: ClientKey) -> Option<RoomId> {
        self.queue[self.find(key)?].stored.command.room()
    }

    /// True if what it does is seen in the rows.
    pub fn is_shown(&self, key: ClientKey) -> bool {
        self.find(key).is_some_and(|place| {
            let command = &self.queue[place].stored.command;
            matches!(command, Command::Send(_)) || target_of(command).is_some()
        })
    }

    /// Messages that are not in the log yet, as far as is known.
    pub fn sends(&self) -> Vec<(RoomId, ClientKey)> {
        let commands = self.queue.iter().map(|queued| &queued.stored.command);
        commands
            .filter_map(|command| match command {
                Command::Send(send) => Some((send.room, send.client_key)),
                _ => None,
            })
            .collect()
    }

    /// True if the server lacks something: a command that waits, or a failed one that can be found
    /// in one of these rooms.
    pub fn has_unsent(&self, is_shown: &dyn Fn(RoomId) -> bool) -> bool {
        self.queue.iter().any(|queued| {
            let waits = queued.stored.failed.is_none() && queued.accepted.is_none();
            waits || (queued.stored.failed.is_some() && queued.stored.command.room().is_some_and(is_shown))
        })
    }

    pub fn has_failed(&self) -> bool {
        self.queue.iter().any(|queued| queued.stored.failed.is_some())
    }

    pub fn outlives_page(&self) -> bool {
        self.store.outlives_page()
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

impl Queued {
    /// Counts an answer to one attempt. True if a later attempt has yet to be answered: what the
    /// server does with that one is not known.
    fn count_answer(&mut self) -> bool {
        let (through, attempts) = self.unanswered;
        self.unanswered = (through, attempts.saturating_sub(1));
        attempts > 1
    }

    fn state(&self, live: bool) -> PendingState {
        match &self.stored.failed {
            Some(problem) => PendingState::NotSent(problem.clone()),
            None if live => PendingState::Sending,
            None => PendingState::WaitingForNetwork,
        }
    }

    fn drawn(&self, body: &str, live: bool) -> Pending {
        Pending {
            client_key: self.stored.client_key,
            body: Body::stored(body.to_owned()),
            made_at: self.stored.made_at,
            state: self.state(live),
        }
    }
}

fn edited(queued: &Queued) -> Option<Target> {
    match &queued.stored.command {
        Command::Edit(edit) => Some(edit.target),
        _ => None,
    }
}

/// What somebody wrote is kept when it is refused.
fn is_text(command: &Command) -> bool {
    matches!(command, Command::Send(_) | Command::Edit(_))
}

/// The message that a command changes.
fn target_of(command: &Command) -> Option<Target> {
    match command {
        Command::Edit(edit) => Some(edit.target),
        Command::Delete(delete) => Some(delete.target),
        Command::React(react) => Some(react.target),
        _ => None,
    }
}

fn queued(stored: Stored) -> Queued {
    Queued {
        stored,
        sent: None,
        unanswered: (0, 0),
        not_before: 0,
        tries: 0,
        accepted: None,
        again: false,
    }
}

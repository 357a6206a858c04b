//! The hub's one task.

use super::seats::Seat;
use super::switchboard::{ConnectionId, Line, Switchboard, Tie};
use crate::{
    server::writer::{Committed, Publication, Told},
    wire::{RoomId, UserId},
};
use axum::body::Bytes;
use tokio::{
    sync::{mpsc, oneshot},
    task::yield_now,
};

/// With so much told since who waits longest had something, the next commit waits until
/// they are called: a queue that overflows is to be its reader's doing, not that of our order.
const BEHIND_MAX_TOLD: u64 = 64;

/// What connections ask of the hub. `done` is answered when it is so.
pub(super) enum Request {
    Register {
        line: Line,
        seat: Seat,
        done: oneshot::Sender<()>,
    },
    Memberships {
        user: UserId,
        by: ConnectionId,
        read: Vec<Tie>,
        done: oneshot::Sender<()>,
    },
    Settle {
        done: oneshot::Sender<()>,
    },
    Tell {
        user: UserId,
        id: ConnectionId,
        frame: Bytes,
    },
}

/// A connection that is over.
pub(super) struct Goodbye {
    pub user: UserId,
    pub id: ConnectionId,
}

pub struct HubTask {
    publications: mpsc::Receiver<Publication>,
    requests: mpsc::Receiver<Request>,
    goodbyes: mpsc::UnboundedReceiver<Goodbye>,
    switchboard: Switchboard,
}

impl HubTask {
    pub(super) fn new(
        publications: mpsc::Receiver<Publication>,
        requests: mpsc::Receiver<Request>,
        goodbyes: mpsc::UnboundedReceiver<Goodbye>,
    ) -> Self {
        Self {
            publications,
            requests,
            goodbyes,
            switchboard: Switchboard::default(),
        }
    }

    /// Runs until the writer and all handles of the hub are gone.
    pub async fn run(mut self) {
        loop {
            let has_calls = !self.switchboard.calls.is_empty();
            let may_publish = self.switchboard.calls.behind() < BEHIND_MAX_TOLD;
            tokio::select! {
                // In this order: what is published joins what is about to be written.
                biased;
                () = yield_now(), if has_calls => self.switchboard.calls.call_some(),
                Some(publication) = self.publications.recv(), if may_publish => self.publish(publication),
                Some(request) = self.requests.recv() => {
                    self.catch_up();
                    self.serve(request);
                }
                Some(Goodbye { user, id }) = self.goodbyes.recv() => self.switchboard.unregister(user, id),
                else => return,
            }
        }
    }

    /// The loop's turns one by one, for who takes them by hand: each does the next
    /// thing of its kind, and is false where there is none.
    #[cfg(test)]
    pub fn publish_next(&mut self) -> bool {
        let next = self.publications.try_recv();
        next.map(|publication| self.publish(publication)).is_ok() && self.call_all()
    }

    #[cfg(test)]
    pub fn serve_next(&mut self) -> bool {
        let Ok(request) = self.requests.try_recv() else {
            return false;
        };
        self.catch_up();
        self.serve(request);
        self.call_all()
    }

    /// Who takes the turns by hand decides who writes when.
    #[cfg(test)]
    fn call_all(&mut self) -> bool {
        while !self.switchboard.calls.is_empty() {
            self.switchboard.calls.call_some();
        }
        true
    }

    #[cfg(test)]
    pub fn bury_next(&mut self) -> bool {
        let next = self.goodbyes.try_recv();
        next.map(|Goodbye { user, id }| self.switchboard.unregister(user, id))
            .is_ok()
    }

    /// Publications, requests and goodbyes that wait.
    #[cfg(test)]
    pub fn waiting(&self) -> (usize, usize, usize) {
        (self.publications.len(), self.requests.len(), self.goodbyes.len())
    }

    /// Publishes what waits. The writer publishes a commit before it answers for it, so
    /// whoever asks something on the strength of an answer finds its commit told.
    fn catch_up(&mut self) {
        for _ in 0..self.publications.len() {
            let Ok(publication) = self.publications.try_recv() else {
                return;
            };
            self.publish(publication);
        }
    }

    fn publish(&mut self, publication: Publication) {
        match publication {
            Publication::Resync => self.switchboard.resync(),
            Publication::Batch(batch) => {
                let told = batch.len();
                self.tell_all(batch.into_iter().map(Committed::into_inner));
                self.switchboard.calls.count(told);
            }
        }
    }

    /// In order; messages of one room that follow each other are told together.
    fn tell_all(&mut self, told: impl Iterator<Item = Told>) {
        let mut told = told.peekable();
        while let Some(first) = told.next() {
            let Told::Room(first) = first else {
                self.tell(first);
                continue;
            };
            if first.row.is_none() {
                self.switchboard.room(first);
                continue;
            }
            let room = first.room;
            let mut run = vec![first];
            while let Some(Told::Room(next)) = told.next_if(|told| is_message_of(told, room)) {
                run.push(next);
            }
            self.switchboard.messages(room, run);
        }
    }

    fn tell(&mut self, told: Told) {
        match told {
            Told::Room(event) => self.switchboard.room(event),
            Told::User { user, event } => self.switchboard.user(user, event),
            Told::Person { person, rooms } => self.switchboard.person(person, &rooms),
            Told::SessionsEnded { user, sessions } => self.switchboard.end_sessions(user, &sessions),
            Told::Banned { user } => self.switchboard.ban(user),
        }
    }

    fn serve(&mut self, request: Request) {
        // Who asked may have gone meanwhile; their connection is unregistered by its drop.
        match request {
            Request::Register { line, seat, done } => {
                self.switchboard.register(line, seat);
                let _gone = done.send(());
            }
            Request::Memberships { user, by, read, done } => {
                self.switchboard.memberships(user, by, read);
                let _gone = done.send(());
            }
            Request::Settle { done } => {
                let _gone = done.send(());
            }
            Request::Tell { user, id, frame } => self.switchboard.tell(user, id, &frame),
        }
    }
}

/// Its entry makes or changes a message, and nobody's membership.
fn is_message_of(told: &Told, room: RoomId) -> bool {
    matches!(told, Told::Room(event) if event.room == room && event.row.is_some())
}

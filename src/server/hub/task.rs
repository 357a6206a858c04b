//! The hub's one task.

use super::{
    ring::RingBounds,
    seats::Seat,
    subscription::Subscription,
    subscriptions::{ConnectionId, Line, Subscriptions, Tie},
};
use crate::{
    server::{
        clock::Ambience,
        writer::{Committed, Publication, Told},
    },
    wire::{ClientKey, Millis, RoomId, UserId},
};
use axum::body::Bytes;
use futures_util::future::{BoxFuture, FutureExt};
use std::sync::Arc;
use tokio::{
    sync::{mpsc, oneshot},
    task::yield_now,
};

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
    Reply {
        subscription: Arc<Subscription>,
        /// The command that it answers, if that has a key.
        command: Option<(Option<RoomId>, ClientKey)>,
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
    subscriptions: Subscriptions,
    ambience: Ambience,
}

impl HubTask {
    pub(super) fn new(
        publications: mpsc::Receiver<Publication>,
        requests: mpsc::Receiver<Request>,
        goodbyes: mpsc::UnboundedReceiver<Goodbye>,
        bounds: RingBounds,
        ambience: Ambience,
    ) -> Self {
        Self {
            publications,
            requests,
            goodbyes,
            subscriptions: Subscriptions::new(bounds),
            ambience,
        }
    }

    /// Runs until the writer and all handles of the hub are gone.
    pub async fn run(mut self) {
        let mut expiry: Option<BoxFuture<'static, ()>> = None;
        loop {
            if expiry.is_none() {
                expiry = self.next_expiry();
            }
            let has_to_wake = !self.subscriptions.wake_queue.is_empty();
            tokio::select! {
                // In this order: what is published joins what is about to be written.
                biased;
                () = yield_now(), if has_to_wake => self.subscriptions.wake_queue.wake_some(),
                Some(publication) = self.publications.recv() => self.publish(publication),
                Some(request) = self.requests.recv() => {
                    self.catch_up();
                    self.serve(request);
                }
                Some(Goodbye { user, id }) = self.goodbyes.recv() => self.subscriptions.unregister(user, id),
                Some(()) = due(&mut expiry) => {
                    expiry = None;
                    self.expire();
                }
                else => return,
            }
        }
    }

    /// Drops frames that are too old. Their texts must not stay because nobody publishes.
    pub fn expire(&mut self) {
        self.subscriptions.rings.expire(self.ambience.now());
    }

    fn next_expiry(&self) -> Option<BoxFuture<'static, ()>> {
        let at = self.subscriptions.rings.expire_at(self.ambience.now())?;
        let clock = self.ambience.clock.clone();
        Some(async move { clock.sleep_until(at).await }.boxed())
    }

    /// The loop's turns one by one, for who takes them by hand: each does the next
    /// thing of its kind, and is false where there is none.
    #[cfg(test)]
    pub fn publish_next(&mut self) -> bool {
        let next = self.publications.try_recv();
        next.map(|publication| self.publish(publication)).is_ok() && self.wake_all()
    }

    #[cfg(test)]
    pub fn serve_next(&mut self) -> bool {
        let Ok(request) = self.requests.try_recv() else {
            return false;
        };
        self.catch_up();
        self.serve(request);
        self.wake_all()
    }

    /// Who takes the turns by hand decides who writes when.
    #[cfg(test)]
    fn wake_all(&mut self) -> bool {
        while !self.subscriptions.wake_queue.is_empty() {
            self.subscriptions.wake_queue.wake_some();
        }
        true
    }

    #[cfg(test)]
    pub fn bury_next(&mut self) -> bool {
        let next = self.goodbyes.try_recv();
        next.map(|Goodbye { user, id }| self.subscriptions.unregister(user, id))
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
            Publication::Reopened(found) => {
                self.subscriptions.clear_rings();
                self.publish_all(found);
            }
            Publication::Batch(batch) => self.publish_all(batch),
        }
    }

    /// In order; messages of one room that follow each other are published together.
    fn publish_all(&mut self, batch: Vec<Committed<Told>>) {
        let now = self.ambience.now();
        let mut told = batch.into_iter().map(Committed::into_inner).peekable();
        while let Some(first) = told.next() {
            let Told::Room(first) = first else {
                self.publish_one(first, now);
                continue;
            };
            if first.row.is_none() {
                self.subscriptions.room(first, now);
                continue;
            }
            let room = first.room;
            let mut run = vec![first];
            while let Some(Told::Room(next)) = told.next_if(|told| is_message_of(told, room)) {
                run.push(next);
            }
            self.subscriptions.messages(room, run, now);
        }
    }

    fn publish_one(&mut self, told: Told, now: Millis) {
        match told {
            Told::Room(event) => self.subscriptions.room(event, now),
            Told::User { user, event } => self.subscriptions.user(user, event),
            Told::Person { person, rooms } => self.subscriptions.person(person, &rooms),
            Told::SessionsEnded { user, sessions } => self.subscriptions.end_sessions(user, &sessions),
            Told::Banned { user } => self.subscriptions.ban(user),
        }
    }

    fn serve(&mut self, request: Request) {
        // Who asked may have gone meanwhile; their connection is unregistered by its drop.
        match request {
            Request::Register { line, seat, done } => {
                self.subscriptions.register(line, seat);
                let _gone = done.send(());
            }
            Request::Memberships { user, by, read, done } => {
                self.subscriptions.memberships(user, by, read);
                let _gone = done.send(());
            }
            Request::Settle { done } => {
                let _gone = done.send(());
            }
            Request::Reply {
                subscription,
                command,
                frame,
            } => {
                let is_first = match command {
                    Some((room, key)) => subscription.answer(room, key, frame),
                    None => subscription.reply(frame),
                };
                if is_first {
                    self.subscriptions.wake_queue.push(&subscription);
                }
            }
        }
    }
}

/// Its entry makes or changes a message, and nobody's membership.
fn is_message_of(told: &Told, room: RoomId) -> bool {
    matches!(told, Told::Room(event) if event.room == room && event.row.is_some())
}

/// When the moment has come; never, where none is waited for.
async fn due(moment: &mut Option<BoxFuture<'static, ()>>) -> Option<()> {
    moment.as_mut()?.await;
    Some(())
}

//! Fan-out: what was committed reaches every connection that may receive it, each room in the
//! order of commits, and nothing reaches a connection that is not stored.
//!
//! One task publishes what the writer commits, and never waits for a socket or for the store.
//! Entries go into the [rings](ring) of their rooms, once for all readers; each connection
//! has a [`Subscription`] that says where it is behind, and pulls from the rings as fast as
//! its socket takes bytes. A burst therefore costs a reader time and never its connection.

mod lane;
mod ring;
mod seats;
mod slots;
mod subscription;
mod subscriptions;
mod task;
#[cfg(test)]
mod tests;
mod wake_queue;

pub use ring::RingBounds;
pub use seats::{CONNECTIONS_MAX, Seat, Seats};
pub use subscription::{Ending, Next, Subscription, WRITE_MAX_BYTES};
pub use subscriptions::{ConnectionId, Tie};
pub use task::HubTask;

use crate::{
    server::{
        clock::Ambience,
        error::{Error, Result},
        writer::{PUBLICATIONS_MAX, Publication},
    },
    wire::{ClientKey, Level, RoomId, ServerItem, SessionId, UserId, frame},
};
use axum::body::Bytes;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use subscriptions::Line;
use task::{Goodbye, Request};
use tokio::sync::{mpsc, oneshot};

/// Requests of connections that may wait for the hub; beyond, the connections wait.
const REQUESTS_MAX: usize = 1_024;

/// Handle of the hub's task.
#[derive(Clone)]
pub struct Hub {
    requests: mpsc::Sender<Request>,
    /// Has no bound of its own: one message per connection, whose seats are counted.
    goodbyes: mpsc::UnboundedSender<Goodbye>,
    seats: Seats,
    ids: Arc<AtomicU64>,
    /// Connections draw the order of their sources from it.
    #[cfg(test)]
    shuffle: Option<u64>,
}

/// A registered connection, until it is dropped.
pub struct Connection {
    line: Line,
    requests: mpsc::Sender<Request>,
    goodbyes: mpsc::UnboundedSender<Goodbye>,
}

#[derive(Debug, thiserror::Error)]
#[error("the hub has stopped")]
struct Stopped;

impl Hub {
    /// The handle, the writer's end of the channel, and the task, which is to be run.
    pub fn open(bounds: RingBounds, ambience: Ambience) -> (Self, mpsc::Sender<Publication>, HubTask) {
        let (publish, publications) = mpsc::channel(PUBLICATIONS_MAX);
        let (requests, asked) = mpsc::channel(REQUESTS_MAX);
        let (goodbyes, gone) = mpsc::unbounded_channel();
        let hub = Self {
            requests,
            goodbyes,
            seats: Seats::default(),
            ids: Arc::default(),
            #[cfg(test)]
            shuffle: None,
        };
        let task = HubTask::new(publications, asked, gone, bounds, ambience);
        (hub, publish, task)
    }

    /// Has each connection take what waits for it in an order drawn from this seed.
    #[cfg(test)]
    #[must_use]
    pub fn shuffling(self, seed: u64) -> Self {
        let shuffle = Some(seed);
        Self { shuffle, ..self }
    }

    /// A place for one more connection, before anything is made for it.
    ///
    /// # Errors
    /// [`Problem::TooMany`](crate::wire::Problem::TooMany).
    pub fn seat(&self, user: UserId, per_user_max: u32) -> Result<Seat> {
        Ok(self.seats.take(user, per_user_max)?)
    }

    /// Registers a connection of a client of this level. From its return on, what is published
    /// of the user's memberships, sign-ins and ban takes effect on it; rooms are received only
    /// after [`Connection::hears`].
    pub async fn register(&self, user: UserId, session: SessionId, seat: Seat, level: Level) -> Result<Connection> {
        let id = self.ids.fetch_add(1, Ordering::Relaxed);
        let line = Line {
            id: ConnectionId::nth(id),
            user,
            session,
            subscription: Arc::new(self.subscription(level, id)),
        };
        // Made before the request goes out, so that a caller who gives up undoes it.
        let connection = Connection {
            line: line.clone(),
            requests: self.requests.clone(),
            goodbyes: self.goodbyes.clone(),
        };
        ask(&self.requests, |done| Request::Register { line, seat, done }).await?;
        Ok(connection)
    }

    #[cfg(not(test))]
    #[expect(clippy::unused_self, reason = "the simulator's order is drawn by the hub")]
    fn subscription(&self, level: Level, _: u64) -> Subscription {
        Subscription::of(level)
    }

    #[cfg(test)]
    fn subscription(&self, level: Level, id: u64) -> Subscription {
        match self.shuffle {
            Some(seed) => Subscription::shuffled(level, seed.wrapping_add(id)),
            None => Subscription::of(level),
        }
    }
}

impl Connection {
    pub fn id(&self) -> ConnectionId {
        self.line.id
    }

    pub fn subscription(&self) -> &Subscription {
        &self.line.subscription
    }

    /// Hands in the user's rooms as they were read after [`Hub::register`]. From its
    /// return on, every entry of them is received; heads are to be read after it.
    pub async fn hears(&self, read: Vec<Tie>) -> Result<()> {
        let (user, by) = (self.line.user, self.line.id);
        ask(&self.requests, |done| Request::Memberships { user, by, read, done }).await
    }

    /// Returns when all that was committed before is published.
    pub async fn settle(&self) -> Result<()> {
        ask(&self.requests, |done| Request::Settle { done }).await
    }

    /// Answers a command, or says something to this connection alone, after all that was
    /// committed before is published. The client may receive it before that all the same.
    pub async fn reply(&self, command: Option<(Option<RoomId>, ClientKey)>, item: &ServerItem) -> Result<()> {
        let request = Request::Reply {
            subscription: self.line.subscription.clone(),
            command,
            frame: encode(item),
        };
        self.requests.send(request).await.map_err(|_| stopped())
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // Cut first: a goodbye that overtakes its registration finds nothing to undo,
        // and the registration then finds the subscription cut.
        self.line.subscription.cut(Ending::Lost);
        let _stopped = self.goodbyes.send(Goodbye {
            user: self.line.user,
            id: self.line.id,
        });
    }
}

async fn ask(requests: &mpsc::Sender<Request>, request: impl FnOnce(oneshot::Sender<()>) -> Request) -> Result<()> {
    let (done, answer) = oneshot::channel();
    requests.send(request(done)).await.map_err(|_| stopped())?;
    answer.await.map_err(|_| stopped())
}

fn stopped() -> Error {
    Error::fault("asking the hub", Stopped)
}

/// A frame with one item that is the same at every level.
pub fn encode(item: &ServerItem) -> Bytes {
    frame::frame([item]).into()
}

/// A frame with one item; none where clients of this level do not know the item.
pub fn encode_at(item: &ServerItem, level: Level) -> Option<Bytes> {
    item.pack_at(level).map(|item| frame::frame_of(&item).into())
}

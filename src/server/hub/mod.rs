//! Fan-out: what was committed reaches every connection that may hear it, in the
//! order of commits, and nothing reaches a connection that is not stored.
//!
//! One task holds who listens to what. It takes publications from the writer and
//! requests from connections, and it never waits for a socket or for the store:
//! each connection has a bounded [`Outlet`], and who does not empty it starts over.

mod calls;
mod outlet;
mod seats;
mod slots;
mod switchboard;
mod task;
#[cfg(test)]
mod tests;

pub use outlet::{Ending, Next, Outlet};
pub use seats::{CONNECTIONS_MAX, Seat, Seats};
pub use switchboard::{ConnectionId, Tie, encode};
pub use task::HubTask;

use crate::{
    server::{
        error::{Error, Result},
        writer::{PUBLICATIONS_MAX, Publication},
    },
    wire::{ServerItem, SessionId, UserId, limits::CONNECTION_QUEUE_MAX_FRAMES},
};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use switchboard::Line;
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
    /// How many frames wait for one connection at most.
    frames_max: usize,
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
    pub fn open() -> (Self, mpsc::Sender<Publication>, HubTask) {
        Self::open_within(CONNECTION_QUEUE_MAX_FRAMES as usize)
    }

    /// [`Hub::open`] with another bound to what waits for one connection.
    pub fn open_within(frames_max: usize) -> (Self, mpsc::Sender<Publication>, HubTask) {
        let (publish, publications) = mpsc::channel(PUBLICATIONS_MAX);
        let (requests, asked) = mpsc::channel(REQUESTS_MAX);
        let (goodbyes, gone) = mpsc::unbounded_channel();
        let hub = Self {
            requests,
            goodbyes,
            seats: Seats::default(),
            ids: Arc::default(),
            frames_max,
        };
        (hub, publish, HubTask::new(publications, asked, gone))
    }

    /// A place for one more connection, before anything is made for it.
    ///
    /// # Errors
    /// [`Problem::TooMany`](crate::wire::Problem::TooMany).
    pub fn seat(&self, user: UserId, per_user_max: u32) -> Result<Seat> {
        Ok(self.seats.take(user, per_user_max)?)
    }

    /// Registers a connection. From its return on, what is published of the user's
    /// memberships, sign-ins and ban takes effect on it; rooms are heard only after
    /// [`Connection::hears`].
    pub async fn register(&self, user: UserId, session: SessionId, seat: Seat) -> Result<Connection> {
        let line = Line {
            id: ConnectionId::nth(self.ids.fetch_add(1, Ordering::Relaxed)),
            user,
            session,
            outlet: Arc::new(Outlet::of(self.frames_max)),
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
}

impl Connection {
    pub fn id(&self) -> ConnectionId {
        self.line.id
    }

    pub fn outlet(&self) -> &Outlet {
        &self.line.outlet
    }

    /// Hands in the user's rooms as they were read after [`Hub::register`]. From its
    /// return on, every entry of them is queued; heads are to be read after it.
    pub async fn hears(&self, read: Vec<Tie>) -> Result<()> {
        let (user, by) = (self.line.user, self.line.id);
        ask(&self.requests, |done| Request::Memberships { user, by, read, done }).await
    }

    /// Returns when all that was committed before is queued.
    pub async fn settle(&self) -> Result<()> {
        ask(&self.requests, |done| Request::Settle { done }).await
    }

    /// Says something to this connection alone, after all that was committed before.
    pub async fn tell(&self, item: &ServerItem) -> Result<()> {
        let request = Request::Tell {
            user: self.line.user,
            id: self.line.id,
            frame: encode(item),
        };
        self.requests.send(request).await.map_err(|_| stopped())
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // Cut first: a goodbye that overtakes its registration finds nothing to undo,
        // and the registration then finds the outlet cut.
        self.line.outlet.cut(Ending::Lost);
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

//! Runs of messages: checked, numbered and stored with a constant number of statements.
//!
//! An fsync is shared by a whole batch; here the statements are shared as well, since
//! at many messages a second they, not the disk, are what takes the time.

mod number;
mod sql;

use super::{
    batch::Batch,
    told::Told,
    wish::{Digest, Wish},
};
use crate::{
    rules::mentions,
    server::{
        error::{Error, Fault, Result},
        sessions::Signed,
    },
    wire::{Body, ClientKey, RoomId, event::Accepted},
};
use tokio::sync::oneshot;

/// A message whose verb has parsed it. Whether its author may say it is decided by the
/// batch.
#[derive(Debug)]
pub struct ReadySend {
    wish: Wish,
    room: RoomId,
    body: Body,
    /// The usernames that the body may mention, to be looked up at the commit.
    names: Vec<String>,
}

impl ReadySend {
    pub fn new(who: &Signed, key: ClientKey, room: RoomId, body: Body) -> Self {
        let digest = Digest::of("send", &[room.as_bytes(), body.as_str().as_bytes()]);
        Self {
            wish: Wish::new(who, key, digest),
            room,
            names: mentions::candidates(body.as_str()),
            body,
        }
    }
}

/// What a send came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub accepted: Accepted,
    /// The key was known: this is its first answer again.
    pub again: bool,
}

pub struct PendingSend {
    send: ReadySend,
    outcome: Option<Result<Sent>>,
    reply: oneshot::Sender<Result<Sent>>,
}

impl PendingSend {
    pub(super) fn new(send: ReadySend) -> (Self, oneshot::Receiver<Result<Sent>>) {
        let (reply, answer) = oneshot::channel();
        let pending = Self {
            send,
            outcome: None,
            reply,
        };
        (pending, answer)
    }

    pub(super) fn fail(&mut self, fault: Fault) {
        self.outcome = Some(Err(Error::Fault(fault)));
    }

    pub(super) fn forget(&mut self) {
        self.outcome = None;
    }

    pub(super) fn answer(self) {
        if let Some(outcome) = self.outcome {
            // Who asked may have gone; the message stands all the same.
            drop(self.reply.send(outcome));
        }
    }
}

/// Stores a run of messages in the order of the queue. Refusals are outcomes of single
/// sends and found before anything is written; a fault is one of the whole run.
pub(super) async fn apply(batch: &mut Batch<'_>, mut run: Vec<&mut PendingSend>) -> Result<(), Fault> {
    let sends: Vec<&ReadySend> = run.iter().map(|pending| &pending.send).collect();
    let ground = sql::look(batch.conn, batch.now, &sends).await.map_err(fault)?;
    let (outcomes, fresh) = number::number(batch, &sends, ground);
    sql::store(batch.conn, &fresh).await.map_err(fault)?;
    for (pending, outcome) in run.iter_mut().zip(outcomes) {
        pending.outcome = Some(outcome.map_err(Error::Problem));
    }
    for event in fresh.events {
        batch.tell(Told::Room(event));
    }
    Ok(())
}

fn fault(source: sqlx::Error) -> Fault {
    Fault {
        doing: "storing a run of messages",
        source: source.into(),
    }
}

//! Which message a command is about, and whether it is there for who asks.

use super::sql::{self, TargetRow};
use crate::{
    server::{
        error::{Error, Result},
        memberships::{Member, access},
        sessions::Signed,
        writer::{self, Wish},
    },
    wire::{Ordinal, Problem, RoomId, Target, event::Accepted},
};
use sqlx::SqliteConnection;

/// Who asks, and for which message.
#[derive(Debug, Clone, Copy)]
pub struct Aim {
    pub who: Signed,
    pub room: RoomId,
    pub target: Target,
}

/// A message that is there, and the proof that its room may be written to.
#[derive(Debug)]
pub struct Aimed {
    pub member: Member,
    pub row: TargetRow,
}

impl Aim {
    pub fn ordinal(&self) -> Ordinal {
        self.target.ordinal
    }

    /// What a command means by it, for its digest.
    pub fn meant(&self) -> [u8; 40] {
        let mut bytes = [0; 40];
        bytes[..16].copy_from_slice(self.room.as_bytes());
        bytes[16..24].copy_from_slice(&self.target.ordinal.0.to_le_bytes());
        bytes[24..].copy_from_slice(self.target.key.as_bytes());
        bytes
    }

    /// # Errors
    /// `Gone` if the room is not theirs, or the message is not there or not the one that
    /// was meant; `MessageDeleted`.
    pub async fn find(&self, conn: &mut SqliteConnection) -> Result<Aimed> {
        let member = access(conn, &self.who, self.room).await?;
        let row = sql::find_target(conn, self.room, &self.target)
            .await?
            .ok_or(Error::Problem(Problem::Gone))?;
        if row.deleted {
            return Err(Problem::MessageDeleted.into());
        }
        Ok(Aimed { member, row })
    }
}

/// What a first look comes to: nothing, if the wish may go to the writer. A refusal
/// gives way to the first answer of a wish that was fulfilled before, also for who has
/// left since, and for a message that was deleted since, by this very wish perhaps.
///
/// # Errors
/// The refusal; `KeyReused`.
pub async fn settle<T: Send>(conn: &mut SqliteConnection, wish: &Wish, looked: Result<T>) -> Result<Option<Accepted>> {
    match looked {
        Ok(_) => Ok(None),
        Err(Error::Problem(problem)) => match writer::find_first_answer(conn, wish).await? {
            Some(first) => Ok(Some(first)),
            None => Err(problem.into()),
        },
        Err(fault) => Err(fault),
    }
}

//! Who is in which room: the proof of it, and coming and going.

mod change;
pub mod http;
pub(in crate::server) mod sql;
#[cfg(test)]
mod tests;

use super::{
    error::{Error, Result},
    sessions::Signed,
};
use crate::wire::{
    Ordinal, Problem, RoomId, RoomKind, SessionId, UserId,
    membership::{RoomMember, RoomRole},
};
use sqlx::SqliteConnection;

pub use change::{add, admit, end_all, join, leave, remove};

/// People of one list.
pub const MEMBERS_PAGE_SIZE: u32 = 1_000;

/// Proof that somebody was in a room at the moment of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    signed: Signed,
    room: RoomId,
    kind: RoomKind,
    role: RoomRole,
    joined: Ordinal,
}

impl Member {
    pub fn signed(&self) -> &Signed {
        &self.signed
    }

    pub fn user(&self) -> UserId {
        self.signed.user()
    }

    pub fn session(&self) -> SessionId {
        self.signed.session()
    }

    pub fn room(&self) -> RoomId {
        self.room
    }

    pub fn kind(&self) -> RoomKind {
        self.kind
    }

    pub fn role(&self) -> RoomRole {
        self.role
    }

    /// What was said up to here was said before they came.
    pub fn joined(&self) -> Ordinal {
        self.joined
    }
}

/// The only maker of [`Member`].
///
/// # Errors
/// `Gone`, whether the room never existed, they were never in it or are no longer.
pub async fn access(conn: &mut SqliteConnection, who: &Signed, room: RoomId) -> Result<Member> {
    let standing = sql::find_standing(conn, room, who.user())
        .await?
        .ok_or(Error::Problem(Problem::Gone))?;
    Ok(Member {
        signed: *who,
        room,
        kind: standing.kind,
        role: standing.role,
        joined: standing.joined_ordinal,
    })
}

/// The people of the room, those who came first in front; at most [`MEMBERS_PAGE_SIZE`].
pub async fn list_members(conn: &mut SqliteConnection, member: &Member) -> Result<Vec<RoomMember>> {
    Ok(sql::list_members(conn, member.room(), MEMBERS_PAGE_SIZE).await?)
}

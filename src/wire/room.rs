//! Rooms: their kinds and their names.

use super::{
    ids::{Cursor, Ordinal, RoomId, UserId},
    limits::ROOM_NAME_MAX_CHARS,
    membership::RoomRole,
    person::visible_name,
    problem::Problem,
};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RoomKind {
    /// Anybody on this server may find it and join.
    Open,
    /// By invitation of a member.
    Closed,
    /// Between two people.
    Direct,
}

/// A name that can be read: 1 to 64 characters, one of them visible, no control
/// characters, no bidirectional overrides, runs of blanks folded.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RoomName(String);

impl RoomName {
    /// # Errors
    /// `NameEmpty`, `NameTooLong` or `NameUnreadable`.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        visible_name(text, ROOM_NAME_MAX_CHARS).map(Self)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where a room's log ends, as `Welcome` tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomHead {
    pub room: RoomId,
    pub cursor: Cursor,
    pub ordinal: Ordinal,
}

/// What a room is called and what the reader is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomMeta {
    pub kind: RoomKind,
    /// Empty for a direct room: it is shown under the other person's name.
    pub name: String,
    /// The other person of a direct room.
    pub with: Option<UserId>,
    pub role: RoomRole,
}

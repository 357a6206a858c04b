//! Wire levels: which frame items and forms a client understands.
//!
//! The server keeps speaking the level of the previous release. Entries and values of the
//! user log are dense logs, so every client receives those it does not know as bytes; a
//! level governs everything else.

use super::{
    envelope::{Envelope, Enveloped},
    event::ServerItem,
    fetch::Answer,
    level1,
};
use serde::{Deserialize, Serialize};

/// The wire level that a client names in its hello and in each question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Level(pub u8);

impl Level {
    /// Clients of 0.1.0, which name no level.
    pub const FIRST: Self = Self(1);
    /// What this build writes and reads.
    pub const CURRENT: Self = Self(2);
}

impl ServerItem {
    /// The item in the form of this level; none if the level has no such item.
    pub fn pack_at(&self, level: Level) -> Option<Envelope> {
        if level > Level::FIRST {
            return Some(self.pack());
        }
        match self {
            Self::User(event) => Some(level1::user_event(event)),
            Self::Acknowledged(_) | Self::Advance(_) | Self::Heads(_) => None,
            Self::Welcome(_)
            | Self::WelcomeRooms(_)
            | Self::Room(_)
            | Self::Directory(_)
            | Self::Accepted(_)
            | Self::Rejected(_)
            | Self::TooFast(_)
            | Self::Pong(_)
            | Self::RoomGone(_) => Some(self.pack()),
        }
    }
}

impl Answer {
    /// The answer in the form of this level.
    pub fn pack_at(self, level: Level) -> Envelope {
        match self {
            Self::CaughtUp(caught_up) if level <= Level::FIRST => level1::caught_up(caught_up),
            other => other.pack(),
        }
    }
}

//! What the writer hands to the hub after a commit.

use crate::wire::{Person, RoomEvent, RoomId, SessionId, UserId, event::UserEvent};
use std::ops::Deref;

/// One thing that became true, and whom it concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// To the members of the room.
    Room(RoomEvent),
    /// To the devices of one user.
    User { user: UserId, event: UserEvent },
    /// To all who share a room with the person: these are the person's rooms. The hub
    /// knows only the rooms of those who are online.
    Person { person: Person, rooms: Vec<RoomId> },
    /// These sign-ins are over.
    SessionsEnded { user: UserId, sessions: Vec<SessionId> },
    /// The user may not come back.
    Banned { user: UserId },
}

impl Told {
    /// Whether a text is gone that was there before.
    pub(super) fn takes_text_away(&self) -> bool {
        matches!(self, Self::Room(event) if event.takes_text_away())
    }
}

/// Proof that something is stored. Only the writer makes one, after the commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed<T>(T);

impl<T> Committed<T> {
    /// To be called after a commit that succeeded, and nowhere else.
    pub(super) fn after_commit(told: T) -> Self {
        Self(told)
    }

    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Committed<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// What goes through the one ordered channel to the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Publication {
    /// One commit, in the order of its writes.
    Batch(Vec<Committed<Told>>),
    /// A commit failed, and the store was opened again: this is what of that commit turned out to
    /// be stored.
    Reopened(Vec<Committed<Told>>),
}

//! Proof that somebody is signed in.

use crate::wire::{Millis, Problem, SessionId, UserId, membership::ServerRole};

/// Made by the sessions alone, from a token that was shown at a door. It tells who
/// it was then: the writer looks again before it writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signed {
    pub(super) user: UserId,
    pub(super) session: SessionId,
    pub(super) role: ServerRole,
    pub(super) expires_at: Millis,
}

impl Signed {
    pub fn user(&self) -> UserId {
        self.user
    }

    pub fn session(&self) -> SessionId {
        self.session
    }

    pub fn role(&self) -> ServerRole {
        self.role
    }

    /// When the session ends, unless it is used before.
    pub fn expires_at(&self) -> Millis {
        self.expires_at
    }

    /// # Errors
    /// `NotAllowed` for who is neither admin nor owner.
    pub fn demand_admin(&self) -> Result<(), Problem> {
        if self.role >= ServerRole::Admin {
            Ok(())
        } else {
            Err(Problem::NotAllowed)
        }
    }

    /// For tests that begin behind the door.
    #[cfg(test)]
    pub fn past_the_door(user: UserId, session: SessionId, role: ServerRole) -> Self {
        Self {
            user,
            session,
            role,
            expires_at: Millis(u64::MAX),
        }
    }
}

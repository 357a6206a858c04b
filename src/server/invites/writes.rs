//! What makes, uses and ends invites, inside a batch.

use super::sql::{self, NewInvite, Used};
use crate::{
    server::{
        error::Result,
        memberships,
        sessions::{CodeHash, Signed},
        users,
        writer::{Batch, Write},
    },
    wire::{InviteId, Millis, Problem, RoomId, RoomKind, UserId, membership::ServerRole},
};
use futures_util::{FutureExt, future::BoxFuture};

pub struct Make {
    pub who: Signed,
    pub code: CodeHash,
    pub room: Option<RoomId>,
    pub expires_at: Millis,
    pub uses_max: u32,
    pub open_max: u32,
}

impl Make {
    async fn run(&self, batch: &mut Batch<'_>) -> Result<InviteId> {
        demand_admin(batch, &self.who).await?;
        if let Some(room) = self.room {
            let member = memberships::access(batch.conn(), &self.who, room).await?;
            if member.kind() == RoomKind::Direct {
                return Err(Problem::NotAllowed.into());
            }
        }
        let now = batch.now();
        if sql::count_open(batch.conn(), now).await? >= self.open_max {
            return Err(Problem::TooMany { max: self.open_max }.into());
        }
        let invite = NewInvite {
            id: InviteId::new(now, batch.random()),
            code: self.code,
            made_by: self.who.user(),
            room: self.room,
            now,
            expires_at: self.expires_at,
            uses_max: self.uses_max,
        };
        sql::insert(batch.conn(), &invite).await?;
        Ok(invite.id)
    }
}

impl Write for Make {
    type Output = InviteId;

    fn apply<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, Result<InviteId>> {
        self.run(batch).boxed()
    }
}

pub struct Revoke {
    pub who: Signed,
    pub invite: InviteId,
}

impl Revoke {
    async fn run(&self, batch: &mut Batch<'_>) -> Result<()> {
        demand_admin(batch, &self.who).await?;
        if sql::revoke(batch.conn(), self.invite).await? {
            Ok(())
        } else {
            Err(Problem::Gone.into())
        }
    }
}

impl Write for Revoke {
    type Output = ();

    fn apply<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, Result<()>> {
        self.run(batch).boxed()
    }
}

/// Takes one use of an invite. All writes stand in one queue, so uses are counted
/// exactly however many come at once; what the larger write refuses later is given back.
///
/// # Errors
/// `InviteGone`.
pub async fn use_up(batch: &mut Batch<'_>, code: CodeHash) -> Result<Used> {
    let now = batch.now();
    sql::use_up(batch.conn(), code, now)
        .await?
        .ok_or_else(|| Problem::InviteGone.into())
}

/// Ends what somebody has handed out who may no longer.
pub async fn revoke_all_by(batch: &mut Batch<'_>, user: UserId) -> Result<()> {
    Ok(sql::revoke_all_by(batch.conn(), user).await?)
}

async fn demand_admin(batch: &mut Batch<'_>, who: &Signed) -> Result<()> {
    match users::demand_signed(batch, who).await?.role {
        ServerRole::Admin | ServerRole::Owner => Ok(()),
        ServerRole::Member => Err(Problem::NotAllowed.into()),
    }
}

//! What the watch wants stored, and the writes that store it.

use super::sql;
use crate::{
    server::{
        error::Result,
        writer::{Batch, Write},
    },
    wire::{
        DeviceId, EpisodeId, Millis, UserId,
        user_log::{Episode, UserValue},
    },
};
use futures_util::future::{BoxFuture, FutureExt};

/// Somebody sits at the device: its lease is renewed, and an absence that was not over
/// is over since `moment`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Here {
    pub user: UserId,
    pub device: DeviceId,
    pub renewed_at: Millis,
    pub moment: Millis,
}

/// Nobody has been there for long enough to call it an absence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone {
    pub user: UserId,
    pub last_active: Millis,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    Here(Here),
    Gone(Gone),
}

impl Deed {
    pub fn user(&self) -> UserId {
        match self {
            Self::Here(here) => here.user,
            Self::Gone(gone) => gone.user,
        }
    }

    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Gone(_))
    }
}

/// Different users who are here, at once: when a server comes back, so do they all, and a
/// few statements for everybody are what keeps that short.
pub struct AllHere(pub Vec<Here>);

impl Write for AllHere {
    type Output = ();
    const LEAVES_SESSIONS: bool = true;

    fn apply<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, Result<()>> {
        all_here(batch, &self.0).boxed()
    }
}

impl Write for Gone {
    type Output = ();
    const LEAVES_SESSIONS: bool = true;

    fn apply<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, Result<()>> {
        gone(batch, self.user, self.last_active).boxed()
    }
}

async fn all_here(batch: &mut Batch<'_>, all: &[Here]) -> Result<()> {
    sql::renew_leases(batch.conn(), all).await?;
    let episodes = sql::episodes(batch.conn(), all.iter().map(|here| here.user)).await?;
    let returned = sql::head_position(batch.conn()).await?;
    for (user, episode) in episodes {
        let here = all.iter().find(|here| here.user == user);
        if let Some(here) = here.filter(|_| episode.back.is_none()) {
            // In one transaction with the heads, so that every device shows the same card.
            sql::store_return(batch.conn(), user).await?;
            let over = Episode {
                back: Some(here.moment.max(episode.last_active)),
                returned: Some(returned),
                ..episode
            };
            batch.put_user_value(user, &UserValue::Episode(over)).await?;
        }
    }
    Ok(())
}

async fn gone(batch: &mut Batch<'_>, user: UserId, last_active: Millis) -> Result<()> {
    // Who never held a lease has not left.
    let Some(position) = sql::last_position(batch.conn(), user).await? else {
        return Ok(());
    };
    sql::store_left_vector(batch.conn(), user, position).await?;
    sql::drop_leases(batch.conn(), user).await?;
    let episode = Episode {
        episode: EpisodeId::new(batch.now(), batch.random()),
        last_active,
        back: None,
        returned: None,
    };
    batch.put_user_value(user, &UserValue::Episode(episode)).await?;
    Ok(())
}

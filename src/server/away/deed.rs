//! What the watch wants stored, and the writes that store it.

use super::{sql, watch::LEASE_MS};
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Somebody sits at the device: its lease is renewed, and an absence that was
    /// not over is over since `moment`.
    Here {
        user: UserId,
        device: DeviceId,
        renewed_at: Millis,
        moment: Millis,
    },
    /// Nobody has been there for long enough to call it an absence.
    Gone { user: UserId, last_active: Millis },
}

impl Deed {
    pub fn user(&self) -> UserId {
        match self {
            Self::Here { user, .. } | Self::Gone { user, .. } => *user,
        }
    }

    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Gone { .. })
    }
}

impl Write for Deed {
    type Output = ();

    fn apply<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, Result<()>> {
        match *self {
            Self::Here {
                user,
                device,
                renewed_at,
                moment,
            } => here(batch, user, device, renewed_at, moment).boxed(),
            Self::Gone { user, last_active } => gone(batch, user, last_active).boxed(),
        }
    }
}

async fn here(batch: &mut Batch<'_>, user: UserId, device: DeviceId, renewed_at: Millis, moment: Millis) -> Result<()> {
    let lapsed_before = Millis(renewed_at.0.saturating_sub(LEASE_MS));
    sql::renew_lease(batch.conn(), user, device, renewed_at, lapsed_before).await?;
    let Some(episode) = sql::episode(batch.conn(), user)
        .await?
        .filter(|episode| episode.back.is_none())
    else {
        return Ok(());
    };
    let over = Episode {
        back: Some(moment.max(episode.last_active)),
        ..episode
    };
    batch.put_user_value(user, &UserValue::Episode(over)).await?;
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
    };
    batch.put_user_value(user, &UserValue::Episode(episode)).await?;
    Ok(())
}

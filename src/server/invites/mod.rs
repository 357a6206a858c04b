//! Invites: links by which people come to this server.
//!
//! A code is shown once, to who made it; the store keeps its hash. Used up, expired,
//! revoked and never made are one answer.

pub mod http;
mod sql;
#[cfg(test)]
mod tests;
mod writes;

pub(in crate::server) use writes::{revoke_all_by, use_up};

use super::{
    app::App,
    error::Result,
    sessions::{CodeHash, LinkCode, Signed},
};
use crate::wire::{InviteId, Millis, Problem, RoomId};

/// People that one link may bring; a house that needs more makes a second link.
pub const USES_MAX: u32 = 1_000;
pub const LIFETIME_MAX_DAYS: u32 = 365;
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// What an invite is to be. Bounds are checked when it is made.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub uses_max: u32,
    /// None: as the operator decided.
    pub lifetime_days: Option<u32>,
    /// Joined at once by who comes.
    pub room: Option<RoomId>,
}

/// An invite whose link can be shown now and never again.
#[derive(Debug)]
pub struct Made {
    pub invite: InviteId,
    pub code: LinkCode,
    pub expires_at: Millis,
}

impl Made {
    /// The link to hand on.
    pub fn link(&self, app: &App) -> String {
        app.config.public_url().link(&format!("/join/{}", self.code.reveal()))
    }
}

/// What the page behind a link says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Welcoming {
    pub invited_by: String,
    pub room: Option<String>,
}

/// One line of the list of invites that can still be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InviteLine {
    pub invite: InviteId,
    pub made_by: String,
    pub leads_to: LeadsTo,
    pub created_at: Millis,
    pub expires_at: Millis,
    pub uses_max: u32,
    pub uses: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeadsTo {
    Server,
    Room(String),
    /// A room that the reader is not in, so its name is not told.
    OtherRoom,
}

/// Makes an invite. Admins and the owner do; to a room, only if they are in it.
///
/// # Errors
/// `NotAllowed`; `Gone` for a room one is not in; `TooMany` uses, days or open invites.
pub async fn make(app: &App, who: &Signed, wanted: &Wanted) -> Result<Made> {
    let days = wanted.lifetime_days.unwrap_or(app.config.invites.lifetime_days);
    demand_within(wanted.uses_max, USES_MAX)?;
    demand_within(days, LIFETIME_MAX_DAYS)?;
    let code = LinkCode::draw(&app.ambience);
    let expires_at = Millis(app.ambience.now().0 + u64::from(days) * DAY_MS);
    let write = writes::Make {
        who: *who,
        code: code.hash(),
        room: wanted.room,
        expires_at,
        uses_max: wanted.uses_max,
        open_max: app.config.invites.open_max,
    };
    let invite = app.writer.run(write).await?;
    Ok(Made {
        invite,
        code,
        expires_at,
    })
}

/// All invites of this server that can still be used.
///
/// # Errors
/// `NotAllowed` for who may not make any.
pub async fn list(app: &App, who: &Signed) -> Result<Vec<InviteLine>> {
    who.demand_admin()?;
    let rows = sql::list_open(&mut *app.store.read().await?, who.user(), app.ambience.now()).await?;
    Ok(rows
        .into_iter()
        .map(|row| InviteLine {
            invite: row.id,
            made_by: row.made_by_name,
            leads_to: match (row.room_name, row.has_room) {
                (Some(name), _) => LeadsTo::Room(name),
                (None, true) => LeadsTo::OtherRoom,
                (None, false) => LeadsTo::Server,
            },
            created_at: row.created_at,
            expires_at: row.expires_at,
            uses_max: row.uses_max,
            uses: row.uses,
        })
        .collect())
}

/// Makes a link good for nothing.
///
/// # Errors
/// `NotAllowed`; `Gone` if there never was such an invite.
pub async fn revoke(app: &App, who: &Signed, invite: InviteId) -> Result<()> {
    let who = *who;
    app.writer.run(writes::Revoke { who, invite }).await
}

/// What the page of a link shows, to whoever holds it.
///
/// # Errors
/// `InviteGone`.
pub async fn look(app: &App, code: &str) -> Result<Welcoming> {
    let code = LinkCode::parse(code).ok_or(Problem::InviteGone)?;
    let row = find(app, code.hash()).await?;
    Ok(Welcoming {
        invited_by: row.made_by_name,
        room: row.room_name,
    })
}

/// # Errors
/// `InviteGone`.
pub(in crate::server) async fn demand_usable(app: &App, code: CodeHash) -> Result<()> {
    find(app, code).await.map(drop)
}

async fn find(app: &App, code: CodeHash) -> Result<sql::UsableRow> {
    let row = sql::find_usable(&mut *app.store.read().await?, code, app.ambience.now()).await?;
    row.ok_or_else(|| Problem::InviteGone.into())
}

fn demand_within(number: u32, max: u32) -> Result<(), Problem> {
    match number {
        0 => Err(Problem::Malformed),
        _ if number > max => Err(Problem::TooMany { max }),
        _ => Ok(()),
    }
}

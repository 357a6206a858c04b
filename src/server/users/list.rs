//! The list of people, for who governs the server.

use super::{
    State,
    rights::{self, Deed, Standing},
    sql,
};
use crate::{
    server::{app::App, error::Result, sessions::Signed},
    wire::{Millis, Person, membership::ServerRole},
};

/// People of one page of the list for admins.
pub const PEOPLE_PAGE_SIZE: u32 = 200;

/// One line of the list of people, and what its reader may do about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonLine {
    pub person: Person,
    pub role: ServerRole,
    pub state: State,
    pub created_at: Millis,
    /// While no session of theirs is left: unknown.
    pub last_seen_at: Option<Millis>,
    pub may_change_role: bool,
    /// Remove, ban or readmit.
    pub may_end: bool,
    pub may_reset: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeoplePage {
    pub people: Vec<PersonLine>,
    /// Ask again with the last username.
    pub more: bool,
}

/// Everybody on this server, for who governs it, from the one after `after` on.
///
/// # Errors
/// `NotAllowed`.
pub async fn list_people(app: &App, who: &Signed, after: Option<&str>) -> Result<PeoplePage> {
    who.demand_admin()?;
    let mut conn = app.store.read().await?;
    let mut rows = sql::list(&mut conn, after.unwrap_or_default(), PEOPLE_PAGE_SIZE + 1).await?;
    let more = rows.len() as u64 > u64::from(PEOPLE_PAGE_SIZE);
    rows.truncate(PEOPLE_PAGE_SIZE as usize);
    let people = rows.into_iter().map(|row| line(who, row)).collect();
    Ok(PeoplePage { people, more })
}

fn line(who: &Signed, row: sql::UserRow) -> PersonLine {
    let actor = Standing {
        user: who.user(),
        role: who.role(),
    };
    let target = Standing {
        user: row.person.user,
        role: row.role,
    };
    let other_role = match row.role {
        ServerRole::Member => ServerRole::Admin,
        ServerRole::Admin | ServerRole::Owner => ServerRole::Member,
    };
    let may = |deed| rights::demand(actor, target, deed).is_ok();
    let active = row.state == State::Active;
    PersonLine {
        may_change_role: active && may(Deed::ChangeRole(other_role)),
        may_end: may(Deed::EndOrReadmit),
        may_reset: active && may(Deed::ResetPassword),
        person: row.person,
        role: row.role,
        state: row.state,
        created_at: row.created_at,
        last_seen_at: row.last_seen_at,
    }
}

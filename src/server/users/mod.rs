//! People: the first one, those who come by an invite, their roles, and their going.
//!
//! Nothing here looks into rooms. Server admins govern people and see only the rooms
//! that they are in.

#[cfg(test)]
mod doors;
pub mod http;
mod list;
mod passwords;
mod rights;
mod sql;
#[cfg(test)]
pub(in crate::server) mod testing;
#[cfg(test)]
mod tests;
mod writes;

pub use list::{PEOPLE_PAGE_SIZE, PeoplePage, PersonLine, list_people};
pub use passwords::{ResetLink, change_password, look_at_reset, make_reset, reset_password};
pub(in crate::server) use writes::demand_signed;

use super::{
    app::App,
    error::Result,
    sessions::{Browser, Entered, LinkCode, Password, Signed, Start},
};
use crate::wire::{
    Problem, UserId,
    membership::ServerRole,
    person::{PersonName, Username},
};

/// The room that set-up makes.
const FIRST_ROOM: &str = "general";

/// Whether somebody may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Active,
    Removed,
    Banned,
}

impl State {
    fn column(self) -> i64 {
        match self {
            Self::Active => 0,
            Self::Removed => 1,
            Self::Banned => 2,
        }
    }

    /// What is not known keeps somebody out.
    fn from_column(number: i64) -> Self {
        match number {
            0 => Self::Active,
            1 => Self::Removed,
            _ => Self::Banned,
        }
    }
}

/// What somebody says about themselves to get an account.
#[derive(Debug, Clone)]
pub struct NewPerson {
    name: PersonName,
    username: Username,
    password: Password,
}

impl NewPerson {
    /// # Errors
    /// The first part that cannot be used.
    pub fn parse(name: &str, username: &str, password: &str) -> Result<Self, Problem> {
        Ok(Self {
            name: PersonName::parse(name)?,
            username: Username::parse(username)?,
            password: Password::parse(password)?,
        })
    }
}

/// True once there is an account; from then on the set-up page is for nobody.
pub async fn is_set_up(app: &App) -> Result<bool> {
    Ok(sql::is_anybody_there(&mut *app.store.read().await?).await?)
}

/// Makes the first account, its owner, and the first room.
///
/// # Errors
/// `AlreadySetUp`, also for the slower of two at once.
pub async fn set_up(app: &App, person: NewPerson, browser: &Browser) -> Result<Entered> {
    if is_set_up(app).await? {
        return Err(Problem::AlreadySetUp.into());
    }
    let rooms_max = app.limits.rooms_per_user_max;
    let write = |newcomer, start| writes::SetUp {
        newcomer,
        start,
        rooms_max,
    };
    enter(app, person, browser, write).await
}

/// Makes an account with an invite, joins the room it names and the first open room,
/// so that nobody comes into an empty house.
///
/// # Errors
/// `InviteGone`, `UsernameTaken`.
pub async fn join_by_invite(app: &App, code: &str, person: NewPerson, browser: &Browser) -> Result<Entered> {
    let code = LinkCode::parse(code).ok_or(Problem::InviteGone)?.hash();
    // Before any work is put into a password.
    super::invites::demand_usable(app, code).await?;
    let rooms_max = app.limits.rooms_per_user_max;
    let write = |newcomer, start| writes::Join {
        code,
        newcomer,
        start,
        rooms_max,
    };
    enter(app, person, browser, write).await
}

async fn enter<W>(
    app: &App,
    person: NewPerson,
    browser: &Browser,
    write: impl FnOnce(writes::Newcomer, Start) -> W,
) -> Result<Entered>
where
    W: super::writer::Write<Output = writes::Arrived>,
{
    let newcomer = writes::Newcomer {
        name: person.name,
        username: person.username,
        password: app.gate.hasher.hash(person.password, app.ambience.random()).await?,
    };
    let (start, token) = Start::new(app, browser);
    let arrived = app.writer.run(write(newcomer, start)).await?;
    Ok(Entered {
        user: arrived.user,
        session: arrived.session,
        token,
    })
}

/// # Errors
/// `NotAllowed` unless the owner makes somebody else admin or member.
pub async fn change_role(app: &App, who: &Signed, target: UserId, role: ServerRole) -> Result<()> {
    let who = *who;
    app.writer.run(writes::ChangeRole { who, target, role }).await
}

/// Ends somebody's sessions and memberships; their name stays at what they wrote.
///
/// # Errors
/// `NotAllowed`, `Gone`.
pub async fn remove(app: &App, who: &Signed, target: UserId) -> Result<()> {
    set_state(app, who, target, State::Removed).await
}

/// As [`remove`], and their browsers are told that it is no accident.
///
/// # Errors
/// As `remove`.
pub async fn ban(app: &App, who: &Signed, target: UserId) -> Result<()> {
    set_state(app, who, target, State::Banned).await
}

/// Lets somebody sign in again who was removed or banned. Rooms have to be joined anew.
///
/// # Errors
/// As `remove`.
pub async fn readmit(app: &App, who: &Signed, target: UserId) -> Result<()> {
    set_state(app, who, target, State::Active).await
}

async fn set_state(app: &App, who: &Signed, target: UserId, state: State) -> Result<()> {
    let who = *who;
    app.writer.run(writes::SetState { who, target, state }).await
}

/// # Errors
/// `NameEmpty`, `NameTooLong`, `NameUnreadable`.
pub async fn change_name(app: &App, who: &Signed, name: &str) -> Result<()> {
    let name = PersonName::parse(name)?;
    let who = *who;
    app.writer.run(writes::ChangeName { who, name }).await
}

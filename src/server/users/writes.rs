//! What changes people, inside a batch. Rights are looked at again here: a role may
//! have gone since its holder knocked.

use super::{
    FIRST_ROOM, State,
    rights::{self, Deed, Standing},
    sql::{self, NewUser, UserRow},
};
use crate::{
    server::{
        error::Result,
        invites, memberships, rooms,
        sessions::{self, CodeHash, Signed, Start, StoredHash},
        writer::{Batch, Told, Write},
    },
    wire::{
        Millis, Problem, RoomId, RoomKind, RoomName, SessionId, UserId,
        membership::{RoomRole, ServerRole},
        person::{HUES, PersonName, Username},
    },
};
use futures_util::{FutureExt, future::BoxFuture};

/// Somebody whose password is hashed already.
pub struct Newcomer {
    pub name: PersonName,
    pub username: Username,
    pub password: StoredHash,
}

pub struct Arrived {
    pub user: UserId,
    pub session: SessionId,
}

impl Newcomer {
    async fn arrive(&self, batch: &mut Batch<'_>, role: ServerRole) -> Result<UserId> {
        if sql::is_username_taken(batch.conn(), self.username.as_str()).await? {
            return Err(Problem::UsernameTaken.into());
        }
        let [hue] = batch.random();
        let user = NewUser {
            id: UserId::new(batch.now(), batch.random()),
            dseq: batch.next_directory_seq().await?,
            username: self.username.as_str(),
            name: self.name.as_str(),
            hue: hue % HUES,
            role,
            password: &self.password,
            now: batch.now(),
        };
        sql::insert(batch.conn(), &user).await?;
        Ok(user.id)
    }
}

pub struct SetUp {
    pub newcomer: Newcomer,
    pub start: Start,
    pub rooms_max: u32,
}

impl SetUp {
    async fn run(&self, batch: &mut Batch<'_>) -> Result<Arrived> {
        if sql::is_anybody_there(batch.conn()).await? {
            return Err(Problem::AlreadySetUp.into());
        }
        let user = self.newcomer.arrive(batch, ServerRole::Owner).await?;
        let name = RoomName::parse(FIRST_ROOM)?;
        rooms::create_in(batch, user, RoomKind::Open, &name, self.rooms_max).await?;
        let session = self.start.begin(batch, user).await?;
        Ok(Arrived { user, session })
    }
}

pub struct Join {
    pub code: CodeHash,
    pub newcomer: Newcomer,
    pub start: Start,
    pub rooms_max: u32,
}

impl Join {
    async fn run(&self, batch: &mut Batch<'_>) -> Result<Arrived> {
        let invite = invites::use_up(batch, self.code).await?;
        let user = self.newcomer.arrive(batch, ServerRole::Member).await?;
        let first = sql::find_first_open_room(batch.conn()).await?;
        if let Some(room) = first {
            self.admit(batch, room, user, user).await?;
        }
        if let Some(room) = invite.room.filter(|room| Some(*room) != first) {
            self.admit(batch, room, user, invite.made_by).await?;
        }
        let session = self.start.begin(batch, user).await?;
        Ok(Arrived { user, session })
    }

    async fn admit(&self, batch: &mut Batch<'_>, room: RoomId, user: UserId, actor: UserId) -> Result<()> {
        memberships::admit(batch, room, user, RoomRole::Member, actor, self.rooms_max).await?;
        Ok(())
    }
}

pub struct ChangeRole {
    pub who: Signed,
    pub target: UserId,
    pub role: ServerRole,
}

impl ChangeRole {
    async fn run(&self, batch: &mut Batch<'_>) -> Result<()> {
        let target = demand(batch, &self.who, self.target, Deed::ChangeRole(self.role)).await?;
        if target.state != State::Active {
            return Err(Problem::Gone.into());
        }
        // What an admin may hand out, a member may not; and a link that an admin made
        // for a member must not open an admin's account.
        drop_links(batch, self.target).await?;
        sql::set_role(batch.conn(), self.target, self.role).await?;
        Ok(())
    }
}

pub struct SetState {
    pub who: Signed,
    pub target: UserId,
    pub state: State,
}

impl SetState {
    async fn run(&self, batch: &mut Batch<'_>) -> Result<()> {
        let target = demand(batch, &self.who, self.target, Deed::EndOrReadmit).await?;
        if target.state == self.state {
            return Ok(());
        }
        sql::set_state(batch.conn(), self.target, self.state).await?;
        if self.state == State::Banned {
            // Before the sessions, so that the sockets are closed with this reason.
            batch.tell(Told::Banned { user: self.target });
        }
        drop_links(batch, self.target).await?;
        sessions::end_all(batch, self.target, None).await?;
        // The directory before the rooms: afterwards nobody shares one with them.
        batch.put_person(self.target).await?;
        memberships::end_all(batch, self.target, self.who.user()).await
    }
}

pub struct MakeReset {
    pub who: Signed,
    pub target: UserId,
    pub code: CodeHash,
    pub expires_at: Millis,
}

impl MakeReset {
    async fn run(&self, batch: &mut Batch<'_>) -> Result<String> {
        let target = demand(batch, &self.who, self.target, Deed::ResetPassword).await?;
        if target.state != State::Active {
            return Err(Problem::Gone.into());
        }
        let made_by = self.who.user();
        sql::put_reset(batch.conn(), self.target, self.code, made_by, self.expires_at).await?;
        Ok(target.person.name)
    }
}

pub struct ResetPassword {
    pub code: CodeHash,
    pub password: StoredHash,
}

impl ResetPassword {
    async fn run(&self, batch: &mut Batch<'_>) -> Result<()> {
        let now = batch.now();
        let user = sql::find_reset(batch.conn(), self.code, now)
            .await?
            .ok_or(Problem::InviteGone)?;
        sql::drop_reset_for(batch.conn(), user).await?;
        sessions::set_password(batch.conn(), user, &self.password).await?;
        sessions::end_all(batch, user, None).await
    }
}

pub struct ChangePassword {
    pub who: Signed,
    pub verified: StoredHash,
    pub password: StoredHash,
}

impl ChangePassword {
    async fn run(&self, batch: &mut Batch<'_>) -> Result<()> {
        let user = self.who.user();
        batch.demand_session(user, self.who.session()).await?;
        let account = sessions::find_account_of(batch.conn(), user).await?;
        account
            .filter(|account| account.password == self.verified)
            .ok_or(Problem::WrongPassword)?;
        sql::drop_reset_for(batch.conn(), user).await?;
        sessions::set_password(batch.conn(), user, &self.password).await?;
        sessions::end_all(batch, user, Some(self.who.session())).await
    }
}

pub struct ChangeName {
    pub who: Signed,
    pub name: PersonName,
}

impl ChangeName {
    async fn run(&self, batch: &mut Batch<'_>) -> Result<()> {
        let user = self.who.user();
        batch.demand_session(user, self.who.session()).await?;
        sql::set_name(batch.conn(), user, self.name.as_str()).await?;
        batch.put_person(user).await?;
        Ok(())
    }
}

macro_rules! writes {
    ($($write:ident -> $output:ty;)+) => {$(
        impl Write for $write {
            type Output = $output;

            fn apply<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, Result<$output>> {
                self.run(batch).boxed()
            }
        }
    )+};
}
writes! {
    SetUp -> Arrived;
    Join -> Arrived;
    ChangeRole -> ();
    SetState -> ();
    MakeReset -> String;
    ResetPassword -> ();
    ChangePassword -> ();
    ChangeName -> ();
}

/// Session, present role, target, right: the second check of all that governs people.
async fn demand(batch: &mut Batch<'_>, who: &Signed, target: UserId, deed: Deed) -> Result<UserRow> {
    let actor = demand_signed(batch, who).await?;
    if actor.role == ServerRole::Member {
        // Before it is said whether there is such a person.
        return Err(Problem::NotAllowed.into());
    }
    let target = sql::find(batch.conn(), target).await?.ok_or(Problem::Gone)?;
    rights::demand(actor, standing(&target), deed)?;
    Ok(target)
}

/// Who asks, as the store knows them now.
pub async fn demand_signed(batch: &mut Batch<'_>, who: &Signed) -> Result<Standing> {
    batch.demand_session(who.user(), who.session()).await?;
    let row = sql::find(batch.conn(), who.user()).await?.ok_or(Problem::SignedOut)?;
    Ok(standing(&row))
}

fn standing(row: &UserRow) -> Standing {
    Standing {
        user: row.person.user,
        role: row.role,
    }
}

/// Voids what a person has handed out or was handed: invites and password links.
async fn drop_links(batch: &mut Batch<'_>, user: UserId) -> Result<()> {
    sql::drop_resets_about(batch.conn(), user).await?;
    invites::revoke_all_by(batch, user).await
}

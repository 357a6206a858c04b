//! Making and naming rooms.

use super::sql;
use crate::{
    server::{
        app::App,
        error::{Error, Result},
        memberships::{self, access, admit},
        sessions::Signed,
        writer::{Batch, Deed, Digest, Wish},
    },
    wire::{
        Problem, RoomId, RoomKind, RoomName, Seq, UserId, command,
        event::{Accepted, RoomCreated, RoomRenamed},
        membership::RoomRole,
    },
};
use futures_util::{FutureExt, future::BoxFuture};

/// Makes an open or a closed room; its maker is its admin.
///
/// # Errors
/// A name's own problems; `NameTaken` by another open room; `TooMany` rooms;
/// `Malformed` for a direct room, which [`open_direct`] makes.
pub async fn create(app: &App, who: &Signed, command: &command::CreateRoom) -> Result<Accepted> {
    let kind = match command.kind {
        RoomKind::Open => "open",
        RoomKind::Closed => "closed",
        RoomKind::Direct => return Err(Problem::Malformed.into()),
    };
    let name = RoomName::parse(&command.name)?;
    let digest = Digest::of("create", &[kind.as_bytes(), name.as_str().as_bytes()]);
    let deed = Create {
        user: who.user(),
        kind: command.kind,
        name,
        rooms_max: app.limits.rooms_per_user_max,
    };
    app.writer.once(Wish::new(who, command.client_key, digest), deed).await
}

struct Create {
    user: UserId,
    kind: RoomKind,
    name: RoomName,
    rooms_max: u32,
}

impl Create {
    async fn run(&self, batch: &mut Batch<'_>) -> Result<(RoomId, Seq)> {
        create_in(batch, self.user, self.kind, &self.name, self.rooms_max).await
    }
}

/// [`create`] as part of a larger write. Returns the room and its first entry.
///
/// # Errors
/// `NameTaken`, `TooMany`.
pub async fn create_in(
    batch: &mut Batch<'_>,
    user: UserId,
    kind: RoomKind,
    name: &RoomName,
    rooms_max: u32,
) -> Result<(RoomId, Seq)> {
    let now = batch.now();
    let room = RoomId::new(now, batch.random());
    sql::insert_room(batch.conn(), room, kind, name.as_str(), now)
        .await
        .map_err(name_taken)?;
    let created = RoomCreated {
        name: name.as_str().to_owned(),
    };
    let seq = batch.append(room, user, created).await?.seq;
    admit(batch, room, user, RoomRole::Admin, user, rooms_max).await?;
    Ok((room, seq))
}

/// Opens the room between two people, which is made once and returned ever after.
///
/// # Errors
/// `NotAllowed` with oneself; `Gone` for somebody who is not there or no longer
/// active; `TooMany` rooms of either.
pub async fn open_direct(app: &App, who: &Signed, command: &command::OpenDirect) -> Result<Accepted> {
    let digest = Digest::of("open direct", &[command.with.as_bytes()]);
    let deed = OpenDirect {
        user: who.user(),
        with: command.with,
        rooms_max: app.limits.rooms_per_user_max,
    };
    app.writer.once(Wish::new(who, command.client_key, digest), deed).await
}

struct OpenDirect {
    user: UserId,
    with: UserId,
    rooms_max: u32,
}

impl OpenDirect {
    async fn run(&self, batch: &mut Batch<'_>) -> Result<(RoomId, Seq)> {
        if self.user == self.with {
            return Err(Problem::NotAllowed.into());
        }
        if !memberships::sql::is_active(batch.conn(), self.with).await? {
            return Err(Problem::Gone.into());
        }
        let pair = (self.user.min(self.with), self.user.max(self.with));
        let room = match sql::find_direct(batch.conn(), pair).await? {
            Some(room) => room,
            None => self.make(batch, pair).await?,
        };
        // Also for a room that was there: who was put out of the server and let in
        // again is in none.
        for user in [self.user, self.with] {
            let tie = memberships::sql::find_tie(batch.conn(), room, user).await?;
            if !tie.is_some_and(|tie| tie.is_in) {
                admit(batch, room, user, RoomRole::Member, self.user, self.rooms_max).await?;
            }
        }
        Ok((room, Seq::ZERO.next()))
    }

    async fn make(&self, batch: &mut Batch<'_>, pair: (UserId, UserId)) -> Result<RoomId> {
        let now = batch.now();
        let room = RoomId::new(now, batch.random());
        sql::insert_direct(batch.conn(), room, pair, now).await?;
        let created = RoomCreated { name: String::new() };
        batch.append(room, self.user, created).await?;
        Ok(room)
    }
}

/// Gives a room another name; the name it has already is the same answer.
///
/// # Errors
/// A name's own problems; `NameTaken`; `Gone`; `NotAllowed` for who is no admin of it.
pub async fn rename(app: &App, who: &Signed, command: &command::RenameRoom) -> Result<Accepted> {
    let name = RoomName::parse(&command.name)?;
    let digest = Digest::of("rename", &[command.room.as_bytes(), name.as_str().as_bytes()]);
    let deed = Rename {
        who: *who,
        room: command.room,
        name,
    };
    app.writer.once(Wish::new(who, command.client_key, digest), deed).await
}

struct Rename {
    who: Signed,
    room: RoomId,
    name: RoomName,
}

impl Rename {
    async fn run(&self, batch: &mut Batch<'_>) -> Result<(RoomId, Seq)> {
        let member = access(batch.conn(), &self.who, self.room).await?;
        if member.role() != RoomRole::Admin || member.kind() == RoomKind::Direct {
            return Err(Problem::NotAllowed.into());
        }
        let (name, seq) = sql::name_and_seq(batch.conn(), self.room).await?;
        if name == self.name.as_str() {
            return Ok((self.room, seq));
        }
        sql::rename_room(batch.conn(), self.room, self.name.as_str())
            .await
            .map_err(name_taken)?;
        let renamed = RoomRenamed {
            name: self.name.as_str().to_owned(),
        };
        let seq = batch.append(self.room, member.user(), renamed).await?.seq;
        Ok((self.room, seq))
    }
}

macro_rules! deeds {
    ($($deed:ident)+) => {$(
        impl Deed for $deed {
            fn fulfil<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, Result<(RoomId, Seq)>> {
                self.run(batch).boxed()
            }
        }
    )+};
}
deeds! { Create OpenDirect Rename }

/// The unique index over open rooms' names is the rule.
fn name_taken(error: sqlx::Error) -> Error {
    match error.as_database_error() {
        Some(refusal) if refusal.is_unique_violation() && refusal.message().contains(sql::NAME_CONSTRAINT) => {
            Problem::NameTaken.into()
        }
        _ => error.into(),
    }
}

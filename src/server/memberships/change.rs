//! Coming and going. Each verb is one deed that the writer runs: all its checks stand
//! beside what it writes, so nothing can change between the two.

use super::{Member, access, sql, sql::Ending};
use crate::{
    server::{
        app::App,
        error::Result,
        messages,
        sessions::Signed,
        writer::{Batch, Deed, Digest, Wish},
    },
    wire::{
        Change, Problem, RoomId, RoomKind, Seq, UserId, command,
        event::{Accepted, MemberJoined, MemberLeft, MemberRemoved},
        membership::RoomRole,
        user_log::{Marker, ReadMarker},
    },
};
use futures_util::{FutureExt, future::BoxFuture};

/// Enters an open room. Being in it already is the same answer.
///
/// # Errors
/// `Gone` for rooms that are not open; `TooMany` rooms.
pub async fn join(app: &App, who: &Signed, command: &command::Join) -> Result<Accepted> {
    let digest = Digest::of("join", &[command.room.as_bytes()]);
    let deed = Join {
        user: who.user(),
        room: command.room,
        rooms_max: app.limits.rooms_per_user_max,
    };
    app.writer.once(Wish::new(who, command.client_key, digest), deed).await
}

struct Join {
    user: UserId,
    room: RoomId,
    rooms_max: u32,
}

impl Join {
    async fn run(&self, batch: &mut Batch<'_>) -> Result<(RoomId, Seq)> {
        if let Some(seq) = in_already(batch, self.room, self.user).await? {
            return Ok((self.room, seq));
        }
        match sql::find_kind(batch.conn(), self.room).await? {
            Some(RoomKind::Open) => {}
            Some(RoomKind::Closed | RoomKind::Direct) | None => return Err(Problem::Gone.into()),
        }
        let seq = admit(batch, self.room, self.user, RoomRole::Member, self.user, self.rooms_max).await?;
        Ok((self.room, seq))
    }
}

/// Leaves a room.
///
/// # Errors
/// `Gone`; `NotAllowed` for direct rooms, which are hidden instead.
pub async fn leave(app: &App, who: &Signed, command: &command::Leave) -> Result<Accepted> {
    let digest = Digest::of("leave", &[command.room.as_bytes()]);
    let deed = Leave {
        who: *who,
        room: command.room,
    };
    app.writer.once(Wish::new(who, command.client_key, digest), deed).await
}

struct Leave {
    who: Signed,
    room: RoomId,
}

impl Leave {
    async fn run(&self, batch: &mut Batch<'_>) -> Result<(RoomId, Seq)> {
        let member = shared_room(batch, &self.who, self.room).await?;
        let seq = end(batch, self.room, member.user(), member.user()).await?;
        Ok((self.room, seq))
    }
}

/// Brings somebody into a room.
///
/// # Errors
/// `Gone` if the room or the person is not there; `NotAllowed` for who is no admin of
/// the room, and for direct rooms;
/// `TooMany` rooms of that person.
pub async fn add(app: &App, who: &Signed, command: &command::AddPerson) -> Result<Accepted> {
    let digest = Digest::of("add", &[command.room.as_bytes(), command.user.as_bytes()]);
    let deed = Add {
        who: *who,
        room: command.room,
        user: command.user,
        rooms_max: app.limits.rooms_per_user_max,
    };
    app.writer.once(Wish::new(who, command.client_key, digest), deed).await
}

struct Add {
    who: Signed,
    room: RoomId,
    user: UserId,
    rooms_max: u32,
}

impl Add {
    async fn run(&self, batch: &mut Batch<'_>) -> Result<(RoomId, Seq)> {
        let member = shared_room(batch, &self.who, self.room).await?;
        if member.role() != RoomRole::Admin {
            return Err(Problem::NotAllowed.into());
        }
        if let Some(seq) = in_already(batch, self.room, self.user).await? {
            return Ok((self.room, seq));
        }
        if !sql::is_active(batch.conn(), self.user).await? {
            return Err(Problem::Gone.into());
        }
        let seq = admit(
            batch,
            self.room,
            self.user,
            RoomRole::Member,
            member.user(),
            self.rooms_max,
        )
        .await?;
        Ok((self.room, seq))
    }
}

/// Puts somebody out of a room. Who is out already is the same answer.
///
/// # Errors
/// `Gone`; `NotAllowed` for who is no admin of the room, and for oneself.
pub async fn remove(app: &App, who: &Signed, command: &command::RemovePerson) -> Result<Accepted> {
    let digest = Digest::of("remove", &[command.room.as_bytes(), command.user.as_bytes()]);
    let deed = Remove {
        who: *who,
        room: command.room,
        user: command.user,
    };
    app.writer.once(Wish::new(who, command.client_key, digest), deed).await
}

struct Remove {
    who: Signed,
    room: RoomId,
    user: UserId,
}

impl Remove {
    async fn run(&self, batch: &mut Batch<'_>) -> Result<(RoomId, Seq)> {
        let member = shared_room(batch, &self.who, self.room).await?;
        if member.role() != RoomRole::Admin || member.user() == self.user {
            return Err(Problem::NotAllowed.into());
        }
        let tie = sql::find_tie(batch.conn(), self.room, self.user)
            .await?
            .ok_or(Problem::Gone)?;
        if !tie.is_in {
            return Ok((self.room, tie.changed_seq));
        }
        let seq = end(batch, self.room, self.user, member.user()).await?;
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
deeds! { Join Leave Add Remove }

/// The member's room, if people come and go there.
async fn shared_room(batch: &mut Batch<'_>, who: &Signed, room: RoomId) -> Result<Member> {
    let member = access(batch.conn(), who, room).await?;
    match member.kind() {
        RoomKind::Open | RoomKind::Closed => Ok(member),
        RoomKind::Direct => Err(Problem::NotAllowed.into()),
    }
}

/// The entry by which somebody came in who is in.
async fn in_already(batch: &mut Batch<'_>, room: RoomId, user: UserId) -> Result<Option<Seq>> {
    let tie = sql::find_tie(batch.conn(), room, user).await?;
    Ok(tie.filter(|tie| tie.is_in).map(|tie| tie.changed_seq))
}

/// Makes somebody a member: the entry, the membership, a read marker at the ordinal of
/// the joining, and a face for those who meet them now. Returns the entry's seq.
///
/// # Errors
/// `TooMany` rooms.
pub async fn admit(
    batch: &mut Batch<'_>,
    room: RoomId,
    user: UserId,
    role: RoomRole,
    actor: UserId,
    rooms_max: u32,
) -> Result<Seq> {
    if sql::count_rooms(batch.conn(), user).await? >= rooms_max {
        return Err(Problem::TooMany { max: rooms_max }.into());
    }
    let joined = sql::head_ordinal(batch.conn(), room).await?;
    let seq = batch.append(room, actor, MemberJoined { user, role }).await?.seq;
    sql::begin(batch.conn(), room, user, role, seq, joined).await?;
    let read = messages::markers_of(batch.conn(), user, &[room]).await?;
    let marker = Marker {
        // Who comes back brings their marker along; it never falls.
        version: read.get(&room).map_or(0, |marker| marker.version),
        ordinal: joined,
    };
    batch.put_user_value(user, &ReadMarker { room, marker }.into()).await?;
    batch.introduce(user).await?;
    Ok(seq)
}

/// Ends every membership of somebody who leaves the server, or is put out of it by
/// another. Part of a larger write.
pub async fn end_all(batch: &mut Batch<'_>, user: UserId, actor: UserId) -> Result<()> {
    for room in sql::rooms_of(batch.conn(), user).await? {
        end(batch, room, user, actor).await?;
    }
    Ok(())
}

async fn end(batch: &mut Batch<'_>, room: RoomId, user: UserId, actor: UserId) -> Result<Seq> {
    let (change, ending): (Change, _) = if user == actor {
        (MemberLeft { user }.into(), Ending::Left)
    } else {
        (MemberRemoved { user }.into(), Ending::Removed)
    };
    let seq = batch.append(room, actor, change).await?.seq;
    sql::end(batch.conn(), room, user, ending, seq).await?;
    Ok(seq)
}

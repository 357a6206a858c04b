//! Ending a room.

use super::{emptying, sql};
use crate::{
    server::{
        app::App,
        error::Result,
        memberships::{self, access},
        sessions::Signed,
        writer::{Batch, Deed, Digest, Wish},
    },
    wire::{
        Problem, RoomId, RoomKind, Seq, command,
        event::{Accepted, RoomDeleted},
        membership::RoomRole,
    },
};
use futures_util::{FutureExt, future::BoxFuture};

/// Ends a room for everybody in it. From the commit on it is the same as one that never
/// was. What was said there leaves the disk soon after; its log and the keys of what was
/// sent to it stay, without a word of it.
///
/// # Errors
/// `Gone`; `NotAllowed` for who is no admin of it, and for direct rooms.
pub async fn delete(app: &App, who: &Signed, command: &command::DeleteRoom) -> Result<Accepted> {
    let digest = Digest::of("delete room", &[command.room.as_bytes()]);
    let deed = Delete {
        who: *who,
        room: command.room,
    };
    let accepted = app
        .writer
        .once(Wish::new(who, command.client_key, digest), deed)
        .await?;
    app.tasks.spawn(emptying::empty_deleted(app.clone()));
    Ok(accepted)
}

struct Delete {
    who: Signed,
    room: RoomId,
}

impl Delete {
    async fn run(&self, batch: &mut Batch<'_>) -> Result<(RoomId, Seq)> {
        let member = access(batch.conn(), &self.who, self.room).await?;
        if member.role() != RoomRole::Admin || member.kind() == RoomKind::Direct {
            return Err(Problem::NotAllowed.into());
        }
        let seq = batch.append(self.room, member.user(), RoomDeleted {}).await?.seq;
        memberships::sql::end_all_of(batch.conn(), self.room, seq).await?;
        sql::bury(batch.conn(), self.room).await?;
        emptying::intend(batch, self.room).await?;
        Ok((self.room, seq))
    }
}

impl Deed for Delete {
    fn fulfil<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, Result<(RoomId, Seq)>> {
        self.run(batch).boxed()
    }
}

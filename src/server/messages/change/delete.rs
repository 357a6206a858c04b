//! Taking a message back.

use super::{
    aim::{Aim, Aimed, settle},
    sql,
};
use crate::{
    server::{
        app::App,
        error::Result,
        sessions::Signed,
        store::{Place, seal},
        writer::{Batch, Deed, Digest, Wish},
    },
    wire::{
        Problem, RoomId, RoomKind, Seq, command,
        event::{Accepted, MessageDeleted},
        membership::RoomRole,
    },
};
use futures_util::{FutureExt, future::BoxFuture};
use sqlx::SqliteConnection;

/// Takes text, mentions and reactions away for good. The message's place and key stay:
/// they are counted, and a resend of it must not bring it back.
///
/// # Errors
/// `Gone`; `MessageDeleted`; `NotAllowed` for who is neither its author nor an admin of
/// the room; a direct room has none.
pub async fn delete(app: &App, who: &Signed, command: &command::Delete) -> Result<Accepted> {
    let aim = Aim {
        who: *who,
        room: command.room,
        target: command.target,
    };
    let wish = Wish::new(who, command.client_key, Digest::of("delete", &[&aim.meant()]));
    let deed = Delete { aim };
    let mut read = app.store.read().await?;
    let looked = deed.look(&mut read).await;
    if let Some(first) = settle(&mut read, &wish, looked).await? {
        return Ok(first);
    }
    drop(read);
    app.writer.once(wish, deed).await
}

struct Delete {
    aim: Aim,
}

impl Delete {
    async fn look(&self, conn: &mut SqliteConnection) -> Result<Aimed> {
        let aimed = self.aim.find(conn).await?;
        let is_admin = aimed.member.role() == RoomRole::Admin && aimed.member.kind() != RoomKind::Direct;
        if aimed.row.author != aimed.member.user() && !is_admin {
            return Err(Problem::NotAllowed.into());
        }
        Ok(aimed)
    }

    async fn run(&self, batch: &mut Batch<'_>) -> Result<(RoomId, Seq)> {
        let aimed = self.look(batch.conn()).await?;
        let (room, ordinal) = (self.aim.room, self.aim.ordinal());
        let place = Place {
            room,
            ordinal,
            author: aimed.row.author,
            client_key: self.aim.target.key,
        };
        let seq = batch.next_seq(room).await?;
        sql::delete_text(batch.conn(), room, ordinal, seq, seal(&place, None)).await?;
        sql::delete_reactions(batch.conn(), room, ordinal).await?;
        sql::unmention(batch.conn(), room, ordinal, &aimed.row.mentions).await?;
        let deleted = MessageDeleted {
            ordinal,
            author: aimed.row.author,
            mentioned: aimed.row.mentions,
        };
        let seq = batch.append_about(room, aimed.member.user(), ordinal, deleted).await?;
        Ok((room, seq))
    }
}

impl Deed for Delete {
    const LEAVES_SESSIONS: bool = true;

    fn fulfil<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, Result<(RoomId, Seq)>> {
        self.run(batch).boxed()
    }
}

//! Giving one's own message another text.

use super::{
    aim::{Aim, Aimed, settle},
    sql,
};
use crate::{
    rules::mentions,
    server::{
        app::App,
        error::Result,
        sessions::Signed,
        store::{Place, seal},
        writer::{Batch, Deed, Digest, Wish},
    },
    wire::{
        Body, Problem, RoomId, Seq, UserId, command,
        event::{Accepted, MessageEdited},
    },
};
use futures_util::{FutureExt, future::BoxFuture};
use sqlx::SqliteConnection;

/// Replaces the text. Nothing of the old one is kept, and nobody is mentioned who was
/// not before: an edit rings no bell.
///
/// # Errors
/// The body's own problems; `Gone`; `MessageDeleted`; `NotAllowed` for another's message;
/// `Outdated` if the text has changed since the revision it was made from.
pub async fn edit(app: &App, who: &Signed, command: &command::Edit) -> Result<Accepted> {
    let body = Body::parse_within(&command.body, app.limits.body_max_bytes)?;
    let aim = Aim {
        who: *who,
        room: command.room,
        target: command.target,
    };
    let revision = command.revision.0.to_le_bytes();
    let digest = Digest::of("edit", &[&aim.meant(), &revision, body.as_str().as_bytes()]);
    let wish = Wish::new(who, command.client_key, digest);
    let deed = Edit {
        aim,
        revision: command.revision,
        body,
    };
    let mut read = app.store.read().await?;
    let looked = deed.look(&mut read).await;
    if let Some(first) = settle(&mut read, &wish, looked).await? {
        return Ok(first);
    }
    // Given back before the wait: commits take longer than reads.
    drop(read);
    app.writer.once(wish, deed).await
}

struct Edit {
    aim: Aim,
    revision: Seq,
    body: Body,
}

impl Edit {
    async fn look(&self, conn: &mut SqliteConnection) -> Result<Aimed> {
        let aimed = self.aim.find(conn).await?;
        if aimed.row.author != aimed.member.user() {
            return Err(Problem::NotAllowed.into());
        }
        // Compared with the last change of the text, not of the row: somebody's reaction
        // in between is no reason to refuse what was written.
        if self.revision < aimed.row.body_seq {
            return Err(Problem::Outdated(self.aim.ordinal()).into());
        }
        Ok(aimed)
    }

    async fn run(&self, batch: &mut Batch<'_>) -> Result<(RoomId, Seq)> {
        let aimed = self.look(batch.conn()).await?;
        let (room, ordinal, author) = (self.aim.room, self.aim.ordinal(), aimed.row.author);
        let named = self.named(batch.conn(), &aimed.row.mentions).await?;
        let (mentions, unmentioned): (Vec<_>, Vec<_>) = aimed
            .row
            .mentions
            .iter()
            .copied()
            .partition(|user| named.contains(user));
        let place = Place {
            room,
            ordinal,
            author,
            client_key: self.aim.target.key,
        };
        let text = sql::NewText {
            seq: batch.next_seq(room).await?,
            edited_at: batch.now(),
            body: &self.body,
            mentions: &mentions,
            hash: seal(&place, Some(&self.body)),
        };
        sql::change_text(batch.conn(), room, ordinal, &text).await?;
        sql::unmention(batch.conn(), room, ordinal, &unmentioned).await?;
        let edited = MessageEdited {
            ordinal,
            author,
            unmentioned,
        };
        let seq = batch.append_about(room, author, ordinal, edited).await?;
        Ok((room, seq))
    }

    /// Whom the new text names, among the room's members and those who were mentioned:
    /// who has left since stays mentioned as long as their name stands there.
    async fn named(&self, conn: &mut SqliteConnection, mentioned: &[UserId]) -> Result<Vec<UserId>> {
        if mentioned.is_empty() {
            return Ok(Vec::new());
        }
        let names = mentions::candidates(self.body.as_str());
        let users = sql::named(conn, self.aim.room, &names, mentioned).await?;
        let find = |name: &str| users.get(name).copied();
        Ok(mentions::mentions(self.body.as_str(), &find))
    }
}

impl Deed for Edit {
    const LEAVES_SESSIONS: bool = true;

    fn fulfil<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, Result<(RoomId, Seq)>> {
        self.run(batch).boxed()
    }
}

//! Putting an emoji to a message, or taking it away.

use super::{
    aim::{Aim, Aimed, settle},
    sql,
};
use crate::{
    server::{
        app::App,
        error::Result,
        sessions::Signed,
        writer::{Batch, Deed, Digest, Wish},
    },
    wire::{
        Change, Emoji, Problem, RoomId, Seq, command,
        event::{Accepted, ReactionAdded, ReactionRemoved},
        limits::{REACTION_KINDS_MAX, REACTIONS_MAX},
    },
};
use futures_util::{FutureExt, future::BoxFuture};
use sqlx::SqliteConnection;

/// Makes it so that the reader's emoji is there, or is not. What is so already makes no
/// entry and is answered with the message's revision.
///
/// # Errors
/// `EmojiUnreadable`; `Gone`; `MessageDeleted`; `TooMany` kinds of emoji, or reactions,
/// on the message.
pub async fn react(app: &App, who: &Signed, command: &command::React) -> Result<Accepted> {
    let emoji = Emoji::parse(&command.emoji)?;
    let aim = Aim {
        who: *who,
        room: command.room,
        target: command.target,
    };
    let on = [u8::from(command.on)];
    let digest = Digest::of("react", &[&aim.meant(), emoji.as_str().as_bytes(), &on]);
    let wish = Wish::new(who, command.client_key, digest);
    let deed = React {
        aim,
        emoji,
        on: command.on,
    };
    let mut read = app.store.read().await?;
    let looked = deed.look(&mut read).await;
    if let Some(first) = settle(&mut read, &wish, looked).await? {
        return Ok(first);
    }
    drop(read);
    app.writer.once(wish, deed).await
}

struct React {
    aim: Aim,
    emoji: Emoji,
    on: bool,
}

/// The message, and whether there is anything to do.
struct Looked {
    aimed: Aimed,
    is_so: bool,
}

impl React {
    async fn look(&self, conn: &mut SqliteConnection) -> Result<Looked> {
        let aimed = self.aim.find(conn).await?;
        let tally = sql::tally_reactions(
            conn,
            self.aim.room,
            self.aim.ordinal(),
            &self.emoji,
            aimed.member.user(),
        )
        .await?;
        let is_so = tally.mine == self.on;
        if self.on && !is_so {
            if tally.all >= REACTIONS_MAX {
                return Err(Problem::TooMany { max: REACTIONS_MAX }.into());
            }
            if !tally.is_known && tally.kinds >= REACTION_KINDS_MAX {
                let max = REACTION_KINDS_MAX;
                return Err(Problem::TooMany { max }.into());
            }
        }
        Ok(Looked { aimed, is_so })
    }

    async fn run(&self, batch: &mut Batch<'_>) -> Result<(RoomId, Seq)> {
        let Looked { aimed, is_so } = self.look(batch.conn()).await?;
        let (room, ordinal, user) = (self.aim.room, self.aim.ordinal(), aimed.member.user());
        if is_so {
            return Ok((room, aimed.row.revision));
        }
        let emoji = self.emoji.clone();
        let change: Change = if self.on {
            let seq = batch.next_seq(room).await?;
            sql::insert_reaction(batch.conn(), room, ordinal, &emoji, user, seq).await?;
            ReactionAdded { ordinal, emoji }.into()
        } else {
            sql::delete_reaction(batch.conn(), room, ordinal, &emoji, user).await?;
            ReactionRemoved { ordinal, emoji }.into()
        };
        let seq = batch.append_about(room, user, ordinal, change).await?;
        Ok((room, seq))
    }
}

impl Deed for React {
    const LEAVES_SESSIONS: bool = true;

    fn fulfil<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, Result<(RoomId, Seq)>> {
        self.run(batch).boxed()
    }
}

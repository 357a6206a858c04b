//! Taking out of the store what was said in rooms that were deleted.
//!
//! A room ends with one small write; its words go afterwards, piece by piece, so that
//! nobody's message waits for a large room to be gone through.

mod sql;
#[cfg(test)]
mod tests;

use crate::{
    server::{
        app::App,
        error::Result,
        writer::{Batch, Write},
    },
    wire::{
        Change, Enveloped, Millis, RoomId, Seq,
        event::{RoomCreated, RoomRenamed},
    },
};
use futures_util::{FutureExt, future::BoxFuture};

/// Entries of a log that one write goes through.
const PIECE_ENTRIES: u64 = 500;
/// Between two tries, when the store cannot be written to.
const AGAIN_MS: u64 = 2_000;

/// Part of the deed that deletes a room: what comes afterwards is not forgotten by a crash.
pub async fn intend(batch: &mut Batch<'_>, room: RoomId) -> Result<()> {
    Ok(sql::insert_intent(batch.conn(), room).await?)
}

/// Empties all deleted rooms, until there is nothing in any or the server stops. To be
/// called after a room was deleted, and at the start.
pub async fn empty_deleted(app: App) {
    let work = async {
        loop {
            match app.writer.run(Piece).await {
                Ok(false) => return,
                Ok(true) => app.store.soil(),
                Err(error) => {
                    tracing::error!(fault = error.chain(), "a deleted room could not be emptied");
                    let again = Millis(app.ambience.now().0 + AGAIN_MS);
                    app.ambience.clock.sleep_until(again).await;
                }
            }
        }
    };
    tokio::select! {
        biased;
        () = app.stopping.cancelled() => {}
        () = work => {}
    }
}

/// The next piece of a room's log, with the messages that it made. True if there was one.
struct Piece;

impl Piece {
    async fn run(batch: &mut Batch<'_>) -> Result<bool> {
        let Some(intent) = sql::find_intent(batch.conn()).await? else {
            return Ok(false);
        };
        let part = sql::Part {
            room: intent.room,
            after: intent.done,
            to: Seq(intent.done.0 + PIECE_ENTRIES),
        };
        sql::blank_texts(batch.conn(), &part).await?;
        sql::delete_reactions(batch.conn(), &part).await?;
        sql::delete_messages(batch.conn(), &part).await?;
        // Names are words as well. The entries stay readable: they say no name.
        let name = String::new();
        let nameless: [Change; 2] = [RoomCreated { name: name.clone() }.into(), RoomRenamed { name }.into()];
        for change in nameless {
            sql::replace_changes(batch.conn(), &part, &change.pack()).await?;
        }
        if part.to < intent.head {
            sql::go_on(batch.conn(), &part).await?;
        } else {
            sql::delete_intent(batch.conn(), intent.room).await?;
        }
        Ok(true)
    }
}

impl Write for Piece {
    type Output = bool;

    fn apply<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, Result<bool>> {
        Self::run(batch).boxed()
    }
}

//! Read markers.

use super::{markers_of, sql};
use crate::{
    server::{
        app::App,
        error::Result,
        memberships::access,
        sessions::Signed,
        writer::{Batch, Write},
    },
    wire::{
        RoomId, command,
        user_log::{Marker, ReadMarker},
    },
};
use futures_util::{FutureExt, future::BoxFuture};

/// Moves the reader's marker, if the pair is greater than the stored one; a lesser one
/// is no mistake and changes nothing. No marker stands after the newest message.
///
/// # Errors
/// `Gone`, `SignedOut`.
pub async fn mark_read(app: &App, who: &Signed, command: &command::MarkRead) -> Result<()> {
    let write = Mark {
        who: *who,
        room: command.room,
        marker: command.marker,
    };
    app.writer.run(write).await
}

struct Mark {
    who: Signed,
    room: RoomId,
    marker: Marker,
}

impl Mark {
    async fn run(&self, batch: &mut Batch<'_>) -> Result<()> {
        let user = self.who.user();
        batch.demand_session(user, self.who.session()).await?;
        access(batch.conn(), &self.who, self.room).await?;
        let head = sql::head_ordinal(batch.conn(), self.room).await?;
        let marker = Marker {
            version: self.marker.version,
            ordinal: self.marker.ordinal.min(head),
        };
        let stored = markers_of(batch.conn(), user, &[self.room]).await?;
        if stored.get(&self.room).is_some_and(|stored| *stored >= marker) {
            return Ok(());
        }
        let value = ReadMarker {
            room: self.room,
            marker,
        };
        batch.put_user_value(user, &value.into()).await?;
        Ok(())
    }
}

impl Write for Mark {
    type Output = ();
    const LEAVES_SESSIONS: bool = true;

    fn apply<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, Result<()>> {
        self.run(batch).boxed()
    }
}

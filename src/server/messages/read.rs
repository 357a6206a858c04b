//! Read markers.

use super::{markers_of, sql};
use crate::{
    server::{
        app::App,
        error::{Error, Result},
        memberships::access,
        sessions::Signed,
        writer::{Batch, Write},
    },
    wire::{
        Problem, RoomId, command,
        fetch::{MarkReadAs, Marked},
        limits::MARKS_PER_QUESTION_MAX,
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

/// Moves several markers, for a page that goes away. A room that is gone is passed over.
///
/// # Errors
/// `NotAllowed` if they are not the markers of this user, `TooMany`, `TooFast`, `SignedOut`.
pub async fn mark_read_as(app: &App, who: &Signed, ask: &MarkReadAs) -> Result<Marked> {
    if ask.user != who.user() {
        return Err(Problem::NotAllowed.into());
    }
    if ask.marks.len() > MARKS_PER_QUESTION_MAX as usize {
        let max = MARKS_PER_QUESTION_MAX;
        return Err(Problem::TooMany { max }.into());
    }
    let now = app.ambience.now();
    let pace = app.paces.take(who.user(), &app.limits, now);
    pace.map_err(|retry_after| Problem::TooFast { retry_after })?;
    let (who, marks) = (*who, ask.marks.clone());
    app.writer.run(Marks { who, marks }).await?;
    Ok(Marked {})
}

/// All of them with one commit.
struct Marks {
    who: Signed,
    marks: Vec<command::MarkRead>,
}

impl Marks {
    async fn run(&self, batch: &mut Batch<'_>) -> Result<()> {
        for command::MarkRead { room, marker } in &self.marks {
            let (who, room, marker) = (self.who, *room, *marker);
            match (Mark { who, room, marker }).run(batch).await {
                Ok(()) | Err(Error::Problem(Problem::Gone)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl Write for Marks {
    type Output = ();
    const LEAVES_SESSIONS: bool = true;

    fn apply<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, Result<()>> {
        self.run(batch).boxed()
    }
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

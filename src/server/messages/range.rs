//! Pieces of a log by seq, without holes.

use super::{
    faces::faces_of,
    page::weight,
    recent::Place,
    sql::{self, LogRow},
};
use crate::{
    server::{app::App, error::Result, memberships::access, sessions::Signed, store::Dense},
    wire::{
        Cursor, Entry, Problem, RoomId, Seq,
        fetch::{Delta, Range},
        limits::{DELTA_MAX_BYTES, DELTA_MAX_ENTRIES},
    },
};
use futures_util::TryStreamExt;
use sqlx::SqliteConnection;

/// The entries after a cursor, as far as they fit.
///
/// # Errors
/// `Gone`; `Malformed` for a cursor that is not of this log, where only a catch-up helps.
pub async fn range(app: &App, who: &Signed, ask: &Range) -> Result<Delta> {
    let mut read = app.store.read().await?;
    let member = access(&mut read, who, ask.room).await?;
    if ask.after.seq > Seq::ZERO && sql::tail_at(&mut read, member.room(), ask.after.seq).await? != Some(ask.after.tail)
    {
        return Err(Problem::Malformed.into());
    }
    let piece = piece(&mut read, member.room(), ask.after, ask.to).await?;
    with_faces(&mut read, piece).await
}

/// All entries between the cursors, unless they are too many or too large for a delta. The
/// place is of the transaction.
pub async fn delta_in(app: &App, conn: &mut SqliteConnection, place: Place) -> Result<Option<Delta>> {
    let Place { room, after, head, .. } = place;
    if head.seq.0.saturating_sub(after.seq.0) > u64::from(DELTA_MAX_ENTRIES) {
        return Ok(None);
    }
    let now = app.ambience.now();
    if let Some(delta) = app.recent.find(&place, now) {
        return Ok(Some(delta));
    }
    let piece = piece(conn, room, after, head.seq).await?;
    if piece.to.seq < head.seq {
        return Ok(None);
    }
    let delta = with_faces(conn, piece).await?;
    app.recent.keep(place, &delta, now);
    Ok(Some(delta))
}

/// With everybody whose name its rows show; those who made its entries are there already.
async fn with_faces(conn: &mut SqliteConnection, mut delta: Delta) -> Result<Delta> {
    let known = std::mem::take(&mut delta.people);
    delta.people = faces_of(conn, &delta.messages, &delta.entries, known).await?;
    Ok(delta)
}

/// The entries after the cursor up to a seq, cut before the first that touches a message
/// which does not fit any more; the first message always fits.
async fn piece(conn: &mut SqliteConnection, room: RoomId, after: Cursor, to: Seq) -> Result<Delta> {
    // Seqs are dense: so many entries end there.
    let to = to.min(Seq(after.seq.0.saturating_add(u64::from(DELTA_MAX_ENTRIES))));
    let (mut entries, mut messages, mut people) = (Vec::new(), Vec::new(), Vec::new());
    let mut bytes = 0;
    let mut rows = sql::piece_of_log(conn, room, after.seq, to);
    while let Some(row) = rows.try_next().await? {
        match row {
            LogRow::Entries { entries: found, head } => {
                let mut dense = Dense::rising("entry", room, after.seq.next().0);
                let ended = found.iter().try_for_each(|entry| dense.take(entry.seq.0));
                ended
                    .and_then(|()| dense.end_at(to.min(head).0))
                    .map_err(sqlx::Error::from)?;
                bytes += found.iter().map(entry_weight).sum::<usize>();
                entries = found;
            }
            LogRow::Message { touched, message } => {
                bytes += weight(&message);
                if bytes > DELTA_MAX_BYTES as usize && !messages.is_empty() {
                    entries.retain(|entry| entry.seq < touched);
                    break;
                }
                messages.push(*message);
            }
            LogRow::Face(person) => people.push(person),
        }
    }
    Ok(Delta {
        room,
        from: after.seq,
        to: entries.last().map_or(after, Entry::cursor),
        entries,
        messages,
        people,
    })
}

fn entry_weight(entry: &Entry) -> usize {
    const FIXED_BYTES: usize = 56;
    FIXED_BYTES + entry.change.body.len()
}

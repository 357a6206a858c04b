//! What a connection reads of the store when it begins.
#![expect(clippy::disallowed_methods, reason = "SQL stands here")]

use crate::{
    server::{
        hub::Tie,
        sessions::sql::{LiveRow, live_session},
    },
    wire::{Millis, SessionId},
};
use sqlx::{FromRow, Row, SqliteConnection};

/// A session, if it is live, and the rooms its user is in.
pub async fn standing(
    conn: &mut SqliteConnection,
    session: SessionId,
    now: Millis,
) -> sqlx::Result<Option<(LiveRow, Vec<Tie>)>> {
    let rows = sqlx::query(live_session!(
        ", m.room, m.changed_seq",
        "LEFT JOIN memberships AS m ON m.user = s.user AND m.state = 0",
        "s.id = $1"
    ))
    .bind(session)
    .bind(now)
    .fetch_all(conn)
    .await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let mut ties = Vec::with_capacity(rows.len());
    for row in &rows {
        // Nothing beside the session of somebody who is in no room.
        if let Some(room) = row.try_get("room")? {
            let since = row.try_get("changed_seq")?;
            ties.push(Tie { room, since });
        }
    }
    Ok(Some((LiveRow::from_row(first)?, ties)))
}

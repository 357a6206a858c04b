//! What a connection reads of the store when it begins.
#![expect(clippy::disallowed_methods, reason = "SQL stands here")]

use crate::{
    server::{
        hub::Tie,
        rooms::{
            Heads,
            sql::{HeadRows, head_rows},
        },
        sessions::sql::{LiveRow, live_session},
    },
    wire::{Millis, SessionId, UserId},
};
use sqlx::{FromRow, Row, SqliteConnection};

/// A session that is live, the rooms of its user, and where the logs end.
pub struct Standing {
    pub live: LiveRow,
    pub ties: Vec<Tie>,
    pub heads: Heads,
}

/// Nothing where the session has ended. In one string, because the way to SQLite's thread and
/// back costs more than the statements do.
pub async fn standing(
    conn: &mut SqliteConnection,
    (user, session): (UserId, SessionId),
    now: Millis,
) -> sqlx::Result<Option<Standing>> {
    let rows = sqlx::query(concat!(
        live_session!(
            ", 0 AS what, m.room, m.changed_seq",
            "LEFT JOIN memberships AS m ON m.user = s.user AND m.state = 0",
            "s.id = $1"
        ),
        ";",
        head_rows!("$3")
    ))
    .bind(session)
    .bind(now)
    .bind(user)
    .fetch_all(conn)
    .await?;
    let (mut live, mut ties, mut heads) = (None, Vec::new(), HeadRows::default());
    for row in &rows {
        match row.try_get("what")? {
            0 => {
                live = Some(LiveRow::from_row(row)?);
                // Nothing beside the session of somebody who is in no room.
                if let Some(room) = row.try_get("room")? {
                    let since = row.try_get("changed_seq")?;
                    ties.push(Tie { room, since });
                }
            }
            what => heads.take(what, row)?,
        }
    }
    let Some(live) = live else { return Ok(None) };
    let heads = heads.heads()?;
    Ok(Some(Standing { live, ties, heads }))
}

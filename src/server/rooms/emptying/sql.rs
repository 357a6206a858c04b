//! Statements that take words out of a piece of a room's log.
#![expect(clippy::disallowed_methods, reason = "SQL stands here")]

use crate::wire::{Envelope, RoomId, Seq};
use sqlx::{FromRow, Result, SqliteConnection};

/// A room that is to be emptied.
#[derive(Debug, FromRow)]
pub struct Intent {
    pub room: RoomId,
    /// The last entry that was gone through.
    pub done: Seq,
    /// The last entry that there is.
    pub head: Seq,
}

/// The entries `after + 1 ..= to` of a room, and the messages that they are about.
#[derive(Debug)]
pub struct Part {
    pub room: RoomId,
    pub after: Seq,
    pub to: Seq,
}

pub async fn insert_intent(conn: &mut SqliteConnection, room: RoomId) -> Result<()> {
    sqlx::query("INSERT INTO rooms_to_empty (room, done) VALUES (?1, 0)")
        .bind(room)
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn find_intent(conn: &mut SqliteConnection) -> Result<Option<Intent>> {
    sqlx::query_as(
        "SELECT e.room, e.done, r.seq AS head
           FROM rooms_to_empty AS e
           JOIN rooms AS r ON r.id = e.room
          LIMIT 1",
    )
    .fetch_optional(conn)
    .await
}

pub async fn go_on(conn: &mut SqliteConnection, part: &Part) -> Result<()> {
    sqlx::query("UPDATE rooms_to_empty SET done = ?2 WHERE room = ?1")
        .bind(part.room)
        .bind(part.to)
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn delete_intent(conn: &mut SqliteConnection, room: RoomId) -> Result<()> {
    sqlx::query("DELETE FROM rooms_to_empty WHERE room = ?1")
        .bind(room)
        .execute(conn)
        .await?;
    Ok(())
}

/// With as many bytes as there are: only then are these overwritten where they stand.
pub async fn blank_texts(conn: &mut SqliteConnection, part: &Part) -> Result<()> {
    const SQL: &str = "
        UPDATE texts
           SET body = zeroblob(length(body))
         WHERE id IN (SELECT m.text
                        FROM entries AS e
                  CROSS JOIN messages AS m ON m.room = ?1 AND m.ordinal = e.target
                       WHERE e.room = ?1 AND e.seq > ?2 AND e.seq <= ?3)";
    execute(conn, SQL, part).await
}

pub async fn delete_reactions(conn: &mut SqliteConnection, part: &Part) -> Result<()> {
    const SQL: &str = "
        DELETE FROM reactions
         WHERE room = ?1
           AND ordinal IN (SELECT target FROM entries WHERE room = ?1 AND seq > ?2 AND seq <= ?3)";
    execute(conn, SQL, part).await
}

/// Without a seal: nobody reads these rows any more.
pub async fn delete_messages(conn: &mut SqliteConnection, part: &Part) -> Result<()> {
    const SQL: &str = "
        UPDATE messages
           SET deleted = 1, text = 0, mentions = x'', hash = NULL, edited_at = NULL
         WHERE room = ?1
           AND ordinal IN (SELECT target FROM entries WHERE room = ?1 AND seq > ?2 AND seq <= ?3)";
    execute(conn, SQL, part).await
}

/// Puts this change in the place of every one of its kind.
pub async fn replace_changes(conn: &mut SqliteConnection, part: &Part, change: &Envelope) -> Result<()> {
    sqlx::query(
        "UPDATE entries
            SET version = ?5, payload = ?6
          WHERE room = ?1 AND seq > ?2 AND seq <= ?3 AND kind = ?4",
    )
    .bind(part.room)
    .bind(part.after)
    .bind(part.to)
    .bind(change.kind)
    .bind(change.version)
    .bind(change.body.as_slice())
    .execute(conn)
    .await?;
    Ok(())
}

async fn execute(conn: &mut SqliteConnection, sql: &'static str, part: &Part) -> Result<()> {
    sqlx::query(sql)
        .bind(part.room)
        .bind(part.after)
        .bind(part.to)
        .execute(conn)
        .await?;
    Ok(())
}

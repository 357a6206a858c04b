//! Statements that change what was said, and what decides whether they may.
#![expect(clippy::disallowed_methods, reason = "SQL stands here")]

use crate::{
    server::store::{hex_list, user_list},
    wire::{Body, Emoji, Millis, Ordinal, RoomId, Seq, Target, UserId},
};
use sqlx::{FromRow, Result, Row, SqliteConnection};
use std::collections::HashMap;

/// What decides about a change of a message.
#[derive(Debug)]
pub struct TargetRow {
    pub author: UserId,
    pub deleted: bool,
    /// The entry that changed the text last; zero for a text that stands as it was sent.
    pub body_seq: Seq,
    pub revision: Seq,
    pub mentions: Vec<UserId>,
}

pub async fn find_target(conn: &mut SqliteConnection, room: RoomId, target: &Target) -> Result<Option<TargetRow>> {
    let found = sqlx::query(
        "SELECT author, deleted, body_seq, revision, mentions
           FROM messages
          WHERE room = ?1 AND ordinal = ?2 AND client_key = ?3",
    )
    .bind(room)
    .bind(target.ordinal)
    .bind(target.key)
    .fetch_optional(conn)
    .await?;
    let Some(row) = found else { return Ok(None) };
    Ok(Some(TargetRow {
        author: row.try_get("author")?,
        deleted: row.try_get("deleted")?,
        body_seq: row.try_get("body_seq")?,
        revision: row.try_get("revision")?,
        mentions: user_list(row.try_get("mentions")?),
    }))
}

/// A text that takes the place of another.
#[derive(Debug)]
pub struct NewText<'a> {
    pub seq: Seq,
    pub edited_at: Millis,
    pub body: &'a Body,
    pub mentions: &'a [UserId],
    pub hash: [u8; 16],
}

/// No edit is older than what it edits, whatever the clock does.
pub async fn change_text(
    conn: &mut SqliteConnection,
    room: RoomId,
    ordinal: Ordinal,
    text: &NewText<'_>,
) -> Result<()> {
    let mentions: Vec<u8> = text.mentions.iter().flat_map(|user| *user.as_bytes()).collect();
    blank_text(&mut *conn, room, ordinal).await?;
    let id = insert_text(&mut *conn, text.body).await?;
    sqlx::query(
        "UPDATE messages
            SET text = ?3, mentions = ?4, hash = ?5, body_seq = ?6, edited_at = max(?7, at)
          WHERE room = ?1 AND ordinal = ?2",
    )
    .bind(room)
    .bind(ordinal)
    .bind(id)
    .bind(mentions)
    .bind(text.hash.as_slice())
    .bind(text.seq)
    .bind(text.edited_at)
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn delete_text(
    conn: &mut SqliteConnection,
    room: RoomId,
    ordinal: Ordinal,
    seq: Seq,
    hash: [u8; 16],
) -> Result<()> {
    blank_text(&mut *conn, room, ordinal).await?;
    sqlx::query(
        "UPDATE messages
            SET deleted = 1, text = 0, mentions = x'', hash = ?4, body_seq = ?3, edited_at = NULL
          WHERE room = ?1 AND ordinal = ?2",
    )
    .bind(room)
    .bind(ordinal)
    .bind(seq)
    .bind(hash.as_slice())
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes nothing over the bytes of a message's text, as many as there are: only then are
/// they overwritten where they stand, and nowhere else are any.
async fn blank_text(conn: &mut SqliteConnection, room: RoomId, ordinal: Ordinal) -> Result<()> {
    sqlx::query(
        "UPDATE texts
            SET body = zeroblob(length(body))
          WHERE id = (SELECT text FROM messages WHERE room = ?1 AND ordinal = ?2)",
    )
    .bind(room)
    .bind(ordinal)
    .execute(conn)
    .await?;
    Ok(())
}

async fn insert_text(conn: &mut SqliteConnection, body: &Body) -> Result<i64> {
    let inserted = sqlx::query("INSERT INTO texts (body) VALUES (?1)")
        .bind(body.as_str().as_bytes())
        .execute(conn)
        .await?;
    Ok(inserted.last_insert_rowid())
}

/// These mentions count no more.
pub async fn unmention(conn: &mut SqliteConnection, room: RoomId, ordinal: Ordinal, users: &[UserId]) -> Result<()> {
    if users.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "UPDATE mentions
            SET gone = 1
          WHERE room = ?1 AND ordinal = ?2 AND user IN (SELECT unhex(value) FROM json_each(?3))",
    )
    .bind(room)
    .bind(ordinal)
    .bind(hex_list(users))
    .execute(conn)
    .await?;
    Ok(())
}

/// People of these usernames who are in the room or among the given.
pub async fn named(
    conn: &mut SqliteConnection,
    room: RoomId,
    names: &[String],
    given: &[UserId],
) -> Result<HashMap<String, UserId>> {
    let rows = sqlx::query(
        "SELECT u.username, u.id
           FROM json_each(?2) AS asked
     CROSS JOIN users AS u ON u.username = asked.value
          WHERE u.id IN (SELECT unhex(value) FROM json_each(?3))
             OR (u.state = 0
                 AND EXISTS (SELECT 1 FROM memberships WHERE room = ?1 AND user = u.id AND state = 0))",
    )
    .bind(room)
    .bind(hex_list(names))
    .bind(hex_list(given))
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| Ok((row.try_get("username")?, row.try_get("id")?)))
        .collect()
}

/// The reactions of one message, as somebody who is about to react sees them.
#[derive(Debug, FromRow)]
pub struct ReactionTally {
    pub all: u32,
    pub kinds: u32,
    /// Somebody has put this emoji there.
    pub is_known: bool,
    pub mine: bool,
}

pub async fn tally_reactions(
    conn: &mut SqliteConnection,
    room: RoomId,
    ordinal: Ordinal,
    emoji: &Emoji,
    user: UserId,
) -> Result<ReactionTally> {
    sqlx::query_as(
        "SELECT count(*) AS \"all\",
                count(DISTINCT emoji) AS kinds,
                coalesce(max(emoji = ?3), 0) AS is_known,
                coalesce(max(emoji = ?3 AND user = ?4), 0) AS mine
           FROM reactions
          WHERE room = ?1 AND ordinal = ?2",
    )
    .bind(room)
    .bind(ordinal)
    .bind(emoji.as_str())
    .bind(user)
    .fetch_one(conn)
    .await
}

pub async fn insert_reaction(
    conn: &mut SqliteConnection,
    room: RoomId,
    ordinal: Ordinal,
    emoji: &Emoji,
    user: UserId,
    seq: Seq,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO reactions (room, ordinal, emoji, user, seq)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )
    .bind(room)
    .bind(ordinal)
    .bind(emoji.as_str())
    .bind(user)
    .bind(seq)
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn delete_reaction(
    conn: &mut SqliteConnection,
    room: RoomId,
    ordinal: Ordinal,
    emoji: &Emoji,
    user: UserId,
) -> Result<()> {
    sqlx::query("DELETE FROM reactions WHERE room = ?1 AND ordinal = ?2 AND emoji = ?3 AND user = ?4")
        .bind(room)
        .bind(ordinal)
        .bind(emoji.as_str())
        .bind(user)
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn delete_reactions(conn: &mut SqliteConnection, room: RoomId, ordinal: Ordinal) -> Result<()> {
    sqlx::query("DELETE FROM reactions WHERE room = ?1 AND ordinal = ?2")
        .bind(room)
        .bind(ordinal)
        .execute(conn)
        .await?;
    Ok(())
}

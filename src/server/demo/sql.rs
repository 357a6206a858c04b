//! Statements that fill the tables, each with rows as a JSON array of arrays.
#![expect(clippy::disallowed_methods, reason = "SQL stands here")]

use serde::Serialize;
use sqlx::{Result, SqliteConnection, sqlite::SqliteQueryResult};

/// Nothing can be lost in a file that nobody uses before it is whole, so it needs
/// neither a journal nor a wait for the disk while it grows.
pub async fn hurry(conn: &mut SqliteConnection) -> Result<()> {
    sqlx::raw_sql(
        "PRAGMA locking_mode = EXCLUSIVE;
         PRAGMA journal_mode = OFF;
         PRAGMA synchronous = OFF;
         PRAGMA cache_size = -131072;",
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Back to how a server has its file.
pub async fn settle(conn: &mut SqliteConnection) -> Result<()> {
    sqlx::raw_sql(
        "PRAGMA synchronous = FULL;
         PRAGMA locking_mode = NORMAL;
         PRAGMA journal_mode = WAL;
         PRAGMA wal_checkpoint(TRUNCATE);",
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn insert_users(conn: &mut SqliteConnection, rows: &impl Serialize) -> Result<()> {
    const SQL: &str = "
        INSERT INTO users (id, dseq, username, name, hue, role, state, password_hash, created_at)
        SELECT unhex(value->>0), value->>1, value->>2, value->>3, value->>4, value->>5, 0, value->>6, value->>7
          FROM json_each(?1)";
    execute(conn, SQL, rows).await.map(drop)
}

/// Nameless yet, under a key that no other room takes.
pub async fn insert_rooms(conn: &mut SqliteConnection, rows: &impl Serialize) -> Result<()> {
    const SQL: &str = "
        INSERT INTO rooms (id, kind, name, name_key, seq, tail, ordinal, created_at)
        SELECT unhex(value->>0), value->>1, '', value->>0, 0, 0, 0, value->>2
          FROM json_each(?1)";
    execute(conn, SQL, rows).await.map(drop)
}

/// The names and heads that the entries led to.
pub async fn set_heads(conn: &mut SqliteConnection, rows: &impl Serialize) -> Result<()> {
    const SQL: &str = "
        UPDATE rooms
           SET name = value->>1, name_key = value->>2, seq = value->>3, tail = value->>4, ordinal = value->>5,
               direct_a = unhex(value->>6), direct_b = unhex(value->>7)
          FROM json_each(?1)
         WHERE rooms.id = unhex(value->>0)";
    execute(conn, SQL, rows).await.map(drop)
}

pub async fn insert_memberships(conn: &mut SqliteConnection, rows: &impl Serialize) -> Result<()> {
    const SQL: &str = "
        INSERT INTO memberships (room, user, role, state, changed_seq, joined_ordinal)
        SELECT unhex(value->>0), unhex(value->>1), value->>2, value->>3, value->>4, value->>5
          FROM json_each(?1)";
    execute(conn, SQL, rows).await.map(drop)
}

pub async fn insert_entries(conn: &mut SqliteConnection, rows: &impl Serialize) -> Result<()> {
    const SQL: &str = "
        INSERT INTO entries (room, seq, tail, kind, version, actor, target, payload, at)
        SELECT unhex(value->>0), value->>1, value->>2, value->>3, value->>4,
               unhex(value->>5), value->>6, unhex(value->>7), value->>8
          FROM json_each(?1)";
    execute(conn, SQL, rows).await.map(drop)
}

/// The messages and their texts, which are numbered alike.
pub async fn insert_messages(conn: &mut SqliteConnection, rows: &impl Serialize) -> Result<()> {
    const TEXTS: &str = "
        INSERT INTO texts (id, body)
        SELECT value->>0, CAST(value->>8 AS BLOB)
          FROM json_each(?1)";
    const MESSAGES: &str = "
        INSERT INTO messages (position, room, ordinal, seq, revision, author, author_nth, client_key, at, text, mentions, hash)
        SELECT value->>0, unhex(value->>1), value->>2, value->>3, value->>3,
               unhex(value->>4), value->>5, unhex(value->>6), value->>7, value->>0, unhex(value->>9),
               unhex(value->>10)
          FROM json_each(?1)";
    execute(conn, TEXTS, rows).await?;
    execute(conn, MESSAGES, rows).await.map(drop)
}

pub async fn insert_mentions(conn: &mut SqliteConnection, rows: &impl Serialize) -> Result<()> {
    const SQL: &str = "
        INSERT INTO mentions (user, room, ordinal, seq, nth)
        SELECT unhex(value->>0), unhex(value->>1), value->>2, value->>3, value->>4
          FROM json_each(?1)";
    execute(conn, SQL, rows).await.map(drop)
}

pub async fn insert_keys(conn: &mut SqliteConnection, rows: &impl Serialize) -> Result<()> {
    const SQL: &str = "
        INSERT INTO client_keys (author, client_key, room, seq, digest)
        SELECT unhex(value->>0), unhex(value->>1), unhex(value->>2), value->>3, unhex(value->>4)
          FROM json_each(?1)";
    execute(conn, SQL, rows).await.map(drop)
}

pub async fn insert_user_values(conn: &mut SqliteConnection, rows: &impl Serialize) -> Result<()> {
    const SQL: &str = "
        INSERT INTO user_log (user, kind, name, useq, version, value)
        SELECT unhex(value->>0), value->>1, unhex(value->>2), value->>3, value->>4, unhex(value->>5)
          FROM json_each(?1)";
    execute(conn, SQL, rows).await.map(drop)
}

pub async fn insert_left_vector(conn: &mut SqliteConnection, rows: &impl Serialize) -> Result<()> {
    const SQL: &str = "
        INSERT INTO left_vectors (user, room, ordinal, returned)
        SELECT unhex(value->>0), unhex(value->>1), value->>2, value->>3
          FROM json_each(?1)";
    execute(conn, SQL, rows).await.map(drop)
}

async fn execute(conn: &mut SqliteConnection, sql: &'static str, rows: &impl Serialize) -> Result<SqliteQueryResult> {
    sqlx::query(sql).bind(json(rows)?).execute(conn).await
}

fn json(rows: &impl Serialize) -> Result<String> {
    serde_json::to_string(rows).map_err(|error| sqlx::Error::Encode(error.into()))
}

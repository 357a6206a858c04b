//! A copy of one moment, and what can be asked of a copy.
#![expect(clippy::disallowed_methods, reason = "SQL stands here")]

use super::manifest::{Facts, Holds};
use crate::server::store::body;
use futures_util::TryStreamExt;
use sqlx::{Result, SqliteConnection};
use std::path::Path;

/// One read transaction, whatever is written meanwhile. What was deleted is not copied:
/// the pages are built anew.
pub async fn copy_into(conn: &mut SqliteConnection, file: &Path) -> Result<()> {
    sqlx::query("VACUUM INTO ?1")
        .bind(file.to_string_lossy().into_owned())
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn facts(conn: &mut SqliteConnection) -> Result<Facts> {
    const SQL: &str = "
        SELECT (SELECT max(version) FROM _sqlx_migrations),
               (SELECT lower(hex(value)) FROM store_facts WHERE name = 'epoch'),
               (SELECT count(*) FROM users),
               (SELECT count(*) FROM rooms),
               (SELECT count(*) FROM entries),
               (SELECT count(*) FROM messages)";
    let (schema, epoch, people, rooms, entries, messages) = sqlx::query_as(SQL).fetch_one(conn).await?;
    Ok(Facts {
        schema,
        epoch,
        holds: Holds {
            people,
            rooms,
            entries,
            messages,
        },
    })
}

/// How many texts are not what was stored. Those from before texts were sealed pass.
pub async fn damaged(conn: &mut SqliteConnection) -> Result<u64> {
    const SQL: &str = "SELECT room, ordinal, seq, author, client_key, body, deleted, hash FROM message_rows";
    let mut rows = sqlx::query(SQL).fetch(conn);
    let mut damaged = 0;
    while let Some(row) = rows.try_next().await? {
        // An empty text is how one that is withheld is told; none is stored.
        if body(&row)?.is_some_and(|body| body.as_str().is_empty()) {
            damaged += 1;
        }
    }
    Ok(damaged)
}

//! The schema's migrations and the facts a store keeps about itself.
#![expect(clippy::disallowed_methods, reason = "SQL stands here")]

use crate::wire::Epoch;
use sqlx::{
    Result, SqlSafeStr, SqliteConnection,
    migrate::{Migration, MigrationType, Migrator},
};

/// Every file of `migrations/`, in order. Named one by one, so that the compiler
/// watches each and no macro has to read a folder.
const MIGRATIONS: [(i64, &str, &str); 4] = [
    (1, "first", include_str!("../../../migrations/0001_first.sql")),
    (2, "edits", include_str!("../../../migrations/0002_edits.sql")),
    (
        3,
        "fewer_pages",
        include_str!("../../../migrations/0003_fewer_pages.sql"),
    ),
    (4, "return", include_str!("../../../migrations/0004_return.sql")),
];

pub fn migrator() -> Migrator {
    let migrations = MIGRATIONS
        .iter()
        .map(|&(version, name, text)| {
            Migration::new(version, name.into(), MigrationType::Simple, text.into_sql_str(), false)
        })
        .collect();
    Migrator::with_migrations(migrations)
}

/// True if there are tables, and none says which of our migrations made them.
pub async fn is_foreign(conn: &mut SqliteConnection) -> Result<bool> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table')
            AND NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = '_sqlx_migrations')",
    )
    .fetch_one(conn)
    .await
}

/// The schema that this version brings a file to.
pub fn newest_schema() -> i64 {
    MIGRATIONS.iter().map(|(version, ..)| *version).max().unwrap_or(0)
}

/// The epoch of this store; the given one, if it has none yet.
pub async fn epoch_or(conn: &mut SqliteConnection, fresh: Epoch) -> Result<Epoch> {
    sqlx::query("INSERT INTO store_facts (name, value) VALUES ('epoch', ?1) ON CONFLICT (name) DO NOTHING")
        .bind(fresh)
        .execute(&mut *conn)
        .await?;
    sqlx::query_scalar("SELECT value FROM store_facts WHERE name = 'epoch'")
        .fetch_one(conn)
        .await
}

/// Another epoch for this store: cursors that clients hold are void.
pub async fn set_epoch(conn: &mut SqliteConnection, epoch: Epoch) -> Result<()> {
    sqlx::query("UPDATE store_facts SET value = ?1 WHERE name = 'epoch'")
        .bind(epoch)
        .execute(conn)
        .await?;
    Ok(())
}

/// The first thing that is wrong with the file, in the words of SQLite.
pub async fn integrity(conn: &mut SqliteConnection) -> Result<Option<String>> {
    let said: String = sqlx::query_scalar("PRAGMA integrity_check(1)").fetch_one(conn).await?;
    Ok((said != "ok").then_some(said))
}

/// Whether rows left copies of themselves behind that nothing overwrites.
pub async fn is_to_vacuum(conn: &mut SqliteConnection) -> Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM store_facts WHERE name = 'to vacuum')")
        .fetch_one(conn)
        .await
}

/// Writes the whole file anew.
pub async fn vacuum(conn: &mut SqliteConnection) -> Result<()> {
    sqlx::query("VACUUM").execute(&mut *conn).await?;
    sqlx::query("DELETE FROM store_facts WHERE name = 'to vacuum'")
        .execute(conn)
        .await?;
    Ok(())
}

/// Copies the write-ahead log into the database and cuts it to nothing. False if
/// somebody was in the way.
pub async fn cut_off_log(conn: &mut SqliteConnection) -> Result<bool> {
    let is_busy: bool = sqlx::query_scalar("PRAGMA wal_checkpoint(TRUNCATE)")
        .fetch_one(conn)
        .await?;
    Ok(!is_busy)
}

/// Copies what nobody reads any more from the write-ahead log into the database.
pub async fn checkpoint(conn: &mut SqliteConnection) -> Result<()> {
    sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(conn).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_migrations_is_known() {
        let mut files: Vec<_> = std::fs::read_dir("migrations")
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let known: Vec<_> = MIGRATIONS
            .iter()
            .map(|(version, name, _)| format!("{version:04}_{name}.sql"))
            .collect();
        assert_eq!(files, known);
    }
}

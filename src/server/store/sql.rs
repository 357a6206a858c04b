//! The schema's migrations and the facts a store keeps about itself.
#![expect(clippy::disallowed_methods, reason = "SQL stands here")]

use crate::wire::Epoch;
use sqlx::{
    Result, SqlSafeStr, SqliteConnection,
    migrate::{Migration, MigrationType, Migrator},
};

/// Every file of `migrations/`, in order. Named one by one, so that the compiler
/// watches each and no macro has to read a folder.
const MIGRATIONS: [(i64, &str, &str); 1] = [(1, "first", include_str!("../../../migrations/0001_first.sql"))];

pub fn migrator() -> Migrator {
    let migrations = MIGRATIONS
        .iter()
        .map(|&(version, name, text)| {
            Migration::new(version, name.into(), MigrationType::Simple, text.into_sql_str(), false)
        })
        .collect();
    Migrator::with_migrations(migrations)
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

//! Opening: the folder, its lock, the file, its schema. Each refusal says what is
//! wrong, where, and what would be right.

use super::{
    Store,
    damage::{LogDamage, OnDamage, epoch_is_stored, owes_epoch, settle_damage},
    files::{private_file, private_folder},
    readers::Readers,
    restored::settle_restored,
    sql,
};
use crate::{server::clock::Ambience, wire::Epoch};
use sqlx::{
    ConnectOptions, Connection, SqliteConnection,
    migrate::MigrateError,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use std::{
    fs::{File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

pub const DATABASE_FILE: &str = "whilst.db";
pub const LOG_FILE: &str = "whilst.db-wal";
/// SQLite's index of the log, shared by all connections.
pub const INDEX_FILE: &str = "whilst.db-shm";
const LOCK_FILE: &str = "lock";

/// Each is a thread; reads are short and two cores are the smallest house.
const READ_CONNECTIONS_MAX: u32 = 4;
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// A log that grew beyond this under a long read is cut back at the next checkpoint.
const WAL_KEPT_BYTES: &str = "67108864";
/// The log is brought into the database by the writer itself when it has so many pages: 32 MiB.
/// Most of the time that was done beside it before.
const CHECKPOINT_PAGES: &str = "8192";
/// What the writer keeps of the file at most: 8 MiB. The rooms in which something is said
/// stay in it, so that they are not read again for each commit.
const WRITE_CACHE_KIB: &str = "-8192";

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "the data folder {0} cannot be made or written: {1}. Choose another folder, or give this account the right to write there"
    )]
    FolderNotWritable(PathBuf, #[source] io::Error),
    #[error("the data folder {0} is in use by another whilst. Stop that one first, or choose another folder")]
    Locked(PathBuf),
    #[error("{0} is read-only. Make it writable: chmod u+w {0}")]
    ReadOnly(PathBuf),
    #[error("{0} is not a database of whilst. Move it away, or put the right file there")]
    NotADatabase(PathBuf),
    #[error("{0} is held by another program. Close what has it open")]
    Busy(PathBuf),
    #[error(
        "{0} is missing or empty, though this folder was used before. Put it back, restore a backup, or choose another folder to begin anew"
    )]
    Missing(PathBuf),
    #[error("{0} is damaged: {1}. Restore a backup")]
    Damaged(PathBuf, #[source] sqlx::Error),
    #[error(
        "the write-ahead log {0}, or the database beside it, cannot be read: {1}. Copy the data folder to another disk while that can be done, and restore a backup"
    )]
    LogNotReadable(PathBuf, #[source] io::Error),
    #[error("{0}. The store was not changed. {1}")]
    LogDamaged(Box<LogDamage>, String),
    #[error(
        "the data folder {0} holds {1} copies of earlier damage (damaged-1 and so on). Move one away and start again"
    )]
    TooManyCopies(PathBuf, u32),
    #[error(
        "{0} is not consistent without what was lost: {1}. The copies in the folders damaged-1 and so on are untouched. Restore a backup"
    )]
    NotConsistent(PathBuf, String),
    #[error("{0} was written by a newer whilst (schema {1}). Run that version, or restore an older backup")]
    Newer(PathBuf, i64),
    #[error("{0} cannot be opened: {1}")]
    Other(PathBuf, #[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Store {
    /// Opens the store of a data folder; makes folder and file where they are missing.
    ///
    /// # Errors
    /// [`OpenError`], which is meant to be shown as it is.
    pub async fn open(folder: &Path, ambience: &Ambience) -> Result<Self, OpenError> {
        Self::open_despite(folder, ambience, OnDamage::Refuse).await
    }

    /// As [`Store::open`], and says what to do if the write-ahead log is damaged.
    ///
    /// # Errors
    /// As `open`.
    pub async fn open_despite(folder: &Path, ambience: &Ambience, on_damage: OnDamage) -> Result<Self, OpenError> {
        open_synced(
            folder,
            ambience,
            SqliteSynchronous::Full,
            READ_CONNECTIONS_MAX,
            on_damage,
        )
        .await
    }

    /// As [`Store::open`], without waiting for the disk: what is acknowledged may be
    /// lost with the power. For tests and for filling a folder that can be filled again.
    ///
    /// # Errors
    /// As `open`.
    pub async fn open_unsynced(folder: &Path, ambience: &Ambience) -> Result<Self, OpenError> {
        let sync = SqliteSynchronous::Off;
        open_synced(folder, ambience, sync, READ_CONNECTIONS_MAX, OnDamage::Refuse).await
    }

    /// As [`Store::open_unsynced`], with one reader: reads then follow each other in the
    /// order in which they were begun.
    #[cfg(test)]
    pub async fn open_in_line(folder: &Path, ambience: &Ambience) -> Result<Self, OpenError> {
        open_synced(folder, ambience, SqliteSynchronous::Off, 1, OnDamage::Refuse).await
    }
}

async fn open_synced(
    folder: &Path,
    ambience: &Ambience,
    sync: SqliteSynchronous,
    readers_max: u32,
    on_damage: OnDamage,
) -> Result<Store, OpenError> {
    let was_used = folder.join(LOCK_FILE).exists();
    let lock = lock_folder(folder)?;
    let file = folder.join(DATABASE_FILE);
    settle_restored(folder).map_err(|error| OpenError::FolderNotWritable(folder.to_owned(), error))?;
    // A new store in its place would look as if nothing had ever been said here.
    if was_used && std::fs::metadata(&file).map_or(0, |found| found.len()) == 0 {
        return Err(OpenError::Missing(file));
    }
    claim_file(folder, &file)?;
    settle_damage(folder, on_damage)?;
    let writes = write_options(&file, sync);
    if owes_epoch(folder) {
        renew_epoch(&writes, folder, &file, Epoch(ambience.random())).await?;
    }
    let epoch = prepare(&writes, Epoch(ambience.random()))
        .await
        .map_err(|error| explain(&file, error))?
        .ok_or_else(|| OpenError::NotADatabase(file.clone()))?;
    let reads = Readers::open(read_options(&file), readers_max)
        .await
        .map_err(|error| explain(&file, error.into()))?;
    Ok(Store {
        reads,
        writes: Arc::new(writes),
        epoch,
        soiled: Arc::default(),
        grown: Arc::default(),
        _lock: Arc::new(lock),
    })
}

/// Makes the folder if it is missing and holds it for as long as the file lives.
///
/// # Errors
/// `FolderNotWritable` or `Locked`.
pub fn lock_folder(folder: &Path) -> Result<File, OpenError> {
    let not_writable = |error| OpenError::FolderNotWritable(folder.to_owned(), error);
    private_folder(folder).map_err(not_writable)?;
    let lock = private_file()
        .truncate(false)
        .open(folder.join(LOCK_FILE))
        .map_err(not_writable)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(OpenError::Locked(folder.to_owned())),
        Err(TryLockError::Error(error)) => Err(not_writable(error)),
    }
}

/// Makes the file with its rights before SQLite would make it with wider ones, and
/// respects a missing write bit even where root could ignore it.
fn claim_file(folder: &Path, file: &Path) -> Result<(), OpenError> {
    if std::fs::metadata(file).is_ok_and(|found| found.permissions().readonly()) {
        return Err(OpenError::ReadOnly(file.to_owned()));
    }
    private_file()
        .truncate(false)
        .open(file)
        .map(drop)
        .map_err(|error| match error.kind() {
            io::ErrorKind::ReadOnlyFilesystem => OpenError::ReadOnly(file.to_owned()),
            io::ErrorKind::IsADirectory => OpenError::NotADatabase(file.to_owned()),
            _ => OpenError::FolderNotWritable(folder.to_owned(), error),
        })
}

fn write_options(file: &Path, sync: SqliteSynchronous) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(sync)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        // A mapped file turns a disk error into a signal that ends the process.
        .pragma("mmap_size", "0")
        .pragma("journal_size_limit", WAL_KEPT_BYTES)
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
        .pragma("cache_size", WRITE_CACHE_KIB)
        // What a statement of many rows would need to undo itself went to a file otherwise.
        .pragma("temp_store", "MEMORY")
        .pragma("trusted_schema", "OFF")
        // What is deleted is blanked, and not left in free pages for who finds the disk.
        .pragma("secure_delete", "ON")
        .disable_statement_logging()
}

fn read_options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("mmap_size", "0")
        .pragma("query_only", "ON")
        .pragma("trusted_schema", "OFF")
        .disable_statement_logging()
}

/// Brings the schema up to date. None if the file is somebody else's.
async fn prepare(options: &SqliteConnectOptions, fresh: Epoch) -> Result<Option<Epoch>, MigrateError> {
    let mut conn = SqliteConnection::connect_with(options).await?;
    if sql::is_foreign(&mut conn).await? {
        return Ok(None);
    }
    sql::migrator().run(&mut conn).await?;
    let epoch = sql::epoch_or(&mut conn, fresh).await?;
    vacuum_if_due(&mut conn).await?;
    conn.close().await?;
    Ok(Some(epoch))
}

/// After an accepted loss: cursors that clients hold may be of entries that are gone.
async fn renew_epoch(
    options: &SqliteConnectOptions,
    folder: &Path,
    file: &Path,
    epoch: Epoch,
) -> Result<(), OpenError> {
    let failed = |error: sqlx::Error| explain(file, error.into());
    let mut conn = SqliteConnection::connect_with(options).await.map_err(failed)?;
    // Nothing was proven about the database file itself.
    if let Some(said) = sql::integrity(&mut conn).await.map_err(failed)? {
        return Err(OpenError::NotConsistent(file.to_owned(), said));
    }
    sql::set_epoch(&mut conn, epoch).await.map_err(failed)?;
    conn.close().await.map_err(failed)?;
    epoch_is_stored(folder).map_err(|error| OpenError::FolderNotWritable(folder.to_owned(), error))
}

/// After a change of the schema that left old rows behind in the file. It takes as much
/// room on the disk again; a store without that room opens all the same, and it is tried
/// again at the next start.
async fn vacuum_if_due(conn: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    if !sql::is_to_vacuum(conn).await? {
        return Ok(());
    }
    if let Err(error) = sql::vacuum(conn).await {
        tracing::warn!(%error, "the file could not be written anew; texts deleted before the last update may still be in it");
    }
    Ok(())
}

/// Result codes of SQLite, without their extended part.
mod code {
    pub const BUSY: i32 = 5;
    pub const READ_ONLY: i32 = 8;
    pub const CORRUPT: i32 = 11;
    pub const NOT_A_DATABASE: i32 = 26;
    pub const MASK: i32 = 0xff;
}

fn explain(file: &Path, error: MigrateError) -> OpenError {
    let file = file.to_owned();
    let error = match error {
        MigrateError::VersionMissing(version) => return OpenError::Newer(file, version),
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error,
        other => return OpenError::Other(file, other.into()),
    };
    let code = error
        .as_database_error()
        .and_then(|error| error.code()?.parse::<i32>().ok())
        .map(|code| code & code::MASK);
    match code {
        Some(code::BUSY) => OpenError::Busy(file),
        Some(code::READ_ONLY) => OpenError::ReadOnly(file),
        Some(code::CORRUPT) => OpenError::Damaged(file, error),
        Some(code::NOT_A_DATABASE) => OpenError::NotADatabase(file),
        _ => OpenError::Other(file, error.into()),
    }
}

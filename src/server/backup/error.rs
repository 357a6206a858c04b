//! Why there is no backup, or none was restored.

use super::manifest::MANIFEST_FILE;
use crate::server::store::{LogDamage, OpenError};
use std::{
    io,
    path::{Path, PathBuf},
};

/// Each is meant to be shown as it is.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{0} holds no database of whilst. Name the data folder with --data FOLDER")]
    NoData(PathBuf),
    #[error("{0} is there already. Choose a name that is free")]
    AlreadyThere(PathBuf),
    #[error(
        "{0}. No backup was made. If a server runs, end it with `kill -9` and start it again: the start says what can be done. Do not stop it in another way, which would copy the damage into the database and remove the log"
    )]
    LogDamaged(Box<LogDamage>),
    #[error("{0} was written by a newer whilst (schema {1}). Back it up with that version")]
    NewerData(PathBuf, i64),
    #[error(
        "{0} is no backup of whilst: it has no {MANIFEST_FILE} that could be read. Name the folder that `whilst backup` made"
    )]
    NotOurs(PathBuf),
    #[error("{0} was made by a newer whilst ({1}). Restore it with that version or a later one")]
    Newer(PathBuf, String),
    #[error("{file} is not whole: it has {found} of {expected} bytes. Copy the backup again, or take another one")]
    Incomplete { file: PathBuf, found: u64, expected: u64 },
    #[error(
        "{0} is not as it was when the backup was made: its SHA-256 is another. Copy the backup again, or take another one"
    )]
    Changed(PathBuf),
    #[error("{0} is damaged: {1}. Take another backup")]
    Broken(PathBuf, String),
    #[error(
        "the data folder {0} holds data already. Choose another one, or say --replace; what is there is kept in a folder beside the new database"
    )]
    AlreadyHeld(PathBuf),
    #[error(transparent)]
    Folder(#[from] OpenError),
    #[error("{0} cannot be read: {1}")]
    Database(PathBuf, #[source] sqlx::Error),
    #[error("{0} cannot be read or written: {1}")]
    Disk(PathBuf, #[source] io::Error),
}

pub type Result<T, E = BackupError> = std::result::Result<T, E>;

impl BackupError {
    pub(super) fn of(file: &Path) -> impl Fn(sqlx::Error) -> Self {
        move |error| Self::Database(file.to_owned(), error)
    }

    pub(super) fn disk(path: &Path) -> impl Fn(io::Error) -> Self {
        move |error| Self::Disk(path.to_owned(), error)
    }
}

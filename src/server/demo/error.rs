//! Why a folder was not filled.

use crate::server::{error::Error, store::OpenError};
use std::{io, path::PathBuf};

/// Each is meant to be shown as it is.
#[derive(Debug, thiserror::Error)]
pub enum FillError {
    #[error("{0} holds a database already. Choose a folder without one")]
    AlreadyThere(PathBuf),
    #[error("{asked} messages cannot be made. Ask for {min} to {max}")]
    Messages { asked: u64, min: u64, max: u64 },
    #[error(transparent)]
    Store(#[from] OpenError),
    #[error("{0} cannot be written: {1}")]
    Disk(PathBuf, #[source] io::Error),
    #[error("the database cannot be written: {0}")]
    Database(String),
    #[error("{file}, line {line}: this is no line of a conversation")]
    Corpus { file: &'static str, line: u64 },
    #[error("the password cannot be hashed: {0}")]
    Password(String),
}

pub type Result<T, E = FillError> = std::result::Result<T, E>;

impl From<sqlx::Error> for FillError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.to_string())
    }
}

impl From<Error> for FillError {
    fn from(error: Error) -> Self {
        Self::Database(error.chain())
    }
}

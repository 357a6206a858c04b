//! What a backup says of itself, in a file that people can read.

use super::error::{BackupError, Result};
use crate::wire::Millis;
use serde::{Deserialize, Serialize};
use std::{fs, io::Write, path::Path};

pub const MANIFEST_FILE: &str = "manifest.json";
const WHAT: &str = "a backup of whilst";
/// Of the backup, not of the database in it.
const FORMAT: u32 = 1;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    what: String,
    format: u32,
    /// The version that made it.
    pub whilst: String,
    pub made_at: u64,
    pub schema: i64,
    pub epoch: String,
    pub holds: Holds,
    pub database: Digest,
}

/// How much of what; restoring counts again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holds {
    pub people: i64,
    pub rooms: i64,
    pub entries: i64,
    pub messages: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    pub bytes: u64,
    pub sha256: String,
}

/// What can be asked of a database again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    pub schema: i64,
    pub epoch: String,
    pub holds: Holds,
}

/// The part that every format has.
#[derive(Deserialize)]
struct Cover {
    what: String,
    format: u32,
    whilst: String,
}

impl Manifest {
    pub(super) fn new(facts: Facts, database: Digest, now: Millis) -> Self {
        Self {
            what: WHAT.to_owned(),
            format: FORMAT,
            whilst: env!("CARGO_PKG_VERSION").to_owned(),
            made_at: now.0,
            schema: facts.schema,
            epoch: facts.epoch,
            holds: facts.holds,
            database,
        }
    }

    pub(super) fn facts(&self) -> Facts {
        Facts {
            schema: self.schema,
            epoch: self.epoch.clone(),
            holds: self.holds.clone(),
        }
    }

    /// The manifest of the backup in this folder.
    ///
    /// # Errors
    /// `NotOurs`, or `Newer` where the cover can be read and the rest is of another format.
    pub(super) fn read(backup: &Path) -> Result<Self> {
        let not_ours = || BackupError::NotOurs(backup.to_owned());
        let text = fs::read(backup.join(MANIFEST_FILE)).map_err(|_| not_ours())?;
        let cover: Cover = serde_json::from_slice(&text).map_err(|_| not_ours())?;
        if cover.what != WHAT {
            return Err(not_ours());
        }
        if cover.format > FORMAT {
            return Err(BackupError::Newer(backup.to_owned(), cover.whilst));
        }
        serde_json::from_slice(&text).map_err(|_| not_ours())
    }

    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        let path = folder.join(MANIFEST_FILE);
        // Strings and numbers always become JSON.
        let mut text = serde_json::to_vec_pretty(self).unwrap_or_default();
        text.push(b'\n');
        super::files::create_private(&path)
            .and_then(|mut file| {
                file.write_all(&text)?;
                file.sync_all()
            })
            .map_err(BackupError::disk(&path))
    }
}

impl std::fmt::Display for Manifest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Holds {
            people,
            rooms,
            messages,
            ..
        } = &self.holds;
        write!(f, "{people} people, {rooms} rooms, {messages} messages")
    }
}

//! `whilst backup` and `whilst restore`.
//!
//! A backup is a folder with the database as it was at one moment and a manifest that
//! says what it is. It is read beside a running server, in one read transaction, so
//! that writing goes on meanwhile. A restore checks everything before it touches the
//! data folder, gives the store a new epoch, and keeps what stood there before.

mod error;
mod files;
mod manifest;
mod sql;
#[cfg(test)]
mod tests;

pub use error::{BackupError, Result};
pub use manifest::Manifest;

use super::{
    clock::Ambience,
    store::{
        DATABASE_FILE, READY_FOLDER, damage_beside, integrity, lock_folder, newest_schema, private_folder, set_epoch,
        settle_restored,
    },
};
use crate::wire::Epoch;
use files::{Unfinished, copy_with_digest, digest_of, open_beside, open_still, open_to_write};
use manifest::MANIFEST_FILE;
use sqlx::Connection;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What to do with a database that stands where the restored one goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    Refuse,
    /// Put aside, into a folder within the data folder.
    Keep,
}

/// A restore that was done.
#[derive(Debug)]
pub struct Restored {
    pub manifest: Manifest,
    /// Where the database before lies now.
    pub kept: Option<PathBuf>,
}

/// Writes a backup of a data folder into a new folder, whether or not a server runs on it.
///
/// # Errors
/// [`BackupError`], meant to be shown as it is. There is no half backup then.
pub async fn make(data: &Path, to: &Path, ambience: &Ambience) -> Result<Manifest> {
    let source = data.join(DATABASE_FILE);
    if !source.exists() {
        return Err(BackupError::NoData(data.to_owned()));
    }
    if to.exists() {
        return Err(BackupError::AlreadyThere(to.to_owned()));
    }
    // SQLite would copy what is before the damage, as if that were all.
    if let Some(damage) = damage_beside(data).map_err(BackupError::disk(data))? {
        return Err(BackupError::LogDamaged(Box::new(damage)));
    }
    let unfinished = Unfinished::beside(to)?;
    let copy = unfinished.path().join(DATABASE_FILE);
    let mut conn = open_beside(&source).await?;
    sql::copy_into(&mut conn, &copy)
        .await
        .map_err(BackupError::of(&source))?;
    conn.close().await.map_err(BackupError::of(&source))?;

    let mut conn = open_still(&copy).await?;
    let facts = sql::facts(&mut conn).await.map_err(BackupError::of(&source))?;
    conn.close().await.map_err(BackupError::of(&copy))?;
    if facts.schema > newest_schema() {
        return Err(BackupError::NewerData(source, facts.schema));
    }
    let manifest = Manifest::new(facts, digest_of(&copy)?, ambience.now());
    manifest.write(unfinished.path())?;
    unfinished.finish(to)?;
    Ok(manifest)
}

/// Checks a backup from end to end and writes nothing.
///
/// # Errors
/// What is wrong with it.
pub async fn verify(backup: &Path) -> Result<Manifest> {
    let manifest = Manifest::read(backup)?;
    let file = backup.join(DATABASE_FILE);
    if manifest.schema > newest_schema() {
        return Err(BackupError::Newer(backup.to_owned(), manifest.whilst));
    }
    let found = fs::metadata(&file).map_or(0, |found| found.len());
    if found != manifest.database.bytes {
        return Err(BackupError::Incomplete {
            file,
            found,
            expected: manifest.database.bytes,
        });
    }
    if digest_of(&file)? != manifest.database {
        return Err(BackupError::Changed(file));
    }
    check_content(&file, &manifest).await?;
    Ok(manifest)
}

/// Puts a backup where a server looks for its data.
///
/// # Errors
/// As [`verify`]; `AlreadyHeld`, or the folder is in use or cannot be written. What
/// stands in the data folder is untouched then.
pub async fn restore(backup: &Path, data: &Path, existing: Existing, ambience: &Ambience) -> Result<Restored> {
    let manifest = verify(backup).await?;
    let _lock = lock_folder(data)?;
    let write = BackupError::disk(data);
    // A restore that was cut short is over before this one begins.
    settle_restored(data).map_err(&write)?;
    if existing == Existing::Refuse && data.join(DATABASE_FILE).exists() {
        return Err(BackupError::AlreadyHeld(data.to_owned()));
    }
    let ready = data.join(READY_FOLDER);
    let unfinished = Unfinished::beside(&ready)?;
    let file = unfinished.path().join(DATABASE_FILE);
    if copy_with_digest(&backup.join(DATABASE_FILE), &file)? != manifest.database {
        return Err(BackupError::Changed(backup.join(DATABASE_FILE)));
    }
    let mut conn = open_to_write(&file).await?;
    // Cursors that clients hold are of a log that may have gone further than this one.
    set_epoch(&mut conn, Epoch(ambience.random()))
        .await
        .map_err(BackupError::of(&file))?;
    conn.close().await.map_err(BackupError::of(&file))?;
    unfinished.finish(&ready)?;
    let kept = settle_restored(data).map_err(&write)?;
    Ok(Restored { manifest, kept })
}

async fn check_content(file: &Path, manifest: &Manifest) -> Result<()> {
    let broken = |what: String| BackupError::Broken(file.to_owned(), what);
    let mut conn = open_still(file).await?;
    let said = integrity(&mut conn).await.map_err(BackupError::of(file))?;
    if let Some(what) = said {
        return Err(broken(what));
    }
    let facts = sql::facts(&mut conn).await.map_err(BackupError::of(file))?;
    if facts != manifest.facts() {
        return Err(broken(format!("it holds other things than its {MANIFEST_FILE} says")));
    }
    let damaged = sql::damaged(&mut conn).await.map_err(BackupError::of(file))?;
    if damaged > 0 {
        return Err(broken(format!("{damaged} messages are not what was stored")));
    }
    conn.close().await.map_err(BackupError::of(file))
}

/// Makes the folder above, if there is none.
fn folder_above(path: &Path) -> Result<()> {
    match path.parent().filter(|above| !above.as_os_str().is_empty()) {
        Some(above) if !above.exists() => private_folder(above).map_err(BackupError::disk(above)),
        _ => Ok(()),
    }
}

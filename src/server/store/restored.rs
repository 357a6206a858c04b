//! The last step of a restore: a database that lies ready in the data folder takes the
//! place of the one there.
//!
//! A database is up to three files, and no file system replaces three at once: the new
//! one beside the old one's log would be read as if both belonged together. So the folder
//! that holds the new one is given its name only when it is whole, which is the moment
//! of the restore; the steps after it can be taken again after a crash, and whoever
//! opens the folder next takes them.

use super::{
    damage::ACCEPTED_FILE,
    files::sync,
    open::{DATABASE_FILE, INDEX_FILE, LOG_FILE},
};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Holds the new database; afterwards what it replaced.
pub const READY_FOLDER: &str = "restored";
const REPLACED_FOLDER: &str = "before-restore";
/// The store before the restore. An accepted loss that owes a new epoch is of that store.
const BEFORE: [&str; 4] = [DATABASE_FILE, LOG_FILE, INDEX_FILE, ACCEPTED_FILE];
/// Within the ready folder, so that the new one's name is free for the old one.
const OLD_FOLDER: &str = "old";

/// Finishes a restore that has come to its moment; does nothing where there is none.
/// What stood there before is kept in a folder of its own, which is a data folder too.
///
/// To be called with the folder's lock held. Gives the folder with the old one, if any.
pub fn settle_restored(folder: &Path) -> io::Result<Option<PathBuf>> {
    let ready = folder.join(READY_FOLDER);
    if !ready.exists() {
        return Ok(None);
    }
    let (new, old) = (ready.join(DATABASE_FILE), ready.join(OLD_FOLDER));
    if new.exists() {
        fs::create_dir_all(&old)?;
        for name in BEFORE {
            move_if_there(&folder.join(name), &old.join(name))?;
        }
        sync(&old)?;
        fs::rename(&new, folder.join(DATABASE_FILE))?;
        sync(folder)?;
    }
    let kept = keep(folder, &old)?;
    fs::remove_dir_all(&ready)?;
    sync(folder)?;
    Ok(kept)
}

fn keep(folder: &Path, old: &Path) -> io::Result<Option<PathBuf>> {
    if !old.join(DATABASE_FILE).exists() {
        return Ok(None);
    }
    let mut number = 1;
    loop {
        let kept = folder.join(format!("{REPLACED_FOLDER}-{number}"));
        if !kept.exists() {
            fs::rename(old, &kept)?;
            return Ok(Some(kept));
        }
        number += 1;
    }
}

fn move_if_there(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

//! The data folder: claimed for as long as it is being filled, and given its database
//! only when that is whole.

use super::error::{FillError, Result};
use crate::server::{
    clock::Ambience,
    store::{DATABASE_FILE, LOG_FILE, Store, lock_folder},
};
use sqlx::SqliteConnection;
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

/// A folder within the folder. What stands there after a crash is of no use to anybody.
const FILLING_FOLDER: &str = "filling";

pub struct Folder {
    path: PathBuf,
    /// Two that fill one folder would tear each other's file apart.
    _lock: File,
}

impl Folder {
    /// Makes the folder if it is missing.
    ///
    /// # Errors
    /// `AlreadyThere`; `Store` if another process holds the folder, or it cannot be written.
    pub fn claim(path: &Path) -> Result<Self> {
        let lock = lock_folder(path)?;
        // SQLite would read a log that was left behind into the new database.
        if path.join(DATABASE_FILE).exists() || path.join(LOG_FILE).exists() {
            return Err(FillError::AlreadyThere(path.to_owned()));
        }
        let folder = Self {
            path: path.to_owned(),
            _lock: lock,
        };
        folder.clear()?;
        Ok(folder)
    }

    /// A connection to a new store in it, of which nobody else knows.
    pub async fn make_store(&self, ambience: &Ambience) -> Result<SqliteConnection> {
        let store = Store::open_unsynced(&self.filling(), ambience).await?;
        // Its readers would keep the file from being opened without a journal.
        store.close().await;
        Ok(store.write_connection().await?)
    }

    /// Puts the closed database where a server looks for it, safe from a power cut first.
    pub fn publish(self) -> Result<()> {
        let made = self.filling().join(DATABASE_FILE);
        let there = self.path.join(DATABASE_FILE);
        File::open(&made)
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(&made, &there))
            .and_then(|()| File::open(&self.path)?.sync_all())
            .map_err(|error| FillError::Disk(there, error))?;
        self.clear()
    }

    fn filling(&self) -> PathBuf {
        self.path.join(FILLING_FOLDER)
    }

    fn clear(&self) -> Result<()> {
        match fs::remove_dir_all(self.filling()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FillError::Disk(self.filling(), error)),
            _ => Ok(()),
        }
    }
}

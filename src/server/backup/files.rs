//! Folders that are not finished, files that are copied, databases that are opened.

use super::{
    error::{BackupError, Result},
    folder_above,
    manifest::Digest,
};
use crate::server::store::{self, DATABASE_FILE, FILE_MODE, private_folder};
use sha2::Digest as _;
use sqlx::{ConnectOptions, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    fmt::Write as _,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
    time::Duration,
};

const PIECE_BYTES: usize = 256 * 1024;
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// A backup's folder, which gets its name when it is whole; dropped before, it is gone.
pub struct Unfinished(store::Unfinished);

impl Unfinished {
    pub fn beside(wanted: &Path) -> Result<Self> {
        folder_above(wanted)?;
        let mut name = wanted.file_name().unwrap_or_default().to_owned();
        name.push(".unfinished");
        let path = wanted.with_file_name(name);
        let failed = BackupError::disk(&path);
        let unfinished = store::Unfinished::at(path.clone()).map_err(&failed)?;
        private_folder(&path).map_err(&failed)?;
        Ok(Self(unfinished))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Safe from a power cut first, then by its name.
    pub fn finish(self, name: &Path) -> Result<()> {
        let database = self.path().join(DATABASE_FILE);
        fs::set_permissions(&database, fs::Permissions::from_mode(FILE_MODE))
            .and_then(|()| File::open(&database)?.sync_all())
            .and_then(|()| File::open(self.path())?.sync_all())
            .and_then(|()| self.0.finish(name))
            .map_err(BackupError::disk(name))
    }
}

pub fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(FILE_MODE)
        .open(path)
}

pub fn digest_of(path: &Path) -> Result<Digest> {
    digest_into(path, &mut io::sink()).map_err(BackupError::disk(path))
}

/// Copies, and says what was copied: between a check and a copy a file can change.
pub fn copy_with_digest(from: &Path, to: &Path) -> Result<Digest> {
    create_private(to)
        .and_then(|mut file| digest_into(from, &mut file))
        .map_err(BackupError::disk(to))
}

fn digest_into(path: &Path, into: &mut impl Write) -> io::Result<Digest> {
    let mut file = File::open(path)?;
    let mut hash = sha2::Sha256::new();
    let mut piece = vec![0; PIECE_BYTES];
    let mut bytes = 0;
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            break;
        }
        hash.update(&piece[..read]);
        into.write_all(&piece[..read])?;
        bytes += read as u64;
    }
    let mut sha256 = String::new();
    for byte in hash.finalize() {
        // Writing to a string does not fail.
        let _ = write!(sha256, "{byte:02x}");
    }
    Ok(Digest { bytes, sha256 })
}

/// A database that a server may be writing to.
pub async fn open_beside(file: &Path) -> Result<SqliteConnection> {
    connect(file, options(file).read_only(true).busy_timeout(BUSY_TIMEOUT)).await
}

/// One that nobody writes to, wherever it lies: nothing is made beside it.
pub async fn open_still(file: &Path) -> Result<SqliteConnection> {
    connect(file, options(file).read_only(true).immutable(true)).await
}

pub async fn open_to_write(file: &Path) -> Result<SqliteConnection> {
    connect(file, options(file)).await
}

fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .pragma("mmap_size", "0")
        .pragma("trusted_schema", "OFF")
        .disable_statement_logging()
}

async fn connect(file: &Path, options: SqliteConnectOptions) -> Result<SqliteConnection> {
    options.connect().await.map_err(BackupError::of(file))
}

//! Files and folders of a store: their rights, and names that survive a power cut.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// Private to the account that runs the server: the folder holds what people wrote.
const FOLDER_MODE: u32 = 0o700;
pub const FILE_MODE: u32 = 0o600;

/// Makes a folder that other accounts cannot read, with those above it.
pub fn private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder)
}

/// How a file is made that other accounts cannot read.
pub fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).write(true).mode(FILE_MODE);
    options
}

/// Names are safe from a power cut when their folder is.
pub fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// A file or folder that gets its name when it is whole; dropped before, it is gone.
pub struct Unfinished(PathBuf);

impl Unfinished {
    /// Under a passing name, of which anything left by a killed process is removed.
    pub fn at(path: PathBuf) -> io::Result<Self> {
        match remove(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(Self(path)),
        }
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Gives it its name, in the same folder.
    pub fn finish(self, name: &Path) -> io::Result<()> {
        fs::rename(&self.0, name)?;
        let folder = name.parent().filter(|folder| !folder.as_os_str().is_empty());
        sync(folder.unwrap_or(Path::new(".")))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next one of this name.
        drop(remove(&self.0));
    }
}

fn remove(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path)?.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    }
}

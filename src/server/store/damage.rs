//! A data folder whose write-ahead log is damaged: found before SQLite opens it, copied aside,
//! and opened only if the operator accepts the loss.
//!
//! To be called with the folder's lock held, except for [`damage_beside`].

#[cfg(test)]
mod tests;

use super::{
    files::{FILE_MODE, Unfinished, private_file, private_folder, sync},
    open::{DATABASE_FILE, INDEX_FILE, LOG_FILE, OpenError},
    wal::{Damaged, Rest, Walk, page_size_of_database, walk},
};
use std::{
    fmt,
    fs::{self, File},
    io::{self, BufReader, Read},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// Copies of damaged stores in one data folder. A later damage is not cut before one is moved away.
const COPIES_MAX: u32 = 4;
const COPY_FOLDER: &str = "damaged";
const UNFINISHED_COPY: &str = "damaged.unfinished";
/// The log without its damaged frames, before it takes the place of the damaged one.
const NEW_LOG_FILE: &str = "whilst.db-wal.new";
/// There from before the log is cut until the new epoch is stored: a crash between the two must
/// not leave a store that has lost entries under its old epoch.
pub(super) const ACCEPTED_FILE: &str = "loss-accepted";
const BLOCK_BYTES: usize = 256 * 1024;

/// What to do with a damaged log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDamage {
    Refuse,
    /// Keep what can be proven, under a new epoch.
    AcceptLoss,
}

/// A damaged log, in words for the operator.
#[derive(Debug)]
pub struct LogDamage {
    log: PathBuf,
    /// From one; none if it is the header of the log.
    frame: Option<u64>,
    frames: u64,
    kept_commits: u64,
    frames_behind: u64,
    commits_behind: u64,
    /// Of those, what is lost if the loss is accepted.
    commits_lost: u64,
    rest: Rest,
}

impl LogDamage {
    fn of(log: PathBuf, walk: &Walk, rest: Rest) -> Self {
        let (frames_behind, commits_behind) = walk.behind();
        Self {
            log,
            frame: walk.rejected.filter(|_| !walk.header_is_damaged).map(|frame| frame + 1),
            frames: walk.kept_frames + frames_behind,
            kept_commits: walk.kept_transactions,
            frames_behind,
            commits_behind,
            commits_lost: match rest {
                Rest::Until(end) => walk.commits_behind(end),
                Rest::Nothing => commits_behind,
            },
            rest,
        }
    }

    /// What the operator can do.
    fn advice(&self) -> String {
        let kept = match self.rest {
            Rest::Nothing => {
                return "Restore a backup. --accept-loss cannot help: the database file already holds a part of what \
                        was behind the damage"
                    .to_owned();
            }
            Rest::Until(_) if self.commits_lost == 0 => {
                "each damaged page is known from elsewhere, so all commits that are whole are kept".to_owned()
            }
            Rest::Until(0) => format!(
                "everything before the damage is kept, and the {} commits behind it are lost",
                self.commits_lost
            ),
            Rest::Until(_) => format!(
                "everything before the damage is kept, and {} commits behind it; the last {} are lost",
                self.commits_behind - self.commits_lost,
                self.commits_lost
            ),
        };
        format!("Restore a backup, or start once with `whilst serve --accept-loss`: {kept}")
    }
}

impl fmt::Display for LogDamage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the write-ahead log {} is damaged: ", self.log.display())?;
        match self.frame {
            Some(frame) => write!(f, "frame {frame} of {} is not what was written", self.frames)?,
            None => write!(f, "its header is not what was written")?,
        }
        write!(
            f,
            ". {} commits before it are whole; {} commits with {} frames are behind it. Each may hold several \
             acknowledged messages",
            self.kept_commits, self.commits_behind, self.frames_behind,
        )
    }
}

/// Looks for damage before SQLite opens the database, which would take it for the end of the log.
///
/// # Errors
/// `LogDamaged` unless the loss is accepted and something consistent can be kept; `TooManyCopies`;
/// or that a file cannot be read, or the folder not written. The database is as it was. The log is
/// too, unless writing failed after its replacement.
pub fn settle_damage(folder: &Path, on_damage: OnDamage) -> Result<(), OpenError> {
    let files = Files::of(folder);
    let unreadable = |error| OpenError::LogNotReadable(files.log.clone(), error);
    let failed = |error| OpenError::FolderNotWritable(folder.to_owned(), error);
    let Some(walk) = files.damage().map_err(unreadable)? else {
        return Ok(());
    };
    let rest = files.rest(&walk).map_err(unreadable)?;
    let damage = Box::new(LogDamage::of(files.log.clone(), &walk, rest));
    let copy = files.copy_aside();
    if on_damage == OnDamage::Refuse || rest == Rest::Nothing {
        let copy = match copy {
            Ok(Some(copy)) => format!(
                "A copy of both files is in {}. It keeps texts that are deleted later; delete it when it is no longer \
                 needed",
                copy.display()
            ),
            Ok(None) => format!("No copy was made: there are {COPIES_MAX} of earlier damage"),
            Err(error) => format!("No copy could be made: {error}"),
        };
        let advice = damage.advice();
        return Err(OpenError::LogDamaged(damage, format!("{copy}. {advice}")));
    }
    let copy = copy
        .map_err(failed)?
        .ok_or_else(|| OpenError::TooManyCopies(folder.to_owned(), COPIES_MAX))?;
    files.replace_log(&walk, rest).map_err(failed)?;
    tracing::warn!(copy = %copy.display(), "loss accepted: {damage}");
    Ok(())
}

/// Damage in the log of a store that a server may be writing to, so the folder's lock is not held.
///
/// Frames that are being written look like damage to a reader that is slower than the writer. They
/// are whole, or replaced, when they are looked at again: only what is found twice is damage.
///
/// # Errors
/// Where the files cannot be read.
pub fn damage_beside(folder: &Path) -> io::Result<Option<LogDamage>> {
    let files = Files::of(folder);
    let (Some(first), Some(second)) = (files.damage()?, files.damage()?) else {
        return Ok(None);
    };
    let is_same = first.header == second.header
        && first.rejected == second.rejected
        && first.kept_frames == second.kept_frames
        && second.tail.starts_with(&first.tail[..first.proven_end()]);
    if !is_same {
        return Ok(None);
    }
    let rest = files.rest(&second)?;
    Ok(Some(LogDamage::of(files.log, &second, rest)))
}

/// Whether a loss was accepted for which no new epoch is stored yet.
pub fn owes_epoch(folder: &Path) -> bool {
    folder.join(ACCEPTED_FILE).exists()
}

/// To be called when the new epoch is stored.
///
/// # Errors
/// Where the folder cannot be written.
pub fn epoch_is_stored(folder: &Path) -> io::Result<()> {
    fs::remove_file(folder.join(ACCEPTED_FILE))?;
    sync(folder)
}

struct Files<'a> {
    folder: &'a Path,
    database: PathBuf,
    log: PathBuf,
}

impl<'a> Files<'a> {
    fn of(folder: &'a Path) -> Self {
        Self {
            folder,
            database: folder.join(DATABASE_FILE),
            log: folder.join(LOG_FILE),
        }
    }

    fn damage(&self) -> io::Result<Option<Walk>> {
        let log = match File::open(&self.log) {
            Ok(log) => log,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut start = Vec::new();
        if let Ok(database) = File::open(&self.database) {
            database.take(32).read_to_end(&mut start)?;
        }
        let mut log = BufReader::with_capacity(BLOCK_BYTES, log);
        let walk = walk(&mut log, page_size_of_database(&start))?;
        Ok(walk.filter(|walk| walk.is_damaged))
    }

    fn rest(&self, walk: &Walk) -> io::Result<Rest> {
        let (log, database) = (File::open(&self.log)?, File::open(&self.database)?);
        Damaged {
            walk,
            log: &log,
            database: &database,
        }
        .rest()
    }

    /// The folder with a copy of both files; none if there are too many already. A start that is
    /// tried again makes no second one.
    fn copy_aside(&self) -> io::Result<Option<PathBuf>> {
        let copies = (1..=COPIES_MAX).map(|number| self.folder.join(format!("{COPY_FOLDER}-{number}")));
        for copy in copies {
            if !copy.exists() {
                self.copy_to(&copy)?;
                return Ok(Some(copy));
            }
            if self.is_copied_in(&copy)? {
                return Ok(Some(copy));
            }
        }
        Ok(None)
    }

    fn copy_to(&self, copy: &Path) -> io::Result<()> {
        let unfinished = Unfinished::at(self.folder.join(UNFINISHED_COPY))?;
        private_folder(unfinished.path())?;
        for (from, name) in [(&self.database, DATABASE_FILE), (&self.log, LOG_FILE)] {
            let to = unfinished.path().join(name);
            fs::copy(from, &to)?;
            fs::set_permissions(&to, fs::Permissions::from_mode(FILE_MODE))?;
            File::open(&to)?.sync_all()?;
        }
        sync(unfinished.path())?;
        unfinished.finish(copy)
    }

    /// No server has opened a database whose damaged log is still the same.
    fn is_copied_in(&self, copy: &Path) -> io::Result<bool> {
        let size = |path: &Path| fs::metadata(path).map_or(0, |found| found.len());
        let is_of_one_size = size(&self.database) == size(&copy.join(DATABASE_FILE));
        Ok(is_of_one_size && has_same_bytes(&self.log, &copy.join(LOG_FILE))?)
    }

    fn replace_log(&self, walk: &Walk, rest: Rest) -> io::Result<()> {
        let new = Unfinished::at(self.folder.join(NEW_LOG_FILE))?;
        let (log, database) = (File::open(&self.log)?, File::open(&self.database)?);
        let mut to = private_file().truncate(true).open(new.path())?;
        Damaged {
            walk,
            log: &log,
            database: &database,
        }
        .write(rest, &mut to)?;
        let accepted = self.folder.join(ACCEPTED_FILE);
        private_file().truncate(true).open(accepted)?.sync_all()?;
        // A program that has the database open keeps this index of the damaged log alive. SQLite
        // would read the new log by it.
        remove_if_there(&self.folder.join(INDEX_FILE))?;
        sync(self.folder)?;
        new.finish(&self.log)
    }
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn has_same_bytes(one: &Path, other: &Path) -> io::Result<bool> {
    let (Ok(mut one), Ok(mut other)) = (File::open(one), File::open(other)) else {
        return Ok(false);
    };
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let (mut here, mut there) = (vec![0; BLOCK_BYTES], vec![0; BLOCK_BYTES]);
    loop {
        let read = one.read(&mut here)?;
        if read == 0 {
            return Ok(true);
        }
        other.read_exact(&mut there[..read])?;
        if here[..read] != there[..read] {
            return Ok(false);
        }
    }
}

//! A log without its damaged frames: what of it can be proven, as SQLite reads it.

use super::{
    format::{Frame, Header},
    walk::{Seen, State, Walk},
};
use std::{
    collections::{HashMap, HashSet},
    fs::File,
    io::{self, BufWriter, Write},
    os::unix::fs::FileExt,
};

/// Of a page that is known in no part of the tail.
const NEVER: usize = usize::MAX;

/// How much of a damaged log can be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// The transactions before the damage, and those in the first frames of the tail. The number
    /// says how many frames; each damaged page in them is known from elsewhere.
    Until(usize),
    /// None that make a consistent database: a checkpoint has already brought pages from behind
    /// the end into it, and others of the same transactions are lost.
    Nothing,
}

/// A damaged log beside its database.
pub struct Damaged<'a> {
    pub walk: &'a Walk,
    pub log: &'a File,
    pub database: &'a File,
}

impl Damaged<'_> {
    /// # Errors
    /// Where one of the files cannot be read.
    pub fn rest(&self) -> io::Result<Rest> {
        let end = self.known_end()?;
        Ok(if self.is_database_ahead(end)? {
            Rest::Nothing
        } else {
            Rest::Until(end)
        })
    }

    /// Writes a log that holds so much: the same generation, with checksums of its own.
    ///
    /// # Errors
    /// Where the log cannot be read or the new one not written.
    pub fn write(&self, rest: Rest, to: &mut File) -> io::Result<()> {
        let kept = self.walk.kept_frames;
        let behind = match rest {
            Rest::Until(end) => &self.walk.tail[..end],
            Rest::Nothing => &[],
        };
        let mut to = BufWriter::new(to);
        if kept > 0 || !behind.is_empty() {
            let (header, mut checksum) = self.header().to_bytes();
            to.write_all(&header)?;
            let contents = (0..kept)
                .map(|frame| self.frame(frame, State::Whole).map(Some))
                .chain(behind.iter().enumerate().map(|(nth, seen)| self.known(nth, seen)));
            for bytes in contents {
                // A page that is not known here comes again in a later frame.
                let Some(mut bytes) = bytes? else { continue };
                bytes[8..16].copy_from_slice(&self.header().salts.0);
                checksum = Frame::new(&self.header(), &bytes).checksum_after(checksum);
                bytes[16..24].copy_from_slice(&checksum.to_bytes());
                to.write_all(&bytes)?;
            }
        }
        to.flush()?;
        to.get_ref().sync_all()
    }

    fn header(&self) -> Header {
        self.walk.header
    }

    /// The longest part of the tail that ends with a transaction and in which every page is known.
    fn known_end(&self) -> io::Result<usize> {
        let (mut needed, mut end) = (0, 0);
        for (nth, known_from) in self.ends_from_which_known()?.into_iter().enumerate() {
            needed = needed.max(known_from);
            if self.walk.tail[nth].is_proven_end() && needed <= nth + 1 {
                end = nth + 1;
            }
        }
        Ok(end)
    }

    /// For each frame the shortest part of the tail that holds it and in which its page is known:
    /// from the frame itself, from the database, where a checkpoint has brought it, or from a
    /// later frame with the same page.
    fn ends_from_which_known(&self) -> io::Result<Vec<usize>> {
        let tail = &self.walk.tail[..self.walk.proven_end()];
        let mut later = HashMap::new();
        let mut ends = vec![NEVER; tail.len()];
        for (nth, seen) in tail.iter().enumerate().rev() {
            let replaced = later.get(&seen.page).filter(|_| seen.has_known_page);
            ends[nth] = if seen.state.is_proven() || self.known(nth, seen)?.is_some() {
                nth + 1
            } else {
                replaced.copied().unwrap_or(NEVER)
            };
            if seen.state.is_proven() {
                later.insert(seen.page, nth + 1);
            }
        }
        Ok(ends)
    }

    /// The database holds a page from behind the end. Pages that the log holds up to there as well
    /// do not matter: a reader takes those from the log.
    fn is_database_ahead(&self, end: usize) -> io::Result<bool> {
        let mut kept: HashSet<u32> = self.walk.tail[..end].iter().map(|seen| seen.page).collect();
        for frame in 0..self.walk.kept_frames {
            let mut page = [0; 4];
            self.log.read_exact_at(&mut page, self.header().offset_of(frame))?;
            kept.insert(u32::from_be_bytes(page));
        }
        for (nth, seen) in self.walk.tail.iter().enumerate().skip(end) {
            let matters = seen.state != State::Foreign && !kept.contains(&seen.page);
            if matters && self.is_in_database(nth, seen)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A frame of the tail as it was written, where that is known: from itself, or from the database.
    fn known(&self, nth: usize, seen: &Seen) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = self.frame(self.walk.kept_frames + nth as u64, seen.state)?;
        if seen.state.is_proven() {
            return Ok(Some(bytes));
        }
        let frame = Frame::new(&self.header(), &bytes);
        let Some(page) = self.page_in_database(seen.page)? else {
            return Ok(None);
        };
        if seen.state == State::Foreign || frame.checksum_with(seen.before, &page) != frame.stored() {
            return Ok(None);
        }
        let body_at = bytes.len() - page.len();
        bytes[body_at..].copy_from_slice(&page);
        Ok(Some(bytes))
    }

    /// The page of a frame of the tail is in the database as it was written to the log, or as the
    /// log has it now.
    fn is_in_database(&self, nth: usize, seen: &Seen) -> io::Result<bool> {
        let Some(page) = self.page_in_database(seen.page)? else {
            return Ok(false);
        };
        let bytes = self.frame(self.walk.kept_frames + nth as u64, seen.state)?;
        let frame = Frame::new(&self.header(), &bytes);
        Ok(page == frame.body() || frame.checksum_with(seen.before, &page) == frame.stored())
    }

    fn page_in_database(&self, number: u32) -> io::Result<Option<Vec<u8>>> {
        let mut page = vec![0; self.header().page_size as usize];
        let at = u64::from(number.saturating_sub(1)) * page.len() as u64;
        match self.database.read_exact_at(&mut page, at) {
            Ok(()) => Ok(Some(page)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A frame as it was written.
    fn frame(&self, frame: u64, state: State) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; self.header().frame_bytes()];
        self.log.read_exact_at(&mut bytes, self.header().offset_of(frame))?;
        if let State::Flipped(flip) = state {
            flip.undo(&mut bytes);
        }
        Ok(bytes)
    }
}

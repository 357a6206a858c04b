//! The walk over a log's frames, which tells its end from damage.
//!
//! SQLite ends a log at the first frame that does not fit, because checksums are cumulative:
//! one flipped bit hides all later transactions. A crash leaves such a frame too, but only
//! inside the last transaction: with `synchronous=FULL` each transaction is on the disk before
//! the next one begins. So a rejected frame is damage if a transaction ends at or after it and
//! another begins behind that one.
//!
//! A frame follows another if its checksum follows from the other's stored one, from one
//! recomputed over the other's content, or from either up to one flipped bit. Frames of older
//! generations stay in the file, and so do those of a transaction that was rolled back or whose
//! sync failed. They follow from each other, and never from a commit that was written over the
//! beginning of theirs.
//!
//! Where the header of a frame is gone, checksums connect nothing across it. There the page
//! numbers on both sides decide.

use super::format::{Checksum, Flip, Frame, HEADER_BYTES, Header, Layout, Salts};
use std::io::{self, Read, Seek, SeekFrom};

/// Checksums from which the next frame may follow: the stored one, and some that are
/// recomputed over one or more frames whose stored ones are damaged.
const CANDIDATES_MAX: usize = 4;
/// SQLite writes the pages of a transaction in rising order, unless its page cache overflows on
/// the way. No cache is so small that this happens to a transaction of so few frames.
const ORDERED_FRAMES_MAX: usize = 256;
/// Frames that vote for the generation of a log whose header is damaged.
const VOTES_MAX: usize = 64;

/// What the walk found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    pub header: Header,
    pub header_is_damaged: bool,
    /// Frames up to the end of the last transaction before any rejected frame.
    pub kept_frames: u64,
    pub kept_transactions: u64,
    /// Whole frames in the file, those of older generations included.
    pub frames: u64,
    /// The first frame that does not fit.
    pub rejected: Option<u64>,
    pub is_damaged: bool,
    /// The frames after the kept ones.
    pub tail: Vec<Seen>,
}

/// A frame after the last whole transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub state: State,
    /// As it was written, where that is known.
    pub page: u32,
    pub commit: u32,
    /// The stored checksum before it.
    pub before: Checksum,
    /// The page number is the one that was written, also where the content is not known.
    pub has_known_page: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its content is proven by a checksum.
    Whole,
    /// Its content is proven but for this bit.
    Flipped(Flip),
    /// Of this generation, and not proven.
    Broken,
    /// Of an older generation, or without a header that says of which.
    Foreign,
}

impl State {
    pub fn is_proven(self) -> bool {
        matches!(self, Self::Whole | Self::Flipped(_))
    }
}

impl Walk {
    /// What comes after the kept frames and was part of this generation: frames and transactions.
    pub fn behind(&self) -> (u64, u64) {
        let last = self.tail.iter().rposition(|seen| seen.state != State::Foreign);
        (last.map_or(0, |last| last as u64 + 1), commits_in(&self.tail))
    }

    /// Transactions of this generation that end behind the first `of_tail` frames of the tail.
    pub fn commits_behind(&self, of_tail: usize) -> u64 {
        commits_in(&self.tail[of_tail..])
    }

    /// Behind the last frame of the tail that is proven and ends a transaction.
    pub fn proven_end(&self) -> usize {
        self.tail
            .iter()
            .rposition(Seen::is_proven_end)
            .map_or(0, |last| last + 1)
    }
}

impl Seen {
    /// It is proven and ends a transaction.
    pub fn is_proven_end(&self) -> bool {
        self.state.is_proven() && self.commit != 0
    }
}

fn commits_in(frames: &[Seen]) -> u64 {
    let ends = |seen: &&Seen| seen.state != State::Foreign && seen.commit != 0;
    frames.iter().filter(ends).count() as u64
}

/// Walks a log from its beginning. None where there is nothing to lose: no file content, or
/// less than a header and a frame.
///
/// The page size is that of the database, for a log whose header does not tell it.
///
/// # Errors
/// Where the log cannot be read.
pub fn walk(log: &mut (impl Read + Seek), page_size: Option<u32>) -> io::Result<Option<Walk>> {
    log.seek(SeekFrom::Start(0))?;
    let mut start = [0; HEADER_BYTES];
    if !fill(log, &mut start)? {
        return Ok(None);
    }
    let mut walker = match Header::parse(&start) {
        Some(header) => Walker::behind(header),
        None => Walker::behind_damage(log, &start, page_size)?,
    };
    let mut bytes = vec![0; walker.walk.header.frame_bytes()];
    log.seek(SeekFrom::Start(HEADER_BYTES as u64))?;
    let mut is_blank = true;
    while fill(log, &mut bytes)? {
        let frame = Frame::new(&walker.walk.header, &bytes);
        is_blank &= frame.is_blank();
        walker.take(&frame);
    }
    // The header is synced before the first frame is written: no crash leaves frames behind a
    // header that does not fit. A file that was only made longer is blank.
    let mut walk = walker.walk;
    if walk.header_is_damaged {
        if is_blank {
            return Ok(None);
        }
        walk.is_damaged = true;
    }
    Ok(Some(walk))
}

/// False if the file ends before the bytes do.
fn fill(log: &mut impl Read, bytes: &mut [u8]) -> io::Result<bool> {
    match log.read_exact(bytes) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// Frames that follow each other.
#[derive(Debug, Clone, Copy)]
struct Run {
    /// They are of the header's generation.
    is_current: bool,
    /// One of them ends a transaction.
    has_commit: bool,
}

/// A checksum from which the next frame may follow.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    checksum: Checksum,
    run: Run,
    /// Frames whose content is proven if one follows from here.
    proves: usize,
}

struct Walker {
    walk: Walk,
    /// Stored checksum of the frame before.
    before: Checksum,
    candidates: Vec<Candidate>,
    had_current_salts: bool,
    gap: Gap,
}

/// What is known of the frames around a gap since the kept frames, from headers that can be trusted.
#[derive(Debug, Default)]
struct Gap {
    /// The last frames have no header of this generation.
    is_open: bool,
    /// The page of the last frame that has one.
    last_page: u32,
    /// Page numbers have fallen across the gap, and the frames since then follow each other.
    has_fallen: bool,
}

impl Walker {
    fn behind(header: Header) -> Self {
        Self {
            walk: Walk {
                header,
                header_is_damaged: false,
                kept_frames: 0,
                kept_transactions: 0,
                frames: 0,
                rejected: None,
                is_damaged: false,
                tail: Vec::new(),
            },
            before: header.checksum,
            candidates: vec![Candidate {
                checksum: header.checksum,
                run: Run {
                    is_current: true,
                    has_commit: false,
                },
                proves: 0,
            }],
            had_current_salts: true,
            gap: Gap::default(),
        }
    }

    /// Behind a header that is not valid. Frames tell the generation.
    fn behind_damage(log: &mut (impl Read + Seek), start: &[u8; HEADER_BYTES], size: Option<u32>) -> io::Result<Self> {
        let guess = Header::guess(start, size, None);
        let mut bytes = vec![0; guess.frame_bytes()];
        let mut votes = Vec::new();
        while votes.len() < VOTES_MAX && fill(log, &mut bytes)? {
            let salts = Frame::new(&guess, &bytes).salts();
            if !salts.are_blank() {
                votes.push(salts);
            }
        }
        let header = Header::guess(start, size, likely_salts(guess.salts, &votes));
        let mut walker = Self::behind(header);
        let recomputed = Candidate {
            checksum: header.recomputed(start),
            ..walker.candidates[0]
        };
        walker.candidates.push(recomputed);
        walker.walk.header_is_damaged = true;
        walker.walk.rejected = Some(0);
        Ok(walker)
    }

    fn take(&mut self, frame: &Frame<'_>) {
        let layout = Layout::of(&self.walk.header, self.walk.frames);
        self.walk.frames += 1;
        let has_current_salts = frame.salts() == self.walk.header.salts;
        let found = self.predecessor(frame, has_current_salts);
        let is_valid =
            has_current_salts && frame.page() != 0 && found.as_ref().is_some_and(|(_, flips)| flips.is_empty());
        if self.walk.rejected.is_none() && !is_valid {
            self.walk.rejected = Some(self.walk.frames - 1);
        }
        match found {
            Some((candidate, flips)) => self.take_successor(frame, layout, candidate, &flips),
            None => self.take_stranger(frame, layout),
        }
        self.before = frame.stored();
        self.had_current_salts = has_current_salts;
        if self.walk.rejected.is_none() && frame.commit() != 0 {
            self.keep();
        }
    }

    /// From what the frame follows, and the bits of which one was flipped. Those are looked for where
    /// the salts are right: frames of an older generation need no such care.
    fn predecessor(&self, frame: &Frame<'_>, has_current_salts: bool) -> Option<(Candidate, Vec<Flip>)> {
        // Zeroes add up to zero, so a blank frame would follow a blank one or a blank header.
        if frame.is_blank() {
            return None;
        }
        let stored = frame.stored();
        let exact = self
            .candidates
            .iter()
            .find(|candidate| frame.checksum_after(candidate.checksum) == stored);
        if let Some(candidate) = exact {
            return Some((*candidate, Vec::new()));
        }
        let mut flipped = self.candidates.iter().filter(|_| has_current_salts);
        flipped.find_map(|candidate| {
            let flips = frame.flips_after(candidate.checksum);
            (!flips.is_empty()).then_some((*candidate, flips))
        })
    }

    fn take_successor(&mut self, frame: &Frame<'_>, layout: Layout, from: Candidate, flips: &[Flip]) {
        let proven = self.walk.tail.len().saturating_sub(from.proves);
        for seen in &mut self.walk.tail[proven..] {
            seen.state = State::Whole;
        }
        let mut run = from.run;
        // Salts that lie in another sector than the checksum may have been written without it.
        let are_salts_of_it = layout.salts_and_checksum_are_in_one_sector() || self.had_current_salts;
        run.is_current |= frame.salts() == self.walk.header.salts && are_salts_of_it;
        let (page, commit) = match flips {
            [flip] => flip.numbers_without(frame),
            _ => (frame.page(), likely_commit(frame, layout, flips)),
        };
        // The transaction that ended was synced before this frame was written.
        let follows_commit = run.has_commit && run.is_current;
        self.walk.is_damaged |= follows_commit || (run.is_current && self.shows_two_transactions(page, commit));
        run.has_commit |= commit != 0;
        self.candidates.clear();
        self.candidates.push(Candidate {
            checksum: frame.stored(),
            run,
            proves: 0,
        });
        if !flips.is_empty() {
            // It may as well be the stored checksum that is damaged.
            self.candidates.push(Candidate {
                checksum: frame.checksum_after(from.checksum),
                run,
                proves: 1,
            });
        }
        let state = match flips {
            _ if !run.is_current => State::Foreign,
            [] => State::Whole,
            [flip] => State::Flipped(*flip),
            _ => State::Broken,
        };
        let has_known_page = flips.iter().all(|flip| flip.numbers_without(frame).0 == page);
        self.note(state, page, commit, has_known_page);
    }

    /// A frame that follows from nothing before it: damaged, torn, or of another run.
    fn take_stranger(&mut self, frame: &Frame<'_>, layout: Layout) {
        let has_current_salts = frame.salts() == self.walk.header.salts;
        let (page, commit) = (frame.page(), frame.commit());
        let header_is_trusted = has_current_salts && layout.header_is_in_one_sector();
        let stored = Candidate {
            checksum: frame.stored(),
            run: Run {
                is_current: false,
                has_commit: header_is_trusted && commit != 0,
            },
            proves: 0,
        };
        let recomputed = self.candidates.iter().map(|before| Candidate {
            checksum: frame.checksum_after(before.checksum),
            run: Run {
                has_commit: before.run.has_commit || commit != 0,
                ..before.run
            },
            proves: before.proves + 1,
        });
        self.candidates = std::iter::once(stored).chain(recomputed).take(CANDIDATES_MAX).collect();
        self.gap.is_open |= !has_current_salts;
        self.gap.has_fallen = false;
        self.walk.is_damaged |= header_is_trusted && self.shows_two_transactions(page, commit);
        let state = if has_current_salts {
            State::Broken
        } else {
            State::Foreign
        };
        self.note(state, page, commit, false);
    }

    /// Where a header is gone, nothing says whether a transaction ended with it. Page numbers that
    /// fall across the gap still show it, if the frames behind the gap come to a commit.
    ///
    /// A frame that follows from nothing and lies behind no gap may be left over from a failed or
    /// rolled-back transaction, which the torn one overwrote in part: it shows nothing, even
    /// behind a commit. Leftovers can look like damage only if a power cut lost a sector of both
    /// transactions. The log is cut soon after a failed commit, so the time for that is short.
    fn shows_two_transactions(&mut self, page: u32, commit: u32) -> bool {
        let are_ordered = self.walk.tail.len() < ORDERED_FRAMES_MAX;
        let gap = &mut self.gap;
        if gap.is_open {
            gap.has_fallen = page <= gap.last_page;
        }
        gap.is_open = false;
        gap.last_page = page;
        gap.has_fallen && commit != 0 && are_ordered
    }

    fn note(&mut self, state: State, page: u32, commit: u32, has_known_page: bool) {
        self.walk.tail.push(Seen {
            state,
            page,
            commit,
            before: self.before,
            has_known_page,
        });
    }

    /// All frames up to here are whole.
    fn keep(&mut self) {
        self.walk.kept_frames = self.walk.frames;
        self.walk.kept_transactions += 1;
        self.walk.tail.clear();
        self.gap = Gap::default();
        for candidate in &mut self.candidates {
            candidate.run.has_commit = false;
        }
    }
}

/// The salts of the generation, from those of the header, which may be damaged, and of frames. The
/// first frames are the newest: those of older generations lie behind them.
fn likely_salts(header: Salts, votes: &[Salts]) -> Option<Salts> {
    let is_likely = |salts: &&Salts| {
        let times = votes.iter().chain([&header]).filter(|other| other == salts).count();
        times > 1 || votes.iter().any(|other| salts.are_next_after(*other))
    };
    votes.iter().find(is_likely).or(votes.first()).copied()
}

/// The commit mark of a frame in which one of several bits was flipped, where that decides whether
/// a transaction ended. A mark that was written together with the checksum is no leftover, so
/// taking it for one can only report damage that is there.
fn likely_commit(frame: &Frame<'_>, layout: Layout, flips: &[Flip]) -> u32 {
    let mut marks = flips.iter().map(|flip| flip.numbers_without(frame).1);
    let stored = frame.commit();
    if stored != 0 && !layout.header_is_in_one_sector() && marks.any(|mark| mark == 0) {
        return 0;
    }
    marks.chain([stored]).find(|mark| *mark != 0).unwrap_or(0)
}

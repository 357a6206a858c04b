//! Bytes of a write-ahead log: header, frames, checksums
//! (<https://www.sqlite.org/fileformat2.html#the_write_ahead_log>).
//!
//! Knows nothing of transactions or damage.

use std::ops::RangeInclusive;

pub const HEADER_BYTES: usize = 32;
pub const FRAME_HEADER_BYTES: usize = 24;
/// Bytes of a frame's header that its checksum covers: page number and commit mark.
const SUMMED_HEADER_BYTES: usize = 8;
const MAGIC: u32 = 0x377f_0682;
const VERSION: u32 = 3_007_000;
const PAGE_SIZES: RangeInclusive<u32> = 512..=65_536;
/// What a disk writes as a whole. Parts of a frame in one sector were written together.
const SECTOR_BYTES: u64 = 512;

/// Order of the bytes in the words that a checksum adds up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteOrder {
    Big,
    Little,
}

pub const NATIVE_ORDER: ByteOrder = if cfg!(target_endian = "big") {
    ByteOrder::Big
} else {
    ByteOrder::Little
};

impl ByteOrder {
    fn word(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Big => u32::from_be_bytes(bytes),
            Self::Little => u32::from_le_bytes(bytes),
        }
    }
}

/// Random numbers of one generation of the log. SQLite draws new ones when it starts the file again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Salts(pub [u8; 8]);

impl Salts {
    pub fn are_blank(self) -> bool {
        self.0 == [0; 8]
    }

    /// SQLite adds one to the first word when it starts the file again.
    pub fn are_next_after(self, older: Self) -> bool {
        number(&self.0, 0) == number(&older.0, 0).wrapping_add(1)
    }
}

/// Cumulative checksum: over the header and all frames up to a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checksum(u32, u32);

impl Checksum {
    pub const START: Self = Self(0, 0);

    fn read(bytes: &[u8]) -> Self {
        Self(number(bytes, 0), number(bytes, 4))
    }

    pub fn to_bytes(self) -> [u8; 8] {
        let mut bytes = [0; 8];
        bytes[..4].copy_from_slice(&self.0.to_be_bytes());
        bytes[4..].copy_from_slice(&self.1.to_be_bytes());
        bytes
    }

    /// The checksum after these bytes, whose number is a multiple of eight.
    pub fn after(self, order: ByteOrder, bytes: &[u8]) -> Self {
        let Self(mut a, mut b) = self;
        let (words, _) = bytes.as_chunks::<4>();
        let (pairs, _) = words.as_chunks::<2>();
        for [first, second] in pairs {
            a = a.wrapping_add(order.word(*first)).wrapping_add(b);
            b = b.wrapping_add(order.word(*second)).wrapping_add(a);
        }
        Self(a, b)
    }
}

/// Valid header of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    pub order: ByteOrder,
    pub page_size: u32,
    pub salts: Salts,
    pub checksum: Checksum,
}

impl Header {
    /// None where SQLite would take the log for empty.
    pub fn parse(bytes: &[u8; HEADER_BYTES]) -> Option<Self> {
        let order = order_of(bytes)?;
        let page_size = page_size_of(bytes)?;
        let checksum = Checksum::read(&bytes[24..]);
        let is_valid = number(bytes, 4) == VERSION && checksum == Checksum::START.after(order, &bytes[..24]);
        is_valid.then(|| Self {
            order,
            page_size,
            salts: salts_at(bytes, 16),
            checksum,
        })
    }

    /// The best guess at a header whose bytes are damaged, for reading the frames behind it.
    pub fn guess(bytes: &[u8; HEADER_BYTES], page_size: Option<u32>, salts: Option<Salts>) -> Self {
        const USUAL_PAGE_SIZE: u32 = 4_096;
        Self {
            order: order_of(bytes).unwrap_or(NATIVE_ORDER),
            page_size: page_size.or_else(|| page_size_of(bytes)).unwrap_or(USUAL_PAGE_SIZE),
            salts: salts.unwrap_or_else(|| salts_at(bytes, 16)),
            checksum: Checksum::read(&bytes[24..]),
        }
    }

    /// Checksum of the bytes as they are, whatever is stored beside them.
    pub fn recomputed(&self, bytes: &[u8; HEADER_BYTES]) -> Checksum {
        Checksum::START.after(self.order, &bytes[..24])
    }

    /// A header with these numbers, and its checksum.
    pub fn to_bytes(self) -> ([u8; HEADER_BYTES], Checksum) {
        let magic = MAGIC | u32::from(self.order == ByteOrder::Big);
        let mut bytes = [0; HEADER_BYTES];
        bytes[..4].copy_from_slice(&magic.to_be_bytes());
        bytes[4..8].copy_from_slice(&VERSION.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.page_size.to_be_bytes());
        bytes[16..24].copy_from_slice(&self.salts.0);
        let checksum = Checksum::START.after(self.order, &bytes[..24]);
        bytes[24..].copy_from_slice(&checksum.to_bytes());
        (bytes, checksum)
    }

    pub fn frame_bytes(&self) -> usize {
        FRAME_HEADER_BYTES + self.page_size as usize
    }

    /// Where a frame begins in the file.
    pub fn offset_of(&self, frame: u64) -> u64 {
        HEADER_BYTES as u64 + frame * self.frame_bytes() as u64
    }
}

fn order_of(header: &[u8; HEADER_BYTES]) -> Option<ByteOrder> {
    match number(header, 0).checked_sub(MAGIC)? {
        0 => Some(ByteOrder::Little),
        1 => Some(ByteOrder::Big),
        _ => None,
    }
}

fn page_size_of(header: &[u8; HEADER_BYTES]) -> Option<u32> {
    let size = number(header, 8);
    (size.is_power_of_two() && PAGE_SIZES.contains(&size)).then_some(size)
}

/// Page size of a database, from its first bytes.
pub fn page_size_of_database(start: &[u8]) -> Option<u32> {
    let bytes = start.get(16..18)?;
    let size = match u16::from_be_bytes([bytes[0], bytes[1]]) {
        1 => 65_536,
        size => u32::from(size),
    };
    (start.starts_with(b"SQLite format 3\0") && size.is_power_of_two() && PAGE_SIZES.contains(&size)).then_some(size)
}

/// Bytes of one frame as they lie in the file.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    bytes: &'a [u8],
    order: ByteOrder,
}

impl<'a> Frame<'a> {
    /// Of [`Header::frame_bytes`] bytes.
    pub fn new(header: &Header, bytes: &'a [u8]) -> Self {
        let order = header.order;
        Self { bytes, order }
    }

    pub fn page(&self) -> u32 {
        number(self.bytes, 0)
    }

    /// Pages of the database after the transaction that this frame ends; zero if it ends none.
    pub fn commit(&self) -> u32 {
        number(self.bytes, 4)
    }

    pub fn salts(&self) -> Salts {
        salts_at(self.bytes, 8)
    }

    pub fn stored(&self) -> Checksum {
        Checksum::read(&self.bytes[16..])
    }

    pub fn body(&self) -> &'a [u8] {
        &self.bytes[FRAME_HEADER_BYTES..]
    }

    pub fn is_blank(&self) -> bool {
        self.bytes.iter().all(|byte| *byte == 0)
    }

    /// The checksum of this frame's content behind a predecessor with that checksum.
    pub fn checksum_after(&self, predecessor: Checksum) -> Checksum {
        self.checksum_with(predecessor, self.body())
    }

    /// The same for another body under this header.
    pub fn checksum_with(&self, predecessor: Checksum, body: &[u8]) -> Checksum {
        predecessor
            .after(self.order, &self.bytes[..SUMMED_HEADER_BYTES])
            .after(self.order, body)
    }

    /// The flipped bits of content of which each alone explains the difference between the stored
    /// checksum and the one that follows from a predecessor.
    ///
    /// The checksum is linear: an error in one word has a known effect on the sum, which is
    /// followed here from the last pair of words to the first. Sums are modulo 2³², so flips of the
    /// highest bits of different words can have the same effect. That a difference fits any flip
    /// by chance has a probability of about 2⁻⁴⁸ for a page of 4 KiB.
    pub fn flips_after(&self, predecessor: Checksum) -> Vec<Flip> {
        let (found, stored) = (self.checksum_after(predecessor), self.stored());
        let mut a = stored.0.wrapping_sub(found.0);
        let mut b = stored.1.wrapping_sub(found.1);
        let body_pairs = self.body().len() / 8;
        let mut flips = Vec::new();
        for pair in (0..=body_pairs).rev() {
            let at = match pair {
                0 => 0,
                pair => FRAME_HEADER_BYTES + 8 * (pair - 1),
            };
            if a == b {
                flips.extend(self.flip_at(at, a));
            } else if a == 0 {
                flips.extend(self.flip_at(at + 4, b));
            }
            // The pair before: the step of `Checksum::after`, backwards.
            (a, b) = (a.wrapping_add(a).wrapping_sub(b), b.wrapping_sub(a));
        }
        flips
    }

    /// The bit that was flipped if this word is to grow by `error`.
    fn flip_at(&self, at: usize, error: u32) -> Option<Flip> {
        let word = self.order.word(self.bytes[at..].first_chunk().copied()?);
        let changed = word ^ word.wrapping_add(error);
        if !changed.is_power_of_two() {
            return None;
        }
        let mask = match self.order {
            ByteOrder::Big => changed.to_be_bytes(),
            ByteOrder::Little => changed.to_le_bytes(),
        };
        let byte = mask.iter().position(|byte| *byte != 0)?;
        Some(Flip {
            at: at + byte,
            mask: mask[byte],
        })
    }
}

/// One flipped bit of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flip {
    /// From the first byte of the frame.
    pub at: usize,
    pub mask: u8,
}

impl Flip {
    /// Page number and commit mark of the frame without it.
    pub fn numbers_without(self, frame: &Frame<'_>) -> (u32, u32) {
        let mut start: [u8; SUMMED_HEADER_BYTES] = frame.bytes.first_chunk().copied().unwrap_or_default();
        if let Some(byte) = start.get_mut(self.at) {
            *byte ^= self.mask;
        }
        (number(&start, 0), number(&start, 4))
    }

    pub fn undo(self, frame: &mut [u8]) {
        frame[self.at] ^= self.mask;
    }
}

/// The fields of a frame's header as places in the file, to tell what was written together.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    offset: u64,
}

impl Layout {
    pub fn of(header: &Header, frame: u64) -> Self {
        Self {
            offset: header.offset_of(frame),
        }
    }

    /// Page number, commit mark, salts and checksum lie in one sector.
    pub fn header_is_in_one_sector(self) -> bool {
        self.sector(0) == self.sector(FRAME_HEADER_BYTES as u64 - 1)
    }

    /// Salts and checksum do.
    pub fn salts_and_checksum_are_in_one_sector(self) -> bool {
        self.sector(8) == self.sector(FRAME_HEADER_BYTES as u64 - 1)
    }

    fn sector(self, at: u64) -> u64 {
        (self.offset + at) / SECTOR_BYTES
    }
}

fn number(bytes: &[u8], at: usize) -> u32 {
    bytes[at..].first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes))
}

fn salts_at(bytes: &[u8], at: usize) -> Salts {
    Salts(bytes[at..].first_chunk().copied().unwrap_or_default())
}

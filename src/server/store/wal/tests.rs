//! Logs that SQLite itself wrote, then torn as a crash leaves them or damaged as a disk does.
#![expect(clippy::disallowed_methods, reason = "tests make databases of their own")]

use super::{
    format::{Checksum, Frame, HEADER_BYTES, Header, Salts, page_size_of_database},
    rebuild::{Damaged, Rest},
    walk::{State, Walk, walk},
};
use crate::server::{clock::Chance, testing::SeededChance};
use proptest::prelude::*;
use sqlx::{
    ConnectOptions, Connection, Executor, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use std::{fs, fs::File, io::Cursor, path::Path, sync::OnceLock};

const SECTOR_BYTES: usize = 512;

/// A database and its log, as they lie on the disk between two transactions.
#[derive(Clone)]
struct Files {
    database: Vec<u8>,
    log: Vec<u8>,
}

impl Files {
    fn of(folder: &Path) -> Self {
        Self {
            database: fs::read(folder.join("x.db")).unwrap(),
            log: fs::read(folder.join("x.db-wal")).unwrap(),
        }
    }

    fn put(&self, folder: &Path) {
        fs::write(folder.join("x.db"), &self.database).unwrap();
        fs::write(folder.join("x.db-wal"), &self.log).unwrap();
    }
}

async fn open(folder: &Path, page_size: u32) -> SqliteConnection {
    SqliteConnectOptions::new()
        .filename(folder.join("x.db"))
        .create_if_missing(true)
        .page_size(page_size)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("wal_autocheckpoint", "0")
        .connect()
        .await
        .unwrap()
}

async fn insert(conn: &mut SqliteConnection, rows: i64) {
    let sql = "INSERT INTO t (b) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
               SELECT printf('%040d', (i * 48271 + (SELECT count(*) FROM t) * 7919) % 65521) FROM n";
    sqlx::query(sql).bind(rows).execute(conn).await.unwrap();
}

async fn count(conn: &mut SqliteConnection) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM t NOT INDEXED")
        .fetch_one(conn)
        .await
        .unwrap()
}

/// Rows of each transaction of a log.
const SIZES: [i64; 12] = [1, 2, 9, 1, 30, 1, 2, 1, 5, 1, 3, 2];

async fn make(page_size: u32) -> Files {
    let folder = tempfile::tempdir().unwrap();
    let mut conn = open(folder.path(), page_size).await;
    conn.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT); CREATE INDEX by_b ON t (b)")
        .await
        .unwrap();
    for rows in SIZES {
        insert(&mut conn, rows).await;
    }
    let files = Files::of(folder.path());
    conn.close().await.unwrap();
    files
}

fn made(page_size: u32) -> Files {
    tokio::runtime::Runtime::new().unwrap().block_on(make(page_size))
}

fn small() -> &'static Files {
    static FILES: OnceLock<Files> = OnceLock::new();
    FILES.get_or_init(|| made(512))
}

fn usual() -> &'static Files {
    static FILES: OnceLock<Files> = OnceLock::new();
    FILES.get_or_init(|| made(4_096))
}

fn walked(log: &[u8]) -> Option<Walk> {
    walk(&mut Cursor::new(log), None).unwrap()
}

fn is_damaged(log: &[u8]) -> bool {
    walked(log).is_some_and(|walk| walk.is_damaged)
}

/// Where the frames lie and transactions end, of a log that is whole.
struct Map {
    frame_bytes: usize,
    /// Frames up to the end of each transaction.
    ends: Vec<usize>,
}

impl Map {
    fn of(log: &[u8]) -> Self {
        let header = Header::parse(log.first_chunk().unwrap()).unwrap();
        let frames = log[HEADER_BYTES..].chunks_exact(header.frame_bytes());
        let ends = frames.enumerate().filter_map(|(nth, bytes)| {
            let frame = Frame::new(&header, bytes);
            (frame.salts() == header.salts && frame.commit() != 0).then_some(nth + 1)
        });
        Self {
            frame_bytes: header.frame_bytes(),
            ends: ends.collect(),
        }
    }

    fn offset(&self, frame: usize) -> usize {
        HEADER_BYTES + frame * self.frame_bytes
    }

    /// Where the last transaction begins.
    fn last(&self) -> usize {
        self.offset(self.ends[self.ends.len() - 2])
    }
}

/// The same pages in an older generation of the log: other salts, other content.
fn older_generation(log: &[u8]) -> Vec<u8> {
    let mut old = log.to_vec();
    let mut header = Header::parse(log.first_chunk().unwrap()).unwrap();
    header.salts = Salts([9; 8]);
    let (start, mut checksum) = header.to_bytes();
    old[..HEADER_BYTES].copy_from_slice(&start);
    for bytes in old[HEADER_BYTES..].chunks_exact_mut(header.frame_bytes()) {
        bytes[24..].iter_mut().step_by(97).for_each(|byte| *byte ^= 0x5a);
        bytes[8..16].copy_from_slice(&header.salts.0);
        checksum = Frame::new(&header, bytes).checksum_after(checksum);
        bytes[16..24].copy_from_slice(&checksum.to_bytes());
    }
    old
}

#[test]
fn whole_log_is_read_as_sqlite_wrote_it() {
    for files in [small(), usual()] {
        let walk = walked(&files.log).unwrap();
        assert!(!walk.is_damaged);
        assert_eq!((walk.rejected, walk.tail.len()), (None, 0));
        // The table, its index and the switch to this kind of journal came before.
        assert!(walk.kept_transactions >= SIZES.len() as u64);
        assert_eq!(walk.kept_transactions, Map::of(&files.log).ends.len() as u64);
    }
}

#[test]
fn every_prefix_of_a_log_opens_without_a_word() {
    for (files, step) in [(small(), 5), (usual(), 61)] {
        for length in (0..files.log.len()).step_by(step) {
            assert!(!is_damaged(&files.log[..length]), "the first {length} bytes");
        }
    }
}

/// Flips a bit. Either that is found, or it lies in the last transaction.
fn demand_found_or_last(log: &[u8], map: &Map, at: usize, bit: u8) {
    let mut flipped = log.to_vec();
    flipped[at] ^= 1 << bit;
    assert!(
        is_damaged(&flipped) || at >= map.last(),
        "bit {bit} of byte {at}, frame {}",
        at.saturating_sub(HEADER_BYTES) / map.frame_bytes
    );
}

#[test]
fn flip_of_any_bit_of_any_header_is_found() {
    let log = &small().log;
    let map = Map::of(log);
    let frames = (0..*map.ends.last().unwrap()).map(|frame| map.offset(frame)..map.offset(frame) + 24);
    for range in std::iter::once(0..HEADER_BYTES).chain(frames) {
        // The checkpoint's number says nothing, but the header's checksum covers it.
        range.for_each(|at| (0..8).for_each(|bit| demand_found_or_last(log, &map, at, bit)));
    }
}

#[test]
fn flip_in_the_header_of_the_log_is_told_from_one_in_a_frame() {
    let log = &usual().log;
    for at in 0..HEADER_BYTES {
        let mut flipped = log.clone();
        flipped[at] ^= 4;
        let walk = walk(&mut Cursor::new(&flipped), Some(4_096)).unwrap().unwrap();
        assert!(walk.is_damaged && walk.header_is_damaged, "byte {at}");
        assert_eq!(walk.kept_frames, 0);
        let ends = Map::of(log).ends;
        assert_eq!(
            walk.behind(),
            (*ends.last().unwrap() as u64, ends.len() as u64),
            "byte {at}"
        );
    }
}

#[test]
fn log_that_was_begun_and_holds_no_frame_has_nothing_to_lose() {
    let log = &usual().log;
    let mut damaged = log[..HEADER_BYTES + 100].to_vec();
    damaged[9] ^= 1;
    assert_eq!(walked(&damaged), None);
    assert_eq!(walked(&vec![0; 20_000]), None);
    assert_eq!(walked(&log[..HEADER_BYTES - 1]), None);
    assert_eq!(walked(&[]), None);
}

#[test]
fn zeroed_sector_before_the_last_transaction_is_found() {
    let map = Map::of(&usual().log);
    demand_zeroes_are_found(&usual().log, map.last());
    // Where a sector holds a whole frame, it can take every trace of a commit with it, and what is
    // left of two transactions looks like one that is torn.
    let map = Map::of(&small().log);
    let third_last = map.offset(map.ends[map.ends.len() - 3]);
    demand_zeroes_are_found(&small().log, third_last - SECTOR_BYTES);
}

fn demand_zeroes_are_found(log: &[u8], until: usize) {
    for at in (0..until).step_by(SECTOR_BYTES) {
        let mut zeroed = log.to_vec();
        let end = (at + SECTOR_BYTES).min(zeroed.len());
        zeroed[at..end].fill(0);
        assert!(zeroed == log || is_damaged(&zeroed), "sector at byte {at}");
    }
}

#[test]
fn frames_of_an_older_generation_are_no_part_of_the_log() {
    let log = &small().log;
    let map = Map::of(log);
    let old = older_generation(log);
    assert!(!is_damaged(&old));
    // A new header over old frames only, then a transaction more each time.
    for end in std::iter::once(0).chain(map.ends.iter().copied()) {
        let mut begun = old.clone();
        begun[..map.offset(end)].copy_from_slice(&log[..map.offset(end)]);
        let walk = walked(&begun).unwrap();
        assert!(!walk.is_damaged);
        assert_eq!(walk.kept_frames, end as u64);
    }
}

#[test]
fn flip_among_frames_of_an_older_generation_is_no_damage() {
    let log = &small().log;
    let map = Map::of(log);
    let half = map.offset(map.ends[5]);
    let mut begun = older_generation(log);
    begun[..half].copy_from_slice(&log[..half]);
    for at in (half..log.len()).step_by(53) {
        let mut flipped = begun.clone();
        flipped[at] ^= 2;
        assert!(!is_damaged(&flipped), "byte {at}");
    }
}

#[tokio::test]
async fn frames_of_a_rolled_back_spill_are_no_damage() {
    let folder = tempfile::tempdir().unwrap();
    let mut conn = open(folder.path(), 512).await;
    conn.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT); PRAGMA cache_size = 4")
        .await
        .unwrap();
    for rows in [1, 3] {
        insert(&mut conn, rows).await;
        let before = Files::of(folder.path()).log.len();
        conn.execute("BEGIN").await.unwrap();
        insert(&mut conn, 300).await;
        conn.execute("ROLLBACK").await.unwrap();
        let left = Files::of(folder.path()).log;
        assert!(left.len() > before, "the cache was large enough");
        assert!(!is_damaged(&left));
    }
    insert(&mut conn, 1).await;
    let overwritten = Files::of(folder.path()).log;
    assert!(!is_damaged(&overwritten));
    conn.close().await.unwrap();
}

/// A transaction whose sync failed is rolled back. Its frames stay in the file, the commit
/// mark among them, until others are written over them.
#[tokio::test]
async fn frames_of_a_transaction_whose_sync_failed_are_no_damage() {
    let base = make(512).await;
    let after = async |rows: i64| {
        let folder = tempfile::tempdir().unwrap();
        base.put(folder.path());
        let mut conn = open(folder.path(), 512).await;
        insert(&mut conn, rows).await;
        let log = Files::of(folder.path()).log;
        conn.close().await.unwrap();
        log
    };
    let failed = after(60).await;
    assert!(failed.starts_with(&base.log), "the log went on in the same generation");
    for rows in [1, 2, 9, 20] {
        let stored = after(rows).await;
        assert!(stored.len() < failed.len());
        let map = Map::of(&stored);
        // As a crash leaves it: between two sectors, or two writes, of a transaction after the failure.
        let frames = (base.log.len()..stored.len()).step_by(map.frame_bytes);
        let writes = frames.flat_map(|frame| [frame, frame + 24]);
        let sectors = (base.log.len().next_multiple_of(SECTOR_BYTES)..stored.len()).step_by(SECTOR_BYTES);
        for at in writes.chain(sectors) {
            let log = [&stored[..at], &failed[at..]].concat();
            assert!(!is_damaged(&log), "{rows} rows, killed at byte {at}");
        }
        let log = [&stored[..], &failed[stored.len()..]].concat();
        assert_eq!(walked(&log).unwrap().kept_frames, *map.ends.last().unwrap() as u64);
        // As a power cut leaves it that lost a sector of both.
        let rolled_back = &log[..log.len() - map.frame_bytes];
        let until_commit = stored.len() - map.frame_bytes - SECTOR_BYTES;
        for (log, until) in [(&log[..], until_commit), (rolled_back, stored.len())] {
            for at in (base.log.len().next_multiple_of(SECTOR_BYTES)..until).step_by(SECTOR_BYTES) {
                let mut torn = log.to_vec();
                torn[at..at + SECTOR_BYTES].fill(0);
                assert!(
                    !is_damaged(&torn),
                    "{rows} rows, sector at byte {at} of {}",
                    stored.len()
                );
            }
        }
    }
}

#[test]
fn two_damaged_frames_are_found() {
    let log = &small().log;
    let map = Map::of(log);
    let second_last = map.ends[map.ends.len() - 3];
    for first in (0..second_last).step_by(2) {
        for second in first + 1..second_last {
            let mut flipped = log.clone();
            flipped[map.offset(first) + 100] ^= 8;
            flipped[map.offset(second) + 30] ^= 1;
            assert!(is_damaged(&flipped), "frames {first} and {second}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn flip_of_any_bit_is_found_or_lies_in_the_last_transaction(
        is_small: bool,
        place in 0.0..1.0_f64,
        bit in 0..8_u8,
    ) {
        let log = &if is_small { small() } else { usual() }.log;
        let map = Map::of(log);
        demand_found_or_last(log, &map, index(place, log.len()), bit);
    }

    #[test]
    fn torn_last_transaction_opens_without_a_word(
        is_small: bool,
        is_over_older: bool,
        place in 0.0..1.0_f64,
        seed: u64,
        written_of_eight in 0..9_u8,
    ) {
        let log = &if is_small { small() } else { usual() }.log;
        let map = Map::of(log);
        let nth = index(place, map.ends.len());
        let begin = nth.checked_sub(1).map_or(HEADER_BYTES, |before| map.offset(map.ends[before]));
        let end = map.offset(map.ends[nth]);
        let mut torn = log[..begin].to_vec();
        if is_over_older {
            torn.extend(&older_generation(log)[begin..]);
        } else {
            torn.resize(end, 0);
        }
        let chance = SeededChance::new(seed);
        let mut at = begin;
        while at < end {
            let next = (at / SECTOR_BYTES + 1) * SECTOR_BYTES;
            let mut coin = [0];
            chance.fill(&mut coin);
            if coin[0] % 8 < written_of_eight {
                torn[at..next.min(end)].copy_from_slice(&log[at..next.min(end)]);
            }
            at = next;
        }
        prop_assert!(!is_damaged(&torn), "frames to {}", map.ends[nth]);
    }

    #[test]
    fn checksum_of_a_page_tells_the_one_bit_that_was_flipped(bytes in prop::collection::vec(any::<u8>(), 512), at in 0..520_usize, bit in 0..8_u8) {
        let at = if at < 8 { at } else { at + 16 };
        let header = Header::parse(small().log.first_chunk().unwrap()).unwrap();
        let mut frame = [&[0; 24][..], &bytes].concat();
        let checksum = Frame::new(&header, &frame).checksum_after(Checksum::START);
        frame[16..24].copy_from_slice(&checksum.to_bytes());
        let whole = frame.clone();
        frame[at] ^= 1 << bit;
        let flips = Frame::new(&header, &frame).flips_after(Checksum::START);
        let mut repaired = flips.iter().map(|flip| {
            let mut repaired = frame.clone();
            flip.undo(&mut repaired);
            repaired
        });
        prop_assert!(repaired.any(|repaired| repaired == whole));
        // The highest bits of several words have the same effect, so they are all named.
        prop_assert!(flips.len() == 1 || at % 4 == 3, "{flips:?}");
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place within a file"
)]
#[expect(clippy::cast_precision_loss, reason = "files of tests are small")]
fn index(place: f64, length: usize) -> usize {
    ((place * length as f64) as usize).min(length - 1)
}

fn overwrite(bytes: &mut [u8]) {
    for byte in bytes {
        *byte ^= 0xa5;
    }
}

/// What of a damaged log is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    Everything,
    UntilDamage,
    SomeBehindDamage,
    Nothing,
}

fn walked_beside(files: &Files) -> Walk {
    let page_size = page_size_of_database(&files.database);
    walk(&mut Cursor::new(&files.log), page_size).unwrap().unwrap()
}

/// What of a damaged log is kept. The log with it is written to the file `new`.
fn kept_of(files: &Files, folder: &Path) -> Kept {
    files.put(folder);
    let walk = walked_beside(files);
    let damaged = Damaged {
        walk: &walk,
        log: &File::open(folder.join("x.db-wal")).unwrap(),
        database: &File::open(folder.join("x.db")).unwrap(),
    };
    let rest = damaged.rest().unwrap();
    let mut to = File::create(folder.join("new")).unwrap();
    damaged.write(rest, &mut to).unwrap();
    assert!(!is_damaged(&fs::read(folder.join("new")).unwrap()));
    match rest {
        Rest::Nothing => Kept::Nothing,
        Rest::Until(0) => Kept::UntilDamage,
        Rest::Until(end) if end == walk.proven_end() => Kept::Everything,
        Rest::Until(_) => Kept::SomeBehindDamage,
    }
}

/// The same, and how many rows SQLite reads with the log that is made of the damaged one.
async fn rebuilt(files: &Files) -> (Kept, i64) {
    let folder = tempfile::tempdir().unwrap();
    let kept = kept_of(files, folder.path());
    if kept == Kept::Nothing {
        return (kept, 0);
    }
    fs::rename(folder.path().join("new"), folder.path().join("x.db-wal")).unwrap();
    let mut conn = open(folder.path(), 512).await;
    let said: String = sqlx::query_scalar("PRAGMA integrity_check")
        .fetch_one(&mut conn)
        .await
        .unwrap();
    assert_eq!(said, "ok");
    let rows = count(&mut conn).await;
    conn.close().await.unwrap();
    (kept, rows)
}

/// The database after a checkpoint of the first frames, beside the whole log.
async fn checkpointed(files: &Files, frames: usize) -> Files {
    let folder = tempfile::tempdir().unwrap();
    let log = files.log[..Map::of(&files.log).offset(frames)].to_vec();
    let database = files.database.clone();
    Files { database, log }.put(folder.path());
    let mut conn = open(folder.path(), 512).await;
    conn.execute("PRAGMA wal_checkpoint(PASSIVE)").await.unwrap();
    let database = Files::of(folder.path()).database;
    conn.close().await.unwrap();
    let log = files.log.clone();
    Files { database, log }
}

/// Rows of the transactions that end in the first frames.
fn rows_in(map: &Map, frames: usize) -> i64 {
    let ended = map.ends.iter().filter(|end| **end <= frames).count();
    let before = map.ends.len() - SIZES.len();
    SIZES[..ended.saturating_sub(before)].iter().sum()
}

#[tokio::test]
async fn rebuilt_log_holds_everything_where_one_bit_was_flipped() {
    let files = make(512).await;
    let map = Map::of(&files.log);
    for at in (0..map.last()).step_by(977).chain([16, 25, 40]) {
        let mut flipped = files.clone();
        flipped.log[at] ^= 1;
        let (rest, rows) = rebuilt(&flipped).await;
        assert_eq!((rest, rows), (Kept::Everything, SIZES.iter().sum::<i64>()), "byte {at}");
    }
}

#[tokio::test]
async fn rebuilt_log_ends_before_a_frame_that_cannot_be_known() {
    let files = make(512).await;
    let map = Map::of(&files.log);
    let frames = map.ends[map.ends.len() - 3];
    for frame in (map.ends[map.ends.len() - SIZES.len()]..frames).step_by(3) {
        let mut spoiled = files.clone();
        let at = map.offset(frame);
        overwrite(&mut spoiled.log[at + 100..at + 300]);
        let (rest, rows) = rebuilt(&spoiled).await;
        assert_eq!((rest, rows), (Kept::UntilDamage, rows_in(&map, frame)), "frame {frame}");
    }
}

#[tokio::test]
async fn pages_that_a_checkpoint_has_stored_are_taken_from_the_database() {
    let folder = tempfile::tempdir().unwrap();
    make(512).await.put(folder.path());
    let mut conn = open(folder.path(), 512).await;
    conn.execute("PRAGMA wal_checkpoint(PASSIVE)").await.unwrap();
    let files = Files::of(folder.path());
    conn.close().await.unwrap();
    let map = Map::of(&files.log);
    let (mut all, mut none) = (0, 0);
    for frame in 0..map.ends[map.ends.len() - 3] {
        let mut spoiled = files.clone();
        let at = map.offset(frame);
        overwrite(&mut spoiled.log[at + 100..at + 300]);
        let walk = walked(&spoiled.log).unwrap();
        assert!(walk.is_damaged);
        match rebuilt(&spoiled).await {
            (Kept::Everything, rows) => {
                assert_eq!(rows, SIZES.iter().sum::<i64>());
                all += 1;
            }
            (Kept::Nothing, _) => none += 1,
            (Kept::SomeBehindDamage, _) => panic!("one frame is damaged"),
            // The frames before hold an older image of each page that has changed since.
            (Kept::UntilDamage, rows) => assert_eq!(rows, rows_in(&map, frame), "frame {frame}"),
        }
    }
    // Only the newest image of a page is in the database.
    assert!(all > 0 && none > 0, "{all} whole, {none} lost");
}

#[tokio::test]
async fn zeroed_beginning_hides_no_commit_of_the_generation() {
    for page_size in [512, 4_096] {
        let files = make(page_size).await;
        let map = Map::of(&files.log);
        let half = map.ends[map.ends.len() / 2];
        let partly = checkpointed(&files, half).await;
        for (files, kept) in [(&files, Kept::UntilDamage), (&partly, Kept::Nothing)] {
            for zeroed in [512, 4_096] {
                let mut spoiled = files.clone();
                spoiled.log[..zeroed].fill(0);
                let walk = walked_beside(&spoiled);
                let commits = map.ends.iter().filter(|end| map.offset(**end - 1) >= zeroed);
                assert!(walk.is_damaged && walk.header_is_damaged);
                assert_eq!(walk.behind().1, commits.count() as u64, "{zeroed} bytes");
                let folder = tempfile::tempdir().unwrap();
                assert_eq!(kept_of(&spoiled, folder.path()), kept, "{zeroed} bytes");
            }
        }
    }
}

#[test]
fn generation_of_one_frame_over_an_older_one_is_found_behind_a_damaged_header() {
    let files = small();
    let map = Map::of(&files.log);
    let mut log = older_generation(&files.log);
    let newer = Header::parse(files.log.first_chunk().unwrap()).unwrap();
    let mut older = newer.salts;
    let first_word = u32::from_be_bytes(*older.0.first_chunk().unwrap()).wrapping_sub(1);
    older.0 = [first_word.to_be_bytes(), [7; 4]].concat().try_into().unwrap();
    for bytes in log[HEADER_BYTES..].chunks_exact_mut(map.frame_bytes) {
        bytes[8..16].copy_from_slice(&older.0);
    }
    log[..map.offset(1)].copy_from_slice(&files.log[..map.offset(1)]);
    log[..HEADER_BYTES].fill(0);
    let walk = walked_beside(&Files { log, ..files.clone() });
    assert_eq!(walk.header.salts, newer.salts);
    assert_eq!(walk.behind().0, 1);
}

#[tokio::test]
async fn torn_end_of_a_damaged_log_costs_nothing_that_was_acknowledged() {
    let mut files = make(512).await;
    let map = Map::of(&files.log);
    let [.., before, end] = map.ends[..] else { panic!() };
    assert!(end - before > 1, "the last transaction has several frames");
    overwrite(&mut files.log[map.offset(before) + 100..][..300]);
    assert!(!is_damaged(&files.log));
    for at in (0..map.last()).step_by(2_931) {
        let mut flipped = files.clone();
        flipped.log[at] ^= 1;
        let (kept, rows) = rebuilt(&flipped).await;
        let all_but_last = rows_in(&map, before);
        assert_eq!((kept, rows), (Kept::SomeBehindDamage, all_but_last), "byte {at}");
    }
}

/// The content of a frame with an ambiguous flip is not known, but its page number is.
#[tokio::test]
async fn page_that_is_known_again_before_a_torn_end_costs_no_acknowledged_commit() {
    let mut files = make(512).await;
    let map = Map::of(&files.log);
    let [.., before, _] = map.ends[..] else { panic!() };
    let page_of = |frame: usize| files.log[map.offset(frame)..].first_chunk::<4>().copied();
    let pages: Vec<_> = (0..before).map(page_of).collect();
    overwrite(&mut files.log[map.offset(before) + 100..][..300]);
    let (mut again, mut never) = (0, 0);
    let frames = map.ends[map.ends.len() - SIZES.len()]..map.ends[map.ends.len() - 3];
    // The highest bits of words. Those of some could as well be that of the page number.
    for (frame, byte) in frames.flat_map(|frame| [403, 411, 419].map(|byte| (frame, byte))) {
        let mut flipped = files.clone();
        flipped.log[map.offset(frame) + 24 + byte] ^= 0x80;
        let walk = walked_beside(&flipped);
        assert!(walk.is_damaged);
        let seen = walk.tail[frame - usize::try_from(walk.kept_frames).unwrap()];
        if seen.state != State::Broken || !seen.has_known_page {
            continue;
        }
        let comes_again = pages[frame + 1..].contains(&pages[frame]);
        let until = if comes_again { before } else { frame };
        *(if comes_again { &mut again } else { &mut never }) += 1;
        let (kept, rows) = rebuilt(&flipped).await;
        assert_eq!(rows, rows_in(&map, until), "byte {byte} of frame {frame}, {kept:?}");
    }
    assert!(again > 0 && never > 0, "{again} pages come again, {never} do not");
}

//! One flipped bit in the write-ahead log of a server that was killed. The start is refused and
//! says so, or the bit lies in the last transaction, whose end no one can tell from a crash. With
//! `--accept-loss` the server starts, and everything from before the damage is there.

use super::{
    AGAIN, PATIENCE,
    binary::{Binary, free_addr},
    checker::FinalStore,
    dice::Dice,
    http,
    senders::Senders,
    times,
    town::Town,
    verdict::{demand_kept, store_in},
};
use crate::{
    server::{
        clock::Ambience,
        store::{OnDamage, OpenError, Store},
    },
    wire::{ClientKey, Command, Epoch, UserId},
};
use std::{
    collections::{HashMap, HashSet},
    fs,
    path::Path,
    process::{self, Output, Stdio},
};

const PEOPLE: usize = 8;
const ROOMS: usize = 4;
const SENDERS: usize = 64;
const ACKNOWLEDGED: u64 = 600;
const HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;
const DATABASE: &str = "whilst.db";
const LOG: &str = "whilst.db-wal";
/// The true binary is started on every n-th damage without `--accept-loss`, and on every m-th
/// with it; on the others the same code runs in this process.
const REFUSED_EVERY: u64 = 4;
const ACCEPTED_EVERY: u64 = 20;
/// Of ten reported flips, more than this number cost nothing when the loss is accepted. The others
/// flip the highest bit of a word: the checksum then fits a flip in several places.
const WHOLE_OF_TEN: u64 = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wal_flipped_bit_is_reported_or_lies_in_the_last_transaction() {
    let flips = times("WHILST_FAULTS_WAL_FLIPS", 200);
    let mut dice = Dice::of_this_run();
    let town = Town::founded(PEOPLE, ROOMS).await;
    let addr = free_addr();
    let server = Binary::starts(&town, &addr).await;
    let senders = Senders::begin(&town, &addr, SENDERS);
    senders.notes.wait_for(ACKNOWLEDGED).await;
    server.dies();
    town.is_free().await;
    let killed = tempfile::tempdir().unwrap();
    for name in [DATABASE, LOG] {
        fs::copy(town.data().join(name), killed.path().join(name)).unwrap();
    }
    // Senders end with an answer to what they sent last.
    let server = Binary::starts(&town, &addr).await;
    let notes = senders.end().await;
    server.stops().await;
    demand_kept(&notes.history(), &town.store().await);

    let (all, epoch) = undamaged(killed.path()).await;
    let run = Run {
        all,
        epoch,
        log: Log::of(killed.path()),
        killed: killed.path(),
        sent: texts(&notes.history().commands),
        addr: free_addr(),
    };
    assert!(run.log.ends.len() > 10, "the log holds a few transactions only");
    let mut tally = Tally::default();
    for flip in 0..flips {
        let (at, bit) = (dice.index(run.log.bytes.len()), dice.below(8));
        run.flip(flip, at, bit, &mut tally).await;
    }
    assert!(tally.altered.is_empty(), "{:?}", tally.altered);
    assert!(
        tally.reported > flips / 2,
        "only {} flips were reported",
        tally.reported
    );
    assert!(
        tally.whole * 10 > tally.reported * WHOLE_OF_TEN,
        "only {} of {} starts kept everything",
        tally.whole,
        tally.reported
    );
    // Where a checkpoint was ahead and the flip is ambiguous, only a backup helps.
    assert!(tally.lost <= flips / 20, "{} starts had no way out", tally.lost);
    println!(
        "fault wal: {flips} bit flips in a log of {} transactions: {} reported and their start refused, {} in the last \
         transaction or behind it; with --accept-loss {} kept everything, {} all before the damage, {} need a backup; \
         0 texts altered",
        run.log.ends.len(),
        tally.reported,
        tally.unreported,
        tally.whole,
        tally.shortened,
        tally.lost,
    );
}

#[derive(Default)]
struct Tally {
    reported: u64,
    unreported: u64,
    whole: u64,
    shortened: u64,
    lost: u64,
    altered: Vec<String>,
}

type Texts = HashMap<(UserId, ClientKey), String>;

struct Run<'a> {
    log: Log,
    killed: &'a Path,
    sent: Texts,
    /// Messages in the undamaged log and its database.
    all: HashSet<(UserId, ClientKey)>,
    epoch: Epoch,
    addr: String,
}

impl Run<'_> {
    async fn flip(&self, flip: u64, at: usize, bit: u64, tally: &mut Tally) {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        fs::copy(self.killed.join(DATABASE), data.join(DATABASE)).unwrap();
        let mut bytes = self.log.bytes.clone();
        bytes[at] ^= 1 << bit;
        fs::write(data.join(LOG), bytes).unwrap();
        let opened = Store::open(data, &Ambience::of_the_machine()).await;
        let error = match opened {
            Ok(store) => {
                store.close().await;
                drop(store);
                assert!(
                    at >= self.log.last(),
                    "flip {flip}, bit {bit} of byte {at} is not reported"
                );
                let stored = store_in(data).await;
                self.demand_messages_until(self.log.ends.len() - 1, &stored, flip).await;
                self.demand_unaltered(flip, &stored, tally);
                tally.unreported += 1;
                return;
            }
            Err(error) => error,
        };
        assert!(matches!(error, OpenError::LogDamaged(..)), "flip {flip}: {error}");
        tally.reported += 1;
        if flip.is_multiple_of(REFUSED_EVERY) {
            is_refused(data, &self.addr).await;
        }
        if error.to_string().contains("cannot help") {
            tally.lost += 1;
            return;
        }
        if flip.is_multiple_of(ACCEPTED_EVERY) {
            starts_with_loss(data, &self.addr).await;
        } else {
            let accepted = Store::open_despite(data, &Ambience::of_the_machine(), OnDamage::AcceptLoss).await;
            let store = accepted.unwrap_or_else(|error| panic!("flip {flip}: {error}"));
            assert_ne!(store.epoch(), self.epoch, "flip {flip}");
            store.close().await;
        }
        let stored = store_in(data).await;
        if keys(&stored) == self.all {
            tally.whole += 1;
        } else {
            let before = self.log.ends.iter().filter(|end| **end <= at).count();
            self.demand_messages_until(before, &stored, flip).await;
            tally.shortened += 1;
        }
        self.demand_unaltered(flip, &stored, tally);
    }

    async fn demand_messages_until(&self, transactions: usize, stored: &FinalStore, flip: u64) {
        let (found, expected) = (keys(stored), self.messages_until(transactions).await);
        assert!(
            expected.is_subset(&found),
            "flip {flip}: {} messages, and {} were in the first {transactions} transactions",
            found.len(),
            expected.len()
        );
    }

    /// The messages in the first transactions of the log, and in the database beside it. Nothing
    /// that can be opened comes from a database that is ahead of those transactions.
    async fn messages_until(&self, transactions: usize) -> HashSet<(UserId, ClientKey)> {
        let folder = tempfile::tempdir().unwrap();
        let end = transactions.checked_sub(1).map_or(0, |last| self.log.ends[last]);
        fs::copy(self.killed.join(DATABASE), folder.path().join(DATABASE)).unwrap();
        fs::write(folder.path().join(LOG), &self.log.bytes[..end]).unwrap();
        keys(&store_in(folder.path()).await)
    }

    fn demand_unaltered(&self, flip: u64, stored: &FinalStore, tally: &mut Tally) {
        for message in stored.rooms.values().flat_map(|room| &room.messages) {
            let sent = self.sent.get(&(message.author, message.client_key));
            if sent.map(String::as_str) != Some(message.text()) {
                tally.altered.push(format!("flip {flip}: {:?}", message.text()));
            }
        }
    }
}

/// The files as they were, which open without a word.
async fn undamaged(killed: &Path) -> (HashSet<(UserId, ClientKey)>, Epoch) {
    let folder = tempfile::tempdir().unwrap();
    for name in [DATABASE, LOG] {
        fs::copy(killed.join(name), folder.path().join(name)).unwrap();
    }
    let store = Store::open(folder.path(), &Ambience::of_the_machine()).await.unwrap();
    let epoch = store.epoch();
    store.close().await;
    drop(store);
    (keys(&store_in(folder.path()).await), epoch)
}

fn texts(commands: &[super::checker::Invoked]) -> Texts {
    let sends = commands.iter().filter_map(|invoked| match &invoked.command {
        Command::Send(send) => Some(((invoked.author, send.client_key), send.body.clone())),
        _ => None,
    });
    sends.collect()
}

fn keys(stored: &FinalStore) -> HashSet<(UserId, ClientKey)> {
    let messages = stored.rooms.values().flat_map(|room| &room.messages);
    messages.map(|message| (message.author, message.client_key)).collect()
}

/// A log as the killed server left it, read by the file format alone.
struct Log {
    bytes: Vec<u8>,
    /// Where its transactions end.
    ends: Vec<usize>,
}

impl Log {
    fn of(data: &Path) -> Self {
        let bytes = fs::read(data.join(LOG)).unwrap();
        let page_bytes = u32::from_be_bytes(*bytes[8..].first_chunk().unwrap()) as usize;
        let salts = bytes[16..24].to_vec();
        let frame_bytes = FRAME_HEADER_BYTES + page_bytes;
        let frames = bytes[HEADER_BYTES..].chunks_exact(frame_bytes).enumerate();
        let of_generation = frames.take_while(|(_, frame)| frame[8..16] == salts);
        let ends = of_generation
            .filter(|(_, frame)| frame[4..8] != [0; 4])
            .map(|(nth, _)| HEADER_BYTES + (nth + 1) * frame_bytes)
            .collect();
        Self { bytes, ends }
    }

    /// Where the last transaction begins.
    fn last(&self) -> usize {
        self.ends[self.ends.len() - 2]
    }
}

fn serve(data: &Path, addr: &str) -> process::Command {
    let mut command = process::Command::new(env!("CARGO_BIN_EXE_whilst"));
    command
        .args(["serve", "--addr", addr, "--data"])
        .arg(data)
        // Those are for the tests, and no settings.
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| !name.to_string_lossy().starts_with("WHILST_FAULTS_")))
        .env("LEPTOS_HASH_FILES", "false")
        .current_dir(data)
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

async fn is_refused(data: &Path, addr: &str) {
    let mut command = serve(data, addr);
    let output: Output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("the write-ahead log") && said.contains("--accept-loss"),
        "{said}"
    );
}

/// Starts, answers, and is asked to stop.
async fn starts_with_loss(data: &Path, addr: &str) {
    let mut child = serve(data, addr)
        .arg("--accept-loss")
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let up = async {
        while !http::request(addr, "GET", "/healthz", &[], b"")
            .await
            .is_ok_and(|reply| reply.status == 200)
        {
            assert!(child.try_wait().unwrap().is_none(), "the server did not start");
            tokio::time::sleep(AGAIN).await;
        }
    };
    tokio::time::timeout(PATIENCE, up).await.expect("the server came up");
    let asked = process::Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status();
    assert!(asked.unwrap().success());
    let ended = tokio::task::spawn_blocking(move || child.wait().unwrap())
        .await
        .unwrap();
    assert!(ended.success(), "{ended}");
}

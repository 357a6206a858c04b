//! R2: what a disk may hold after a power cut. The writes and syncs of a server under
//! load are recorded; from the record such states are made, and a server's store is
//! opened on each.
//!
//! After a cut a file holds what was synced, and of what was written since any part, in
//! any order, in sectors of 512 bytes. Whatever that was, every message that somebody
//! was told of by then is there, and no state is taken for damage.

use super::{
    binary::{Binary, free_addr},
    checker::{History, Violation, judge},
    dice::Dice,
    senders::Senders,
    times,
    town::Town,
    trace::{self, Act, File},
    verdict::store_in,
};
use crate::{server::store::damage_beside, wire::Command};
use sqlx::ConnectOptions;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs,
    path::Path,
};

const PEOPLE: usize = 4;
const ROOMS: usize = 2;
const SENDERS: usize = 16;
/// Enough for the log to be brought into the database and begun anew.
const ACKNOWLEDGED: u64 = 600;
const SECTOR: usize = 512;
/// Of a record without the syncs of commits: so few find the loss.
const CONTROL_STATES: u64 = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r02_every_state_that_a_power_cut_may_leave_holds_what_was_told() {
    let states = times("WHILST_FAULTS_STATES", 500);
    let mut dice = Dice::of_this_run();
    let town = Town::founded(PEOPLE, ROOMS).await;
    let base = Disk::of(&town.data());
    let record = town.folder().join("record");
    let addr = free_addr();
    let server = Binary::starts_within(&town, &addr, &trace::wrapping(&record)).await;
    let senders = Senders::begin(&town, &addr, SENDERS);
    senders.notes.wait_for(ACKNOWLEDGED).await;
    let history = senders.end().await.history();
    server.stops().await;
    let acts = trace::read(&fs::read_to_string(&record).unwrap());
    let run = Run::new(base, acts, history);
    let (syncs, resets) = (run.syncs(), run.resets());
    assert!(resets > 0, "the log was never begun anew: the record is too short");

    for nth in 0..states {
        let state = run.state(&mut dice);
        let broken = run.judged(&state).await;
        let broken = broken.unwrap_or_else(|said| panic!("state {nth}, {}: {said}", state.how));
        let some: Vec<String> = broken.iter().take(5).map(ToString::to_string).collect();
        assert!(some.is_empty(), "state {nth}, {}: {}", state.how, some.join("; "));
    }
    let careless = run.without_syncs_of_commits();
    let mut caught = 0;
    for _ in 0..CONTROL_STATES {
        let state = careless.state(&mut dice);
        // Without its syncs a log may lack what a checkpoint had begun to bring into the database.
        let is_whole = careless.judged(&state).await.is_ok_and(|broken| broken.is_empty());
        caught += u64::from(!is_whole);
    }
    assert!(caught > 0, "a store that does not wait for the disk is not caught");
    println!(
        "fault R2: {states} crash states of {syncs} syncs and {resets} checkpoints, {} messages told, 0 violations, \
         all opened without a word; \
         without the syncs of commits {caught} of {CONTROL_STATES} lose some",
        run.told.len()
    );
}

/// The two files, as a disk has them.
#[derive(Debug, Clone, Default)]
struct Disk(BTreeMap<File, Vec<u8>>);

impl Disk {
    fn of(data: &Path) -> Self {
        let read = |name| fs::read(data.join(name)).unwrap_or_default();
        Self(BTreeMap::from([
            (File::Database, read("whilst.db")),
            (File::Log, read("whilst.db-wal")),
        ]))
    }

    fn write(&mut self, file: File, at: usize, bytes: &[u8]) {
        let content = self.0.entry(file).or_default();
        if content.len() < at + bytes.len() {
            content.resize(at + bytes.len(), 0);
        }
        content[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn apply(&mut self, act: &Act) {
        match act {
            Act::Write { file, at, bytes } => self.write(*file, *at, bytes),
            Act::Cut { file, length } => self.0.entry(*file).or_default().resize(*length, 0),
            _ => {}
        }
    }

    fn apply_all(&mut self, acts: &[&Act]) {
        for act in acts {
            self.apply(act);
        }
    }

    fn put(&self, data: &Path) {
        for (file, content) in &self.0 {
            let name = match file {
                File::Database => "whilst.db",
                File::Log => "whilst.db-wal",
            };
            fs::write(data.join(name), content).unwrap();
        }
    }
}

struct Run {
    base: Disk,
    acts: Vec<Act>,
    history: History,
    /// For each act that told of messages: which commands of the history.
    told: Vec<(usize, usize)>,
}

/// One possible disk, and the act during which the power went.
struct State {
    at: usize,
    disk: Disk,
    how: &'static str,
}

impl Run {
    fn new(base: Disk, acts: Vec<Act>, history: History) -> Self {
        let bodies: HashMap<&str, usize> = history
            .commands
            .iter()
            .enumerate()
            .filter_map(|(nth, invoked)| match &invoked.command {
                Command::Send(send) => Some((send.body.as_str(), nth)),
                _ => None,
            })
            .collect();
        let mut known = HashSet::new();
        let mut told = Vec::new();
        for (at, act) in acts.iter().enumerate() {
            if let Act::Told { bytes } = act {
                for body in bodies_in(bytes) {
                    let nth = bodies.get(body.as_str()).copied();
                    told.extend(nth.filter(|nth| known.insert(*nth)).map(|nth| (at, nth)));
                }
            }
        }
        assert!(
            told.len() as u64 >= ACKNOWLEDGED,
            "{} messages are found in what was told",
            told.len()
        );
        Self {
            base,
            acts,
            history,
            told,
        }
    }

    fn syncs(&self) -> usize {
        let ends = self.acts.iter().filter(|act| matches!(act, Act::SyncEnds { .. }));
        ends.count()
    }

    /// How often the database itself was synced: each time a checkpoint was over.
    fn resets(&self) -> usize {
        let ends = self.acts.iter();
        ends.filter(|act| matches!(act, Act::SyncEnds { file, .. } if *file == File::Database))
            .count()
    }

    /// A power cut somewhere, and a disk that it may leave.
    fn state(&self, dice: &mut Dice) -> State {
        let at = dice.index(self.acts.len() + 1);
        let mut disk = self.base.clone();
        let mut pending: Vec<&Act> = Vec::new();
        let mut begun: HashMap<usize, usize> = HashMap::new();
        for act in &self.acts[..at] {
            match act {
                Act::Write { .. } | Act::Cut { .. } => pending.push(act),
                Act::SyncBegins { number, .. } => {
                    begun.insert(*number, pending.len());
                }
                Act::SyncEnds { file, number } => {
                    let held = begun.remove(number).unwrap_or_default();
                    let (mut kept, mut left) = (Vec::new(), 0);
                    for (place, write) in pending.drain(..).enumerate() {
                        if place < held && file_of(write) == *file {
                            disk.apply(write);
                            left += 1;
                        } else {
                            kept.push((place, write));
                        }
                    }
                    // Other syncs under way count from what is pending now.
                    for count in begun.values_mut() {
                        *count = kept.iter().filter(|(place, _)| place < count).count();
                    }
                    debug_assert!(left <= held);
                    pending = kept.into_iter().map(|(_, write)| write).collect();
                }
                Act::Told { .. } => {}
            }
        }
        let how = scatter(&mut disk, &pending, dice);
        State { at, disk, how }
    }

    /// The store of this state, judged by what was told before the power went; or what is said of
    /// a log that is damaged, or by SQLite of a file that is not whole.
    async fn judged(&self, state: &State) -> Result<Vec<Violation>, String> {
        let folder = tempfile::tempdir().unwrap();
        state.disk.put(folder.path());
        if let Some(damage) = damage_beside(folder.path()).unwrap() {
            return Err(damage.to_string());
        }
        match integrity(folder.path())
            .await
            .map_err(|error| error.to_string())?
            .as_str()
        {
            "ok" => {}
            said => return Err(said.to_owned()),
        }
        let store = store_in(folder.path()).await;
        Ok(judge(&self.known_at(state.at), &store))
    }

    /// What people knew for certain: nobody pursued anything after the cut.
    fn known_at(&self, at: usize) -> History {
        let told: HashSet<usize> = self
            .told
            .iter()
            .take_while(|(when, _)| *when < at)
            .map(|(_, nth)| *nth)
            .collect();
        let mut history = self.history.clone();
        history.heard.clear();
        for (nth, invoked) in history.commands.iter_mut().enumerate() {
            invoked.pursued = false;
            if !told.contains(&nth) {
                invoked.answers.clear();
            }
        }
        history
    }

    /// As a store records that never syncs its log.
    fn without_syncs_of_commits(&self) -> Self {
        let is_of_log = |act: &&Act| {
            !matches!(
                act,
                Act::SyncBegins { file: File::Log, .. } | Act::SyncEnds { file: File::Log, .. }
            )
        };
        let mut acts = Vec::new();
        let mut told = Vec::new();
        let mut places = self.told.iter().peekable();
        for (at, act) in self.acts.iter().enumerate() {
            while let Some((_, nth)) = places.next_if(|(when, _)| *when == at) {
                told.push((acts.len(), *nth));
            }
            if is_of_log(&act) {
                acts.push(act.clone());
            }
        }
        Self {
            base: self.base.clone(),
            acts,
            history: self.history.clone(),
            told,
        }
    }
}

/// What comes of writes that no sync has held.
fn scatter(disk: &mut Disk, pending: &[&Act], dice: &mut Dice) -> &'static str {
    match dice.below(5) {
        0 => "nothing of what was not synced",
        1 => {
            disk.apply_all(pending);
            "all of what was not synced"
        }
        2 => {
            let first = dice.index(pending.len() + 1);
            disk.apply_all(&pending[..first]);
            if let Some(torn) = pending.get(first) {
                tear(disk, torn, dice, |_, kept| kept);
            }
            "up to a write that is torn"
        }
        3 => {
            let chosen: Vec<&Act> = pending.iter().copied().filter(|_| dice.below(2) == 0).collect();
            disk.apply_all(&chosen);
            "some writes without those before them"
        }
        _ => {
            for act in pending {
                tear(disk, act, dice, |coin, _| coin);
            }
            "some sectors of each write"
        }
    }
}

fn file_of(act: &Act) -> File {
    match act {
        Act::Write { file, .. } | Act::Cut { file, .. } => *file,
        _ => File::Database,
    }
}

/// Applies those sectors of a write that are chosen, one coin each; the second number
/// is one coin for all that come before the tear.
fn tear(disk: &mut Disk, act: &Act, dice: &mut Dice, choose: fn(bool, bool) -> bool) {
    let Act::Write { file, at, bytes } = act else {
        disk.apply(act);
        return;
    };
    let torn_at = dice.index(bytes.len() / SECTOR + 1);
    for (nth, sector) in bytes.chunks(SECTOR).enumerate() {
        if choose(dice.below(2) == 0, nth < torn_at) {
            disk.write(*file, at + nth * SECTOR, sector);
        }
    }
}

/// The bodies that went by, told by their brackets.
fn bodies_in(bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = bytes;
    while let Some(begin) = rest.iter().position(|byte| *byte == b'<') {
        rest = &rest[begin..];
        let end = rest.iter().take(32).position(|byte| *byte == b'>');
        let Some(end) = end else {
            rest = &rest[1..];
            continue;
        };
        found.extend(std::str::from_utf8(&rest[..=end]).map(str::to_owned));
        rest = &rest[1..];
    }
    found
}

/// Past every house: what SQLite itself says.
async fn integrity(data: &Path) -> sqlx::Result<String> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(data.join("whilst.db"));
    let mut conn = options.connect().await?;
    let said = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut conn).await;
    sqlx::Connection::close(conn).await?;
    said
}

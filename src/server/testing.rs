//! What tests of the server stand on: a moved clock, seeded chance, a store in a folder
//! of its own with the true writer. What goes past the doors says so in its name.
#![expect(clippy::disallowed_methods, reason = "rows are made by SQL where no verb makes them")]

use super::{
    app::{App, Parts},
    away::Away,
    clock::{Ambience, Chance, Clock},
    config::{Config, SignIn},
    http::Site,
    hub::{Hub, RingBounds},
    memberships, messages,
    messages::Recent,
    rooms,
    sessions::{Gate, Known, Signed},
    socket::Paces,
    store::Store,
    writer::{Publication, Told, Writer},
};
use crate::wire::{
    ClientKey, Millis, RoomId, RoomKind, SessionId, UserId, command, event::Accepted, membership::ServerRole,
    user_log::Counts,
};
use futures_util::{FutureExt, future::BoxFuture};
use std::path::Path;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// 2026-01-05, a Monday.
pub const START: Millis = Millis(1_767_600_000_000);

/// Reads that take as long as opening a connection, and more.
const READS_FOR_A_CONNECTION: u32 = 20;

/// Stands still until it is moved.
#[derive(Clone)]
pub struct MovedClock(watch::Sender<Millis>);

impl Default for MovedClock {
    fn default() -> Self {
        Self(watch::Sender::new(START))
    }
}

impl MovedClock {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn advance(&self, ms: u64) {
        self.0.send_modify(|now| now.0 += ms);
    }

    pub fn set(&self, to: Millis) {
        self.0.send_replace(to);
    }
}

impl Clock for MovedClock {
    fn now(&self) -> Millis {
        *self.0.borrow()
    }

    fn sleep_until(&self, deadline: Millis) -> BoxFuture<'_, ()> {
        let mut now = self.0.subscribe();
        async move {
            // The sender is `self`, so it lives as long as this wait.
            drop(now.wait_for(|now| *now >= deadline).await);
        }
        .boxed()
    }
}

/// The same bytes for the same seed, in the order they are asked for.
pub struct SeededChance(AtomicU64);

impl SeededChance {
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    fn next(&self) -> u64 {
        // SplitMix64.
        let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl Chance for SeededChance {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
    }
}

/// A test that does not listen must not hold up the writer.
const UNHEARD_MAX: usize = 1_000_000;

/// A store in a temporary folder, its writer running, and what the writer tells.
pub struct House {
    pub app: App,
    pub clock: MovedClock,
    told: Mutex<mpsc::Receiver<Publication>>,
    folder: tempfile::TempDir,
}

fn ground() -> (tempfile::TempDir, MovedClock, Ambience) {
    let clock = MovedClock::new();
    let ambience = Ambience {
        clock: Arc::new(clock.clone()),
        chance: Arc::new(SeededChance::new(1)),
    };
    (tempfile::tempdir().unwrap(), clock, ambience)
}

/// Hashing that takes no time, and as many tries as one likes.
pub fn cheap_passwords() -> SignIn {
    SignIn {
        argon2_memory_kib: 8,
        argon2_iterations: 1,
        hashes_waiting_max: 1_000,
        attempts_per_address: 1_000,
        attempts_per_account: 1_000,
        ..Config::default().sign_in
    }
}

/// A connection that may write, past the writer.
pub async fn write_connection(store: &Store) -> sqlx::SqliteConnection {
    store.write_connection().await.unwrap()
}

impl House {
    pub async fn open() -> Self {
        let (folder, clock, ambience) = ground();
        let store = Store::open_unsynced(folder.path(), &ambience).await.unwrap();
        Self::on(folder, clock, ambience, store).await
    }

    /// As the server runs: each commit waits for the disk.
    pub async fn open_synced() -> Self {
        let (folder, clock, ambience) = ground();
        let store = Store::open(folder.path(), &ambience).await.unwrap();
        Self::on(folder, clock, ambience, store).await
    }

    async fn on(folder: tempfile::TempDir, clock: MovedClock, ambience: Ambience, store: Store) -> Self {
        let (publish, told) = mpsc::channel(UNHEARD_MAX);
        let (writer, task) = Writer::new(store.clone(), ambience.clone(), publish).await.unwrap();
        let stopping = CancellationToken::new();
        tokio::spawn(task.run(stopping.clone()));
        let hub = Hub::open(RingBounds::from(&Config::default().rings), ambience.clone()).0;
        let app = App::from(Parts {
            ambience,
            config: Arc::default(),
            limits: Arc::default(),
            gate: Gate::new(&cheap_passwords()).unwrap(),
            store,
            writer,
            hub,
            away: Away::open().0,
            paces: Paces::default(),
            recent: Recent::default(),
            known: Known::default(),
            site: Site::plain(Path::new("target/site")),
            stopping,
            tasks: TaskTracker::new(),
        });
        Self {
            app,
            clock,
            told: Mutex::new(told),
            folder,
        }
    }

    /// The task that takes what was deleted off the disk.
    pub fn keeps_clean(&self) -> JoinHandle<()> {
        let Parts {
            store,
            ambience,
            stopping,
            ..
        } = Parts::clone(&self.app);
        tokio::spawn(async move { store.keep_clean(&ambience, stopping).await })
    }

    /// Whether any file of the data folder holds these bytes.
    pub fn is_on_disk(&self, canary: &str) -> bool {
        std::fs::read_dir(self.folder()).unwrap().any(|file| {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            bytes.windows(canary.len()).any(|window| window == canary.as_bytes())
        })
    }

    /// Whether these bytes are off the disk within a minute.
    pub async fn leaves_the_files(&self, canary: &str) -> bool {
        self.comes_to(|| !self.is_on_disk(canary)).await
    }

    pub fn log_is_cut(&self) -> bool {
        let log = self.folder().join(crate::server::store::LOG_FILE);
        std::fs::metadata(log).unwrap().len() == 0
    }

    /// Whether the write-ahead log is empty within a minute.
    pub async fn cuts_the_log(&self) -> bool {
        self.comes_to(|| self.log_is_cut()).await
    }

    /// Whether this holds within a minute.
    async fn comes_to(&self, is_so: impl Fn() -> bool) -> bool {
        let bound = self.clock.now().0 + 60_000;
        while !is_so() {
            if self.clock.now().0 >= bound {
                return false;
            }
            self.clock.advance(250);
            // Opening and closing a connection takes a thread some time; so do these reads.
            for _ in 0..READS_FOR_A_CONNECTION {
                self.number_by_sql("SELECT count(*) FROM rooms").await;
            }
        }
        true
    }

    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// All that was told since this was asked last. A write tells before it answers.
    pub fn heard(&self) -> Vec<Told> {
        self.publications()
            .into_iter()
            .flat_map(|publication| match publication {
                Publication::Batch(told) | Publication::Reopened(told) => told,
            })
            .map(super::writer::Committed::into_inner)
            .collect()
    }

    pub fn publications(&self) -> Vec<Publication> {
        let mut told = self.told.lock().unwrap();
        std::iter::from_fn(|| told.try_recv().ok()).collect()
    }

    /// An active person with one live session, made in the database, past every verb.
    pub async fn insert_person(&self, username: &str) -> Signed {
        let user = UserId::new(START, self.app.ambience.random());
        let session = SessionId::new(START, self.app.ambience.random());
        let mut conn = self.app.store.write_connection().await.unwrap();
        sqlx::query(
            "INSERT INTO users (id, dseq, username, name, hue, role, state, password_hash, created_at)
             VALUES (?1, (SELECT coalesce(max(dseq), 0) + 1 FROM users), ?2, ?2, 3, 0, 0, '', ?3)",
        )
        .bind(user)
        .bind(username)
        .bind(START)
        .execute(&mut conn)
        .await
        .unwrap();
        sqlx::query(
            "INSERT INTO sessions (id, token_hash, user, created_at, last_seen_at, expires_at, agent)
             VALUES (?1, ?1, ?2, ?3, ?3, ?4, 'a test')",
        )
        .bind(session)
        .bind(user)
        .bind(START)
        .bind(Millis(START.0 + 30 * 24 * 60 * 60 * 1_000))
        .execute(&mut conn)
        .await
        .unwrap();
        Signed::past_the_door(user, session, ServerRole::Member)
    }

    /// A client key that nobody had before.
    pub fn key(&self) -> ClientKey {
        ClientKey::new(START, self.app.ambience.random())
    }

    pub async fn open_room(&self, who: &Signed, name: &str) -> RoomId {
        self.make_room(who, RoomKind::Open, name).await
    }

    pub async fn closed_room(&self, who: &Signed, name: &str) -> RoomId {
        self.make_room(who, RoomKind::Closed, name).await
    }

    async fn make_room(&self, who: &Signed, kind: RoomKind, name: &str) -> RoomId {
        let command = command::CreateRoom {
            client_key: self.key(),
            kind,
            name: name.to_owned(),
        };
        rooms::create(&self.app, who, &command).await.unwrap().room
    }

    pub async fn join(&self, who: &Signed, room: RoomId) -> Accepted {
        let command = command::Join {
            client_key: self.key(),
            room,
        };
        memberships::join(&self.app, who, &command).await.unwrap()
    }

    pub async fn say(&self, who: &Signed, room: RoomId, text: &str) -> Accepted {
        self.send(who, &self.sending(room, text)).await.unwrap()
    }

    pub fn sending(&self, room: RoomId, text: &str) -> command::Send {
        command::Send {
            client_key: self.key(),
            room,
            body: text.to_owned(),
        }
    }

    pub async fn send(&self, who: &Signed, command: &command::Send) -> super::error::Result<Accepted> {
        messages::send(&self.app, who, command).await.map(|sent| sent.accepted)
    }

    pub async fn counts(&self, who: &Signed, room: RoomId) -> Counts {
        let mut read = self.app.store.read().await.unwrap();
        let mut counts = messages::counts_of(&mut read, who.user(), &[room]).await.unwrap();
        counts.remove(&room).unwrap()
    }

    /// Runs a statement in the database, past every verb.
    pub async fn execute_sql(&self, sql: &'static str) {
        let mut conn = self.app.store.write_connection().await.unwrap();
        sqlx::query(sql).execute(&mut conn).await.unwrap();
    }

    /// One number of the database.
    pub async fn number_by_sql(&self, sql: &'static str) -> i64 {
        let mut conn = self.app.store.read().await.unwrap();
        sqlx::query_scalar(sql).fetch_one(&mut *conn).await.unwrap()
    }
}

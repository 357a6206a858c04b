//! The true server without its loops: its store, its writer and its hub, each of which
//! takes a turn when the simulator says so.

use super::{
    absence::{self, Presence},
    sql,
    turn::Turn,
    wire::{Earpiece, Mouthpiece},
};
use crate::{
    server::{
        app::{App, Parts},
        away::Away,
        clock::Ambience,
        config::{Config, Rings},
        error::Error,
        fetch,
        http::Site,
        hub::{Hub, HubTask, RingBounds},
        messages::Recent,
        sessions::{self, Gate, Known, Signed},
        socket::{self, Paces},
        store::Store,
        testing::{MovedClock, SeededChance, cheap_passwords, write_connection},
        writer::{Publication, Told, Writer, WriterTask},
    },
    wire::{Envelope, Epoch, Millis, Problem, UserId},
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Small, so that readers fall out of them within a seed.
const RINGS: Rings = Rings { frames: 8, bytes: 0 };
/// The writer would wait for a hub that is so far behind.
const COMMITS_AHEAD_MAX: usize = 32;

pub struct House {
    pub app: App,
    pub writer: WriterTask,
    pub hub: HubTask,
    pub presence: Presence,
    /// What the writer tells, on its way to the hub.
    told: mpsc::Receiver<Publication>,
    publish: mpsc::Sender<Publication>,
    folder: PathBuf,
}

/// The files of a store at a moment at which nothing is written to it.
#[derive(Clone)]
pub struct Image(Arc<Vec<(String, Vec<u8>)>>);

impl Image {
    pub fn of(folder: &Path) -> Self {
        // The index of the log is made anew from the log.
        let names = ["whilst.db", "whilst.db-wal"];
        let files = names.iter().filter_map(|name| {
            let bytes = fs::read(folder.join(name)).ok()?;
            Some(((*name).to_owned(), bytes))
        });
        Self(Arc::new(files.collect()))
    }

    fn write(&self, folder: &Path) {
        fs::create_dir_all(folder).expect("a folder for a store");
        for (name, bytes) in self.0.iter() {
            fs::write(folder.join(name), bytes).expect("a file of a store");
        }
    }
}

impl House {
    /// A server over a store as it was.
    pub async fn open(image: &Image, folder: PathBuf, clock: &MovedClock, chance: &Arc<SeededChance>) -> Self {
        image.write(&folder);
        let ambience = Ambience {
            clock: Arc::new(clock.clone()),
            chance: chance.clone(),
        };
        let store = Store::open_in_line(&folder, &ambience).await.expect("the store opens");
        let (hub, publish, hub_task) = Hub::open(RingBounds::from(&RINGS), ambience.clone());
        let hub = hub.shuffling(u64::from_le_bytes(ambience.random()));
        let (hearing, told) = mpsc::channel(1_024);
        let (writer, writer_task) = Writer::new(store.clone(), ambience.clone(), hearing)
            .await
            .expect("the store can be written");
        let (away, away_task) = Away::open();
        let app = App::from(Parts {
            ambience,
            config: Arc::new(Config::default()),
            limits: Arc::new(absence::limits()),
            gate: Gate::new(&cheap_passwords()).expect("a gate"),
            store,
            writer,
            hub,
            away,
            paces: Paces::default(),
            recent: Recent::default(),
            known: Known::default(),
            site: Site::plain(Path::new("target/site")),
            stopping: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        let presence = Presence::new(away_task.start(&app).await);
        Self {
            app,
            writer: writer_task,
            hub: hub_task,
            presence,
            told,
            publish,
            folder,
        }
    }

    pub fn image(&self) -> Image {
        Image::of(&self.folder)
    }

    pub fn epoch(&self) -> Epoch {
        self.app.store.epoch()
    }

    pub fn may_commit(&self) -> bool {
        self.writer.waiting() > 0 && self.hub.waiting().0 < COMMITS_AHEAD_MAX
    }

    /// One batch of all that waits. What it made true stands in the hub's queue then,
    /// and is given for the record.
    pub async fn commits(&mut self) -> Committed {
        self.writer.commit_waiting().await;
        let mut committed = Committed::default();
        while let Ok(publication) = self.told.try_recv() {
            match &publication {
                Publication::Batch(batch) => committed.told.extend(batch.iter().map(|told| Told::clone(told))),
                Publication::Reopened(found) => {
                    committed.told.extend(found.iter().map(|told| Told::clone(told)));
                    committed.broke = true;
                }
            }
            self.publish
                .try_send(publication)
                .expect("the hub is not that far behind");
        }
        committed
    }

    /// A conversation over a wire whose ends are given.
    pub fn converse(&self, who: Signed, mouth: Mouthpiece, ear: Earpiece) -> Turn<()> {
        let (app, progress) = (self.app.clone(), mouth.progress());
        Turn::new(async move {
            // As the door does: who it is, a seat, and then the conversation.
            let Ok(who) = sessions::recheck(&app, &who).await else {
                return;
            };
            if let Ok(seat) = app.hub.seat(who.user(), app.limits.connections_per_user_max) {
                socket::converse(&app, who, seat, progress, mouth, ear).await;
            }
        })
    }

    pub async fn answers(&self, who: &Signed, question: Envelope) -> Result<Envelope, Problem> {
        let (app, who) = (self.app.clone(), *who);
        let mut answering = Turn::new(async move {
            let who = sessions::recheck(&app, &who).await?;
            fetch::answer_for(&app, &who, &question).await
        });
        let answer = answering.go(self.app.store.readers()).await;
        let answer = answer.expect("answers wait for nothing but the store");
        answer.map_err(|error: Error| error.told())
    }

    /// Somebody signs in, past the door of passwords.
    pub async fn signs_in(&self, user: UserId) -> Signed {
        let mut conn = write_connection(&self.app.store).await;
        sql::insert_session(&mut conn, user, &self.app.ambience).await
    }

    /// As the command that restores a backup does: another epoch.
    pub async fn renews_epoch(image: &Image, folder: &Path, epoch: Epoch) -> Image {
        image.write(folder);
        sql::set_epoch(&folder.join("whilst.db"), epoch).await;
        Image::of(folder)
    }

    pub fn now(&self) -> Millis {
        self.app.ambience.now()
    }
}

#[derive(Default)]
pub struct Committed {
    pub told: Vec<Told>,
    /// The commit failed: nobody knows what is stored.
    pub broke: bool,
}

//! People and rooms, made by the server's own verbs before the binary runs.

use super::PATIENCE;
use crate::{
    server::{
        app::App,
        clock::Ambience,
        config::{Config, SignIn},
        error,
        http::Site,
        invites, memberships, rooms,
        serve::{Running, StartError},
        sessions::{self, Browser, Entered, Signed, Token},
        store::Store,
        users::{self, NewPerson},
    },
    wire::{ClientKey, RoomId, RoomKind, UserId, command},
};
use std::{
    fs::File,
    net::{IpAddr, Ipv4Addr},
    path::{Path, PathBuf},
};
use tempfile::TempDir;
use tokio::net::TcpListener;

const PASSWORD: &str = "correct horse";

pub struct Town {
    folder: TempDir,
    /// Where people come in, if it is not at the server's own door.
    pub public_url: Option<String>,
    /// What the server is told in its environment.
    pub settings: Vec<(&'static str, &'static str)>,
    /// All of them are in all rooms; the first is the owner.
    pub people: Vec<Citizen>,
    pub rooms: Vec<RoomId>,
}

#[derive(Clone)]
pub struct Citizen {
    pub user: UserId,
    pub cookie: String,
}

impl Town {
    pub async fn founded(people: usize, rooms: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let opened = Opened::at(&folder.path().join("data")).await.unwrap();
        let (people, rooms) = settle(&opened.app, people, rooms).await;
        opened.close().await;
        let town = Self {
            folder,
            public_url: None,
            settings: Vec::new(),
            people,
            rooms,
        };
        town.is_free().await;
        town.is_closed().await;
        town
    }

    /// The last connection is closed a moment after the lock is free; only then are the files at rest.
    async fn is_closed(&self) {
        let log = self.data().join("whilst.db-wal");
        let closing = async {
            while log.exists() {
                tokio::task::yield_now().await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, closing).await;
        in_time.expect("the store's last connection takes its log away");
    }

    /// Whoever had the store open has let go of it.
    pub async fn is_free(&self) {
        let lock = File::open(self.data().join("lock")).unwrap();
        while lock.try_lock().is_err() {
            tokio::task::yield_now().await;
        }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

/// A server without a port, for its verbs.
pub struct Opened {
    pub app: App,
    running: Running,
}

impl Opened {
    pub async fn at(data: &Path) -> Result<Self, StartError> {
        let ambience = Ambience::of_the_machine();
        let store = Store::open_unsynced(data, &ambience).await?;
        let mut config = Config::default();
        config.sign_in = cheap_passwords();
        let running = Running::start(config, ambience, store, Site::plain(data)).await?;
        let app = running.app.clone();
        Ok(Self { app, running })
    }

    pub async fn signed(&self, who: &Citizen) -> error::Result<Signed> {
        let token = who.cookie.split_once('=').and_then(|(_, token)| Token::parse(token));
        sessions::authenticate(&self.app, token.as_ref()).await
    }

    pub async fn close(self) {
        self.app.stopping.cancel();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        self.running.serve(listener).await;
    }
}

async fn settle(app: &App, people: usize, rooms: usize) -> (Vec<Citizen>, Vec<RoomId>) {
    let owner = users::set_up(app, person(0), &browser()).await.unwrap();
    let first = sessions::authenticate(app, Some(&owner.token)).await.unwrap();
    let mut signed = vec![first];
    let mut citizens = vec![citizen(&owner)];
    let wanted = invites::Wanted {
        uses_max: u32::try_from(people).unwrap(),
        lifetime_days: None,
        room: None,
    };
    let invite = invites::make(app, &first, &wanted).await.unwrap().code.reveal();
    for nth in 1..people {
        let entered = users::join_by_invite(app, &invite, person(nth), &browser())
            .await
            .unwrap();
        signed.push(sessions::authenticate(app, Some(&entered.token)).await.unwrap());
        citizens.push(citizen(&entered));
    }
    let mut made = Vec::new();
    for nth in 0..rooms {
        let create = command::CreateRoom {
            client_key: key(app),
            kind: RoomKind::Open,
            name: format!("room {nth}"),
        };
        let room = rooms::create(app, &first, &create).await.unwrap().room;
        for who in &signed[1..] {
            let client_key = key(app);
            memberships::join(app, who, &command::Join { client_key, room })
                .await
                .unwrap();
        }
        made.push(room);
    }
    (citizens, made)
}

fn citizen(entered: &Entered) -> Citizen {
    Citizen {
        user: entered.user,
        cookie: format!("whilst={}", entered.token.reveal()),
    }
}

fn key(app: &App) -> ClientKey {
    ClientKey::new(app.ambience.now(), app.ambience.random())
}

fn person(nth: usize) -> NewPerson {
    let name = format!("p{nth}");
    NewPerson::parse(&name, &name, PASSWORD).unwrap()
}

fn browser() -> Browser {
    Browser::new("a test", None, IpAddr::V4(Ipv4Addr::LOCALHOST))
}

/// Hashing that takes no time, and as many tries as one likes.
fn cheap_passwords() -> SignIn {
    SignIn {
        argon2_memory_kib: 8,
        argon2_iterations: 1,
        attempts_per_address: 10_000,
        ..Config::default().sign_in
    }
}

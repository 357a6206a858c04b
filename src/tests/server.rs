//! A server that runs for one story.

use super::tab::Browser as Tab;
use crate::{
    client::OutboxStore,
    server::{
        app::App,
        clock::Ambience,
        config::{Config, Layer},
        http::Site,
        invites,
        serve::Running,
        sessions::{self, Browser, Signed, Token},
        store::{OpenError, Store},
        testing::{MovedClock, START, SeededChance, cheap_passwords, write_connection},
        users::{self, NewPerson},
    },
    wire::{DeviceId, UserId},
};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
    sync::Arc,
};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};

pub const PASSWORD: &str = "correct horse";

pub struct Server {
    pub app: App,
    pub clock: MovedClock,
    pub addr: SocketAddr,
    serving: JoinHandle<()>,
    settings: String,
    folder: TempDir,
}

/// Somebody with an account and one session.
#[derive(Clone)]
pub struct Account {
    pub user: UserId,
    pub token: Token,
    pub signed: Signed,
}

impl Server {
    /// A tab in front of which somebody sits, connected and caught up.
    pub async fn opens_tab(&self, who: &Account, device: u8) -> Tab {
        let device = DeviceId::from_bytes([device; 16]);
        let cookie = format!("whilst={}", who.token.reveal());
        let mut tab = Tab::at(self.addr.to_string(), cookie, device, START);
        tab.settles().await;
        tab
    }

    /// The same, with what earlier tabs of this browser left.
    pub async fn opens_tab_holding(&self, who: &Account, device: u8, store: Box<dyn OutboxStore>) -> Tab {
        let device = DeviceId::from_bytes([device; 16]);
        let cookie = format!("whilst={}", who.token.reveal());
        let mut tab = Tab::holding(self.addr.to_string(), cookie, device, START, store);
        tab.settles().await;
        tab
    }

    pub async fn starts() -> Self {
        Self::starts_with("").await
    }

    /// With these lines in its file of settings.
    pub async fn starts_with(settings: &str) -> Self {
        Self::starts_in(tempfile::tempdir().unwrap(), MovedClock::new(), settings.to_owned(), 1).await
    }

    pub async fn starts_in(folder: TempDir, clock: MovedClock, settings: String, seed: u64) -> Self {
        let ambience = Ambience {
            clock: Arc::new(clock.clone()),
            chance: Arc::new(SeededChance::new(seed)),
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let layer = Layer::of_file(Path::new("Leptos.toml"), &settings).unwrap();
        let mut config = Config::from_layers(&[layer]).unwrap().bound_to(addr);
        config.sign_in = cheap_passwords();
        let store = loop {
            match Store::open_unsynced(folder.path(), &ambience).await {
                Ok(store) => break store,
                // Tasks of the server before let go of it one after another.
                Err(OpenError::Locked(_)) => tokio::task::yield_now().await,
                Err(error) => panic!("{error}"),
            }
        };
        let site = Site::plain(folder.path());
        let running = Running::start(config, ambience, store, site).await.unwrap();
        Self {
            app: running.app.clone(),
            clock,
            addr,
            serving: tokio::spawn(running.serve(listener)),
            settings,
            folder,
        }
    }

    pub fn data(&self) -> &Path {
        self.folder.path()
    }

    pub fn origin(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Asks it to stop and lets everybody finish.
    pub async fn stops(self) -> Stopped {
        self.app.stopping.cancel();
        self.serving.await.unwrap();
        Stopped {
            folder: self.folder,
            clock: self.clock,
            settings: self.settings,
        }
    }

    /// Runs a statement about somebody in the database, past every verb.
    #[expect(clippy::disallowed_methods, reason = "for what no verb does")]
    pub async fn execute_by_sql(&self, sql: &'static str, who: &Account) {
        let mut conn = write_connection(&self.app.store).await;
        sqlx::query(sql).bind(who.user).execute(&mut conn).await.unwrap();
    }

    /// Waits until somebody's presence is stored.
    pub async fn has_lease_by_sql(&self, who: &Account) {
        self.has_leases_by_sql(who, 1).await;
    }

    /// Waits until the presence of so many devices is stored.
    pub async fn has_leases_by_sql(&self, who: &Account, count: i64) {
        loop {
            let mut read = self.app.store.connection().await.unwrap();
            let leases = "SELECT COUNT(*) FROM leases WHERE user = ?1";
            if sqlx::query_scalar::<_, i64>(leases)
                .bind(who.user)
                .fetch_one(&mut *read)
                .await
                .unwrap()
                >= count
            {
                return;
            }
        }
    }

    /// The first account, its owner.
    pub async fn sets_up(&self, username: &str) -> Account {
        let entered = users::set_up(&self.app, person(username), &browser()).await.unwrap();
        self.account(entered).await
    }

    /// Somebody new, by an invite of this admin.
    pub async fn welcomes(&self, admin: &Account, username: &str) -> Account {
        let wanted = invites::Wanted {
            uses_max: 1,
            lifetime_days: None,
            room: None,
        };
        let made = invites::make(&self.app, &admin.signed, &wanted).await.unwrap();
        let entered = users::join_by_invite(&self.app, &made.code.reveal(), person(username), &browser())
            .await
            .unwrap();
        self.account(entered).await
    }

    /// The same person on another browser.
    pub async fn signs_in(&self, username: &str) -> Account {
        let entered = sessions::sign_in(&self.app, username, PASSWORD, &browser())
            .await
            .unwrap();
        self.account(entered).await
    }

    async fn account(&self, entered: sessions::Entered) -> Account {
        Account {
            user: entered.user,
            signed: sessions::authenticate(&self.app, Some(&entered.token)).await.unwrap(),
            token: entered.token,
        }
    }
}

/// What is left of a server that has stopped.
pub struct Stopped {
    folder: TempDir,
    pub clock: MovedClock,
    settings: String,
}

impl Tab {
    /// The server was started anew and listens elsewhere.
    pub async fn finds(&mut self, server: &Server) {
        self.finds_at(server.addr.to_string()).await;
    }
}

impl Stopped {
    pub fn data(&self) -> &Path {
        self.folder.path()
    }

    /// The same folder under a new server. The seed is to be another, or chance would
    /// draw the same ids again.
    pub async fn starts_again(self, seed: u64) -> Server {
        Server::starts_in(self.folder, self.clock, self.settings, seed).await
    }
}

fn person(username: &str) -> NewPerson {
    NewPerson::parse(username, username, PASSWORD).unwrap()
}

fn browser() -> Browser {
    Browser::new("a test", None, IpAddr::V4(Ipv4Addr::LOCALHOST))
}

//! Everything a verb may need, made once in `main` and cheap to clone.

use super::{
    away::Away,
    clock::Ambience,
    config::Config,
    http::Site,
    hub::Hub,
    messages::Recent,
    sessions::{Gate, Known},
    socket::Paces,
    store::Store,
    writer::Writer,
};
use crate::wire::Limits;
use std::{ops::Deref, sync::Arc};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// One pointer, because each request and each connection has several of its own.
#[derive(Clone)]
pub struct App(Arc<Parts>);

#[derive(Clone)]
pub struct Parts {
    pub ambience: Ambience,
    pub config: Arc<Config>,
    /// As `config` says, in the words that clients are told.
    pub limits: Arc<Limits>,
    /// What stands before passwords.
    pub gate: Gate,
    /// Who has asked of late.
    pub known: Known,
    pub store: Store,
    pub writer: Writer,
    pub hub: Hub,
    pub away: Away,
    /// How fast each user may send.
    pub paces: Paces,
    /// What others who come back may want too.
    pub recent: Recent,
    /// The browser's half, as it was built.
    pub site: Site,
    /// Cancelled when the server is asked to stop.
    pub stopping: CancellationToken,
    /// Sockets and jobs; the stop waits for them.
    pub tasks: TaskTracker,
}

impl From<Parts> for App {
    fn from(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

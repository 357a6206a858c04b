//! Everything a verb may need, made once in `main` and cheap to clone.

use super::{
    away::Away, clock::Ambience, config::Config, http::Site, hub::Hub, sessions::Gate, socket::Paces, store::Store,
    writer::Writer,
};
use crate::wire::Limits;
use std::sync::Arc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

#[derive(Clone)]
pub struct App {
    pub ambience: Ambience,
    pub config: Arc<Config>,
    /// As `config` says, in the words that clients are told.
    pub limits: Arc<Limits>,
    /// What stands before passwords.
    pub gate: Gate,
    pub store: Store,
    pub writer: Writer,
    pub hub: Hub,
    pub away: Away,
    /// How fast each user may send.
    pub paces: Paces,
    /// The browser's half, as it was built.
    pub site: Site,
    /// Cancelled when the server is asked to stop.
    pub stopping: CancellationToken,
    /// Sockets and jobs; the stop waits for them.
    pub tasks: TaskTracker,
}

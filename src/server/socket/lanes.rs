//! The commands of one connection that are under way.
//!
//! Those of different rooms go side by side, so that none waits for another's commit.
//! Those of one room go one after another: a verb reads before it queues its write,
//! and two at once could overtake each other there. A tab has one command a room
//! under way anyway.

use super::{
    COMMANDS_IN_FLIGHT_MAX,
    commands::{Reply, obey},
};
use crate::{
    server::{app::App, hub::Connection, sessions::Signed},
    wire::{ClientKey, Command, RoomId},
};
use futures_util::{
    StreamExt,
    future::{BoxFuture, FutureExt},
    stream::FuturesUnordered,
};
use std::collections::{HashSet, VecDeque};

/// Commands with a key and wishes without one do not stand in each other's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Lane {
    room: Option<RoomId>,
    has_key: bool,
}

/// A command as it was read from the socket.
pub struct Asked {
    pub command: Command,
    /// What a command without a client key is acknowledged by; clients of level 1 name none.
    pub number: Option<u32>,
}

/// What a command came to.
pub struct Done {
    pub room: Option<RoomId>,
    /// The key of the command, if it has one.
    pub key: Option<ClientKey>,
    pub reply: Reply,
}

#[derive(Default)]
pub struct Lanes {
    running: FuturesUnordered<BoxFuture<'static, (Lane, Done)>>,
    busy: HashSet<Lane>,
    waiting: VecDeque<(Lane, Signed, Asked)>,
}

impl Lanes {
    /// True while another frame may be read. One frame may still hold more commands
    /// than may be under way: those wait here, bounded by the frame.
    pub fn has_room(&self) -> bool {
        self.waiting.is_empty() && self.running.len() < COMMANDS_IN_FLIGHT_MAX
    }

    pub fn is_idle(&self) -> bool {
        self.running.is_empty()
    }

    pub fn take(&mut self, app: &App, connection: &Connection, who: Signed, asked: Asked) {
        let lane = Lane {
            room: asked.command.room(),
            has_key: asked.command.client_key().is_some(),
        };
        self.waiting.push_back((lane, who, asked));
        self.start(app, connection);
    }

    /// The next command that is done. To be asked while not idle.
    pub async fn done(&mut self, app: &App, connection: &Connection) -> Option<Done> {
        let (lane, done) = self.running.next().await?;
        self.busy.remove(&lane);
        self.start(app, connection);
        Some(done)
    }

    /// Gives up what has not begun; its sender has the keys.
    pub fn start_no_more(&mut self) {
        self.waiting.clear();
    }

    fn start(&mut self, app: &App, connection: &Connection) {
        let mut at = 0;
        while at < self.waiting.len() && self.running.len() < COMMANDS_IN_FLIGHT_MAX {
            if self.busy.contains(&self.waiting[at].0) {
                at += 1;
            } else if let Some((lane, who, asked)) = self.waiting.remove(at) {
                self.busy.insert(lane);
                let (room, key) = (lane.room, asked.command.client_key());
                if let Some(key) = key {
                    connection.subscription().begin(room, key);
                }
                let app = app.clone();
                let run = async move {
                    let reply = obey(&app, &who, &asked).await;
                    (lane, Done { room, key, reply })
                };
                self.running.push(run.boxed());
            }
        }
    }
}

//! The door of live push, with what no true tab would do to it.

mod bounds;
mod door;
mod ends;
mod revoked;
mod rights;
mod talk;

use super::{
    server::{Account, PASSWORD, Server},
    wire::{Saying, Silence, Wire, hello},
};
use crate::{
    server::{memberships, rooms, sessions, users},
    wire::{
        ClientKey, Envelope, Message as Row, Millis, Ordinal, Problem, RoomId, RoomKind, Seq, ServerItem,
        command::{self, Greeting, Hello, Ping, PresenceState},
        event::{Accepted, Rejected, TooFast},
        limits::FRAME_IN_MAX_BYTES,
        user_log::Marker,
    },
};
use tokio_tungstenite::tungstenite::{Message, http::StatusCode};

fn closed(code: u16, reason: &str) -> Silence {
    Silence::Closed(code, reason.to_owned())
}

/// The room that set-up made, with the owner in it.
async fn general(server: &Server, who: &Account) -> RoomId {
    let mut read = server.app.store.read().await.unwrap();
    rooms::list_for(&mut read, &who.signed).await.unwrap()[0].room
}

/// Ada, who owns the server, and Bo, both in "general".
async fn two_people(settings: &str) -> (Server, Account, Account, RoomId) {
    let server = Server::starts_with(settings).await;
    let ada = server.sets_up("ada").await;
    let bo = server.welcomes(&ada, "bo").await;
    let room = general(&server, &ada).await;
    (server, ada, bo, room)
}

/// The bodies of messages among what was heard.
fn bodies(heard: &[ServerItem]) -> Vec<&str> {
    let rows = heard.iter().filter_map(|item| match item {
        ServerItem::Room(event) => event.row.as_ref(),
        _ => None,
    });
    rows.map(Row::text).collect()
}

async fn until_accepted(wire: &mut Wire) -> Vec<ServerItem> {
    let mut heard = Vec::new();
    loop {
        heard.push(wire.hears().await);
        if matches!(heard.last(), Some(ServerItem::Accepted(_))) {
            return heard;
        }
    }
}

impl Wire {
    async fn hears_until_said(&mut self, body: &str) -> Vec<ServerItem> {
        let mut heard = Vec::new();
        loop {
            heard.push(self.hears().await);
            if bodies(&heard).last() == Some(&body) {
                return heard;
            }
        }
    }
}

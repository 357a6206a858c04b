//! The wire of a tab: what is said over it, and frames taken apart.

use super::{
    connection::{Order, Status},
    io::{Effect, Env, Generation},
    room::Room,
    tab::{FETCH_DEADLINE_MS, Out, Tab},
};
use crate::wire::{
    ClientItem, Enveloped, Level, Millis, ServerItem, Unpack,
    command::{Greeting, Hello, Numbered, Ping},
    fetch::{Ask, Whoami},
    frame::{self, BadFrame},
};

/// [`ServerItem::Welcome`], of whatever version.
const WELCOME_KIND: u16 = 1;

impl Tab {
    pub(super) fn carry_out(&mut self, orders: Vec<Order>, out: &mut Out) {
        for order in orders {
            match order {
                Order::Open { after } => {
                    self.lose_calls();
                    let generation = self.connection.generation;
                    out.effects.push(Effect::OpenSocket {
                        generation,
                        after: Millis(after),
                    });
                }
                Order::Close => {
                    self.lose_calls();
                    out.effects.push(Effect::CloseSocket);
                }
                Order::Ping { nonce } => self.say_item(&ClientItem::Greeting(Greeting::Ping(Ping { nonce })), out),
                Order::AskWhoami => {
                    if self.whoami.is_none() {
                        let fetch = self.fetch_id();
                        self.whoami = Some((fetch, self.now + FETCH_DEADLINE_MS));
                        out.effects.push(Effect::Fetch {
                            fetch,
                            ask: Ask::Whoami(Whoami {}),
                        });
                    }
                }
                Order::SignIn => out.effects.push(Effect::GoToSignIn),
            }
        }
    }

    /// Answers to questions of an older socket are thrown away: what was heard between
    /// the two is not known.
    pub(super) fn lose_calls(&mut self) {
        self.sync.start_over();
        self.pages.lose_call();
        for room in self.rooms.values_mut() {
            room.summary.lost();
            room.rows.lost();
        }
    }

    pub(super) fn opened(&mut self, generation: Generation, out: &mut Out) {
        let (Some(device), true) = (self.device_id, self.connection.opened(generation, self.now)) else {
            return;
        };
        for room in self.rooms.values_mut() {
            room.forget_held();
            room.welcomed = false;
        }
        let presence = self.device.greet(self.now);
        let hello = Hello {
            protocol: frame::PROTOCOL,
            level: Level::CURRENT,
            device,
            presence,
        };
        self.say_item(&ClientItem::Greeting(Greeting::Hello(hello)), out);
    }

    pub(super) fn say_item(&self, item: &ClientItem, out: &mut Out) {
        let generation = self.connection.generation;
        out.effects.push(Effect::SendFrame {
            generation,
            bytes: frame::frame([item]),
        });
    }

    /// Something was told that only a newer program understands.
    pub(super) fn miss_newer(&mut self, out: &mut Out) {
        self.newer = self.newer.saturating_add(1);
        out.changed.connection = true;
    }

    pub(super) fn resync(&mut self, env: &mut Env<'_>, out: &mut Out) {
        let mut orders = Vec::new();
        self.connection.resync(self.now, env, &mut orders);
        self.carry_out(orders, out);
    }

    pub(super) fn sign_out(&mut self, out: &mut Out) {
        self.stop(Status::SignedOut, out);
    }

    pub(super) fn stop(&mut self, status: Status, out: &mut Out) {
        let mut orders = Vec::new();
        self.connection.stop(status, self.now, &mut orders);
        self.carry_out(orders, out);
    }

    /// Whatever may leave now, leaves.
    pub(super) fn tell(&mut self, out: &mut Out) {
        if !self.connection.is_open() {
            return;
        }
        if let Some(presence) = self.device.due(self.now) {
            self.say_item(&ClientItem::Greeting(Greeting::Presence(presence)), out);
        }
        if !self.connection.is_live() {
            return;
        }
        let rooms = &self.rooms;
        // What was said before comes before: a room that was missed is caught up first.
        let is_ready = |room| rooms.get(room).is_none_or(Room::may_send);
        let generation = self.connection.generation;
        for command in self.outbox.due(generation, self.now, &is_ready) {
            self.say_item(&ClientItem::Command(command), out);
        }
        self.send_keyless(out);
    }

    /// Commands without a client key that are due.
    pub(super) fn send_keyless(&mut self, out: &mut Out) {
        let generation = self.connection.generation;
        for (number, command) in self.marking.due(generation, self.now) {
            let command = command.pack();
            let numbered = Greeting::Numbered(Numbered { number, command });
            self.say_item(&ClientItem::Greeting(numbered), out);
        }
    }

    pub(super) fn take_frame(&mut self, bytes: &[u8], env: &mut Env<'_>, out: &mut Out) {
        let items = match frame::items(bytes) {
            Ok(items) => items,
            Err(BadFrame::Protocol(_)) => return self.stop(Status::ReloadNeeded, out),
            Err(BadFrame::Empty | BadFrame::Truncated) => return self.resync(env, out),
        };
        for item in items {
            match ServerItem::unpack(&item) {
                Ok(item) => self.take_item(item, env, out),
                // Without its welcome there is no going on with this server.
                Err(Unpack::Unknown) if item.kind == WELCOME_KIND && !self.connection.is_live() => {
                    return self.stop(Status::ReloadNeeded, out);
                }
                // What a newer server says beside the log may be passed over.
                Err(Unpack::Unknown) => self.miss_newer(out),
                Err(Unpack::Malformed) => return self.resync(env, out),
            }
            if !self.connection.is_open() {
                return;
            }
        }
    }
}

//! What one tab says: greetings, commands, and things that cannot be read.

use super::{
    MALFORMED_MAX,
    commands::{acknowledged, rejected},
    lanes::{Asked, Lanes},
};
use crate::{
    server::{
        app::App,
        away::{Report, Wire},
        hub::{Connection, Ending, encode},
        sessions::Signed,
    },
    wire::{
        ClientItem, ClientKey, Command, Envelope, Enveloped, Problem, ServerItem, Unpack,
        command::{Greeting, Hello, Numbered, Presence},
        event::Pong,
        frame::{self, BadFrame, OLDEST_PROTOCOL, PROTOCOL},
        limits::FRAME_IN_MAX_BYTES,
    },
};
use axum::extract::ws::Message;

/// Kinds from here on are commands, also those that only newer programs know.
const COMMANDS_FROM: u16 = 101;
/// Kinds from here on are commands that carry no key.
const KEYLESS_FROM: u16 = 120;
const KEY_BYTES: usize = 16;

/// The ear of one connection.
pub struct Listener<'a> {
    pub app: &'a App,
    pub connection: &'a Connection,
    pub wire: Wire,
    pub lanes: Lanes,
    pub malformed: u32,
    /// Heard and not passed on yet.
    pub presences: Vec<Presence>,
}

/// What a message of the socket means for its connection.
pub enum Heard {
    Something,
    /// The other side closes, and says so.
    Goodbye,
}

impl Listener<'_> {
    /// What the presences say is for the caller to pass on, who may have to wait for it.
    pub fn hear(&mut self, who: Signed, message: Message) -> Heard {
        match message {
            Message::Binary(bytes) if bytes.len() > FRAME_IN_MAX_BYTES as usize => {
                self.connection.subscription().cut(Ending::Malformed);
            }
            Message::Binary(bytes) => match frame::items(&bytes) {
                Ok(items) => {
                    for item in items {
                        self.item(who, &item);
                    }
                }
                Err(BadFrame::Protocol(_)) => self.connection.subscription().cut(Ending::ProtocolTooOld),
                Err(BadFrame::Empty | BadFrame::Truncated) => self.unreadable(),
            },
            Message::Text(_) => self.unreadable(),
            Message::Ping(_) | Message::Pong(_) => {}
            Message::Close(_) => return Heard::Goodbye,
        }
        Heard::Something
    }

    fn item(&mut self, who: Signed, item: &Envelope) {
        match ClientItem::unpack(item) {
            Ok(ClientItem::Command(command)) => self.command(who, command, None),
            Ok(ClientItem::Greeting(Greeting::Numbered(numbered))) => self.numbered(who, &numbered),
            Ok(ClientItem::Greeting(Greeting::Ping(ping))) => {
                self.say(&ServerItem::Pong(Pong { nonce: ping.nonce }));
            }
            Ok(ClientItem::Greeting(Greeting::Presence(presence))) => self.presences.push(presence),
            // Said once.
            Ok(ClientItem::Greeting(Greeting::Hello(_))) => self.unreadable(),
            Err(Unpack::Unknown) => self.refuse(item, Problem::Unknown),
            Err(Unpack::Malformed) => {
                self.refuse(item, Problem::Malformed);
                self.unreadable();
            }
        }
    }

    fn command(&mut self, who: Signed, command: Command, number: Option<u32>) {
        let asked = Asked { command, number };
        self.lanes.take(self.app, self.connection, who, asked);
    }

    /// A command with a client key is acknowledged by that; it has no business in here.
    fn numbered(&mut self, who: Signed, numbered: &Numbered) {
        let number = numbered.number;
        let problem = match Command::unpack(&numbered.command) {
            Ok(command) if command.client_key().is_none() => {
                return self.command(who, command, Some(number));
            }
            Err(Unpack::Unknown) => Problem::Unknown,
            Ok(_) | Err(Unpack::Malformed) => {
                self.unreadable();
                Problem::Malformed
            }
        };
        self.say(&acknowledged(number, Some(problem)));
    }

    /// Passes on what was heard of who sits there.
    pub async fn report_presences(&mut self) {
        let (wire, at) = (self.wire, self.app.ambience.now());
        for presence in std::mem::take(&mut self.presences) {
            self.app.away.report(at, Report::Presence { wire, presence }).await;
        }
    }

    /// Answers for a command that was not understood, if its key can be made out.
    fn refuse(&self, item: &Envelope, problem: Problem) {
        if let Some(key) = key_of(item) {
            self.say(&rejected(key, problem));
        }
    }

    fn say(&self, item: &ServerItem) {
        self.connection.subscription().say(encode(item));
    }

    fn unreadable(&mut self) {
        self.malformed += 1;
        if self.malformed > MALFORMED_MAX {
            self.connection.subscription().cut(Ending::Malformed);
        }
    }
}

/// The key of a command, which stands first in it, in every version.
fn key_of(item: &Envelope) -> Option<ClientKey> {
    let has_key = (COMMANDS_FROM..KEYLESS_FROM).contains(&item.kind);
    let bytes = item.body.get(..KEY_BYTES).filter(|_| has_key)?;
    ClientKey::from_slice(bytes)
}

/// Reads the first message, which must begin with a hello.
///
/// # Errors
/// How the connection ends.
pub fn hello(message: &Message) -> Result<Hello, Ending> {
    let Message::Binary(bytes) = message else {
        return Err(Ending::Malformed);
    };
    let items = frame::items(bytes).map_err(|bad| match bad {
        BadFrame::Protocol(_) => Ending::ProtocolTooOld,
        BadFrame::Empty | BadFrame::Truncated => Ending::Malformed,
    })?;
    let first = items.first().ok_or(Ending::Malformed)?;
    match Greeting::unpack(first) {
        Ok(Greeting::Hello(hello)) if (OLDEST_PROTOCOL..=PROTOCOL).contains(&hello.protocol) => Ok(hello),
        Ok(Greeting::Hello(_)) => Err(Ending::ProtocolTooOld),
        _ => Err(Ending::Malformed),
    }
}

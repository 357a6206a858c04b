//! What a client says on a socket: wishes (commands) and what keeps the wire alive.

use super::{
    envelope::{Envelope, Enveloped, Unpack, enveloped},
    ids::*,
    level::Level,
    level1::HelloV1,
    message::Target,
    room::RoomKind,
    user_log::Marker,
};
use serde::{Deserialize, Serialize};

enveloped! {
    /// Items that are no commands.
    pub enum Greeting {
        1 v 2 Hello(Hello) | v 1 HelloV1,
        2 v 1 Ping(Ping),
        3 v 1 Presence(Presence),
        4 v 1 Numbered(Numbered),
    }
}

/// The first item on every socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    pub protocol: u8,
    pub level: Level,
    pub device: DeviceId,
    /// How it is with the person in front of it, now.
    pub presence: Presence,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ping {
    pub nonce: u32,
}

/// A command without a client key. The server answers it on the same connection with
/// `Acknowledged` and this number, also when nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbered {
    /// Unique among the numbered commands of one connection.
    pub number: u32,
    /// A [`Command`] without a client key, perhaps of a newer release.
    pub command: Envelope,
}

/// A device's state; `since_input` lets the server know an activity it did not see,
/// as when a device was used offline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    pub state: PresenceState,
    pub since_input: Millis,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PresenceState {
    /// Nobody sees it.
    Hidden,
    /// Visible, without input for a while.
    Idle,
    /// Visible, with input not long ago.
    Active,
}

enveloped! {
    /// A wish. Those that make an entry carry a client key and happen once per key.
    pub enum Command {
        101 v 1 Send(Send),
        102 v 1 CreateRoom(CreateRoom),
        103 v 1 OpenDirect(OpenDirect),
        104 v 1 Join(Join),
        105 v 1 Leave(Leave),
        106 v 1 AddPerson(AddPerson),
        107 v 1 RemovePerson(RemovePerson),
        108 v 1 RenameRoom(RenameRoom),
        109 v 1 Edit(Edit),
        110 v 1 Delete(Delete),
        111 v 1 React(React),
        112 v 1 DeleteRoom(DeleteRoom),
        120 v 1 MarkRead(MarkRead),
        121 v 1 DismissCard(DismissCard),
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Send {
    pub client_key: ClientKey,
    pub room: RoomId,
    /// As typed; the server parses it into a `Body`.
    pub body: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateRoom {
    pub client_key: ClientKey,
    /// Open or closed.
    pub kind: RoomKind,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenDirect {
    pub client_key: ClientKey,
    pub with: UserId,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Join {
    pub client_key: ClientKey,
    pub room: RoomId,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leave {
    pub client_key: ClientKey,
    pub room: RoomId,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddPerson {
    pub client_key: ClientKey,
    pub room: RoomId,
    pub user: UserId,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovePerson {
    pub client_key: ClientKey,
    pub room: RoomId,
    pub user: UserId,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenameRoom {
    pub client_key: ClientKey,
    pub room: RoomId,
    pub name: String,
}

/// Gives one's own message another text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    pub client_key: ClientKey,
    pub room: RoomId,
    pub target: Target,
    /// The revision of the row that was edited. If its text has changed since, this is refused.
    pub revision: Seq,
    /// As typed; the server parses it into a `Body`.
    pub body: String,
}

/// Takes a message back, for everybody and for good. Authors theirs, room admins any.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delete {
    pub client_key: ClientKey,
    pub room: RoomId,
    pub target: Target,
}

/// Ends a room for everybody in it, with all that was said there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteRoom {
    pub client_key: ClientKey,
    pub room: RoomId,
}

/// Puts an emoji to a message, or takes it away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct React {
    pub client_key: ClientKey,
    pub room: RoomId,
    pub target: Target,
    /// The server parses it into an `Emoji`.
    pub emoji: String,
    pub on: bool,
}

/// Moves the read marker, if the pair is greater than the stored one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkRead {
    pub room: RoomId,
    pub marker: Marker,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DismissCard {
    pub episode: EpisodeId,
}

impl Command {
    /// The key of a command that makes an entry.
    pub fn client_key(&self) -> Option<ClientKey> {
        match self {
            Self::Send(c) => Some(c.client_key),
            Self::CreateRoom(c) => Some(c.client_key),
            Self::OpenDirect(c) => Some(c.client_key),
            Self::Join(c) => Some(c.client_key),
            Self::Leave(c) => Some(c.client_key),
            Self::AddPerson(c) => Some(c.client_key),
            Self::RemovePerson(c) => Some(c.client_key),
            Self::RenameRoom(c) => Some(c.client_key),
            Self::Edit(c) => Some(c.client_key),
            Self::Delete(c) => Some(c.client_key),
            Self::React(c) => Some(c.client_key),
            Self::DeleteRoom(c) => Some(c.client_key),
            Self::MarkRead(_) | Self::DismissCard(_) => None,
        }
    }

    /// The room whose queue the command stands in; none where it makes one.
    pub fn room(&self) -> Option<RoomId> {
        match self {
            Self::Send(c) => Some(c.room),
            Self::Join(c) => Some(c.room),
            Self::Leave(c) => Some(c.room),
            Self::AddPerson(c) => Some(c.room),
            Self::RemovePerson(c) => Some(c.room),
            Self::RenameRoom(c) => Some(c.room),
            Self::Edit(c) => Some(c.room),
            Self::Delete(c) => Some(c.room),
            Self::React(c) => Some(c.room),
            Self::DeleteRoom(c) => Some(c.room),
            Self::MarkRead(c) => Some(c.room),
            Self::CreateRoom(_) | Self::OpenDirect(_) | Self::DismissCard(_) => None,
        }
    }
}

/// Anything a client may say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientItem {
    Greeting(Greeting),
    Command(Command),
}

impl Enveloped for ClientItem {
    fn pack(&self) -> Envelope {
        match self {
            Self::Greeting(greeting) => greeting.pack(),
            Self::Command(command) => command.pack(),
        }
    }

    fn unpack(envelope: &Envelope) -> Result<Self, Unpack> {
        match Greeting::unpack(envelope) {
            Err(Unpack::Unknown) => Command::unpack(envelope).map(Self::Command),
            greeting => greeting.map(Self::Greeting),
        }
    }
}

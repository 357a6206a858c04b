//! Entries of a room's log and what the server tells.

use super::{
    envelope::{Envelope, Enveloped, Unpack, enveloped},
    ids::*,
    level1::UserEventV1,
    limits::Limits,
    membership::RoomRole,
    message::Message,
    person::{Me, Person},
    problem::Problem,
    reaction::Emoji,
    room::RoomHead,
    user_log::UserItem,
};
use serde::{Deserialize, Serialize};

enveloped! {
    /// What an entry changed. Never holds a body: rows carry those.
    pub enum Change {
        1 v 1 MessageCreated(MessageCreated),
        2 v 1 MessageEdited(MessageEdited),
        3 v 1 MessageDeleted(MessageDeleted),
        4 v 1 ReactionAdded(ReactionAdded),
        5 v 1 ReactionRemoved(ReactionRemoved),
        20 v 1 RoomCreated(RoomCreated),
        21 v 1 RoomRenamed(RoomRenamed),
        22 v 1 RoomDeleted(RoomDeleted),
        30 v 1 MemberJoined(MemberJoined),
        31 v 1 MemberLeft(MemberLeft),
        32 v 1 MemberRemoved(MemberRemoved),
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageCreated {
    pub ordinal: Ordinal,
}

/// Who counts without the row can: it names the author, and who is not mentioned any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageEdited {
    pub ordinal: Ordinal,
    pub author: UserId,
    pub unmentioned: Vec<UserId>,
}

/// The author may be another person than the actor, who is then an admin of the room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageDeleted {
    pub ordinal: Ordinal,
    pub author: UserId,
    /// Those who were mentioned until now.
    pub mentioned: Vec<UserId>,
}

/// By the entry's actor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReactionAdded {
    pub ordinal: Ordinal,
    pub emoji: Emoji,
}

/// By the entry's actor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReactionRemoved {
    pub ordinal: Ordinal,
    pub emoji: Emoji,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomCreated {
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomRenamed {
    pub name: String,
}

/// The last entry of a room. Nobody is in it any more, so nobody hears it: each is told
/// that the room is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomDeleted {}

/// The user came in, by themselves if they are the entry's actor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberJoined {
    pub user: UserId,
    pub role: RoomRole,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberLeft {
    pub user: UserId,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRemoved {
    pub user: UserId,
}

impl Change {
    /// The message it is about, if it is about one.
    pub fn target(&self) -> Option<Ordinal> {
        match self {
            Self::MessageCreated(created) => Some(created.ordinal),
            Self::MessageEdited(edited) => Some(edited.ordinal),
            Self::MessageDeleted(deleted) => Some(deleted.ordinal),
            Self::ReactionAdded(added) => Some(added.ordinal),
            Self::ReactionRemoved(removed) => Some(removed.ordinal),
            Self::RoomCreated(_)
            | Self::RoomRenamed(_)
            | Self::RoomDeleted(_)
            | Self::MemberJoined(_)
            | Self::MemberLeft(_)
            | Self::MemberRemoved(_) => None,
        }
    }
}

/// One numbered entry of a room's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub seq: Seq,
    pub tail: Tail,
    pub at: Millis,
    pub actor: UserId,
    /// A [`Change`], perhaps of a newer release.
    pub change: Envelope,
}

impl Entry {
    /// # Errors
    /// [`Unpack::Unknown`] for a change of a newer release; its seq counts all the same.
    pub fn change(&self) -> Result<Change, Unpack> {
        Change::unpack(&self.change)
    }

    pub fn cursor(&self) -> Cursor {
        Cursor {
            seq: self.seq,
            tail: self.tail,
        }
    }
}

/// A stored entry as it is told, with the present state of the message it touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomEvent {
    pub room: RoomId,
    pub entry: Entry,
    pub row: Option<Message>,
}

enveloped! {
    /// What a server says on a socket.
    pub enum ServerItem {
        1 v 1 Welcome(Welcome),
        /// The further pages of rooms of a `Welcome`.
        2 v 1 WelcomeRooms(WelcomeRooms),
        3 v 1 Room(RoomEvent),
        4 v 2 User(UserEvent) | v 1 UserEventV1,
        5 v 1 Directory(DirectoryEvent),
        6 v 1 Accepted(Accepted),
        7 v 1 Rejected(Rejected),
        8 v 1 TooFast(TooFast),
        9 v 1 Pong(Pong),
        /// The reader is no longer in the room; its rows are to be forgotten.
        10 v 1 RoomGone(RoomGone),
        /// From here on not for clients of level 1.
        11 v 1 Acknowledged(Acknowledged),
        12 v 1 Advance(Advance),
        13 v 1 Heads(Heads),
    }
}

/// The heads of everything, read after the connection was registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    pub now: Millis,
    pub limits: Limits,
    pub epoch: Epoch,
    pub me: Me,
    pub user_head: UserSeq,
    pub directory_head: DirectorySeq,
    pub rooms: Vec<RoomHead>,
    /// More `WelcomeRooms` follow; the welcome is complete when one says false.
    pub more: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WelcomeRooms {
    pub rooms: Vec<RoomHead>,
    pub more: bool,
}

/// `prev` is the user's head before this one; where it is not the reader's
/// cursor, something was missed and the log is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserEvent {
    pub prev: UserSeq,
    pub item: UserItem,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryEvent {
    pub person: Person,
}

/// The command was stored before; this is its first answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    pub client_key: ClientKey,
    pub room: RoomId,
    pub seq: Seq,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    pub client_key: ClientKey,
    pub problem: Problem,
}

/// Not a refusal: send the same command again after the wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TooFast {
    pub client_key: ClientKey,
    pub retry_after: Millis,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pong {
    pub nonce: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomGone {
    pub room: RoomId,
}

/// The answer to a [`Numbered`](super::command::Numbered) command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    pub number: u32,
    /// Why the command was refused; none if it took effect or changed nothing.
    pub problem: Option<Problem>,
}

/// The room log has reached `to`, and this connection will not receive the events up to there:
/// the client fetches them as a range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advance {
    pub room: RoomId,
    pub to: Seq,
}

/// User log and directory log have reached these heads, and values up to there were dropped
/// for this connection: the client catches up on both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heads {
    pub user: UserSeq,
    pub directory: DirectorySeq,
}

impl RoomEvent {
    /// Whether a text is gone that its message had before.
    pub fn takes_text_away(&self) -> bool {
        matches!(
            self.entry.change(),
            Ok(Change::MessageEdited(_) | Change::MessageDeleted(_))
        )
    }
}

/// Codes a server closes a socket with; the client itself closes with 1000 only.
pub mod close {
    pub const SIGNED_OUT: u16 = 4001;
    pub const PROTOCOL_TOO_OLD: u16 = 4002;
    pub const RESTART: u16 = 4003;
    pub const BANNED: u16 = 4004;
    pub const MALFORMED: u16 = 4008;
    pub const RESYNC: u16 = 4009;
}

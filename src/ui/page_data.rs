//! What a page is drawn from: read by the server before it draws, so that
//! drawing waits for nothing. The chat's part travels inside the page as well,
//! and the browser draws the same first picture from it.

use crate::{
    client::FirstPicture,
    wire::{
        ClientKey, InviteId, Millis, Person, Problem, RoomId, RoomKind, SessionId, Unpack, UserId, base64, envelope,
        membership::{RoomRole, ServerRole},
    },
};
use serde::{Deserialize, Serialize};

/// A whole page, by its address.
#[derive(Debug, Clone)]
pub enum Page {
    /// `/`, `/r/{room}`, `/r/{room}/{seq}`: the one page that the program takes over.
    Chat(ChatPage),
    /// A page with the list of rooms beside it.
    Inside(FirstPicture, Inside),
    /// A page for those who are not signed in.
    Gate(Gate),
    /// A message that could not be sent, and no page is left to write it on.
    NotSent(NotSent),
    /// Nothing here, for whoever asks.
    NotFound,
    /// Something is wrong with the server, not with what was asked.
    Unavailable,
}

/// Why, and the text, to be copied.
#[derive(Debug, Clone)]
pub struct NotSent {
    pub problem: Problem,
    pub text: String,
    /// Where to sign in, for who is signed out.
    pub sign_in: Option<String>,
}

/// The chat, as the server and the browser first draw it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ChatPage {
    pub picture: FirstPicture,
    /// A room that may be joined but is not: its address shows a button to join.
    pub joinable: Option<Joinable>,
    /// The key of the composer's form, for those without the program.
    pub client_key: ClientKey,
    pub reply: Option<FormReply>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Joinable {
    pub room: RoomId,
    pub name: String,
    pub people: u32,
}

/// A refused form: shown again with its words, never with its passwords.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormReply {
    /// The address it was sent to, by which a page of several forms knows which it was.
    pub to: String,
    pub problem: Problem,
    pub fields: Vec<(String, String)>,
}

#[derive(Debug, Clone)]
pub enum Inside {
    RoomPeople(RoomPeople),
    NewRoom(NewRoom),
    NewMessage(NewMessage),
    Settings(Settings),
    Admin(Admin),
}

/// `/r/{room}/people`.
#[derive(Debug, Clone)]
pub struct RoomPeople {
    pub room: RoomId,
    pub name: String,
    pub kind: RoomKind,
    /// What the reader is in it.
    pub role: RoomRole,
    pub members: Vec<(Person, RoomRole)>,
    /// The reader may make links into this room.
    pub may_invite: bool,
    /// A link made a moment ago, shown this once.
    pub invite_link: Option<String>,
    pub client_key: ClientKey,
    pub reply: Option<FormReply>,
}

/// `/new-room`.
#[derive(Debug, Clone)]
pub struct NewRoom {
    /// Open rooms the reader is not in.
    pub open: Vec<Joinable>,
    pub client_key: ClientKey,
    pub reply: Option<FormReply>,
}

/// `/new-message`.
#[derive(Debug, Clone)]
pub struct NewMessage {
    pub people: Vec<Person>,
    pub client_key: ClientKey,
    pub reply: Option<FormReply>,
}

/// `/settings`.
#[derive(Debug, Clone)]
pub struct Settings {
    pub sessions: Vec<SessionRow>,
    /// A change that was just made, in words of the page.
    pub done: Option<Done>,
    pub reply: Option<FormReply>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    Name,
    Password,
}

#[derive(Debug, Clone)]
pub struct SessionRow {
    pub session: SessionId,
    pub agent: String,
    pub created_at: Millis,
    pub last_seen_at: Millis,
    /// The one that reads this page.
    pub this: bool,
}

/// `/admin`.
#[derive(Debug, Clone)]
pub struct Admin {
    pub invites: Vec<InviteRow>,
    pub people: Vec<PersonRow>,
    /// A link made a moment ago, shown this once.
    pub link: Option<MadeLink>,
    pub reply: Option<FormReply>,
}

#[derive(Debug, Clone)]
pub enum MadeLink {
    Invite(String),
    /// A password-reset link for the person of this name.
    Reset(String, String),
}

#[derive(Debug, Clone)]
pub struct InviteRow {
    pub invite: InviteId,
    pub made_by: String,
    pub room: Option<String>,
    pub created_at: Millis,
    pub expires_at: Millis,
    pub uses: u32,
    pub uses_max: u32,
    /// Expired, used up or revoked.
    pub over: bool,
}

#[derive(Debug, Clone)]
pub struct PersonRow {
    pub person: Person,
    pub role: ServerRole,
    pub standing: Standing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Active,
    Removed,
    Banned,
}

#[derive(Debug, Clone)]
pub enum Gate {
    SetUp {
        reply: Option<FormReply>,
    },
    SignIn {
        /// Where to go afterwards: an address of ours.
        next: Option<String>,
        reply: Option<FormReply>,
    },
    Join {
        code: String,
        invited_by: String,
        host: String,
        reply: Option<FormReply>,
    },
    Reset {
        code: String,
        /// Whose password it is.
        name: String,
        reply: Option<FormReply>,
    },
    /// A link that is used up, expired or was never made.
    LinkGone,
}

impl FormReply {
    pub fn field(&self, name: &str) -> Option<&str> {
        let (_, value) = self.fields.iter().find(|(field, _)| field == name)?;
        Some(value)
    }
}

impl ChatPage {
    pub fn encode(&self) -> String {
        base64::encode(&envelope::encode(self))
    }

    /// # Errors
    /// [`Unpack::Malformed`] if the page is of another release.
    pub fn decode(text: &str) -> Result<Self, Unpack> {
        envelope::decode(&base64::decode(text).ok_or(Unpack::Malformed)?)
    }
}

/// True if the person may be acted on by the reader at all.
pub fn is_above(reader: ServerRole, other: ServerRole) -> bool {
    reader > other
}

/// The reply, if it answers the form of this address.
pub fn reply_to<'a>(reply: Option<&'a FormReply>, address: &str) -> Option<&'a FormReply> {
    reply.filter(|reply| reply.to == address)
}

/// One of a page's own people, never the reader.
pub fn others(people: &[Person], me: UserId) -> impl Iterator<Item = &Person> {
    people.iter().filter(move |person| person.user != me && person.active)
}

//! Questions of a client and their answers: the payloads of the server functions.

use super::{
    command::MarkRead,
    envelope::{Envelope, Enveloped, Unpack, decode, encode, enveloped},
    event::Entry,
    ids::*,
    level::Level,
    level1::CaughtUpV1,
    message::Message,
    person::{Me, Person},
    room::RoomMeta,
    user_log::{Counts, UserItem},
};
use serde::{Deserialize, Serialize};

enveloped! {
    /// What can be asked for.
    pub enum Ask {
        1 v 1 CatchUp(CatchUp),
        2 v 1 History(History),
        3 v 1 Range(Range),
        4 v 1 Around(Around),
        5 v 1 Whoami(Whoami),
        6 v 1 MarkRead(MarkReadAs),
    }
}

/// A question together with the wire level of the client that asks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub level: Level,
    pub ask: Ask,
}

impl Question {
    /// A question of this build.
    pub fn current(ask: Ask) -> Self {
        let level = Level::CURRENT;
        Self { level, ask }
    }
}

/// Above all kinds of [`Ask`]: a bare one comes from a client of level 1.
const QUESTION_KIND: u16 = 100;

impl Enveloped for Question {
    fn pack(&self) -> Envelope {
        Envelope {
            kind: QUESTION_KIND,
            version: 1,
            body: encode(&(self.level, self.ask.pack())),
        }
    }

    fn unpack(envelope: &Envelope) -> Result<Self, Unpack> {
        if (envelope.kind, envelope.version) != (QUESTION_KIND, 1) {
            let level = Level::FIRST;
            return Ask::unpack(envelope).map(|ask| Self { level, ask });
        }
        let (level, ask): (Level, Envelope) = decode(&envelope.body)?;
        Ask::unpack(&ask).map(|ask| Self { level, ask })
    }
}

enveloped! {
    /// The answers, each to the question of its number.
    pub enum Answer {
        1 v 2 CaughtUp(CaughtUp) | v 1 CaughtUpV1,
        2 v 1 Page(Page),
        3 v 1 Delta(Delta),
        5 v 1 Me(Me),
        6 v 1 Marked(Marked),
    }
}

/// "I hold this; what is new?" At most `CATCH_UP_MAX_ROOMS` rooms, the one on screen first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatchUp {
    /// The epoch of what is held; another one makes every cursor void.
    pub epoch: Option<Epoch>,
    pub user: UserSeq,
    pub directory: DirectorySeq,
    pub rooms: Vec<Have>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Have {
    pub room: RoomId,
    pub cursor: Option<Cursor>,
    pub want: Want,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Want {
    /// Name, counts and a preview: for rooms off screen.
    Summary,
    /// The log from the cursor on as well.
    Rows,
}

/// Rooms that would not fit into one answer are left out: ask again for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaughtUp {
    pub epoch: Epoch,
    pub user: Vec<UserItem>,
    /// The user log is known up to here.
    pub user_to: UserSeq,
    pub people: Vec<Person>,
    /// The directory is known up to here.
    pub directory_to: DirectorySeq,
    pub rooms: Vec<RoomAnswer>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomAnswer {
    pub room: RoomId,
    pub news: News,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum News {
    /// Nothing happened since the cursor.
    Same(Summary),
    /// All that happened since the cursor.
    Delta(Summary, Delta),
    /// Too much happened: the newest page, and what is missing before it.
    Jump(Summary, Page),
    /// The cursor is not of this log, or there was none: start over from this page.
    Reset(Summary, Page),
    /// Only what a room off screen needs.
    Summary(Summary),
    /// Never there, never yours, or no longer yours.
    Gone,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    pub meta: RoomMeta,
    /// The head of the log as of which all of this answer is.
    pub head: Cursor,
    pub ordinal: Ordinal,
    pub counts: Counts,
    /// Of the newest message that is not deleted.
    pub preview: Option<Preview>,
    /// Of the first unread mention of the reader.
    pub mention: Option<Preview>,
    /// For the away card: of the first unread mention of the absence, else of the newest
    /// unread message in it.
    pub away: Option<Preview>,
}

/// A message of a room, in a few words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    pub seq: Seq,
    pub author: UserId,
    pub at: Millis,
    pub words: String,
}

/// A piece of log without holes: entries `from + 1 ..= to`, in order, and the
/// present state of the messages they touch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delta {
    pub room: RoomId,
    pub from: Seq,
    /// Where the reader stands after it.
    pub to: Cursor,
    pub entries: Vec<Entry>,
    pub messages: Vec<Message>,
    /// Faces of the people in it.
    pub people: Vec<Person>,
}

/// Messages `from ..= to` by ordinal without holes, with the other entries
/// between and after them; empty if `from > to`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    pub room: RoomId,
    pub from: Ordinal,
    pub to: Ordinal,
    pub messages: Vec<Message>,
    /// Entries that made no message, shown as notes: joins, leaves, names.
    pub notes: Vec<Entry>,
    pub people: Vec<Person>,
    /// The state of the rows is that of this entry.
    pub as_of: Cursor,
}

/// The messages before an ordinal, newest first to be cut: a page of at most `limit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    pub room: RoomId,
    pub before: Ordinal,
    pub limit: u32,
}

/// The entries after one seq up to another; answered as far as it fits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    pub room: RoomId,
    pub after: Cursor,
    pub to: Seq,
}

/// The page around an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Around {
    pub room: RoomId,
    pub seq: Seq,
}

/// Moves read markers like `MarkRead` on a socket, for a page that goes away and has none. At
/// most `MARKS_PER_QUESTION_MAX` of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkReadAs {
    /// Whose markers they are. The browser may be signed in as another user by now: then it is
    /// refused.
    pub user: UserId,
    pub marks: Vec<MarkRead>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marked {}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whoami {}

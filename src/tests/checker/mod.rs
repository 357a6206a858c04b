//! What every run must have kept, whatever broke on the way.
//!
//! A harness records what each client asked for and was told ([`History`]), reads the
//! store when all is over ([`FinalStore`]), and has both judged. Everything here is
//! plain data: it knows neither how a run was made nor what was broken in it, so the
//! same judge serves a simulated network and a real one.
//!
//! K1 no acknowledged change is missing · K2 none is there twice · K3 one order for all
//! readers, without holes · K4 nothing that nobody sent · K5 an unknown outcome ends as
//! exactly one · K6 no reader goes back, and what they hold is the log · K7 nothing
//! reaches who is not in the room · K8 unread numbers, markers and the away card are what the log says
//! · K9 edits and deletions come to the same everywhere · K10 no push is due: none is
//! built yet, so the rule is that no job for one exists · K11 a client of an older release
//! is sent nothing that it does not know.
//!
//! A reader of the first level is judged like any other, with one excuse. The first level
//! does not carry where the log stood at the return, so such a tab has no away card, and
//! what its counts say of the absence is not judged. Its other counts are.

mod absences;
mod counting;
mod deeds;
mod logs;
mod present;
mod readers;
mod sql;
mod store;
mod tests;

pub use sql::read_store;
pub use store::{FinalStore, Membership, StoredKey, StoredRoom};

use crate::rules::away::Card;
use crate::wire::{
    ClientKey, Command, Cursor, Envelope, Epoch, Level, Message, Millis, Ordinal, Problem, RoomId, Seq, Tail, UserId,
    user_log::Counts,
};
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    fmt,
};

/// A place in a run: rises with everything that happens. Orders what happened at
/// different clients; compared, never subtracted.
pub type Moment = u64;

/// One tab from its beginning to its end.
pub type ClientId = u32;

/// What the clients of a run asked for and were told.
#[derive(Debug, Clone, Default)]
pub struct History {
    pub commands: Vec<Invoked>,
    /// Commands that were sent again after a refusal, or by another tab: such a refusal is not their end.
    pub tried_again: HashSet<(UserId, ClientKey)>,
    /// Commands that a tab sent more than once before it had an answer: each attempt gets its own, and an
    /// acceptance said after a refusal answers a later attempt.
    pub sent_again: HashSet<(UserId, ClientKey)>,
    pub heard: Vec<Heard>,
    pub memberships: Vec<MembershipChange>,
    pub restores: Vec<Restore>,
    pub cursors: Vec<Stand>,
    /// Items and answers that a client of an older release was sent and does not know.
    pub not_known: Vec<(ClientId, Envelope)>,
    /// Messages that were stored, in order.
    pub stored: Vec<StoredMessage>,
    /// What the watch over presence had stored, in order.
    pub attempts: Vec<Attempt>,
    /// Absences that are shorter have no card.
    pub min_absence: Millis,
    /// Tabs that were whole and settled when the run ended.
    pub readers: Vec<Reader>,
    /// Messages that a user had on screen long enough: user, room, author and client key.
    pub displayed: HashSet<(UserId, RoomId, UserId, ClientKey)>,
    /// Up to where a user marked a room as read by an explicit action.
    pub passed: HashMap<(UserId, RoomId), Ordinal>,
    /// What was displayed was recorded: without a screen there is nothing to judge it by.
    pub has_screens: bool,
}

/// One command, however often it was sent.
#[derive(Debug, Clone)]
pub struct Invoked {
    pub author: UserId,
    pub command: Command,
    /// Whatever was said about it; nothing, where its outcome is unknown.
    pub answers: Vec<Answer>,
    /// Its author's device kept it and sent it again until the end, where nothing
    /// waited any more.
    pub pursued: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// When the server said it.
    pub at: Moment,
    pub said: Said,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// By an answer, or by the event that carries the key.
    Accepted {
        room: RoomId,
        seq: Seq,
    },
    Refused(Problem),
}

/// An entry, or the row of one, that reached a client: live or in an answer.
#[derive(Debug, Clone)]
pub struct Heard {
    pub client: ClientId,
    pub user: UserId,
    pub epoch: Epoch,
    /// When the server said it.
    pub at: Moment,
    pub room: RoomId,
    pub seq: Seq,
    /// None where a page told the row without its entry.
    pub tail: Option<Tail>,
    pub row: Option<Message>,
}

/// Somebody came into a room or is out of it.
#[derive(Debug, Clone)]
pub struct MembershipChange {
    pub epoch: Epoch,
    pub room: RoomId,
    pub user: UserId,
    pub seq: Seq,
    pub inside: bool,
    /// A moment not after the commit.
    pub at: Moment,
}

/// A message that a commit has stored.
#[derive(Debug, Clone)]
pub struct StoredMessage {
    pub epoch: Epoch,
    pub room: RoomId,
    pub ordinal: Ordinal,
    /// A moment not after the commit.
    pub at: Moment,
}

/// Something about the presence of a user that was to be stored.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub user: UserId,
    pub kind: AttemptKind,
    pub epoch: Epoch,
    /// When it was given to the writer.
    pub from: Moment,
    /// When its outcome was known; never, where the server died before.
    pub to: Option<Moment>,
    /// Known to be stored. Of a write that failed, nobody knows.
    pub is_stored: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptKind {
    /// A lease is renewed, and an absence ends.
    Here,
    /// An absence begins.
    Gone,
}

/// The store was replaced by an older state of itself. What was committed between
/// the two moments may be lost.
#[derive(Debug, Clone)]
pub struct Restore {
    pub taken_at: Moment,
    pub restored_at: Moment,
}

/// How far a client's rows of a room reached at a moment; none when it let them go.
#[derive(Debug, Clone)]
pub struct Stand {
    pub client: ClientId,
    pub epoch: Epoch,
    pub room: RoomId,
    pub seq: Option<Seq>,
}

/// What a tab showed at the end.
#[derive(Debug, Clone)]
pub struct Reader {
    pub client: ClientId,
    pub level: Level,
    pub user: UserId,
    pub rooms: Vec<ReaderRoom>,
    /// The away card.
    pub card: Option<Card>,
    /// Rooms that were on its screen at some time: they need no line on the card.
    pub opened: BTreeSet<RoomId>,
}

#[derive(Debug, Clone)]
pub struct ReaderRoom {
    pub room: RoomId,
    pub name: String,
    pub counts: Counts,
    /// Words of the newest message, as the list of rooms has them.
    pub preview: Option<String>,
    /// Its rows, if the tab holds any.
    pub rows: Option<Rows>,
}

#[derive(Debug, Clone)]
pub struct Rows {
    pub cursor: Cursor,
    /// The last message of the log as of the cursor.
    pub ordinal: Ordinal,
    /// Messages in the order shown, each with whether it is shown as of an earlier time.
    pub messages: Vec<(Message, bool)>,
    /// Messages that the rows say are missing between or before them.
    pub missing: u64,
}

/// A promise of the ten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Promise {
    K1,
    K2,
    K3,
    K4,
    K5,
    K6,
    K7,
    K8,
    K9,
    K10,
    K11,
}

/// A promise that was not kept, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pub promise: Promise,
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.promise, self.what)
    }
}

/// Where the laws write down what they find.
#[derive(Default)]
struct Findings(Vec<Violation>);

impl Findings {
    fn add(&mut self, promise: Promise, what: String) {
        let violation = Violation { promise, what };
        if !self.0.contains(&violation) {
            self.0.push(violation);
        }
    }

    fn unless(&mut self, holds: bool, promise: Promise, what: impl FnOnce() -> String) {
        if !holds {
            self.add(promise, what());
        }
    }
}

/// Everything that was not kept, in the order of the promises.
pub fn judge(history: &History, store: &FinalStore) -> Vec<Violation> {
    let mut found = Findings::default();
    logs::judge(history, store, &mut found);
    deeds::judge(history, store, &mut found);
    readers::judge(history, store, &mut found);
    counting::judge(history, store, &mut found);
    absences::judge(history, store, &mut found);
    present::judge(history, store, &mut found);
    found.unless(store.push_jobs == 0, Promise::K10, || {
        format!("{} jobs for a push that nobody built", store.push_jobs)
    });
    for (client, item) in &history.not_known {
        found.add(
            Promise::K11,
            format!("client {client} was sent {item:?}, which its release does not know"),
        );
    }
    found.0.sort_by_key(|violation| violation.promise);
    found.0
}

impl Reader {
    /// It knows where the log stood at a return.
    fn knows_returns(&self) -> bool {
        self.level > Level::FIRST
    }
}

impl History {
    /// True if what the server said then may be gone with a restore.
    fn may_be_lost(&self, said_at: Moment) -> bool {
        self.restores
            .iter()
            .any(|restore| restore.taken_at < said_at && said_at < restore.restored_at)
    }
}

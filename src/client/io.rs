//! What a tab is told and what it asks for.

use crate::wire::{
    ClientKey, Command, DeviceId, Emoji, Envelope, Millis, Ordinal, Problem, RoomId, RoomKind, Seq, Target, UserId,
    fetch::Ask,
};

/// One socket of this tab; the next one has a greater number. What comes from an
/// older one is thrown away.
pub type Generation = u32;

/// One question under way.
pub type FetchId = u32;

/// Milliseconds that the tab has seen pass. Never falls, whatever a clock is set to;
/// deadlines are kept in it.
pub(super) type Moment = u64;

/// The time and chance of one step.
pub struct Env<'a> {
    /// Unix milliseconds, as the device believes.
    pub now: Millis,
    pub random: &'a mut dyn FnMut() -> u64,
}

impl Env<'_> {
    /// A number from zero to below `bound`; zero if there is no such number.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        (self.random)().checked_rem(bound).unwrap_or(0)
    }

    pub(super) fn client_key(&mut self) -> ClientKey {
        let mut bytes = [0; 10];
        bytes[..8].copy_from_slice(&(self.random)().to_le_bytes());
        bytes[8..].copy_from_slice(&(self.random)().to_le_bytes()[..2]);
        ClientKey::new(self.now, bytes)
    }
}

/// What happens to a tab.
#[derive(Debug, Clone)]
pub enum Input {
    /// The page runs: the tab connects.
    Start {
        device: DeviceId,
        visible: bool,
    },
    /// Time has passed: due after [`Tab::wake_after`](super::Tab::wake_after).
    Tick,

    SocketOpened {
        generation: Generation,
    },
    SocketFrame {
        generation: Generation,
        bytes: Vec<u8>,
    },
    /// Closed, refused or never opened; 1006 where there was no code.
    SocketClosed {
        generation: Generation,
        code: u16,
    },
    /// The answer to an [`Effect::Fetch`]; where the network failed,
    /// [`Problem::Unavailable`].
    Fetched {
        fetch: FetchId,
        answer: Result<Envelope, Problem>,
    },

    Online,
    Offline,
    Shown,
    Hidden,
    /// Somebody typed, pointed or scrolled. May be told as often as it happens.
    Touched,
    /// The page goes into the browser's cache or is frozen: the socket is given up.
    Suspended,
    Resumed,

    /// Shows a room, at an entry if there is one to land on.
    OpenRoom {
        room: RoomId,
        at: Option<Seq>,
    },
    CloseRoom,
    /// The messages `from ..= to` were on screen long enough to be read, every one of them.
    Displayed {
        room: RoomId,
        from: Ordinal,
        to: Ordinal,
    },
    /// Everything in the room counts as read, displayed or not.
    MarkAllRead {
        room: RoomId,
    },
    /// Everything in the room up to this message counts as read, displayed or not.
    MarkRead {
        room: RoomId,
        to: Ordinal,
    },
    /// Lands at the first unread message of the open room, however far up it is.
    GoToUnread {
        room: RoomId,
    },
    /// The user signs out, and the page waits a moment for what was read to be sent.
    SigningOut,
    /// The reader stands at the end and follows it.
    AtEnd {
        room: RoomId,
    },
    /// The reader has left the end, or has come near an edge of what is drawn; `at` is
    /// the first row in view.
    Near {
        room: RoomId,
        at: Seq,
    },
    /// Some rows before the oldest one shown.
    LoadOlder {
        room: RoomId,
    },
    /// A page of what the gap before this message hides, from its end.
    LoadGap {
        room: RoomId,
        before: Ordinal,
    },
    /// Some of it from its beginning, for who comes from above.
    LoadNewer {
        room: RoomId,
        before: Ordinal,
    },

    Send {
        room: RoomId,
        body: String,
    },
    /// Gives one's own message another text. A message that is still pending has no
    /// number yet and cannot be edited.
    Edit {
        room: RoomId,
        target: Target,
        /// The revision of the row as it was when editing began.
        revision: Seq,
        body: String,
    },
    Do(Act),
    /// Sends a failed message once more, at the end and with its key; a failed edit over
    /// what its message says now.
    Retry(ClientKey),
    /// Forgets a failed message or edit.
    Discard(ClientKey),
    DismissCard,
}

/// Commands other than messages, before they have a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    CreateRoom {
        kind: RoomKind,
        name: String,
    },
    OpenDirect {
        with: UserId,
    },
    Join {
        room: RoomId,
    },
    Leave {
        room: RoomId,
    },
    AddPerson {
        room: RoomId,
        user: UserId,
    },
    RemovePerson {
        room: RoomId,
        user: UserId,
    },
    RenameRoom {
        room: RoomId,
        name: String,
    },
    /// Takes a message back, for everybody.
    Delete {
        room: RoomId,
        target: Target,
    },
    /// Puts an emoji to a message, or takes it away.
    React {
        room: RoomId,
        target: Target,
        emoji: Emoji,
        on: bool,
    },
}

/// What others have to do for a tab, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Replaces any older socket or waiting to open one.
    OpenSocket {
        generation: Generation,
        after: Millis,
    },
    /// Closes with 1000; nothing more is heard from it.
    CloseSocket,
    SendFrame {
        generation: Generation,
        bytes: Vec<u8>,
    },
    Fetch {
        fetch: FetchId,
        ask: Ask,
    },
    /// A question whose answer nobody waits for, to be sent although the page goes away.
    FetchKeepalive {
        ask: Ask,
    },
    /// The session is over: everything shown here belongs to nobody any more.
    GoToSignIn,
    /// The text did not enter the outbox and belongs back into the box.
    NotQueued {
        room: RoomId,
        body: String,
        problem: Problem,
    },
    /// The text did not enter the outbox and belongs back to where it was edited.
    EditNotQueued {
        room: RoomId,
        target: Target,
        revision: Seq,
        body: String,
        problem: Problem,
    },
    /// A command that is no text was answered: the room it was about or made, or why
    /// not. Of deletions and reactions only refusals are told: the row shows the rest.
    Settled {
        command: Command,
        outcome: Result<RoomId, Problem>,
    },
    /// What to draw anew; at most one, and the last.
    Changed(Changed),
}

/// What is not as it was drawn, by noun.
#[expect(clippy::struct_excessive_bools, reason = "one flag per noun, read one by one")]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changed {
    pub me: bool,
    pub connection: bool,
    /// Names, counts or order of rooms.
    pub rooms: bool,
    pub people: bool,
    pub card: bool,
    /// The server was restored from a backup: worth one line to the reader, once.
    pub restored: bool,
    /// Rooms whose rows, pending ones included, differ.
    pub timelines: Vec<RoomId>,
}

impl Changed {
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }

    pub fn timeline(&mut self, room: RoomId) {
        if !self.timelines.contains(&room) {
            self.timelines.push(room);
        }
    }
}

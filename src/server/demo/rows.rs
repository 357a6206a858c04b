//! Rows on their way into the tables, many at a time, as JSON that the database unpacks.

use crate::wire::{ClientKey, Envelope, Millis, Ordinal, RoomId, Seq, Tail, UserId, UserSeq};
use serde::{Serialize, Serializer};
use std::fmt::Write;

/// Messages that go into the tables with one statement per table.
pub const ROWS_AT_ONCE: usize = 2_000;

/// What waits for the next statements.
#[derive(Default)]
pub struct Rows {
    pub entries: Vec<EntryRow>,
    pub messages: Vec<MessageRow>,
    pub mentions: Vec<MentionRow>,
    pub keys: Vec<KeyRow>,
}

impl Rows {
    pub fn is_full(&self) -> bool {
        self.entries.len() >= ROWS_AT_ONCE
    }
}

#[derive(Serialize)]
pub struct EntryRow(
    pub Hex<RoomId>,
    pub Seq,
    pub Tail,
    pub u16,
    pub u8,
    pub Hex<UserId>,
    pub Option<Ordinal>,
    pub Hex<Vec<u8>>,
    pub Millis,
);

impl EntryRow {
    pub fn new(
        room: RoomId,
        (seq, tail): (Seq, Tail),
        actor: UserId,
        target: Option<Ordinal>,
        change: Envelope,
        at: Millis,
    ) -> Self {
        let Envelope { kind, version, body } = change;
        Self(Hex(room), seq, tail, kind, version, Hex(actor), target, Hex(body), at)
    }
}

/// `position`, room, ordinal, seq, author, the author's n-th, key, time, body, whom it mentions, seal.
#[derive(Serialize)]
pub struct MessageRow(
    pub u64,
    pub Hex<RoomId>,
    pub Ordinal,
    pub Seq,
    pub Hex<UserId>,
    pub u64,
    pub Hex<ClientKey>,
    pub Millis,
    pub String,
    pub Hex<Vec<u8>>,
    pub Hex<Vec<u8>>,
);

/// Reader, room, ordinal, seq, the reader's n-th.
#[derive(Serialize)]
pub struct MentionRow(pub Hex<UserId>, pub Hex<RoomId>, pub Ordinal, pub Seq, pub u64);

/// Author, key, room, seq, digest.
#[derive(Serialize)]
pub struct KeyRow(
    pub Hex<UserId>,
    pub Hex<ClientKey>,
    pub Hex<RoomId>,
    pub Seq,
    pub Hex<Vec<u8>>,
);

/// Bytes as JSON can carry them.
pub struct Hex<T>(pub T);

/// What a column holds as bytes.
pub trait Bytes {
    fn bytes(&self) -> &[u8];
}

impl Bytes for Vec<u8> {
    fn bytes(&self) -> &[u8] {
        self
    }
}

macro_rules! ids {
    ($($id:ty)+) => {
        $(impl Bytes for $id {
            fn bytes(&self) -> &[u8] {
                self.as_bytes()
            }
        })+
    };
}
ids! { RoomId UserId ClientKey }

impl<T: Bytes> Serialize for Hex<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes = self.0.bytes();
        let mut text = String::with_capacity(bytes.len() * 2);
        for byte in bytes {
            // Writing into a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        serializer.serialize_str(&text)
    }
}

/// User, kind, what it is about, useq, version, value.
#[derive(Serialize)]
pub struct UserValueRow(
    pub Hex<UserId>,
    pub u16,
    pub Hex<Vec<u8>>,
    pub UserSeq,
    pub u8,
    pub Hex<Vec<u8>>,
);

/// User, room, ordinal at the leaving, ordinal at the return.
#[derive(Serialize)]
pub struct LeftRow(pub Hex<UserId>, pub Hex<RoomId>, pub Ordinal, pub Ordinal);

/// Id, dseq, username, name, hue, role, password hash, time.
#[derive(Serialize)]
pub struct UserRow<'a>(
    pub Hex<UserId>,
    pub u64,
    pub &'a str,
    pub &'a str,
    pub u8,
    pub u8,
    pub &'a str,
    pub Millis,
);

/// Id, kind, time.
#[derive(Serialize)]
pub struct RoomRow(pub Hex<RoomId>, pub u8, pub Millis);

/// Id, name, the name as key, seq, tail, ordinal, the pair of a direct room.
#[derive(Serialize)]
pub struct HeadRow<'a>(
    pub Hex<RoomId>,
    pub &'a str,
    pub String,
    pub Seq,
    pub Tail,
    pub Ordinal,
    pub Option<Hex<UserId>>,
    pub Option<Hex<UserId>>,
);

/// Room, user, role, state, the entry that made it so, the ordinal at the joining.
#[derive(Serialize)]
pub struct MembershipRow(pub Hex<RoomId>, pub Hex<UserId>, pub u8, pub u8, pub Seq, pub Ordinal);

//! Ids and numbers are types, so that a user's id never fits where a session's belongs.

use core::{fmt, str::FromStr};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Makes 16-byte id types: `UUIDv7`, shown as 32 hex digits, 16 bytes on the wire.
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(#[serde(with = "uuid::serde::compact")] Uuid);

        impl $name {
            /// A new id from a time in Unix milliseconds and ten random bytes.
            pub fn new(now: Millis, random: [u8; 10]) -> Self {
                Self(uuid::Builder::from_unix_timestamp_millis(now.0, &random).into_uuid())
            }

            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// The id in a database column, if it has 16 bytes.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                Some(Self::from_bytes(bytes.try_into().ok()?))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0.simple(), f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0.simple())
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            /// Takes 32 hex digits and nothing else, so that each id has one spelling.
            fn from_str(text: &str) -> Result<Self, BadId> {
                if text.len() != 32 {
                    return Err(BadId);
                }
                Uuid::try_parse(text).map(Self).map_err(|_| BadId)
            }
        }
    )+};
}

/// The text is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id")]
pub struct BadId;

ids! {
    RoomId;
    UserId;
    /// One browser profile, as it names itself.
    DeviceId;
    /// One sign-in.
    SessionId;
    InviteId;
    /// One absence of one user.
    EpisodeId;
    /// The author's name for one command; unique per author, for ever.
    ClientKey;
}

/// Makes counting types around `u64`.
macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl $name {
            pub const ZERO: Self = Self(0);

            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0 + 1)
            }

            /// The one before; zero stays zero.
            #[must_use]
            pub const fn before(self) -> Self {
                Self(self.0.saturating_sub(1))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    )+};
}

numbers! {
    /// The place of an entry in its room's log: 1, 2, 3 … without holes.
    Seq;
    /// The place of a message among the messages of its room: 1, 2, 3 … without holes.
    Ordinal;
    /// The place of a value in a user's log; rises, with holes where newer values replaced older ones.
    UserSeq;
    /// The place of a person in the directory log; rises likewise.
    DirectorySeq;
    /// The place of an entry in the one order over the whole store.
    Position;
    /// Unix milliseconds. Shown to people; orders nothing.
    Millis;
}

/// 32 bits of a random id kept with each entry: two logs that differ at a `Seq`
/// differ in its tail, but for one chance in four thousand million.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tail(pub u32);

/// Where a reader stands in a room's log: everything up to `seq` is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cursor {
    pub seq: Seq,
    pub tail: Tail,
}

/// 128 random bits drawn when a store is created or restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub [u8; 16]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_from_its_text_and_from_nothing_else() {
        let id = RoomId::new(Millis(1_700_000_000_000), [7; 10]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string().len(), 32);
        for text in ["", "x", "018bcfe5-6800-7707-8707-070707070707", "é".repeat(16).as_str()] {
            assert_eq!(text.parse::<RoomId>(), Err(BadId), "{text}");
        }
    }

    #[test]
    fn an_id_takes_sixteen_bytes_on_the_wire() {
        let id = UserId::from_bytes([9; 16]);
        assert_eq!(postcard::to_allocvec(&id).unwrap(), [9; 16]);
    }
}

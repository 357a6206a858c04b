//! How ids, numbers and kinds stand in columns: ids as blobs, numbers as integers.

use crate::wire::{
    ClientKey, DeviceId, DirectorySeq, EpisodeId, Epoch, InviteId, Millis, Ordinal, RoomId, RoomKind, Seq, SessionId,
    Tail, UserId, UserSeq,
    membership::{RoomRole, ServerRole},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sqlx::{
    Decode, Encode, Sqlite, Type,
    encode::IsNull,
    error::BoxDynError,
    sqlite::{SqliteArgumentsBuffer, SqliteTypeInfo, SqliteValueRef},
};

/// A column holds what this program never writes there.
#[derive(Debug, thiserror::Error)]
#[error("a column does not hold a {0}")]
pub struct NotAColumn(pub &'static str);

/// Gives a type the column type of another, by two functions.
macro_rules! column {
    ($type:ty as $stored:ty, $put:expr, $take:expr) => {
        impl Type<Sqlite> for $type {
            fn type_info() -> SqliteTypeInfo {
                <$stored as Type<Sqlite>>::type_info()
            }

            fn compatible(info: &SqliteTypeInfo) -> bool {
                <$stored as Type<Sqlite>>::compatible(info)
            }
        }

        impl Encode<'_, Sqlite> for $type {
            fn encode_by_ref(&self, args: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
                let put: fn(&$type) -> $stored = $put;
                Encode::<Sqlite>::encode(put(self), args)
            }
        }

        impl Decode<'_, Sqlite> for $type {
            fn decode(value: SqliteValueRef<'_>) -> Result<Self, BoxDynError> {
                let take: fn($stored) -> Option<$type> = $take;
                take(<$stored as Decode<Sqlite>>::decode(value)?).ok_or_else(|| NotAColumn(stringify!($type)).into())
            }
        }
    };
}

macro_rules! ids {
    ($($type:ident)+) => {
        $(column!($type as Vec<u8>, |id| id.as_bytes().to_vec(), |bytes| $type::from_slice(&bytes));)+
    };
}

// SQLite's integers are signed. A number beyond them can only come from outside, as a
// question about the far future; the greatest integer asks the same.
macro_rules! numbers {
    ($($type:ident)+) => {
        $(column!(
            $type as i64,
            |number| i64::try_from(number.0).unwrap_or(i64::MAX),
            |number| u64::try_from(number).ok().map($type)
        );)+
    };
}

/// Kinds with their numbers in the schema.
macro_rules! kinds {
    ($($type:ident { $($variant:ident = $number:literal),+ })+) => {
        $(column!(
            $type as i64,
            |kind| match kind { $($type::$variant => $number),+ },
            |number| match number { $($number => Some($type::$variant),)+ _ => None }
        );)+
    };
}

ids! { RoomId UserId DeviceId SessionId InviteId EpisodeId ClientKey }
numbers! { Seq Ordinal UserSeq DirectorySeq Millis }
kinds! {
    RoomKind { Open = 0, Closed = 1, Direct = 2 }
    RoomRole { Member = 0, Admin = 1 }
    ServerRole { Member = 0, Admin = 1, Owner = 2 }
}
column!(Tail as i64, |tail| i64::from(tail.0), |number| u32::try_from(number)
    .ok()
    .map(Tail));
column!(Epoch as Vec<u8>, |epoch| epoch.0.to_vec(), |bytes| bytes
    .try_into()
    .ok()
    .map(Epoch));

/// Bytes as a statement takes them inside a list: `unhex(value)`.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 0xf)]);
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(*byte));
    }
    text
}

/// What [`hex`] was made of, in letters of either case.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let mut bytes = vec![0; text.len() / 2];
    unhex_into(text, &mut bytes).then_some(bytes)
}

/// True if the text is as many bytes as there are to be.
fn unhex_into(text: &str, bytes: &mut [u8]) -> bool {
    let nibble = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    };
    let (pairs, _) = text.as_bytes().as_chunks();
    for (byte, &[high, low]) in bytes.iter_mut().zip(pairs) {
        let (Some(high), Some(low)) = (nibble(high), nibble(low)) else {
            return false;
        };
        *byte = high << 4 | low;
    }
    text.len() == 2 * bytes.len()
}

/// [`hex`] as a part of a row of a [`json_list`].
pub struct Hex<'a>(pub &'a [u8]);

impl Serialize for Hex<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex(self.0))
    }
}

/// Bytes that a statement gave as `hex(…)` inside a list.
#[derive(Debug, Clone, Copy)]
pub struct Unhexed<const N: usize>(pub [u8; N]);

impl<'de, const N: usize> Deserialize<'de> for Unhexed<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut bytes = [0; N];
        if unhex_into(<&str>::deserialize(deserializer)?, &mut bytes) {
            Ok(Self(bytes))
        } else {
            Err(not_hex())
        }
    }
}

fn not_hex<E: serde::de::Error>() -> E {
    E::custom("not as many bytes in hexadecimal as there should be")
}

/// Rows as a statement takes them: `json_each($1)`, `value ->> 0`. One text for a whole
/// run, so that a statement is made once for all of it.
///
/// # Errors
/// Where a row cannot be written as JSON.
pub fn json_list<T: Serialize>(rows: impl IntoIterator<Item = T>) -> sqlx::Result<String> {
    let failed = |error: serde_json::Error| sqlx::Error::Encode(error.into());
    let mut text = Vec::new();
    let mut json = serde_json::Serializer::new(&mut text);
    serde::Serializer::collect_seq(&mut json, rows).map_err(failed)?;
    String::from_utf8(text).map_err(|error| sqlx::Error::Encode(error.into()))
}

/// A list of ids as a statement takes it: `json_each(?1)`, `unhex(value)`.
pub fn hex_list<T: ToString>(ids: impl IntoIterator<Item = T>) -> String {
    let ids: Vec<_> = ids.into_iter().map(|id| id.to_string()).collect();
    // Strings always become JSON.
    serde_json::to_string(&ids).unwrap_or_default()
}

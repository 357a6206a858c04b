//! The first picture: all that a page is drawn from, on the server and again in
//! the browser, which goes on from there.

use super::{
    Limits, Millis, RoomId, Seq,
    envelope::{Unpack, decode, encode},
    fetch::{CaughtUp, Page},
    person::Me,
};
use serde::{Deserialize, Serialize};

/// What the server knows at the moment of a page request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstPicture {
    pub now: Millis,
    pub limits: Limits,
    pub me: Me,
    /// An answer to a reader who holds nothing: the whole user log and directory,
    /// `Reset` for the open room, `Summary` for every other one.
    pub caught_up: CaughtUp,
    /// The room of the page's address, whether or not the reader may see it.
    pub open: Option<RoomId>,
    /// The entry of a permalink.
    pub at: Option<Seq>,
    /// The page around it; without one, the page with the first unread message where the newest
    /// page begins later.
    pub around: Option<Page>,
}

impl FirstPicture {
    pub fn encode(&self) -> Vec<u8> {
        encode(self)
    }

    /// # Errors
    /// [`Unpack::Malformed`] for the bytes of another release: start from nothing then.
    pub fn decode(bytes: &[u8]) -> Result<Self, Unpack> {
        decode(bytes)
    }
}

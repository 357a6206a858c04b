//! What only one user sees: latest value per key, told to all their devices.

use super::{
    envelope::{Envelope, enveloped},
    ids::*,
    level1::EpisodeV1,
};
use serde::{Deserialize, Serialize};

enveloped! {
    /// A value of the user log. Its key is its kind and what it names.
    pub enum UserValue {
        1 v 1 ReadMarker(ReadMarker),
        2 v 2 Episode(Episode) | v 1 EpisodeV1,
        3 v 1 Dismissed(Dismissed),
    }
}

/// How far a user has read: the greater pair wins; mark-unread raises the version.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Marker {
    pub version: u32,
    pub ordinal: Ordinal,
}

/// Merge: the greater [`Marker`] wins. Key: the room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadMarker {
    pub room: RoomId,
    pub marker: Marker,
}

/// The newest absence. Merge: last commit. Key: one per user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Episode {
    pub episode: EpisodeId,
    pub last_active: Millis,
    /// The first active moment after it; none while the user is away.
    pub back: Option<Millis>,
    /// The store's position when the absence ended; none while the user is away, and for an
    /// absence that ended under a release that did not store it.
    pub returned: Option<Position>,
}

/// Cards put away. Merge: union, the oldest beyond `DISMISSED_MAX` dropped. Key: one per user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dismissed {
    /// In rising order.
    pub episodes: Vec<EpisodeId>,
}

/// One value with its place in the log. A moved marker brings the room's new counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserItem {
    pub useq: UserSeq,
    /// A [`UserValue`], perhaps of a newer release.
    pub value: Envelope,
    pub counts: Option<Counts>,
}

/// What a user has not read in a room, exactly, as of an entry of its log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub marker: Marker,
    pub as_of: Seq,
    /// Messages of others after the marker.
    pub unread: u32,
    /// Those of them that mention the user.
    pub mentions: u32,
    /// The entry of the first unread mention.
    pub first_mention: Option<Seq>,
    /// Unread messages of the newest absence: after `left`, up to `returned`.
    pub since_left: u32,
    /// The last message that was there when the user was last active before the absence, or
    /// that was read since.
    pub left: Ordinal,
    /// The last message that was there at the return; none while the absence lasts, zero for
    /// a room of which the absence has nothing.
    pub returned: Option<Ordinal>,
    /// Those of `since_left` that mention the user.
    pub mentions_since_left: u32,
    /// The entry of the first of them.
    pub first_mention_since_left: Option<Seq>,
}

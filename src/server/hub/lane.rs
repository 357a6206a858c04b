//! The private lane of one connection: what is meant for it or its user alone.
//!
//! Replies always wait their turn here; values of the user log and of the directory collapse
//! into one notice of both heads when too many wait, since the client can ask for them again.
//! The lane is independent of the rooms: what is in it may arrive before or after a room's
//! entries.

use super::encode_at;
use crate::wire::{
    DirectorySeq, RoomId, ServerItem, UserSeq,
    event::{Heads, RoomGone},
    level::Level,
};
use axum::body::Bytes;
use std::collections::VecDeque;

/// Log values that wait for one connection; one more, and they collapse.
pub const LANE_MAX_VALUES: usize = 256;
/// Bytes of those values.
pub const LANE_MAX_BYTES: usize = 64 * 1024;

/// The place of a value in its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogSeq {
    User(UserSeq),
    Directory(DirectorySeq),
}

/// The lane is full, and its client's level has no notice to collapse its values into.
#[derive(Debug, PartialEq, Eq)]
pub struct Overflow;

#[derive(Default)]
pub struct Lane {
    replies: VecDeque<Bytes>,
    gone: Vec<RoomId>,
    values: VecDeque<(LogSeq, Bytes)>,
    bytes: usize,
    heads: Option<Heads>,
}

impl Lane {
    pub fn is_empty(&self) -> bool {
        self.gone.is_empty() && !self.has_frames()
    }

    /// Something other than rooms that are gone.
    pub fn has_frames(&self) -> bool {
        !self.replies.is_empty() || !self.values.is_empty() || self.heads.is_some()
    }

    /// The rooms of which the client is still to be told that they are gone.
    pub fn gone(&self) -> &[RoomId] {
        &self.gone
    }

    pub fn replies(&self) -> usize {
        self.replies.len()
    }

    pub fn push_reply(&mut self, frame: Bytes) {
        self.replies.push_back(frame);
    }

    /// # Errors
    /// [`Overflow`]: the connection has to start over.
    pub fn push_value(&mut self, at: LogSeq, frame: &Bytes, level: Level) -> Result<(), Overflow> {
        if let Some(heads) = &mut self.heads {
            raise(heads, at);
            return Ok(());
        }
        if self.values.len() < LANE_MAX_VALUES && self.bytes + frame.len() <= LANE_MAX_BYTES {
            self.bytes += frame.len();
            self.values.push_back((at, frame.clone()));
            return Ok(());
        }
        let mut heads = Heads {
            user: UserSeq::ZERO,
            directory: DirectorySeq::ZERO,
        };
        let waiting = std::mem::take(&mut self.values);
        self.bytes = 0;
        if encode_at(&ServerItem::Heads(heads.clone()), level).is_none() {
            return self.keep_newest(at, frame, &waiting);
        }
        for at in waiting.iter().map(|(at, _)| *at).chain([at]) {
            raise(&mut heads, at);
        }
        self.heads = Some(heads);
        Ok(())
    }

    /// A value of the user log names the one before it, so the newest alone says that others
    /// are missing. A value of the directory does not.
    fn keep_newest(&mut self, at: LogSeq, frame: &Bytes, waiting: &VecDeque<(LogSeq, Bytes)>) -> Result<(), Overflow> {
        let is_user = |at: LogSeq| matches!(at, LogSeq::User(_));
        if !is_user(at) || !waiting.iter().all(|(at, _)| is_user(*at)) {
            return Err(Overflow);
        }
        self.bytes = frame.len();
        self.values.push_back((at, frame.clone()));
        Ok(())
    }

    pub fn flag_gone(&mut self, room: RoomId) {
        if !self.is_gone(room) {
            self.gone.push(room);
        }
    }

    pub fn is_gone(&self, room: RoomId) -> bool {
        self.gone.contains(&room)
    }

    pub fn next_reply(&mut self) -> Option<Bytes> {
        let reply = self.replies.pop_front()?;
        if self.replies.is_empty() {
            self.replies = VecDeque::new();
        }
        Some(reply)
    }

    /// The notice of a room that is gone, of which `may` is true. Replies go first: the answer
    /// to a command for a room must not come after the room has gone.
    pub fn next_gone(&mut self, may: impl Fn(RoomId) -> bool) -> Option<Bytes> {
        if !self.replies.is_empty() {
            return None;
        }
        let at = self.gone.iter().position(|room| may(*room))?;
        let room = self.gone.remove(at);
        if self.gone.is_empty() {
            self.gone = Vec::new();
        }
        Some(super::encode(&ServerItem::RoomGone(RoomGone { room })))
    }

    pub fn next_value(&mut self, level: Level) -> Option<Bytes> {
        if let Some(heads) = self.heads.take() {
            return encode_at(&ServerItem::Heads(heads), level);
        }
        let (_, frame) = self.values.pop_front()?;
        self.bytes -= frame.len();
        if self.values.is_empty() {
            self.values = VecDeque::new();
        }
        Some(frame)
    }
}

fn raise(heads: &mut Heads, at: LogSeq) {
    match at {
        LogSeq::User(seq) => heads.user = heads.user.max(seq),
        LogSeq::Directory(seq) => heads.directory = heads.directory.max(seq),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Enveloped, event::Pong, frame};

    fn value() -> Bytes {
        Bytes::from_static(b"value")
    }

    fn full(level: Level) -> Lane {
        let mut lane = Lane::default();
        for seq in 1..=LANE_MAX_VALUES as u64 {
            lane.push_value(LogSeq::User(UserSeq(seq)), &value(), level).unwrap();
        }
        lane
    }

    fn item(bytes: &Bytes) -> ServerItem {
        ServerItem::unpack(&frame::items(bytes).unwrap()[0]).unwrap()
    }

    #[test]
    fn values_beyond_the_bound_collapse_into_one_notice_of_both_heads() {
        let mut lane = full(Level::CURRENT);
        let next = UserSeq(LANE_MAX_VALUES as u64 + 1);
        for at in [
            LogSeq::User(next),
            LogSeq::Directory(DirectorySeq(9)),
            LogSeq::User(next.next()),
        ] {
            lane.push_value(at, &value(), Level::CURRENT).unwrap();
        }
        let heads = Heads {
            user: next.next(),
            directory: DirectorySeq(9),
        };
        assert_eq!(
            item(&lane.next_value(Level::CURRENT).unwrap()),
            ServerItem::Heads(heads)
        );
        assert!(lane.is_empty());
    }

    #[test]
    fn values_are_bounded_in_bytes_too() {
        let mut lane = Lane::default();
        let half = Bytes::from(vec![0; LANE_MAX_BYTES / 2]);
        for seq in 1..=3 {
            lane.push_value(LogSeq::User(UserSeq(seq)), &half, Level::CURRENT)
                .unwrap();
        }
        assert_eq!((lane.values.len(), lane.bytes), (0, 0));
        assert!(lane.heads.is_some());
    }

    #[test]
    fn a_client_of_the_first_level_gets_the_newest_value_whose_gap_it_notices() {
        let mut lane = full(Level::FIRST);
        let newest = Bytes::from_static(b"newest");
        let next = LogSeq::User(UserSeq(LANE_MAX_VALUES as u64 + 1));
        lane.push_value(next, &newest, Level::FIRST).unwrap();
        assert_eq!(lane.next_value(Level::FIRST), Some(newest));
        assert!(lane.is_empty());
    }

    #[test]
    fn a_client_of_the_first_level_starts_over_where_it_would_not_notice_a_gap() {
        let mut lane = full(Level::FIRST);
        let person = LogSeq::Directory(DirectorySeq(1));
        assert_eq!(lane.push_value(person, &value(), Level::FIRST), Err(Overflow));
    }

    #[test]
    fn replies_never_collapse_and_a_room_is_gone_after_them() {
        let mut lane = full(Level::CURRENT);
        let room = RoomId::from_bytes([1; 16]);
        lane.flag_gone(room);
        lane.flag_gone(room);
        let reply = super::super::encode(&ServerItem::Pong(Pong { nonce: 1 }));
        for _ in 0..1_000 {
            lane.push_reply(reply.clone());
        }
        assert_eq!(lane.next_gone(|_| true), None);
        for _ in 0..1_000 {
            assert_eq!(lane.next_reply(), Some(reply.clone()));
        }
        assert_eq!(lane.next_gone(|_| false), None);
        let gone = ServerItem::RoomGone(RoomGone { room });
        assert_eq!(lane.next_gone(|_| true).as_ref().map(item), Some(gone));
        assert_eq!(lane.next_gone(|_| true), None);
    }
}

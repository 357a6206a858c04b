//! What was put together for somebody who came back, for those who come back with them.
//!
//! After a restart everybody asks for the same pieces of the same rooms. A piece is the same
//! for all readers as long as neither its room's log nor the directory has gone on: every
//! change of a message takes a seq of its own, and every change of a face a directory seq. So
//! it is kept by where these stood, and whoever asks has shown in their own transaction that
//! they are a member and that the logs stand there.

use crate::wire::{Cursor, DirectorySeq, Millis, RoomId, envelope::encoded_len, fetch::Delta};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

const PIECES_MAX: usize = 64;
/// Longer ones are put together anew: what is kept is never more than 4 MiB.
const PIECE_MAX_BYTES: usize = 64 * 1024;
/// A storm is over by then. What is older goes when the next comes back.
const KEPT_FOR_MS: u64 = 60_000;

/// What a piece depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub room: RoomId,
    pub after: Cursor,
    pub head: Cursor,
    /// Where the directory log ends.
    pub directory: DirectorySeq,
}

struct Kept {
    place: Place,
    piece: Arc<Delta>,
    until: Millis,
}

/// The pieces of the last minute, the oldest first.
#[derive(Clone, Default)]
pub struct Recent(Arc<Mutex<VecDeque<Kept>>>);

impl Recent {
    pub fn find(&self, place: &Place, now: Millis) -> Option<Delta> {
        let mut kept = self.lock();
        forget_old(&mut kept, now);
        let found = kept.iter().rev().find(|kept| kept.place == *place);
        let piece = found.map(|kept| kept.piece.clone());
        drop(kept);
        piece.map(|piece| (*piece).clone())
    }

    pub fn keep(&self, place: Place, piece: &Delta, now: Millis) {
        if encoded_len(piece) > PIECE_MAX_BYTES {
            return;
        }
        let piece = Arc::new(piece.clone());
        let until = Millis(now.0 + KEPT_FOR_MS);
        let mut kept = self.lock();
        forget_old(&mut kept, now);
        if kept.len() == PIECES_MAX {
            kept.pop_front();
        }
        kept.push_back(Kept { place, piece, until });
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Kept>> {
        // A list of pieces is whole whatever panicked beside it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn forget_old(kept: &mut VecDeque<Kept>, now: Millis) {
    while kept.front().is_some_and(|oldest| oldest.until <= now) {
        kept.pop_front();
    }
}

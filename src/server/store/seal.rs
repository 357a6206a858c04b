//! What a text hashes to, so that a disk which changes bytes by itself is found out.

use crate::wire::{Body, ClientKey, Ordinal, RoomId, UserId};
use sha2::{Digest, Sha256};

const BYTES: usize = 16;

/// Whose text it is, and where it stands: a right text in a wrong place is wrong.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub room: RoomId,
    pub ordinal: Ordinal,
    pub author: UserId,
    pub client_key: ClientKey,
}

/// The seal of a text, or of its having been deleted.
pub fn seal(place: &Place, body: Option<&Body>) -> [u8; BYTES] {
    let mut hash = Sha256::new();
    hash.update(place.room.as_bytes());
    hash.update(place.ordinal.0.to_le_bytes());
    hash.update(place.author.as_bytes());
    hash.update(place.client_key.as_bytes());
    hash.update([u8::from(body.is_some())]);
    hash.update(body.map_or("", Body::as_str));
    let whole: [u8; 32] = hash.finalize().into();
    // Half of it: nobody forges these, and the other half would be most of a short message.
    let mut half = [0; BYTES];
    half.copy_from_slice(&whole[..BYTES]);
    half
}

//! A WebSocket frame: one protocol byte, then items.
//!
//! An item is an envelope in fixed little-endian form: kind (u16), version (u8),
//! length of the body (u32), body.

use super::envelope::{Envelope, Enveloped};

/// Raised when frames change so that older programs cannot read them at all.
pub const PROTOCOL: u8 = 1;
/// The oldest protocol a server still speaks.
pub const OLDEST_PROTOCOL: u8 = 1;

const ITEM_HEAD_BYTES: usize = 7;

/// Why a frame was refused whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadFrame {
    #[error("empty frame")]
    Empty,
    #[error("protocol {0} is not spoken here")]
    Protocol(u8),
    #[error("frame ends in the middle of an item")]
    Truncated,
}

/// One frame with these items.
pub fn frame<'a, T: Enveloped + 'a>(items: impl IntoIterator<Item = &'a T>) -> Vec<u8> {
    let mut bytes = vec![PROTOCOL];
    for item in items {
        put(&mut bytes, &item.pack());
    }
    bytes
}

/// One frame with one item that is in its envelope already.
pub fn frame_of(item: &Envelope) -> Vec<u8> {
    let mut bytes = vec![PROTOCOL];
    put(&mut bytes, item);
    bytes
}

/// One frame with the items of these.
pub fn join<'a>(frames: impl Iterator<Item = &'a [u8]> + Clone) -> Vec<u8> {
    let items = frames.filter_map(|frame| frame.get(1..));
    let mut bytes = Vec::with_capacity(1 + items.clone().map(<[u8]>::len).sum::<usize>());
    bytes.push(PROTOCOL);
    items.for_each(|items| bytes.extend_from_slice(items));
    bytes
}

fn put(bytes: &mut Vec<u8>, item: &Envelope) {
    // A body never reaches 4 GiB: every sender is bound by `limits`.
    let length = u32::try_from(item.body.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&item.kind.to_le_bytes());
    bytes.push(item.version);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&item.body);
}

/// The items of a frame, known or not.
///
/// # Errors
/// [`BadFrame`] if the protocol byte is another or an item is cut off.
pub fn items(frame: &[u8]) -> Result<Vec<Envelope>, BadFrame> {
    let (&protocol, mut rest) = frame.split_first().ok_or(BadFrame::Empty)?;
    if !(OLDEST_PROTOCOL..=PROTOCOL).contains(&protocol) {
        return Err(BadFrame::Protocol(protocol));
    }
    let mut items = Vec::new();
    while !rest.is_empty() {
        let (item, left) = take(rest).ok_or(BadFrame::Truncated)?;
        items.push(item);
        rest = left;
    }
    Ok(items)
}

fn take(bytes: &[u8]) -> Option<(Envelope, &[u8])> {
    let (head, rest) = bytes.split_at_checked(ITEM_HEAD_BYTES)?;
    let kind = u16::from_le_bytes([head[0], head[1]]);
    let length = u32::from_le_bytes([head[3], head[4], head[5], head[6]]);
    let (body, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    Some((
        Envelope {
            kind,
            version: head[2],
            body: body.to_vec(),
        },
        rest,
    ))
}

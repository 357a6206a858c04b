//! What was said in a room and who has heard it.
//!
//! The first listener of a message reads it whole and compares it with what was meant. The
//! item is the same for every listener, so the others compare its bytes with that first one:
//! a message that is not the next of its log, or not what was said, ends the run.

use hdrhistogram::Histogram;
use std::{cell::RefCell, collections::VecDeque, rc::Rc, sync::Arc, time::Instant};
use tokio::sync::Semaphore;
use whilst::wire::{ClientKey, Enveloped, RoomEvent, RoomId, Seq, ServerItem, frame};
use whilst_load::Result;

/// Brings a body to about the length of a sentence.
pub const FILLER: &str = ", and nothing that anybody would have to answer today or tomorrow, by and large.";

pub struct Ledger {
    room: RoomId,
    listeners: usize,
    /// Messages from `first` on that not everybody has heard.
    open: VecDeque<Heard>,
    first: Seq,
    /// When each message was to be sent, by its number.
    sent: Vec<Instant>,
    pub micros: Histogram<u64>,
    pub deliveries: u64,
    pub acknowledged: Vec<(ClientKey, Seq, u64)>,
    /// A permit for each message that everybody has heard.
    pub window: Arc<Semaphore>,
    pub frame_bytes: usize,
}

struct Heard {
    item: Box<[u8]>,
    number: u64,
    times: usize,
}

/// Shared by the listeners of one room, who all live on one thread.
pub type Shared = Rc<RefCell<Ledger>>;

impl Ledger {
    pub fn new(room: RoomId, listeners: usize, after: Seq) -> Shared {
        Rc::new(RefCell::new(Self {
            room,
            listeners,
            open: VecDeque::new(),
            first: after.next(),
            sent: Vec::new(),
            micros: Histogram::new_with_bounds(1, 60_000_000, 3).expect("bounds that are in order"),
            deliveries: 0,
            acknowledged: Vec::new(),
            window: Arc::new(Semaphore::new(0)),
            frame_bytes: 0,
        }))
    }

    /// Notes that a message is to leave at this moment, and gives its number and text.
    pub fn say(&mut self, at: Instant) -> (u64, ClientKey, String) {
        let number = self.sent.len() as u64;
        self.sent.push(at);
        (number, key(self.room, number), body(number))
    }

    pub fn room(&self) -> RoomId {
        self.room
    }

    pub fn said(&self) -> u64 {
        self.sent.len() as u64
    }

    /// True when everybody has heard everything.
    pub fn is_settled(&self) -> bool {
        self.open.is_empty() && self.acknowledged.len() == self.sent.len()
    }

    /// Checks one delivery to somebody who waits for `seq`, and gives the message's number.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn hear(&mut self, seq: Seq, bytes: &[u8], now: Instant) -> Result<u64> {
        let at = usize::try_from(seq.0 - self.first.0)?;
        if at == self.open.len() {
            let number = self.read(seq, bytes)?;
            self.frame_bytes = 1 + bytes.len();
            self.open.push_back(Heard {
                item: bytes.into(),
                number,
                times: 0,
            });
        }
        let heard = self
            .open
            .get_mut(at)
            .ok_or("a message came before those in front of it")?;
        if *heard.item != *bytes {
            return Err(format!("{seq} is not the same for everybody").into());
        }
        heard.times += 1;
        let number = heard.number;
        self.deliveries += 1;
        let since = now.saturating_duration_since(self.sent[number as usize]);
        self.micros.saturating_record(since.as_micros() as u64);
        while self.open.front().is_some_and(|heard| heard.times == self.listeners) {
            self.open.pop_front();
            self.first = self.first.next();
            self.window.add_permits(1);
        }
        Ok(number)
    }

    fn read(&mut self, seq: Seq, bytes: &[u8]) -> Result<u64> {
        let event = event_of(bytes)?;
        let row = event.row.as_ref().ok_or("an event without a message")?;
        let number = number_of(row.client_key);
        let is_right = event.room == self.room
            && event.entry.seq == seq
            && row.seq == seq
            && row.client_key == key(self.room, number)
            && row.text() == body(number)
            && number < self.said();
        if !is_right {
            return Err(format!("{seq} should be another message: {event:?}").into());
        }
        self.acknowledged.push((row.client_key, seq, number));
        Ok(number)
    }
}

/// The items of a frame as they were written, for a listener that compares bytes.
///
/// # Errors
/// A frame that is cut off.
pub fn items(frame: &[u8]) -> impl Iterator<Item = Result<&[u8]>> {
    const HEAD_BYTES: usize = 7;
    let mut rest = frame.get(1..).unwrap_or_default();
    std::iter::from_fn(move || {
        let head = match rest.first_chunk::<HEAD_BYTES>() {
            Some(head) => head,
            None if rest.is_empty() => return None,
            None => return Some(Err("a frame that is cut off".into())),
        };
        let length = u32::from_le_bytes([head[3], head[4], head[5], head[6]]) as usize;
        let Some((item, after)) = rest.split_at_checked(HEAD_BYTES + length) else {
            rest = &[];
            return Some(Err("a frame that is cut off".into()));
        };
        rest = after;
        Some(Ok(item))
    })
}

/// An item that tells of a room.
///
/// # Errors
/// If it does not.
pub fn event_of(item: &[u8]) -> Result<RoomEvent> {
    let items = frame::items(&[&[frame::PROTOCOL], item].concat())?;
    match items.first().map(ServerItem::unpack) {
        Some(Ok(ServerItem::Room(event))) => Ok(event),
        _ => Err("no event of a room".into()),
    }
}

/// True for an item that tells of a room; others tell of people and read markers.
pub fn tells_of_a_room(item: &[u8]) -> bool {
    item.starts_with(&[3, 0])
}

/// True for an item that refuses a command or puts it off.
pub fn refuses(item: &[u8]) -> bool {
    matches!(item, [7 | 8, 0, ..])
}

/// Keys are counted: the room's number and the message's.
pub fn key(room: RoomId, number: u64) -> ClientKey {
    let mut bytes = *room.as_bytes();
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    ClientKey::from_bytes(bytes)
}

pub fn number_of(key: ClientKey) -> u64 {
    key.as_bytes()
        .first_chunk()
        .map_or(u64::MAX, |number| u64::from_be_bytes(*number))
}

pub fn body(number: u64) -> String {
    format!("message {number}{FILLER}")
}

/// Looks at what is stored: every message that was acknowledged is there, in its place,
/// as it was said.
///
/// # Errors
/// The first that is not.
pub async fn look_up(folder: &std::path::Path, ledgers: &[Shared]) -> Result<usize> {
    let stored = crate::sql::stored(folder).await?;
    let mut looked_up = 0;
    for ledger in ledgers {
        let ledger = ledger.borrow();
        for (key, seq, number) in &ledger.acknowledged {
            let found = stored
                .get(key)
                .ok_or_else(|| format!("{seq} was acknowledged and is not stored"))?;
            if (found.0, found.1, found.2.as_str()) != (ledger.room, *seq, &body(*number)) {
                return Err(format!("{seq} is stored as something else").into());
            }
            looked_up += 1;
        }
    }
    Ok(looked_up)
}

//! The outbox in a browser's storage of names and texts: one entry for each command, so that a put
//! is one small write.
//!
//! An entry's name tells whose it is and its place in the order; its text is an envelope, so that a
//! version of the program that cannot read it leaves it for one that can. What does not fit into the
//! storage lives as long as the page.

use super::{
    query::insert_in_order,
    store::{MemoryStore, OutboxStore, Stored},
};
use crate::wire::{
    ClientKey, Command, Envelope, Enveloped, Millis, Problem, UserId, base64,
    envelope::{decode, encode, enveloped},
};
use serde::{Deserialize, Serialize};

/// What a browser offers to keep texts by name.
pub trait Texts: Send {
    fn names(&self) -> Vec<String>;
    fn get(&self, name: &str) -> Option<String>;
    /// False if it was not kept: there is no room, or it is forbidden.
    fn set(&self, name: &str, text: &str) -> bool;
    fn remove(&self, name: &str);
}

/// Every entry's name begins with it.
pub const OUTBOX_PREFIX: &str = "outbox ";
/// Hexadecimal digits of a place, so that names sort as places do.
const PLACE_DIGITS: usize = 8;

enveloped! {
    pub enum Kept {
        1 v 1 Unsent(Unsent),
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsent {
    pub command: Envelope,
    pub made_at: Millis,
    pub failed: Option<Problem>,
}

/// One user's outbox among other texts.
pub struct KeptOutbox<T> {
    texts: T,
    prefix: String,
    places: Vec<(ClientKey, u32)>,
    next: u32,
    /// What the storage did not take.
    unkept: MemoryStore,
}

impl<T: Texts> KeptOutbox<T> {
    pub fn of(user: UserId, texts: T) -> Self {
        Self {
            texts,
            prefix: [OUTBOX_PREFIX, &user.to_string(), " "].concat(),
            places: Vec::new(),
            next: 0,
            unkept: MemoryStore::default(),
        }
    }

    fn name(&self, place: u32) -> String {
        let mut name = self.prefix.clone();
        for digit in (0..PLACE_DIGITS).rev() {
            let digit = (place >> (4 * digit)) & 0xf;
            name.push(char::from_digit(digit, 16).unwrap_or('0'));
        }
        name
    }

    fn place_of(&self, key: ClientKey) -> Option<u32> {
        let (_, place) = self.places.iter().find(|(other, _)| *other == key)?;
        Some(*place)
    }
}

impl<T: Texts> OutboxStore for KeptOutbox<T> {
    fn load(&mut self) -> Vec<Stored> {
        let mut places = Vec::new();
        for name in self.texts.names() {
            let place = name.strip_prefix(&self.prefix);
            if let Some(place) = place.and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
                insert_in_order(&mut places, place);
            }
        }
        // After those as well that cannot be read.
        self.next = places
            .last()
            .map_or(self.next, |last| last.saturating_add(1).max(self.next));
        self.places.clear();
        let mut loaded: Vec<Stored> = Vec::new();
        for place in places {
            let stored = self.texts.get(&self.name(place)).and_then(|text| read(&text));
            if let Some(stored) = stored
                && self.place_of(stored.client_key).is_none()
            {
                self.places.push((stored.client_key, place));
                loaded.push(stored);
            }
        }
        loaded.extend(self.unkept.load());
        loaded
    }

    fn put(&mut self, stored: &Stored) {
        let known = self.place_of(stored.client_key);
        let place = known.unwrap_or(self.next);
        if self.texts.set(&self.name(place), &written(stored)) {
            if known.is_none() {
                self.places.push((stored.client_key, place));
                self.next = place.saturating_add(1);
                self.unkept.remove(stored.client_key);
            }
        } else if known.is_none() {
            self.unkept.put(stored);
        }
        // Otherwise what it was before is still kept, and its text is the same.
    }

    fn remove(&mut self, client_key: ClientKey) {
        if let Some(place) = self.place_of(client_key) {
            self.texts.remove(&self.name(place));
            self.places.retain(|(key, _)| *key != client_key);
        }
        self.unkept.remove(client_key);
    }

    fn outlives_page(&self) -> bool {
        self.unkept.outlives_page()
    }
}

fn written(stored: &Stored) -> String {
    let unsent = Unsent {
        command: stored.command.pack(),
        made_at: stored.made_at,
        failed: stored.failed.clone(),
    };
    base64::encode(&encode(&Kept::from(unsent).pack()))
}

/// None for what another version wrote, or nobody.
fn read(text: &str) -> Option<Stored> {
    let Kept::Unsent(unsent) = Kept::unpack(&decode(&base64::decode(text)?).ok()?).ok()?;
    let command = Command::unpack(&unsent.command).ok()?;
    Some(Stored {
        client_key: command.client_key()?,
        command,
        made_at: unsent.made_at,
        failed: unsent.failed,
    })
}

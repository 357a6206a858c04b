//! Where unacknowledged commands are kept, behind an interface, so that they can
//! outlive the page that made them.

use crate::wire::{ClientKey, Command, Millis, Problem};

/// A command as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub client_key: ClientKey,
    pub command: Command,
    pub made_at: Millis,
    /// Why it will not leave by itself any more.
    pub failed: Option<Problem>,
}

/// Keeps commands in the order in which they were first put.
pub trait OutboxStore: Send {
    fn load(&mut self) -> Vec<Stored>;
    /// Adds it, or replaces the one of the same key in its place.
    fn put(&mut self, stored: &Stored);
    fn remove(&mut self, client_key: ClientKey);
    /// True if the tab's next page finds everything that is in it.
    fn outlives_page(&self) -> bool;
}

/// Lives as long as the page.
#[derive(Debug, Default)]
pub struct MemoryStore(Vec<Stored>);

impl MemoryStore {
    /// As a tab before this one left it.
    pub fn holding(stored: Vec<Stored>) -> Self {
        Self(stored)
    }
}

impl OutboxStore for MemoryStore {
    fn load(&mut self) -> Vec<Stored> {
        self.0.clone()
    }

    fn put(&mut self, stored: &Stored) {
        match self.0.iter_mut().find(|other| other.client_key == stored.client_key) {
            Some(other) => other.clone_from(stored),
            None => self.0.push(stored.clone()),
        }
    }

    fn remove(&mut self, client_key: ClientKey) {
        self.0.retain(|stored| stored.client_key != client_key);
    }

    fn outlives_page(&self) -> bool {
        self.0.is_empty()
    }
}

//! An outbox that outlives the tab that writes it, and that can be copied as a browser copies the storage
//! of a tab that is duplicated.

use crate::{
    client::{MemoryStore, OutboxStore, Stored},
    wire::ClientKey,
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Clone, Default)]
pub struct Drawer(Arc<Mutex<MemoryStore>>);

impl Drawer {
    pub fn is_empty(&self) -> bool {
        self.store().load().is_empty()
    }

    pub fn stored(&self) -> Vec<Stored> {
        self.store().load()
    }

    /// Another one with the same in it.
    pub fn copied(&self) -> Self {
        Self(Arc::new(Mutex::new(MemoryStore::holding(self.stored()))))
    }

    fn store(&self) -> MutexGuard<'_, MemoryStore> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OutboxStore for Drawer {
    fn load(&mut self) -> Vec<Stored> {
        self.stored()
    }

    fn put(&mut self, stored: &Stored) {
        self.store().put(stored);
    }

    fn remove(&mut self, client_key: ClientKey) {
        self.store().remove(client_key);
    }

    fn outlives_page(&self) -> bool {
        true
    }
}

//! Reads what a server left and has it judged.

use super::{
    checker::{FinalStore, History, judge, read_store},
    town::Town,
};
use crate::server::{clock::Ambience, store::Store};
use std::path::Path;

impl Town {
    /// All that is stored, when no server runs any more.
    pub async fn store(&self) -> FinalStore {
        self.is_free().await;
        store_in(&self.data()).await
    }
}

pub async fn store_in(data: &Path) -> FinalStore {
    let store = Store::open_unsynced(data, &Ambience::of_the_machine()).await.unwrap();
    let read = read_store(&store).await;
    store.close().await;
    read
}

/// Ends the test unless every promise was kept.
pub fn demand_kept(history: &History, store: &FinalStore) {
    let broken = judge(history, store);
    let some: Vec<String> = broken.iter().take(10).map(ToString::to_string).collect();
    assert!(broken.is_empty(), "{} violations: {}", broken.len(), some.join("; "));
}

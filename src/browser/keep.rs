//! Small things kept in the browser: who this device is, and drafts of this tab.
//! Storage may be forbidden or full; then they live as long as the page.

use super::chance;
use crate::{
    browser::clock,
    client::{KeptOutbox, OUTBOX_PREFIX, OutboxStore, Texts},
    wire::{DeviceId, RoomId, UserId},
};
use web_sys::{Storage, window};

const DEVICE: &str = "device";
const OWNER: &str = "owner";
/// A draft longer than this is not worth the tab's five megabytes.
const DRAFT_MAX_BYTES: usize = 64 * 1024;

/// This browser profile's name for itself, made at the first visit.
pub fn device() -> DeviceId {
    let store = local();
    let known = store.as_ref().and_then(|store| store.get_item(DEVICE).ok().flatten());
    if let Some(device) = known.and_then(|text| text.parse().ok()) {
        return device;
    }
    let mut random = [0; 10];
    chance::fill(&mut random);
    let device = DeviceId::new(clock::now(), random);
    if let Some(store) = store {
        let _ = store.set_item(DEVICE, &device.to_string());
    }
    device
}

pub fn draft(room: RoomId) -> String {
    tab()
        .and_then(|store| store.get_item(&draft_key(room)).ok().flatten())
        .unwrap_or_default()
}

pub fn keep_draft(room: RoomId, text: &str) {
    let Some(store) = tab() else { return };
    let key = draft_key(room);
    let _ = if text.is_empty() || text.len() > DRAFT_MAX_BYTES {
        store.remove_item(&key)
    } else {
        store.set_item(&key, text)
    };
}

/// What is half done in this tab and goes on when its page is loaded again.
pub fn under_way(key: &str) -> Option<String> {
    tab()?.get_item(key).ok()?
}

/// `None`: it is done.
pub fn keep_under_way(key: &str, text: Option<&str>) {
    let Some(store) = tab() else { return };
    let _ = match text.filter(|text| text.len() <= DRAFT_MAX_BYTES) {
        Some(text) => store.set_item(key, text),
        None => store.remove_item(key),
    };
}

/// This tab is somebody's from here on: what another person typed in it is forgotten.
pub fn belongs_to(user: UserId) {
    let Some(store) = tab() else { return };
    let user = user.to_string();
    let was = store.get_item(OWNER).ok().flatten();
    if was.as_ref() != Some(&user) {
        let _ = store.clear();
        let _ = store.set_item(OWNER, &user);
    }
}

/// What this tab has not sent yet. It survives a reload and every other page of ours in this tab, and
/// ends with the tab; a duplicated tab gets a copy.
pub fn outbox(user: UserId) -> Box<dyn OutboxStore> {
    Box::new(KeptOutbox::of(user, TabTexts { user }))
}

/// True if something unsent is kept in this tab, whoever's it is.
pub fn has_outbox() -> bool {
    tab().is_some_and(|store| names(&store).any(|name| name.starts_with(OUTBOX_PREFIX)))
}

/// The storage of this tab, opened for each use, for as long as the tab is this user's.
struct TabTexts {
    user: UserId,
}

impl Texts for TabTexts {
    fn names(&self) -> Vec<String> {
        tab().map(|store| names(&store).collect()).unwrap_or_default()
    }

    fn get(&self, name: &str) -> Option<String> {
        tab()?.get_item(name).ok()?
    }

    fn set(&self, name: &str, text: &str) -> bool {
        let Some(store) = tab() else { return false };
        // A page that was asleep may wake in a tab where another user has signed in since.
        let owner = store.get_item(OWNER).ok().flatten();
        owner == Some(self.user.to_string()) && store.set_item(name, text).is_ok()
    }

    fn remove(&self, name: &str) {
        if let Some(store) = tab() {
            let _ = store.remove_item(name);
        }
    }
}

fn names(store: &Storage) -> impl Iterator<Item = String> {
    let count = store.length().unwrap_or_default();
    (0..count).filter_map(|at| store.key(at).ok().flatten())
}

/// Forgets every draft and everything unsent in this tab: its owner goes.
pub fn forget() {
    if let Some(store) = tab() {
        let _ = store.clear();
    }
}

fn draft_key(room: RoomId) -> String {
    let mut key = String::from("draft ");
    key.push_str(&room.to_string());
    key
}

fn local() -> Option<Storage> {
    window()?.local_storage().ok()?
}

fn tab() -> Option<Storage> {
    window()?.session_storage().ok()?
}

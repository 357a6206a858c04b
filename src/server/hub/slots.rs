//! Things that are found by a key and named by a small number: who holds the number gets
//! the thing without a search, and it takes four bytes where a key takes sixteen.

use std::{collections::HashMap, hash::Hash};

/// Where a thing lies until it is removed; afterwards another may lie there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(u32);

pub struct Slots<K, V> {
    by_key: HashMap<K, Slot>,
    held: Vec<Option<(K, V)>>,
    free: Vec<Slot>,
}

impl<K, V> Default for Slots<K, V> {
    fn default() -> Self {
        Self {
            by_key: HashMap::new(),
            held: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<K: Copy + Eq + Hash, V> Slots<K, V> {
    pub fn find(&self, key: K) -> Option<Slot> {
        self.by_key.get(&key).copied()
    }

    /// The slot of a key, with a new thing in it if there is none.
    pub fn find_or_insert(&mut self, key: K, new: impl FnOnce() -> V) -> Slot {
        if let Some(slot) = self.find(key) {
            return slot;
        }
        let slot = self.free.pop().unwrap_or_else(|| {
            self.held.push(None);
            // The things are connections and the rooms of their users, which are bounded.
            Slot(u32::try_from(self.held.len() - 1).unwrap_or(u32::MAX))
        });
        self.held[slot.0 as usize] = Some((key, new()));
        self.by_key.insert(key, slot);
        slot
    }

    pub fn get(&self, slot: Slot) -> Option<&V> {
        Some(&self.held.get(slot.0 as usize)?.as_ref()?.1)
    }

    pub fn get_mut(&mut self, slot: Slot) -> Option<&mut V> {
        Some(&mut self.held.get_mut(slot.0 as usize)?.as_mut()?.1)
    }

    pub fn remove(&mut self, slot: Slot) -> Option<V> {
        let (key, thing) = self.held.get_mut(slot.0 as usize)?.take()?;
        self.by_key.remove(&key);
        self.free.push(slot);
        Some(thing)
    }

    pub fn slots(&self) -> impl Iterator<Item = Slot> + '_ {
        self.by_key.values().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_names_its_thing_until_that_is_removed_and_then_serves_another() {
        let mut slots = Slots::default();
        let ada = slots.find_or_insert("ada", || 1);
        let bo = slots.find_or_insert("bo", || 2);
        assert_eq!(slots.find_or_insert("ada", || 3), ada);
        assert_eq!(slots.remove(ada), Some(1));
        assert_eq!((slots.get(ada), slots.find("ada")), (None, None));
        assert_eq!(slots.remove(ada), None);
        assert_eq!(slots.find_or_insert("cleo", || 4), ada);
        assert_eq!((slots.get(ada), slots.get(bo)), (Some(&4), Some(&2)));
        assert_eq!(slots.slots().count(), 2);
    }
}

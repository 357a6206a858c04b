//! A map in a sorted vector. Ours are read often, grow at their end and stay below
//! some thousands; a tree would cost the page several kilobytes for each kind of map.

use core::ops::Range;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sorted<K, V>(Vec<(K, V)>);

impl<K, V> Default for Sorted<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord + Copy, V> Sorted<K, V> {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn get(&self, key: K) -> Option<&V> {
        let place = self.place(key).ok()?;
        Some(&self.0[place].1)
    }

    pub fn get_mut(&mut self, key: K) -> Option<&mut V> {
        let place = self.place(key).ok()?;
        Some(&mut self.0[place].1)
    }

    pub fn contains(&self, key: K) -> bool {
        self.place(key).is_ok()
    }

    pub fn insert(&mut self, key: K, value: V) {
        match self.place(key) {
            Ok(place) => self.0[place].1 = value,
            Err(place) => self.0.insert(place, (key, value)),
        }
    }

    pub fn get_or_default(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        let place = match self.place(key) {
            Ok(place) => place,
            Err(place) => {
                self.0.insert(place, (key, V::default()));
                place
            }
        };
        &mut self.0[place].1
    }

    pub fn remove(&mut self, key: K) {
        if let Ok(place) = self.place(key) {
            self.0.remove(place);
        }
    }

    /// How many come before this key.
    pub fn place_of(&self, key: K) -> usize {
        self.place(key).unwrap_or_else(|place| place)
    }

    pub fn at(&self, place: usize) -> Option<(K, &V)> {
        self.0.get(place).map(|(key, value)| (*key, value))
    }

    /// Takes out what stands at these places, all of which there are.
    pub fn take_out(&mut self, places: Range<usize>) -> impl Iterator<Item = V> {
        self.0.drain(places).map(|(_, value)| value)
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (K, &V)> {
        self.0.iter().map(|(key, value)| (*key, value))
    }

    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.0.iter().map(|(_, value)| value)
    }

    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.0.iter_mut().map(|(_, value)| value)
    }

    fn place(&self, key: K) -> Result<usize, usize> {
        // What is new stands at the end more often than not.
        match self.0.last() {
            Some((last, _)) if *last < key => Err(self.0.len()),
            _ => self.0.binary_search_by(|(held, _)| held.cmp(&key)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn it_is_a_map_in_order(steps in prop::collection::vec((0_u8..3, 0_u8..20, any::<u16>()), 0..60)) {
            let (mut sorted, mut map) = (Sorted::default(), BTreeMap::new());
            for (kind, key, value) in steps {
                match kind {
                    0 => {
                        sorted.insert(key, value);
                        map.insert(key, value);
                    }
                    1 => {
                        sorted.remove(key);
                        map.remove(&key);
                    }
                    _ => {
                        *sorted.get_or_default(key) ^= value;
                        *map.entry(key).or_default() ^= value;
                    }
                }
                prop_assert_eq!(sorted.get(key), map.get(&key));
            }
            prop_assert!(sorted.iter().eq(map.iter().map(|(key, value)| (*key, value))));
            for key in 0..20 {
                let place = sorted.place_of(key);
                prop_assert_eq!(place, map.range(..key).count());
                prop_assert_eq!(sorted.at(place).map(|(key, _)| key), map.range(key..).next().map(|(key, _)| *key));
            }
            let mut kept: Vec<u16> = map.values().copied().collect();
            let places = kept.len() / 3..kept.len() / 2;
            let taken: Vec<u16> = kept.drain(places.clone()).collect();
            prop_assert!(sorted.take_out(places).eq(taken));
            prop_assert!(sorted.values().eq(kept.iter()));
        }
    }
}

//! How fast each user may command: a bucket each, shared by their connections and forms.

use crate::{
    rules::bucket::Bucket,
    wire::{Limits, Millis, UserId},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Users with a bucket that is not full. A full one is like none, and is dropped when
/// there are this many.
const BUCKETS_MAX: usize = 10_000;
/// For who comes while there are as many and none is full.
const CROWDED_MS: u64 = 1_000;

#[derive(Clone, Default)]
pub struct Paces {
    buckets: Arc<Mutex<HashMap<UserId, Bucket>>>,
}

impl Paces {
    /// Takes the cost of one command.
    ///
    /// # Errors
    /// How long to wait; nothing was taken.
    pub fn take(&self, user: UserId, limits: &Limits, now: Millis) -> Result<(), Millis> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS_MAX && !buckets.contains_key(&user) {
            buckets.retain(|_, bucket| !bucket.is_full(now));
            if buckets.len() >= BUCKETS_MAX {
                return Err(Millis(CROWDED_MS));
            }
        }
        let full = || Bucket::full(limits.commands_burst, limits.commands_per_second, now);
        buckets.entry(user).or_insert_with(full).take(now)
    }

    /// Gives back the cost of a command that turned out to be known.
    pub fn give_back(&self, user: UserId) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = buckets.get_mut(&user) {
            bucket.give_back();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_user_has_a_bucket_and_full_ones_make_room() {
        let (paces, limits) = (Paces::default(), Limits::default());
        let user = |n: u64| UserId::new(Millis(n), [0; 10]);
        for n in 0..BUCKETS_MAX as u64 {
            assert_eq!(paces.take(user(n), &limits, Millis(0)), Ok(()));
        }
        let newcomer = user(BUCKETS_MAX as u64);
        assert_eq!(paces.take(newcomer, &limits, Millis(0)), Err(Millis(CROWDED_MS)));
        for _ in 1..limits.commands_burst {
            assert_eq!(paces.take(user(0), &limits, Millis(0)), Ok(()));
        }
        assert_eq!(paces.take(user(0), &limits, Millis(0)), Err(Millis(200)));
        assert_eq!(paces.take(newcomer, &limits, Millis(200)), Ok(()));
        assert_eq!(paces.buckets.lock().unwrap().len(), 2);
    }
}

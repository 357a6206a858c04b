//! How often somebody may try a password.

use crate::{
    rules::bucket::Bucket,
    server::config::SignIn,
    wire::{Millis, Problem},
};
use std::{
    collections::HashMap,
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
};

/// Buckets of one kind. Beyond it the fullest goes, which forgives the least.
const BUCKETS_MAX: usize = 16_384;
/// Looked at when one has to go: the fullest of all would cost a walk over all.
const BUCKETS_LOOKED_AT: usize = 64;
/// A bucket gains one token in this time of the slower clock.
const REFILL_SLOW_MS: u64 = 1_000;
/// Whoever has one IPv6 address has the whole network of this prefix.
const IPV6_NETWORK_BITS: u32 = 64;

/// One bucket per address and one per account name, whether or not there is such an account.
#[derive(Clone)]
pub struct Attempts {
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    addresses: Buckets<IpAddr>,
    accounts: Buckets<String>,
}

impl Attempts {
    pub fn new(limits: &SignIn) -> Self {
        let refill = u64::from(limits.attempt_refill_seconds);
        Self {
            inner: Arc::new(Mutex::new(Inner {
                addresses: Buckets::new(limits.attempts_per_address, refill),
                accounts: Buckets::new(limits.attempts_per_account, refill),
            })),
        }
    }

    /// Counts one try.
    ///
    /// # Errors
    /// `TooFast`, alike for names that exist and names that do not.
    pub fn take(&self, address: IpAddr, account: &str, now: Millis) -> Result<(), Problem> {
        // A panic while it was locked left at worst one try uncounted.
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.addresses.take(network(address), now)?;
        inner.accounts.take(account.to_owned(), now)
    }

    /// The try was right: it is none of those that are counted.
    pub fn give_back(&self, address: IpAddr, account: &str) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = inner.addresses.by_key.get_mut(&network(address)) {
            bucket.give_back();
        }
        if let Some(bucket) = inner.accounts.by_key.get_mut(account) {
            bucket.give_back();
        }
    }
}

struct Buckets<K> {
    by_key: HashMap<K, Bucket>,
    burst: u32,
    /// A bucket refills once per second of its clock; ours runs slower by this.
    refill_seconds: u64,
    /// When the full ones were last thrown away, by the slower clock.
    swept_at: Option<Millis>,
}

impl<K: Hash + Eq + Clone> Buckets<K> {
    fn new(burst: u32, refill_seconds: u64) -> Self {
        Self {
            by_key: HashMap::new(),
            burst,
            refill_seconds,
            swept_at: None,
        }
    }

    fn take(&mut self, key: K, now: Millis) -> Result<(), Problem> {
        let slow_now = Millis(now.0 / self.refill_seconds);
        if self.by_key.len() >= BUCKETS_MAX && !self.by_key.contains_key(&key) {
            self.make_room(slow_now);
        }
        let bucket = self
            .by_key
            .entry(key)
            .or_insert_with(|| Bucket::full(self.burst, 1, slow_now));
        bucket.take(slow_now).map_err(|wait| Problem::TooFast {
            retry_after: Millis(wait.0.saturating_mul(self.refill_seconds)),
        })
    }

    fn make_room(&mut self, slow_now: Millis) {
        // Between two refills hardly any bucket becomes full: walking over all of them
        // for each new name would be work that a stranger can order.
        let again_at = self.swept_at.map_or(0, |swept| swept.0 + REFILL_SLOW_MS);
        if slow_now.0 >= again_at {
            self.swept_at = Some(slow_now);
            self.by_key.retain(|_, bucket| !bucket.is_full(slow_now));
        }
        if self.by_key.len() < BUCKETS_MAX {
            return;
        }
        // Nobody outside knows the map's order, so nobody can choose who is looked at.
        let fullest = self
            .by_key
            .iter()
            .take(BUCKETS_LOOKED_AT)
            .max_by_key(|(_, bucket)| tokens(bucket, slow_now))
            .map(|(key, _)| key.clone());
        if let Some(key) = fullest {
            self.by_key.remove(&key);
        }
    }
}

fn tokens(bucket: &Bucket, now: Millis) -> u32 {
    let mut bucket = bucket.clone();
    let mut left = 0;
    while bucket.take(now).is_ok() {
        left += 1;
    }
    left
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => {
            let host_bits = Ipv6Addr::BITS - IPV6_NETWORK_BITS;
            IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> host_bits << host_bits))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::config::Config;

    fn attempts() -> Attempts {
        Attempts::new(&SignIn {
            attempts_per_address: 4,
            attempts_per_account: 2,
            attempt_refill_seconds: 20,
            ..Config::default().sign_in
        })
    }

    fn at(address: &str) -> IpAddr {
        address.parse().unwrap()
    }

    #[test]
    fn an_account_is_tried_a_few_times_from_wherever_and_then_once_in_a_while() {
        let attempts = attempts();
        let now = Millis(1_000_000);
        assert_eq!(attempts.take(at("10.0.0.1"), "ada", now), Ok(()));
        assert_eq!(attempts.take(at("10.0.0.2"), "ada", now), Ok(()));
        let wait = Problem::TooFast {
            retry_after: Millis(20_000),
        };
        assert_eq!(attempts.take(at("10.0.0.3"), "ada", now), Err(wait));
        assert_eq!(attempts.take(at("10.0.0.3"), "bo", now), Ok(()));
        assert_eq!(attempts.take(at("10.0.0.3"), "ada", Millis(1_020_000)), Ok(()));
    }

    #[test]
    fn an_address_is_limited_over_all_names_and_an_ipv6_network_is_one_address() {
        let attempts = attempts();
        let now = Millis(0);
        for (host, name) in ["a", "b", "c", "d"].into_iter().enumerate() {
            assert_eq!(attempts.take(at(&format!("2001:db8::{host}")), name, now), Ok(()));
        }
        assert!(attempts.take(at("2001:db8::ffff"), "e", now).is_err());
        assert_eq!(attempts.take(at("2001:db8:0:1::1"), "e", now), Ok(()));
    }

    #[test]
    fn names_without_end_take_no_memory_without_end_and_free_nobody_who_was_stopped() {
        let mut buckets = Buckets::new(2, 20);
        let now = Millis(0);
        while buckets.take(String::new(), now).is_ok() {}
        for n in 0..2 * BUCKETS_MAX {
            assert_eq!(buckets.take(n.to_string(), now), Ok(()));
        }
        assert_eq!(buckets.by_key.len(), BUCKETS_MAX);
        assert!(buckets.take(String::new(), now).is_err());
    }
}

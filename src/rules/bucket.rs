//! A token bucket: a burst, then a steady rate. Whoever owns it says what time it is.

use crate::wire::Millis;

const MILLIS_PER_SECOND: u64 = 1_000;

/// Counted in thousandths of a token, so that no part of a second is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    burst: u32,
    per_second: u32,
    millitokens: u64,
    filled_at: Millis,
}

impl Bucket {
    /// A full bucket. A rate of zero never refills.
    pub fn full(burst: u32, per_second: u32, now: Millis) -> Self {
        Self {
            burst,
            per_second,
            millitokens: u64::from(burst) * MILLIS_PER_SECOND,
            filled_at: now,
        }
    }

    /// Takes one token.
    ///
    /// # Errors
    /// How long to wait until there is one. A refused try costs nothing.
    pub fn take(&mut self, now: Millis) -> Result<(), Millis> {
        self.fill(now);
        if let Some(left) = self.millitokens.checked_sub(MILLIS_PER_SECOND) {
            self.millitokens = left;
            return Ok(());
        }
        let lacking = MILLIS_PER_SECOND - self.millitokens;
        Err(match self.per_second {
            0 => Millis(u64::MAX),
            rate => Millis(lacking.div_ceil(u64::from(rate))),
        })
    }

    /// Puts back what was taken, as if it had not been.
    pub fn give_back(&mut self) {
        let brim = u64::from(self.burst) * MILLIS_PER_SECOND;
        self.millitokens = (self.millitokens + MILLIS_PER_SECOND).min(brim);
    }

    /// True when it would be full: an owner of many buckets may drop it.
    pub fn is_full(&self, now: Millis) -> bool {
        let mut later = self.clone();
        later.fill(now);
        later.millitokens == u64::from(self.burst) * MILLIS_PER_SECOND
    }

    fn fill(&mut self, now: Millis) {
        // A clock set back fills nothing, and the time until it catches up is not lost twice.
        let elapsed = now.0.saturating_sub(self.filled_at.0);
        let gained = elapsed.saturating_mul(u64::from(self.per_second));
        let brim = u64::from(self.burst) * MILLIS_PER_SECOND;
        self.millitokens = self.millitokens.saturating_add(gained).min(brim);
        self.filled_at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_the_next_one_is_told_how_long_to_wait() {
        let mut bucket = Bucket::full(3, 5, Millis(1_000));
        for _ in 0..3 {
            assert_eq!(bucket.take(Millis(1_000)), Ok(()));
        }
        assert_eq!(bucket.take(Millis(1_000)), Err(Millis(200)));
        assert_eq!(bucket.take(Millis(1_150)), Err(Millis(50)));
        assert_eq!(bucket.take(Millis(1_200)), Ok(()));
    }

    #[test]
    fn a_long_rest_fills_it_to_the_burst_and_no_further() {
        let mut bucket = Bucket::full(2, 5, Millis(0));
        assert_eq!(bucket.take(Millis(0)), Ok(()));
        assert!(!bucket.is_full(Millis(100)));
        assert!(bucket.is_full(Millis(u64::MAX)));
        assert_eq!(bucket.take(Millis(u64::MAX)), Ok(()));
        assert_eq!(bucket.take(Millis(u64::MAX)), Ok(()));
        assert_eq!(bucket.take(Millis(u64::MAX)), Err(Millis(200)));
    }

    #[test]
    fn a_clock_set_back_gives_no_tokens() {
        let mut bucket = Bucket::full(1, 5, Millis(10_000));
        assert_eq!(bucket.take(Millis(10_000)), Ok(()));
        assert_eq!(bucket.take(Millis(5_000)), Err(Millis(200)));
        assert_eq!(bucket.take(Millis(5_200)), Ok(()));
    }

    #[test]
    fn waiting_as_told_is_always_enough() {
        for rate in [1, 3, 5, 7, 1_000, 4_000] {
            let mut bucket = Bucket::full(1, rate, Millis(0));
            assert_eq!(bucket.take(Millis(0)), Ok(()));
            let wait = bucket.take(Millis(0)).unwrap_err();
            assert_eq!(bucket.take(wait), Ok(()), "{rate}/s");
        }
    }
}

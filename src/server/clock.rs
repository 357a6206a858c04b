//! Time and chance, as things that are given: a test moves the one and seeds the other.

use crate::wire::Millis;
use std::sync::Arc;

/// Tells the time. Read where something is stamped or expires, never to order.
pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> Millis;

    /// Ends when `now` has come to `deadline`.
    fn sleep_until(&self, deadline: Millis) -> futures_util::future::BoxFuture<'_, ()>;
}

/// Gives random bytes.
pub trait Chance: Send + Sync + 'static {
    fn fill(&self, bytes: &mut [u8]);
}

/// What every verb is given besides the store.
#[derive(Clone)]
pub struct Ambience {
    pub clock: Arc<dyn Clock>,
    pub chance: Arc<dyn Chance>,
}

impl Ambience {
    pub fn now(&self) -> Millis {
        self.clock.now()
    }

    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.chance.fill(&mut bytes);
        bytes
    }

    /// The machine's own clock and generator.
    pub fn of_the_machine() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            chance: Arc::new(SystemChance),
        }
    }
}

struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Millis {
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place that asks the machine for the time"
        )]
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Millis(since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX)))
    }

    fn sleep_until(&self, deadline: Millis) -> futures_util::future::BoxFuture<'_, ()> {
        let wait = deadline.0.saturating_sub(self.now().0);
        Box::pin(tokio::time::sleep(std::time::Duration::from_millis(wait)))
    }
}

struct SystemChance;

impl Chance for SystemChance {
    fn fill(&self, bytes: &mut [u8]) {
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place that asks the machine for chance"
        )]
        let filled = getrandom::fill(bytes);
        // Without randomness no token is safe; there is nothing to go on with.
        filled.expect("the operating system gives random bytes");
    }
}

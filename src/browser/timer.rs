//! Things done later. A timer that is dropped does not ring.

pub use gloo_timers::callback::{Interval, Timeout};

pub fn after(ms: u32, what: impl FnOnce() + 'static) -> Timeout {
    Timeout::new(ms, what)
}

pub fn every(ms: u32, what: impl FnMut() + 'static) -> Interval {
    Interval::new(ms, what)
}

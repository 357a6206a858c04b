//! How much of everything a run has.

use crate::storm::Storm;
use std::time::Duration;

const STORM: Storm = Storm {
    people: 1_000,
    missed: 5,
    must_ms: 500.0,
    goal_ms: 250.0,
};
/// With the one who is there all the time, as many as a server takes.
const GREAT_STORM: Storm = Storm {
    people: 9_999,
    missed: 10,
    must_ms: 3_000.0,
    goal_ms: 3_000.0,
};

/// The sizes of one kind of run.
pub struct Scale {
    pub name: &'static str,
    /// Connections between which the memory of one is taken.
    pub idle: (usize, usize),
    /// Longer than the time between two pings.
    pub idle_for: Duration,
    pub saturated_for: Duration,
    pub paced_for: Duration,
    pub direct_for: Duration,
    /// Messages missed, from least to most.
    pub missed: &'static [u64],
    pub storms: &'static [Storm],
    /// Messages of the small and of the great store.
    pub stored: (u64, u64),
    pub mixed_users: usize,
    pub mixed_for: Duration,
}

impl Scale {
    pub const FULL: Self = Self {
        name: "full",
        idle: (1_000, 9_990),
        idle_for: Duration::from_secs(52),
        saturated_for: Duration::from_secs(8),
        paced_for: Duration::from_secs(8),
        direct_for: Duration::from_secs(8),
        missed: &[300, 1_000, 10_000, 100_000],
        storms: &[STORM, GREAT_STORM],
        stored: (1_000, 1_000_000),
        mixed_users: 1_000,
        mixed_for: Duration::from_secs(30),
    };
    pub const QUICK: Self = Self {
        name: "quick",
        idle: (200, 2_000),
        idle_for: Duration::from_secs(26),
        saturated_for: Duration::from_secs(3),
        paced_for: Duration::from_secs(3),
        direct_for: Duration::from_secs(3),
        missed: &[300, 1_000, 10_000, 100_000],
        storms: &[STORM],
        stored: (1_000, 100_000),
        mixed_users: 200,
        mixed_for: Duration::from_secs(8),
    };
}

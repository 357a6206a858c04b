//! What a run has seen, counted: a kind of trouble that never came proves nothing.

use std::{collections::BTreeMap, fmt};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident)+) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Seen { $($(#[$doc])* $name,)+ }

        /// Each of them has to come often enough.
        pub const ALL: &[Seen] = &[$(Seen::$name,)+];
    };
}

kinds! {
    /// Time passed while frames were on their way.
    Delay
    /// A wire broke with what was on it.
    Cut
    /// The answer to a question was told twice.
    DoubleAnswer
    /// An answer came when its socket was gone.
    LateAnswer
    /// A frame overtook an earlier one on another wire.
    Reorder
    /// A wire swallowed everything and said nothing.
    HalfOpen
    /// A tab ended with commands that had not left.
    TabKilled
    /// A tab with commands that had not left was duplicated with them.
    TabDuplicated
    /// Several tabs of one person at the beginning.
    SeveralTabs
    /// The server ended between two steps.
    Crash
    /// It ended with a commit that nobody was told of.
    CrashUntold
    /// It ended with writes that were waiting.
    CrashUnwritten
    /// A write failed, and its batch was rolled back.
    Rollback
    /// A commit failed, and nobody could know what was stored.
    BrokenCommit
    /// The store was replaced by an older one.
    Restore
    /// Somebody came or went while others spoke.
    Membership
    /// A sign-in was ended by its owner.
    Revoked
    /// A user was away for long enough.
    Absence
    /// The write that ended an absence.
    Return
    /// A tab had a card to show.
    Card
    /// Messages were behind the card.
    Covered
    ServerClock
    TabClock
    Suspend
    Resume
    /// A reader fell out of a ring.
    FellOut
    /// A tab of 0.1.0.
    FirstLevel
    /// A tab of 0.1.0 fell out of a ring, noticed the gap and asked for what it lacked.
    FirstLevelFellOut
    /// Today's program found what a tab of 0.1.0 had written down.
    Upgrade
    /// More was said at once than a delta holds.
    Flood
    /// Answers to who comes back.
    Same
    Delta
    Jump
    Reset
    Gone
}

#[derive(Debug, Clone, Default)]
pub struct Tally {
    pub steps: u64,
    pub seen: BTreeMap<Seen, u64>,
}

impl Tally {
    pub fn saw(&mut self, what: Seen) {
        *self.seen.entry(what).or_default() += 1;
    }

    pub fn add(&mut self, other: &Self) {
        self.steps += other.steps;
        for (what, count) in &other.seen {
            *self.seen.entry(*what).or_default() += count;
        }
    }

    pub fn count(&self, what: Seen) -> u64 {
        self.seen.get(&what).copied().unwrap_or_default()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, what) in ALL.iter().enumerate() {
            let comma = if nth > 0 { ", " } else { "" };
            write!(f, "{comma}{what:?} {}", self.count(*what))?;
        }
        Ok(())
    }
}

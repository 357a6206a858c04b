//! Mistakes that tests can have made, to see that they are found.
//!
//! A test that finds nothing proves something only if it would have found this. Outside
//! of tests nothing is planted, and the question costs nothing.

/// One mistake, at the place whose name it bears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(test), allow(dead_code, reason = "planted by tests alone"))]
pub enum Fault {
    /// What a commit makes true is told although the commit fails.
    PublishBeforeCommit,
    /// A reader that fell out of a ring is not told to fetch what it lacks.
    SkipWithoutAdvance,
    /// The rows of a delta begin one entry too late.
    CatchUpOffByOne,
    /// Heads are read before the rooms are listened to.
    HeadsBeforeSubscribing,
    /// A key that is known is stored again.
    ResendTakesNewSeq,
    /// A removal that came after the verb had looked is not seen by the batch.
    RemovalNotCheckedAgain,
    /// Rows from before a jump are shown as if they were new.
    StaleRowsShown,
    /// What was rolled back leaves the room's head raised.
    HeadKeptAfterRollback,
    /// A deletion forgets the key of what it deletes.
    TombstoneDropsKey,
    /// Who says something has read everything before.
    SendingMovesMarker,
    /// An edit of an old text is written over a newer one.
    OlderEditWins,
    /// An answer to a socket that is gone is taken for one of the present one.
    OldAnswerApplied,
    /// The read marker passes rows that were not displayed.
    UndisplayedRowsPassed,
    /// What comes after the return is counted as part of the absence.
    CardGrowsAfterReturn,
    /// The left vector is that of a lease that was not the last one.
    LeftByTheWrongLease,
}

#[cfg(not(test))]
pub const fn is_planted(_: Fault) -> bool {
    false
}

#[cfg(test)]
pub use for_test::*;

#[cfg(test)]
mod for_test {
    use super::Fault;
    use std::cell::Cell;

    thread_local! {
        static PLANTED: Cell<Option<Fault>> = const { Cell::new(None) };
    }

    pub const ALL: [Fault; 15] = [
        Fault::PublishBeforeCommit,
        Fault::SkipWithoutAdvance,
        Fault::CatchUpOffByOne,
        Fault::HeadsBeforeSubscribing,
        Fault::ResendTakesNewSeq,
        Fault::RemovalNotCheckedAgain,
        Fault::StaleRowsShown,
        Fault::HeadKeptAfterRollback,
        Fault::TombstoneDropsKey,
        Fault::SendingMovesMarker,
        Fault::OlderEditWins,
        Fault::OldAnswerApplied,
        Fault::UndisplayedRowsPassed,
        Fault::CardGrowsAfterReturn,
        Fault::LeftByTheWrongLease,
    ];

    /// In this thread, until another one is planted, or none.
    pub fn plant(fault: Option<Fault>) {
        PLANTED.set(fault);
    }

    pub fn is_planted(fault: Fault) -> bool {
        PLANTED.get() == Some(fault)
    }
}

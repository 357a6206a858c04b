//! Who is away, since when, and the cards they have put away.
//!
//! It knows leases, absences and where rooms ended when somebody left. It knows
//! neither messages nor counts: the card is folded from the logs by whoever shows it.
//!
//! What a device cannot tell: whether it was used all along while it was offline. Its
//! hello says when the last input was, and an absence ends at that moment, not at the
//! hello; input that came before the absence was long enough leaves no card.

mod deed;
mod dismiss;
pub mod http;
mod sql;
mod task;
#[cfg(test)]
mod tests;
mod watch;

pub use task::AwayTask;
pub use watch::{LEASE_MS, Report, Wire};

use super::{app::App, error::Result, sessions::Signed};
use crate::wire::{Millis, command::DismissCard};
use dismiss::Dismissal;
use tokio::sync::mpsc;

/// Reports that may wait; beyond, connections wait to say theirs.
const REPORTS_MAX: usize = 1_024;

/// Handle of the task that watches who is here.
#[derive(Clone)]
pub struct Away {
    /// Each with the moment it came, for the task may be busy storing.
    reports: mpsc::Sender<(Millis, Report)>,
}

impl Away {
    /// The handle, and the task, which is to be run.
    pub fn open() -> (Self, AwayTask) {
        let (reports, reported) = mpsc::channel(REPORTS_MAX);
        (Self { reports }, AwayTask::new(reported))
    }

    /// Presence is worth waiting for, and nothing more: a server that stops needs none.
    pub async fn report(&self, at: Millis, report: Report) {
        let _stopping = self.reports.send((at, report)).await;
    }
}

/// A page was asked for: whoever has no live connection was here for one lease. The
/// page does not wait for it, and where reports queue up it is one of many signs.
pub fn page_seen(app: &App, who: &Signed) {
    let page = Report::Page {
        user: who.user(),
        session: who.session(),
    };
    let _full = app.away.reports.try_send((app.ambience.now(), page));
}

/// Puts a card away, on all devices.
///
/// # Errors
/// `Gone` if the user has no such absence, `SignedOut`.
pub async fn dismiss(app: &App, who: &Signed, wish: &DismissCard) -> Result<()> {
    let dismissal = Dismissal {
        user: who.user(),
        session: who.session(),
        episode: wish.episode,
    };
    app.writer.run(dismissal).await
}

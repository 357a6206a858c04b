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

#[cfg(test)]
pub use deed::Deed;
#[cfg(test)]
pub use sql::store_return;
pub use task::AwayTask;
#[cfg(test)]
pub use task::{Rounds, store};
pub use watch::{LEASE_MS, Report, Wire};

use super::{app::App, error::Result, sessions::Signed};
use crate::wire::{Millis, command::DismissCard};
use deed::{AllHere, Here};
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

/// A user asks for a page: an active device for one lease, and the return from an absence.
///
/// The return is stored before the page is loaded, because the away card is frozen at it.
/// If that fails, the page has no card and the lease ends the absence a little later. Where
/// reports queue up, this one is one of many signs and may be dropped.
pub async fn page_requested(app: &App, who: &Signed) {
    let now = app.ambience.now();
    if let Err(error) = end_absence(app, who, now).await {
        task::log(&error);
    }
    let page = Report::Page {
        user: who.user(),
        session: who.session(),
    };
    let _full = app.away.reports.try_send((now, page));
}

async fn end_absence(app: &App, who: &Signed, now: Millis) -> Result<()> {
    let episode = {
        let mut read = app.store.connection().await?;
        sql::episode(&mut read, who.user()).await?
    };
    if episode.is_none_or(|episode| episode.back.is_some()) {
        return Ok(());
    }
    let here = Here {
        user: who.user(),
        device: watch::device_of(who.session()),
        renewed_at: now,
        moment: now,
    };
    app.writer.run(AllHere(vec![here])).await
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

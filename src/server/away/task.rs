//! The task that watches who is here: it takes reports, looks at the clock, and has
//! the writer store what follows.

use super::{
    deed::{AllHere, Deed, Gone, Here},
    sql,
    watch::{Report, Watch},
};
use crate::{
    server::{
        app::App,
        clock::Ambience,
        error::{Error, Result},
    },
    wire::{Millis, UserId},
};
use futures_util::future::join_all;
use std::collections::HashMap;
use tokio::sync::mpsc;

/// Reports answered by one round of writes.
const REPORTS_PER_ROUND: usize = 256;

pub struct AwayTask {
    reports: mpsc::Receiver<(Millis, Report)>,
}

impl AwayTask {
    pub(super) fn new(reports: mpsc::Receiver<(Millis, Report)>) -> Self {
        Self { reports }
    }

    /// Runs until the server stops. What it knows of leases is in the store, where the
    /// next server finds it.
    pub async fn run(self, app: App) {
        let mut rounds = self.start(&app).await;
        while rounds.wait(&app).await {
            let deeds = rounds.take(app.ambience.now());
            let failed = store(&app, deeds).await;
            rounds.failed(app.ambience.now(), failed);
        }
    }

    /// The task by its parts, for whoever runs it by hand.
    pub async fn start(self, app: &App) -> Rounds {
        let mut watch = Watch::new(app.limits.away_min_absence_ms);
        if let Err(error) = find_leases(app, &mut watch).await {
            log(&error);
        }
        Rounds {
            reports: self.reports,
            waiting: Vec::with_capacity(REPORTS_PER_ROUND),
            watch,
        }
    }
}

/// Round by round: reports and the clock give deeds, and these are to be stored before the
/// next round.
pub struct Rounds {
    reports: mpsc::Receiver<(Millis, Report)>,
    waiting: Vec<(Millis, Report)>,
    watch: Watch,
}

impl Rounds {
    /// Until there is something to do; false when the server stops.
    async fn wait(&mut self, app: &App) -> bool {
        tokio::select! {
            () = app.stopping.cancelled() => false,
            taken = self.reports.recv_many(&mut self.waiting, REPORTS_PER_ROUND) => taken > 0,
            () = sleep(&app.ambience, self.watch.next_tick()) => true,
        }
    }

    /// True if a round would do something.
    #[cfg(test)]
    pub fn is_due(&self, now: Millis) -> bool {
        !self.reports.is_empty() || self.watch.next_tick().is_some_and(|at| at <= now)
    }

    /// What is to be stored after what was reported and the time that has passed.
    pub fn take(&mut self, now: Millis) -> Vec<Deed> {
        while self.waiting.len() < REPORTS_PER_ROUND
            && let Ok(report) = self.reports.try_recv()
        {
            self.waiting.push(report);
        }
        let mut deeds: Vec<Deed> = Vec::new();
        for (at, report) in self.waiting.drain(..) {
            deeds.extend(self.watch.report(at, report));
        }
        deeds.extend(self.watch.tick(now));
        deeds
    }

    /// These deeds could not be stored: they are tried again.
    pub fn failed(&mut self, now: Millis, deeds: Vec<Deed>) {
        for deed in deeds {
            self.watch.failed(now, deed);
        }
    }
}

async fn find_leases(app: &App, watch: &mut Watch) -> Result<()> {
    let now = app.ambience.now();
    let mut read = app.store.read().await?;
    for (user, device, renewed_at) in sql::list_leases(&mut read).await? {
        watch.found(now, user, device, renewed_at);
    }
    Ok(())
}

/// Stores deeds, those of one user in order and all users side by side, so that the
/// writer commits them together. Gives back those that failed.
pub async fn store(app: &App, deeds: Vec<Deed>) -> Vec<Deed> {
    let mut failed = Vec::new();
    for wave in waves(deeds) {
        let (here, gone): (Vec<Option<Here>>, Vec<Option<Gone>>) = wave
            .into_iter()
            .map(|deed| match deed {
                Deed::Here(here) => (Some(here), None),
                Deed::Gone(gone) => (None, Some(gone)),
            })
            .unzip();
        let here: Vec<Here> = here.into_iter().flatten().collect();
        let gone = gone.into_iter().flatten().map(|gone| async move {
            let stored = app.writer.run(gone).await;
            stored.inspect_err(log).is_err().then_some(Deed::Gone(gone))
        });
        let (not_here, not_gone) = tokio::join!(store_here(app, here), join_all(gone));
        failed.extend(not_here);
        failed.extend(not_gone.into_iter().flatten());
    }
    failed
}

async fn store_here(app: &App, here: Vec<Here>) -> Vec<Deed> {
    if here.is_empty() {
        return Vec::new();
    }
    match app.writer.run(AllHere(here.clone())).await {
        Ok(()) => Vec::new(),
        Err(error) => {
            log(&error);
            here.into_iter().map(Deed::Here).collect()
        }
    }
}

/// The first deed of each user, the second of each, and so on.
fn waves(deeds: Vec<Deed>) -> Vec<Vec<Deed>> {
    let mut counts: HashMap<UserId, usize> = HashMap::new();
    let mut waves: Vec<Vec<Deed>> = Vec::new();
    for deed in deeds {
        let count = counts.entry(deed.user()).or_default();
        if *count == waves.len() {
            waves.push(Vec::new());
        }
        waves[*count].push(deed);
        *count += 1;
    }
    waves
}

async fn sleep(ambience: &Ambience, until: Option<Millis>) {
    match until {
        Some(deadline) => ambience.clock.sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

pub(super) fn log(error: &Error) {
    match error {
        Error::Fault(fault) => tracing::warn!(fault = fault.chain(), "presence was not stored"),
        Error::Problem(problem) => tracing::warn!(%problem, "presence was refused"),
    }
}

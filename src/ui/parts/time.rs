//! Moments, shown in the zone of whoever looks. The server does not know it, so
//! the first picture is in UTC on both sides, and the zone comes right after.

use crate::{
    browser::clock,
    rules::civil::{self, Civil, Day},
    ui::live::text,
    wire::Millis,
};
use leptos::prelude::*;

/// Whether local times may be shown yet.
#[derive(Debug, Clone, Copy)]
pub struct Zone(RwSignal<bool>);

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

impl Zone {
    pub fn new() -> Self {
        Self(RwSignal::new(false))
    }

    /// From now on in the browser's zone.
    pub fn be_local(self) {
        self.0.set(true);
    }

    /// Minutes ahead of UTC. A view that reads it is drawn anew when the zone is known.
    pub fn offset(self, at: Millis) -> i32 {
        if self.0.get() { clock::zone_minutes(at) } else { 0 }
    }

    pub fn civil(self, at: Millis) -> Civil {
        civil::civil(at, self.offset(at))
    }

    pub fn day(self, at: Millis) -> Day {
        self.civil(at).day
    }

    /// Today and yesterday, as of `now`.
    pub fn today(self, now: Millis) -> (Day, Day) {
        (self.day(now), self.day(Millis(now.0.saturating_sub(DAY_MS))))
    }
}

/// Hours and minutes.
pub fn time(zone: Zone, at: Millis, class: &'static str) -> AnyView {
    let class = (!class.is_empty()).then_some(class);
    view! {
        <time class=class datetime=civil::iso(at)>
            {text(move || civil::clock(zone.civil(at)))}
        </time>
    }
    .into_any()
}

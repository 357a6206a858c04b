//! How it is with the person in front of this device, and when to tell the server.

use super::io::Moment;
use crate::wire::{
    Millis,
    command::{Presence, PresenceState},
};

/// A tab that is hidden for less is not hidden: people look at another one and back.
const HIDDEN_DEBOUNCE_MS: u64 = 5_000;
const ACTIVE_FOR_MS: u64 = 5 * 60 * 1_000;
/// A lease lasts 60 s on the server.
const RENEWAL_MS: u64 = 50_000;

pub(super) struct Device {
    visible: bool,
    hidden_since: Moment,
    last_input: Moment,
    told: Option<(PresenceState, Moment)>,
}

impl Device {
    /// Opening a page is an input.
    pub fn new(visible: bool, now: Moment) -> Self {
        Self {
            visible,
            hidden_since: now,
            last_input: now,
            told: None,
        }
    }

    pub fn show(&mut self, now: Moment) {
        self.visible = true;
        self.last_input = now;
    }

    pub fn hide(&mut self, now: Moment) {
        if self.visible {
            self.visible = false;
            self.hidden_since = now;
        }
    }

    pub fn touch(&mut self, now: Moment) {
        self.last_input = now;
    }

    /// True if it has been hidden for long enough to count.
    pub fn is_hidden(&self, now: Moment) -> bool {
        !self.visible && now >= self.hidden_since + HIDDEN_DEBOUNCE_MS
    }

    pub fn presence(&self, now: Moment) -> Presence {
        let since_input = now - self.last_input;
        let state = if self.is_hidden(now) {
            PresenceState::Hidden
        } else if since_input < ACTIVE_FOR_MS {
            PresenceState::Active
        } else {
            PresenceState::Idle
        };
        Presence {
            state,
            since_input: Millis(since_input),
        }
    }

    /// What the `Hello` of a new socket says.
    pub fn greet(&mut self, now: Moment) -> Presence {
        let presence = self.presence(now);
        self.told = Some((presence.state, now));
        presence
    }

    /// What is to be told now on a socket that was greeted.
    pub fn due(&mut self, now: Moment) -> Option<Presence> {
        let presence = self.presence(now);
        let (told, at) = self.told?;
        let renewal = presence.state == PresenceState::Active && now >= at + RENEWAL_MS;
        if told == presence.state && !renewal {
            return None;
        }
        self.told = Some((presence.state, now));
        Some(presence)
    }

    pub fn wake_at(&self, now: Moment) -> Option<Moment> {
        let (told, at) = self.told?;
        let renewal = (told == PresenceState::Active).then_some(at + RENEWAL_MS);
        let hidden = (!self.visible).then_some(self.hidden_since + HIDDEN_DEBOUNCE_MS);
        let idle = Some(self.last_input + ACTIVE_FOR_MS);
        [renewal, hidden, idle]
            .into_iter()
            .flatten()
            .filter(|&at| at > now)
            .min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use PresenceState::{Active, Hidden, Idle};

    #[test]
    fn a_glance_at_another_tab_is_not_told() {
        let mut device = Device::new(true, 0);
        assert_eq!(device.greet(0).state, Active);
        device.hide(1_000);
        assert_eq!(device.due(5_999), None);
        device.show(5_999);
        assert_eq!(device.due(20_000), None);
    }

    #[test]
    fn hiding_for_longer_is_told_once_and_showing_at_once() {
        let mut device = Device::new(true, 0);
        device.greet(0);
        device.hide(1_000);
        assert_eq!(device.wake_at(1_000), Some(6_000));
        assert_eq!(device.due(6_000).map(|told| told.state), Some(Hidden));
        assert_eq!(device.due(600_000), None);
        device.show(600_000);
        assert_eq!(device.due(600_000).map(|told| told.state), Some(Active));
    }

    #[test]
    fn without_input_for_five_minutes_it_is_idle_until_somebody_touches_it() {
        let mut device = Device::new(true, 0);
        device.greet(0);
        let told: Vec<_> = (0..400).map(|s| s * 1_000).filter_map(|now| device.due(now)).collect();
        let renewals = [50, 100, 150, 200, 250].map(|s| (Active, Millis(s * 1_000)));
        let idle = (Idle, Millis(300_000));
        assert_eq!(
            told.iter().map(|p| (p.state, p.since_input)).collect::<Vec<_>>(),
            [&renewals[..], &[idle]].concat()
        );
        device.touch(400_000);
        assert_eq!(
            device.due(400_000),
            Some(Presence {
                state: Active,
                since_input: Millis(0)
            })
        );
    }
}

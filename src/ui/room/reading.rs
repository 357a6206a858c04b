//! Which rows were on screen long enough to have been read.

use crate::wire::{Millis, Ordinal};

/// A glance shorter than this reads nothing.
pub const READ_AFTER: Millis = Millis(800);

/// The rows in view, each since when.
#[derive(Debug, Default)]
pub struct Reading(Vec<(Ordinal, Millis)>);

impl Reading {
    pub fn came(&mut self, row: Ordinal, now: Millis) {
        if !self.0.iter().any(|(other, _)| *other == row) {
            self.0.push((row, now));
        }
    }

    pub fn went(&mut self, row: Ordinal) {
        self.0.retain(|(other, _)| *other != row);
    }

    /// Nobody looked until now: every glance begins anew.
    pub fn begin_anew(&mut self, now: Millis) {
        for (_, since) in &mut self.0 {
            *since = now;
        }
    }

    /// The last row that was read.
    pub fn read_to(&self, now: Millis) -> Option<Ordinal> {
        let read = self
            .0
            .iter()
            .filter(|(_, since)| now.0.saturating_sub(since.0) >= READ_AFTER.0);
        read.map(|(row, _)| *row).max()
    }

    /// Some row may be read later if it stays.
    pub fn waits(&self, now: Millis) -> bool {
        self.0
            .iter()
            .any(|(_, since)| now.0.saturating_sub(since.0) < READ_AFTER.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_after_it_was_seen_for_a_while_and_not_before() {
        let mut reading = Reading::default();
        reading.came(Ordinal(7), Millis(0));
        reading.came(Ordinal(8), Millis(500));
        assert!(reading.waits(Millis(800)) && !reading.waits(Millis(1_300)));
        assert_eq!(reading.read_to(Millis(799)), None);
        assert_eq!(reading.read_to(Millis(800)), Some(Ordinal(7)));
        assert_eq!(reading.read_to(Millis(1_300)), Some(Ordinal(8)));
    }

    #[test]
    fn a_row_that_left_the_screen_too_soon_is_not_read() {
        let mut reading = Reading::default();
        reading.came(Ordinal(9), Millis(0));
        reading.went(Ordinal(9));
        assert_eq!(reading.read_to(Millis(5_000)), None);
    }

    #[test]
    fn nothing_is_read_while_nobody_looks() {
        let mut reading = Reading::default();
        reading.came(Ordinal(3), Millis(0));
        reading.begin_anew(Millis(60_000));
        assert_eq!(reading.read_to(Millis(60_100)), None);
        assert_eq!(reading.read_to(Millis(60_800)), Some(Ordinal(3)));
    }

    #[test]
    fn a_row_told_of_twice_keeps_its_first_time() {
        let mut reading = Reading::default();
        reading.came(Ordinal(1), Millis(0));
        reading.came(Ordinal(1), Millis(700));
        assert_eq!(reading.read_to(Millis(800)), Some(Ordinal(1)));
    }
}

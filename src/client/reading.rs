//! Which rows were on screen long enough to have been read. The screen says which rows came
//! and went, and where they and what lies over them are.

use crate::{
    rules::cover::{Rect, is_covered},
    wire::{Millis, Ordinal},
};

/// A glance shorter than this reads nothing.
pub const READ_AFTER: Millis = Millis(800);

/// The rows in view.
#[derive(Debug, Default)]
pub struct Reading(Vec<InView>);

#[derive(Debug)]
struct InView {
    row: Ordinal,
    since: Millis,
    /// Something lay over it when that was asked last.
    is_behind: bool,
}

impl Reading {
    pub fn came(&mut self, row: Ordinal, now: Millis) {
        if !self.0.iter().any(|other| other.row == row) {
            self.0.push(InView {
                row,
                since: now,
                is_behind: false,
            });
        }
    }

    pub fn went(&mut self, row: Ordinal) {
        self.0.retain(|other| other.row != row);
    }

    /// The reader did not look until now: every glance begins anew.
    pub fn begin_anew(&mut self, now: Millis) {
        for row in &mut self.0 {
            row.since = now;
        }
    }

    /// The rows that were in view long enough, as runs without a hole, from old to new. A row
    /// that lies behind one of the covers is not in view; one that lay behind one at the last
    /// call is in view from now on, because nobody knows since when it was uncovered.
    pub fn displayed_beside(
        &mut self,
        covers: &[Rect],
        rect_of: impl Fn(Ordinal) -> Option<Rect>,
        now: Millis,
    ) -> Vec<(Ordinal, Ordinal)> {
        for row in &mut self.0 {
            let is_behind = |rect| covers.iter().any(|cover| is_covered(rect, *cover));
            let was_behind = row.is_behind;
            row.is_behind = !covers.is_empty() && rect_of(row.row).is_some_and(is_behind);
            if was_behind || row.is_behind {
                row.since = now;
            }
        }
        self.displayed(now)
    }

    fn displayed(&self, now: Millis) -> Vec<(Ordinal, Ordinal)> {
        let long_enough = |row: &&InView| now.0.saturating_sub(row.since.0) >= READ_AFTER.0;
        let mut rows: Vec<Ordinal> = self.0.iter().filter(long_enough).map(|row| row.row).collect();
        rows.sort_unstable();
        let mut runs: Vec<(Ordinal, Ordinal)> = Vec::new();
        for row in rows {
            match runs.last_mut() {
                Some((_, to)) if to.next() == row => *to = row,
                _ => runs.push((row, row)),
            }
        }
        runs
    }

    /// Some row may be read later if it stays.
    pub fn waits(&self, now: Millis) -> bool {
        self.0
            .iter()
            .any(|row| now.0.saturating_sub(row.since.0) < READ_AFTER.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(from: u64, to: u64) -> (Ordinal, Ordinal) {
        (Ordinal(from), Ordinal(to))
    }

    #[test]
    fn a_row_is_displayed_after_it_was_in_view_for_a_while_and_not_before() {
        let mut reading = Reading::default();
        reading.came(Ordinal(7), Millis(0));
        reading.came(Ordinal(8), Millis(500));
        assert!(reading.waits(Millis(800)) && !reading.waits(Millis(1_300)));
        assert_eq!(reading.displayed(Millis(799)), []);
        assert_eq!(reading.displayed(Millis(800)), [run(7, 7)]);
        assert_eq!(reading.displayed(Millis(1_300)), [run(7, 8)]);
    }

    #[test]
    fn rows_that_were_not_in_view_are_in_no_run() {
        let mut reading = Reading::default();
        for row in [9, 4, 3, 8] {
            reading.came(Ordinal(row), Millis(0));
        }
        assert_eq!(reading.displayed(Millis(800)), [run(3, 4), run(8, 9)]);
    }

    #[test]
    fn a_row_that_left_the_screen_too_soon_is_not_displayed() {
        let mut reading = Reading::default();
        reading.came(Ordinal(9), Millis(0));
        reading.went(Ordinal(9));
        assert_eq!(reading.displayed(Millis(5_000)), []);
    }

    #[test]
    fn nothing_is_displayed_while_the_reader_looks_away() {
        let mut reading = Reading::default();
        reading.came(Ordinal(3), Millis(0));
        reading.begin_anew(Millis(60_000));
        assert_eq!(reading.displayed(Millis(60_100)), []);
        assert_eq!(reading.displayed(Millis(60_800)), [run(3, 3)]);
    }

    #[test]
    fn a_row_is_not_displayed_while_something_lies_over_it() {
        let mut reading = Reading::default();
        reading.came(Ordinal(3), Millis(0));
        reading.came(Ordinal(4), Millis(0));
        let height = |from: f64, to: f64| Rect {
            left: 0.0,
            top: from,
            right: 400.0,
            bottom: to,
        };
        let rect_of = |row: Ordinal| match row {
            Ordinal(3) => Some(height(40.0, 80.0)),
            _ => Some(height(80.0, 120.0)),
        };
        let cover = [height(20.0, 60.0)];
        assert_eq!(reading.displayed_beside(&cover, rect_of, Millis(1_000)), [run(4, 4)]);
        assert!(reading.waits(Millis(1_000)), "it may be uncovered");
        // It was uncovered at some time since.
        assert_eq!(reading.displayed_beside(&[], rect_of, Millis(1_810)), [run(4, 4)]);
        assert_eq!(reading.displayed_beside(&[], rect_of, Millis(2_609)), [run(4, 4)]);
        assert_eq!(reading.displayed_beside(&[], rect_of, Millis(2_610)), [run(3, 4)]);
    }

    #[test]
    fn a_row_that_comes_twice_keeps_its_first_time() {
        let mut reading = Reading::default();
        reading.came(Ordinal(1), Millis(0));
        reading.came(Ordinal(1), Millis(700));
        assert_eq!(reading.displayed(Millis(800)), [run(1, 1)]);
    }
}

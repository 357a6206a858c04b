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
pub struct Reading {
    rows: Vec<InView>,
    /// The runs that were given last.
    given: Vec<(Ordinal, Ordinal)>,
}

#[derive(Debug)]
struct InView {
    row: Ordinal,
    since: Millis,
    /// Something lay over it when that was asked last.
    is_behind: bool,
}

impl Reading {
    pub fn came(&mut self, row: Ordinal, now: Millis) {
        if !self.rows.iter().any(|other| other.row == row) {
            self.rows.push(InView {
                row,
                since: now,
                is_behind: false,
            });
        }
    }

    pub fn went(&mut self, row: Ordinal) {
        self.rows.retain(|other| other.row != row);
    }

    /// The reader did not look until now: every glance begins anew.
    pub fn begin_anew(&mut self, now: Millis) {
        self.given.clear();
        for row in &mut self.rows {
            row.since = now;
        }
    }

    /// The rows after the last read one that were in view long enough, as runs without a hole, from
    /// old to new; a run only once. A row that lies behind one of the covers is not in view; one that
    /// lay behind one at the last call is in view from now on, because it is not known since when it
    /// was uncovered.
    pub fn displayed_beside(
        &mut self,
        read: Ordinal,
        covers: &[Rect],
        window: Rect,
        rect_of: impl Fn(Ordinal) -> Option<Rect>,
        now: Millis,
    ) -> Vec<(Ordinal, Ordinal)> {
        // What is read already waits for nothing, behind a cover or not.
        for row in self.rows.iter_mut().filter(|row| row.row > read) {
            let is_behind = |rect| covers.iter().any(|cover| is_covered(rect, window, *cover));
            let was_behind = row.is_behind;
            row.is_behind = !covers.is_empty() && rect_of(row.row).is_some_and(is_behind);
            if was_behind || row.is_behind {
                row.since = now;
            }
        }
        let runs = self.displayed(read, now);
        let before = core::mem::replace(&mut self.given, runs.clone());
        runs.into_iter().filter(|run| !before.contains(run)).collect()
    }

    /// The first row, read or not, that has been in view for longer than a glance.
    pub fn first(&self, now: Millis) -> Option<Ordinal> {
        self.long_enough(now).min()
    }

    fn long_enough(&self, now: Millis) -> impl Iterator<Item = Ordinal> {
        let rows = self.rows.iter();
        rows.filter(move |row| now.0.saturating_sub(row.since.0) >= READ_AFTER.0)
            .map(|row| row.row)
    }

    fn displayed(&self, read: Ordinal, now: Millis) -> Vec<(Ordinal, Ordinal)> {
        let mut rows: Vec<Ordinal> = self.long_enough(now).filter(|row| *row > read).collect();
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
        self.rows
            .iter()
            .any(|row| now.0.saturating_sub(row.since.0) < READ_AFTER.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Ordinal = Ordinal::ZERO;

    fn run(from: u64, to: u64) -> (Ordinal, Ordinal) {
        (Ordinal(from), Ordinal(to))
    }

    #[test]
    fn a_row_is_displayed_after_it_was_in_view_for_a_while_and_not_before() {
        let mut reading = Reading::default();
        reading.came(Ordinal(7), Millis(0));
        reading.came(Ordinal(8), Millis(500));
        assert!(reading.waits(Millis(800)) && !reading.waits(Millis(1_300)));
        assert_eq!(reading.displayed(NONE, Millis(799)), []);
        assert_eq!(reading.displayed(NONE, Millis(800)), [run(7, 7)]);
        assert_eq!(reading.displayed(NONE, Millis(1_300)), [run(7, 8)]);
    }

    #[test]
    fn rows_that_were_not_in_view_are_in_no_run() {
        let mut reading = Reading::default();
        for row in [9, 4, 3, 8] {
            reading.came(Ordinal(row), Millis(0));
        }
        assert_eq!(reading.displayed(NONE, Millis(800)), [run(3, 4), run(8, 9)]);
    }

    #[test]
    fn a_row_that_left_the_screen_too_soon_is_not_displayed() {
        let mut reading = Reading::default();
        reading.came(Ordinal(9), Millis(0));
        reading.went(Ordinal(9));
        assert_eq!(reading.displayed(NONE, Millis(5_000)), []);
    }

    #[test]
    fn nothing_is_displayed_while_the_reader_looks_away() {
        let mut reading = Reading::default();
        reading.came(Ordinal(3), Millis(0));
        reading.begin_anew(Millis(60_000));
        assert_eq!(reading.displayed(NONE, Millis(60_100)), []);
        assert_eq!(reading.displayed(NONE, Millis(60_800)), [run(3, 3)]);
    }

    fn height(from: f64, to: f64) -> Rect {
        Rect {
            left: 0.0,
            top: from,
            right: 400.0,
            bottom: to,
        }
    }

    const WINDOW: Rect = Rect {
        left: 0.0,
        top: 0.0,
        right: 400.0,
        bottom: 700.0,
    };

    fn rect_of(row: Ordinal) -> Option<Rect> {
        match row {
            Ordinal(3) => Some(height(40.0, 80.0)),
            Ordinal(4) => Some(height(80.0, 120.0)),
            _ => None,
        }
    }

    #[test]
    fn a_row_is_not_displayed_while_something_lies_over_it() {
        let mut reading = Reading::default();
        reading.came(Ordinal(3), Millis(0));
        reading.came(Ordinal(4), Millis(0));
        let mut displayed = |covers: &[Rect], now| reading.displayed_beside(NONE, covers, WINDOW, rect_of, now);
        let cover = [height(20.0, 60.0)];
        assert_eq!(displayed(&cover, Millis(1_000)), [run(4, 4)]);
        // It was uncovered at some time since.
        assert_eq!(displayed(&[], Millis(1_810)), []);
        assert_eq!(displayed(&[], Millis(2_609)), []);
        assert_eq!(displayed(&[], Millis(2_610)), [run(3, 4)]);
    }

    #[test]
    fn a_covered_row_is_waited_for_only_until_it_is_read() {
        let mut reading = Reading::default();
        reading.came(Ordinal(3), Millis(0));
        let cover = [height(20.0, 60.0)];
        reading.displayed_beside(NONE, &cover, WINDOW, rect_of, Millis(1_000));
        assert!(reading.waits(Millis(1_000)), "it may be uncovered");
        // Another device has read it meanwhile.
        reading.displayed_beside(Ordinal(3), &cover, WINDOW, rect_of, Millis(1_800));
        assert!(!reading.waits(Millis(1_800)));
        assert_eq!(reading.first(Millis(1_800)), Some(Ordinal(3)));
    }

    #[test]
    fn a_run_is_given_once_for_each_time_the_reader_looks() {
        let mut reading = Reading::default();
        reading.came(Ordinal(3), Millis(0));
        let displayed = |reading: &mut Reading, read, now| {
            reading.displayed_beside(Ordinal(read), &[], WINDOW, rect_of, Millis(now))
        };
        assert_eq!(displayed(&mut reading, 0, 800), [run(3, 3)]);
        assert_eq!(displayed(&mut reading, 0, 1_600), []);
        reading.came(Ordinal(4), Millis(1_600));
        assert_eq!(displayed(&mut reading, 0, 2_400), [run(3, 4)]);
        reading.begin_anew(Millis(3_000));
        assert_eq!(displayed(&mut reading, 3, 3_800), [run(4, 4)]);
    }

    #[test]
    fn a_row_that_comes_twice_keeps_its_first_time() {
        let mut reading = Reading::default();
        reading.came(Ordinal(1), Millis(0));
        reading.came(Ordinal(1), Millis(700));
        assert_eq!(reading.displayed(NONE, Millis(800)), [run(1, 1)]);
    }
}

//! Sets of ordinals as spans: which messages of a room are held.

use crate::wire::Ordinal;

/// From and to, both held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub from: Ordinal,
    pub to: Ordinal,
}

/// Sorted and disjoint; spans that touch are one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spans(Vec<Span>);

impl Spans {
    pub fn as_slice(&self) -> &[Span] {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn last(&self) -> Option<Span> {
        self.0.last().copied()
    }

    /// The span an ordinal is in.
    pub fn around(&self, ordinal: Ordinal) -> Option<Span> {
        let after = self.0.partition_point(|span| span.to < ordinal);
        self.0.get(after).copied().filter(|span| span.from <= ordinal)
    }

    pub fn contains(&self, ordinal: Ordinal) -> bool {
        self.around(ordinal).is_some()
    }

    /// The greatest ordinal held below this one.
    pub fn last_below(&self, ordinal: Ordinal) -> Option<Ordinal> {
        let from_below = self.0.partition_point(|span| span.from < ordinal);
        let span = self.0.get(from_below.checked_sub(1)?)?;
        Some(span.to.min(ordinal.before()))
    }

    /// The smallest ordinal held above this one.
    pub fn first_above(&self, ordinal: Ordinal) -> Option<Ordinal> {
        let up_to = self.0.partition_point(|span| span.to <= ordinal);
        Some(self.0.get(up_to)?.from.max(ordinal.next()))
    }

    pub fn add(&mut self, from: Ordinal, to: Ordinal) {
        if from > to {
            return;
        }
        // All that overlap or touch melt into one.
        let start = self.0.partition_point(|span| span.to.next() < from);
        let end = self.0.partition_point(|span| span.from <= to.next());
        let merged = match self.0.get(start..end) {
            Some([first, .., last]) => Span {
                from: first.from.min(from),
                to: last.to.max(to),
            },
            Some([one]) => Span {
                from: one.from.min(from),
                to: one.to.max(to),
            },
            _ => Span { from, to },
        };
        self.0.splice(start..end, [merged]);
    }

    pub fn subtract(&mut self, from: Ordinal, to: Ordinal) {
        if from > to {
            return;
        }
        let mut left = Vec::with_capacity(self.0.len() + 1);
        for span in &self.0 {
            let below = Span {
                from: span.from,
                to: span.to.min(from.before()),
            };
            let above = Span {
                from: span.from.max(to.next()),
                to: span.to,
            };
            // Nothing is before the first ordinal, which `before` cannot say.
            if span.from < from {
                left.push(below);
            }
            if span.to > to {
                left.push(above);
            }
        }
        self.0 = left;
    }

    /// Keeps the first spans.
    pub fn truncate(&mut self, spans: usize) {
        self.0.truncate(spans);
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn spans_of(pairs: &[(u64, u64)]) -> Spans {
        let mut spans = Spans::default();
        for &(from, to) in pairs {
            spans.add(Ordinal(from), Ordinal(to));
        }
        spans
    }

    #[test]
    fn spans_that_touch_are_one() {
        assert_eq!(spans_of(&[(1, 3), (7, 9), (4, 6)]), spans_of(&[(1, 9)]));
        assert_eq!(spans_of(&[(1, 3), (5, 9)]).as_slice().len(), 2);
    }

    proptest! {
        #[test]
        fn spans_are_the_set_of_their_ordinals(
            changes in prop::collection::vec((any::<bool>(), 1_u64..40, 0_u64..12), 0..24),
        ) {
            let mut spans = Spans::default();
            let mut set = BTreeSet::new();
            for (adds, from, length) in changes {
                let to = from + length - 1;
                if adds {
                    spans.add(Ordinal(from), Ordinal(to));
                    set.extend(from..=to);
                } else {
                    spans.subtract(Ordinal(from), Ordinal(to));
                    set.retain(|n| !(from..=to).contains(n));
                }
                for n in 0..60 {
                    prop_assert_eq!(spans.contains(Ordinal(n)), set.contains(&n));
                    let below = set.range(..n).next_back().map(|&n| Ordinal(n));
                    prop_assert_eq!(spans.last_below(Ordinal(n)), below);
                }
                for pair in spans.as_slice().windows(2) {
                    prop_assert!(pair[0].to.next() < pair[1].from);
                }
                prop_assert!(spans.as_slice().iter().all(|span| span.from <= span.to));
            }
        }
    }
}

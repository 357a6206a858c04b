//! What is unread: a fold over the log, never a number somebody keeps up.

use crate::wire::{
    Message, Seq, UserId,
    user_log::{Counts, Marker},
};

/// Counts of a reader from messages that reach without holes from the marker to
/// `as_of`; those at or before the marker may be among them.
///
/// `since_left` cannot be known from the rows: it is what `before` says, as far as
/// still unread. Both count a room's newest messages, so the lesser number is exact.
pub fn fold<'a>(
    marker: Marker,
    me: UserId,
    as_of: Seq,
    messages: impl Iterator<Item = &'a Message>,
    before: &Counts,
) -> Counts {
    let mut counts = Counts {
        marker,
        as_of,
        ..Counts::default()
    };
    for message in messages {
        count(&mut counts, me, message);
    }
    counts.since_left = before.since_left.min(counts.unread);
    counts
}

/// Takes in the entry `seq`, which made `message` if it made one. An entry that
/// is counted already changes nothing.
pub fn apply(counts: &mut Counts, me: UserId, seq: Seq, message: Option<&Message>) {
    if seq <= counts.as_of {
        return;
    }
    counts.as_of = seq;
    if let Some(message) = message {
        count(counts, me, message);
    }
}

/// Nothing is unread up to `marker`, which stands at the head.
pub fn none(marker: Marker, as_of: Seq) -> Counts {
    Counts {
        marker,
        as_of,
        ..Counts::default()
    }
}

fn count(counts: &mut Counts, me: UserId, message: &Message) {
    if message.author == me || message.ordinal <= counts.marker.ordinal {
        return;
    }
    counts.unread = counts.unread.saturating_add(1);
    counts.since_left = counts.since_left.saturating_add(1);
    if message.mentions.contains(&me) {
        counts.mentions = counts.mentions.saturating_add(1);
        counts.first_mention = counts.first_mention.or(Some(message.seq));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Body, ClientKey, Millis, Ordinal};
    use proptest::prelude::*;

    const ME: UserId = UserId::from_bytes([1; 16]);
    const BO: UserId = UserId::from_bytes([2; 16]);

    fn message(n: u64, author: UserId, mentions_me: bool) -> Message {
        Message {
            ordinal: Ordinal(n),
            seq: Seq(n + 2),
            revision: Seq(n + 2),
            author,
            client_key: ClientKey::from_bytes([9; 16]),
            at: Millis(n),
            body: Body::parse("hi").unwrap(),
            mentions: if mentions_me { vec![ME] } else { vec![] },
        }
    }

    fn marker(ordinal: u64) -> Marker {
        Marker {
            version: 0,
            ordinal: Ordinal(ordinal),
        }
    }

    #[test]
    fn own_messages_and_those_before_the_marker_do_not_count() {
        let log = [
            message(1, BO, true),
            message(2, ME, false),
            message(3, BO, true),
            message(4, BO, false),
        ];
        let before = Counts {
            since_left: 1,
            ..Counts::default()
        };
        let counts = fold(marker(1), ME, Seq(6), log.iter(), &before);
        assert_eq!((counts.unread, counts.mentions, counts.since_left), (2, 1, 1));
        assert_eq!(counts.first_mention, Some(Seq(5)));
    }

    #[test]
    fn an_entry_told_twice_counts_once() {
        let mut counts = Counts {
            as_of: Seq(2),
            ..Counts::default()
        };
        for _ in 0..2 {
            apply(&mut counts, ME, Seq(3), Some(&message(1, BO, true)));
        }
        assert_eq!((counts.unread, counts.mentions), (1, 1));
    }

    proptest! {
        #[test]
        fn applying_one_by_one_equals_counting_the_log(
            log in prop::collection::vec((any::<bool>(), any::<bool>()), 0..40),
            read in 0_u64..50,
            cut in 0_usize..40,
        ) {
            let log: Vec<Message> = log.iter().zip(1..)
                .map(|(&(mine, mention), n)| message(n, if mine { ME } else { BO }, mention))
                .collect();
            let as_of = |n: usize| Seq(n as u64 + 2);
            let before = Counts { since_left: u32::MAX, ..Counts::default() };
            let whole = fold(marker(read), ME, as_of(log.len()), log.iter(), &before);
            let cut = cut.min(log.len());
            let mut counts = fold(marker(read), ME, as_of(cut), log[..cut].iter(), &before);
            for message in &log {
                apply(&mut counts, ME, message.seq, Some(message));
            }
            prop_assert_eq!(counts, whole);
        }
    }
}

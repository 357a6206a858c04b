//! What is unread: a fold over the log, never a number somebody keeps up.

use crate::wire::{
    Change, Message, Ordinal, Seq, UserId,
    user_log::{Counts, Marker},
};

/// What an entry means for the counts of one reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Nothing,
    /// Somebody else said something.
    Said {
        ordinal: Ordinal,
        seq: Seq,
        mention: bool,
    },
    /// Somebody else said something, and what is known of it is how it was left by a
    /// later entry: whether it mentioned the reader at first cannot be seen any more.
    SaidOnce {
        ordinal: Ordinal,
    },
    /// A message of somebody else mentions the reader no more. Its entry, where it is known.
    Unmentioned {
        ordinal: Ordinal,
        seq: Option<Seq>,
    },
    /// A message of somebody else was deleted.
    Deleted {
        ordinal: Ordinal,
        seq: Option<Seq>,
        mention: bool,
    },
    /// A message whose author and words are not known.
    Unseen,
}

/// Reads an entry, with the present state of the message it is about.
pub fn step(change: &Change, row: Option<&Message>, me: UserId) -> Step {
    let seq = row.map(|row| row.seq);
    match change {
        Change::MessageCreated(_) => row.map_or(Step::Unseen, |row| said(row, me)),
        Change::MessageEdited(edited) if edited.author != me && edited.unmentioned.contains(&me) => Step::Unmentioned {
            ordinal: edited.ordinal,
            seq,
        },
        Change::MessageDeleted(deleted) if deleted.author != me => Step::Deleted {
            ordinal: deleted.ordinal,
            seq,
            mention: deleted.mentioned.contains(&me),
        },
        Change::MessageEdited(_)
        | Change::MessageDeleted(_)
        | Change::ReactionAdded(_)
        | Change::ReactionRemoved(_)
        | Change::RoomCreated(_)
        | Change::RoomRenamed(_)
        | Change::RoomDeleted(_)
        | Change::MemberJoined(_)
        | Change::MemberLeft(_)
        | Change::MemberRemoved(_) => Step::Nothing,
    }
}

fn said(row: &Message, me: UserId) -> Step {
    let mention = row.mentions.contains(&me);
    // Mentions are only ever taken away: one that is there was there from the first.
    let was_left_otherwise = row.is_deleted() || row.edited_at.is_some();
    match row.ordinal {
        _ if row.author == me => Step::Nothing,
        ordinal if was_left_otherwise && !mention => Step::SaidOnce { ordinal },
        ordinal => Step::Said {
            ordinal,
            seq: row.seq,
            mention,
        },
    }
}

/// Counts of a reader from messages as they are at `as_of`, which reach without holes
/// from the marker to the head; those at or before the marker may be among them.
///
/// Where the reader left and came back cannot be known from the rows: it is what `before`
/// says, or the marker where that is later.
pub fn fold<'a>(
    marker: Marker,
    me: UserId,
    as_of: Seq,
    messages: impl Iterator<Item = &'a Message>,
    before: &Counts,
) -> Counts {
    let mut counts = none(marker, as_of, before);
    for message in messages.filter(|message| message.author != me && !message.is_deleted()) {
        let mention = message.mentions.contains(&me);
        add(&mut counts, message.ordinal, mention.then_some(message.seq));
    }
    counts
}

/// Takes in the entry `seq`. One that is counted already changes nothing. False if the
/// counts are not exact after it: then they are to be made anew.
#[must_use]
pub fn apply(counts: &mut Counts, seq: Seq, step: Step) -> bool {
    if seq <= counts.as_of {
        return true;
    }
    counts.as_of = seq;
    let read = counts.marker.ordinal;
    match step {
        Step::Nothing => true,
        Step::Unseen => false,
        Step::Said { ordinal, seq, mention } => {
            add(counts, ordinal, mention.then_some(seq));
            true
        }
        Step::SaidOnce { ordinal } => {
            add(counts, ordinal, None);
            ordinal <= read
        }
        Step::Unmentioned { ordinal, .. } | Step::Deleted { ordinal, .. } if ordinal <= read => true,
        Step::Unmentioned { ordinal, seq } => take_mention(counts, ordinal, seq),
        Step::Deleted { ordinal, seq, mention } => {
            counts.unread = counts.unread.saturating_sub(1);
            if is_of_absence(counts, ordinal) {
                counts.since_left = counts.since_left.saturating_sub(1);
            }
            !mention || take_mention(counts, ordinal, seq)
        }
    }
}

/// Counts after the marker moved to `marker` over these messages, which are all that lie between
/// the two and are as they were at `counts.as_of`. None if only the log can tell which mention is
/// the first one now.
pub fn pass<'a>(
    counts: &Counts,
    marker: Marker,
    me: UserId,
    passed: impl Iterator<Item = &'a Message>,
) -> Option<Counts> {
    let mut after = *counts;
    for message in passed.filter(|message| message.author != me && !message.is_deleted()) {
        let is_of_absence = is_of_absence(counts, message.ordinal);
        after.unread = after.unread.saturating_sub(1);
        if is_of_absence {
            after.since_left = after.since_left.saturating_sub(1);
        }
        if message.mentions.contains(&me) {
            after.mentions = after.mentions.saturating_sub(1);
            after.first_mention = after.first_mention.filter(|first| *first != message.seq);
            if is_of_absence {
                after.mentions_since_left = after.mentions_since_left.saturating_sub(1);
                after.first_mention_since_left = after.first_mention_since_left.filter(|first| *first != message.seq);
            }
        }
    }
    after.marker = marker;
    after.left = after.left.max(marker.ordinal);
    let is_known = |mentions: u32, first: Option<Seq>| mentions == 0 || first.is_some();
    let is_exact = is_known(after.mentions, after.first_mention)
        && is_known(after.mentions_since_left, after.first_mention_since_left);
    is_exact.then_some(after)
}

/// Nothing is unread up to `marker`, which stands at the head.
pub fn none(marker: Marker, as_of: Seq, before: &Counts) -> Counts {
    Counts {
        marker,
        as_of,
        left: before.left.max(marker.ordinal),
        returned: before.returned,
        ..Counts::default()
    }
}

/// True for a message after the reader left and, once they are back, not after the return.
fn is_of_absence(counts: &Counts, ordinal: Ordinal) -> bool {
    ordinal > counts.left && counts.returned.is_none_or(|returned| ordinal <= returned)
}

fn add(counts: &mut Counts, ordinal: Ordinal, mention: Option<Seq>) {
    if ordinal <= counts.marker.ordinal {
        return;
    }
    let is_of_absence = is_of_absence(counts, ordinal);
    counts.unread = counts.unread.saturating_add(1);
    if mention.is_some() {
        counts.mentions = counts.mentions.saturating_add(1);
        counts.first_mention = counts.first_mention.or(mention);
    }
    if is_of_absence {
        counts.since_left = counts.since_left.saturating_add(1);
    }
    if is_of_absence && mention.is_some() {
        counts.mentions_since_left = counts.mentions_since_left.saturating_add(1);
        counts.first_mention_since_left = counts.first_mention_since_left.or(mention);
    }
}

/// False if the counts are not exact any more.
fn take_mention(counts: &mut Counts, ordinal: Ordinal, seq: Option<Seq>) -> bool {
    let is_of_absence = is_of_absence(counts, ordinal);
    let is_exact = take_one(&mut counts.mentions, &mut counts.first_mention, seq);
    let is_exact_since_left = !is_of_absence
        || take_one(
            &mut counts.mentions_since_left,
            &mut counts.first_mention_since_left,
            seq,
        );
    is_exact && is_exact_since_left
}

/// False if it may have been the first of several: which one is the first now, only
/// the log can tell.
fn take_one(mentions: &mut u32, first: &mut Option<Seq>, seq: Option<Seq>) -> bool {
    *mentions = mentions.saturating_sub(1);
    let another_is_first = seq.is_some() && first.is_some() && seq != *first;
    if !another_is_first {
        *first = None;
    }
    another_is_first || *mentions == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{
        Body, ClientKey, Millis,
        event::{MessageCreated, MessageDeleted, MessageEdited},
    };
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
            body: Some(Body::parse("hi").unwrap()),
            mentions: if mentions_me { vec![ME] } else { vec![] },
            edited_at: None,
            reactions: vec![],
        }
    }

    fn marker(ordinal: u64) -> Marker {
        Marker {
            version: 0,
            ordinal: Ordinal(ordinal),
        }
    }

    fn created(row: &Message) -> Change {
        MessageCreated { ordinal: row.ordinal }.into()
    }

    fn deleted(row: &Message) -> Change {
        MessageDeleted {
            ordinal: row.ordinal,
            author: row.author,
            mentioned: row.mentions.clone(),
        }
        .into()
    }

    fn edited(row: &Message, unmentioned: Vec<UserId>) -> Change {
        MessageEdited {
            ordinal: row.ordinal,
            author: row.author,
            unmentioned,
        }
        .into()
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
            left: Ordinal(3),
            ..Counts::default()
        };
        let counts = fold(marker(1), ME, Seq(6), log.iter(), &before);
        assert_eq!((counts.unread, counts.mentions, counts.since_left), (2, 1, 1));
        assert_eq!(counts.first_mention, Some(Seq(5)));
    }

    #[test]
    fn message_after_the_return_is_unread_and_not_of_the_absence() {
        let mut counts = Counts {
            left: Ordinal(1),
            returned: Some(Ordinal(2)),
            ..Counts::default()
        };
        let log = [message(2, BO, true), message(3, BO, true)];
        for row in &log {
            assert!(apply(&mut counts, row.seq, step(&created(row), Some(row), ME)));
        }
        assert_eq!((counts.unread, counts.since_left), (2, 1));
        assert_eq!((counts.mentions, counts.mentions_since_left), (2, 1));
        assert_eq!(counts.first_mention_since_left, Some(log[0].seq));
        let later = log[1].seq.next();
        assert!(apply(&mut counts, later, step(&deleted(&log[1]), Some(&log[1]), ME)));
        assert_eq!(
            (counts.unread, counts.since_left, counts.mentions_since_left),
            (1, 1, 1)
        );
        assert!(apply(
            &mut counts,
            later.next(),
            step(&deleted(&log[0]), Some(&log[0]), ME)
        ));
        assert_eq!(
            (counts.unread, counts.since_left, counts.mentions_since_left),
            (0, 0, 0)
        );
    }

    #[test]
    fn an_entry_told_twice_counts_once() {
        let row = message(1, BO, true);
        let mut counts = Counts {
            as_of: Seq(2),
            ..Counts::default()
        };
        for _ in 0..2 {
            assert!(apply(&mut counts, Seq(3), step(&created(&row), Some(&row), ME)));
        }
        assert_eq!((counts.unread, counts.mentions), (1, 1));
        for _ in 0..2 {
            assert!(apply(&mut counts, Seq(4), step(&deleted(&row), Some(&row), ME)));
        }
        assert_eq!((counts.unread, counts.mentions, counts.first_mention), (0, 0, None));
    }

    #[test]
    fn which_mention_is_the_first_is_not_known_when_the_first_of_several_goes() {
        let log = [message(1, BO, true), message(2, BO, true), message(3, BO, true)];
        let all = fold(marker(0), ME, Seq(5), log.iter(), &Counts::default());
        let mut counts = all;
        assert!(
            apply(&mut counts, Seq(6), step(&deleted(&log[1]), Some(&log[1]), ME)),
            "another one than the first"
        );
        assert_eq!(
            (counts.unread, counts.mentions, counts.first_mention),
            (2, 2, Some(Seq(3)))
        );
        assert!(!apply(
            &mut counts,
            Seq(7),
            step(&edited(&log[0], vec![ME]), Some(&log[0]), ME)
        ));
        assert_eq!((counts.unread, counts.mentions, counts.first_mention), (2, 1, None));
        let mut counts = all;
        assert!(
            !apply(&mut counts, Seq(6), step(&deleted(&log[1]), None, ME)),
            "it may have been"
        );
    }

    #[test]
    fn what_a_later_entry_left_does_not_tell_whether_it_was_a_mention() {
        let mut row = message(1, BO, false);
        row.edited_at = Some(Millis(9));
        let mut counts = Counts::default();
        assert!(!apply(&mut counts, Seq(3), step(&created(&row), Some(&row), ME)));
        assert_eq!(counts.unread, 1);
        row.mentions = vec![ME];
        let mut counts = Counts::default();
        assert!(apply(&mut counts, Seq(3), step(&created(&row), Some(&row), ME)));
        assert_eq!(counts.mentions, 1);
    }

    #[test]
    fn the_edits_of_others_to_others_and_ones_own_change_no_count() {
        let row = message(1, BO, true);
        let own = message(2, ME, false);
        for change in [edited(&row, vec![BO]), edited(&own, vec![ME]), deleted(&own)] {
            assert_eq!(step(&change, None, ME), Step::Nothing);
        }
    }

    proptest! {
        #[test]
        fn applying_one_by_one_equals_counting_the_log(
            log in prop::collection::vec((any::<bool>(), any::<bool>(), prop::option::of(0_u64..12)), 0..40),
            read in 0_u64..50,
            left in 0_u64..50,
            returned in prop::option::of(0_u64..50),
            cut in 0_usize..40,
        ) {
            let mut rows: Vec<Message> = Vec::new();
            let mut entries: Vec<(Seq, Change, Message)> = Vec::new();
            for (mine, mention, takes) in log {
                let seq = Seq(entries.len() as u64 + 1);
                let taken = takes.and_then(|n| rows.get_mut(usize::try_from(n).unwrap()));
                if let Some(row) = taken.filter(|row| !row.is_deleted()) {
                    let change = deleted(row);
                    row.body = None;
                    row.mentions.clear();
                    row.revision = seq;
                    entries.push((seq, change, row.clone()));
                } else {
                    let n = rows.len() as u64 + 1;
                    let row = Message { seq, revision: seq, ..message(n, if mine { ME } else { BO }, mention) };
                    entries.push((seq, created(&row), row.clone()));
                    rows.push(row);
                }
            }
            let returned = returned.map(Ordinal);
            let before = Counts { left: Ordinal(left), returned, ..Counts::default() };
            let mut counts = none(marker(read), Seq::ZERO, &before);
            // From some place on, all are told once more.
            let cut = cut.min(entries.len());
            let mut exact = true;
            for (seq, change, row) in entries.iter().chain(&entries[cut..]) {
                exact &= apply(&mut counts, *seq, step(change, Some(row), ME));
            }
            let as_of = Seq(entries.len() as u64);
            let mut whole = fold(marker(read), ME, as_of, rows.iter(), &before);
            if !exact {
                whole.first_mention = counts.first_mention;
                whole.first_mention_since_left = counts.first_mention_since_left;
            }
            let of_absence = rows.iter().filter(|row| {
                let ordinal = row.ordinal;
                let is_unread = row.author != ME && !row.is_deleted() && ordinal.0 > read;
                is_unread && ordinal.0 > left && returned.is_none_or(|returned| ordinal <= returned)
            });
            prop_assert_eq!(counts.since_left as usize, of_absence.clone().count());
            let mentions = of_absence.filter(|row| row.mentions.contains(&ME));
            prop_assert_eq!(counts.mentions_since_left as usize, mentions.count());
            prop_assert_eq!(counts, whole);
        }
    }
}

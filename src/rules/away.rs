//! What a person who comes back is told: one card, folded from the log of what
//! is unread and from the absence the server saw.
//!
//! It is the same on every device, because nothing but these facts goes in. It
//! knows no words; the screen has them.

use crate::wire::{
    EpisodeId, Limits, Millis, RoomId, RoomKind, Seq,
    fetch::Preview,
    user_log::{Counts, Episode},
};

pub const LINES_MAX: usize = 3;

/// A room as the card sees it.
#[derive(Debug, Clone)]
pub struct AwayRoom {
    pub room: RoomId,
    pub kind: RoomKind,
    pub name: String,
    pub counts: Counts,
    pub preview: Option<Preview>,
    /// The first unread mention.
    pub mention: Option<Preview>,
    /// Muted or hidden rooms are never told of.
    pub quiet: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    pub episode: EpisodeId,
    pub absence: Millis,
    pub form: Form,
    /// At most [`LINES_MAX`], by rank.
    pub lines: Vec<Line>,
    pub more_rooms: u32,
    pub messages: u32,
    pub mentions: u32,
    pub rooms: u32,
    /// The first mention in the room that ranks highest.
    pub first_mention: Option<(RoomId, Seq)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Full,
    /// One line, for a short absence.
    Line,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub room: RoomId,
    pub kind: RoomKind,
    pub name: String,
    /// The same number as in the list of rooms.
    pub unread: u32,
    pub mentions: u32,
    /// What was said to the reader by name, else what was said last.
    pub preview: Option<Preview>,
}

/// The facts beside the rooms.
#[derive(Debug, Clone, Copy)]
pub struct Absence<'a> {
    pub episode: &'a Episode,
    /// When this reader comes back right now, and the episode does not say so yet.
    pub returning: Option<Millis>,
    pub dismissed: &'a [EpisodeId],
    pub limits: &'a Limits,
    /// The room one lands in shows for itself what is new.
    pub landed: Option<RoomId>,
}

/// The card, if there is anything to tell.
pub fn card(absence: &Absence<'_>, rooms: &[AwayRoom]) -> Option<Card> {
    let episode = absence.episode;
    let length = absence_length(absence)?;
    if length < absence.limits.away_min_absence_ms || absence.dismissed.contains(&episode.episode) {
        return None;
    }
    // In order of rank. Short lists are sorted as they are made: the library's sorts
    // cost a page kilobytes for each kind of thing.
    let mut told: Vec<&AwayRoom> = Vec::new();
    for room in rooms.iter().filter(|room| is_told(room, absence.landed)) {
        let place = told.partition_point(|other| ranked(other) < ranked(room));
        told.insert(place, room);
    }
    if told.is_empty() {
        return None;
    }
    Some(Card {
        episode: episode.episode,
        absence: length,
        form: if length < absence.limits.away_full_card_ms {
            Form::Line
        } else {
            Form::Full
        },
        lines: told.iter().take(LINES_MAX).map(|room| line(room)).collect(),
        more_rooms: number(told.len().saturating_sub(LINES_MAX)),
        messages: told.iter().fold(0, |sum, room| sum.saturating_add(room.counts.unread)),
        mentions: told
            .iter()
            .fold(0, |sum, room| sum.saturating_add(room.counts.mentions)),
        rooms: number(told.len()),
        first_mention: told
            .iter()
            .find_map(|room| Some((room.room, room.counts.first_mention?))),
    })
}

fn ranked(room: &AwayRoom) -> (u8, u64, RoomId) {
    rank(room.kind, &room.counts, room.preview.as_ref(), room.room)
}

/// How long it was; none while it lasts.
pub fn absence_length(absence: &Absence<'_>) -> Option<Millis> {
    let back = absence.episode.back.or(absence.returning)?;
    Some(Millis(back.0.saturating_sub(absence.episode.last_active.0)))
}

fn is_told(room: &AwayRoom, landed: Option<RoomId>) -> bool {
    !room.quiet && landed != Some(room.room) && room.counts.since_left > 0 && room.counts.unread > 0
}

/// Sorts rooms by what a reader wants first: mentions, direct rooms, others;
/// among equals the one with the newest message.
pub fn rank(kind: RoomKind, counts: &Counts, preview: Option<&Preview>, room: RoomId) -> (u8, u64, RoomId) {
    let class = match (counts.mentions, kind) {
        (1.., _) => 0,
        (0, RoomKind::Direct) => 1,
        (0, RoomKind::Open | RoomKind::Closed) => 2,
    };
    (class, u64::MAX - preview.map_or(0, |preview| preview.at.0), room)
}

fn line(room: &AwayRoom) -> Line {
    Line {
        room: room.room,
        kind: room.kind,
        name: room.name.clone(),
        unread: room.counts.unread,
        mentions: room.counts.mentions,
        preview: room.mention.clone().or_else(|| room.preview.clone()),
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::UserId;

    const MINUTE: u64 = 60_000;
    const EPISODE: EpisodeId = EpisodeId::from_bytes([7; 16]);

    fn id(n: u8) -> RoomId {
        RoomId::from_bytes([n; 16])
    }

    fn room(n: u8, kind: RoomKind, unread: u32, mentions: u32, at: u64) -> AwayRoom {
        AwayRoom {
            room: id(n),
            kind,
            name: format!("room {n}"),
            counts: Counts {
                unread,
                mentions,
                since_left: unread,
                first_mention: (mentions > 0).then_some(Seq(u64::from(n) * 10)),
                ..Counts::default()
            },
            preview: Some(Preview {
                seq: Seq(1),
                author: UserId::from_bytes([1; 16]),
                at: Millis(at),
                words: "hi".into(),
            }),
            mention: None,
            quiet: false,
        }
    }

    struct Return {
        minutes: u64,
        dismissed: Vec<EpisodeId>,
        landed: Option<RoomId>,
        back: bool,
        returning: bool,
    }

    const AFTER_TWO_HOURS: Return = Return {
        minutes: 130,
        dismissed: vec![],
        landed: None,
        back: true,
        returning: false,
    };

    impl Return {
        fn card(&self, rooms: &[AwayRoom]) -> Option<Card> {
            let now = Millis(1_000 + self.minutes * MINUTE);
            let episode = Episode {
                episode: EPISODE,
                last_active: Millis(1_000),
                back: self.back.then_some(now),
                returned: None,
            };
            card(
                &Absence {
                    episode: &episode,
                    returning: self.returning.then_some(now),
                    dismissed: &self.dismissed,
                    limits: &Limits::default(),
                    landed: self.landed,
                },
                rooms,
            )
        }
    }

    #[test]
    fn three_lines_by_rank_and_the_exact_rest() {
        let rooms = [
            room(1, RoomKind::Open, 5, 0, 50),
            room(2, RoomKind::Direct, 1, 0, 10),
            room(3, RoomKind::Closed, 2, 1, 20),
            room(4, RoomKind::Open, 4, 2, 30),
            room(5, RoomKind::Open, 7, 0, 60),
        ];
        let card = AFTER_TWO_HOURS.card(&rooms).unwrap();
        assert_eq!(
            card.lines.iter().map(|line| line.room).collect::<Vec<_>>(),
            [id(4), id(3), id(2)]
        );
        assert_eq!(
            (card.rooms, card.more_rooms, card.messages, card.mentions),
            (5, 2, 19, 3)
        );
        assert_eq!(card.first_mention, Some((id(4), Seq(40))));
        assert_eq!((card.absence, card.form), (Millis(130 * MINUTE), Form::Full));
    }

    #[test]
    fn the_order_of_the_rooms_given_does_not_matter() {
        let mut rooms: Vec<_> = (1..9).map(|n| room(n, RoomKind::Open, 1, 0, 5)).collect();
        let first = AFTER_TWO_HOURS.card(&rooms);
        rooms.reverse();
        assert_eq!(AFTER_TWO_HOURS.card(&rooms), first);
    }

    #[test]
    fn a_short_absence_shows_one_line_and_a_shorter_one_nothing() {
        let rooms = [room(1, RoomKind::Open, 1, 0, 1)];
        let form = |minutes| {
            Return {
                minutes,
                ..AFTER_TWO_HOURS
            }
            .card(&rooms)
            .map(|card| card.form)
        };
        assert_eq!(
            [2, 3, 14, 15].map(form),
            [None, Some(Form::Line), Some(Form::Line), Some(Form::Full)]
        );
    }

    #[test]
    fn a_line_says_what_was_said_to_the_reader() {
        let mut named = room(1, RoomKind::Open, 3, 1, 5);
        named.mention = named.preview.clone().map(|preview| Preview {
            words: "@ada come".into(),
            ..preview
        });
        let card = AFTER_TWO_HOURS
            .card(&[named, room(2, RoomKind::Open, 1, 0, 9)])
            .unwrap();
        let words = card.lines.iter().flat_map(|line| &line.preview);
        assert_eq!(
            words.map(|words| words.words.as_str()).collect::<Vec<_>>(),
            ["@ada come", "hi"]
        );
    }

    #[test]
    fn nothing_new_nothing_shown() {
        let mut read = room(1, RoomKind::Open, 0, 0, 1);
        read.counts.since_left = 3;
        let mut old = room(2, RoomKind::Open, 9, 0, 1);
        old.counts.since_left = 0;
        let mut quiet = room(3, RoomKind::Open, 9, 1, 1);
        quiet.quiet = true;
        assert_eq!(AFTER_TWO_HOURS.card(&[read, old, quiet]), None);
    }

    #[test]
    fn a_dismissed_card_and_the_room_one_lands_in_are_left_out() {
        let rooms = [room(1, RoomKind::Open, 1, 0, 1)];
        let dismissed = Return {
            dismissed: vec![EPISODE],
            ..AFTER_TWO_HOURS
        };
        let landed = Return {
            landed: Some(id(1)),
            ..AFTER_TWO_HOURS
        };
        assert_eq!((dismissed.card(&rooms), landed.card(&rooms)), (None, None));
    }

    #[test]
    fn while_the_absence_lasts_only_the_one_coming_back_sees_the_card() {
        let rooms = [room(1, RoomKind::Open, 1, 0, 1)];
        let away = Return {
            back: false,
            ..AFTER_TWO_HOURS
        };
        assert_eq!(away.card(&rooms), None);
        let returning = Return {
            back: false,
            returning: true,
            ..AFTER_TWO_HOURS
        };
        assert!(returning.card(&rooms).is_some());
    }
}

//! The away card: what a user who comes back missed, folded from the counts of
//! their rooms and the absence that the server stored.
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
    /// Of the first mention of the absence, else of its newest message.
    pub preview: Option<Preview>,
    /// Muted or hidden rooms are never on the card.
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
    /// Messages of the absence that are still unread, and those of them that mention the reader.
    pub messages: u32,
    pub mentions: u32,
    /// All rooms by rank, those without a line among them.
    pub rooms: Vec<RoomId>,
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
    /// Messages of the absence that are still unread. What is unread from before or came
    /// later is counted by the list of rooms alone.
    pub missed: u32,
    pub mentions: u32,
    pub preview: Option<Preview>,
}

/// The facts beside the rooms.
#[derive(Debug, Clone, Copy)]
pub struct Absence<'a> {
    pub episode: &'a Episode,
    pub dismissed: &'a [EpisodeId],
    pub limits: &'a Limits,
    /// The room one lands in shows for itself what is new.
    pub landed: Option<RoomId>,
}

/// The card, if there is anything to tell.
pub fn card(absence: &Absence<'_>, rooms: &[AwayRoom]) -> Option<Card> {
    let episode = absence.episode;
    let length = absence_length(episode)?;
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
        messages: sum(&told, |counts| counts.since_left),
        mentions: sum(&told, |counts| counts.mentions_since_left),
        rooms: told.iter().map(|room| room.room).collect(),
        first_mention: told
            .iter()
            .find_map(|room| Some((room.room, room.counts.first_mention_since_left?))),
    })
}

impl Card {
    pub fn number_of_rooms(&self) -> u32 {
        number(self.rooms.len())
    }
}

fn sum(rooms: &[&AwayRoom], number: impl Fn(&Counts) -> u32) -> u32 {
    rooms
        .iter()
        .fold(0, |sum, room| sum.saturating_add(number(&room.counts)))
}

fn ranked(room: &AwayRoom) -> (u8, u64, RoomId) {
    let mentions = room.counts.mentions_since_left;
    rank(room.kind, mentions, room.preview.as_ref(), room.room)
}

/// How long it was. None while it lasts, and while the place of the return in the store is
/// not known: until then nobody can say what belongs to it.
pub fn absence_length(episode: &Episode) -> Option<Millis> {
    episode.returned?;
    Some(Millis(episode.back?.0.saturating_sub(episode.last_active.0)))
}

fn is_told(room: &AwayRoom, landed: Option<RoomId>) -> bool {
    !room.quiet && landed != Some(room.room) && room.counts.since_left > 0
}

/// Sorts rooms by what a reader wants first: mentions, direct rooms, others;
/// among equals the one with the newest message.
pub fn rank(kind: RoomKind, mentions: u32, preview: Option<&Preview>, room: RoomId) -> (u8, u64, RoomId) {
    let class = match (mentions, kind) {
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
        missed: room.counts.since_left,
        mentions: room.counts.mentions_since_left,
        preview: room.preview.clone(),
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Position, UserId};

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
                mentions_since_left: mentions,
                first_mention_since_left: (mentions > 0).then_some(Seq(u64::from(n) * 10)),
                ..Counts::default()
            },
            preview: Some(Preview {
                seq: Seq(1),
                author: UserId::from_bytes([1; 16]),
                at: Millis(at),
                words: "hi".into(),
            }),
            quiet: false,
        }
    }

    struct Return {
        minutes: u64,
        dismissed: Vec<EpisodeId>,
        landed: Option<RoomId>,
        back: bool,
        returned: bool,
    }

    const AFTER_TWO_HOURS: Return = Return {
        minutes: 130,
        dismissed: vec![],
        landed: None,
        back: true,
        returned: true,
    };

    impl Return {
        fn card(&self, rooms: &[AwayRoom]) -> Option<Card> {
            let now = Millis(1_000 + self.minutes * MINUTE);
            let episode = Episode {
                episode: EPISODE,
                last_active: Millis(1_000),
                back: self.back.then_some(now),
                returned: self.returned.then_some(Position(9)),
            };
            card(
                &Absence {
                    episode: &episode,
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
        assert_eq!((card.more_rooms, card.messages, card.mentions), (2, 19, 3));
        assert_eq!(card.rooms, [id(4), id(3), id(2), id(5), id(1)]);
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
    fn line_counts_the_absence_and_not_all_that_is_unread() {
        let mut long_unread = room(1, RoomKind::Open, 3, 0, 5);
        long_unread.counts.unread = 40;
        long_unread.counts.mentions = 2;
        long_unread.counts.first_mention = Some(Seq(2));
        let card = AFTER_TWO_HOURS.card(&[long_unread]).unwrap();
        assert_eq!((card.messages, card.mentions, card.first_mention), (3, 0, None));
        assert_eq!((card.lines[0].missed, card.lines[0].mentions), (3, 0));
    }

    #[test]
    fn nothing_new_nothing_shown() {
        let read = room(1, RoomKind::Open, 0, 0, 1);
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
    fn no_card_while_the_absence_lasts_or_the_place_of_the_return_is_unknown() {
        let rooms = [room(1, RoomKind::Open, 1, 0, 1)];
        let away = Return {
            back: false,
            returned: false,
            ..AFTER_TWO_HOURS
        };
        let unknown = Return {
            returned: false,
            ..AFTER_TWO_HOURS
        };
        assert_eq!((away.card(&rooms), unknown.card(&rooms)), (None, None));
    }
}

//! Level-1 forms: bodies as 0.1.0 reads and writes them, where this build has newer ones.
//!
//! Each converts to the newest form without loss. The way back drops what 0.1.0 had no
//! field for.

use super::{
    command::{Hello, Presence},
    envelope::{Envelope, Enveloped, encode},
    event::UserEvent,
    fetch::{CaughtUp, Delta, News, Page, Preview, RoomAnswer, Summary},
    ids::*,
    level::Level,
    person::Person,
    room::RoomMeta,
    user_log::{Counts, Episode, Marker, UserItem, UserValue},
};
use serde::{Deserialize, Serialize};

/// Kind and version of the forms below.
const EPISODE: (u16, u8) = (2, 1);
const USER_EVENT: (u16, u8) = (4, 1);
const CAUGHT_UP: (u16, u8) = (1, 1);

fn packed<T: Serialize>((kind, version): (u16, u8), body: &T) -> Envelope {
    Envelope {
        kind,
        version,
        body: encode(body),
    }
}

pub(super) fn user_event(event: &UserEvent) -> Envelope {
    packed(USER_EVENT, &UserEventV1::from(event.clone()))
}

pub(super) fn caught_up(caught_up: CaughtUp) -> Envelope {
    packed(CAUGHT_UP, &CaughtUpV1::from(caught_up))
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelloV1 {
    protocol: u8,
    device: DeviceId,
    presence: Presence,
}

impl From<HelloV1> for Hello {
    fn from(old: HelloV1) -> Self {
        Self {
            protocol: old.protocol,
            level: Level::FIRST,
            device: old.device,
            presence: old.presence,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpisodeV1 {
    episode: EpisodeId,
    last_active: Millis,
    back: Option<Millis>,
}

impl From<EpisodeV1> for Episode {
    fn from(old: EpisodeV1) -> Self {
        Self {
            episode: old.episode,
            last_active: old.last_active,
            back: old.back,
            returned: None,
        }
    }
}

impl From<Episode> for EpisodeV1 {
    fn from(new: Episode) -> Self {
        Self {
            episode: new.episode,
            last_active: new.last_active,
            back: new.back,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountsV1 {
    marker: Marker,
    as_of: Seq,
    unread: u32,
    mentions: u32,
    first_mention: Option<Seq>,
    since_left: u32,
    left: Ordinal,
}

impl From<CountsV1> for Counts {
    fn from(old: CountsV1) -> Self {
        Self {
            marker: old.marker,
            as_of: old.as_of,
            unread: old.unread,
            mentions: old.mentions,
            first_mention: old.first_mention,
            since_left: old.since_left,
            left: old.left,
            returned: None,
            mentions_since_left: 0,
            first_mention_since_left: None,
        }
    }
}

impl From<Counts> for CountsV1 {
    fn from(new: Counts) -> Self {
        Self {
            marker: new.marker,
            as_of: new.as_of,
            unread: new.unread,
            mentions: new.mentions,
            first_mention: new.first_mention,
            since_left: new.since_left,
            left: new.left,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserItemV1 {
    useq: UserSeq,
    value: Envelope,
    counts: Option<CountsV1>,
}

impl From<UserItemV1> for UserItem {
    fn from(old: UserItemV1) -> Self {
        Self {
            useq: old.useq,
            value: old.value,
            counts: old.counts.map(Counts::from),
        }
    }
}

impl From<UserItem> for UserItemV1 {
    fn from(new: UserItem) -> Self {
        let value = match UserValue::unpack(&new.value) {
            Ok(UserValue::Episode(episode)) => packed(EPISODE, &EpisodeV1::from(episode)),
            _ => new.value,
        };
        Self {
            useq: new.useq,
            value,
            counts: new.counts.map(CountsV1::from),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserEventV1 {
    prev: UserSeq,
    item: UserItemV1,
}

impl From<UserEventV1> for UserEvent {
    fn from(old: UserEventV1) -> Self {
        Self {
            prev: old.prev,
            item: old.item.into(),
        }
    }
}

impl From<UserEvent> for UserEventV1 {
    fn from(new: UserEvent) -> Self {
        Self {
            prev: new.prev,
            item: new.item.into(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SummaryV1 {
    meta: RoomMeta,
    head: Cursor,
    ordinal: Ordinal,
    counts: CountsV1,
    preview: Option<Preview>,
    mention: Option<Preview>,
}

impl From<SummaryV1> for Summary {
    fn from(old: SummaryV1) -> Self {
        Self {
            meta: old.meta,
            head: old.head,
            ordinal: old.ordinal,
            counts: old.counts.into(),
            preview: old.preview,
            mention: old.mention,
            away: None,
        }
    }
}

impl From<Summary> for SummaryV1 {
    fn from(new: Summary) -> Self {
        Self {
            meta: new.meta,
            head: new.head,
            ordinal: new.ordinal,
            counts: new.counts.into(),
            preview: new.preview,
            mention: new.mention,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum NewsV1 {
    Same(SummaryV1),
    Delta(SummaryV1, Delta),
    Jump(SummaryV1, Page),
    Reset(SummaryV1, Page),
    Summary(SummaryV1),
    Gone,
}

impl From<NewsV1> for News {
    fn from(old: NewsV1) -> Self {
        match old {
            NewsV1::Same(summary) => Self::Same(summary.into()),
            NewsV1::Delta(summary, delta) => Self::Delta(summary.into(), delta),
            NewsV1::Jump(summary, page) => Self::Jump(summary.into(), page),
            NewsV1::Reset(summary, page) => Self::Reset(summary.into(), page),
            NewsV1::Summary(summary) => Self::Summary(summary.into()),
            NewsV1::Gone => Self::Gone,
        }
    }
}

impl From<News> for NewsV1 {
    fn from(new: News) -> Self {
        match new {
            News::Same(summary) => Self::Same(summary.into()),
            News::Delta(summary, delta) => Self::Delta(summary.into(), delta),
            News::Jump(summary, page) => Self::Jump(summary.into(), page),
            News::Reset(summary, page) => Self::Reset(summary.into(), page),
            News::Summary(summary) => Self::Summary(summary.into()),
            News::Gone => Self::Gone,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomAnswerV1 {
    room: RoomId,
    news: NewsV1,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaughtUpV1 {
    epoch: Epoch,
    user: Vec<UserItemV1>,
    user_to: UserSeq,
    people: Vec<Person>,
    directory_to: DirectorySeq,
    rooms: Vec<RoomAnswerV1>,
}

impl From<CaughtUpV1> for CaughtUp {
    fn from(old: CaughtUpV1) -> Self {
        let rooms = old.rooms.into_iter().map(|answer| RoomAnswer {
            room: answer.room,
            news: answer.news.into(),
        });
        Self {
            epoch: old.epoch,
            user: old.user.into_iter().map(UserItem::from).collect(),
            user_to: old.user_to,
            people: old.people,
            directory_to: old.directory_to,
            rooms: rooms.collect(),
        }
    }
}

impl From<CaughtUp> for CaughtUpV1 {
    fn from(new: CaughtUp) -> Self {
        let rooms = new.rooms.into_iter().map(|answer| RoomAnswerV1 {
            room: answer.room,
            news: answer.news.into(),
        });
        Self {
            epoch: new.epoch,
            user: new.user.into_iter().map(UserItemV1::from).collect(),
            user_to: new.user_to,
            people: new.people,
            directory_to: new.directory_to,
            rooms: rooms.collect(),
        }
    }
}

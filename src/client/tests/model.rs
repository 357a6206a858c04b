//! A server as the wire describes it: logs in memory, counted by brute force. Its
//! pages are small, so that short stories have holes, gaps and jumps.

use crate::{
    rules::preview,
    wire::{
        event::{
            MemberJoined, MemberLeft, MemberRemoved, MessageCreated, MessageDeleted, MessageEdited, ReactionAdded,
            ReactionRemoved, RoomCreated, RoomDeleted, RoomEvent, RoomRenamed, UserEvent, Welcome,
        },
        fetch::{
            Answer, Around, Ask, CatchUp, CaughtUp, Delta, Have, History, News, Page, Preview, Range, RoomAnswer,
            Summary, Want,
        },
        membership::{RoomRole, ServerRole},
        person::Me,
        room::{RoomHead, RoomMeta},
        user_log::{Counts, Dismissed, Episode, Marker, ReadMarker, UserItem, UserValue},
        *,
    },
};
use std::collections::{BTreeMap, BTreeSet};

pub const DELTA_MAX: u64 = 8;
pub const PAGE: u64 = 5;
/// Rooms that fit into one answer.
pub const ANSWER_ROOMS: usize = 3;

#[derive(Default)]
pub struct Log {
    pub name: String,
    pub entries: Vec<Entry>,
    pub messages: Vec<Message>,
    pub members: BTreeSet<UserId>,
    pub with: Option<(UserId, UserId)>,
    /// When the text of a message was changed last.
    pub worded: BTreeMap<Ordinal, Seq>,
}

impl Log {
    pub fn head(&self) -> Cursor {
        self.entries.last().map(Entry::cursor).unwrap_or_default()
    }

    pub fn ordinal(&self) -> Ordinal {
        Ordinal(self.messages.len() as u64)
    }

    fn knows(&self, cursor: Cursor) -> bool {
        self.entries.iter().any(|entry| entry.cursor() == cursor)
    }

    /// Messages `from ..= to`, and the notes between and after them.
    pub fn page(&self, room: RoomId, from: u64, to: u64) -> Page {
        let of = |ordinal: u64| self.messages.iter().find(|m| m.ordinal.0 == ordinal).map(|m| m.seq.0);
        let start = if from <= 1 { 0 } else { of(from).unwrap_or(u64::MAX) };
        let end = of(to + 1).unwrap_or(u64::MAX);
        Page {
            room,
            from: Ordinal(from),
            to: Ordinal(to),
            messages: self
                .messages
                .iter()
                .filter(|m| (from..=to).contains(&m.ordinal.0))
                .cloned()
                .collect(),
            notes: self
                .entries
                .iter()
                .filter(|e| e.seq.0 >= start && e.seq.0 < end)
                .filter(|e| target(e).is_none())
                .cloned()
                .collect(),
            people: vec![],
            as_of: self.head(),
        }
    }

    fn newest(&self, room: RoomId) -> Page {
        let to = self.ordinal().0;
        self.page(room, (to + 1).saturating_sub(PAGE).max(1), to)
    }

    fn delta(&self, room: RoomId, after: Seq, to: Seq) -> Delta {
        let entries: Vec<Entry> = self
            .entries
            .iter()
            .filter(|e| e.seq > after && e.seq <= to)
            .cloned()
            .collect();
        Delta {
            room,
            from: after,
            to: entries.last().map_or_else(|| self.head(), Entry::cursor),
            messages: self
                .messages
                .iter()
                .filter(|m| entries.iter().any(|e| target(e) == Some(m.ordinal)))
                .cloned()
                .collect(),
            entries,
            people: vec![],
        }
    }
}

/// The message that an entry is about.
fn target(entry: &Entry) -> Option<Ordinal> {
    entry.change().ok()?.target()
}

/// What one user alone sees.
#[derive(Default)]
pub struct Personal {
    pub items: Vec<UserItem>,
    pub markers: BTreeMap<RoomId, Marker>,
    pub dismissed: Vec<EpisodeId>,
    pub episode: Option<Episode>,
    /// Where each room ended when the user left, and when they came back.
    pub left: BTreeMap<RoomId, (Ordinal, Option<Ordinal>)>,
    pub head: UserSeq,
}

pub struct Server {
    pub epoch: Epoch,
    pub rooms: BTreeMap<RoomId, Log>,
    pub users: BTreeMap<UserId, Personal>,
    pub people: Vec<Person>,
    pub keys: BTreeMap<(UserId, ClientKey), (RoomId, Seq, String)>,
    pub now: Millis,
    pub limits: Limits,
    pub directory_head: DirectorySeq,
    salt: u32,
}

/// What a commit told, and to whom.
pub enum Told {
    Room(RoomEvent),
    User(UserId, UserEvent),
    Gone(UserId, RoomId),
}

pub fn user(n: u8) -> UserId {
    UserId::from_bytes([n; 16])
}

pub fn room(n: u8) -> RoomId {
    RoomId::from_bytes([0x40 + n; 16])
}

impl Server {
    /// A server with people 1 ..= `people`, all of them in rooms 1 ..= `rooms`.
    pub fn with(people: u8, rooms: u8) -> Self {
        let mut server = Self {
            epoch: Epoch([1; 16]),
            rooms: BTreeMap::new(),
            users: (1..=people).map(|n| (user(n), Personal::default())).collect(),
            people: (1..=people).map(person).collect(),
            keys: BTreeMap::new(),
            now: Millis(1_000_000),
            limits: Limits::default(),
            directory_head: DirectorySeq(u64::from(people)),
            salt: 7,
        };
        for n in 1..=rooms {
            server.make_room(room(n), user(1));
            for other in 2..=people {
                server.join(room(n), user(other));
            }
        }
        server
    }

    pub fn make_room(&mut self, room: RoomId, by: UserId) -> Vec<Told> {
        let name = format!("room {}", self.rooms.len() + 1);
        self.rooms.insert(
            room,
            Log {
                name: name.clone(),
                ..Log::default()
            },
        );
        let mut told = vec![self.enter(room, by, &RoomCreated { name }.into())];
        told.extend(self.join(room, by));
        told
    }

    pub fn join(&mut self, room: RoomId, who: UserId) -> Vec<Told> {
        let log = self.rooms.get_mut(&room).expect("the story made it");
        log.members.insert(who);
        let ordinal = log.ordinal();
        let joined = MemberJoined {
            user: who,
            role: RoomRole::Member,
        };
        let mut told = vec![self.enter(room, who, &joined.into())];
        told.extend(self.mark(who, room, Marker { version: 0, ordinal }));
        told
    }

    pub fn leave(&mut self, room: RoomId, who: UserId) -> Vec<Told> {
        let log = self.rooms.get_mut(&room).expect("the story made it");
        if !log.members.remove(&who) {
            return vec![];
        }
        vec![
            self.enter(room, who, &MemberLeft { user: who }.into()),
            Told::Gone(who, room),
        ]
    }

    pub fn remove(&mut self, room: RoomId, who: UserId, by: UserId) -> Vec<Told> {
        let log = self.rooms.get_mut(&room).expect("the story made it");
        if !log.members.remove(&who) {
            return vec![];
        }
        vec![
            self.enter(room, by, &MemberRemoved { user: who }.into()),
            Told::Gone(who, room),
        ]
    }

    pub fn delete_room(&mut self, room: RoomId, by: UserId) -> Vec<Told> {
        let log = self.rooms.get_mut(&room).expect("the story made it");
        let members = core::mem::take(&mut log.members);
        let entry = self.enter(room, by, &RoomDeleted {}.into());
        let gone = members.into_iter().map(|who| Told::Gone(who, room));
        [entry].into_iter().chain(gone).collect()
    }

    pub fn rename(&mut self, room: RoomId, by: UserId, name: &str) -> Vec<Told> {
        self.rooms.get_mut(&room).expect("the story made it").name = name.into();
        vec![self.enter(room, by, &RoomRenamed { name: name.into() }.into())]
    }

    /// An entry of a release that nobody here has heard of.
    pub fn do_something_new(&mut self, room: RoomId, by: UserId) -> Vec<Told> {
        let change = Envelope {
            kind: 900,
            version: 1,
            body: vec![1, 2, 3],
        };
        self.enter_newer(room, by, change)
    }

    pub fn enter_newer(&mut self, room: RoomId, by: UserId, change: Envelope) -> Vec<Told> {
        vec![self.enter_envelope(room, by, change)]
    }

    pub fn say(&mut self, room: RoomId, by: UserId, key: ClientKey, text: &str) -> Vec<Told> {
        let mentions = self.mentions_of(text);
        let ordinal = self.rooms[&room].ordinal().next();
        let told = self.enter(room, by, &MessageCreated { ordinal }.into());
        let Told::Room(mut event) = told else {
            unreachable!("entries are told to rooms")
        };
        let message = Message {
            ordinal,
            seq: event.entry.seq,
            revision: event.entry.seq,
            author: by,
            client_key: key,
            at: event.entry.at,
            body: Some(Body::stored(text.into())),
            mentions,
            edited_at: None,
            reactions: Vec::new(),
        };
        self.keys.insert((by, key), (room, message.seq, text.into()));
        self.rooms
            .get_mut(&room)
            .expect("it has a head")
            .messages
            .push(message.clone());
        event.row = Some(message);
        vec![Told::Room(event)]
    }

    fn mentions_of(&self, text: &str) -> Vec<UserId> {
        crate::rules::mentions::mentions(text, &|name| {
            self.people
                .iter()
                .find(|person| person.username == name)
                .map(|person| person.user)
        })
    }

    /// The message, if it is there to be changed.
    pub fn message(&self, room: RoomId, ordinal: Ordinal) -> Option<&Message> {
        let place = usize::try_from(ordinal.0).ok()?.checked_sub(1)?;
        self.rooms.get(&room)?.messages.get(place)
    }

    /// Another text, by whoever the story wants. Mentions can only become fewer.
    pub fn edit(&mut self, room: RoomId, by: UserId, ordinal: Ordinal, text: &str) -> Vec<Told> {
        let Some(row) = self.message(room, ordinal).filter(|row| !row.is_deleted()) else {
            return vec![];
        };
        let author = row.author;
        let named = self.mentions_of(text);
        let (mentions, unmentioned): (Vec<UserId>, Vec<UserId>) =
            row.mentions.iter().partition(|user| named.contains(user));
        let change = MessageEdited {
            ordinal,
            author,
            unmentioned,
        };
        let (now, body) = (self.now, Body::stored(text.into()));
        let told = self.change(room, by, ordinal, &change.into(), |row| {
            row.body = Some(body);
            row.mentions = mentions;
            row.edited_at = Some(now);
        });
        let log = self.rooms.get_mut(&room).expect("it was just changed");
        log.worded.insert(ordinal, log.head().seq);
        told
    }

    pub fn delete(&mut self, room: RoomId, by: UserId, ordinal: Ordinal) -> Vec<Told> {
        let Some(row) = self.message(room, ordinal).filter(|row| !row.is_deleted()) else {
            return vec![];
        };
        let change = MessageDeleted {
            ordinal,
            author: row.author,
            mentioned: row.mentions.clone(),
        };
        self.change(room, by, ordinal, &change.into(), |row| {
            row.body = None;
            row.mentions.clear();
            row.reactions.clear();
        })
    }

    pub fn react(&mut self, room: RoomId, by: UserId, ordinal: Ordinal, emoji: &Emoji, on: bool) -> Vec<Told> {
        let Some(row) = self.message(room, ordinal).filter(|row| !row.is_deleted()) else {
            return vec![];
        };
        let mut reactions = row.reactions.clone();
        let place = reactions.iter().position(|reaction| reaction.emoji == *emoji);
        let has = place.is_some_and(|place| reactions[place].users.contains(&by));
        let change: Change = match (on, place) {
            _ if on == has => return vec![],
            (true, None) => {
                reactions.push(Reaction {
                    emoji: emoji.clone(),
                    users: vec![by],
                });
                ReactionAdded {
                    ordinal,
                    emoji: emoji.clone(),
                }
                .into()
            }
            (true, Some(place)) => {
                reactions[place].users.push(by);
                ReactionAdded {
                    ordinal,
                    emoji: emoji.clone(),
                }
                .into()
            }
            (false, _) => {
                for reaction in reactions.iter_mut().filter(|reaction| reaction.emoji == *emoji) {
                    reaction.users.retain(|user| *user != by);
                }
                reactions.retain(|reaction| !reaction.users.is_empty());
                ReactionRemoved {
                    ordinal,
                    emoji: emoji.clone(),
                }
                .into()
            }
        };
        self.change(room, by, ordinal, &change, |row| row.reactions = reactions)
    }

    fn change(
        &mut self,
        room: RoomId,
        by: UserId,
        ordinal: Ordinal,
        change: &Change,
        act: impl FnOnce(&mut Message),
    ) -> Vec<Told> {
        let Told::Room(mut event) = self.enter(room, by, change) else {
            unreachable!("entries are told to rooms")
        };
        let log = self.rooms.get_mut(&room).expect("it has a head");
        let row = log
            .messages
            .iter_mut()
            .find(|row| row.ordinal == ordinal)
            .expect("it was looked for before");
        act(row);
        row.revision = event.entry.seq;
        event.row = Some(row.clone());
        vec![Told::Room(event)]
    }

    /// What a command about a message may be refused for.
    pub fn may_change(&self, room: RoomId, who: UserId, target: Target, revision: Option<Seq>) -> Result<(), Problem> {
        let row = self.message(room, target.ordinal).ok_or(Problem::Gone)?;
        let worded = self.rooms[&room].worded.get(&target.ordinal);
        match revision {
            _ if row.client_key != target.key => Err(Problem::Gone),
            _ if row.is_deleted() => Err(Problem::MessageDeleted),
            Some(_) if row.author != who => Err(Problem::NotAllowed),
            Some(revision) if worded.is_some_and(|worded| *worded > revision) => Err(Problem::Outdated(target.ordinal)),
            _ => Ok(()),
        }
    }

    fn enter(&mut self, room: RoomId, by: UserId, change: &Change) -> Told {
        self.enter_envelope(room, by, change.pack())
    }

    fn enter_envelope(&mut self, room: RoomId, by: UserId, change: Envelope) -> Told {
        self.salt = self.salt.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
        let (tail, at) = (Tail(self.salt), self.now);
        let log = self.rooms.get_mut(&room).expect("the story made it");
        let entry = Entry {
            seq: log.head().seq.next(),
            tail,
            at,
            actor: by,
            change,
        };
        log.entries.push(entry.clone());
        Told::Room(RoomEvent { room, entry, row: None })
    }

    pub fn mark(&mut self, who: UserId, room: RoomId, marker: Marker) -> Vec<Told> {
        let head = self.rooms.get(&room).map(Log::ordinal).unwrap_or_default();
        let marker = Marker {
            ordinal: marker.ordinal.min(head),
            ..marker
        };
        let personal = self.users.get_mut(&who).expect("the story made them");
        match personal.markers.get(&room) {
            Some(known) if *known >= marker => return vec![],
            _ => personal.markers.insert(room, marker),
        };
        let counts = self.counts(who, room);
        self.put(who, &UserValue::ReadMarker(ReadMarker { room, marker }), Some(counts))
    }

    pub fn dismiss(&mut self, who: UserId, episode: EpisodeId) -> Vec<Told> {
        let personal = self.users.get_mut(&who).expect("the story made them");
        if personal.dismissed.contains(&episode) {
            return vec![];
        }
        personal.dismissed.push(episode);
        personal.dismissed.sort_unstable();
        let episodes = personal.dismissed.clone();
        self.put(who, &UserValue::Dismissed(Dismissed { episodes }), None)
    }

    /// The last of a user's devices is not active any more.
    pub fn leaves(&mut self, who: UserId) -> Vec<Told> {
        let rooms = self.rooms.iter().filter(|(_, log)| log.members.contains(&who));
        let left = rooms.map(|(&room, log)| (room, (log.ordinal(), None))).collect();
        let last_active = self.now;
        let episode = EpisodeId::new(last_active, [who.as_bytes()[0]; 10]);
        let personal = self.users.get_mut(&who).expect("the story made them");
        personal.left = left;
        let episode = Episode {
            episode,
            last_active,
            back: None,
            returned: None,
        };
        personal.episode = Some(episode.clone());
        self.put(who, &UserValue::Episode(episode), None)
    }

    pub fn is_back(&mut self, who: UserId) -> Vec<Told> {
        let now = self.now;
        let personal = self.users.get_mut(&who).expect("the story made them");
        let Some(episode) = personal.episode.as_mut().filter(|episode| episode.back.is_none()) else {
            return vec![];
        };
        episode.back = Some(now);
        episode.returned = Some(Position(self.rooms.values().map(|log| log.ordinal().0).sum()));
        for (left, returned) in personal.left.values_mut() {
            *returned = Some(*left);
        }
        for (&room, log) in self.rooms.iter().filter(|(_, log)| log.members.contains(&who)) {
            personal.left.entry(room).or_default().1 = Some(log.ordinal());
        }
        let episode = episode.clone();
        self.put(who, &UserValue::Episode(episode), None)
    }

    fn put(&mut self, who: UserId, value: &UserValue, counts: Option<Counts>) -> Vec<Told> {
        let personal = self.users.get_mut(&who).expect("the story made them");
        let prev = personal.head;
        personal.head = prev.next();
        let item = UserItem {
            useq: personal.head,
            value: value.pack(),
            counts,
        };
        let key = |item: &UserItem| match UserValue::unpack(&item.value) {
            Ok(UserValue::ReadMarker(read)) => (item.value.kind, Some(read.room)),
            _ => (item.value.kind, None),
        };
        personal.items.retain(|other| key(other) != key(&item));
        personal.items.push(item.clone());
        vec![Told::User(who, UserEvent { prev, item })]
    }

    /// By looking at every message.
    pub fn counts(&self, who: UserId, room: RoomId) -> Counts {
        let log = &self.rooms[&room];
        let personal = &self.users[&who];
        let marker = personal.markers.get(&room).copied().unwrap_or_default();
        let absence = personal.left.get(&room).copied();
        let (left, returned) = absence.unwrap_or((Ordinal::ZERO, Some(Ordinal::ZERO)));
        let unread = || {
            log.messages
                .iter()
                .filter(|m| m.author != who && !m.is_deleted() && m.ordinal > marker.ordinal)
        };
        let mentions = || unread().filter(|m| m.mentions.contains(&who));
        let is_missed = |m: &&Message| m.ordinal > left && returned.is_none_or(|returned| m.ordinal <= returned);
        let number = |n: usize| u32::try_from(n).expect("stories are short");
        Counts {
            marker,
            as_of: log.head().seq,
            unread: number(unread().count()),
            mentions: number(mentions().count()),
            first_mention: mentions().next().map(|m| m.seq),
            since_left: number(unread().filter(is_missed).count()),
            left: left.max(marker.ordinal),
            returned,
            mentions_since_left: number(mentions().filter(is_missed).count()),
            first_mention_since_left: mentions().find(is_missed).map(|m| m.seq),
        }
    }

    fn summary(&self, who: UserId, room: RoomId) -> Summary {
        let log = &self.rooms[&room];
        let counts = self.counts(who, room);
        let kind = if log.with.is_some() {
            RoomKind::Direct
        } else {
            RoomKind::Open
        };
        let with = log.with.map(|(a, b)| if a == who { b } else { a });
        Summary {
            meta: RoomMeta {
                kind,
                name: log.name.clone(),
                with,
                role: RoomRole::Member,
            },
            head: log.head(),
            ordinal: log.ordinal(),
            counts,
            preview: log.messages.iter().rfind(|m| !m.is_deleted()).map(preview_of),
            mention: counts
                .first_mention
                .and_then(|seq| log.messages.iter().find(|m| m.seq == seq))
                .map(preview_of),
            away: log
                .messages
                .iter()
                .find(|m| counts.first_mention_since_left == Some(m.seq))
                .or_else(|| {
                    let is_missed = |m: &&Message| {
                        let until = counts.returned.unwrap_or(log.ordinal());
                        m.author != who && !m.is_deleted() && m.ordinal > counts.left && m.ordinal <= until
                    };
                    log.messages.iter().rfind(is_missed)
                })
                .map(preview_of),
        }
    }

    fn member(&self, who: UserId, room: RoomId) -> Option<&Log> {
        self.rooms.get(&room).filter(|log| log.members.contains(&who))
    }

    pub fn me(&self, who: UserId) -> Me {
        let person = self
            .people
            .iter()
            .find(|person| person.user == who)
            .expect("the story made them");
        Me {
            user: who,
            name: person.name.clone(),
            username: person.username.clone(),
            hue: person.hue,
            role: ServerRole::Member,
        }
    }

    pub fn welcome(&self, who: UserId) -> Welcome {
        let heads = self.rooms.iter().filter(|(_, log)| log.members.contains(&who));
        Welcome {
            now: self.now,
            limits: self.limits.clone(),
            epoch: self.epoch,
            me: self.me(who),
            user_head: self.users[&who].head,
            directory_head: self.directory_head,
            rooms: heads
                .map(|(&room, log)| RoomHead {
                    room,
                    cursor: log.head(),
                    ordinal: log.ordinal(),
                })
                .collect(),
            more: false,
        }
    }

    pub fn answer(&self, who: UserId, ask: &Ask) -> Result<Answer, Problem> {
        match ask {
            Ask::CatchUp(ask) => Ok(self.catch_up(who, ask).into()),
            Ask::History(History { room, before, limit }) => {
                let log = self.member(who, *room).ok_or(Problem::Gone)?;
                let to = before.before().0.min(log.ordinal().0);
                let from = (to + 1).saturating_sub(PAGE.min(u64::from(*limit))).max(1);
                Ok(log.page(*room, from, to).into())
            }
            Ask::Range(Range { room, after, to }) => {
                let log = self.member(who, *room).ok_or(Problem::Gone)?;
                let to = Seq((after.seq.0 + DELTA_MAX).min(to.0));
                Ok(log.delta(*room, after.seq, to).into())
            }
            Ask::Around(Around { room, seq }) => {
                let log = self.member(who, *room).ok_or(Problem::Gone)?;
                let at = log.messages.iter().filter(|m| m.seq <= *seq).count() as u64;
                let from = at.saturating_sub(PAGE / 2).max(1);
                Ok(log.page(*room, from, (from + PAGE - 1).min(log.ordinal().0)).into())
            }
            Ask::Whoami(_) => Ok(self.me(who).into()),
            Ask::MarkRead(_) => unreachable!("nobody waits for its answer"),
        }
    }

    pub fn catch_up(&self, who: UserId, ask: &CatchUp) -> CaughtUp {
        let personal = &self.users[&who];
        let same_log = ask.epoch.is_none_or(|epoch| epoch == self.epoch);
        let user_from = if same_log { ask.user } else { UserSeq::ZERO };
        CaughtUp {
            epoch: self.epoch,
            user: personal
                .items
                .iter()
                .filter(|item| item.useq > user_from)
                .map(|item| {
                    let mut item = item.clone();
                    if let Ok(UserValue::ReadMarker(read)) = UserValue::unpack(&item.value) {
                        item.counts = self.member(who, read.room).map(|_| self.counts(who, read.room));
                    }
                    item
                })
                .collect(),
            user_to: personal.head,
            people: self
                .people
                .iter()
                .filter(|person| person.dseq > ask.directory)
                .cloned()
                .collect(),
            directory_to: self.directory_head,
            rooms: ask
                .rooms
                .iter()
                .take(ANSWER_ROOMS)
                .map(|have| self.news(who, have, same_log))
                .collect(),
        }
    }

    fn news(&self, who: UserId, have: &Have, same_log: bool) -> RoomAnswer {
        let Some(log) = self.member(who, have.room) else {
            return RoomAnswer {
                room: have.room,
                news: News::Gone,
            };
        };
        let summary = self.summary(who, have.room);
        let cursor = have.cursor.filter(|cursor| same_log && log.knows(*cursor));
        let news = match (have.want, cursor) {
            (Want::Summary, _) => News::Summary(summary),
            (Want::Rows, None) => News::Reset(summary, log.newest(have.room)),
            (Want::Rows, Some(cursor)) => match log.head().seq.0 - cursor.seq.0 {
                0 => News::Same(summary),
                1..=DELTA_MAX => News::Delta(summary, log.delta(have.room, cursor.seq, log.head().seq)),
                _ => News::Jump(summary, log.newest(have.room)),
            },
        };
        RoomAnswer { room: have.room, news }
    }
}

fn preview_of(message: &Message) -> Preview {
    Preview {
        seq: message.seq,
        author: message.author,
        at: message.at,
        words: preview::words(message.text()),
    }
}

fn person(n: u8) -> Person {
    const NAMES: [&str; 6] = ["ada", "bo", "cleo", "dov", "eve", "fay"];
    let username = NAMES[usize::from(n) - 1];
    Person {
        user: user(n),
        dseq: DirectorySeq(u64::from(n)),
        name: username.to_uppercase(),
        username: username.into(),
        hue: n,
        active: true,
    }
}

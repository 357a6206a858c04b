//! Numbers what happens, as the writer does: dense seqs and ordinals per room,
//! positions over the whole store, the n-th message and the n-th mention of each person.

use super::{
    cast::PEOPLE,
    dice::Dice,
    play::{Act, Doing},
    rows::{EntryRow, Hex, KeyRow, MentionRow, MessageRow, Rows},
    stage::{ROOMS, STAGE},
};
use crate::{
    server::{
        store::{Place, seal},
        writer::Digest,
    },
    wire::{
        Body, Change, ClientKey, Enveloped, Millis, Ordinal, RoomId, RoomKind, Seq, Tail, UserId,
        event::{MemberJoined, MemberLeft, MemberRemoved, MessageCreated, RoomCreated, RoomRenamed},
        membership::RoomRole,
    },
};

/// Everything numbered so far, but for what is stored already.
pub struct Ledger {
    pub users: [UserId; PEOPLE],
    pub rooms: [Room; ROOMS],
    pub rows: Rows,
    pub entries: u64,
    position: u64,
    dice: Dice,
}

/// The head of a room and who is in it.
pub struct Room {
    pub id: RoomId,
    pub created_at: Millis,
    pub name: &'static str,
    pub seq: Seq,
    pub tail: Tail,
    pub ordinal: Ordinal,
    pub members: [Option<Membership>; PEOPLE],
    said: [u64; PEOPLE],
    mentioned: [u64; PEOPLE],
}

#[derive(Clone, Copy)]
pub struct Membership {
    pub role: RoomRole,
    pub state: State,
    pub changed: Seq,
    pub joined: Ordinal,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum State {
    In,
    Left,
    Removed,
}

impl Ledger {
    /// `opened` is when each room was made, `arrived` when people were.
    pub fn new(opened: [Millis; ROOMS], arrived: [Millis; PEOPLE], mut dice: Dice) -> Self {
        Self {
            users: arrived.map(|at| UserId::new(at, dice.bytes())),
            rooms: std::array::from_fn(|place| Room {
                id: RoomId::new(opened[place], dice.bytes()),
                created_at: opened[place],
                name: STAGE[place].name,
                seq: Seq::ZERO,
                tail: Tail::default(),
                ordinal: Ordinal::ZERO,
                members: [None; PEOPLE],
                said: [0; PEOPLE],
                mentioned: [0; PEOPLE],
            }),
            rows: Rows::default(),
            entries: 0,
            position: 0,
            dice,
        }
    }

    pub fn messages(&self) -> u64 {
        self.position
    }

    pub fn record(&mut self, place: usize, act: Act) {
        let Act { at, actor, doing } = act;
        let client_key = ClientKey::new(at, self.dice.bytes());
        // Where one command makes several entries, its answer is the first of them.
        let seq = self.rooms[place].seq.next();
        let digest = self.digest(place, &doing);
        match doing {
            Doing::Create => self.create(place, actor, None, at),
            Doing::Open(with) => self.create(place, actor, Some(with), at),
            Doing::Join => self.join(place, actor, actor, RoomRole::Member, at),
            Doing::Add(person) => self.join(place, actor, person, RoomRole::Member, at),
            Doing::Leave => {
                let user = self.users[actor];
                self.end(place, actor, actor, MemberLeft { user }, State::Left, at);
            }
            Doing::Remove(person) => {
                let user = self.users[person];
                self.end(place, actor, person, MemberRemoved { user }, State::Removed, at);
            }
            Doing::Rename(name) => {
                self.rooms[place].name = name;
                let name = name.to_owned();
                self.enter(place, actor, RoomRenamed { name }, at);
            }
            Doing::Say(body, mentions) => self.say(place, actor, client_key, body, &mentions, at),
        }
        self.rows.keys.push(KeyRow(
            Hex(self.users[actor]),
            Hex(client_key),
            Hex(self.rooms[place].id),
            seq,
            Hex(digest.as_bytes().to_vec()),
        ));
    }

    /// As the verbs make it of these wishes.
    fn digest(&self, place: usize, doing: &Doing) -> Digest {
        let room = self.rooms[place].id;
        let room = room.as_bytes().as_slice();
        let user = |person: &usize| self.users[*person].as_bytes().as_slice();
        let kind = match STAGE[place].kind {
            RoomKind::Closed => "closed",
            RoomKind::Open | RoomKind::Direct => "open",
        };
        match doing {
            Doing::Create => Digest::of("create", &[kind.as_bytes(), STAGE[place].name.as_bytes()]),
            Doing::Open(with) => Digest::of("open direct", &[user(with)]),
            Doing::Join => Digest::of("join", &[room]),
            Doing::Leave => Digest::of("leave", &[room]),
            Doing::Add(person) => Digest::of("add", &[room, user(person)]),
            Doing::Remove(person) => Digest::of("remove", &[room, user(person)]),
            Doing::Rename(name) => Digest::of("rename", &[room, name.as_bytes()]),
            Doing::Say(body, _) => Digest::of("send", &[room, body.as_bytes()]),
        }
    }

    fn create(&mut self, place: usize, actor: usize, with: Option<usize>, at: Millis) {
        let name = STAGE[place].name.to_owned();
        self.enter(place, actor, RoomCreated { name }, at);
        let role = if with.is_some() {
            RoomRole::Member
        } else {
            RoomRole::Admin
        };
        self.join(place, actor, actor, role, at);
        if let Some(with) = with {
            self.join(place, actor, with, RoomRole::Member, at);
        }
    }

    fn join(&mut self, place: usize, actor: usize, person: usize, role: RoomRole, at: Millis) {
        let user = self.users[person];
        let changed = self.enter(place, actor, MemberJoined { user, role }, at);
        let room = &mut self.rooms[place];
        room.members[person] = Some(Membership {
            role,
            state: State::In,
            changed,
            joined: room.ordinal,
        });
    }

    fn end(&mut self, place: usize, actor: usize, person: usize, change: impl Into<Change>, state: State, at: Millis) {
        let changed = self.enter(place, actor, change, at);
        if let Some(membership) = &mut self.rooms[place].members[person] {
            membership.state = state;
            membership.changed = changed;
        }
    }

    fn say(&mut self, place: usize, author: usize, key: ClientKey, body: String, mentions: &[usize], at: Millis) {
        let ordinal = self.rooms[place].ordinal.next();
        self.rooms[place].ordinal = ordinal;
        self.position += 1;
        let seq = self.enter(place, author, MessageCreated { ordinal }, at);
        let room = &mut self.rooms[place];
        room.said[author] += 1;
        let mut mentioned = Vec::new();
        for person in mentions {
            room.mentioned[*person] += 1;
            let user = self.users[*person];
            mentioned.extend_from_slice(user.as_bytes());
            let nth = room.mentioned[*person];
            let row = MentionRow(Hex(user), Hex(room.id), ordinal, seq, nth);
            self.rows.mentions.push(row);
        }
        let body = Body::stored(body);
        let written = Place {
            room: room.id,
            ordinal,
            author: self.users[author],
            client_key: key,
        };
        let seal = seal(&written, Some(&body)).to_vec();
        self.rows.messages.push(MessageRow(
            self.position,
            Hex(room.id),
            ordinal,
            seq,
            Hex(self.users[author]),
            room.said[author],
            Hex(key),
            at,
            body.as_str().to_owned(),
            Hex(mentioned),
            Hex(seal),
        ));
    }

    /// Gives a change the next seq of its room.
    fn enter(&mut self, place: usize, actor: usize, change: impl Into<Change>, at: Millis) -> Seq {
        let change = change.into();
        let target = match &change {
            Change::MessageCreated(created) => Some(created.ordinal),
            _ => None,
        };
        let tail = Tail(u32::from_le_bytes(self.dice.bytes()));
        let room = &mut self.rooms[place];
        room.seq = room.seq.next();
        room.tail = tail;
        let actor = self.users[actor];
        let row = EntryRow::new(room.id, (room.seq, tail), actor, target, change.pack(), at);
        self.rows.entries.push(row);
        self.entries += 1;
        room.seq
    }

    /// The pair of a direct room, the lesser id first.
    pub fn pair(&self, place: usize) -> Option<(UserId, UserId)> {
        if STAGE[place].kind != RoomKind::Direct {
            return None;
        }
        let mut pair = (0..PEOPLE).filter(|person| self.rooms[place].members[*person].is_some());
        let (one, other) = (self.users[pair.next()?], self.users[pair.next()?]);
        Some((one.min(other), one.max(other)))
    }
}

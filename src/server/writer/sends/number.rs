//! Which sends of a run are new, and their numbers. Pure: rows in, rows out.

use super::{super::batch::Batch, ReadySend, Sent};
use crate::{
    rules::mentions::mentions,
    server::writer::sql::KeyRow,
    wire::{
        Change, ClientKey, Entry, Enveloped, Message, Millis, Ordinal, Problem, RoomEvent, RoomId, Seq, SessionId,
        Tail, UserId, event::MessageCreated,
    },
};
use std::collections::HashMap;

/// What the store says about a run before anything is numbered.
#[derive(Debug, Default)]
pub struct Ground {
    /// Keys of the run that were used before.
    pub keys: HashMap<(UserId, ClientKey), KeyRow>,
    /// Sessions of the run that are live.
    pub live: HashMap<SessionId, UserId>,
    /// Members among the authors, with the number of their messages in the room.
    pub authors: HashMap<(RoomId, UserId), u64>,
    pub tips: HashMap<RoomId, Tip>,
    /// Members that bodies may mention, by room and username.
    pub named: HashMap<(RoomId, String), UserId>,
    /// How many mentions of them the room has.
    pub mentions: HashMap<(RoomId, UserId), u64>,
}

/// Where a room's log ends.
#[derive(Debug, Clone, Copy)]
pub struct Tip {
    pub seq: Seq,
    pub tail: Tail,
    pub ordinal: Ordinal,
    pub at: Millis,
}

/// What is to be stored: one event a message, with the numbers that are not told.
#[derive(Debug, Default)]
pub struct Fresh {
    pub events: Vec<RoomEvent>,
    /// Of the message at the same place in `events`.
    pub author_nths: Vec<u64>,
    pub digests: Vec<super::super::wish::Digest>,
    pub mentions: Vec<FreshMention>,
    /// Where the rooms' logs end now.
    pub tips: HashMap<RoomId, Tip>,
}

#[derive(Debug)]
pub struct FreshMention {
    pub user: UserId,
    pub room: RoomId,
    pub ordinal: Ordinal,
    pub seq: Seq,
    pub nth: u64,
}

/// Decides each send in the order of the queue and numbers those that are new.
pub fn number(batch: &Batch<'_>, sends: &[&ReadySend], mut ground: Ground) -> (Vec<Result<Sent, Problem>>, Fresh) {
    let mut fresh = Fresh::default();
    let outcomes = sends
        .iter()
        .map(|send| decide(batch, send, &mut ground, &mut fresh))
        .collect();
    (outcomes, fresh)
}

fn decide(batch: &Batch<'_>, send: &ReadySend, ground: &mut Ground, fresh: &mut Fresh) -> Result<Sent, Problem> {
    let wish = &send.wish;
    if ground.live.get(&wish.session) != Some(&wish.user) {
        return Err(Problem::SignedOut);
    }
    // Before membership: a resend gets its first answer also from who has left since.
    if let Some(first) = ground.keys.get(&(wish.user, wish.key)) {
        let accepted = first.answer(wish)?;
        return Ok(Sent { accepted, again: true });
    }
    let author_nth = ground.authors.get_mut(&(send.room, wish.user)).ok_or(Problem::Gone)?;
    let tip = ground.tips.get_mut(&send.room).ok_or(Problem::Gone)?;
    *author_nth += 1;
    *tip = Tip {
        seq: tip.seq.next(),
        tail: Tail(u32::from_le_bytes(batch.random())),
        ordinal: tip.ordinal.next(),
        // What is shown never goes back in a room, whatever the clock does.
        at: tip.at.max(batch.now()),
    };
    let tip = *tip;
    fresh.author_nths.push(*author_nth);
    fresh.digests.push(wish.digest);
    fresh.tips.insert(send.room, tip);
    let mentions = mention(send, tip, ground, fresh);
    fresh.events.push(event(send, tip, mentions));
    let first = KeyRow {
        room: send.room,
        seq: tip.seq,
        digest: wish.digest.as_bytes().to_vec(),
    };
    let accepted = first.answer(wish)?;
    // A twin later in the run finds it here.
    ground.keys.insert((wish.user, wish.key), first);
    Ok(Sent { accepted, again: false })
}

/// Who of the room's members is mentioned, each once; a name of oneself is no mention.
fn mention(send: &ReadySend, tip: Tip, ground: &mut Ground, fresh: &mut Fresh) -> Vec<UserId> {
    if send.names.is_empty() {
        return Vec::new();
    }
    let named = |name: &str| ground.named.get(&(send.room, name.to_owned())).copied();
    let users: Vec<_> = mentions(send.body.as_str(), &named)
        .into_iter()
        .filter(|user| *user != send.wish.user)
        .collect();
    for user in &users {
        let nth = ground.mentions.entry((send.room, *user)).or_default();
        *nth += 1;
        fresh.mentions.push(FreshMention {
            user: *user,
            room: send.room,
            ordinal: tip.ordinal,
            seq: tip.seq,
            nth: *nth,
        });
    }
    users
}

fn event(send: &ReadySend, tip: Tip, mentions: Vec<UserId>) -> RoomEvent {
    let created = Change::from(MessageCreated { ordinal: tip.ordinal });
    RoomEvent {
        room: send.room,
        entry: Entry {
            seq: tip.seq,
            tail: tip.tail,
            at: tip.at,
            actor: send.wish.user,
            change: created.pack(),
        },
        row: Some(Message {
            ordinal: tip.ordinal,
            seq: tip.seq,
            revision: tip.seq,
            author: send.wish.user,
            client_key: send.wish.key,
            at: tip.at,
            body: Some(send.body.clone()),
            mentions,
            edited_at: None,
            reactions: Vec::new(),
        }),
    }
}

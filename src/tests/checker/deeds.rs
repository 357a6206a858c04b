//! K1, K2, K4, K5: what was asked for, what was said about it, and what is stored.

use super::{Answer, FinalStore, Findings, History, Invoked, Moment, Promise, Said};
use crate::wire::{Body, ClientKey, Command, Message, Problem, RoomId, Seq, UserId};
use std::collections::{HashMap, HashSet};

pub fn judge(history: &History, store: &FinalStore, found: &mut Findings) {
    let texts = Texts::of(history);
    for invoked in &history.commands {
        if let Some(key) = invoked.command.client_key() {
            kept(history, store, invoked, key, found);
        }
    }
    stored_once(store, found);
    for (id, room) in &store.rooms {
        for message in &room.messages {
            texts.sent(*id, message, "stored", found);
        }
    }
    for heard in &history.heard {
        if let Some(row) = &heard.row {
            texts.sent(heard.room, row, "heard", found);
        }
    }
}

/// One command against its answers and against the store.
fn kept(history: &History, store: &FinalStore, invoked: &Invoked, key: ClientKey, found: &mut Findings) {
    let stored: Vec<(RoomId, Seq)> = store
        .keys_of(invoked.author, key)
        .map(|stored| (stored.room, stored.seq))
        .collect();
    found.unless(stored.len() <= 1, Promise::K2, || {
        format!("{key:?} is stored {} times", stored.len())
    });
    let mut refused = None;
    let mut accepted = None;
    for answer in invoked.answers.iter().filter(|answer| !history.may_be_lost(answer.at)) {
        match &answer.said {
            Said::Accepted { room, seq } => {
                let this = (*room, *seq);
                found.unless(stored.contains(&this), Promise::K1, || {
                    format!("{key:?} was acknowledged as entry {seq} and is stored as {stored:?}")
                });
                found.unless(*accepted.get_or_insert(this) == this, Promise::K5, || {
                    format!("{key:?} was acknowledged as entry {seq} and as another one")
                });
                found.unless(
                    store.entry(*room, *seq).is_some() || !store.rooms.contains_key(room),
                    Promise::K1,
                    || format!("{key:?} was acknowledged as entry {seq}, which is not there"),
                );
            }
            // Two tabs that held a lost message at different edits both send it again.
            Said::Refused(Problem::KeyReused) if !history.restores.is_empty() => {}
            Said::Refused(problem) => refused = Some((answer.at, problem)),
        }
    }
    let name_of = (invoked.author, key);
    let was_accepted_after = |at: Moment| {
        let is_acceptance = |answer: &&Answer| matches!(answer.said, Said::Accepted { .. });
        invoked
            .answers
            .iter()
            .filter(is_acceptance)
            .any(|answer| answer.at > at)
    };
    let is_final = |at: Moment| {
        let is_of_earlier_attempt = history.sent_again.contains(&name_of) && was_accepted_after(at);
        !history.tried_again.contains(&name_of) && !is_of_earlier_attempt
    };
    if let Some((_, problem)) = refused.filter(|(at, _)| is_final(*at)) {
        found.unless(stored.is_empty(), Promise::K5, || {
            format!(
                "{} was refused ({problem}) and is stored; it heard {:?}",
                name(invoked),
                invoked.answers
            )
        });
    }
    // Who was answered waits for nothing, even where a restore took the answer back.
    let is_unknown = invoked.answers.is_empty();
    found.unless(
        !(is_unknown && invoked.pursued) || stored.len() == 1,
        Promise::K5,
        || {
            format!(
                "{} was sent again to the end and is stored {} times",
                name(invoked),
                stored.len()
            )
        },
    );
}

/// A command as a finding names it.
fn name(invoked: &Invoked) -> String {
    format!("{:?} of {:?}", invoked.command, invoked.author)
}

/// No message stands twice in the store, whatever the table of keys says.
fn stored_once(store: &FinalStore, found: &mut Findings) {
    let mut seen = HashSet::new();
    for message in store.rooms.values().flat_map(|room| &room.messages) {
        found.unless(seen.insert((message.author, message.client_key)), Promise::K2, || {
            format!("{:?} is two messages", message.client_key)
        });
        found.unless(
            store.keys_of(message.author, message.client_key).next().is_some(),
            Promise::K2,
            || {
                format!(
                    "{:?} is a message and not known as a key: it could come again",
                    message.client_key
                )
            },
        );
    }
}

/// What each message may say: as it was sent, or as an edit of it was.
struct Texts(HashMap<(UserId, ClientKey), (RoomId, Vec<String>)>);

impl Texts {
    fn of(history: &History) -> Self {
        let mut texts: HashMap<(UserId, ClientKey), (RoomId, Vec<String>)> = HashMap::new();
        for invoked in &history.commands {
            if let Command::Send(send) = &invoked.command {
                texts.insert((invoked.author, send.client_key), (send.room, spelled(&send.body)));
            }
        }
        for invoked in &history.commands {
            if let Command::Edit(edit) = &invoked.command
                && let Some((room, versions)) = texts.get_mut(&(invoked.author, edit.target.key))
                && *room == edit.room
            {
                versions.extend(spelled(&edit.body));
            }
        }
        Self(texts)
    }

    fn sent(&self, room: RoomId, message: &Message, how: &str, found: &mut Findings) {
        let key = message.client_key;
        match self.0.get(&(message.author, key)) {
            None => found.add(Promise::K4, format!("{key:?} was {how} and nobody sent it")),
            Some((sent_to, _)) if *sent_to != room => {
                found.add(
                    Promise::K4,
                    format!("{key:?} was {how} in another room than it was sent to"),
                );
            }
            Some((_, versions)) => {
                let is_sent = message.is_deleted() || versions.iter().any(|text| text == message.text());
                found.unless(is_sent, Promise::K4, || {
                    format!("{key:?} was {how} with a text that nobody sent")
                });
            }
        }
    }
}

/// The one spelling of a text that is stored.
fn spelled(text: &str) -> Vec<String> {
    Body::parse(text)
        .map(|body| body.as_str().to_owned())
        .into_iter()
        .collect()
}

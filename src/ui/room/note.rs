//! What happened in a room beside what was said.

use crate::{
    ui::{
        desk::Desk,
        live::text,
        parts::{plain, time, worded},
        words,
    },
    wire::{Change, Entry, UserId},
};
use leptos::prelude::*;

pub fn note(desk: Desk, entry: &Entry) -> AnyView {
    let actor = entry.actor;
    let text = match entry.change() {
        Ok(Change::RoomCreated(_)) => said(desk, actor, words::NOTE_MADE, None),
        Ok(Change::RoomRenamed(renamed)) => {
            let name = worded("b", "", vec![renamed.name.into_any()]);
            said(desk, actor, words::NOTE_NAMED, Some(name))
        }
        Ok(Change::MemberJoined(joined)) if joined.user != actor => about(desk, actor, words::NOTE_ADDED, joined.user),
        Ok(Change::MemberJoined(_)) => said(desk, actor, words::NOTE_JOINED, None),
        Ok(Change::MemberLeft(left)) => said(desk, left.user, words::NOTE_LEFT, None),
        Ok(Change::MemberRemoved(removed)) => about(desk, actor, words::NOTE_REMOVED, removed.user),
        // Something newer than this program. What is about a message is seen on it, and nobody
        // is left to see the end of a room.
        Ok(
            Change::MessageCreated(_)
            | Change::MessageEdited(_)
            | Change::MessageDeleted(_)
            | Change::ReactionAdded(_)
            | Change::ReactionRemoved(_)
            | Change::RoomDeleted(_),
        )
        | Err(_) => words::NEEDS_NEWER.into_any(),
    };
    let at = time(desk.zone(), entry.at, "note__time");
    plain(
        "p",
        "note",
        vec![at, " ".into_any(), plain("span", "note__text", vec![text])],
    )
}

fn about(desk: Desk, actor: UserId, verb: &'static str, user: UserId) -> AnyView {
    said(desk, actor, verb, Some(who(desk, user)))
}

fn said(desk: Desk, actor: UserId, verb: &'static str, what: Option<AnyView>) -> AnyView {
    vec![who(desk, actor), verb.into_any(), what.into_any()].into_any()
}

fn who(desk: Desk, user: UserId) -> AnyView {
    worded("b", "note__who", vec![text(move || desk.person_name(user))])
}

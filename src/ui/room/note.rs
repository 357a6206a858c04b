//! What happened in a room beside what was said.

use crate::{
    ui::{desk::Desk, parts::time, words},
    wire::{Change, Entry, UserId},
};
use leptos::prelude::*;

pub fn note(desk: Desk, entry: &Entry) -> AnyView {
    let actor = entry.actor;
    let text = match entry.change() {
        Ok(Change::RoomCreated(_)) => said(desk, actor, words::NOTE_MADE, None),
        Ok(Change::RoomRenamed(renamed)) => {
            let name = view! { <b dir="auto">{renamed.name}</b> };
            said(desk, actor, words::NOTE_NAMED, Some(name.into_any()))
        }
        Ok(Change::MemberJoined(joined)) if joined.user != actor => about(desk, actor, words::NOTE_ADDED, joined.user),
        Ok(Change::MemberJoined(_)) => said(desk, actor, words::NOTE_JOINED, None),
        Ok(Change::MemberLeft(left)) => said(desk, left.user, words::NOTE_LEFT, None),
        Ok(Change::MemberRemoved(removed)) => about(desk, actor, words::NOTE_REMOVED, removed.user),
        // A message that is not there any more, or something newer than this program.
        Ok(Change::MessageCreated(_)) | Err(_) => words::NEEDS_NEWER.into_any(),
    };
    view! {
        <p class="note">
            {time(desk.zone(), entry.at, "note__time")} <span class="note__text">{text}</span>
        </p>
    }
    .into_any()
}

fn about(desk: Desk, actor: UserId, verb: &'static str, user: UserId) -> AnyView {
    said(desk, actor, verb, Some(who(desk, user)))
}

fn said(desk: Desk, actor: UserId, verb: &'static str, what: Option<AnyView>) -> AnyView {
    view! {
        {who(desk, actor)}
        {verb}
        {what}
    }
    .into_any()
}

fn who(desk: Desk, user: UserId) -> AnyView {
    view! {
        <b class="note__who" dir="auto">
            {move || desk.person_name(user)}
        </b>
    }
    .into_any()
}

//! One room: its head, its log, and where one writes.

mod actions;
mod announce;
pub mod composer;
mod edit;
mod head;
mod keys;
mod log;
mod message;
mod note;
mod prose;
mod reactions;
mod rows;
mod skipped;
mod stand;
mod walk;

pub use edit::Editing;
pub use head::{Wire, status};
pub use walk::Walk;

use super::{
    desk::{Desk, RoomLine},
    live::live,
    page_data::Joinable,
    parts::{blank, button, empty, hidden_key, plain},
    place::{room_path, under_room},
    words,
};
use crate::{
    browser::{page, timer},
    wire::{ClientKey, Problem, RoomId, RoomKind, membership::RoomRole},
};
use composer::{Composer, composer};
use leptos::prelude::*;

/// The room, or what can be said of one that the reader is not in.
pub fn room(desk: Desk, room: RoomId) -> AnyView {
    let is_there = Memo::new(move |_| desk.room_line(room).is_some());
    live(move || {
        if is_there.get() {
            inside(desk, room)
        } else {
            outside(desk, room)
        }
    })
}

fn inside(desk: Desk, room: RoomId) -> AnyView {
    // The last line stays while the room goes: what is drawn must not fail meanwhile.
    let line = Memo::new(move |before: Option<&RoomLine>| {
        desk.room_line(room)
            .or_else(|| before.cloned())
            .unwrap_or_else(|| empty_line(room))
    });
    let write = composer(
        desk,
        Composer {
            room,
            name: Signal::derive(move || line.with(|line| line.name.clone())),
            client_key: desk.client_key(),
            reply: desk.take_reply(&room_path(room)),
        },
    );
    view! {
        <main class="app__pane room">
            {head::head(desk, line)} {log::log(desk, room, line)}
            <div class="room__foot">{walk::walk(desk)} {write}</div>
        </main>
    }
    .into_any()
}

/// Not there, not yours, or no longer yours look alike; an open room may be joined.
fn outside(desk: Desk, room: RoomId) -> AnyView {
    let mut texts: Vec<(String, Option<ClientKey>)> = desk
        .unsent(room)
        .iter()
        .map(|pending| (pending.body.as_str().to_owned(), Some(pending.client_key)))
        .collect();
    let draft = desk.lost_draft(room);
    texts.extend((!draft.trim().is_empty()).then_some((draft, None)));
    let kept: Vec<AnyView> = texts.into_iter().map(|(text, key)| kept(desk, text, key)).collect();
    let (title, text, action) = match desk.joinable(room) {
        Some(joinable) => {
            let people = words::people(joinable.people);
            let join = join(desk, &joinable);
            (joinable.name, people, join)
        }
        None if !desk.is_gone(room) => (words::OPENING.to_owned(), String::new(), ().into_any()),
        None => {
            let home = view! {
                <a class="button button--primary" href="/">
                    {words::TO_YOUR_ROOMS}
                </a>
            };
            let title = words::problem(&Problem::Gone);
            (title, words::NOT_YOURS.to_owned(), home.into_any())
        }
    };
    let empty = empty(title.into_any(), text.into_any(), Some(action));
    let mut sections = vec![plain("div", "page__section", vec![empty])];
    if !kept.is_empty() {
        let mut inside = vec![
            plain("h2", "page__heading", vec![words::NOT_SENT.into_any()]),
            plain("p", "page__text", vec![words::KEPT_TEXT.into_any()]),
        ];
        inside.extend(kept);
        sections.push(plain("section", "page__section", inside));
    }
    blank(head::status(desk), sections)
}

fn join(desk: Desk, room: &Joinable) -> AnyView {
    view! {
        <form method="post" action=under_room(room.room, "join")>
            {desk.client_key().map(hidden_key)} <button class="button button--primary">{words::JOIN}</button>
        </form>
    }
    .into_any()
}

/// Words that were meant for a room that is gone: they can be copied and put away.
fn kept(desk: Desk, body: String, key: Option<ClientKey>) -> AnyView {
    let copied = body.clone();
    let discard = key.map(|key| {
        button("button button--small", words::DISCARD.into_any(), move || {
            desk.discard(key);
            // The button goes with its text.
            timer::after(0, || {
                let next = page::by_selector(".page__section :is(button, a.button)");
                if let (true, Some(next)) = (page::is_focus_lost(), next) {
                    page::focus(&next);
                }
            })
            .forget();
        })
    });
    view! {
        <pre dir="auto" tabindex="0">
            {body}
        </pre>
        {button("button button--small", words::COPY_TEXT.into_any(), move || page::copy(&copied))}
        {discard}
    }
    .into_any()
}

fn empty_line(room: RoomId) -> RoomLine {
    RoomLine {
        room,
        kind: RoomKind::Closed,
        name: String::new(),
        with: None,
        role: RoomRole::Member,
        unread: 0,
        mentions: 0,
        first_mention: None,
        preview: None,
        mention: None,
    }
}

//! One room: its head, its log, and where one writes.

mod announce;
pub mod composer;
mod head;
mod log;
mod message;
mod note;
mod prose;
mod reading;
mod rows;
mod stand;
mod walk;

pub use head::{Wire, status};
pub use walk::Walk;

use super::{
    desk::{Desk, RoomLine},
    page_data::Joinable,
    parts::hidden_key,
    place::{room_path, under_room},
    words,
};
use crate::{
    client::Pending,
    wire::{Problem, RoomId, RoomKind, membership::RoomRole},
};
use composer::{Composer, composer};
use leptos::prelude::*;

/// The room, or what can be said of one that the reader is not in.
pub fn room(desk: Desk, room: RoomId) -> AnyView {
    let is_there = Memo::new(move |_| desk.room_line(room).is_some());
    (move || {
        if is_there.get() {
            inside(desk, room)
        } else {
            outside(desk, room)
        }
    })
    .into_any()
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
    let kept: Vec<AnyView> = desk.unsent(room).iter().map(kept).collect();
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
    view! {
        <main class="app__pane page page--blank">
            {head::status(desk)} <div class="page__scroll">
                <div class="page__column">
                    <div class="page__section">
                        <div class="empty">
                            <h1 class="empty__title" dir="auto">
                                {title}
                            </h1>
                            <p class="empty__text">{text}</p>
                            <div class="empty__actions">{action}</div>
                        </div>
                    </div>
                    {(!kept.is_empty())
                        .then(|| {
                            view! {
                                <section class="page__section">
                                    <h2 class="page__heading">{words::NOT_SENT}</h2>
                                    <p class="page__text">{words::KEPT_TEXT}</p>
                                    {kept}
                                </section>
                            }
                        })}
                </div>
            </div>
        </main>
    }
    .into_any()
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
fn kept(pending: &Pending) -> AnyView {
    view! { <pre dir="auto" tabindex="0">{pending.body.as_str().to_owned()}</pre> }.into_any()
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
    }
}

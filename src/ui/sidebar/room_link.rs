//! One room in the list: its name, then what is unread in it.

use crate::{
    ui::{
        desk::{Desk, RoomLine},
        parts::{Icon, Size, avatar, icon, plain, unseen, worded},
        place::room_path,
        words,
    },
    wire::{RoomKind, fetch::Preview},
};
use leptos::prelude::*;

pub fn room_link(desk: Desk, line: RoomLine) -> AnyView {
    let room = line.room;
    let class = if line.unread > 0 {
        "room-link room-link--unread"
    } else {
        "room-link"
    };
    let face = line.with.map(|with| {
        let (_, hue) = desk.face(with);
        vec![avatar(&line.name, hue, Size::Small), " ".into_any()]
    });
    let lock = (line.kind == RoomKind::Closed)
        .then(|| vec![" ".into_any(), icon(Icon::Lock), unseen(words::CLOSED.into_any())]);
    view! {
        <li>
            <a
                class=class
                href=room_path(room)
                aria-current=Signal::derive(move || (desk.room() == Some(room)).then_some("page"))
            >
                {face}
                {plain(
                    "span",
                    "room-link__name",
                    vec![worded("span", "room-link__text", vec![line.name.into_any()]), lock.into_any()],
                )}
                " "
                <span class="room-link__leader" aria-hidden="true"></span>
                {(line.unread > 0).then(|| unread(line.unread))}
                {(line.mentions > 0).then(|| mentions(line.mentions))}
                {line.preview.map(|said| preview(desk, &said, line.kind == RoomKind::Direct))}
            </a>
        </li>
    }
    .into_any()
}

fn unread(n: u32) -> AnyView {
    let inside = vec![words::number(n).into_any(), unseen(" unread".into_any())];
    vec![" ".into_any(), plain("span", "room-link__unread", inside)].into_any()
}

fn mentions(n: u32) -> AnyView {
    let sign = view! { <span aria-hidden="true">"@"</span> };
    let inside = vec![
        sign.into_any(),
        words::number(n).into_any(),
        unseen(words::mentions_after_number(n).into_any()),
    ];
    vec![" ".into_any(), plain("span", "room-link__mentions", inside)].into_any()
}

/// A name of another script must not turn the direction of the words after it.
fn preview(desk: Desk, said: &Preview, direct: bool) -> AnyView {
    let author = if said.author == desk.my_id() {
        Some(words::YOU.to_owned())
    } else {
        // In a direct room there is nobody else it could be.
        (!direct).then(|| desk.person_name(said.author))
    };
    let author = author.map(|author| vec![plain("bdi", "", vec![author.into_any()]), ": ".into_any()]);
    let said = said.words.clone();
    view! {
        " "
        <span class="room-link__preview" dir="auto" aria-hidden="true">
            {author}
            {said}
        </span>
    }
    .into_any()
}

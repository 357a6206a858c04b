//! One room in the list: its name, then what is unread in it.

use crate::{
    ui::{
        desk::{Desk, RoomLine},
        parts::{Icon, Size, avatar, icon},
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
        view! {
            {avatar(&line.name, hue, Size::Small)}
            " "
        }
    });
    let lock = (line.kind == RoomKind::Closed).then(|| {
        view! {
            " "
            {icon(Icon::Lock)}
            <span class="visually-hidden">{words::CLOSED}</span>
        }
    });
    view! {
        <li>
            <a
                class=class
                href=room_path(room)
                aria-current=move || (desk.room() == Some(room)).then_some("page")
            >
                {face}
                <span class="room-link__name">
                    <span class="room-link__text" dir="auto">
                        {line.name}
                    </span>
                    {lock}
                </span>
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
    view! {
        " "
        <span class="room-link__unread">
            {words::number(n)}
            <span class="visually-hidden">" unread"</span>
        </span>
    }
    .into_any()
}

fn mentions(n: u32) -> AnyView {
    view! {
        " "
        <span class="room-link__mentions">
            <span aria-hidden="true">"@"</span>
            {words::number(n)}
            <span class="visually-hidden">{words::mentions_after_number(n)}</span>
        </span>
    }
    .into_any()
}

/// A name of another script must not turn the direction of the words after it.
fn preview(desk: Desk, said: &Preview, direct: bool) -> AnyView {
    let author = if said.author == desk.my_id() {
        Some(words::YOU.to_owned())
    } else {
        // In a direct room there is nobody else it could be.
        (!direct).then(|| desk.person_name(said.author))
    };
    let author = author.map(|author| {
        view! {
            <bdi>{author}</bdi>
            ": "
        }
    });
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

//! What the room is called, who is in it, and how it is with the wire.

use crate::{
    ui::{
        desk::{Desk, RoomLine},
        live::{live, maybe, text},
        parts::{Icon, icon},
        place::under_room,
        words,
    },
    wire::RoomKind,
};
use leptos::prelude::*;

pub fn head(desk: Desk, line: Memo<RoomLine>) -> AnyView {
    let people = Signal::derive(move || under_room(line.with(|line| line.room), "people"));
    view! {
        <header class="room__head">
            <div class="room__bar">
                <a class="back button button--quiet button--icon" href="/" aria-label=words::ROOMS>
                    {icon(Icon::Back)}
                </a>
                <div class="room__title">
                    <h1 class="room__name" dir="auto">
                        {text(move || line.with(|line| line.name.clone()))}
                    </h1>
                    {live(move || kind(line))}
                </div>
                <div class="room__tools">
                    <a
                        class="button button--quiet button--icon button--small"
                        href=people
                        aria-label=words::PEOPLE
                    >
                        {icon(Icon::People)}
                    </a>
                </div>
            </div>
            {status(desk)}
        </header>
    }
    .into_any()
}

fn kind(line: Memo<RoomLine>) -> AnyView {
    let kind = line.with(|line| line.kind);
    view! {
        {(kind == RoomKind::Closed).then(|| icon(Icon::Lock))}
        <span class="room__kind">{words::kind(kind)}</span>
    }
    .into_any()
}

/// Says nothing while all is well.
pub fn status(desk: Desk) -> AnyView {
    let wire = Memo::new(move |_| desk.wire());
    let class = Signal::derive(move || match wire.get() {
        Wire::Well => "connection",
        Wire::Connecting => "connection connection--connecting",
        Wire::Offline => "connection connection--offline",
    });
    let said = move || match wire.get() {
        // Nothing at all, not even a blank: an empty chip is not drawn.
        Wire::Well => None,
        Wire::Connecting => Some(words::CONNECTING.into_any()),
        Wire::Offline => Some(words::OFFLINE.into_any()),
    };
    view! {
        <div class="room__status">
            <div class=class role="status">
                {maybe(said)}
            </div>
        </div>
    }
    .into_any()
}

/// How it is with the wire, as far as a person needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    Well,
    Connecting,
    Offline,
}

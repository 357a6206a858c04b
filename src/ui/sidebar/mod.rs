//! The list of rooms and people, with what waits in each.

mod foot;
mod room_link;

use super::{
    desk::{Desk, RoomLine},
    live::maybe,
    parts::{Icon, brand, icon, plain},
    place::room_path,
    words,
};
use crate::wire::{RoomId, RoomKind, Seq};
use leptos::prelude::*;

pub fn sidebar(desk: Desk) -> AnyView {
    view! {
        <div class="sidebar">
            <header class="sidebar__head">{brand("brand")} {maybe(move || catch_up(desk))}</header>
            <nav class="sidebar__rooms" aria-label=words::ROOMS>
                {section(desk, words::ROOMS, "/new-room", words::NEW_ROOM, words::NO_ROOMS, |kind| kind != RoomKind::Direct)}
                {section(
                    desk,
                    words::PEOPLE,
                    "/new-message",
                    words::NEW_MESSAGE,
                    words::NO_DIRECT,
                    |kind| kind == RoomKind::Direct,
                )}
            </nav>
            {foot::foot(desk)}
        </div>
    }
    .into_any()
}

fn section(
    desk: Desk,
    heading: &'static str,
    action: &'static str,
    button: &'static str,
    none: &'static str,
    belongs: fn(RoomKind) -> bool,
) -> AnyView {
    let lines = Memo::new(move |_| {
        let lines: Vec<RoomLine> = desk
            .room_lines()
            .into_iter()
            .filter(|line| belongs(line.kind))
            .collect();
        lines
    });
    view! {
        <section class="sidebar__section">
            <div class="sidebar__heading">
                <h2>{heading}</h2>
                <form action=action>
                    <button class="button button--quiet button--small">{icon(Icon::Plus)} {button}</button>
                </form>
            </div>
            <ul>
                <For
                    each=move || lines.get()
                    key=key
                    children=move |line| room_link::room_link(desk, line)
                />
            </ul>
            {maybe(move || lines.with(Vec::is_empty).then(|| plain("p", "sidebar__none", vec![none.into_any()])))}
        </section>
    }
    .into_any()
}

/// A line that looks the same has the same key.
fn key(line: &RoomLine) -> (RoomId, u32, u32, Option<(Seq, String)>, String) {
    let newest = line
        .preview
        .as_ref()
        .map(|preview| (preview.seq, preview.words.clone()));
    (line.room, line.unread, line.mentions, newest, line.name.clone())
}

/// A chip that leads through what is unread; it stays when the card is folded.
fn catch_up(desk: Desk) -> Option<AnyView> {
    let lines = desk.room_lines();
    let waiting: Vec<&RoomLine> = lines.iter().filter(|line| line.unread > 0).collect();
    let first = desk.first_to_read()?;
    let unread = waiting.iter().fold(0_u32, |sum, line| sum.saturating_add(line.unread));
    let rooms = u32::try_from(waiting.len()).unwrap_or(u32::MAX);
    Some(
        view! {
            <a class="sidebar__catch-up" href=room_path(first) on:click=move |_| desk.begin_walk(first)>
                {words::catch_up_of(unread)}
                <span class="visually-hidden">{words::in_rooms(rooms)}</span>
            </a>
        }
        .into_any(),
    )
}

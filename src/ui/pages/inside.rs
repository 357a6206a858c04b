//! The frame of a page with the list of rooms beside it.

use super::{admin::admin, new_message::new_message, new_room::new_room, room_people::room_people, settings::settings};
use crate::{
    ui::{
        page_data::{Inside, RoomPeople},
        parts::{Icon, icon},
        place::room_path,
        words,
    },
    wire::{Millis, person::Me},
};
use leptos::prelude::*;

pub fn inside(page: Inside, me: &Me, now: Millis) -> AnyView {
    let title = title(&page);
    let back = match &page {
        Inside::RoomPeople(RoomPeople { room, .. }) => room_path(*room),
        _ => "/".to_owned(),
    };
    let content = match page {
        Inside::RoomPeople(page) => room_people(&page, me.user),
        Inside::NewRoom(page) => new_room(page),
        Inside::NewMessage(page) => new_message(&page, me.user),
        Inside::Settings(page) => settings(page, me, now),
        Inside::Admin(page) => admin(page, me, now),
    };
    view! {
        <main class="app__pane page">
            <header class="page__head">
                <div class="page__bar">
                    <a class="back button button--quiet button--icon" href=back aria-label="Back">
                        {icon(Icon::Back)}
                    </a>
                    <h1 class="page__title" dir="auto">
                        {title}
                    </h1>
                </div>
            </header>
            <div class="page__scroll">
                <div class="page__column">{content}</div>
            </div>
        </main>
    }
    .into_any()
}

pub fn title(page: &Inside) -> String {
    match page {
        Inside::RoomPeople(page) if page.name.is_empty() => words::PEOPLE.to_owned(),
        Inside::RoomPeople(page) => [&page.name, ": people"].concat(),
        Inside::NewRoom(_) => words::NEW_ROOM.to_owned(),
        Inside::NewMessage(_) => words::NEW_MESSAGE.to_owned(),
        Inside::Settings(_) => words::SETTINGS.to_owned(),
        Inside::Admin(_) => words::PEOPLE_AND_INVITES.to_owned(),
    }
}

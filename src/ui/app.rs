//! The chat as a whole: the list of rooms, the room beside it, and what is told
//! meanwhile. The same function draws it on the server and in the browser.

use super::{
    away::away,
    desk::Desk,
    live::{effect, effect_after, live, maybe, text},
    parts::{blank, empty, plain, unseen},
    place::{Place, room_path},
    room::{composer, room, status},
    sidebar::sidebar,
    toast::toast,
    words,
};
use crate::{
    browser::{page, timer},
    wire::RoomId,
};
use leptos::prelude::*;

/// Where the page carries what it was drawn from.
pub const PAGE_DATA_ID: &str = "page-data";

pub fn app(desk: Desk) -> AnyView {
    let open = drawn(desk);
    let class = Signal::derive(move || if open.get().is_none() { "app app--home" } else { "app" });
    // It leads to where one writes, so it is there only with that.
    let skip = move || {
        let address = ["#", composer::FIELD_ID].concat();
        open.get().map(|_| {
            view! {
                <a class="skip visually-hidden" href=address>
                    {words::SKIP}
                </a>
            }
            .into_any()
        })
    };
    keep_title(move || desk.title());
    view! {
        {maybe(skip)}
        <div class=class>
            {sidebar(desk)}
            {live(move || match open.get() {
                Some(open) => room(desk, open),
                None => home(desk),
            })}
            <div class="notices">{notices(desk)}</div>
        </div>
        {announcer(desk)}
    }
    .into_any()
}

/// Gives the tab its title, and another one whenever that changes.
pub fn keep_title(title: impl Fn() -> String + Send + Sync + 'static) {
    // The same words written again are work for the browser all the same, with each message that comes.
    let title = Memo::new(move |_| title());
    effect(move || {
        title.with(|title| page::set_title(title));
    });
}

/// The room on the screen. It follows the one that was gone to by a frame: the link that was pressed
/// shows at once that it was, and does not wait for a screenful of messages to be drawn.
fn drawn(desk: Desk) -> RwSignal<Option<RoomId>> {
    let drawn = RwSignal::new(desk.place().get_untracked().room());
    effect_after(move |before: Option<Option<RoomId>>| {
        let open = desk.room();
        if before.is_some_and(|before| before != open) {
            timer::after_frame(move || {
                // Meanwhile one may have gone elsewhere, or back.
                let open = desk.place().try_get_untracked().and_then(Place::room);
                drawn.try_maybe_update(|drawn| (std::mem::replace(drawn, open) != open, ()));
            });
        }
        open
    });
    drawn
}

/// The card, and what the program has to say about itself.
fn notices(desk: Desk) -> AnyView {
    view! {
        {away(desk)}
        {toast(desk)}
    }
    .into_any()
}

/// Always there, or readers would not hear what comes into it.
pub fn announcer(desk: Desk) -> AnyView {
    view! {
        <div class="visually-hidden" id="announcer" role="status">
            {announcement(desk)}
        </div>
    }
    .into_any()
}

pub fn announcement(desk: Desk) -> AnyView {
    text(move || desk.announcement().get())
}

/// The program's own copy of what the page was drawn from. It is no script: it never runs.
pub fn page_data(data: String) -> AnyView {
    view! {
        <script type="application/octet-stream" id=PAGE_DATA_ID>
            {data}
        </script>
    }
    .into_any()
}

/// No room is open. While there is a card, it is the page, and stands where this would.
fn home(desk: Desk) -> AnyView {
    let content = move || {
        if desk.card().is_some() && desk.has_card_lock().get() {
            return plain("h1", "visually-hidden", vec![words::APP.into_any()]);
        }
        let totals = desk.totals();
        let first = desk.first_to_read();
        let (title, text) = match (desk.room_lines().is_empty(), first) {
            (true, _) => (words::NO_ROOMS, words::MAKE_ONE),
            (false, Some(_)) => (words::NOTHING_OPEN, words::CHOOSE),
            (false, None) => (words::NOTHING_OPEN, words::CHOOSE_ONLY),
        };
        let action = match first {
            Some(room) => view! {
                <a class="button button--primary" href=room_path(room) on:click=move |_| desk.begin_walk(room)>
                    {words::catch_up_of(totals.unread)} {unseen(words::in_rooms(totals.rooms).into_any())}
                </a>
            }
            .into_any(),
            None => view! {
                <a class="button button--primary" href="/new-room">
                    {words::NEW_ROOM}
                </a>
            }
            .into_any(),
        };
        empty(title.into_any(), text.into_any(), Some(action))
    };
    blank(status(desk), vec![plain("div", "page__section", vec![live(content)])])
}

//! What can be done with a message: a panel beside it, one at a time. It is a
//! group of buttons and no menu in the strict sense, because one of its parts is
//! a field.

use super::stand::{LIST_ID, message_id};
use crate::{
    browser::{page, scroll},
    ui::{
        desk::Desk,
        live::{self, effect, maybe},
        parts::button,
        words,
    },
    wire::{Emoji, Message, RoomId, Seq, membership::RoomRole},
};
use leptos::{ev, prelude::*};
use std::sync::Arc;
use wasm_bindgen::JsCast;

pub const PANEL_ID: &str = "actions";
const OTHER_ID: &str = "other-emoji";
/// Those that most reactions are; any other is typed by the keyboard of its own device.
const USUAL: [&str; 6] = ["👍", "❤️", "😄", "🎉", "👀", "✅"];

/// The button that opens the panel. Keys open it from the row, so it is no stop of its own.
pub fn opener(desk: Desk, room: RoomId, seq: Seq) -> AnyView {
    let place = Some((room, seq));
    let expanded = Signal::derive(move || if desk.menu().get() == place { "true" } else { "false" });
    let press = move |_| {
        let is_open = desk.menu().get_untracked() == place;
        desk.menu().set(place.filter(|_| !is_open));
    };
    view! {
        <button
            class="message__more"
            type="button"
            tabindex="-1"
            aria-label=words::MESSAGE_ACTIONS
            aria-expanded=expanded
            on:click=press
        ></button>
    }
    .into_any()
}

/// The panel, where it is open. `text` is what the message says on this screen.
pub fn panel(desk: Desk, room: RoomId, message: Arc<Message>, text: String) -> AnyView {
    let place = Some((room, message.seq));
    maybe(move || (desk.menu().get() == place).then(|| opened(desk, room, &message, text.clone())))
}

fn opened(desk: Desk, room: RoomId, message: &Arc<Message>, text: String) -> AnyView {
    let seq = message.seq;
    let own = message.author == desk.my_id();
    let rules = untrack(|| desk.room_line(room)).is_some_and(|line| line.role == RoomRole::Admin);
    // Near the end it would hang out of the list.
    let row = page::by_id(&message_id(seq));
    let is_low = page::by_id(LIST_ID)
        .zip(row)
        .is_some_and(|(list, row)| scroll::is_low(&list, &row));
    let class = if is_low { "actions actions--up" } else { "actions" };
    effect(|| {
        if let Some(Ok(Some(first))) = page::by_id(PANEL_ID).map(|panel| panel.query_selector("button")) {
            page::focus(&first);
        }
    });
    let edited = Arc::clone(message);
    view! {
        <div
            class=class
            id=PANEL_ID
            role="group"
            aria-label=words::MESSAGE_ACTIONS
            tabindex="-1"
            on:keydown=move |event| pressed(desk, &event)
            on:focusout=move |event| {
                if !stays_inside(&event) {
                    desk.menu().try_set(None);
                }
            }
        >
            {reactions(desk, room, message)}
            {own
                .then(|| {
                    item(
                        words::EDIT,
                        move || {
                            close(desk);
                            desk.edit(room, &edited);
                        },
                    )
                })}
            {item(
                words::COPY_TEXT,
                move || {
                    page::copy(&text);
                    close(desk);
                },
            )}
            {(own || rules).then(|| delete(desk, room, message))}
        </div>
    }
    .into_any()
}

fn item(said: &'static str, act: impl Fn() + 'static) -> AnyView {
    button("menu__item", said.into_any(), act)
}

fn reactions(desk: Desk, room: RoomId, message: &Arc<Message>) -> AnyView {
    let usual: Vec<AnyView> = USUAL
        .into_iter()
        .map(|sign| {
            let message = Arc::clone(message);
            view! {
                <button
                    class="actions__sign"
                    type="button"
                    aria-label=words::react_with(sign)
                    on:click=move |_| {
                        close(desk);
                        desk.react(room, &message, Emoji::stored(sign.to_owned()));
                    }
                >
                    {sign}
                </button>
            }
            .into_any()
        })
        .collect();
    let wrong = RwSignal::new(false);
    let message = Arc::clone(message);
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        match Emoji::parse(page::value(OTHER_ID).trim()) {
            Ok(emoji) => {
                close(desk);
                desk.react(room, &message, emoji);
            }
            Err(_) => wrong.set(true),
        }
    };
    let problem = maybe(move || {
        wrong
            .get()
            .then(|| view! { <p role="alert">{words::NO_EMOJI}</p> }.into_any())
    });
    view! {
        <div class="actions__signs" role="group" aria-label=words::REACT>
            {usual}
        </div>
        <form class="actions__other" on:submit=submit>
            <input
                class="input"
                id=OTHER_ID
                aria-label=words::OTHER_EMOJI
                placeholder=words::OTHER_EMOJI
                autocomplete="off"
                aria-invalid=Signal::derive(move || wrong.get().then_some("true"))
            />
            <button class="button">{words::REACT}</button>
        </form>
        {problem}
    }
    .into_any()
}

/// It is pressed twice: nothing brings a deleted text back.
fn delete(desk: Desk, room: RoomId, message: &Arc<Message>) -> AnyView {
    let sure = RwSignal::new(false);
    let message = Arc::clone(message);
    let press = move || {
        if sure.get_untracked() {
            close(desk);
            desk.delete(room, &message);
        } else {
            sure.set(true);
            desk.announce(words::DELETE_ASKED.to_owned());
        }
    };
    let said = live::text(move || {
        if sure.get() {
            words::DELETE_SURELY.to_owned()
        } else {
            words::DELETE.to_owned()
        }
    });
    button("menu__item menu__item--danger", said, press)
}

/// The row has the focus again, so that the next key goes on from there.
fn close(desk: Desk) {
    let place = desk.menu().get_untracked();
    desk.menu().set(None);
    if let Some(row) = place.and_then(|(_, seq)| page::by_id(&message_id(seq))) {
        page::focus(&row);
    }
}

fn pressed(desk: Desk, event: &ev::KeyboardEvent) {
    let in_field = page::focused().is_some_and(|focused| focused.id() == OTHER_ID);
    let by = match event.key().as_str() {
        "Escape" => {
            event.prevent_default();
            event.stop_propagation();
            return close(desk);
        }
        "ArrowDown" => 1,
        "ArrowUp" => -1,
        "ArrowRight" if !in_field => 1,
        "ArrowLeft" if !in_field => -1,
        _ => return,
    };
    event.prevent_default();
    page::focus_beside(PANEL_ID, "button, input", by);
}

fn stays_inside(event: &ev::FocusEvent) -> bool {
    let panel = page::by_id(PANEL_ID);
    let goes_to = event
        .related_target()
        .and_then(|to| to.dyn_into::<web_sys::Node>().ok());
    panel
        .zip(goes_to)
        .is_some_and(|(panel, goes_to)| panel.contains(Some(&goes_to)))
}

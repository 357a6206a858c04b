//! Where one writes. The field belongs to the browser: its text is read when it
//! is sent and never written while somebody types, so that what was typed before
//! the program came stays, caret and all.

use crate::{
    browser::{keep, page},
    ui::{desk::Desk, page_data::FormReply, parts::hidden_key, place::room_path, words},
    wire::{Body, ClientKey, Problem, RoomId},
};
use leptos::{ev, prelude::*};
use web_sys::HtmlTextAreaElement;

pub const FIELD_ID: &str = "composer";
/// Some keyboards of other scripts say this instead of naming the key.
const KEY_CODE_COMPOSING: u32 = 229;

pub struct Composer {
    pub room: RoomId,
    /// What the room is called in the field's name.
    pub name: Signal<String>,
    /// For the form that works without the program.
    pub client_key: Option<ClientKey>,
    /// A refused form, whose text is shown again.
    pub reply: Option<FormReply>,
}

pub fn composer(desk: Desk, of: Composer) -> AnyView {
    let Composer {
        room,
        name,
        client_key,
        reply,
    } = of;
    let problem = RwSignal::new(reply.as_ref().map(|reply| reply.problem.clone()));
    let typed = reply.and_then(|reply| reply.field("body").map(str::to_owned));
    Effect::new(move |_| {
        bring_draft(room);
        // Who came here by a link of ours wants to write; who just opened the page may not.
        if desk.has_moved() && !page::is_touched() {
            focus();
        }
    });
    Effect::new(move |_| take_back(desk, room, problem));
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        send(desk, room, problem);
    };
    view! {
        <form class="composer" method="post" action=room_path(room) on:submit=submit>
            <div class="composer__column">
                {client_key.map(hidden_key)} {move || problem.get().map(|problem| alert(&problem))}
                <div class="composer__box">
                    {field(desk, room, name, problem, typed)}
                    <button class="button button--primary composer__send">{words::SEND}</button>
                </div>
            </div>
        </form>
    }
    .into_any()
}

fn field(
    desk: Desk,
    room: RoomId,
    name: Signal<String>,
    problem: RwSignal<Option<Problem>>,
    typed: Option<String>,
) -> AnyView {
    let label = move || name.with(|name| words::message_to(name));
    let invalid = move || problem.with(Option::is_some).then_some("true");
    let described = move || problem.with(Option::is_some).then_some(PROBLEM_ID);
    let pressed = move |event: ev::KeyboardEvent| {
        if sends(&event) {
            event.prevent_default();
            send(desk, room, problem);
        }
    };
    // Kept at each stroke: a few microseconds, and no crash between two saves loses a word.
    let changed = move |_: ev::Event| keep::keep_draft(room, &page::typed(FIELD_ID));
    // A field's text stands between its tags, where even an empty marker would be text.
    match typed {
        Some(typed) => view! {
            <textarea
                class="composer__text"
                id=FIELD_ID
                name="body"
                rows="1"
                dir="auto"
                aria-label=label
                placeholder=label
                aria-invalid=invalid
                aria-describedby=described
                on:keydown=pressed
                on:input=changed
            >
                {typed}
            </textarea>
        }
        .into_any(),
        None => view! {
            <textarea
                class="composer__text"
                id=FIELD_ID
                name="body"
                rows="1"
                dir="auto"
                aria-label=label
                placeholder=label
                aria-invalid=invalid
                aria-describedby=described
                on:keydown=pressed
                on:input=changed
            ></textarea>
        }
        .into_any(),
    }
}

const PROBLEM_ID: &str = "composer-problem";

fn alert(problem: &Problem) -> AnyView {
    let text = words::problem(problem);
    view! {
        <div class="alert" role="alert" id=PROBLEM_ID>
            <b>{words::WAS_NOT_SENT}</b>
            " "
            {text}
        </div>
    }
    .into_any()
}

/// Enter sends, unless a word is being composed or a finger typed it; with a
/// control key it always does.
fn sends(event: &ev::KeyboardEvent) -> bool {
    if event.key() != "Enter" || event.is_composing() || event.key_code() == KEY_CODE_COMPOSING {
        return false;
    }
    let always = event.ctrl_key() || event.meta_key();
    always || !(event.shift_key() || event.alt_key() || page::is_touched())
}

fn send(desk: Desk, room: RoomId, problem: RwSignal<Option<Problem>>) {
    let Some(area) = page::text_area(FIELD_ID) else { return };
    let text = area.value();
    match Body::parse_within(&text, desk.body_max_bytes()) {
        Ok(_) => {
            problem.set(None);
            desk.send(room, text);
            area.set_value("");
            keep::keep_draft(room, "");
        }
        // Nothing written is nothing to complain about.
        Err(Problem::BodyEmpty) => problem.set(None),
        Err(refused) => problem.set(Some(refused)),
    }
    page::focus(&area);
}

/// Puts the caret where one writes.
pub fn focus() {
    if let Some(field) = page::by_id(FIELD_ID) {
        page::focus(&field);
    }
}

/// The draft of this tab, unless something stands in the field already.
fn bring_draft(room: RoomId) {
    let Some(area) = page::text_area(FIELD_ID) else { return };
    if area.value().is_empty() {
        put(&area, &keep::draft(room));
    } else {
        keep::keep_draft(room, &area.value());
    }
}

/// A text that could not even wait stands in the field again.
fn take_back(desk: Desk, room: RoomId, problem: RwSignal<Option<Problem>>) {
    let Some((_, body, why)) = desk.returned().get().filter(|(at, ..)| *at == room) else {
        return;
    };
    desk.returned().set(None);
    problem.set(Some(why));
    if let Some(area) = page::text_area(FIELD_ID)
        && area.value().is_empty()
    {
        put(&area, &body);
        keep::keep_draft(room, &body);
    }
}

fn put(area: &HtmlTextAreaElement, draft: &str) {
    if !draft.is_empty() {
        area.set_value(draft);
    }
}

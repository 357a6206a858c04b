//! Where one writes. The field belongs to the browser: its text is read when it
//! is sent and never written while somebody types, so that what was typed before
//! the program came stays, caret and all.

use super::{
    edit::{Editing, kept_at},
    stand::message_id,
};
use crate::{
    browser::{keep, page},
    ui::{
        desk::Desk,
        live::{effect, effect_after, maybe, text},
        page_data::FormReply,
        parts::{button, hidden_key},
        place::room_path,
        words,
    },
    wire::{Body, ClientKey, Problem, RoomId},
};
use leptos::{ev, html, prelude::*};
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
    effect(move || {
        bring_draft(room);
        bring_edit(desk, room);
        // Who came here by a link of ours wants to write; who just opened the page may not.
        if desk.has_moved() && !page::is_touched() {
            focus();
        }
    });
    effect(move || take_back(desk, room, problem));
    let write = Write {
        desk,
        room,
        problem,
        editing: Memo::new(move |_| desk.editing().get().filter(|editing| editing.room == room)),
        aside: StoredValue::new(String::new()),
    };
    effect_after(move |before: Option<bool>| write.turn(before.unwrap_or(false)));
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        write.done();
    };
    view! {
        <form class="composer" method="post" action=room_path(room) on:submit=submit>
            <div class="composer__column">
                {client_key.map(hidden_key)} {maybe(move || desk.unsent_note().map(note))}
                {maybe(move || problem.get().map(|problem| alert(&problem)))}
                {maybe(move || write.is_editing().then(|| editing_bar(write)))}
                <div class="composer__box">
                    {field(write, name, typed)}
                    <button class="button button--primary composer__send">
                        {text(move || if write.is_editing() { words::SAVE.to_owned() } else { words::SEND.to_owned() })}
                    </button>
                </div>
            </div>
        </form>
    }
    .into_any()
}

fn note(text: &'static str) -> AnyView {
    view! { <p class="composer__note">{text}</p> }.into_any()
}

fn editing_bar(write: Write) -> AnyView {
    view! {
        <div class="composer__editing">
            <span>{words::EDITING}</span>
            {button("button button--quiet button--small", words::CANCEL.into_any(), move || write.stop())}
        </div>
    }
    .into_any()
}

fn field(write: Write, name: Signal<String>, typed: Option<String>) -> AnyView {
    let problem = write.problem;
    let label = Signal::derive(move || {
        if write.is_editing() {
            words::EDIT_MESSAGE.to_owned()
        } else {
            name.with(|name| words::message_to(name))
        }
    });
    let invalid = Signal::derive(move || problem.with(Option::is_some).then_some("true"));
    let described = Signal::derive(move || problem.with(Option::is_some).then_some(PROBLEM_ID));
    let pressed = move |event: ev::KeyboardEvent| {
        if write.takes(&event) {
            event.prevent_default();
        }
    };
    // Kept at each stroke: a few microseconds, and no crash between two saves loses a word.
    let changed = move |_: ev::Event| write.keep(&page::typed(FIELD_ID));
    let area = html::textarea()
        .class("composer__text")
        .id(FIELD_ID)
        .name("body")
        .rows("1")
        .dir("auto")
        .aria_label(label)
        .placeholder(label)
        .aria_invalid(invalid)
        .aria_describedby(described)
        .on(ev::keydown, pressed)
        .on(ev::input, changed);
    // A field's text stands between its tags, where even an empty marker would be text.
    match typed {
        Some(typed) => area.child(typed).into_any(),
        None => area.into_any(),
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

/// What the field is for at the moment: something new, or a message of one's own anew.
#[derive(Clone, Copy)]
struct Write {
    desk: Desk,
    room: RoomId,
    problem: RwSignal<Option<Problem>>,
    editing: Memo<Option<Editing>>,
    /// What stood in the field when editing began.
    aside: StoredValue<String>,
}

impl Write {
    fn is_editing(self) -> bool {
        self.editing.with(Option::is_some)
    }

    /// Puts into the field what belongs there now. `before`: a message was being edited.
    fn turn(self, before: bool) -> bool {
        let editing = self.editing.get();
        let Some(area) = page::text_area(FIELD_ID) else {
            return editing.is_some();
        };
        match &editing {
            Some(editing) => {
                if !before {
                    self.aside.set_value(area.value());
                }
                area.set_value(&editing.text);
                self.problem.set(editing.problem.clone());
                self.keep(&editing.text);
                page::focus(&area);
            }
            None if before => {
                area.set_value(&self.aside.get_value());
                self.problem.set(None);
            }
            None => {}
        }
        editing.is_some()
    }

    fn keep(self, typed: &str) {
        match self.editing.get_untracked() {
            Some(editing) => keep::keep_under_way(&kept_at(self.room), Some(&editing.to_text(typed))),
            None => keep::keep_draft(self.room, typed),
        }
    }

    /// A key in the field; true if it was taken.
    fn takes(self, event: &ev::KeyboardEvent) -> bool {
        let is_editing = self.editing.with_untracked(Option::is_some);
        match event.key().as_str() {
            _ if sends(event) => self.done(),
            "Escape" if is_editing && !event.is_composing() => self.stop(),
            "ArrowUp" if !is_editing && is_plain(event) && page::typed(FIELD_ID).is_empty() => {
                return self.desk.edit_last_own(self.room);
            }
            _ => return false,
        }
        true
    }

    fn done(self) {
        let Some(area) = page::text_area(FIELD_ID) else { return };
        let text = area.value();
        let editing = self.editing.get_untracked();
        match (Body::parse_within(&text, self.desk.body_max_bytes()), editing) {
            (Ok(body), Some(editing)) => {
                self.stop();
                if body.as_str() != editing.text {
                    self.desk.save_edit(&editing, text);
                }
                return;
            }
            (Ok(_), None) => {
                self.problem.set(None);
                self.desk.send(self.room, text);
                area.set_value("");
                keep::keep_draft(self.room, "");
            }
            // Nothing written is nothing to complain about; a message cannot become nothing.
            (Err(Problem::BodyEmpty), None) => self.problem.set(None),
            (Err(refused), _) => self.problem.set(Some(refused)),
        }
        page::focus(&area);
    }

    /// The message stays as it is, and the focus goes back to where it came from.
    fn stop(self) {
        let Some(editing) = self.editing.get_untracked() else {
            return;
        };
        keep::keep_under_way(&kept_at(self.room), None);
        self.desk.editing().set(None);
        let row = page::by_id(&message_id(editing.seq)).filter(|_| editing.from_row);
        match row {
            Some(row) => page::focus(&row),
            None => focus(),
        }
    }
}

fn is_plain(event: &ev::KeyboardEvent) -> bool {
    !(event.shift_key() || event.ctrl_key() || event.meta_key() || event.alt_key() || event.is_composing())
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

/// A message that was being written anew when the page was left.
fn bring_edit(desk: Desk, room: RoomId) {
    let kept = keep::under_way(&kept_at(room)).and_then(|text| Editing::from_text(room, &text));
    if kept.is_some() && desk.editing().with_untracked(Option::is_none) {
        desk.editing().set(kept);
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

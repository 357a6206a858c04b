//! Pages beside the chat: plain pages of the server with plain forms, with or
//! without the program. Nothing here is reached from the browser's entry points,
//! so none of it weighs on what the browser loads.

mod admin;
mod gate;
mod inside;
mod new_message;
mod new_room;
mod room_people;
mod settings;

pub use gate::{gate, title as gate_title};
pub use inside::{inside, title as inside_title};

use crate::{
    rules::civil,
    ui::{
        page_data::{FormReply, NotSent, reply_to},
        parts::{alert, brand, hidden_key},
        words,
    },
    wire::{ClientKey, Millis, Person},
};
use leptos::prelude::*;

/// A page that says one thing.
pub fn blank(title: &'static str, text: &'static str, actions: AnyView) -> AnyView {
    view! {
        <main class="gate">
            <div class="gate__sheet">
                <div class="gate__main">
                    <div class="empty">
                        {brand("brand")} <h1 class="empty__title">{title}</h1> <p class="empty__text">{text}</p>
                        <div class="empty__actions">{actions}</div>
                    </div>
                </div>
            </div>
        </main>
    }
    .into_any()
}

/// The words of somebody who was signed out, or put out of the room, while they wrote.
pub fn not_sent(lost: &NotSent) -> AnyView {
    let (href, label) = match &lost.sign_in {
        Some(sign_in) => (sign_in.as_str(), "Sign in"),
        None => ("/", words::TO_YOUR_ROOMS),
    };
    view! {
        <main class="gate">
            <div class="gate__sheet">
                <header class="gate__head">
                    {brand("brand brand--large")} <h1 class="gate__title">{words::NOT_SENT}</h1>
                    <p class="gate__text">{words::problem(&lost.problem)}</p>
                </header>
                <div class="gate__form">
                    <div class="field">
                        <label class="field__label" for="kept">
                            "You wrote"
                        </label>
                        <textarea class="input" id="kept" rows="6" readonly dir="auto">
                            {lost.text.clone()}
                        </textarea>
                    </div>
                    <div class="form__actions">
                        <a class="button button--primary" href=href.to_owned()>
                            {label}
                        </a>
                    </div>
                </div>
            </div>
        </main>
    }
    .into_any()
}

pub fn not_found() -> AnyView {
    blank(
        NOT_FOUND_TITLE,
        "The address may be wrong, or what was here is not yours to see.",
        view! { <a class="button button--primary" href="/">"To your rooms"</a> }.into_any(),
    )
}

pub const NOT_FOUND_TITLE: &str = "There is nothing here for you.";

/// The fault is ours; what was sent can be sent again.
pub fn unavailable() -> AnyView {
    blank(
        UNAVAILABLE_TITLE,
        "Something on the server does not work at the moment. Nothing you sent is stored twice: try again.",
        view! { <a class="button button--primary" href="/">"Try again"</a> }.into_any(),
    )
}

pub const UNAVAILABLE_TITLE: &str = "Not now, sorry.";

/// A part of a page, with a heading if it has one.
fn section(heading: &'static str, text: String, content: AnyView) -> AnyView {
    view! {
        <section class="page__section">
            {(!heading.is_empty()).then(|| view! { <h2 class="page__heading">{heading}</h2> })}
            {(!text.is_empty()).then(|| view! { <p class="page__text">{text}</p> })} {content}
        </section>
    }
    .into_any()
}

/// One line of a list: what stands in the gutter, what it is, what can be done.
struct Row {
    mark: AnyView,
    name: String,
    detail: String,
    tags: Vec<(&'static str, &'static str)>,
    class: &'static str,
    actions: Vec<AnyView>,
}

impl Row {
    fn view(self) -> AnyView {
        let tags: Vec<_> = self
            .tags
            .into_iter()
            .map(|(class, text)| view! { " " <span class=class>{text}</span> })
            .collect();
        view! {
            <li class=self.class>
                <span class="ledger__mark">{self.mark}</span>
                <div class="ledger__main">
                    <span class="ledger__name" dir="auto">
                        {self.name}
                    </span>
                    {tags}
                    {(!self.detail.is_empty())
                        .then(|| {
                            view! {
                                <span class="ledger__detail" dir="auto">
                                    {self.detail.clone()}
                                </span>
                            }
                        })}
                </div>
                {(!self.actions.is_empty())
                    .then(|| view! { <div class="ledger__actions">{self.actions}</div> })}
            </li>
        }
        .into_any()
    }
}

const ROW: &str = "ledger__row";
const ROW_OWN: &str = "ledger__row ledger__row--own";
const ROW_OUT: &str = "ledger__row ledger__row--out";
const TAG: &str = "tag";
const TAG_STRONG: &str = "tag tag--strong";
const TAG_BAD: &str = "tag tag--bad";

fn ledger(rows: Vec<AnyView>) -> AnyView {
    view! { <ul class="ledger">{rows}</ul> }.into_any()
}

/// A form of one button. `fields` are hidden.
fn press(action: &str, fields: Vec<(&'static str, String)>, button: &'static str, class: &'static str) -> AnyView {
    press_for(action, fields, button, class, None)
}

/// The same where several buttons of a page say the same word: `name` tells them apart.
fn press_for(
    action: &str,
    fields: Vec<(&'static str, String)>,
    button: &'static str,
    class: &'static str,
    name: Option<String>,
) -> AnyView {
    view! {
        <form method="post" action=action.to_owned()>
            {hidden(fields)} <button class=class aria-label=name>
                {button}
            </button>
        </form>
    }
    .into_any()
}

/// A button that opens the direct room with a person.
fn write_to(person: &Person, key: &str) -> AnyView {
    let fields = vec![("client_key", key.to_owned()), ("username", person.username.clone())];
    press_for(
        "/new-message",
        fields,
        "Write",
        SMALL,
        Some(["Write to ", &person.name].concat()),
    )
}

const SMALL: &str = "button button--small";
const SMALL_DANGER: &str = "button button--small button--danger";

/// The same behind a question, for what cannot be taken back.
fn confirm(
    action: &str,
    fields: Vec<(&'static str, String)>,
    opens: String,
    question: String,
    button: String,
) -> AnyView {
    view! {
        <details class="confirm">
            <summary class=SMALL_DANGER>{opens}</summary>
            <div class="confirm__panel">
                <p dir="auto">{question}</p>
                <form method="post" action=action.to_owned()>
                    {hidden(fields)} <button class=SMALL_DANGER>{button}</button>
                </form>
            </div>
        </details>
    }
    .into_any()
}

fn hidden(fields: Vec<(&'static str, String)>) -> Vec<AnyView> {
    fields
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> }.into_any())
        .collect()
}

/// A form of one line whose fields stand beside its button.
fn line_form(
    action: &str,
    fields: AnyView,
    names: &[&str],
    key: Option<ClientKey>,
    button: &'static str,
    reply: Option<&FormReply>,
) -> AnyView {
    let reply = reply_to(reply, action);
    view! {
        <form class="form form--wide" method="post" action=action.to_owned()>
            {alert(reply, names)} {key.map(hidden_key)} <div class="form__row">
                {fields} <button class="button button--primary">{button}</button>
            </div>
        </form>
    }
    .into_any()
}

/// A refusal of a form that is a button alone is said above its list.
fn alert_for(reply: Option<&FormReply>, prefix: &str, except: &str) -> Option<AnyView> {
    alert(
        reply.filter(|reply| reply.to.starts_with(prefix) && reply.to != except),
        &[],
    )
}

/// A link that is shown once, with a button to copy it.
fn shown_link(said: String, link: &str) -> AnyView {
    view! {
        <div class="alert alert--good" role="status">
            <b>{said}</b>
        </div>
        <div class="copy">
            <a class="input copy__link" id="made-link" href=link.to_owned()>
                {link.to_owned()}
            </a>
            <button class="button" type="button" data-copy="made-link">
                "Copy link"
            </button>
        </div>
    }
    .into_any()
}

fn date(at: Millis, now: Millis) -> String {
    words::date(civil::civil(at, 0).day, civil::civil(now, 0).day)
}

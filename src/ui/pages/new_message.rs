//! Choosing whom to write to.

use super::{ROW, Row, alert_for, ledger, line_form, section, write_to};
use crate::{
    ui::{
        page_data::{NewMessage, others},
        parts::{Field, Size, avatar, field},
    },
    wire::{Person, UserId},
};
use leptos::prelude::*;

const ACTION: &str = "/new-message";

pub fn new_message(page: &NewMessage, me: UserId) -> AnyView {
    let to = field(Field::text("username", "To"), "", page.reply.as_ref());
    let form = line_form(
        ACTION,
        to,
        &["username"],
        Some(page.client_key),
        "Write",
        page.reply.as_ref(),
    );
    let key = page.client_key.to_string();
    let people = others(&page.people, me).map(|person| row(person, &key)).collect();
    view! {
        {section("", String::new(), form)} {alert_for(page.reply.as_ref(), ACTION, ACTION)}
        {section("People", String::new(), ledger(people))}
    }
    .into_any()
}

fn row(person: &Person, key: &str) -> AnyView {
    Row {
        mark: avatar(&person.name, person.hue, Size::Small),
        name: person.name.clone(),
        detail: ["@", &person.username].concat(),
        tags: vec![],
        class: ROW,
        actions: vec![write_to(person, key)],
    }
    .view()
}

//! Making a room, and joining one that is open.

use super::{ROW, Row, SMALL, alert_for, hidden_key, ledger, press, section};
use crate::ui::{
    page_data::{Joinable, NewRoom, reply_to},
    parts::{Field, alert, field},
    place::under_room,
    words,
};
use leptos::prelude::*;

const ACTION: &str = "/new-room";

pub fn new_room(page: NewRoom) -> AnyView {
    let reply = reply_to(page.reply.as_ref(), ACTION);
    let name = Field::text("name", "Name").hint("Any script, up to 64 characters.");
    let closed = reply.and_then(|reply| reply.field("kind")) == Some("closed");
    let form = view! {
        <form class="form" method="post" action=ACTION>
            {alert(reply, &["name"])} {hidden_key(page.client_key)} {field(name, "", reply)}
            <fieldset class="choices">
                <legend class="field__label">"Who may join"</legend>
                <label class="choice">
                    <input type="radio" name="kind" value="open" checked=!closed/>
                    <span>"Open"</span>
                    <span class="choice__text">"Everybody on this server finds it and may join."</span>
                </label>
                <label class="choice">
                    <input type="radio" name="kind" value="closed" checked=closed/>
                    <span>"Closed"</span>
                    <span class="choice__text">"Only people who are added see that it exists."</span>
                </label>
            </fieldset>
            <div class="form__actions">
                <button class="button button--primary">"Create room"</button>
                <a class="button button--quiet" href="/">
                    "Cancel"
                </a>
            </div>
        </form>
    };
    let key = page.client_key.to_string();
    let open = page
        .open
        .into_iter()
        .map(|room| joinable(room, &key))
        .collect::<Vec<_>>();
    let list = (!open.is_empty()).then(|| section("Open rooms you are not in", String::new(), ledger(open)));
    view! {
        {section("", String::new(), form.into_any())}
        {alert_for(page.reply.as_ref(), "/r/", ACTION)}
        {list}
    }
    .into_any()
}

fn joinable(room: Joinable, key: &str) -> AnyView {
    let join = press(
        &under_room(room.room, "join"),
        vec![("client_key", key.to_owned())],
        "Join",
        SMALL,
    );
    Row {
        mark: words::number(room.people).into_any(),
        name: room.name,
        detail: words::people(room.people),
        tags: vec![],
        class: ROW,
        actions: vec![join],
    }
    .view()
}

//! Who is in a room, who may come in, its name, and the way out.

use super::{
    ROW, ROW_OWN, Row, TAG, TAG_STRONG, alert_for, confirm, ledger, line_form, press, section, shown_link, write_to,
};
use crate::{
    ui::{
        page_data::RoomPeople,
        parts::{Field, Size, avatar, field},
        place::under_room,
    },
    wire::{Person, RoomKind, UserId, membership::RoomRole},
};
use leptos::prelude::*;

pub fn room_people(page: &RoomPeople, me: UserId) -> AnyView {
    let direct = page.kind == RoomKind::Direct;
    let admin = page.role == RoomRole::Admin;
    let add_at = under_room(page.room, "people/add");
    let rename_at = under_room(page.room, "rename");
    let reply = page.reply.as_ref();
    let add = (admin && !direct).then(|| {
        let username = Field::text("username", "Username").hint("Of the person to add.");
        let username = field(username, "", reply.filter(|reply| reply.to == add_at));
        let form = line_form(&add_at, username, &["username"], Some(page.client_key), "Add", reply);
        section("Add a person", String::new(), form)
    });
    let rename = (admin && !direct).then(|| {
        let name = field(
            Field::text("name", "Room name"),
            &page.name,
            reply.filter(|reply| reply.to == rename_at),
        );
        let form = line_form(&rename_at, name, &["name"], Some(page.client_key), "Rename", reply);
        section("Name", String::new(), form)
    });
    let members = page
        .members
        .iter()
        .map(|(person, role)| member(page, person, *role, me))
        .collect();
    let remove_refused = alert_for(reply, &under_room(page.room, "people/remove"), "");
    view! {
        {add} {remove_refused} {section("In this room", String::new(), ledger(members))}
        {page.may_invite.then(|| invite(page))} {rename} {(!direct).then(|| leave(page))}
        {(admin && !direct).then(|| delete(page))}
    }
    .into_any()
}

fn member(page: &RoomPeople, person: &Person, role: RoomRole, me: UserId) -> AnyView {
    let own = person.user == me;
    let mut tags = Vec::new();
    if role == RoomRole::Admin {
        tags.push((TAG_STRONG, "room admin"));
    }
    if own {
        tags.push((TAG, "you"));
    }
    let key = ("client_key", page.client_key.to_string());
    let mut actions = Vec::new();
    if !own && page.kind != RoomKind::Direct {
        actions.push(write_to(person, &page.client_key.to_string()));
        if page.role == RoomRole::Admin {
            actions.push(confirm(
                &under_room(page.room, "people/remove"),
                vec![key, ("user", person.user.to_string())],
                "Remove…".to_owned(),
                [person.name.as_str(), " stops hearing this room at once."].concat(),
                "Remove".to_owned(),
            ));
        }
    }
    Row {
        mark: avatar(&person.name, person.hue, Size::Small),
        name: person.name.clone(),
        detail: ["@", &person.username].concat(),
        tags,
        class: if own { ROW_OWN } else { ROW },
        actions,
    }
    .view()
}

fn invite(page: &RoomPeople) -> AnyView {
    let text = "Makes a link that opens this server and this room, for one week.".to_owned();
    let content = match &page.invite_link {
        Some(link) => shown_link("Here is the link. It is shown only once.".to_owned(), link),
        None => press(
            &under_room(page.room, "people/invite"),
            vec![],
            "Invite people",
            "button",
        ),
    };
    section("Invite people", text, content)
}

fn leave(page: &RoomPeople) -> AnyView {
    let text = match page.kind {
        RoomKind::Open => "You stop hearing this room at once. It is open: you may join again.",
        _ => "You stop hearing this room at once. Somebody has to add you to come back.",
    };
    let form = press(
        &under_room(page.room, "leave"),
        vec![("client_key", page.client_key.to_string())],
        "Leave the room",
        "button button--danger",
    );
    section("Leave", text.to_owned(), form)
}

fn delete(page: &RoomPeople) -> AnyView {
    let form = confirm(
        &under_room(page.room, "delete"),
        vec![("client_key", page.client_key.to_string())],
        "Delete the room…".to_owned(),
        "Everybody stops hearing it at once, and all that was said in it is gone for good.".to_owned(),
        "Delete for everybody".to_owned(),
    );
    section("Delete", String::new(), form)
}

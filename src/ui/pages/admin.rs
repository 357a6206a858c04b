//! Invite links and people, for those who look after the server. It shows no
//! room the reader is not in.

use super::{
    ROW, ROW_OUT, ROW_OWN, Row, SMALL, TAG, TAG_BAD, TAG_STRONG, alert_for, confirm, date, ledger, line_form, press,
    press_for, section, shown_link,
};
use crate::{
    ui::{
        page_data::{Admin, InviteRow, MadeLink, PersonRow, Standing, is_above, reply_to},
        parts::{Field, Size, avatar, field},
        words,
    },
    wire::{Millis, membership::ServerRole, person::Me},
};
use leptos::prelude::*;

const INVITES_AT: &str = "/admin/invites";

pub fn admin(page: Admin, me: &Me, now: Millis) -> AnyView {
    let own = reply_to(page.reply.as_ref(), INVITES_AT);
    let fields = view! {
        {field(Field::number("uses", "Uses"), "10", own)} {field(Field::number("days", "Days"), "7", own)}
    };
    let names = &["uses", "days"];
    let form = line_form(
        INVITES_AT,
        fields.into_any(),
        names,
        None,
        "Invite people",
        page.reply.as_ref(),
    );
    let made = page.link.map(|link| match link {
        MadeLink::Invite(link) => shown_link("Here is the link. It is shown only once.".to_owned(), &link),
        MadeLink::Reset(name, link) => {
            let said = [
                "A new password for ",
                &name,
                ": give them this link. It is shown only once.",
            ];
            shown_link(said.concat(), &link)
        }
    });
    let invites: Vec<_> = page.invites.into_iter().map(|row| invite(row, now)).collect();
    let links = view! { {form} {made} {(!invites.is_empty()).then(|| ledger(invites))} };
    let count = u32::try_from(page.people.len()).unwrap_or(u32::MAX);
    let said = [
        &words::people(count),
        ". Nobody here can read a room they are not in, you included.",
    ]
    .concat();
    let people = page.people.into_iter().map(|row| person(row, me)).collect();
    view! {
        {section("Invite links", String::new(), links.into_any())}
        {alert_for(page.reply.as_ref(), "/admin/", INVITES_AT)} {section("People", said, ledger(people))}
    }
    .into_any()
}

fn invite(row: InviteRow, now: Millis) -> AnyView {
    let revoke = [INVITES_AT, "/", &row.invite.to_string(), "/revoke"].concat();
    let uses = [row.uses.to_string(), row.uses_max.to_string()].join("/");
    let until = if row.over { "Until " } else { "Good until " };
    let mut detail = [until, &date(row.expires_at, now)].concat();
    if let Some(room) = row.room {
        detail.push_str(", into ");
        detail.push_str(&room);
    }
    Row {
        mark: uses.into_any(),
        name: ["Made by ", &row.made_by, ", ", &date(row.created_at, now)].concat(),
        detail,
        tags: if row.over { vec![(TAG, "over")] } else { vec![] },
        class: if row.over { ROW_OUT } else { ROW },
        actions: if row.over {
            vec![]
        } else {
            vec![press(&revoke, vec![], "Revoke", SMALL)]
        },
    }
    .view()
}

fn person(row: PersonRow, me: &Me) -> AnyView {
    let PersonRow { person, role, standing } = row;
    let own = person.user == me.user;
    let mut tags = Vec::new();
    match role {
        ServerRole::Owner => tags.push((TAG_STRONG, "owner")),
        ServerRole::Admin => tags.push((TAG_STRONG, "admin")),
        ServerRole::Member => {}
    }
    match standing {
        Standing::Active => {}
        Standing::Removed => tags.push((TAG, "removed")),
        Standing::Banned => tags.push((TAG_BAD, "banned")),
    }
    let at = ["/admin/people/", &person.user.to_string(), "/"].concat();
    let actions = match standing {
        Standing::Active if is_above(me.role, role) => acts(&at, &person.name, role, me.role),
        Standing::Removed | Standing::Banned if is_above(me.role, role) => {
            let name = Some(["Let ", &person.name, " back in"].concat());
            vec![press_for(&[&at, "unban"].concat(), vec![], "Let back in", SMALL, name)]
        }
        _ => vec![],
    };
    Row {
        mark: avatar(&person.name, person.hue, Size::Small),
        detail: ["@", &person.username].concat(),
        name: person.name,
        tags,
        class: match (own, standing) {
            (true, _) => ROW_OWN,
            (false, Standing::Active) => ROW,
            (false, _) => ROW_OUT,
        },
        actions,
    }
    .view()
}

fn acts(at: &str, name: &str, role: ServerRole, reader: ServerRole) -> Vec<AnyView> {
    let to = |rest: &str| [at, rest].concat();
    let mut acts = Vec::new();
    if reader == ServerRole::Owner {
        let (new_role, said) = match role {
            ServerRole::Admin => ("member", "Make member"),
            _ => ("admin", "Make admin"),
        };
        acts.push(press(&to("role"), vec![("role", new_role.to_owned())], said, SMALL));
    }
    acts.push(press(&to("reset"), vec![], "Reset link", SMALL));
    for (verb, rest) in [("Ban", "ban"), ("Remove", "remove")] {
        let question = match verb {
            "Ban" => " is signed out everywhere at once and cannot come back.",
            _ => " is signed out everywhere at once. What they wrote stays.",
        };
        acts.push(confirm(
            &to(rest),
            vec![],
            [verb, "…"].concat(),
            [name, question].concat(),
            [verb, " ", name].concat(),
        ));
    }
    acts
}

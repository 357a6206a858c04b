//! What each page beside the chat is drawn from.

use super::pages::{Asked, fresh_key};
use crate::{
    server::{
        app::App,
        error::Result,
        invites::{self, LeadsTo},
        memberships, messages, rooms,
        sessions::{self, Signed},
        users,
    },
    ui::page_data::{
        Admin, Done, Gate, Inside, InviteRow, Joinable, MadeLink, NewMessage, NewRoom, PersonRow, RoomPeople,
        SessionRow, Settings, Standing,
    },
    wire::{Person, Problem, RoomId, membership::ServerRole},
};
use std::collections::BTreeSet;

pub async fn set_up(asked: &Asked<'_>) -> Result<Gate> {
    if users::is_set_up(asked.app).await? {
        return Err(Problem::Gone.into());
    }
    Ok(Gate::SetUp {
        reply: asked.reply.clone(),
    })
}

pub async fn join(asked: &Asked<'_>, code: &str) -> Result<Gate> {
    let welcoming = invites::look(asked.app, code).await?;
    Ok(Gate::Join {
        code: code.to_owned(),
        invited_by: welcoming.invited_by,
        host: asked.app.config.public_url().authority().clone(),
        reply: asked.reply.clone(),
    })
}

pub async fn reset(asked: &Asked<'_>, code: &str) -> Result<Gate> {
    let name = users::look_at_reset(asked.app, code).await?;
    Ok(Gate::Reset {
        code: code.to_owned(),
        name,
        reply: asked.reply.clone(),
    })
}

/// An open room that the reader is not in.
///
/// # Errors
/// `Gone` for any other room.
pub async fn joinable(app: &App, who: &Signed, room: RoomId) -> Result<Joinable> {
    let open = open_rooms(app, who).await?;
    Ok(open.into_iter().find(|open| open.room == room).ok_or(Problem::Gone)?)
}

async fn open_rooms(app: &App, who: &Signed) -> Result<Vec<Joinable>> {
    let mut read = app.store.read().await?;
    let open = rooms::list_open(&mut read, who).await?;
    Ok(open
        .into_iter()
        .map(|open| Joinable {
            room: open.room,
            name: open.name,
            people: open.members,
        })
        .collect())
}

pub async fn new_room(asked: &Asked<'_>, who: &Signed) -> Result<Inside> {
    let open = open_rooms(asked.app, who).await?;
    Ok(Inside::NewRoom(NewRoom {
        open,
        client_key: fresh_key(asked.app),
        reply: asked.reply.clone(),
    }))
}

pub async fn new_message(asked: &Asked<'_>, who: &Signed) -> Result<Inside> {
    let mut read = asked.app.store.read().await?;
    let people = messages::people_near(&mut read, who).await?;
    Ok(Inside::NewMessage(NewMessage {
        people,
        client_key: fresh_key(asked.app),
        reply: asked.reply.clone(),
    }))
}

pub async fn room_people(asked: &Asked<'_>, who: &Signed, room: RoomId) -> Result<Inside> {
    let mut read = asked.app.store.read().await?;
    let member = memberships::access(&mut read, who, room).await?;
    let members = memberships::list_members(&mut read, &member).await?;
    let users: BTreeSet<_> = members.iter().map(|member| member.user).collect();
    let people = messages::faces(&mut read, &users).await?;
    let with_face = |member: &crate::wire::membership::RoomMember| {
        let person: &Person = people.iter().find(|person| person.user == member.user)?;
        Some((person.clone(), member.role))
    };
    Ok(Inside::RoomPeople(RoomPeople {
        room,
        name: rooms::name_of(&mut read, &member).await?,
        kind: member.kind(),
        role: member.role(),
        members: members.iter().filter_map(with_face).collect(),
        may_invite: who.role() >= ServerRole::Admin && member.kind() != crate::wire::RoomKind::Direct,
        invite_link: match &asked.link {
            Some(MadeLink::Invite(link)) => Some(link.clone()),
            Some(MadeLink::Reset(..)) | None => None,
        },
        client_key: fresh_key(asked.app),
        reply: asked.reply.clone(),
    }))
}

pub async fn settings(asked: &Asked<'_>, who: &Signed) -> Result<Inside> {
    let lines = sessions::list(asked.app, who).await?;
    let sessions = lines.into_iter().map(|line| SessionRow {
        session: line.session,
        agent: line.agent,
        created_at: line.created_at,
        last_seen_at: line.last_seen_at,
        this: line.current,
    });
    Ok(Inside::Settings(Settings {
        sessions: sessions.collect(),
        done: done(asked.query),
        reply: asked.reply.clone(),
    }))
}

/// The change of which a form's redirect tells.
fn done(query: &str) -> Option<Done> {
    match query.strip_prefix("done=")? {
        "name" => Some(Done::Name),
        "password" => Some(Done::Password),
        _ => None,
    }
}

pub async fn admin(asked: &Asked<'_>, who: &Signed) -> Result<Inside> {
    who.demand_admin().map_err(|_| Problem::Gone)?;
    let invites = invites::list(asked.app, who)
        .await?
        .into_iter()
        .map(invite_row)
        .collect();
    let page = users::list_people(asked.app, who, None).await?;
    Ok(Inside::Admin(Admin {
        invites,
        people: page.people.into_iter().map(person_row).collect(),
        link: asked.link.clone(),
        reply: asked.reply.clone(),
    }))
}

fn invite_row(line: invites::InviteLine) -> InviteRow {
    InviteRow {
        invite: line.invite,
        made_by: line.made_by,
        room: match line.leads_to {
            LeadsTo::Room(name) => Some(name),
            LeadsTo::Server | LeadsTo::OtherRoom => None,
        },
        created_at: line.created_at,
        expires_at: line.expires_at,
        uses: line.uses,
        uses_max: line.uses_max,
        over: false,
    }
}

fn person_row(line: users::PersonLine) -> PersonRow {
    let standing = match line.state {
        users::State::Active => Standing::Active,
        users::State::Removed => Standing::Removed,
        users::State::Banned => Standing::Banned,
    };
    PersonRow {
        person: line.person,
        role: line.role,
        standing,
    }
}

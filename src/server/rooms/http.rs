//! Doors of rooms: making them, writing to somebody, giving another name.

use crate::{
    server::{
        app::App,
        error::Result,
        form::{Done, Door, Post, keeping},
        memberships, messages,
    },
    wire::{Problem, RoomKind, command},
};

pub const DOORS: &[Door] = &[
    Door {
        path: "/new-room",
        handle: |app, post| keeping(post, &["name", "kind"], create(app, post)),
    },
    Door {
        path: "/new-message",
        handle: |app, post| keeping(post, &["username"], open_direct(app, post)),
    },
    Door {
        path: "/r/{room}/rename",
        handle: |app, post| keeping(post, &["name"], rename(app, post)),
    },
    Door {
        path: "/r/{room}/delete",
        handle: |app, post| keeping(post, &[], delete(app, post)),
    },
];

async fn create(app: &App, post: &Post) -> Result<Done> {
    let who = post.signed(app).await?;
    let form = post.form();
    let kind = match form.text("kind") {
        "open" => RoomKind::Open,
        "closed" => RoomKind::Closed,
        _ => return Err(Problem::Malformed.into()),
    };
    let name = form.text("name").to_owned();
    let client_key = form.required("client_key")?;
    let made = super::create(app, &who, &command::CreateRoom { client_key, kind, name }).await?;
    Ok(Done::go(&messages::http::path_of(made.room)))
}

async fn open_direct(app: &App, post: &Post) -> Result<Done> {
    let who = post.signed(app).await?;
    let client_key = post.form().required("client_key")?;
    let with = memberships::http::named(app, post).await?;
    let made = super::open_direct(app, &who, &command::OpenDirect { client_key, with }).await?;
    Ok(Done::go(&messages::http::path_of(made.room)))
}

async fn rename(app: &App, post: &Post) -> Result<Done> {
    let who = post.signed(app).await?;
    let room = post.id()?;
    let name = post.form().text("name").to_owned();
    let client_key = post.form().required("client_key")?;
    super::rename(app, &who, &command::RenameRoom { client_key, room, name }).await?;
    Ok(Done::go(&format!("{}/people", messages::http::path_of(room))))
}

async fn delete(app: &App, post: &Post) -> Result<Done> {
    let who = post.signed(app).await?;
    let room = post.id()?;
    let client_key = post.form().required("client_key")?;
    super::delete(app, &who, &command::DeleteRoom { client_key, room }).await?;
    Ok(Done::go("/"))
}

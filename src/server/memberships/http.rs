//! Doors of memberships: coming in, going, bringing and removing others.

use crate::{
    server::{
        app::App,
        error::Result,
        form::{Done, Door, Post, keeping},
        messages,
    },
    wire::{Problem, RoomId, UserId, command, person::Username},
};

pub const DOORS: &[Door] = &[
    Door {
        path: "/r/{room}/join",
        handle: |app, post| keeping(post, &[], join(app, post)),
    },
    Door {
        path: "/r/{room}/leave",
        handle: |app, post| keeping(post, &[], leave(app, post)),
    },
    Door {
        path: "/r/{room}/people/add",
        handle: |app, post| keeping(post, &["username"], add(app, post)),
    },
    Door {
        path: "/r/{room}/people/remove",
        handle: |app, post| keeping(post, &[], remove(app, post)),
    },
];

async fn join(app: &App, post: &Post) -> Result<Done> {
    let who = post.signed(app).await?;
    let room = post.id()?;
    let client_key = post.form().required("client_key")?;
    super::join(app, &who, &command::Join { client_key, room }).await?;
    Ok(Done::go(&messages::http::path_of(room)))
}

async fn leave(app: &App, post: &Post) -> Result<Done> {
    let who = post.signed(app).await?;
    let client_key = post.form().required("client_key")?;
    super::leave(
        app,
        &who,
        &command::Leave {
            client_key,
            room: post.id()?,
        },
    )
    .await?;
    Ok(Done::go("/"))
}

async fn add(app: &App, post: &Post) -> Result<Done> {
    let who = post.signed(app).await?;
    let room = post.id()?;
    let client_key = post.form().required("client_key")?;
    let user = named(app, post).await?;
    super::add(app, &who, &command::AddPerson { client_key, room, user }).await?;
    Ok(Done::go(&people_of(room)))
}

async fn remove(app: &App, post: &Post) -> Result<Done> {
    let who = post.signed(app).await?;
    let room = post.id()?;
    let client_key = post.form().required("client_key")?;
    let user = post.form().required("user")?;
    super::remove(app, &who, &command::RemovePerson { client_key, room, user }).await?;
    Ok(Done::go(&people_of(room)))
}

/// The person whose username stands in the form.
///
/// # Errors
/// `Gone`, if nobody who is here has it.
pub async fn named(app: &App, post: &Post) -> Result<UserId> {
    let username = Username::parse(post.form().text("username").trim_start_matches('@')).map_err(|_| Problem::Gone)?;
    let mut read = app.store.read().await?;
    let found = super::sql::find_active(&mut read, username.as_str()).await?;
    Ok(found.ok_or(Problem::Gone)?)
}

fn people_of(room: RoomId) -> String {
    format!("{}/people", messages::http::path_of(room))
}

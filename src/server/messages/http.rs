//! Doors of messages, for pages without the program.

use crate::{
    server::{
        app::App,
        error::Result,
        form::{Done, Door, Post, keeping},
    },
    wire::{Ordinal, RoomId, command, user_log::Marker},
};

pub const DOORS: &[Door] = &[
    Door {
        path: "/r/{room}",
        handle: |app, post| keeping(post, &["body", "client_key"], send(app, post)),
    },
    Door {
        path: "/r/{room}/read",
        handle: |app, post| keeping(post, &[], mark_read(app, post)),
    },
];

async fn send(app: &App, post: &Post) -> Result<Done> {
    let who = post.signed(app).await?;
    let body = post.form().text("body").to_owned();
    let room = post.id()?;
    let client_key = post.form().required("client_key")?;
    super::send(app, &who, &command::Send { client_key, room, body }).await?;
    Ok(Done::go(&path_of(room)))
}

/// Up to the last message that the page showed.
async fn mark_read(app: &App, post: &Post) -> Result<Done> {
    let who = post.signed(app).await?;
    let room = post.id()?;
    let form = post.form();
    let marker = Marker {
        version: form.required("version")?,
        ordinal: Ordinal(form.required("ordinal")?),
    };
    super::mark_read(app, &who, &command::MarkRead { room, marker }).await?;
    Ok(Done::go(&path_of(room)))
}

/// Where a room's page is.
pub fn path_of(room: RoomId) -> String {
    format!("/r/{room}")
}

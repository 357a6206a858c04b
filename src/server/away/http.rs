//! The door of the away card, for pages without the program.

use crate::{
    server::{
        app::App,
        error::Result,
        form::{Done, Door, Post, keeping},
    },
    wire::command::DismissCard,
};

pub const DOORS: &[Door] = &[Door {
    path: "/away/dismiss",
    handle: |app, post| keeping(post, &[], dismiss(app, post)),
}];

async fn dismiss(app: &App, post: &Post) -> Result<Done> {
    let who = post.signed(app).await?;
    let form = post.form();
    super::dismiss(
        app,
        &who,
        &DismissCard {
            episode: form.required("episode")?,
        },
    )
    .await?;
    Ok(Done::go(form.path("next").unwrap_or("/")))
}

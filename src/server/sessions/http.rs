//! Doors of sessions.

use super::cookie;
use crate::server::{
    app::App,
    error::{Error, Result},
    form::{Done, Door, Post, keeping},
};

pub const DOORS: &[Door] = &[
    Door {
        path: "/sign-in",
        handle: |app, post| keeping(post, &["username", "next"], sign_in(app, post)),
    },
    Door {
        path: "/sign-out",
        handle: |app, post| keeping(post, &[], sign_out(app, post)),
    },
    Door {
        path: "/settings/sessions/{id}/revoke",
        handle: |app, post| keeping(post, &[], revoke(app, post)),
    },
];

async fn sign_in(app: &App, post: &Post) -> Result<Done> {
    let form = post.form();
    let (username, password) = (form.text("username"), form.text("password"));
    let entered = super::sign_in(app, username, password, &post.browser(app)).await?;
    let next = form.path("next").unwrap_or("/");
    Ok(Done::go_with(next, cookie::give(&entered.token, &app.config)))
}

/// Whoever is signed out already is shown the same way out.
async fn sign_out(app: &App, post: &Post) -> Result<Done> {
    match sign_out_signed(app, post).await {
        Ok(()) | Err(Error::Problem(_)) => Ok(Done::go_with("/sign-in", cookie::take_back(&app.config))),
        Err(fault) => Err(fault),
    }
}

async fn sign_out_signed(app: &App, post: &Post) -> Result<()> {
    super::sign_out(app, &post.signed(app).await?).await
}

async fn revoke(app: &App, post: &Post) -> Result<Done> {
    let who = post.signed(app).await?;
    let session = post.id()?;
    super::revoke(app, &who, session).await?;
    Ok(if session == who.session() {
        Done::go_with("/sign-in", cookie::take_back(&app.config))
    } else {
        Done::go("/settings")
    })
}

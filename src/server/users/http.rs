//! Doors of people: set-up, joining, one's own settings, and governing.

use super::NewPerson;
use crate::{
    server::{
        app::App,
        error::Result,
        form::{Done, Door, Link, Post, Shown, keeping},
        sessions::{Entered, cookie},
    },
    wire::{Problem, membership::ServerRole},
};

pub const DOORS: &[Door] = &[
    Door {
        path: "/setup",
        handle: |app, post| keeping(post, &["name", "username"], set_up(app, post)),
    },
    Door {
        path: "/join/{code}",
        handle: |app, post| keeping(post, &["name", "username"], join(app, post)),
    },
    Door {
        path: "/reset/{code}",
        handle: |app, post| keeping(post, &[], reset_password(app, post)),
    },
    Door {
        path: "/settings/name",
        handle: |app, post| keeping(post, &["name"], change_name(app, post)),
    },
    Door {
        path: "/settings/password",
        handle: |app, post| keeping(post, &[], change_password(app, post)),
    },
    Door {
        path: "/admin/people/{id}/role",
        handle: |app, post| keeping(post, &["role"], change_role(app, post)),
    },
    Door {
        path: "/admin/people/{id}/remove",
        handle: |app, post| keeping(post, &[], remove(app, post)),
    },
    Door {
        path: "/admin/people/{id}/ban",
        handle: |app, post| keeping(post, &[], ban(app, post)),
    },
    Door {
        path: "/admin/people/{id}/unban",
        handle: |app, post| keeping(post, &[], readmit(app, post)),
    },
    Door {
        path: "/admin/people/{id}/reset",
        handle: |app, post| keeping(post, &[], make_reset(app, post)),
    },
];

fn new_person(post: &Post) -> Result<NewPerson, Problem> {
    let form = post.form();
    NewPerson::parse(form.text("name"), form.text("username"), form.text("password"))
}

fn welcome(app: &App, entered: &Entered) -> Done {
    Done::go_with("/", cookie::give(&entered.token, &app.config))
}

async fn set_up(app: &App, post: &Post) -> Result<Done> {
    let entered = super::set_up(app, new_person(post)?, &post.browser(app)).await?;
    Ok(welcome(app, &entered))
}

async fn join(app: &App, post: &Post) -> Result<Done> {
    let entered = super::join_by_invite(app, post.parameter(), new_person(post)?, &post.browser(app)).await?;
    Ok(welcome(app, &entered))
}

async fn reset_password(app: &App, post: &Post) -> Result<Done> {
    super::reset_password(app, post.parameter(), post.form().text("password")).await?;
    Ok(Done::go("/sign-in"))
}

async fn change_name(app: &App, post: &Post) -> Result<Done> {
    let who = post.signed(app).await?;
    super::change_name(app, &who, post.form().text("name")).await?;
    Ok(Done::go("/settings?done=name"))
}

async fn change_password(app: &App, post: &Post) -> Result<Done> {
    let who = post.signed(app).await?;
    let form = post.form();
    let (old, new) = (form.text("current"), form.text("password"));
    super::change_password(app, &who, old, new, post.address()).await?;
    Ok(Done::go("/settings?done=password"))
}

async fn change_role(app: &App, post: &Post) -> Result<Done> {
    let who = post.signed(app).await?;
    let role = match post.form().text("role") {
        "admin" => ServerRole::Admin,
        "member" => ServerRole::Member,
        _ => return Err(Problem::Malformed.into()),
    };
    super::change_role(app, &who, post.id()?, role).await?;
    Ok(Done::go("/admin"))
}

async fn remove(app: &App, post: &Post) -> Result<Done> {
    super::remove(app, &post.signed(app).await?, post.id()?).await?;
    Ok(Done::go("/admin"))
}

async fn ban(app: &App, post: &Post) -> Result<Done> {
    super::ban(app, &post.signed(app).await?, post.id()?).await?;
    Ok(Done::go("/admin"))
}

async fn readmit(app: &App, post: &Post) -> Result<Done> {
    super::readmit(app, &post.signed(app).await?, post.id()?).await?;
    Ok(Done::go("/admin"))
}

async fn make_reset(app: &App, post: &Post) -> Result<Done> {
    let made = super::make_reset(app, &post.signed(app).await?, post.id()?).await?;
    let link = Link(made.link(app));
    Ok(Done::ShowLink(Shown::Reset(made.name, link)))
}

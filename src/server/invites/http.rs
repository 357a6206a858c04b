//! Doors of invites.

use super::{Made, Wanted};
use crate::server::{
    app::App,
    error::Result,
    form::{Done, Door, Link, Post, Shown, keeping},
};

/// Of a link for which nothing else is chosen.
const USES: u32 = 10;

pub const DOORS: &[Door] = &[
    Door {
        path: "/admin/invites",
        handle: |app, post| keeping(post, &["uses", "days"], make(app, post)),
    },
    Door {
        path: "/r/{room}/people/invite",
        handle: |app, post| keeping(post, &[], make_into_room(app, post)),
    },
    Door {
        path: "/admin/invites/{id}/revoke",
        handle: |app, post| keeping(post, &[], revoke(app, post)),
    },
];

async fn make(app: &App, post: &Post) -> Result<Done> {
    let who = post.signed(app).await?;
    let form = post.form();
    let wanted = Wanted {
        uses_max: form.optional("uses")?.unwrap_or(USES),
        lifetime_days: form.optional("days")?,
        room: None,
    };
    Ok(show(app, &super::make(app, &who, &wanted).await?))
}

async fn make_into_room(app: &App, post: &Post) -> Result<Done> {
    let who = post.signed(app).await?;
    let wanted = Wanted {
        uses_max: USES,
        lifetime_days: None,
        room: Some(post.id()?),
    };
    Ok(show(app, &super::make(app, &who, &wanted).await?))
}

fn show(app: &App, made: &Made) -> Done {
    Done::ShowLink(Shown::Invite(Link(made.link(app))))
}

async fn revoke(app: &App, post: &Post) -> Result<Done> {
    super::revoke(app, &post.signed(app).await?, post.id()?).await?;
    Ok(Done::go("/admin"))
}

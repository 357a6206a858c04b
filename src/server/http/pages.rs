//! Pages by GET: who is it, what is it drawn from, drawn. Nothing is changed here.

use super::{
    load,
    picture::{first_picture, may_see},
};
use crate::{
    server::{
        app::App,
        away,
        error::{Error, Result},
        form,
        sessions::Signed,
        users,
    },
    ui::{
        page_data::{ChatPage, FormReply, Gate, MadeLink, Page},
        place::Place,
        shell,
    },
    wire::{ClientKey, Problem, RoomId},
};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::{Html, IntoResponse, Redirect, Response},
};

/// What a page is asked for with: its address, whose it is, and a form of it that was refused
/// or has made a link.
pub struct Asked<'a> {
    pub app: &'a App,
    pub path: &'a str,
    /// What stands after the `?` of the address, if it is one of a page.
    pub query: &'a str,
    pub headers: &'a HeaderMap,
    pub reply: Option<FormReply>,
    pub link: Option<MadeLink>,
}

/// Any page of ours, by the address alone, so that a refused form can be shown on its page.
pub async fn page_of(asked: Asked<'_>) -> Result<Page> {
    let path = asked.path;
    if let Some(code) = path.strip_prefix("/join/") {
        return load::join(&asked, code).await.map(Page::Gate);
    }
    if let Some(code) = path.strip_prefix("/reset/") {
        return load::reset(&asked, code).await.map(Page::Gate);
    }
    match path {
        "/setup" => return load::set_up(&asked).await.map(Page::Gate),
        "/sign-in" => {
            let next = asked
                .reply
                .as_ref()
                .and_then(|reply| reply.field("next"))
                .map(str::to_owned);
            return Ok(Page::Gate(Gate::SignIn {
                next,
                reply: asked.reply,
            }));
        }
        _ => {}
    }
    let who = form::signed(asked.app, asked.headers).await?;
    away::page_requested(asked.app, &who).await;
    let inside = match path {
        "/new-room" => load::new_room(&asked, &who).await?,
        "/new-message" => load::new_message(&asked, &who).await?,
        "/settings" => load::settings(&asked, &who).await?,
        "/admin" => load::admin(&asked, &who).await?,
        _ => match path.strip_suffix("/people").and_then(room_of) {
            Some(room) => load::room_people(&asked, &who, room).await?,
            None => return chat(asked, &who).await,
        },
    };
    Ok(Page::Inside(first_picture(asked.app, &who, None, None).await?, inside))
}

async fn chat(asked: Asked<'_>, who: &Signed) -> Result<Page> {
    let app = asked.app;
    let place = Place::parse(asked.path).ok_or(Problem::Gone)?;
    let at = match place {
        Place::Entry(_, seq) => Some(seq),
        Place::Home | Place::Room(_) => None,
    };
    let picture = first_picture(app, who, place.room(), at).await?;
    let joinable = match place.room() {
        Some(room) if !may_see(&picture.caught_up, room) => Some(load::joinable(app, who, room).await?),
        _ => None,
    };
    Ok(Page::Chat(ChatPage {
        picture,
        joinable,
        client_key: fresh_key(app),
        reply: asked.reply,
    }))
}

/// `GET` of every page.
pub async fn show(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Response {
    let asked = Asked {
        app: &app,
        path: uri.path(),
        query: uri.query().unwrap_or_default(),
        headers: &headers,
        reply: None,
        link: None,
    };
    match page_of(asked).await {
        Ok(page) => draw(&app, StatusCode::OK, page),
        Err(error) => refuse(&app, &uri, error).await,
    }
}

/// `GET /sign-in`: with the way back, and straight in for whoever is signed in.
pub async fn sign_in(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Response {
    if form::signed(&app, &headers).await.is_ok() {
        return Redirect::to("/").into_response();
    }
    if matches!(users::is_set_up(&app).await, Ok(false)) {
        return Redirect::to("/setup").into_response();
    }
    let next = uri.query().and_then(way_back);
    draw(&app, StatusCode::OK, Page::Gate(Gate::SignIn { next, reply: None }))
}

/// The neutral page that a service worker keeps.
pub async fn offline_shell(State(app): State<App>) -> Html<String> {
    Html(shell::offline_shell(&app.site.files))
}

/// Addresses that lead nowhere.
pub async fn nowhere(State(app): State<App>) -> Response {
    draw(&app, StatusCode::NOT_FOUND, Page::NotFound)
}

/// What an error looks like where a page was asked for.
async fn refuse(app: &App, uri: &Uri, error: Error) -> Response {
    match error.report() {
        Problem::SignedOut if matches!(users::is_set_up(app).await, Ok(false)) => {
            Redirect::to("/setup").into_response()
        }
        Problem::SignedOut => Redirect::to(&door_with_way_back(uri.path())).into_response(),
        Problem::InviteGone => draw(app, StatusCode::NOT_FOUND, Page::Gate(Gate::LinkGone)),
        Problem::Unavailable => draw(app, StatusCode::SERVICE_UNAVAILABLE, Page::Unavailable),
        _ => draw(app, StatusCode::NOT_FOUND, Page::NotFound),
    }
}

pub fn draw(app: &App, status: StatusCode, page: Page) -> Response {
    (status, Html(shell::document(page, &app.site.files))).into_response()
}

/// The sign-in page, and where to go from there.
pub fn door_with_way_back(path: &str) -> String {
    match path {
        "/" => "/sign-in".to_owned(),
        path => format!("/sign-in?next={path}"),
    }
}

/// `next` of a query, if it is an address of ours in plain letters.
fn way_back(query: &str) -> Option<String> {
    let path = query.split('&').find_map(|pair| pair.strip_prefix("next="))?;
    let plain = path
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"/-_".contains(&byte));
    (plain && path.starts_with('/') && !path.starts_with("//")).then(|| path.to_owned())
}

fn room_of(path: &str) -> Option<RoomId> {
    path.strip_prefix("/r/")?.parse().ok()
}

/// A key for a form, so that a form sent twice does one thing.
pub fn fresh_key(app: &App) -> ClientKey {
    ClientKey::new(app.ambience.now(), app.ambience.random())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_ours_are_a_way_back() {
        assert_eq!(way_back("next=/r/ab12/7"), Some("/r/ab12/7".to_owned()));
        assert_eq!(way_back("a=b&next=/settings"), Some("/settings".to_owned()));
        for query in [
            "",
            "next=",
            "next=//evil.org",
            "next=https://evil.org",
            "next=/\\evil.org",
            "next=/%0d",
        ] {
            assert_eq!(way_back(query), None, "{query}");
        }
    }
}

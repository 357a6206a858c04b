//! Posted forms and server functions: read with bounds, handed to their door, and on
//! a refusal the page shown again with what was typed.

use super::pages::{Asked, door_with_way_back, draw, page_of};
use crate::{
    server::{
        app::App,
        config,
        form::{self, Done, Handle, Post, Shown},
    },
    ui::page_data::{FormReply, MadeLink, NotSent, Page},
    wire::Problem,
};
use axum::{
    body::Body,
    extract::{FromRequest, RawPathParams, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// A request that may be a form; it is looked at in [`take`], where refusals become pages.
pub struct Posted {
    path: String,
    headers: HeaderMap,
    peer: IpAddr,
    parameter: Option<String>,
    body: axum::body::Bytes,
}

impl<S: Send + Sync> FromRequest<S> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let parameter = {
            use axum::extract::FromRequestParts;
            let parameters = RawPathParams::from_request_parts(&mut parts, state).await;
            parameters
                .ok()
                .and_then(|all| all.iter().next().map(|(_, value)| value.to_owned()))
        };
        let peer = parts
            .extensions
            .get::<axum::extract::ConnectInfo<SocketAddr>>()
            .map(|info| info.0.ip());
        let path = parts.uri.path().to_owned();
        let headers = parts.headers.clone();
        let body = axum::body::Bytes::from_request(Request::from_parts(parts, body), state)
            .await
            .map_err(IntoResponse::into_response)?;
        Ok(Self {
            path,
            headers,
            peer: peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
            parameter,
            body,
        })
    }
}

/// Hands a form to its door.
pub async fn take(State(app): State<App>, posted: Posted, handle: Handle) -> Response {
    let Posted {
        path,
        headers,
        peer,
        parameter,
        body,
    } = posted;
    let post = match Post::read(&app, headers.clone(), peer, parameter, &body) {
        Ok(post) => post,
        Err(problem) => return (status_of(&problem), problem.to_string()).into_response(),
    };
    match handle(&app, &post).await {
        Ok(Done::GoTo { path, cookie }) => see(&path, cookie),
        Ok(Done::ShowLink(shown_once)) => {
            let page = page_with(&path);
            let asked = Asked {
                app: &app,
                path: &page,
                query: "",
                headers: &headers,
                reply: None,
                link: Some(made_link(shown_once)),
            };
            shown(&app, StatusCode::OK, page_of(asked).await)
        }
        Err(reply) => again(&app, &path, &headers, reply).await,
    }
}

async fn again(app: &App, path: &str, headers: &HeaderMap, refused: form::FormReply) -> Response {
    let status = status_of(&refused.problem);
    let page = page_with(path);
    if matches!(refused.problem, Problem::SignedOut | Problem::Gone)
        && let Some((_, text)) = refused
            .fields
            .iter()
            .find(|(name, text)| name == "body" && !text.is_empty())
    {
        let lost = NotSent {
            sign_in: (refused.problem == Problem::SignedOut).then(|| door_with_way_back(&page)),
            text: text.clone(),
            problem: refused.problem,
        };
        return draw(app, status, Page::NotSent(lost));
    }
    if refused.problem == Problem::SignedOut {
        return Redirect::to(&door_with_way_back(&page)).into_response();
    }
    let reply = FormReply {
        to: path.to_owned(),
        problem: refused.problem,
        fields: refused.fields,
    };
    let asked = Asked {
        app,
        path: &page,
        query: "",
        headers,
        reply: Some(reply),
        link: None,
    };
    shown(app, status, page_of(asked).await)
}

fn shown(app: &App, status: StatusCode, page: crate::server::error::Result<Page>) -> Response {
    match page {
        Ok(page) => draw(app, status, page),
        Err(error) => match error.report() {
            Problem::Unavailable => draw(app, StatusCode::SERVICE_UNAVAILABLE, Page::Unavailable),
            _ => draw(app, StatusCode::NOT_FOUND, Page::NotFound),
        },
    }
}

fn made_link(shown: Shown) -> MadeLink {
    match shown {
        Shown::Invite(link) => MadeLink::Invite(link.0),
        Shown::Reset(name, link) => MadeLink::Reset(name, link.0),
    }
}

/// The page that holds the form of this address.
fn page_with(path: &str) -> String {
    let whole = ["/settings", "/admin"].into_iter().find(|page| path.starts_with(page));
    if let Some(page) = whole {
        return page.to_owned();
    }
    if path.starts_with("/away/") || path == "/sign-out" {
        return "/".to_owned();
    }
    let room = |end: &str| path.strip_suffix(end);
    if let Some(room) = [
        "/people/add",
        "/people/remove",
        "/people/invite",
        "/rename",
        "/leave",
        "/delete",
    ]
    .into_iter()
    .find_map(room)
    {
        return format!("{room}/people");
    }
    ["/read", "/join"].into_iter().find_map(room).unwrap_or(path).to_owned()
}

fn see(path: &str, cookie: Option<String>) -> Response {
    let mut response = Redirect::to(path).into_response();
    if let Some(cookie) = cookie.and_then(|cookie| HeaderValue::from_str(&cookie).ok()) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

fn status_of(problem: &Problem) -> StatusCode {
    match problem {
        Problem::Gone | Problem::InviteGone => StatusCode::NOT_FOUND,
        Problem::SignedOut => StatusCode::UNAUTHORIZED,
        Problem::NotAllowed => StatusCode::FORBIDDEN,
        Problem::TooFast { .. } => StatusCode::TOO_MANY_REQUESTS,
        Problem::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// A server function: looked up by its fixed address in the framework's registry.
pub async fn server_function(State(app): State<App>, request: Request<Body>) -> Response {
    if let Err(problem) = config::same_origin(request.headers(), &app.config) {
        return (status_of(&problem), problem.to_string()).into_response();
    }
    let given = app.clone();
    leptos_axum::handle_server_fns_with_context(move || leptos::prelude::provide_context(given.clone()), request)
        .await
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_form_is_shown_on_the_page_that_holds_it() {
        for (form, page) in [
            ("/r/ab", "/r/ab"),
            ("/r/ab/read", "/r/ab"),
            ("/r/ab/join", "/r/ab"),
            ("/r/ab/leave", "/r/ab/people"),
            ("/r/ab/people/add", "/r/ab/people"),
            ("/settings/password", "/settings"),
            ("/admin/people/cd/ban", "/admin"),
            ("/away/dismiss", "/"),
            ("/sign-in", "/sign-in"),
            ("/join/code", "/join/code"),
        ] {
            assert_eq!(page_with(form), page);
        }
    }
}

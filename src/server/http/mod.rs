//! HTTP: one table of doors, from which the router is built, and what lies around it.

mod connections;
mod forms;
mod headers;
mod load;
mod pages;
mod picture;
mod site;

pub use connections::{HEAD_TIMEOUT, serve_connections};
pub use site::Site;

use super::{app::App, invites, memberships, messages, rooms, sessions, socket, users};
use crate::server::away;
use axum::{
    Router,
    http::{HeaderName, Method, Request, StatusCode},
    middleware,
    routing::{MethodRouter, any, get, post},
};
use std::time::Duration;
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    limit::RequestBodyLimitLayer,
    request_id::{MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
    timeout::TimeoutLayer,
    trace::TraceLayer,
};

/// A request that takes longer is given up; sockets are no requests.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// One address and method, and what answers there.
pub struct Door {
    pub method: Method,
    pub path: &'static str,
    handler: MethodRouter<App>,
}

/// Every door there is, but for the server functions, which have a registry of their own.
pub fn doors() -> Vec<Door> {
    let page = |path| Door {
        method: Method::GET,
        path,
        handler: get(pages::show),
    };
    let mut doors = vec![
        page("/"),
        page("/setup"),
        page("/join/{code}"),
        page("/reset/{code}"),
        page("/r/{room}"),
        page("/r/{room}/{seq}"),
        page("/r/{room}/people"),
        page("/new-room"),
        page("/new-message"),
        page("/settings"),
        page("/admin"),
        Door {
            method: Method::GET,
            path: "/sign-in",
            handler: get(pages::sign_in),
        },
        Door {
            method: Method::GET,
            path: "/shell",
            handler: get(pages::offline_shell),
        },
        Door {
            method: Method::GET,
            path: "/sw.js",
            handler: get(service_worker),
        },
        Door {
            method: Method::GET,
            path: "/healthz",
            handler: get(health),
        },
        Door {
            method: Method::GET,
            path: "/ws",
            handler: any(socket::upgrade),
        },
    ];
    let forms = [
        sessions::http::DOORS,
        users::http::DOORS,
        invites::http::DOORS,
        messages::http::DOORS,
        memberships::http::DOORS,
        rooms::http::DOORS,
        away::http::DOORS,
    ];
    doors.extend(forms.into_iter().flatten().map(|door| {
        let handle = door.handle;
        let handler = post(move |state, post| forms::take(state, post, handle));
        Door {
            method: Method::POST,
            path: door.path,
            handler,
        }
    }));
    doors
}

/// The whole service.
pub fn router(app: &App) -> Router {
    let mut doors_only = Router::new();
    let mut socket_only = Router::new();
    for door in doors() {
        // A socket outlives every time-out, and its frames are no body to be compressed.
        let router = if door.path == "/ws" {
            &mut socket_only
        } else {
            &mut doors_only
        };
        *router = std::mem::take(router).route(door.path, door.handler);
    }
    let answers = doors_only
        .route("/api/{function}", post(forms::server_function))
        .layer(CompressionLayer::new())
        .merge(Router::new().nest("/pkg", app.site.hashed()))
        .fallback_service(app.site.named(get(pages::nowhere), app.clone()))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            REQUEST_TIMEOUT,
        ))
        .layer(RequestBodyLimitLayer::new(super::form::FORM_MAX_BYTES));
    let around = ServiceBuilder::new()
        .layer(SetRequestIdLayer::new(REQUEST_ID, RandomId(app.clone())))
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn(headers::secure));
    answers.merge(socket_only).layer(around).with_state(app.clone())
}

async fn health() -> &'static str {
    "ok"
}

async fn service_worker(state: axum::extract::State<App>) -> impl axum::response::IntoResponse {
    state.site.service_worker()
}

/// The address without its parameters, for they may be codes, and the request's id.
fn span<B>(request: &Request<B>) -> tracing::Span {
    let id = request
        .extensions()
        .get::<RequestId>()
        .and_then(|id| id.header_value().to_str().ok());
    let path = request
        .extensions()
        .get::<axum::extract::MatchedPath>()
        .map(axum::extract::MatchedPath::as_str);
    tracing::info_span!("request", id = id.unwrap_or_default(), method = %request.method(), path = path.unwrap_or_default())
}

/// Ids of our own: one that a caller chose could be anybody's.
#[derive(Clone)]
struct RandomId(App);

impl MakeRequestId for RandomId {
    fn make_request_id<B>(&mut self, _: &Request<B>) -> Option<RequestId> {
        let id = u64::from_le_bytes(self.0.ambience.random());
        format!("{id:016x}").parse().ok().map(RequestId::new)
    }
}

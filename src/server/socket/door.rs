//! The upgrade: who it is and where they come from, before any state is made.

use super::{Progress, READ_BUFFER_BYTES, WRITE_BUFFER_BYTES, conversation::converse};
use crate::{
    server::{
        app::App,
        error::Error,
        sessions::{self, cookie},
    },
    wire::{
        Problem,
        limits::{FRAME_IN_MAX_BYTES, FRAME_OUT_MAX_BYTES},
    },
};
use axum::{
    extract::{Extension, State, WebSocketUpgrade},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::StreamExt;

/// `GET /ws`. 403 for another origin, 401 without a session, 429 for one connection
/// too many; a browser's script learns none of these, and asks who it is.
pub async fn upgrade(
    State(app): State<App>,
    Extension(progress): Extension<Progress>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !comes_from_us(&app, &headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    if app.stopping.is_cancelled() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let token = cookie::token(&headers, &app.config);
    let seated = match sessions::authenticate(&app, token.as_ref()).await {
        Ok(who) => app
            .hub
            .seat(who.user(), app.limits.connections_per_user_max)
            .map(|seat| (who, seat)),
        Err(error) => Err(error),
    };
    let (who, seat) = match seated {
        Ok(seated) => seated,
        Err(error) => return refusal(&error).into_response(),
    };
    // Taken here and not in the task: a stop that comes between waits for it too.
    let counted = app.tasks.token();
    limit(upgrade).on_upgrade(move |socket| async move {
        let (sink, stream) = socket.split();
        converse(&app, who, seat, progress, sink, stream).await;
        drop(counted);
    })
}

/// A browser sends `Origin` with every upgrade. Cookies go along from any page, so
/// this header alone tells a page of ours from another's.
fn comes_from_us(app: &App, headers: &HeaderMap) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let (Some(origin), None) = (origins.next(), origins.next()) else {
        return false;
    };
    origin
        .to_str()
        .is_ok_and(|origin| app.config.public_url().is_origin(origin))
}

fn refusal(error: &Error) -> StatusCode {
    match error {
        Error::Problem(Problem::TooMany { .. }) => StatusCode::TOO_MANY_REQUESTS,
        Error::Problem(_) => StatusCode::UNAUTHORIZED,
        Error::Fault(fault) => {
            tracing::error!(fault = fault.chain(), "an upgrade failed");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

/// How many times longer than allowed a frame may be and still be answered.
const FRAMES_READ: usize = 4;

/// The defaults are 64 MiB in and a write buffer without bound. A frame beyond
/// `FRAME_IN_MAX_BYTES` ends its connection with a word as to why, as long as it is not so
/// long that it is not read at all.
fn limit(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    let frame_in = FRAME_IN_MAX_BYTES as usize;
    upgrade
        .max_message_size(FRAMES_READ * frame_in)
        .max_frame_size(FRAMES_READ * frame_in)
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_write_buffer_size(WRITE_BUFFER_BYTES + 2 * FRAME_OUT_MAX_BYTES as usize)
}

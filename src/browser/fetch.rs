//! Questions to the server, each by the server function of its kind.

use crate::{
    api,
    wire::{
        Envelope, Enveloped, Problem, envelope,
        fetch::{Ask, Question},
    },
};
use futures_util::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::JsValue;
use web_sys::{Headers, RequestInit, window};

/// A browser keeps at most so many connections to a server of the old protocol.
const DEAD_WIRES_MAX: usize = 6;
const DEAD_WIRE_PATIENCE_MS: u32 = 2_000;

/// The same after a wire died in silence: connections that the browser kept for later
/// are as dead and would hold the question for ever. Each that says nothing is given
/// up, which closes it, until the browser has to open a new one.
///
/// # Errors
/// As [`ask`].
pub async fn ask_over_dead_wires(question: &Ask) -> Result<Envelope, Problem> {
    for _ in 0..DEAD_WIRES_MAX {
        let asked = Box::pin(ask(question));
        if let Either::Left((answer, _)) = select(asked, TimeoutFuture::new(DEAD_WIRE_PATIENCE_MS)).await {
            return answer;
        }
    }
    ask(question).await
}

/// Asks and waits for the answer.
///
/// # Errors
/// The server's refusal; `Unavailable` where there was no network.
pub async fn ask(ask: &Ask) -> Result<Envelope, Problem> {
    let question = Question::current(ask.clone()).pack();
    match ask {
        Ask::CatchUp(_) => api::catch_up(question).await,
        Ask::History(_) => api::history(question).await,
        Ask::Range(_) => api::range(question).await,
        Ask::Around(_) => api::around(question).await,
        Ask::Whoami(_) => api::whoami(question).await,
        Ask::MarkRead(_) => api::mark_read(question).await,
    }
}

/// Asks without waiting for the answer; the browser sends it also if the page goes away.
pub fn ask_keepalive(ask: Ask) {
    let path = match ask {
        Ask::MarkRead(_) => "/api/mark_read",
        // Only what changes something is worth asking for a page that is gone.
        _ => return,
    };
    let body = envelope::encode(&Question::current(ask).pack());
    let options = RequestInit::new();
    options.set_method("POST");
    options.set_body(&Uint8Array::from(body.as_slice()));
    // Not among the stable members of the binding.
    let is_set = Reflect::set(&options, &"keepalive".into(), &JsValue::TRUE);
    let headers = Headers::new().and_then(|headers| {
        headers.set("content-type", POSTCARD)?;
        headers.set("accept", POSTCARD)?;
        Ok(headers)
    });
    if let (Ok(true), Ok(headers), Some(window)) = (is_set, headers, window()) {
        options.set_headers(&headers);
        let sent = window.fetch_with_str_and_init(path, &options);
        wasm_bindgen_futures::spawn_local(async move {
            // Refused or lost: the tab sends it again when it is live.
            drop(wasm_bindgen_futures::JsFuture::from(sent).await);
        });
    }
}

const POSTCARD: &str = "application/x-postcard";
const HEALTH_PATH: &str = "/healthz";

/// Calls back if there is a server. Any answer means one; what it thinks of its health is not ours.
pub fn when_server_answers(then: impl FnOnce() + 'static) {
    wasm_bindgen_futures::spawn_local(async {
        if gloo_net::http::Request::get(HEALTH_PATH).send().await.is_ok() {
            then();
        }
    });
}

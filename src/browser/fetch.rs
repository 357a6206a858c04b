//! Questions to the server, each by the server function of its kind.

use crate::{
    api,
    wire::{
        Envelope, Enveloped, Problem,
        fetch::{Ask, Question},
    },
};
use futures_util::future::{Either, select};
use gloo_timers::future::TimeoutFuture;

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
    }
}

const HEALTH_PATH: &str = "/healthz";

/// Calls back if there is a server. Any answer means one; what it thinks of its health is not ours.
pub fn when_server_answers(then: impl FnOnce() + 'static) {
    wasm_bindgen_futures::spawn_local(async {
        if gloo_net::http::Request::get(HEALTH_PATH).send().await.is_ok() {
            then();
        }
    });
}

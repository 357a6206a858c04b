//! One WebSocket at a time. Each has a generation, by which whoever hears of it
//! knows whether it is still the one that matters.

use futures_channel::mpsc::{self, UnboundedReceiver, UnboundedSender};
use futures_util::{FutureExt, SinkExt, StreamExt, future::poll_fn, select_biased};
use gloo_net::websocket::{Message, State, WebSocketError, futures::WebSocket};
use wasm_bindgen_futures::spawn_local;
use web_sys::window;

/// The only code a client closes with; also stands for ends without one.
const NORMAL: u16 = 1000;
const ABNORMAL: u16 = 1006;

/// What became of a socket.
pub enum Heard {
    Opened,
    Frame(Vec<u8>),
    Closed(u16),
}

/// Dropping it closes the socket.
pub struct Socket {
    out: UnboundedSender<Vec<u8>>,
}

impl Socket {
    /// Opens one and tells what becomes of it; after `Closed` it tells no more.
    /// After being dropped it tells nothing at all.
    pub fn open(path: &str, heard: impl Fn(Heard) + 'static) -> Self {
        // Unbounded, but the tab sends one unacknowledged command a room.
        let (out, frames) = mpsc::unbounded();
        match WebSocket::open(&address(path)) {
            Ok(socket) => spawn_local(run(socket, frames, heard)),
            Err(_) => spawn_local(async move { heard(Heard::Closed(ABNORMAL)) }),
        }
        Self { out }
    }

    pub fn send(&self, frame: Vec<u8>) {
        // A socket that ended says so by `Closed`; the frame's commands are sent again.
        let _ = self.out.unbounded_send(frame);
    }
}

async fn run(mut socket: WebSocket, mut frames: UnboundedReceiver<Vec<u8>>, heard: impl Fn(Heard)) {
    // Nothing is sent before it is open, so what comes out here means: dropped.
    let dropped = select_biased! {
        _ = frames.next() => true,
        _ = poll_fn(|cx| socket.poll_ready_unpin(cx)).fuse() => false,
    };
    if dropped {
        return;
    }
    if !matches!(socket.state(), State::Open) {
        return heard(Heard::Closed(ABNORMAL));
    }
    heard(Heard::Opened);
    let mut socket = socket.fuse();
    loop {
        select_biased! {
            frame = frames.next() => {
                let Some(frame) = frame else {
                    let _ = socket.into_inner().close(Some(NORMAL), None);
                    return;
                };
                if socket.send(Message::Bytes(frame)).await.is_err() {
                    return heard(Heard::Closed(ABNORMAL));
                }
            },
            message = socket.next() => match message {
                Some(Ok(Message::Bytes(bytes))) => heard(Heard::Frame(bytes)),
                Some(Err(WebSocketError::ConnectionClose(close))) => return heard(Heard::Closed(close.code)),
                // An error is always followed by a close, which says more.
                Some(Ok(Message::Text(_)) | Err(_)) => {}
                None => return heard(Heard::Closed(ABNORMAL)),
            },
        }
    }
}

/// The socket's address on the host of this page.
fn address(path: &str) -> String {
    let Some(location) = window().map(|window| window.location()) else {
        return String::new();
    };
    let secure = location.protocol().is_ok_and(|protocol| protocol == "https:");
    let host = location.host().unwrap_or_default();
    [if secure { "wss://" } else { "ws://" }, &host, path].concat()
}

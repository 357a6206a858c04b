//! One WebSocket at a time. Each has a generation, by which whoever hears of it
//! knows whether it is still the one that matters.
//!
//! Written on the browser's own interface. The library's socket hands every frame over as a
//! `Blob`, which the browser reads later: a page that is frozen or left at once loses it.

use super::listen::Listener;
use js_sys::{ArrayBuffer, Uint8Array};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket, window};

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
    socket: Option<WebSocket>,
    listeners: Option<[Listener; 3]>,
}

impl Socket {
    /// Opens one and tells what becomes of it; after `Closed` it tells no more.
    /// After being dropped it tells nothing at all.
    pub fn open(path: &str, heard: impl Fn(Heard) + 'static) -> Self {
        let Ok(socket) = WebSocket::new(&address(path)) else {
            wasm_bindgen_futures::spawn_local(async move { heard(Heard::Closed(ABNORMAL)) });
            return Self {
                socket: None,
                listeners: None,
            };
        };
        socket.set_binary_type(BinaryType::Arraybuffer);
        let heard = Rc::new(heard);
        let (opened, told) = (Rc::clone(&heard), Rc::clone(&heard));
        let listeners = [
            Listener::new(&socket, "open", move |_| opened(Heard::Opened)),
            Listener::new(&socket, "message", move |event| {
                let data = event.dyn_ref::<MessageEvent>().map(MessageEvent::data);
                // The server sends bytes alone.
                if let Some(bytes) = data.and_then(|data| data.dyn_into::<ArrayBuffer>().ok()) {
                    told(Heard::Frame(Uint8Array::new(&bytes).to_vec()));
                }
            }),
            // An error is always followed by a close, which says more.
            Listener::new(&socket, "close", move |event| {
                let code = event.dyn_ref::<CloseEvent>().map_or(ABNORMAL, CloseEvent::code);
                heard(Heard::Closed(code));
            }),
        ];
        Self {
            socket: Some(socket),
            listeners: Some(listeners),
        }
    }

    /// Hands the frame to the browser before it returns.
    pub fn send(&self, frame: &[u8]) {
        if let Some(socket) = &self.socket {
            // A socket that ended says so by `Closed`; the frame's commands are sent again.
            let _ = socket.send_with_u8_array(frame);
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        drop(self.listeners.take());
        if let Some(socket) = &self.socket {
            let _ = socket.close_with_code(NORMAL);
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

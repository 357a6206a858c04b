//! A small client of the wire protocol, to drive a server with.
//!
//! It keeps no state and decides nothing: who uses it says what to send, and hears what
//! the server says. One [`Client`] is one socket, one [`Door`] one HTTP connection to
//! the server functions. Both read into one buffer of their own and copy little, so that
//! one core can listen on thousands of them.

mod client;
mod door;
mod socket;
mod wire;

pub use client::{Client, Held, Visitor};
pub use door::Door;
pub use socket::{Closed, Socket};

/// Whatever went wrong ends the run, in words.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

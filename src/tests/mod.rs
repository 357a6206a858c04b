//! A running server and people in front of it, told as stories; one file per story.
//!
//! The server is the true one on a port of its own, with a store in a temporary folder
//! and a clock that stands until a story moves it. What a story does goes through
//! doors; what goes past them says so in its name.
#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod access;
mod away;
mod checker;
mod connections;
mod corpus;
mod drawer;
mod forms;
#[expect(dead_code, reason = "the rest is for the faults of the true binary")]
mod http;
mod judged;
mod loss;
mod restore;
mod server;
mod sim;
mod socket;
mod stories;
mod tab;
mod tidy;
mod unsent;
mod wire;

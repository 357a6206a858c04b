//! The server: doors (who is it, parse, call one verb), verbs (the rules and the
//! transaction), SQL texts (`sql.rs` files, nowhere else).
//!
//! It imports `wire` and `rules`; of the screen only the page shell, in `http`.
//! Nothing outside `store`, `writer` and `hub` may assume that it is one process.

pub mod app;
pub mod away;
pub mod backup;
pub mod clock;
pub mod config;
pub mod demo;
pub mod error;
pub mod fetch;
pub mod form;
pub mod http;
pub mod hub;
pub mod invites;
pub mod memberships;
pub mod messages;
pub mod rooms;
pub mod serve;
pub mod sessions;
pub mod socket;
pub mod store;
#[cfg(test)]
pub mod testing;
pub mod users;
pub mod writer;

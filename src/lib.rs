//! Whilst: what is said while you are away is kept once, reaches each of your
//! devices exactly once, and coming back takes one glance.
//!
//! The houses, and the one way their arrows point:
//!
//! ```text
//! wire ← rules ← client ← browser ← ui      ui, browser → api → wire
//!                                           api (server bodies) → server → wire, rules
//! ```
//!
//! Feature gates stand here and in server-function bodies only.
#![forbid(unsafe_code)]

pub mod api;
#[cfg_attr(not(feature = "hydrate"), allow(dead_code, reason = "started in the browser only"))]
pub mod browser;
pub mod client;
pub mod rules;
#[cfg(feature = "ssr")]
pub mod server;
/// Part of `ui`: what only the browser's half of Leptos can do.
#[cfg(feature = "hydrate")]
#[path = "ui/start.rs"]
pub mod start;
#[cfg(all(test, feature = "ssr"))]
mod tests;
#[cfg_attr(not(feature = "hydrate"), allow(dead_code, reason = "started in the browser only"))]
pub mod ui;
pub mod wire;

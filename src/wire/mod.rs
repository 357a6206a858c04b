//! What crosses the network: plain data and its parsing, the same for both sides.
//!
//! This house knows no database, no socket, no clock and no screen, and it
//! imports none of the others. Every command, event, entry and user-log value
//! travels in an [`Envelope`], so that an older program can count and keep what
//! it does not understand.

pub mod base64;
pub mod command;
pub mod envelope;
pub mod event;
pub mod fetch;
pub mod first_picture;
pub mod frame;
#[cfg(test)]
pub mod golden;
pub mod ids;
pub mod level;
mod level1;
pub mod limits;
pub mod membership;
pub mod message;
#[cfg(test)]
mod parsing;
pub mod person;
pub mod problem;
pub mod reaction;
pub mod room;
pub mod user_log;

pub use command::{ClientItem, Command};
pub use envelope::{Envelope, Enveloped, Unpack};
pub use event::{Change, Entry, RoomEvent, ServerItem};
pub use ids::*;
pub use level::Level;
pub use limits::Limits;
pub use message::{Body, Message, Target};
pub use person::Person;
pub use problem::Problem;
pub use reaction::{Emoji, Reaction};
pub use room::{RoomKind, RoomName};

//! What is said in rooms: sending it, reading it, knowing what was missed.
//!
//! Every read is one transaction that holds the proof of membership and the rows.

mod catch_up;
mod change;
mod counts;
mod faces;
pub mod http;
mod page;
mod range;
mod read;
mod recent;
mod send;
mod sql;
#[cfg(test)]
mod tests;

pub use catch_up::{catch_up, catch_up_in, first_answer_in};
pub use change::{delete, edit, react};
pub(in crate::server) use counts::READ_MARKER;
pub use counts::{Counted, counts_at, counts_of, marker, markers_of};
pub use faces::{faces, people_near, whoami};
pub use page::{around, around_in, history, history_in, newest_in};
pub use range::range;
pub use read::{mark_read, mark_read_as};
pub use recent::Recent;
pub use send::send;

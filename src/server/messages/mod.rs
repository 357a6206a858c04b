//! What is said in rooms: sending it, reading it, knowing what was missed.
//!
//! Every read is one transaction that holds the proof of membership and the rows.

mod aim;
mod catch_up;
mod counts;
mod delete;
mod edit;
mod faces;
pub mod http;
mod page;
mod range;
mod react;
mod read;
mod send;
mod sql;
#[cfg(test)]
mod tests;

pub use catch_up::{catch_up, catch_up_in};
pub(in crate::server) use counts::READ_MARKER;
pub use counts::{counts_at, counts_of, marker, markers_of};
pub use delete::delete;
pub use edit::edit;
pub use faces::{faces, people_near, whoami};
pub use page::{around, history, newest_in};
pub use range::range;
pub use react::react;
pub use read::mark_read;
pub use send::send;

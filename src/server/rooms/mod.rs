//! Rooms: making, naming, ending and emptying them, and the lists a reader sees.

mod delete;
mod emptying;
pub mod http;
mod list;
mod make;
pub(in crate::server) mod sql;
#[cfg(test)]
mod tests;

pub use delete::delete;
pub use emptying::empty_deleted;
pub use list::{Found, Heads, OpenRoom, heads_for, list_for, list_open, name_of, summaries};
pub use make::{create, create_in, open_direct, rename};

//! SQLite's write-ahead log, read without SQLite: is it whole, does it end in a torn
//! transaction as a crash leaves it, or is it damaged?
//!
//! Pure reading of bytes. Knows no folder, no lock and no schema.

mod format;
mod rebuild;
#[cfg(test)]
mod tests;
mod walk;

pub use format::page_size_of_database;
pub use rebuild::{Damaged, Rest};
pub use walk::{Walk, walk};

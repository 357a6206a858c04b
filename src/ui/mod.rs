//! The screens, by place. A component is markup and wiring: what a tab knows it
//! asks the desk, what a browser can do it asks `browser`, and every word stands
//! in `words`. Nothing here fetches, waits or remembers.

pub(crate) mod app;
mod away;
pub(crate) mod desk;
pub(crate) mod live;
pub(crate) mod offline;
pub mod page_data;
mod pages;
mod parts;
pub mod place;
mod room;
pub mod shell;
pub(crate) mod sidebar;
pub(crate) mod toast;
pub mod words;

pub use page_data::Page;
pub use shell::{Files, document, offline_shell};

#[cfg(test)]
mod tests;

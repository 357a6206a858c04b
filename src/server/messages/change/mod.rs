//! Saying it otherwise, taking it back, answering it with a sign.

mod aim;
mod delete;
mod edit;
mod react;
mod sql;

pub use delete::delete;
pub use edit::edit;
pub use react::react;

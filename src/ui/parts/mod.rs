//! Small things that several screens show.

mod avatar;
mod button;
mod field;
mod icon;
mod plain;
mod time;

pub use avatar::{Size, avatar};
pub use button::button;
pub use field::{Field, alert, field, hidden_key};
pub use icon::{Icon, brand, icon};
pub use plain::{blank, code, empty, plain, unseen, worded};
pub use time::{Zone, time};

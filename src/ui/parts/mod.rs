//! Small things that several screens show.

mod avatar;
mod field;
mod icon;
mod time;

pub use avatar::{Size, avatar};
pub use field::{Field, alert, field, hidden_key};
pub use icon::{Icon, brand, icon};
pub use time::{Zone, time};

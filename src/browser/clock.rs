//! The wall clock and the zone of whoever looks at it.

use crate::wire::Millis;

/// Now, in Unix milliseconds.
pub fn now() -> Millis {
    millis(js_sys::Date::now())
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a time since 1970 is positive and far below 2^53"
)]
fn millis(ms: f64) -> Millis {
    Millis(ms as u64)
}

/// Minutes by which local time was ahead of UTC at that moment; zones change theirs twice a year.
pub fn zone_minutes(at: Millis) -> i32 {
    #[expect(clippy::cast_precision_loss, reason = "times are far below 2^53")]
    let date = js_sys::Date::new(&(at.0 as f64).into());
    #[expect(clippy::cast_possible_truncation, reason = "whole minutes of at most a day")]
    let behind = date.get_timezone_offset() as i32;
    -behind
}

//! Days and hours of a calendar from Unix milliseconds. It knows no zone and no
//! words: the offset is given and the names of months belong to the screen.

use crate::wire::Millis;

const MILLIS_PER_MINUTE: i64 = 60_000;
const MINUTES_PER_DAY: i64 = 24 * 60;
/// The last minute whose year has four digits; later ones are shown as this.
const LAST_MINUTE: i64 = 253_402_300_799_000 / MILLIS_PER_MINUTE;

/// A day of the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 is Monday.
    pub weekday: u8,
}

/// A day and a minute of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Civil {
    pub day: Day,
    pub hour: u8,
    pub minute: u8,
}

/// The local time at an offset from UTC.
pub fn civil(at: Millis, offset_minutes: i32) -> Civil {
    let minutes = i64::try_from(at.0).unwrap_or(i64::MAX) / MILLIS_PER_MINUTE;
    let minutes = (minutes + i64::from(offset_minutes)).clamp(0, LAST_MINUTE);
    let of_day = minutes % MINUTES_PER_DAY;
    Civil {
        day: day(minutes / MINUTES_PER_DAY),
        hour: small(of_day / 60),
        minute: small(of_day % 60),
    }
}

/// Howard Hinnant's `civil_from_days`, for days since 1970-01-01.
fn day(days: i64) -> Day {
    let z = days + 719_468;
    let era = z / 146_097;
    let of_era = z % 146_097;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Day {
        year: u16::try_from(year).unwrap_or(9_999),
        month: small(month),
        day: small(of_year - (153 * month_from_march + 2) / 5 + 1),
        // 1970-01-01 was a Thursday.
        weekday: small((days + 3) % 7),
    }
}

fn small(number: i64) -> u8 {
    u8::try_from(number).unwrap_or(0)
}

/// A length of time in the two greatest units that say it: "2 h 10 min".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub days: u32,
    pub hours: u8,
    pub minutes: u8,
}

/// Whole minutes are counted, and minutes are left out beside days.
pub fn span(length: Millis) -> Span {
    let minutes = length.0 / 60_000;
    let days = u32::try_from(minutes / 1_440).unwrap_or(u32::MAX);
    let of_hour = u8::try_from(minutes % 60).unwrap_or(0);
    Span {
        days,
        hours: u8::try_from(minutes / 60 % 24).unwrap_or(0),
        minutes: if days == 0 { of_hour } else { 0 },
    }
}

/// `2026-11-23T16:00:42Z`, as a `datetime` attribute wants it.
pub fn iso(at: Millis) -> String {
    let Civil { day, hour, minute } = civil(at, 0);
    let second = small(i64::try_from(at.0 / 1_000 % 60).unwrap_or(0));
    let mut text = String::with_capacity(20);
    for pair in [small(i64::from(day.year) / 100), small(i64::from(day.year) % 100)] {
        two_digits(&mut text, pair);
    }
    for (mark, pair) in [
        ('-', day.month),
        ('-', day.day),
        ('T', hour),
        (':', minute),
        (':', second),
    ] {
        text.push(mark);
        two_digits(&mut text, pair);
    }
    text.push('Z');
    text
}

/// `07:05`.
pub fn clock(time: Civil) -> String {
    let mut text = String::with_capacity(5);
    two_digits(&mut text, time.hour);
    text.push(':');
    two_digits(&mut text, time.minute);
    text
}

fn two_digits(text: &mut String, number: u8) {
    text.push(char::from(b'0' + number / 10 % 10));
    text.push(char::from(b'0' + number % 10));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments_have_their_names() {
        for (at, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399_000, "2000-02-28T23:59:59Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (1_709_164_800_123, "2024-02-29T00:00:00Z"),
            (1_795_449_642_000, "2026-11-23T16:00:42Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(iso(Millis(at)), text);
        }
    }

    #[test]
    fn an_offset_moves_the_day() {
        let at = Millis(1_795_449_642_000);
        let kathmandu = civil(at, 5 * 60 + 45);
        assert_eq!((kathmandu.day.day, clock(kathmandu).as_str()), (23, "21:45"));
        let st_johns = civil(at, -(3 * 60 + 30));
        assert_eq!((st_johns.day.day, clock(st_johns).as_str()), (23, "12:30"));
        let auckland = civil(at, 13 * 60);
        assert_eq!((auckland.day.day, clock(auckland).as_str()), (24, "05:00"));
        assert_eq!(auckland.day.weekday, 1, "a Tuesday");
    }

    #[test]
    fn every_day_of_four_centuries_follows_the_one_before() {
        let mut last = day(0);
        for days in 1..146_097 {
            let this = day(days);
            assert!(this > last, "{this:?} after {last:?}");
            assert_eq!(this.weekday, (last.weekday + 1) % 7);
            let first_of_month = this.day == 1;
            assert!(first_of_month || this.day == last.day + 1);
            last = this;
        }
        assert_eq!((last.year, last.month, last.day), (2369, 12, 31));
    }

    #[test]
    fn times_beyond_the_calendar_are_clamped() {
        assert_eq!(civil(Millis(u64::MAX), 0).day.year, 9_999);
        assert_eq!(civil(Millis(0), -60).day.year, 1970);
    }

    #[test]
    fn a_span_names_its_two_greatest_units() {
        let minute = 60_000;
        assert_eq!(
            span(Millis(130 * minute)),
            Span {
                days: 0,
                hours: 2,
                minutes: 10
            }
        );
        assert_eq!(
            span(Millis(59_999)),
            Span {
                days: 0,
                hours: 0,
                minutes: 0
            }
        );
        assert_eq!(
            span(Millis((49 * 60 + 20) * minute)),
            Span {
                days: 2,
                hours: 1,
                minutes: 0
            }
        );
    }
}

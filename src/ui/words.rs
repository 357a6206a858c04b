//! Every word a person meets that no person wrote, so that another language is
//! another module of the same shape. It knows numbers and problems, and nothing
//! of where a word is shown.

use super::page_data::FormReply;
use crate::{
    rules::civil::{Day, Span},
    wire::{Problem, RoomKind},
};

pub const APP: &str = "Whilst";

// The list of rooms.
pub const ROOMS: &str = "Rooms";
pub const PEOPLE: &str = "People";
pub const NEW_ROOM: &str = "New room";
pub const NEW_MESSAGE: &str = "New message";
pub const NO_ROOMS: &str = "You are in no room yet.";
pub const NO_DIRECT: &str = "Nobody yet. Write to one person with “New message”.";
pub const CLOSED: &str = "closed";
pub const CATCH_UP: &str = "Catch up";
pub const INSTALL: &str = "Install Whilst";
pub const SETTINGS: &str = "Settings";
pub const PEOPLE_AND_INVITES: &str = "People and invites";
pub const SIGN_OUT: &str = "Sign out";

// A room.
pub const SKIP: &str = "Skip to writing";
pub const SEND: &str = "Send";
pub const NEW: &str = "New";
pub const MARK_AS_READ: &str = "Mark as read";
pub const SENDING: &str = "Sending";
pub const WAITING: &str = "Waiting for network";
pub const NOT_SENT: &str = "Not sent";
pub const TRY_AGAIN: &str = "Try again";
pub const COPY_TEXT: &str = "Copy text";
pub const DISCARD: &str = "Discard";
pub const MESSAGE_ACTIONS: &str = "Message actions";
pub const REACT: &str = "React";
pub const OTHER_EMOJI: &str = "Another emoji";
pub const NO_EMOJI: &str = "This is not an emoji.";
pub const EDIT: &str = "Edit";
pub const EDITED: &str = "edited";
pub const EDITING: &str = "Editing your message";
pub const EDIT_MESSAGE: &str = "Edit message";
pub const SAVE: &str = "Save";
pub const CANCEL: &str = "Cancel";
pub const DELETE: &str = "Delete";
pub const DELETE_SURELY: &str = "Delete for everybody";
pub const DELETE_ASKED: &str = "Press again to delete it for everybody.";
pub const DELETING: &str = "Deleting";
pub const DELETED: &str = "Message deleted";
pub const OLDER: &str = "Load older messages";
pub const LOADING: &str = "Loading…";
pub const NEWEST: &str = "Newest";
pub const NEEDS_NEWER: &str = "Something of a newer version stands here. Reload to see it.";
pub const STALE: &str = "Kept from your last visit. Newer messages are loaded first.";
pub const DIRECT: &str = "direct";
pub const WAS_NOT_SENT: &str = "This was not sent.";
pub const TO_YOUR_ROOMS: &str = "To your rooms";
pub const JOIN: &str = "Join";
pub const NOT_YOURS: &str = "You are not in this room, or it is not there.";
pub const UNSENT_STAYS: &str =
    "Unsent messages stay in this tab, also when it is reloaded. Closing the tab loses them.";
pub const UNSENT_GOES: &str =
    "This browser has no room to keep more. Closing or reloading this page loses unsent messages.";
pub const KEPT_TEXT: &str = "What you wrote is kept here:";

// No room open.
pub const NOTHING_OPEN: &str = "Nothing is open.";
pub const CHOOSE: &str = "Choose a room, or begin where you left off.";
pub const CHOOSE_ONLY: &str = "Choose a room, or write to somebody.";
pub const MAKE_ONE: &str = "Make one, or ask somebody to add you.";

// Being away.
pub const AWAY: &str = "While you were away";
pub const JUMP_TO_MENTION: &str = "Jump to mention";
pub const DISMISS: &str = "Dismiss";
pub const ALL_CAUGHT_UP: &str = "That was all.";
pub const STOP: &str = "Stop";

// The wire.
pub const CONNECTING: &str = "Connecting…";
pub const OFFLINE: &str = "Offline — messages will be sent later";
pub const NEW_VERSION: &str = "New version";
pub const RELOAD: &str = "Reload";
pub const RESTORED: &str = "The server was restored from a backup. What is missing and was yours is sent again.";
pub const OLD_VERSION: &str = "This version is too old for the server. What you wrote is kept.";
pub const OFFLINE_TITLE: &str = "You are offline.";
pub const OFFLINE_TEXT: &str = "Whilst opens again as soon as there is a network. Unsent messages stay in this tab until then; closing it loses them.";
pub const OPENING: &str = "Opening…";

/// A number with its thousands apart.
pub fn number(n: u32) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn count(n: u32, one: &str, many: &str) -> String {
    let mut text = number(n);
    text.push(' ');
    text.push_str(if n == 1 { one } else { many });
    text
}

fn join(parts: &[&str]) -> String {
    parts.concat()
}

/// Read after the number itself.
pub fn mentions_after_number(n: u32) -> &'static str {
    if n == 1 { " mention" } else { " mentions" }
}

pub fn mentions(n: u32) -> String {
    count(n, "mention", "mentions")
}

pub fn rooms(n: u32) -> String {
    count(n, "room", "rooms")
}

pub fn people(n: u32) -> String {
    count(n, "person", "people")
}

/// Ends the accessible name of "Catch up · 14 unread".
pub fn in_rooms(rooms_with_unread: u32) -> String {
    join(&[" in ", &rooms(rooms_with_unread)])
}

/// All that is unread, whenever it came: the card counts one absence.
pub fn catch_up_of(unread: u32) -> String {
    join(&[CATCH_UP, " · ", &number(unread), " unread"])
}

pub fn messages_in(room: &str) -> String {
    join(&["Messages in ", room])
}

pub fn message_to(room: &str) -> String {
    join(&["Message ", room])
}

pub fn load_missing(n: u64) -> String {
    let n = u32::try_from(n).unwrap_or(u32::MAX);
    join(&["Load ", &count(n, "missing message", "missing messages")])
}

pub fn react_with(emoji: &str) -> String {
    join(&["React with ", emoji])
}

/// The name of a button that tells how many put an emoji to a message.
pub fn reacted(emoji: &str, n: u32, own: bool) -> String {
    join(&[emoji, " ", &number(n), if own { ", you reacted" } else { "" }])
}

/// So many names are told in full.
const NAMES_MAX: usize = 8;

/// "Ada, Bo", and beyond some of them how many more.
pub fn names(all: impl ExactSizeIterator<Item = String>) -> String {
    let more = all.len().saturating_sub(NAMES_MAX);
    let mut text = all.take(NAMES_MAX).collect::<Vec<_>>().join(", ");
    if more > 0 {
        text.push_str(" and ");
        text.push_str(&number(u32::try_from(more).unwrap_or(u32::MAX)));
        text.push_str(" more");
    }
    text
}

/// When a text was changed: "Edited 23 Nov, 14:05".
pub fn edited_at(date: &str, clock: &str) -> String {
    join(&["Edited ", date, ", ", clock])
}

pub fn new_below(n: u32) -> String {
    join(&[&number(n), " new"])
}

pub fn begins(room: &str) -> String {
    join(&["This is where ", room, " begins."])
}

pub fn begins_direct(name: &str) -> String {
    join(&["You and ", name])
}

pub fn begins_text(kind: RoomKind) -> &'static str {
    match kind {
        RoomKind::Open => "Everybody on this server can find it and join in. Say what you are here for.",
        RoomKind::Closed => "Only people who are added see that it exists.",
        RoomKind::Direct => "What is said here stays between the two of you.",
    }
}

pub fn kind(kind: RoomKind) -> &'static str {
    match kind {
        RoomKind::Open => "open",
        RoomKind::Closed => CLOSED,
        RoomKind::Direct => DIRECT,
    }
}

/// The title of the tab: what waits, then where one is.
pub fn title(unread: u32, place: Option<&str>) -> String {
    let mut title = String::new();
    if unread > 0 {
        title.push('(');
        title.push_str(&number(unread));
        title.push_str(") ");
    }
    if let Some(place) = place {
        title.push_str(place);
        title.push_str(" · ");
    }
    title.push_str(APP);
    title
}

/// What the announcer says of one new message.
pub fn said(author: &str, words: &str) -> String {
    join(&[author, ": ", words])
}

pub fn new_messages(n: u32) -> String {
    count(n, "new message", "new messages")
}

/// One sentence for people who listen to the card.
pub fn away_sentence(messages: u32, in_rooms: u32, mention_count: u32) -> String {
    let messages = number_of_messages(messages);
    join(&[AWAY, ": ", &messages, &missed_in(in_rooms, mention_count)])
}

/// Begins the one-line card: "While you were away (6 min): ".
pub fn away_for(span: &str) -> String {
    join(&[AWAY, " (", span, "): "])
}

/// "12 messages", of one absence.
pub fn number_of_messages(n: u32) -> String {
    count(n, "message", "messages")
}

pub fn missed_in(in_rooms: u32, mention_count: u32) -> String {
    let mut text = join(&[" in ", &rooms(in_rooms)]);
    if mention_count > 0 {
        text.push_str(", ");
        text.push_str(&mentions(mention_count));
    }
    text
}

/// Between the number and the room of a line of the card, for people who listen to it.
pub const MISSED_IN: &str = " while you were away, in ";

pub fn more_rooms(n: u32) -> String {
    join(&["+ ", &count(n, "more room", "more rooms")])
}

pub fn walking(at: u32, of: u32) -> String {
    join(&["Catching up · room ", &number(at), " of ", &number(of)])
}

/// How many messages of the room of the walk are still to be read.
pub fn left_to_read(n: u32) -> String {
    join(&[&number(n), " left"])
}

pub fn next_room(room: &str) -> String {
    join(&["Next: ", room])
}

pub const WALK_DONE: &str = "Done";
pub const MARK_THE_REST: &str = "Mark the rest as read";
pub const KEEP_UNREAD: &str = "Keep unread";

pub const UNREAD_ABOVE: &str = "Unread above";
pub const GO_TO_FIRST: &str = "Go to first";

pub fn unread_above(n: u32) -> String {
    join(&[&number(n), " unread above"])
}

/// "2 h 10 min".
pub fn span(span: Span) -> String {
    let parts = [
        (span.days, " d"),
        (u32::from(span.hours), " h"),
        (u32::from(span.minutes), " min"),
    ];
    let said: Vec<String> = parts
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, unit)| join(&[&number(n), unit]))
        .collect();
    if said.is_empty() {
        "less than a minute".to_owned()
    } else {
        said.join(" ")
    }
}

// Notes of the log: what follows the name of who did it.
pub const NOTE_MADE: &str = " made the room";
pub const NOTE_NAMED: &str = " named the room ";
pub const NOTE_JOINED: &str = " joined the room";
pub const NOTE_LEFT: &str = " left the room";
pub const NOTE_ADDED: &str = " added ";
pub const NOTE_REMOVED: &str = " removed ";
pub const YOU: &str = "You";
pub const SOMEBODY: &str = "Somebody";

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];
pub const TODAY: &str = "Today";
pub const YESTERDAY: &str = "Yesterday";

/// "23 Nov", with its year where that is not the present one.
pub fn date(day: Day, today: Day) -> String {
    let month = MONTHS
        .get(usize::from(day.month).wrapping_sub(1))
        .copied()
        .unwrap_or("");
    let mut text = join(&[&day.day.to_string(), " ", month]);
    if day.year != today.year {
        text.push(' ');
        text.push_str(&day.year.to_string());
    }
    text
}

/// What one calls a day on another: "Today", "Yesterday", or its weekday.
pub fn day_name(day: Day, today: Day, yesterday: Day) -> &'static str {
    if day == today {
        TODAY
    } else if day == yesterday {
        YESTERDAY
    } else {
        WEEKDAYS.get(usize::from(day.weekday)).copied().unwrap_or("")
    }
}

/// A refusal, in the words of the form that was refused.
pub fn refusal(reply: &FormReply) -> String {
    let to = reply.to.as_str();
    let names_somebody = to == "/new-message" || to.ends_with("/people/add");
    let own = match reply.problem {
        Problem::Gone if names_somebody => "Nobody here has this username.",
        Problem::NotAllowed if to == "/new-message" => "That is you. Choose somebody else.",
        Problem::WrongPassword if to == "/settings/password" => "That is not your present password.",
        Problem::Malformed if to.starts_with("/admin/invites") => "Uses and days are whole numbers from 1.",
        _ => return problem(&reply.problem),
    };
    own.to_owned()
}

/// A refusal, with what to do about it.
pub fn problem(problem: &Problem) -> String {
    let text = match problem {
        Problem::Gone => "There is nothing here for you any more.",
        Problem::SignedOut => "You are signed out. Sign in again; what you wrote is kept.",
        Problem::NotAllowed => "Your role does not allow this.",
        Problem::BodyEmpty => "Write something first.",
        Problem::BodyTooLong { max_bytes } => {
            return join(&[
                "It is too long: a message may be at most ",
                &number(max_bytes / 1024),
                " KiB. Your text is kept.",
            ]);
        }
        Problem::BodyUnreadable => "It holds characters that cannot be stored or shown. Your text is kept.",
        Problem::MessageDeleted => "The message was deleted.",
        Problem::EmojiUnreadable => NO_EMOJI,
        Problem::KeyReused => "This was sent before with another text. That stays, and yours is kept.",
        Problem::TooFast { retry_after } => {
            let seconds = u32::try_from(retry_after.0.div_ceil(1_000)).unwrap_or(u32::MAX);
            return join(&["Too fast. Try again in ", &count(seconds, "second", "seconds"), "."]);
        }
        Problem::NameEmpty => "A name needs at least one visible character.",
        Problem::NameTooLong { max_chars } => {
            return join(&[
                "A name may have at most ",
                &count(*max_chars, "character", "characters"),
                ".",
            ]);
        }
        Problem::NameUnreadable => "The name holds characters that cannot be shown.",
        Problem::NameTaken => "This name is taken.",
        Problem::UsernameUnreadable => "A username has 2 to 32 letters a–z, digits, -, _ or a dot.",
        Problem::UsernameTaken => "This username is taken.",
        Problem::PasswordTooShort { min_chars } => {
            return join(&[
                "A password has at least ",
                &count(*min_chars, "character", "characters"),
                ".",
            ]);
        }
        Problem::PasswordTooLong => "This password is too long.",
        Problem::WrongPassword => "The username or the password is wrong.",
        Problem::AlreadySetUp => "The first account was made before.",
        Problem::InviteGone => "This link is used up, expired, or was never made.",
        Problem::TooMany { max } => {
            return join(&["There may be at most ", &number(*max), " of these."]);
        }
        Problem::Outdated(_) => "The message has changed since. Your text is kept.",
        Problem::Malformed => "This could not be read.",
        Problem::Unknown => "This needs a newer version.",
        Problem::Unavailable => "The server could not do this now. Try again.",
    };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{rules::civil, wire::Millis};

    #[test]
    fn numbers_keep_their_thousands_apart() {
        let seen: Vec<_> = [0, 7, 999, 1_000, 12_345, 1_234_567].map(number).into();
        assert_eq!(seen, ["0", "7", "999", "1,000", "12,345", "1,234,567"]);
    }

    #[test]
    fn one_is_singular_and_all_else_plural() {
        assert_eq!(mentions(1), "1 mention");
        assert_eq!(mentions(2), "2 mentions");
        assert_eq!(load_missing(1), "Load 1 missing message");
        assert_eq!(load_missing(120), "Load 120 missing messages");
        assert_eq!(in_rooms(1), " in 1 room");
        assert_eq!(catch_up_of(1_200), "Catch up · 1,200 unread");
    }

    #[test]
    fn a_span_says_only_units_that_say_something() {
        let told = |days, hours, minutes| span(Span { days, hours, minutes });
        assert_eq!(told(0, 2, 10), "2 h 10 min");
        assert_eq!(told(0, 0, 6), "6 min");
        assert_eq!(told(2, 0, 0), "2 d");
        assert_eq!(told(0, 0, 0), "less than a minute");
    }

    #[test]
    fn a_reaction_is_heard_with_its_number_and_whether_it_is_ones_own() {
        assert_eq!(reacted("👍", 3, true), "👍 3, you reacted");
        assert_eq!(reacted("👍", 1, false), "👍 1");
        let told = |n: usize| names(vec!["Bo".to_owned(); n].into_iter());
        assert_eq!(told(2), "Bo, Bo");
        assert!(told(12).ends_with("Bo and 4 more"));
    }

    #[test]
    fn the_title_tells_what_waits_and_where_one_is() {
        assert_eq!(title(3, Some("general")), "(3) general · Whilst");
        assert_eq!(title(0, None), "Whilst");
    }

    #[test]
    fn a_date_names_its_year_only_where_it_is_another() {
        let day = |ms| civil::civil(Millis(ms), 0).day;
        let today = day(1_795_449_642_000);
        let yesterday = day(1_795_449_642_000 - 86_400_000);
        assert_eq!(date(today, today), "23 Nov");
        assert_eq!(date(day(951_782_400_000), today), "29 Feb 2000");
        assert_eq!(day_name(today, today, yesterday), "Today");
        assert_eq!(day_name(yesterday, today, yesterday), "Yesterday");
        assert_eq!(day_name(day(951_782_400_000), today, yesterday), "Tuesday");
    }

    #[test]
    fn the_card_is_heard_as_one_sentence() {
        let many = "While you were away: 14 messages in 5 rooms, 2 mentions";
        assert_eq!(away_sentence(14, 5, 2), many);
        assert_eq!(away_sentence(1, 1, 0), "While you were away: 1 message in 1 room");
    }
}

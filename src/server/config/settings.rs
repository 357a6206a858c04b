//! The table of settings: where each stands, what it may be, which field it fills.

use super::{Config, Proxies, PublicUrl};
use std::path::PathBuf;

/// One line of `Leptos.toml`.
pub struct Setting {
    pub section: &'static str,
    pub key: &'static str,
    shape: Shape,
}

enum Shape {
    Number {
        field: fn(&mut Config) -> &mut u32,
        least: u32,
        most: u32,
    },
    Text {
        get: fn(&Config) -> String,
        put: fn(&mut Config, &str) -> Result<(), String>,
    },
    List {
        get: fn(&Config) -> Vec<String>,
        put: fn(&mut Config, &[String]) -> Result<(), String>,
    },
}

/// Less memory than this makes guessing cheap for whoever steals the file.
const ARGON2_LEAST_KIB: u32 = 19 * 1024;
const ARGON2_MOST_KIB: u32 = 1024 * 1024;
const LOG_LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
const DAY_SECONDS: u32 = 24 * 60 * 60;

pub const SETTINGS: &[Setting] = &[
    text("server", "addr", |c| c.server.addr.to_string(), put_addr),
    text("server", "public_url", show_public_url, put_public_url),
    Setting {
        section: "server",
        key: "trusted_proxies",
        shape: Shape::List {
            get: |c| c.server.trusted_proxies.texts(),
            put: |c, texts| Proxies::parse(texts).map(|proxies| c.server.trusted_proxies = proxies),
        },
    },
    text("server", "data", |c| c.server.data.display().to_string(), put_data),
    text("server", "log", |c| c.server.log.clone(), put_log),
    number(
        "limits",
        "body_max_bytes",
        |c| &mut c.limits.body_max_bytes,
        256,
        32 * 1024,
    ),
    number("limits", "commands_burst", |c| &mut c.limits.commands_burst, 1, 1_000),
    number(
        "limits",
        "commands_per_second",
        |c| &mut c.limits.commands_per_second,
        1,
        1_000,
    ),
    number("limits", "outbox_max", |c| &mut c.limits.outbox_max, 1, 10_000),
    number(
        "limits",
        "rooms_per_user_max",
        |c| &mut c.limits.rooms_per_user_max,
        1,
        10_000,
    ),
    number(
        "limits",
        "connections_per_user_max",
        |c| &mut c.limits.connections_per_user_max,
        1,
        1_000,
    ),
    number("rings", "frames", |c| &mut c.rings.frames, 1, 1_000_000),
    number("rings", "bytes", |c| &mut c.rings.bytes, 0, 64 * 1024 * 1024),
    number(
        "away",
        "min_absence_seconds",
        |c| &mut c.away.min_absence_seconds,
        1,
        DAY_SECONDS,
    ),
    number(
        "away",
        "full_card_seconds",
        |c| &mut c.away.full_card_seconds,
        1,
        DAY_SECONDS,
    ),
    number(
        "sign_in",
        "argon2_memory_kib",
        |c| &mut c.sign_in.argon2_memory_kib,
        ARGON2_LEAST_KIB,
        ARGON2_MOST_KIB,
    ),
    number(
        "sign_in",
        "argon2_iterations",
        |c| &mut c.sign_in.argon2_iterations,
        2,
        32,
    ),
    number("sign_in", "hashes_at_once", |c| &mut c.sign_in.hashes_at_once, 1, 64),
    number(
        "sign_in",
        "hashes_waiting_max",
        |c| &mut c.sign_in.hashes_waiting_max,
        1,
        1_024,
    ),
    number(
        "sign_in",
        "attempts_per_address",
        |c| &mut c.sign_in.attempts_per_address,
        1,
        10_000,
    ),
    number(
        "sign_in",
        "attempts_per_account",
        |c| &mut c.sign_in.attempts_per_account,
        1,
        10_000,
    ),
    number(
        "sign_in",
        "attempt_refill_seconds",
        |c| &mut c.sign_in.attempt_refill_seconds,
        1,
        3_600,
    ),
    number("sessions", "lifetime_days", |c| &mut c.sessions.lifetime_days, 1, 400),
    number("sessions", "per_user_max", |c| &mut c.sessions.per_user_max, 1, 1_000),
    number("invites", "lifetime_days", |c| &mut c.invites.lifetime_days, 1, 365),
    number("invites", "open_max", |c| &mut c.invites.open_max, 1, 10_000),
];

const fn number(
    section: &'static str,
    key: &'static str,
    field: fn(&mut Config) -> &mut u32,
    least: u32,
    most: u32,
) -> Setting {
    Setting {
        section,
        key,
        shape: Shape::Number { field, least, most },
    }
}

const fn text(
    section: &'static str,
    key: &'static str,
    get: fn(&Config) -> String,
    put: fn(&mut Config, &str) -> Result<(), String>,
) -> Setting {
    Setting {
        section,
        key,
        shape: Shape::Text { get, put },
    }
}

pub(super) fn find(section: &str, key: &str) -> Option<&'static Setting> {
    SETTINGS
        .iter()
        .find(|setting| setting.section == section && setting.key == key)
}

impl Setting {
    /// The variable that overrides the file.
    pub fn variable(&self) -> String {
        format!("WHILST_{}_{}", self.section, self.key).to_ascii_uppercase()
    }

    /// The setting as its line in the file.
    pub fn line(&self, config: &Config) -> String {
        format!("{} = {}", self.key, self.value(config))
    }

    pub(super) fn put(&self, config: &mut Config, value: &toml::Value) -> Result<(), String> {
        match (&self.shape, value) {
            (Shape::Number { field, least, most }, toml::Value::Integer(given)) => match u32::try_from(*given) {
                Ok(number) if (*least..=*most).contains(&number) => {
                    *field(config) = number;
                    Ok(())
                }
                _ => Err(self.right()),
            },
            (Shape::Text { put, .. }, toml::Value::String(given)) => put(config, given),
            (Shape::List { put, .. }, toml::Value::Array(given)) => {
                let texts: Option<Vec<String>> = given.iter().map(|v| v.as_str().map(str::to_owned)).collect();
                put(config, &texts.ok_or_else(|| self.right())?)
            }
            _ => Err(self.right()),
        }
    }

    /// A variable or an argument is text; its setting says what it is meant to be.
    pub(super) fn read(&self, text: &str) -> toml::Value {
        match self.shape {
            Shape::Number { .. } => text
                .trim()
                .parse()
                .map_or_else(|_| toml::Value::String(text.to_owned()), toml::Value::Integer),
            Shape::Text { .. } => toml::Value::String(text.to_owned()),
            Shape::List { .. } => text
                .split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(|part| toml::Value::String(part.to_owned()))
                .collect::<Vec<_>>()
                .into(),
        }
    }

    fn right(&self) -> String {
        match self.shape {
            Shape::Number { least, most, .. } => format!("a whole number from {least} to {most}"),
            Shape::Text { .. } => "a text in quotes".to_owned(),
            Shape::List { .. } => "a list of texts, as in [\"10.0.0.0/8\"]".to_owned(),
        }
    }

    fn value(&self, config: &Config) -> toml::Value {
        match self.shape {
            Shape::Number { field, .. } => toml::Value::Integer(i64::from(*field(&mut config.clone()))),
            Shape::Text { get, .. } => toml::Value::String(get(config)),
            Shape::List { get, .. } => get(config)
                .into_iter()
                .map(toml::Value::String)
                .collect::<Vec<_>>()
                .into(),
        }
    }
}

fn put_addr(config: &mut Config, text: &str) -> Result<(), String> {
    let addr = match text.trim().strip_prefix("localhost:") {
        Some(port) => ["127.0.0.1:", port].concat(),
        None => text.trim().to_owned(),
    };
    let addr = addr
        .parse()
        .map_err(|_| "an address and a port, as in \"127.0.0.1:3000\" or \"[::1]:3000\"".to_owned())?;
    config.server.addr = addr;
    Ok(())
}

fn show_public_url(config: &Config) -> String {
    config
        .server
        .public_url
        .as_ref()
        .map(PublicUrl::to_string)
        .unwrap_or_default()
}

/// Empty takes the default back, so that a variable can undo the file.
fn put_public_url(config: &mut Config, text: &str) -> Result<(), String> {
    config.server.public_url = match text.trim() {
        "" => None,
        text => Some(PublicUrl::parse(text)?),
    };
    Ok(())
}

fn put_data(config: &mut Config, text: &str) -> Result<(), String> {
    if text.is_empty() || text.contains('\0') {
        return Err("the path of a folder, as in \"data\"".to_owned());
    }
    config.server.data = PathBuf::from(text);
    Ok(())
}

/// A lone word that is no level would be taken for a part of the program, and
/// silence all others: a slip such as "inof" is refused instead.
fn put_log(config: &mut Config, text: &str) -> Result<(), String> {
    let is_level = |word: &str| LOG_LEVELS.contains(&word.trim().to_ascii_lowercase().as_str());
    let good = |part: &str| match part.split_once('=') {
        Some((target, level)) => !target.trim().is_empty() && is_level(level),
        None => is_level(part),
    };
    if !text.split(',').all(good) {
        return Err(
            "off, error, warn, info, debug or trace, or pairs such as \"info,whilst::server=debug\"".to_owned(),
        );
    }
    text.clone_into(&mut config.server.log);
    Ok(())
}

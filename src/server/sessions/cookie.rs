//! The cookie that holds a session's token.

use super::secret::Token;
use crate::server::config::Config;
use axum::http::{HeaderMap, header};

/// Browsers accept it only from https, for the whole host, set by the host itself:
/// neither a sibling domain nor plain http can plant one.
const HTTPS_NAME: &str = "__Host-whilst";
/// On plain http, which is for this machine alone, the prefix is not to be had.
const HTTP_NAME: &str = "whilst";
/// Browsers keep nothing longer. The server's row says when a session ends.
const MAX_AGE_SECONDS: u32 = 400 * 24 * 60 * 60;

fn name(config: &Config) -> &'static str {
    if config.public_url().is_https() {
        HTTPS_NAME
    } else {
        HTTP_NAME
    }
}

/// The token that a request brings; none if there is none or more than one, for two
/// of one name are never our doing.
pub fn token(headers: &HeaderMap, config: &Config) -> Option<Token> {
    let name = name(config);
    let mut found = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value);
    let token = found.next()?;
    found.next().is_none().then(|| Token::parse(token)).flatten()
}

/// The value of `Set-Cookie` that gives a browser its session.
pub fn give(token: &Token, config: &Config) -> String {
    set(&token.reveal(), MAX_AGE_SECONDS, config)
}

/// The one that takes it back.
pub fn take_back(config: &Config) -> String {
    set("", 0, config)
}

fn set(value: &str, max_age_seconds: u32, config: &Config) -> String {
    let secure = if config.public_url().is_https() { "; Secure" } else { "" };
    let name = name(config);
    format!("{name}={value}; Path=/; Max-Age={max_age_seconds}; HttpOnly; SameSite=Lax{secure}")
}

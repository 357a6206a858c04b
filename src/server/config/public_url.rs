//! Where people reach the server, and what follows from it.

use std::{fmt, net::SocketAddr};

/// Scheme, host and port. A path below it is not supported: cookies with the
/// `__Host-` prefix and the service worker both need the whole host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    scheme: Scheme,
    /// Lower case; an IPv6 address in its brackets.
    host: String,
    port: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

const LOOPBACK_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];
const HOST_MAX_BYTES: usize = 253;

impl PublicUrl {
    pub(super) fn on_loopback(addr: SocketAddr) -> Self {
        let host = match addr {
            SocketAddr::V4(v4) => v4.ip().to_string(),
            SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
        };
        Self {
            scheme: Scheme::Http,
            host,
            port: addr.port(),
        }
    }

    /// # Errors
    /// What would be right, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let url = Self::split(text).ok_or_else(|| {
            "https:// and a host name, with a port where it is not 443, and nothing behind: \"https://chat.example.org\""
                .to_owned()
        })?;
        if url.scheme == Scheme::Http && !url.is_loopback() {
            return Err(
                "https:// — over plain http browsers refuse what Whilst is built on: no service worker, no locks \
                 between tabs, no push; http is right only for localhost, 127.0.0.1 and [::1]"
                    .to_owned(),
            );
        }
        Ok(url)
    }

    pub fn is_https(&self) -> bool {
        self.scheme == Scheme::Https
    }

    /// True if `origin`, as a browser sends it, is this server. On loopback its
    /// three names are equal, for people type one and scripts another.
    pub fn is_origin(&self, origin: &str) -> bool {
        let Some(other) = Self::split(origin) else {
            return false;
        };
        // A browser never ends an origin with a slash; who does is no browser.
        !origin.ends_with('/')
            && (other == *self
                || (self.is_loopback()
                    && other.is_loopback()
                    && other.scheme == self.scheme
                    && other.port == self.port))
    }

    /// Host and port, as people say where they are.
    pub fn authority(&self) -> String {
        let url = self.to_string();
        url.split_once("://")
            .map_or_else(String::new, |(_, rest)| rest.to_owned())
    }

    /// A link to `path`, which starts with a slash.
    pub fn link(&self, path: &str) -> String {
        format!("{self}{path}")
    }

    fn is_loopback(&self) -> bool {
        LOOPBACK_HOSTS.contains(&self.host.as_str())
    }

    fn split(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return None,
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = split_port(authority)?;
        let port = match port {
            None => scheme.port(),
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
                digits.parse().ok().filter(|&port| port != 0)?
            }
            Some(_) => return None,
        };
        is_host(host).then(|| Self {
            scheme,
            host: host.to_ascii_lowercase(),
            port,
        })
    }
}

impl Scheme {
    fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    if authority.starts_with('[') {
        let end = authority.find(']')? + 1;
        let (host, rest) = authority.split_at(end);
        return match rest.strip_prefix(':') {
            Some(port) => Some((host, Some(port))),
            None => rest.is_empty().then_some((host, None)),
        };
    }
    Some(match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    })
}

fn is_host(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inner.parse::<std::net::Ipv6Addr>().is_ok();
    }
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    host.len() <= HOST_MAX_BYTES && host.split('.').all(label)
}

/// As an origin is written: no slash behind, no port where it is the scheme's own.
impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port == self.scheme.port() {
            Ok(())
        } else {
            write!(f, ":{}", self.port)
        }
    }
}

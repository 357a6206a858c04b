//! The run-time configuration: `Leptos.toml` beside the binary, the environment
//! over it, the command line over both.
//!
//! Parsed once, before anything is opened. What it does not know or cannot use
//! stops the start and says where, what, and what would be right. It knows no
//! store, no socket and no clock; where the process stands is given to it.

mod origin;
mod proxies;
mod public_url;
mod refused;
mod settings;
mod source;
#[cfg(test)]
mod tests;

pub use origin::same_origin;
pub use proxies::{Network, Proxies};
pub use public_url::PublicUrl;
pub use refused::Refused;
pub use settings::{SETTINGS, Setting};
pub use source::{FILE_NAME, Layer, Loaded, Surroundings, load};

use crate::wire::{Limits, Millis};
use std::{net::SocketAddr, path::PathBuf};

/// Everything an operator decides. Each field is one line of `Leptos.toml`,
/// described there and in [`SETTINGS`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    pub server: Server,
    /// What `[limits]` says; the two bounds of the away card stand in `away`,
    /// and [`Config::limits`] puts both together.
    limits: Limits,
    pub rings: Rings,
    pub away: Away,
    pub sign_in: SignIn,
    pub sessions: Sessions,
    pub invites: Invites,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    pub addr: SocketAddr,
    /// As set; [`Config::public_url`] also knows the default.
    public_url: Option<PublicUrl>,
    pub trusted_proxies: Proxies,
    pub data: PathBuf,
    /// A filter in the words of `tracing-subscriber`.
    pub log: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Away {
    pub min_absence_seconds: u32,
    pub full_card_seconds: u32,
}

/// What a password costs, and how often one may be tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    pub argon2_memory_kib: u32,
    pub argon2_iterations: u32,
    /// Passwords hashed at one time; each takes the memory above.
    pub hashes_at_once: u32,
    /// Passwords that wait for their turn; the next one is told to come back.
    pub hashes_waiting_max: u32,
    pub attempts_per_address: u32,
    pub attempts_per_account: u32,
    /// After this long one more attempt is allowed.
    pub attempt_refill_seconds: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sessions {
    /// A session that was not used for this long has ended.
    pub lifetime_days: u32,
    pub per_user_max: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invites {
    pub lifetime_days: u32,
    pub open_max: u32,
}

/// How much of each room is kept in memory for connections that have fallen behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rings {
    /// The newest entries, whatever their size.
    pub frames: u32,
    /// Further entries, as long as all of them fit.
    pub bytes: u32,
}

impl Default for Rings {
    fn default() -> Self {
        Self {
            frames: 2_048,
            bytes: 4 * 1024 * 1024,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            server: Server {
                addr: SocketAddr::from(([127, 0, 0, 1], 3000)),
                public_url: None,
                trusted_proxies: Proxies::default(),
                data: PathBuf::from("data"),
                log: "info".to_owned(),
            },
            limits: Limits::default(),
            rings: Rings::default(),
            away: Away {
                min_absence_seconds: 180,
                full_card_seconds: 900,
            },
            sign_in: SignIn {
                argon2_memory_kib: 19 * 1024,
                argon2_iterations: 2,
                hashes_at_once: 2,
                hashes_waiting_max: 32,
                attempts_per_address: 30,
                attempts_per_account: 10,
                attempt_refill_seconds: 20,
            },
            sessions: Sessions {
                lifetime_days: 60,
                per_user_max: 50,
            },
            invites: Invites {
                lifetime_days: 7,
                open_max: 1_000,
            },
        }
    }
}

impl Config {
    /// Lays one layer over another, the later over the earlier, and checks the whole.
    ///
    /// # Errors
    /// The first setting that is unknown, wrong, or does not fit the others.
    pub fn from_layers(layers: &[Layer]) -> Result<Self, Refused> {
        let mut config = Self::default();
        for layer in layers {
            for (section, key, value) in layer.values() {
                let setting = settings::find(section, key).ok_or_else(|| layer.unknown(section, key, value))?;
                setting
                    .put(&mut config, value)
                    .map_err(|right| layer.wrong(setting, value, right))?;
            }
        }
        config.check_together(layers)?;
        Ok(config)
    }

    /// The bounds that clients are told.
    pub fn limits(&self) -> Limits {
        Limits {
            away_min_absence_ms: Millis(u64::from(self.away.min_absence_seconds) * 1_000),
            away_full_card_ms: Millis(u64::from(self.away.full_card_seconds) * 1_000),
            ..self.limits.clone()
        }
    }

    /// Where people reach this server: decides Origin, links and cookies.
    pub fn public_url(&self) -> PublicUrl {
        self.server
            .public_url
            .clone()
            .unwrap_or_else(|| PublicUrl::on_loopback(self.server.addr))
    }

    /// The same with the address that was bound, where the port was left to the machine.
    #[must_use]
    pub fn bound_to(mut self, addr: SocketAddr) -> Self {
        self.server.addr = addr;
        self
    }

    fn check_together(&self, layers: &[Layer]) -> Result<(), Refused> {
        if self.server.public_url.is_none() && !self.server.addr.ip().is_loopback() {
            return Err(source::whose(layers, "server", "addr").refuse(
                "server",
                "addr",
                &self.server.addr.to_string(),
                "an address of this machine alone (127.0.0.1 or [::1]), or server.public_url set to the https address \
                 that people open: without it links, cookies and the check of Origin have nothing to go by",
            ));
        }
        if self.away.full_card_seconds < self.away.min_absence_seconds {
            return Err(source::whose(layers, "away", "full_card_seconds").refuse(
                "away",
                "full_card_seconds",
                &self.away.full_card_seconds.to_string(),
                &format!(
                    "not below away.min_absence_seconds, which is {}",
                    self.away.min_absence_seconds
                ),
            ));
        }
        Ok(())
    }
}

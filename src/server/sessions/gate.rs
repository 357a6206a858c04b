//! What stands before passwords: their cost, and how often they may be tried.

use super::{attempts::Attempts, hasher::Hasher};
use crate::server::{config::SignIn, error::Result};

/// Made once; its handles share one queue and one count.
#[derive(Clone)]
pub struct Gate {
    pub(in crate::server) hasher: Hasher,
    pub(in crate::server) attempts: Attempts,
}

impl Gate {
    /// Hashes one password, which takes a moment.
    ///
    /// # Errors
    /// A fault, if Argon2 does not take the costs of the configuration.
    pub fn new(costs: &SignIn) -> Result<Self> {
        Ok(Self {
            hasher: Hasher::new(costs)?,
            attempts: Attempts::new(costs),
        })
    }
}

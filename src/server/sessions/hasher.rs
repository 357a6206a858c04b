//! Argon2id, off the async threads and a bounded number at a time.

use super::secret::Password;
use crate::{
    server::{
        config::SignIn,
        error::{Error, Result},
    },
    wire::{Millis, Problem},
};
use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version,
    password_hash::{self, phc::PasswordHash},
};
use std::{fmt, sync::Arc};
use tokio::sync::Semaphore;

/// What the one who comes when the queue is full is asked to wait.
const QUEUE_FULL_RETRY: Millis = Millis(2_000);
const LANES: u32 = 1;
/// Of the hash that a try for nobody is compared with. It is no secret.
const NOBODYS_SALT: &[u8] = b"nobody has this.";
const NOBODYS_PASSWORD: &[u8] = b"and nobody signs in with this";

/// An Argon2id hash with its salt and cost, as text of the PHC form.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredHash(String);

impl StoredHash {
    pub fn from_column(text: String) -> Self {
        Self(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A hash can be guessed at leisure, so it does not print either.
impl fmt::Debug for StoredHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoredHash")
    }
}

#[derive(Clone)]
pub struct Hasher {
    argon2: Argon2<'static>,
    /// One for each hash under way.
    at_once: Arc<Semaphore>,
    /// One for each under way or waiting.
    places: Arc<Semaphore>,
    nobody: StoredHash,
}

impl Hasher {
    /// Hashes once, to have something that a try for nobody is compared with.
    ///
    /// # Errors
    /// A fault, if Argon2 does not take these costs.
    pub fn new(costs: &SignIn) -> Result<Self> {
        let params = Params::new(costs.argon2_memory_kib, costs.argon2_iterations, LANES, None)
            .map_err(|error| Error::fault("setting the cost of passwords", error))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let places = costs.hashes_at_once + costs.hashes_waiting_max;
        Ok(Self {
            nobody: hash_with(&argon2, NOBODYS_PASSWORD, NOBODYS_SALT)?,
            at_once: Arc::new(Semaphore::new(costs.hashes_at_once as usize)),
            places: Arc::new(Semaphore::new(places as usize)),
            argon2,
        })
    }

    /// # Errors
    /// `TooFast` if too many wait.
    pub async fn hash(&self, password: Password, salt: [u8; 16]) -> Result<StoredHash> {
        let argon2 = self.argon2.clone();
        self.work(move || hash_with(&argon2, password.as_bytes(), &salt)).await
    }

    /// True if the password made the hash. Without a hash there is nobody of that
    /// name: the answer is no, after the same work.
    ///
    /// # Errors
    /// `TooFast` if too many wait.
    pub async fn verify(&self, password: Password, hash: Option<StoredHash>) -> Result<bool> {
        let argon2 = self.argon2.clone();
        let somebody = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.clone());
        let matches = self
            .work(
                move || match argon2.verify_password(password.as_bytes(), hash.as_str()) {
                    Ok(()) => Ok(true),
                    Err(password_hash::Error::PasswordInvalid) => Ok(false),
                    Err(error) => Err(Error::fault("checking a password", error)),
                },
            )
            .await?;
        Ok(matches && somebody)
    }

    /// True if the hash was made at another cost than today's.
    pub fn is_outdated(&self, hash: &StoredHash) -> bool {
        let params = PasswordHash::new(hash.as_str())
            .ok()
            .and_then(|hash| Params::try_from(&hash).ok());
        let today = self.argon2.params();
        !params.is_some_and(|params| {
            (params.m_cost(), params.t_cost(), params.p_cost()) == (today.m_cost(), today.t_cost(), today.p_cost())
        })
    }

    /// The permits go with the work, not with who waits for it: a request that is
    /// given up does not make room before its hash is done.
    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| Problem::TooFast {
            retry_after: QUEUE_FULL_RETRY,
        })?;
        let turn = self
            .at_once
            .clone()
            .acquire_owned()
            .await
            .map_err(|error| Error::fault("waiting to hash", error))?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop((turn, place));
            done
        });
        done.await.map_err(|error| Error::fault("hashing", error))?
    }
}

fn hash_with(argon2: &Argon2<'static>, password: &[u8], salt: &[u8]) -> Result<StoredHash> {
    argon2
        .hash_password_with_salt(password, salt)
        .map(|hash| StoredHash(hash.to_string()))
        .map_err(|error| Error::fault("hashing a password", error))
}

//! The one password of the demo, hashed once for everybody.

use super::{
    PASSWORD,
    error::{FillError, Result},
};
use crate::server::clock::Ambience;
use argon2::{Argon2, PasswordHasher, password_hash::phc::PasswordHash};

/// An Argon2id hash in PHC form, with its salt from the given chance.
pub async fn hash(ambience: &Ambience) -> Result<String> {
    let salt: [u8; 16] = ambience.random();
    // It takes long and much memory on purpose, so not on a thread that others wait for.
    let hashing = tokio::task::spawn_blocking(move || {
        let hash: Result<PasswordHash, _> = Argon2::default().hash_password_with_salt(PASSWORD.as_bytes(), &salt);
        hash.map(|hash| hash.to_string())
    });
    match hashing.await {
        Ok(Ok(hash)) => Ok(hash),
        Ok(Err(error)) => Err(FillError::Password(error.to_string())),
        Err(error) => Err(FillError::Password(error.to_string())),
    }
}

//! What happens to the folder.

use super::{Filled, ambience};
use crate::{
    server::{
        demo::{FillError, Options, PASSWORD, fill},
        store::{OpenError, Store},
    },
    wire::Person,
};
use argon2::{Argon2, PasswordVerifier, password_hash::phc::PasswordHash};
use sqlx::Connection;
use std::fs;

const FEW: Options = Options { messages: 500, seed: 1 };

#[tokio::test]
async fn a_folder_with_a_database_is_refused_and_keeps_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("whilst.db"), "precious").unwrap();
    let refused = fill(folder.path(), FEW, &ambience()).await.unwrap_err();
    assert!(matches!(&refused, FillError::AlreadyThere(path) if path == folder.path()));
    assert_eq!(fs::read(folder.path().join("whilst.db")).unwrap(), b"precious");
}

#[tokio::test]
async fn a_folder_that_another_process_holds_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let lock = fs::File::create(folder.path().join("lock")).unwrap();
    lock.lock().unwrap();
    let refused = fill(folder.path(), FEW, &ambience()).await.unwrap_err();
    assert!(matches!(refused, FillError::Store(OpenError::Locked(_))), "{refused}");
}

#[tokio::test]
async fn what_a_run_that_was_killed_left_behind_is_cleared_away() {
    let folder = tempfile::tempdir().unwrap();
    let filling = folder.path().join("filling");
    fs::create_dir(&filling).unwrap();
    fs::write(filling.join("whilst.db"), "half of it").unwrap();
    fill(folder.path(), FEW, &ambience()).await.unwrap();
    let mut left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["lock", "whilst.db"]);
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let refused = fill(&file.join("data"), FEW, &ambience()).await.unwrap_err();
    assert!(refused.to_string().contains("file/data"), "{refused}");
}

#[tokio::test]
async fn too_few_and_too_many_messages_are_refused_before_the_folder_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    for messages in [0, 499, 20_000_001] {
        let refused = fill(&data, Options { messages, seed: 1 }, &ambience())
            .await
            .unwrap_err();
        assert_eq!(
            refused.to_string(),
            format!("{messages} messages cannot be made. Ask for 500 to 20000000")
        );
    }
    assert!(!data.exists());
}

#[tokio::test]
async fn the_same_seed_makes_the_same_history_and_another_seed_another() {
    let mut tellings = Vec::new();
    for seed in [1, 1, 2] {
        let mut demo = Filled::with(500, seed).await;
        let told: Vec<(Vec<u8>, i64, i64, String)> = sqlx::query_as(
            "SELECT client_key, seq, at, CAST(body AS TEXT) FROM messages JOIN texts ON id = text ORDER BY position",
        )
        .fetch_all(&mut demo.conn)
        .await
        .unwrap();
        tellings.push(told);
    }
    assert_eq!(tellings[0], tellings[1]);
    assert_ne!(tellings[1], tellings[2]);
}

#[tokio::test]
async fn a_server_opens_the_folder_as_one_of_its_own() {
    let demo = Filled::with(500, 1).await;
    demo.conn.close().await.unwrap();
    let store = Store::open(demo.folder.path(), &ambience()).await.unwrap();
    let people: Vec<Person> = sqlx::query_as("SELECT * FROM users ORDER BY dseq")
        .fetch_all(&mut *store.read().await.unwrap())
        .await
        .unwrap();
    assert_eq!(people[0].username, "ada");
    assert!(people.iter().all(|person| person.active));
}

#[tokio::test]
async fn everybody_has_the_password_that_is_told() {
    let mut demo = Filled::with(500, 1).await;
    let hashes: Vec<(String,)> = sqlx::query_as("SELECT password_hash FROM users")
        .fetch_all(&mut demo.conn)
        .await
        .unwrap();
    assert_eq!(hashes.len(), 12);
    assert!(hashes.iter().all(|hash| *hash == hashes[0]));
    let hash = PasswordHash::new(&hashes[0].0).unwrap();
    assert_eq!(hash.algorithm.as_str(), "argon2id");
    Argon2::default().verify_password(PASSWORD.as_bytes(), &hash).unwrap();
    drop(demo.folder);
}

//! Opening a folder: what is made, what is refused, and what is said then.
#![expect(clippy::disallowed_methods, reason = "tests look into the file itself")]

use super::{OpenError, Store, sql};
use crate::server::{
    clock::Ambience,
    testing::{MovedClock, SeededChance},
};
use sqlx::{ConnectOptions, Connection, Executor, SqliteConnection, migrate::Migrator, sqlite::SqliteConnectOptions};
use std::{fs, os::unix::fs::PermissionsExt, path::Path, sync::Arc};

fn ambience(seed: u64) -> Ambience {
    Ambience {
        clock: Arc::new(MovedClock::new()),
        chance: Arc::new(SeededChance::new(seed)),
    }
}

async fn refusal(folder: &Path) -> OpenError {
    match Store::open(folder, &ambience(1)).await {
        Ok(_) => panic!("the folder was opened"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn folder_and_file_are_made_where_missing_and_are_private() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("some/data");
    drop(Store::open(&folder, &ambience(1)).await.unwrap());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(&folder.join("whilst.db")), 0o600);
}

#[tokio::test]
async fn a_store_keeps_its_epoch_and_another_has_another() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = Store::open(one.path(), &ambience(1)).await.unwrap();
    let epoch = first.epoch();
    first.close().await;
    drop(first);
    assert_eq!(Store::open(one.path(), &ambience(2)).await.unwrap().epoch(), epoch);
    assert_ne!(Store::open(two.path(), &ambience(3)).await.unwrap().epoch(), epoch);
}

#[tokio::test]
async fn a_commit_waits_for_the_disk_and_readers_cannot_write() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), &ambience(1)).await.unwrap();
    let mut writes = store.write_connection().await.unwrap();
    let full = 2_i64;
    let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous")
        .fetch_one(&mut writes)
        .await
        .unwrap();
    assert_eq!(synchronous, full);
    let journal: String = sqlx::query_scalar("PRAGMA journal_mode")
        .fetch_one(&mut writes)
        .await
        .unwrap();
    assert_eq!(journal, "wal");
    let mut read = store.read().await.unwrap();
    assert!(
        sqlx::query("DELETE FROM store_facts")
            .execute(&mut *read)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_folder_in_use_is_refused_until_it_is_free() {
    let folder = tempfile::tempdir().unwrap();
    let first = Store::open(folder.path(), &ambience(1)).await.unwrap();
    let error = refusal(folder.path()).await;
    assert!(matches!(error, OpenError::Locked(_)), "{error}");
    assert!(error.to_string().contains("Stop that one first"));
    drop(first);
    Store::open(folder.path(), &ambience(1)).await.unwrap();
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), &ambience(1)).await.unwrap();
    let mut writes = store.write_connection().await.unwrap();
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'from the future', 1, x'00', 0)",
    )
    .execute(&mut writes)
    .await
    .unwrap();
    drop((writes, store));
    let error = refusal(folder.path()).await;
    assert!(matches!(error, OpenError::Newer(_, 9999)), "{error}");
}

#[tokio::test]
async fn something_else_in_the_place_of_the_file_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("whilst.db");
    let text = "a letter, quite long enough to be taken for a page of a database. ".repeat(40);
    fs::write(&file, &text).unwrap();
    let error = refusal(folder.path()).await;
    assert!(matches!(error, OpenError::NotADatabase(_)), "{error}");
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[tokio::test]
async fn a_database_of_another_program_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("whilst.db");
    let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let mut conn = options.connect().await.unwrap();
    conn.execute("CREATE TABLE theirs (a)").await.unwrap();
    conn.close().await.unwrap();
    let before = fs::read(&file).unwrap();
    let error = refusal(folder.path()).await;
    assert!(matches!(error, OpenError::NotADatabase(_)), "{error}");
    assert_eq!(fs::read(&file).unwrap()[100..], before[100..]);
}

#[tokio::test]
async fn a_used_folder_without_its_database_is_not_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    drop(Store::open(folder.path(), &ambience(1)).await.unwrap());
    let file = folder.path().join("whilst.db");
    fs::remove_file(&file).unwrap();
    let error = refusal(folder.path()).await;
    assert!(matches!(error, OpenError::Missing(_)), "{error}");
    assert!(!file.exists());
    fs::write(&file, "").unwrap();
    let error = refusal(folder.path()).await;
    assert!(error.to_string().contains("restore a backup"), "{error}");
}

#[tokio::test]
async fn a_read_only_file_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    drop(Store::open(folder.path(), &ambience(1)).await.unwrap());
    let file = folder.path().join("whilst.db");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o400)).unwrap();
    let error = refusal(folder.path()).await;
    assert!(matches!(error, OpenError::ReadOnly(_)), "{error}");
    assert!(error.to_string().contains("chmod u+w"));
}

#[tokio::test]
async fn a_file_in_the_place_of_the_folder_is_refused() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("data");
    fs::write(&folder, "no folder").unwrap();
    let error = refusal(&folder).await;
    assert!(matches!(error, OpenError::FolderNotWritable(..)), "{error}");
}

/// A store as the first release left it, with a message that was blanked carelessly.
async fn store_of_the_first_schema(file: &Path) {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .pragma("secure_delete", "OFF")
        .foreign_keys(false);
    let mut conn = SqliteConnection::connect_with(&options).await.unwrap();
    let first = sql::migrator().migrations.iter().take(1).cloned().collect();
    Migrator::with_migrations(first).run(&mut conn).await.unwrap();
    sqlx::query(
        "INSERT INTO messages (room, ordinal, seq, revision, author, author_nth, client_key, at, body, mentions)
         VALUES (x'01', 1, 1, 1, x'02', 1, x'03', 0, ?1, x''),
                (x'01', 2, 2, 2, x'02', 2, x'04', 0, '你好', x'')",
    )
    .bind("a canary in a cage, ".repeat(40))
    .execute(&mut conn)
    .await
    .unwrap();
    sqlx::query("UPDATE messages SET body = '' WHERE ordinal = 1")
        .execute(&mut conn)
        .await
        .unwrap();
    conn.close().await.unwrap();
}

#[tokio::test]
async fn a_store_of_the_first_schema_keeps_its_texts_and_no_copies_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("whilst.db");
    let holds = |words: &str| {
        let bytes = fs::read(&file).unwrap();
        bytes.windows(words.len()).any(|window| window == words.as_bytes())
    };
    store_of_the_first_schema(&file).await;
    assert!(holds("canary"), "the old file has a copy");
    let store = Store::open(folder.path(), &ambience(1)).await.unwrap();
    let mut read = store.read().await.unwrap();
    let texts: Vec<(i64, String)> =
        sqlx::query_as("SELECT ordinal, CAST(body AS TEXT) FROM message_rows ORDER BY ordinal")
            .fetch_all(&mut *read)
            .await
            .unwrap();
    assert_eq!(texts, [(1, String::new()), (2, "你好".to_owned())]);
    assert!(holds("你好"));
    assert!(!holds("canary"));
    assert!(!sql::is_to_vacuum(&mut read).await.unwrap());
}

#[tokio::test]
async fn a_read_is_of_one_moment_and_the_next_is_of_a_later_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), &ambience(1)).await.unwrap();
    let mut writes = store.write_connection().await.unwrap();
    let mut read = store.read().await.unwrap();
    let before = facts(&mut read).await;
    writes
        .execute("INSERT INTO store_facts (name, value) VALUES ('new', x'')")
        .await
        .unwrap();
    assert_eq!(facts(&mut read).await, before);
    drop(read);
    // The same connection, lent again.
    assert_eq!(facts(&mut store.connection().await.unwrap()).await, before + 1);
}

async fn facts(conn: &mut SqliteConnection) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM store_facts")
        .fetch_one(conn)
        .await
        .unwrap()
}

#[tokio::test]
async fn keys_of_an_older_schema_are_kept_and_a_pair_of_author_and_key_stays_unique() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new()
        .filename(folder.path().join("whilst.db"))
        .create_if_missing(true);
    let mut conn = SqliteConnection::connect_with(&options).await.unwrap();
    let older = sql::migrator().migrations.iter().take(2).cloned().collect();
    Migrator::with_migrations(older).run(&mut conn).await.unwrap();
    let keys = "INSERT INTO client_keys (author, client_key, room, seq, digest)
                VALUES (x'02', x'0a', x'01', 1, x'00'), (x'03', x'0a', x'01', 2, x'00'), (x'02', x'0b', x'01', 3, x'00')";
    conn.execute(keys).await.unwrap();
    conn.close().await.unwrap();
    let store = Store::open(folder.path(), &ambience(1)).await.unwrap();
    let mut writes = store.write_connection().await.unwrap();
    let seqs: Vec<i64> = sqlx::query_scalar("SELECT seq FROM client_keys ORDER BY seq")
        .fetch_all(&mut writes)
        .await
        .unwrap();
    assert_eq!(seqs, [1, 2, 3]);
    let again =
        "INSERT INTO client_keys (author, client_key, room, seq, digest) VALUES (x'03', x'0a', x'01', 9, x'00')";
    assert!(writes.execute(again).await.is_err());
}

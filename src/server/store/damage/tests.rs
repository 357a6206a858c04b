//! A data folder with a damaged log, as an operator meets it.
#![expect(clippy::disallowed_methods, reason = "tests look into the file itself")]

use super::{ACCEPTED_FILE, COPIES_MAX, Files, NEW_LOG_FILE, OnDamage, UNFINISHED_COPY, settle_damage};
use crate::server::{
    backup::{self, BackupError, Existing},
    demo,
    store::{OpenError, READY_FOLDER, Store, settle_restored},
    testing::House,
};
use std::{fs, os::unix::fs::PermissionsExt, path::Path};
use tempfile::TempDir;

const SAID: i64 = 30;
const HEADER_BYTES: usize = 32;
const FRAME_BYTES: usize = 24 + 4_096;

/// A house in which much was said, and its files as `kill -9` leaves them.
struct Killed {
    house: House,
    folder: TempDir,
}

impl Killed {
    async fn under_load() -> Self {
        let house = House::open_synced().await;
        let ada = house.insert_person("ada").await;
        let room = house.open_room(&ada, "attic").await;
        for nth in 0..SAID {
            house.say(&ada, room, &format!("message {nth}")).await;
        }
        let folder = tempfile::tempdir().unwrap();
        for name in ["whilst.db", "whilst.db-wal", "lock"] {
            fs::copy(house.folder().join(name), folder.path().join(name)).unwrap();
        }
        Self { house, folder }
    }

    fn data(&self) -> &Path {
        self.folder.path()
    }

    fn log(&self) -> Vec<u8> {
        fs::read(self.data().join("whilst.db-wal")).unwrap()
    }

    /// Changes many bytes of the content of a frame: nothing can tell what they were.
    fn damage_frame(&self, frame: usize) {
        let mut log = self.log();
        let at = HEADER_BYTES + frame * FRAME_BYTES;
        log[at + 2_000..at + 3_000].iter_mut().for_each(|byte| *byte ^= 0xa5);
        fs::write(self.data().join("whilst.db-wal"), log).unwrap();
    }

    fn frames(&self) -> usize {
        (self.log().len() - HEADER_BYTES) / FRAME_BYTES
    }

    async fn refusal(&self) -> String {
        match Store::open(self.data(), &self.house.app.ambience).await {
            Ok(_) => panic!("the folder was opened"),
            Err(error @ OpenError::LogDamaged(..)) => error.to_string(),
            Err(error) => panic!("{error}"),
        }
    }

    async fn opens_with_loss(&self) -> Store {
        Store::open_despite(self.data(), &self.house.app.ambience, OnDamage::AcceptLoss)
            .await
            .unwrap()
    }
}

async fn number(store: &Store, sql: &'static str) -> i64 {
    let mut read = store.read().await.unwrap();
    sqlx::query_scalar(sql).fetch_one(&mut *read).await.unwrap()
}

async fn close(store: Store) {
    store.close().await;
}

#[tokio::test]
async fn files_of_a_killed_server_open_without_a_word() {
    let killed = Killed::under_load().await;
    let store = Store::open(killed.data(), &killed.house.app.ambience).await.unwrap();
    assert_eq!(number(&store, "SELECT count(*) FROM messages").await, SAID);
    assert_eq!(store.epoch(), killed.house.app.store.epoch());
    assert!(!killed.data().join("damaged-1").exists());
}

#[tokio::test]
async fn damaged_log_is_reported_copied_aside_once_and_left_as_it_is() {
    let killed = Killed::under_load().await;
    killed.damage_frame(killed.frames() / 2);
    let (log, database) = (killed.log(), fs::read(killed.data().join("whilst.db")).unwrap());
    let said = killed.refusal().await;
    for part in [
        "whilst.db-wal is damaged: frame ",
        "commits behind it are lost",
        "The store was not changed",
        "--accept-loss",
        "damaged-1",
        "keeps texts that are deleted later",
    ] {
        assert!(said.contains(part), "{said}");
    }
    // A service manager tries again.
    assert_eq!(killed.refusal().await, said);
    assert!(!killed.data().join("damaged-2").exists());
    assert_eq!(killed.log(), log);
    let copy = killed.data().join("damaged-1");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&copy), 0o700);
    for (name, bytes) in [("whilst.db", database), ("whilst.db-wal", log)] {
        assert_eq!(fs::read(copy.join(name)).unwrap(), bytes);
        assert_eq!(mode(&copy.join(name)), 0o600);
    }
}

#[tokio::test]
async fn accepted_loss_keeps_what_was_before_the_damage_under_a_new_epoch_and_is_told_once() {
    let killed = Killed::under_load().await;
    let frame = killed.frames() / 2;
    killed.damage_frame(frame);
    let store = killed.opens_with_loss().await;
    let kept = number(&store, "SELECT count(*) FROM messages").await;
    assert!((5..SAID).contains(&kept), "{kept} are kept");
    let room_says = number(&store, "SELECT ordinal FROM rooms").await;
    assert_eq!(room_says, kept, "the log ends between two commits");
    assert_eq!(
        number(&store, "SELECT count(*) FROM sessions").await,
        1,
        "ada stays signed in"
    );
    let epoch = store.epoch();
    assert_ne!(epoch, killed.house.app.store.epoch());
    assert!(!killed.data().join(ACCEPTED_FILE).exists());
    close(store).await;
    let again = Store::open(killed.data(), &killed.house.app.ambience).await.unwrap();
    assert_eq!(again.epoch(), epoch);
    assert_eq!(number(&again, "SELECT count(*) FROM messages").await, kept);
}

#[tokio::test]
async fn one_flipped_bit_costs_no_commit_when_the_loss_is_accepted() {
    let killed = Killed::under_load().await;
    let mut log = killed.log();
    let at = HEADER_BYTES + killed.frames() / 2 * FRAME_BYTES + 1_000;
    log[at] ^= 1;
    fs::write(killed.data().join("whilst.db-wal"), log).unwrap();
    assert!(killed.refusal().await.contains("are kept"));
    let store = killed.opens_with_loss().await;
    assert_eq!(number(&store, "SELECT count(*) FROM messages").await, SAID);
    assert_ne!(store.epoch(), killed.house.app.store.epoch());
}

#[tokio::test]
async fn crash_between_the_cut_and_the_new_epoch_leaves_the_epoch_owed() {
    let killed = Killed::under_load().await;
    killed.damage_frame(killed.frames() / 2);
    settle_damage(killed.data(), OnDamage::AcceptLoss).unwrap();
    assert!(killed.data().join(ACCEPTED_FILE).exists());
    let store = Store::open(killed.data(), &killed.house.app.ambience).await.unwrap();
    assert_ne!(store.epoch(), killed.house.app.store.epoch());
    assert!(!killed.data().join(ACCEPTED_FILE).exists());
}

#[tokio::test]
async fn report_counts_the_commits_that_are_lost() {
    let killed = Killed::under_load().await;
    let report = |killed: &Killed| settle_damage(killed.data(), OnDamage::Refuse).unwrap_err().to_string();
    let lost = |said: &str| {
        let before = said.split(" are lost").next().unwrap();
        let mut numbers = before.split(' ').filter_map(|word| word.parse::<u64>().ok());
        numbers.next_back().unwrap()
    };
    killed.damage_frame(killed.frames() * 3 / 4);
    let few = report(&killed);
    assert!(few.contains("commits behind it are lost"), "{few}");
    // A bit that is known, long before: what lies between both is kept.
    let mut log = killed.log();
    log[HEADER_BYTES + killed.frames() / 4 * FRAME_BYTES + 1_000] ^= 1;
    fs::write(killed.data().join("whilst.db-wal"), log).unwrap();
    let same = report(&killed);
    assert!(same.contains("commits behind it; the last "), "{same}");
    assert_eq!(lost(&same), lost(&few));
}

#[tokio::test]
async fn unreadable_log_is_named_and_the_folder_is_not_blamed() {
    let killed = Killed::under_load().await;
    let log = killed.data().join("whilst.db-wal");
    fs::remove_file(&log).unwrap();
    fs::create_dir(&log).unwrap();
    let refused = Store::open(killed.data(), &killed.house.app.ambience)
        .await
        .err()
        .unwrap();
    assert!(matches!(refused, OpenError::LogNotReadable(..)), "{refused}");
    let said = refused.to_string();
    assert!(
        said.contains("whilst.db-wal") && said.contains("restore a backup"),
        "{said}"
    );
}

#[tokio::test]
async fn copy_or_log_that_cannot_be_finished_leaves_nothing_behind() {
    let killed = Killed::under_load().await;
    killed.damage_frame(killed.frames() / 2);
    let files = Files::of(killed.data());
    assert!(files.copy_to(&killed.data().join("no folder/damaged-1")).is_err());
    assert!(!killed.data().join(UNFINISHED_COPY).exists());
    fs::create_dir(killed.data().join(ACCEPTED_FILE)).unwrap();
    let log = killed.log();
    assert!(settle_damage(killed.data(), OnDamage::AcceptLoss).is_err());
    assert!(!killed.data().join(NEW_LOG_FILE).exists());
    assert_eq!(killed.log(), log);
}

#[tokio::test]
async fn index_of_the_damaged_log_is_removed_with_it() {
    let killed = Killed::under_load().await;
    killed.damage_frame(killed.frames() / 2);
    let index = killed.data().join("whilst.db-shm");
    fs::copy(killed.house.folder().join("whilst.db-shm"), &index).unwrap();
    settle_damage(killed.data(), OnDamage::AcceptLoss).unwrap();
    assert!(!index.exists());
}

#[tokio::test]
async fn restore_takes_an_owed_epoch_away_with_its_store() {
    let killed = Killed::under_load().await;
    killed.damage_frame(killed.frames() / 2);
    settle_damage(killed.data(), OnDamage::AcceptLoss).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let backup = elsewhere.path().join("backup");
    let ambience = &killed.house.app.ambience;
    backup::make(killed.house.folder(), &backup, ambience).await.unwrap();
    let ready = killed.data().join(READY_FOLDER);
    fs::create_dir(&ready).unwrap();
    fs::copy(backup.join("whilst.db"), ready.join("whilst.db")).unwrap();
    let replaced = settle_restored(killed.data()).unwrap().unwrap();
    assert!(!killed.data().join(ACCEPTED_FILE).exists());
    assert!(replaced.join(ACCEPTED_FILE).exists());
}

#[tokio::test]
async fn accepting_a_loss_where_there_is_none_changes_nothing() {
    let killed = Killed::under_load().await;
    let store = killed.opens_with_loss().await;
    assert_eq!(store.epoch(), killed.house.app.store.epoch());
    assert_eq!(number(&store, "SELECT count(*) FROM messages").await, SAID);
}

#[tokio::test]
async fn copies_of_damage_are_bounded_and_nothing_is_cut_without_one() {
    let killed = Killed::under_load().await;
    for nth in 0..COPIES_MAX as usize {
        killed.damage_frame(10 + nth);
        assert!(killed.refusal().await.contains(&format!("damaged-{}", nth + 1)));
    }
    killed.damage_frame(20);
    assert!(killed.refusal().await.contains("No copy was made"));
    let log = killed.log();
    let refused = Store::open_despite(killed.data(), &killed.house.app.ambience, OnDamage::AcceptLoss).await;
    assert!(matches!(refused.err(), Some(OpenError::TooManyCopies(..))));
    assert_eq!(killed.log(), log);
    fs::remove_dir_all(killed.data().join("damaged-2")).unwrap();
    killed.opens_with_loss().await;
}

#[tokio::test]
async fn database_that_is_ahead_of_what_can_be_kept_is_not_opened() {
    let killed = Killed::under_load().await;
    let mut conn = crate::server::testing::write_connection(&killed.house.app.store).await;
    sqlx::query("PRAGMA wal_checkpoint(PASSIVE)")
        .execute(&mut conn)
        .await
        .unwrap();
    fs::copy(killed.house.folder().join("whilst.db"), killed.data().join("whilst.db")).unwrap();
    // The header of the first frame is gone: nothing says which page this was, and no frame before
    // it holds an older image of any.
    let mut log = killed.log();
    log[HEADER_BYTES..HEADER_BYTES + 480].fill(0);
    fs::write(killed.data().join("whilst.db-wal"), &log).unwrap();
    let refused = Store::open_despite(killed.data(), &killed.house.app.ambience, OnDamage::AcceptLoss).await;
    let said = refused.err().unwrap().to_string();
    assert!(said.contains("--accept-loss cannot help"), "{said}");
    assert_eq!(killed.log(), log);
}

#[tokio::test]
async fn backup_of_a_damaged_store_is_none() {
    let killed = Killed::under_load().await;
    killed.damage_frame(killed.frames() / 2);
    let elsewhere = tempfile::tempdir().unwrap();
    let to = elsewhere.path().join("backup");
    let refused = backup::make(killed.data(), &to, &killed.house.app.ambience).await;
    assert!(matches!(refused, Err(BackupError::LogDamaged(_))), "{refused:?}");
    assert!(refused.unwrap_err().to_string().contains("kill -9"));
    assert!(!to.exists());
}

#[tokio::test]
async fn restore_over_a_damaged_store_needs_no_accepted_loss() {
    let killed = Killed::under_load().await;
    let ambience = &killed.house.app.ambience;
    let elsewhere = tempfile::tempdir().unwrap();
    let backup = elsewhere.path().join("backup");
    backup::make(killed.house.folder(), &backup, ambience).await.unwrap();
    killed.damage_frame(killed.frames() / 2);
    let damaged = killed.log();
    // Cut short at its moment: whoever opens the folder next finishes it.
    let ready = killed.data().join(READY_FOLDER);
    fs::create_dir(&ready).unwrap();
    fs::copy(backup.join("whilst.db"), ready.join("whilst.db")).unwrap();
    let store = Store::open(killed.data(), ambience).await.unwrap();
    assert_eq!(number(&store, "SELECT count(*) FROM messages").await, SAID);
    close(store).await;
    // What was replaced is a data folder too, and is not opened without a word either.
    let replaced = killed.data().join("before-restore-1");
    assert_eq!(fs::read(replaced.join("whilst.db-wal")).unwrap(), damaged);
    let refused = Store::open(&replaced, ambience).await;
    assert!(matches!(refused.err(), Some(OpenError::LogDamaged(..))));
    let restored = backup::restore(&backup, &replaced, Existing::Keep, ambience).await;
    assert!(restored.is_ok());
}

#[tokio::test]
async fn demo_is_not_written_beside_the_log_of_another_database() {
    let killed = Killed::under_load().await;
    fs::remove_file(killed.data().join("whilst.db")).unwrap();
    let refused = demo::fill(killed.data(), demo::Options::default(), &killed.house.app.ambience).await;
    assert!(matches!(refused, Err(demo::FillError::AlreadyThere(_))));
}

use super::{BackupError, Existing, Manifest, make, restore, verify};
use crate::server::{
    store::{DATABASE_FILE, OpenError, READY_FOLDER, Store, settle_restored},
    testing::House,
};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// A house in which three things were said, the last one after its backup.
struct Kept {
    house: House,
    folder: tempfile::TempDir,
    manifest: Manifest,
}

impl Kept {
    async fn of_a_talk() -> Self {
        let house = House::open().await;
        let ada = house.insert_person("ada").await;
        let room = house.open_room(&ada, "attic").await;
        house.say(&ada, room, "one").await;
        house.say(&ada, room, "two").await;
        let folder = tempfile::tempdir().unwrap();
        let backup = folder.path().join("backup");
        let manifest = make(house.folder(), &backup, &house.app.ambience).await.unwrap();
        house.say(&ada, room, "three").await;
        Self {
            house,
            folder,
            manifest,
        }
    }

    fn backup(&self) -> PathBuf {
        self.folder.path().join("backup")
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    async fn refusal(&self) -> BackupError {
        let refused = verify(&self.backup()).await.unwrap_err();
        let data = self.data();
        let same = restore(&self.backup(), &data, Existing::Keep, &self.house.app.ambience).await;
        assert_eq!(same.unwrap_err().to_string(), refused.to_string());
        assert!(!data.exists(), "what is refused leaves nothing");
        refused
    }

    /// How many messages a server finds in this folder.
    async fn messages_in(&self, folder: &Path) -> i64 {
        let store = Store::open(folder, &self.house.app.ambience).await.unwrap();
        let mut read = store.read().await.unwrap();
        let messages = sqlx::query_scalar("SELECT count(*) FROM messages")
            .fetch_one(&mut *read)
            .await
            .unwrap();
        drop(read);
        store.close().await;
        messages
    }
}

#[tokio::test]
async fn a_backup_is_of_one_moment_and_restores_to_it_with_another_epoch() {
    let kept = Kept::of_a_talk().await;
    let before = kept.house.app.store.epoch();
    assert_eq!(verify(&kept.backup()).await.unwrap(), kept.manifest);
    assert_eq!(kept.manifest.holds.messages, 2);
    let restored = restore(&kept.backup(), &kept.data(), Existing::Refuse, &kept.house.app.ambience)
        .await
        .unwrap();
    assert_eq!(restored.kept, None);
    assert_eq!(kept.messages_in(&kept.data()).await, 2);
    let store = Store::open(&kept.data(), &kept.house.app.ambience).await.unwrap();
    assert_ne!(store.epoch(), before);
}

#[tokio::test]
async fn a_backup_is_private_and_never_put_over_another() {
    let kept = Kept::of_a_talk().await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&kept.backup()), 0o700);
    assert_eq!(mode(&kept.backup().join(DATABASE_FILE)), 0o600);
    let again = make(kept.house.folder(), &kept.backup(), &kept.house.app.ambience).await;
    assert!(matches!(again, Err(BackupError::AlreadyThere(_))));
    let nothing = kept.folder.path().join("nothing");
    let of_nothing = make(&nothing, &kept.data(), &kept.house.app.ambience).await;
    assert!(matches!(of_nothing, Err(BackupError::NoData(_))));
    assert!(!nothing.exists() && !kept.data().exists());
}

#[tokio::test]
async fn what_is_cut_short_is_refused() {
    let kept = Kept::of_a_talk().await;
    let file = kept.backup().join(DATABASE_FILE);
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() - 512]).unwrap();
    assert!(matches!(kept.refusal().await, BackupError::Incomplete { .. }));
    fs::remove_file(&file).unwrap();
    assert!(matches!(kept.refusal().await, BackupError::Incomplete { found: 0, .. }));
}

#[tokio::test]
async fn one_bit_that_differs_is_seen() {
    let kept = Kept::of_a_talk().await;
    let file = kept.backup().join(DATABASE_FILE);
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).unwrap();
    assert!(matches!(kept.refusal().await, BackupError::Changed(_)));
}

#[tokio::test]
async fn what_is_not_ours_and_what_is_newer_are_told_apart() {
    let kept = Kept::of_a_talk().await;
    let manifest = kept.backup().join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("\"format\": 1", "\"format\": 2")).unwrap();
    assert!(matches!(kept.refusal().await, BackupError::Newer(..)));
    let schema = format!("\"schema\": {}", kept.manifest.schema);
    fs::write(&manifest, text.replace(&schema, "\"schema\": 9999")).unwrap();
    assert!(matches!(kept.refusal().await, BackupError::Newer(..)));
    fs::write(&manifest, text.replace("a backup of whilst", "a letter")).unwrap();
    assert!(matches!(kept.refusal().await, BackupError::NotOurs(_)));
    fs::remove_file(&manifest).unwrap();
    assert!(matches!(kept.refusal().await, BackupError::NotOurs(_)));
}

#[tokio::test]
async fn a_manifest_that_says_other_things_than_the_database_is_refused() {
    let kept = Kept::of_a_talk().await;
    let manifest = kept.backup().join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("\"messages\": 2", "\"messages\": 3")).unwrap();
    assert!(matches!(kept.refusal().await, BackupError::Broken(..)));
}

#[tokio::test]
async fn a_folder_that_a_server_runs_on_is_left_alone() {
    let kept = Kept::of_a_talk().await;
    let data = kept.house.folder();
    for existing in [Existing::Refuse, Existing::Keep] {
        let refused = restore(&kept.backup(), data, existing, &kept.house.app.ambience).await;
        assert!(matches!(refused, Err(BackupError::Folder(OpenError::Locked(_)))));
    }
    assert_eq!(kept.house.number_by_sql("SELECT count(*) FROM messages").await, 3);
}

#[tokio::test]
async fn data_that_is_there_is_replaced_only_when_told_and_kept() {
    let kept = Kept::of_a_talk().await;
    let (data, ambience) = (kept.data(), &kept.house.app.ambience);
    let store = Store::open(&data, ambience).await.unwrap();
    store.close().await;
    drop(store);
    let refused = restore(&kept.backup(), &data, Existing::Refuse, ambience).await;
    assert!(matches!(refused, Err(BackupError::AlreadyHeld(_))));
    assert_eq!(kept.messages_in(&data).await, 0);
    for number in 1..3 {
        let restored = restore(&kept.backup(), &data, Existing::Keep, ambience).await.unwrap();
        let before = data.join(format!("before-restore-{number}"));
        assert_eq!(restored.kept, Some(before.clone()));
        assert_eq!(kept.messages_in(&data).await, 2);
        assert_eq!(kept.messages_in(&before).await, if number == 1 { 0 } else { 2 });
    }
}

#[tokio::test]
async fn a_restore_that_is_cut_short_after_its_moment_is_finished_by_who_opens_the_folder() {
    let kept = Kept::of_a_talk().await;
    let (data, ambience) = (kept.data(), &kept.house.app.ambience);
    // As a crash leaves it: the old database has a log that belongs to it alone.
    let store = Store::open(&data, ambience).await.unwrap();
    store.close().await;
    drop(store);
    fs::write(data.join("whilst.db-wal"), "of the old one").unwrap();
    let ready = data.join(READY_FOLDER);
    fs::create_dir(&ready).unwrap();
    fs::copy(kept.backup().join(DATABASE_FILE), ready.join(DATABASE_FILE)).unwrap();
    // Of its steps, the first was taken.
    fs::create_dir(ready.join("old")).unwrap();
    fs::rename(data.join(DATABASE_FILE), ready.join("old").join(DATABASE_FILE)).unwrap();

    assert_eq!(kept.messages_in(&data).await, 2);
    assert!(!ready.exists());
    let log = fs::read_to_string(data.join("before-restore-1/whilst.db-wal"));
    assert_eq!(log.unwrap(), "of the old one");
    assert_eq!(settle_restored(&data).unwrap(), None);
}

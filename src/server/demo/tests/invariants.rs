//! What has to be true of every store.

use super::Filled;

const MESSAGES: u64 = 2_000;

/// Each counts what would be wrong.
const WRONGS: [(&str, &str); 24] = [
    (
        "a room without entries, or whose head is not its last entry",
        "SELECT count(*) FROM rooms
          WHERE seq = 0
             OR seq <> (SELECT max(seq) FROM entries WHERE room = rooms.id)
             OR tail <> (SELECT tail FROM entries WHERE room = rooms.id AND seq = rooms.seq)",
    ),
    (
        "a hole in the seqs of a room",
        "SELECT count(*) FROM rooms WHERE seq <> (SELECT count(*) FROM entries WHERE room = rooms.id)",
    ),
    (
        "an ordinal that is no dense count",
        "SELECT count(*) FROM rooms
          WHERE ordinal <> (SELECT count(*) FROM messages WHERE room = rooms.id)
             OR ordinal <> (SELECT max(ordinal) FROM messages WHERE room = rooms.id)",
    ),
    (
        "a message that is not its entry",
        "SELECT count(*) FROM messages LEFT JOIN entries USING (room, seq)
          WHERE entries.kind IS NOT 1
             OR entries.target <> messages.ordinal
             OR entries.actor <> messages.author
             OR entries.at <> messages.at
             OR messages.revision <> messages.seq",
    ),
    (
        "an entry of a message without one",
        "SELECT count(*) FROM entries LEFT JOIN messages USING (room, seq)
          WHERE (entries.kind = 1) <> (messages.ordinal IS NOT NULL)
             OR (entries.kind = 1) <> (entries.target IS NOT NULL)",
    ),
    (
        "an ordinal that rises against the seq",
        "SELECT count(*) FROM (SELECT seq < lag(seq) OVER (PARTITION BY room ORDER BY ordinal) AS wrong FROM messages)
          WHERE wrong",
    ),
    (
        "a time that falls in a room",
        "SELECT count(*) FROM (SELECT at < lag(at) OVER (PARTITION BY room ORDER BY seq) AS wrong FROM entries)
          WHERE wrong",
    ),
    (
        "a position against the time",
        "SELECT count(*) FROM (SELECT at < lag(at) OVER (ORDER BY position) AS wrong FROM messages) WHERE wrong",
    ),
    (
        "a position that is no dense count",
        "SELECT count(*) FROM (SELECT count(*) AS all_of_them, max(position) AS last FROM messages)
          WHERE all_of_them <> last",
    ),
    (
        "an author's n-th message that is not the n-th",
        "SELECT count(*) FROM (
            SELECT author_nth <> row_number() OVER (PARTITION BY room, author ORDER BY ordinal) AS wrong FROM messages)
          WHERE wrong",
    ),
    (
        "a reader's n-th mention that is not the n-th",
        "SELECT count(*) FROM (
            SELECT nth <> row_number() OVER (PARTITION BY user, room ORDER BY ordinal) AS wrong FROM mentions)
          WHERE wrong",
    ),
    (
        "a mention that its message does not name, or of the author",
        "SELECT count(*) FROM mentions LEFT JOIN messages USING (room, ordinal)
          WHERE messages.seq IS NOT mentions.seq
             OR instr(hex(messages.mentions), hex(mentions.user)) % 32 <> 1
             OR messages.author = mentions.user",
    ),
    (
        "a message that names more or fewer than its mentions",
        "SELECT count(*) FROM messages
          WHERE length(mentions) <> 16 * (
            SELECT count(*) FROM mentions AS m WHERE m.room = messages.room AND m.ordinal = messages.ordinal)",
    ),
    (
        "a message without its client key",
        "SELECT count(*) FROM messages LEFT JOIN client_keys USING (author, client_key)
          WHERE client_keys.room IS NOT messages.room
             OR client_keys.seq IS NOT messages.seq",
    ),
    (
        "a client key without the entry it made",
        "SELECT count(*) FROM client_keys LEFT JOIN entries USING (room, seq)
          WHERE entries.actor IS NOT client_keys.author
             OR length(client_keys.digest) <> 32",
    ),
    (
        "an entry that no command made, but for those who come in with the room",
        "SELECT count(*) FROM entries LEFT JOIN client_keys USING (room, seq)
          WHERE client_keys.client_key IS NULL
            AND NOT (entries.kind = 30 AND entries.seq <= 3)",
    ),
    (
        "a membership that its entry did not make",
        "SELECT count(*) FROM memberships
           LEFT JOIN entries ON entries.room = memberships.room AND entries.seq = memberships.changed_seq
          WHERE entries.kind IS NOT CASE memberships.state WHEN 0 THEN 30 WHEN 1 THEN 31 ELSE 32 END",
    ),
    (
        "a direct room without its pair, or another with one",
        "SELECT count(*) FROM rooms
          WHERE (kind = 2) <> (direct_a IS NOT NULL AND direct_b IS NOT NULL AND direct_a < direct_b)
             OR (kind = 2) <> (name = '')
             OR name_key <> lower(name)",
    ),
    (
        "somebody who spoke or did something before they had an account",
        "SELECT count(*) FROM entries JOIN users ON users.id = entries.actor WHERE users.created_at > entries.at",
    ),
    (
        "a directory number that is not of a dense count",
        "SELECT count(*) FROM (SELECT count(*) AS people, max(dseq) AS last FROM users) WHERE people <> last",
    ),
    (
        "a user log whose numbers do not rise from one",
        "SELECT count(*) FROM (
            SELECT useq <> row_number() OVER (PARTITION BY user ORDER BY useq) AS wrong FROM user_log)
          WHERE wrong",
    ),
    (
        "a left vector that is not of the rooms of the one who left",
        "SELECT count(*) FROM left_vectors
           LEFT JOIN memberships USING (room, user)
           LEFT JOIN rooms ON rooms.id = left_vectors.room
          WHERE memberships.state IS NOT 0
             OR left_vectors.ordinal > rooms.ordinal
             OR left_vectors.returned IS NOT rooms.ordinal",
    ),
    (
        "anything said or done in the future",
        "SELECT count(*) FROM entries WHERE at > 1781712000000",
    ),
    (
        "a reference to what is not there",
        "SELECT count(*) FROM pragma_foreign_key_check",
    ),
];

#[tokio::test]
async fn a_filled_folder_keeps_every_invariant_of_a_store() {
    let mut demo = Filled::with(MESSAGES, 1).await;
    for (wrong, sql) in WRONGS {
        assert_eq!(demo.number(sql).await, 0, "there is {wrong}");
    }
    let check: String = sqlx::query_scalar("PRAGMA integrity_check")
        .fetch_one(&mut demo.conn)
        .await
        .unwrap();
    assert_eq!(check, "ok");
    let journal: String = sqlx::query_scalar("PRAGMA journal_mode")
        .fetch_one(&mut demo.conn)
        .await
        .unwrap();
    assert_eq!(journal, "wal");
}

#[tokio::test]
async fn the_report_says_what_is_there() {
    let mut demo = Filled::with(MESSAGES, 5).await;
    let counted = |n: u64| i64::try_from(n).unwrap();
    assert_eq!(demo.number("SELECT count(*) FROM messages").await, counted(MESSAGES));
    assert_eq!(counted(demo.report.messages), counted(MESSAGES));
    assert_eq!(
        demo.number("SELECT count(*) FROM entries").await,
        counted(demo.report.entries)
    );
    assert_eq!(demo.number("SELECT count(*) FROM users").await, 12);
    assert_eq!(demo.number("SELECT count(*) FROM rooms").await, 8);
    assert_eq!(
        demo.number("SELECT count(*) FROM users WHERE role = 2 AND username = 'ada'")
            .await,
        1
    );
    assert_eq!(demo.number("SELECT count(*) FROM users WHERE role = 1").await, 1);
    for kind in [0, 1, 2] {
        let rooms: i64 = sqlx::query_scalar("SELECT count(*) FROM rooms WHERE kind = ?1")
            .bind(kind)
            .fetch_one(&mut demo.conn)
            .await
            .unwrap();
        assert!(rooms > 0, "no room of kind {kind}");
    }
    assert_eq!(demo.report.username, "ada");
    let said = demo.report.to_string();
    assert!(
        said.contains("Sign in as \"ada\" with the password \"whilst-demo\""),
        "{said}"
    );
}

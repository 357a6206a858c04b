//! A store as text: written out, made again, and read by the people in it.

use super::{
    super::{
        server::{Account, Server},
        tab::Browser,
    },
    RELEASES, Release,
};
use crate::{
    client::Row,
    server::{
        sessions::{self, Token},
        testing::{MovedClock, write_connection},
    },
    wire::{Change, Message},
};
use sqlx::{AssertSqlSafe, Connection, SqliteConnection, raw_sql, sqlite::SqliteConnectOptions};
use std::{fmt::Write, path::Path};
use tempfile::TempDir;

/// Before the name of a person and what their browser holds.
const SESSION: &str = "-- session ";

#[tokio::test]
async fn the_store_of_every_release_opens_and_reads_as_it_did() {
    for release in RELEASES {
        let read = reading(&opened(release).await, release.store).await;
        assert_eq!(read, release.reading, "{}", release.name);
    }
}

async fn opened(release: &Release) -> Server {
    let folder = tempfile::tempdir().unwrap();
    make(&folder, release.store).await;
    Server::starts_in(folder, MovedClock::new(), String::new(), 2).await
}

/// The statements that make the store of this server again, and who was signed in.
pub async fn dump(server: &Server, people: &[(&str, &Account)]) -> String {
    let mut text = String::new();
    for (name, account) in people {
        writeln!(text, "{SESSION}{name} {}", account.token.reveal()).unwrap();
    }
    let mut conn = write_connection(&server.app.store).await;
    let tables: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT type, name, sql FROM sqlite_schema
          WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'
       ORDER BY type DESC, rowid",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    for (kind, name, sql) in tables {
        writeln!(text, "{sql};").unwrap();
        if kind == "table" {
            for line in rows(&mut conn, &name).await {
                writeln!(text, "{line}").unwrap();
            }
        }
    }
    text
}

async fn rows(conn: &mut SqliteConnection, table: &str) -> Vec<String> {
    let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info(?1)")
        .bind(table)
        .fetch_all(&mut *conn)
        .await
        .unwrap();
    let values: Vec<String> = columns.iter().map(|column| format!("quote(\"{column}\")")).collect();
    let sql = format!(
        "SELECT 'INSERT INTO {table} VALUES (' || {} || ');' FROM {table}",
        values.join(" || ', ' || ")
    );
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(conn).await.unwrap()
}

/// Makes the store that a dump is of.
pub async fn make(folder: &TempDir, dump: &str) {
    let file = Path::new(folder.path()).join("whilst.db");
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        // Tables refer to others that come after them.
        .foreign_keys(false);
    let mut conn = SqliteConnection::connect_with(&options).await.unwrap();
    raw_sql(AssertSqlSafe(dump)).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
}

/// What each person reads in a tab that knows nothing yet.
pub async fn reading(server: &Server, dump: &str) -> String {
    let mut text = String::new();
    let people = dump.lines().map_while(|line| line.strip_prefix(SESSION));
    for (nth, person) in people.enumerate() {
        let (name, token) = person.split_once(' ').unwrap();
        let token = Token::parse(token).unwrap();
        let signed = sessions::authenticate(&server.app, Some(&token)).await.unwrap();
        let user = signed.user();
        let account = Account { user, token, signed };
        let mut tab = server.opens_tab(&account, u8::try_from(nth).unwrap() + 1).await;
        writeln!(text, "{name}").unwrap();
        for line in tab.tab.rooms() {
            writeln!(
                text,
                "  {} ({:?}, {:?}): {} unread, {} mentions",
                line.name, line.kind, line.role, line.unread, line.mentions
            )
            .unwrap();
            tab.opens(line.room).await;
            for row in tab.tab.rows(line.room, &|_| 0) {
                if let Some(line) = shown(&tab, row) {
                    writeln!(text, "    {line}").unwrap();
                }
            }
        }
    }
    text
}

fn shown(tab: &Browser, row: Row) -> Option<String> {
    match row {
        Row::Message { message, .. } => Some(said(tab, &message)),
        Row::Note { entry, .. } => Some(match entry.change() {
            Ok(Change::RoomCreated(created)) => format!("{} made {}", entry.seq, created.name),
            Ok(Change::RoomRenamed(renamed)) => format!("{} named {}", entry.seq, renamed.name),
            Ok(Change::MemberJoined(joined)) => format!("{} joined {:?}", entry.seq, joined.role),
            Ok(Change::MemberLeft(_)) => format!("{} left", entry.seq),
            Ok(Change::MemberRemoved(_)) => format!("{} removed", entry.seq),
            Ok(other) => panic!("{other:?} is no note"),
            Err(_) => format!("{} needs a newer version", entry.seq),
        }),
        Row::New => Some("-- new".to_owned()),
        Row::Day(day) => Some(format!("{}-{:02}-{:02}", day.year, day.month, day.day)),
        Row::Older { missing } | Row::Gap { missing, .. } => Some(format!("({missing})")),
        Row::Pending { .. } => None,
    }
}

fn said(tab: &Browser, message: &Message) -> String {
    let author = tab
        .tab
        .person(message.author)
        .map_or("?", |person| person.username.as_str());
    let mut line = match &message.body {
        Some(body) => format!("{} {author}: {}", message.seq, body.as_str()),
        None => format!("{} {author}, deleted", message.seq),
    };
    if message.edited_at.is_some() {
        line.push_str(" (edited)");
    }
    for reaction in &message.reactions {
        write!(line, " {}×{}", reaction.emoji.as_str(), reaction.users.len()).unwrap();
    }
    line
}

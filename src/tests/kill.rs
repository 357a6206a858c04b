//! Kill -9 under load: every acknowledged message is in the log of the restarted
//! server, once, and the log has no hole.
//!
//! Each sender is a bare socket that sends, notes what was acknowledged, and sends
//! what was not again with its key. The log is read from the file at the end.

#![expect(clippy::unwrap_used, reason = "what does not hold ends the test")]

#[path = "http.rs"]
mod http;

use futures_util::{SinkExt, StreamExt};
use std::{
    collections::HashSet,
    path::Path,
    process::{Child, Command as Process, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio_tungstenite::tungstenite::{Message as Frame, client::IntoClientRequest};
use whilst::wire::{
    ClientItem, ClientKey, Command, DeviceId, Enveloped, Millis, RoomId, ServerItem,
    command::{Greeting, Hello, Presence, PresenceState, Send},
    frame,
};

const SENDERS: u64 = 16;
const KILLS: u64 = 4;
/// A kill comes when this many more were acknowledged.
const ACKNOWLEDGED_PER_KILL: u64 = 400;
const PATIENCE: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_message_is_there_once_after_kill_9_under_load() {
    let folder = tempfile::tempdir().unwrap();
    let addr = format!("127.0.0.1:{}", free_port());
    let mut server = start(&addr, folder.path()).await;
    let cookie = set_up(&addr).await;
    let room = general(folder.path()).await;

    let tally = Arc::new(Tally::default());
    let senders: Vec<_> = (0..SENDERS)
        .map(|number| {
            tokio::spawn(send_until_told(
                addr.clone(),
                cookie.clone(),
                room,
                number,
                tally.clone(),
            ))
        })
        .collect();
    for kill in 1..=KILLS {
        tally.wait_for(kill * ACKNOWLEDGED_PER_KILL).await;
        server.kill().unwrap();
        server.wait().unwrap();
        server = start(&addr, folder.path()).await;
    }
    tally.wait_for((KILLS + 1) * ACKNOWLEDGED_PER_KILL).await;
    tally.enough.store(1, Ordering::SeqCst);
    for sender in senders {
        sender.await.unwrap();
    }
    server.kill().unwrap();
    server.wait().unwrap();

    let acknowledged = tally.keys.lock().unwrap().clone();
    let stored = stored_keys(folder.path(), room).await;
    let unique: HashSet<_> = stored.iter().copied().collect();
    assert_eq!(unique.len(), stored.len(), "a message is there twice");
    let lost = acknowledged.difference(&unique).count();
    assert_eq!(
        lost,
        0,
        "{lost} of {} acknowledged messages are lost",
        acknowledged.len()
    );
    println!(
        "kill -9: {KILLS} kills, {} acknowledged, 0 lost, 0 twice",
        acknowledged.len()
    );
}

/// What was acknowledged so far.
#[derive(Default)]
struct Tally {
    keys: Mutex<HashSet<[u8; 16]>>,
    enough: AtomicU64,
    more: tokio::sync::Notify,
}

impl Tally {
    fn acknowledge(&self, key: ClientKey) {
        self.keys.lock().unwrap().insert(*key.as_bytes());
        self.more.notify_waiters();
    }

    async fn wait_for(&self, count: u64) {
        let reached = async {
            loop {
                let more = self.more.notified();
                if self.keys.lock().unwrap().len() as u64 >= count {
                    return;
                }
                more.await;
            }
        };
        tokio::time::timeout(PATIENCE, reached)
            .await
            .expect("the senders got on");
    }
}

/// Sends one message after the other; connects again, and sends the unanswered one
/// again, whenever the wire breaks.
async fn send_until_told(addr: String, cookie: String, room: RoomId, sender: u64, tally: Arc<Tally>) {
    let mut number = 0;
    while tally.enough.load(Ordering::SeqCst) == 0 {
        let _ = converse(&addr, &cookie, room, sender, &mut number, &tally).await;
        tokio::task::yield_now().await;
    }
}

async fn converse(
    addr: &str,
    cookie: &str,
    room: RoomId,
    sender: u64,
    number: &mut u64,
    tally: &Tally,
) -> Result<(), Box<dyn std::error::Error + std::marker::Send + Sync>> {
    let mut request = format!("ws://{addr}/ws").into_client_request()?;
    request.headers_mut().insert("cookie", cookie.parse()?);
    request
        .headers_mut()
        .insert("origin", format!("http://{addr}").parse()?);
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await?;
    let mut device = [0; 16];
    device[..8].copy_from_slice(&sender.to_le_bytes());
    let presence = Presence {
        state: PresenceState::Hidden,
        since_input: Millis(0),
    };
    let hello = Hello {
        protocol: frame::PROTOCOL,
        device: DeviceId::from_bytes(device),
        presence,
    };
    say(&mut socket, ClientItem::Greeting(Greeting::Hello(hello))).await?;
    while tally.enough.load(Ordering::SeqCst) == 0 {
        let client_key = key_of(sender, *number);
        let send = Send {
            client_key,
            room,
            body: format!("{sender}/{number}"),
        };
        say(&mut socket, ClientItem::Command(Command::Send(send))).await?;
        if answered(&mut socket, client_key).await? {
            tally.acknowledge(client_key);
            *number += 1;
        }
    }
    Ok(())
}

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

async fn say(socket: &mut Socket, item: ClientItem) -> Result<(), tokio_tungstenite::tungstenite::Error> {
    socket.send(Frame::Binary(frame::frame([&item]).into())).await
}

/// True when the key was acknowledged; false when it is to be sent again.
async fn answered(
    socket: &mut Socket,
    key: ClientKey,
) -> Result<bool, Box<dyn std::error::Error + std::marker::Send + Sync>> {
    loop {
        let Some(received) = socket.next().await else {
            return Err("closed".into());
        };
        let Frame::Binary(bytes) = received? else { continue };
        for item in frame::items(&bytes)? {
            match ServerItem::unpack(&item)? {
                ServerItem::Room(event) if event.row.as_ref().is_some_and(|row| row.client_key == key) => {
                    return Ok(true);
                }
                ServerItem::Accepted(accepted) if accepted.client_key == key => return Ok(true),
                ServerItem::TooFast(wait) if wait.client_key == key => return Ok(false),
                ServerItem::Rejected(rejected) if rejected.client_key == key => {
                    return Err(format!("rejected: {}", rejected.problem).into());
                }
                _ => {}
            }
        }
    }
}

fn key_of(sender: u64, number: u64) -> ClientKey {
    let mut bytes = [7; 16];
    bytes[..4].copy_from_slice(&sender.to_be_bytes()[4..]);
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    ClientKey::from_bytes(bytes)
}

async fn start(addr: &str, folder: &Path) -> Child {
    let child = Process::new(env!("CARGO_BIN_EXE_whilst"))
        .args(["serve", "--addr", addr, "--data"])
        .arg(folder.join("data"))
        .env("WHILST_LIMITS_COMMANDS_BURST", "1000")
        .env("WHILST_LIMITS_COMMANDS_PER_SECOND", "1000")
        .env("LEPTOS_HASH_FILES", "false")
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let up = async {
        while !http::request(addr, "GET", "/healthz", &[], b"")
            .await
            .is_ok_and(|reply| reply.status == 200)
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, up).await.expect("the server came up");
    child
}

async fn set_up(addr: &str) -> String {
    let fields = [("name", "Ada"), ("username", "ada"), ("password", "correct horse")];
    let reply = http::post_form(addr, "/setup", None, &fields).await.unwrap();
    assert_eq!(reply.status, 303, "{}", reply.text());
    reply.cookie().expect("set-up signs in")
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

async fn open_file(folder: &Path) -> sqlx::SqliteConnection {
    use sqlx::ConnectOptions as _;
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(folder.join("data/whilst.db"))
        .read_only(true);
    options.connect().await.unwrap()
}

async fn general(folder: &Path) -> RoomId {
    let mut file = open_file(folder).await;
    let (id,): (Vec<u8>,) = sqlx::query_as("SELECT id FROM rooms WHERE name = 'general'")
        .fetch_one(&mut file)
        .await
        .unwrap();
    RoomId::from_slice(&id).unwrap()
}

/// The keys of the room's messages in order, after checking that both numberings are dense.
async fn stored_keys(folder: &Path, room: RoomId) -> Vec<[u8; 16]> {
    let mut file = open_file(folder).await;
    let room = &room.as_bytes()[..];
    let rows: Vec<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT ordinal, client_key FROM messages WHERE room = ?1 ORDER BY ordinal")
            .bind(room)
            .fetch_all(&mut file)
            .await
            .unwrap();
    let (entries, last): (i64, i64) = sqlx::query_as("SELECT count(*), max(seq) FROM entries WHERE room = ?1")
        .bind(room)
        .fetch_one(&mut file)
        .await
        .unwrap();
    assert_eq!(entries, last, "the log has a hole");
    assert!(
        rows.iter()
            .zip(1..)
            .all(|((ordinal, _), expected)| *ordinal == expected),
        "the messages have a hole"
    );
    rows.into_iter().map(|(_, key)| key.try_into().unwrap()).collect()
}

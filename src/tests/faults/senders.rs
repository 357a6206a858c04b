//! People who send without a pause, each by a bare socket, and write down what they
//! were told. What is not answered when a wire breaks is sent again with its key.

use super::{
    AGAIN, PATIENCE,
    checker::{Answer, Heard, History, Invoked, Moment, Said},
    town::{Citizen, Town},
};
use crate::wire::{
    ClientItem, ClientKey, Command, DeviceId, Enveloped, Epoch, Level, Millis, Problem, RoomId, ServerItem,
    command::{Greeting, Hello, Presence, PresenceState, Send},
    event::RoomEvent,
    frame,
};
use futures_util::{SinkExt, StreamExt};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
};
use tokio::{
    net::{TcpSocket, TcpStream},
    sync::Notify,
    task::JoinHandle,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{self, Message as Frame, client::IntoClientRequest, http::Request},
};

pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;
const NARROW_BYTES: u32 = 4 * 1024;

type Fallible<T> = Result<T, Box<dyn std::error::Error + std::marker::Send + Sync>>;

/// What the senders of one run wrote down.
#[derive(Default)]
pub struct Notes {
    history: Mutex<History>,
    places: Mutex<HashMap<ClientKey, usize>>,
    moment: AtomicU64,
    acknowledged: AtomicU64,
    /// Sent, and not answered yet.
    open: AtomicU64,
    /// Refusals, and closes that a person would be shown as an error.
    pub errors: Mutex<Vec<String>>,
    /// Conversations that ended without the server saying so.
    pub cut: Mutex<Vec<String>>,
    more: Notify,
    enough: AtomicBool,
}

impl Notes {
    pub fn now(&self) -> Moment {
        self.moment.fetch_add(1, Ordering::SeqCst)
    }

    pub fn invoke(&self, author: &Citizen, send: &Send) {
        self.invoke_command(author, send.client_key, send.clone().into());
    }

    pub fn invoke_command(&self, author: &Citizen, key: ClientKey, command: Command) {
        let mut places = self.places.lock().unwrap();
        if places.contains_key(&key) {
            return;
        }
        let mut history = self.history.lock().unwrap();
        places.insert(key, history.commands.len());
        history.commands.push(Invoked {
            author: author.user,
            command,
            answers: Vec::new(),
            pursued: true,
        });
        self.open.fetch_add(1, Ordering::SeqCst);
    }

    pub fn answer(&self, key: ClientKey, said: Said) {
        let place = self.places.lock().unwrap()[&key];
        let answer = Answer { at: self.now(), said };
        let mut history = self.history.lock().unwrap();
        let answers = &mut history.commands[place].answers;
        if answers.is_empty() {
            self.open.fetch_sub(1, Ordering::SeqCst);
            self.acknowledged.fetch_add(1, Ordering::SeqCst);
        }
        if answers.iter().all(|known| known.said != answer.said) {
            answers.push(answer);
        }
        drop(history);
        self.more.notify_waiters();
    }

    pub fn hear(&self, who: &Citizen, client: u32, epoch: Epoch, event: &RoomEvent) {
        let heard = Heard {
            client,
            user: who.user,
            epoch,
            at: self.now(),
            room: event.room,
            seq: event.entry.seq,
            tail: Some(event.entry.tail),
            row: event.row.clone(),
        };
        self.history.lock().unwrap().heard.push(heard);
    }

    pub fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::SeqCst)
    }

    /// Commands whose outcome nobody knows at this moment.
    pub fn open(&self) -> u64 {
        self.open.load(Ordering::SeqCst)
    }

    pub async fn wait_for(&self, acknowledged: u64) {
        let reached = async {
            loop {
                let more = self.more.notified();
                if self.acknowledged() >= acknowledged {
                    return;
                }
                more.await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, reached).await.is_ok();
        assert!(in_time, "{} of {acknowledged} acknowledged", self.acknowledged());
    }

    pub fn history(&self) -> History {
        self.history.lock().unwrap().clone()
    }
}

pub struct Senders {
    pub notes: Arc<Notes>,
    tasks: Vec<JoinHandle<()>>,
}

/// The server ended it, with a reason.
const SAID: &str = "closed with a reason";

/// Numbers of senders: no two of one process share their keys.
static NUMBERS: AtomicU32 = AtomicU32::new(0);

impl Senders {
    /// So many senders, spread over people and rooms. One of them in thirty-two also
    /// writes down all that it hears.
    pub fn begin(town: &Town, addr: &str, count: usize) -> Self {
        let notes = Arc::new(Notes::default());
        let tasks = (0..count)
            .map(|nth| {
                let sender = Sender {
                    addr: addr.to_owned(),
                    who: town.people[nth % town.people.len()].clone(),
                    room: town.rooms[nth % town.rooms.len()],
                    number: NUMBERS.fetch_add(1, Ordering::SeqCst),
                    is_listener: nth % 32 == 0,
                    said: 0,
                    notes: notes.clone(),
                };
                tokio::spawn(sender.run())
            })
            .collect();
        Self { notes, tasks }
    }

    /// Everybody ends with an answer to what they sent last.
    pub async fn end(self) -> Arc<Notes> {
        self.notes.enough.store(true, Ordering::SeqCst);
        for task in self.tasks {
            tokio::time::timeout(PATIENCE, task)
                .await
                .expect("each sender gets its last answer")
                .unwrap();
        }
        self.notes
    }
}

struct Sender {
    addr: String,
    who: Citizen,
    room: RoomId,
    number: u32,
    is_listener: bool,
    said: u64,
    notes: Arc<Notes>,
}

impl Sender {
    async fn run(mut self) {
        loop {
            if let Ok((socket, epoch)) = connect(&self.addr, &self.who, self.number).await {
                match self.converse(socket, epoch).await {
                    Ok(()) => return,
                    Err(error) if error.to_string() == SAID => {}
                    Err(error) => self.notes.cut.lock().unwrap().push(error.to_string()),
                }
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Ends well only when it is told that it is enough.
    async fn converse(&mut self, mut socket: Socket, epoch: Epoch) -> Fallible<()> {
        while !(self.notes.enough.load(Ordering::SeqCst) && self.is_answered()) {
            let send = Send {
                client_key: key_of(self.number, self.said),
                room: self.room,
                body: body_of(self.number, self.said),
            };
            self.notes.invoke(&self.who, &send);
            say(&mut socket, ClientItem::Command(Command::Send(send.clone()))).await?;
            if self.is_told(&mut socket, epoch, send.client_key).await? {
                self.said += 1;
            }
        }
        Ok(())
    }

    /// What was sent last has its answer, or nothing was sent under the next key.
    fn is_answered(&self) -> bool {
        let next = key_of(self.number, self.said);
        !self.notes.places.lock().unwrap().contains_key(&next)
    }

    /// True when the key was acknowledged; false when it is to be sent again.
    async fn is_told(&self, socket: &mut Socket, epoch: Epoch, key: ClientKey) -> Fallible<bool> {
        loop {
            for item in hear(socket).await? {
                match item {
                    ServerItem::Room(event) => {
                        if self.is_listener {
                            self.notes.hear(&self.who, self.number, epoch, &event);
                        }
                        if event.row.as_ref().is_some_and(|row| row.client_key == key) {
                            let (room, seq) = (event.room, event.entry.seq);
                            self.notes.answer(key, Said::Accepted { room, seq });
                            return Ok(true);
                        }
                    }
                    ServerItem::Accepted(told) if told.client_key == key => {
                        let (room, seq) = (told.room, told.seq);
                        self.notes.answer(key, Said::Accepted { room, seq });
                        return Ok(true);
                    }
                    ServerItem::TooFast(wait) if wait.client_key == key => return Ok(false),
                    ServerItem::Rejected(told) if told.client_key == key => {
                        let problem = told.problem;
                        self.notes.errors.lock().unwrap().push(problem.to_string());
                        // It was not done, and may be asked again.
                        if problem == Problem::Unavailable {
                            return Err("unavailable".into());
                        }
                        self.notes.answer(key, Said::Refused(problem));
                        return Ok(true);
                    }
                    _ => {}
                }
            }
        }
    }
}

/// A socket that has said hello and was welcomed.
pub async fn connect(addr: &str, who: &Citizen, device: u32) -> Fallible<(Socket, Epoch)> {
    let (socket, _) = tokio_tungstenite::connect_async(upgrade(addr, who)?).await?;
    greet(socket, device).await
}

/// The same through a wire that holds next to nothing by itself.
pub async fn connect_narrow(addr: &str, who: &Citizen, device: u32) -> Fallible<Socket> {
    let wire = TcpSocket::new_v4()?;
    wire.set_recv_buffer_size(NARROW_BYTES)?;
    let wire = MaybeTlsStream::Plain(wire.connect(addr.parse()?).await?);
    let (socket, _) = tokio_tungstenite::client_async(upgrade(addr, who)?, wire).await?;
    Ok(greet(socket, device).await?.0)
}

fn upgrade(addr: &str, who: &Citizen) -> Fallible<Request<()>> {
    let mut request = format!("ws://{addr}/ws").into_client_request()?;
    let headers = request.headers_mut();
    headers.insert("cookie", who.cookie.parse()?);
    headers.insert("origin", format!("http://{addr}").parse()?);
    Ok(request)
}

async fn greet(mut socket: Socket, device: u32) -> Fallible<(Socket, Epoch)> {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&device.to_le_bytes());
    let hello = Hello {
        protocol: frame::PROTOCOL,
        level: Level::CURRENT,
        device: DeviceId::from_bytes(bytes),
        presence: Presence {
            state: PresenceState::Hidden,
            since_input: Millis(0),
        },
    };
    say(&mut socket, ClientItem::Greeting(Greeting::Hello(hello))).await?;
    loop {
        for item in hear(&mut socket).await? {
            if let ServerItem::Welcome(welcome) = item {
                return Ok((socket, welcome.epoch));
            }
        }
    }
}

pub async fn say(socket: &mut Socket, item: ClientItem) -> Result<(), tungstenite::Error> {
    socket.send(Frame::Binary(frame::frame([&item]).into())).await
}

/// The items of the next frame; the close code as an error.
pub async fn hear(socket: &mut Socket) -> Fallible<Vec<ServerItem>> {
    loop {
        match socket.next().await.ok_or("dropped")?? {
            Frame::Binary(bytes) => {
                let items = frame::items(&bytes)?;
                return Ok(items
                    .iter()
                    .map(ServerItem::unpack)
                    .collect::<Result<_, _>>()
                    .map_err(|_| "malformed")?);
            }
            // Restart, resync: a tab comes back by itself and shows nothing of it.
            Frame::Close(Some(_)) => return Err(SAID.into()),
            Frame::Close(None) => return Err("closed without a reason".into()),
            _ => {}
        }
    }
}

pub fn key_of(sender: u32, number: u64) -> ClientKey {
    let mut bytes = [7; 16];
    bytes[..4].copy_from_slice(&sender.to_be_bytes());
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    ClientKey::from_bytes(bytes)
}

/// Found again wherever these bytes go by.
fn body_of(sender: u32, number: u64) -> String {
    format!("<{sender}/{number}>")
}

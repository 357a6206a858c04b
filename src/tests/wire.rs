//! A raw socket, for what no true tab would say.

use super::server::{Account, Server};
use crate::server::clock::Ambience;
use crate::wire::{
    ClientItem, ClientKey, Command, DeviceId, Envelope, Enveloped, Level, Millis, RoomId, ServerItem,
    command::{self, Greeting, Hello, Ping, Presence, PresenceState},
    event::Welcome,
    frame::{self, PROTOCOL},
};
use futures_util::{SinkExt, StreamExt};
use std::{collections::VecDeque, time::Duration};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest,
        http::{HeaderValue, Request, StatusCode, header},
    },
};

/// A story that hangs is one that failed.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Wire {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    heard: VecDeque<ServerItem>,
    ambience: Ambience,
}

/// What was heard instead of an item.
#[derive(Debug, PartialEq, Eq)]
pub enum Silence {
    /// A close with this code and reason.
    Closed(u16, String),
    /// The wire was dropped.
    Dropped,
}

impl Server {
    /// The upgrade's status, with these headers.
    pub async fn knocks(&self, origin: Option<&str>, cookie: Option<&str>) -> StatusCode {
        match connect_async(self.upgrade(origin, cookie)).await {
            Ok((_, response)) => response.status(),
            Err(Error::Http(response)) => response.status(),
            Err(error) => panic!("no answer: {error}"),
        }
    }

    fn upgrade(&self, origin: Option<&str>, cookie: Option<&str>) -> Request<()> {
        let mut request = format!("ws://{}/ws", self.addr).into_client_request().unwrap();
        for (name, value) in [(header::ORIGIN, origin), (header::COOKIE, cookie)] {
            if let Some(value) = value {
                request
                    .headers_mut()
                    .insert(name, HeaderValue::from_str(value).unwrap());
            }
        }
        request
    }

    /// An upgraded socket on which nothing was said yet.
    pub async fn dials(&self, who: &Account) -> Wire {
        let request = self.upgrade(Some(&self.origin()), Some(&who.cookie()));
        let (socket, _) = connect_async(request).await.unwrap();
        Wire {
            socket,
            heard: VecDeque::new(),
            ambience: self.app.ambience.clone(),
        }
    }

    /// A socket that has said hello and read its welcome.
    pub async fn connects(&self, who: &Account) -> Wire {
        self.connects_as(who, PresenceState::Active).await.0
    }

    pub async fn connects_as(&self, who: &Account, state: PresenceState) -> (Wire, Welcome) {
        let mut wire = self.dials(who).await;
        wire.says([hello(state).into()]).await;
        let welcome = match wire.hears().await {
            ServerItem::Welcome(welcome) => welcome,
            other => panic!("not a welcome: {other:?}"),
        };
        (wire, welcome)
    }
}

impl Account {
    pub fn cookie(&self) -> String {
        format!("whilst={}", self.token.reveal())
    }
}

pub fn hello(state: PresenceState) -> Greeting {
    hello_from(5, state, 0)
}

pub fn hello_from(device: u8, state: PresenceState, since_input: u64) -> Greeting {
    Greeting::Hello(Hello {
        protocol: PROTOCOL,
        level: Level::CURRENT,
        device: DeviceId::from_bytes([device; 16]),
        presence: Presence {
            state,
            since_input: Millis(since_input),
        },
    })
}

impl From<Greeting> for Saying {
    fn from(greeting: Greeting) -> Self {
        Self(greeting.pack())
    }
}

impl<C: Into<Command>> From<C> for Saying {
    fn from(command: C) -> Self {
        Self(ClientItem::Command(command.into()).pack())
    }
}

/// One item of a frame.
pub struct Saying(pub Envelope);

impl Wire {
    pub async fn says(&mut self, sayings: impl IntoIterator<Item = Saying>) {
        let mut bytes = vec![PROTOCOL];
        for Saying(item) in sayings {
            bytes.extend(item.kind.to_le_bytes());
            bytes.push(item.version);
            bytes.extend(u32::try_from(item.body.len()).unwrap().to_le_bytes());
            bytes.extend(item.body);
        }
        self.sends(Message::Binary(bytes.into())).await;
    }

    pub async fn sends(&mut self, message: Message) {
        self.socket.send(message).await.unwrap();
    }

    /// A key that nobody had before.
    pub fn key(&self) -> ClientKey {
        ClientKey::new(self.ambience.now(), self.ambience.random())
    }

    /// Sends a message and gives its key.
    pub async fn writes(&mut self, room: RoomId, body: &str) -> ClientKey {
        let client_key = self.key();
        let body = body.to_owned();
        self.says([command::Send { client_key, room, body }.into()]).await;
        client_key
    }

    /// The next item, or how the wire ended.
    pub async fn hears_or_ends(&mut self) -> Result<ServerItem, Silence> {
        loop {
            if let Some(item) = self.heard.pop_front() {
                return Ok(item);
            }
            match self.next_message().await {
                Some(Ok(Message::Binary(bytes))) => {
                    let items = frame::items(&bytes).unwrap();
                    self.heard
                        .extend(items.iter().map(|item| ServerItem::unpack(item).unwrap()));
                }
                Some(Ok(Message::Close(Some(close)))) => {
                    return Err(Silence::Closed(close.code.into(), close.reason.to_string()));
                }
                Some(Ok(Message::Close(None)) | Err(_)) | None => return Err(Silence::Dropped),
                Some(Ok(_)) => {}
            }
        }
    }

    pub async fn next_message(&mut self) -> Option<Result<Message, Error>> {
        tokio::time::timeout(PATIENCE, self.socket.next())
            .await
            .expect("something within the time")
    }

    pub async fn hears(&mut self) -> ServerItem {
        self.hears_or_ends().await.unwrap()
    }

    /// Reads on until such an item; the ones before it are heard again later.
    pub async fn passes(&mut self, is_it: impl Fn(&ServerItem) -> bool) {
        let mut others = VecDeque::new();
        loop {
            let item = self.hears().await;
            if is_it(&item) {
                break;
            }
            others.push_back(item);
        }
        others.append(&mut self.heard);
        self.heard = others;
    }

    /// Everything up to here, and nothing more: what was said before the pong.
    pub async fn hears_all(&mut self) -> Vec<ServerItem> {
        let nonce = 77;
        self.says([Greeting::Ping(Ping { nonce }).into()]).await;
        let mut heard = Vec::new();
        loop {
            match self.hears().await {
                ServerItem::Pong(pong) if pong.nonce == nonce => return heard,
                item => heard.push(item),
            }
        }
    }

    /// How it ends, whatever is heard before.
    pub async fn ends(&mut self) -> Silence {
        loop {
            if let Err(silence) = self.hears_or_ends().await {
                return silence;
            }
        }
    }

    /// How it ends, with nothing heard before.
    pub async fn ends_at_once(&mut self) -> Silence {
        self.hears_or_ends().await.unwrap_err()
    }

    pub async fn closes(mut self) {
        let normal = tokio_tungstenite::tungstenite::protocol::CloseFrame {
            code: 1000.into(),
            reason: "".into(),
        };
        self.socket.close(Some(normal)).await.unwrap();
        while let Some(Ok(_)) = self.next_message().await {}
    }
}

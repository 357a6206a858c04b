//! The true tab over real sockets and the doors of the server functions.
//!
//! A tab's own time passes only while a story waits for it, and then faster than the
//! wall's: a tab that nobody looks at is not asleep, and nobody waits for its patience.

use super::http::request;
use crate::{
    client::{Effect, Env, FetchId, Generation, Input, MemoryStore, OutboxStore, Row, Tab},
    wire::{
        DeviceId, Envelope, Enveloped, Millis, Problem, RoomId,
        fetch::{Ask, Question},
    },
};
use futures_util::{SinkExt, StreamExt};
use std::{collections::VecDeque, time::Duration};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Message,
        client::IntoClientRequest,
        http::{HeaderValue, header},
        protocol::CloseFrame,
    },
};

/// A story that hangs is one that failed.
const PATIENCE: Duration = Duration::from_secs(30);
/// How much faster a tab's time passes than the wall's.
const HASTE: u64 = 20;
const ABNORMAL: u16 = 1006;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub struct Browser {
    pub tab: Tab,
    addr: String,
    cookie: String,
    now: Millis,
    chance: u64,
    socket: Option<(Generation, Socket)>,
    todo: VecDeque<Effect>,
    is_online: bool,
    /// How much faster its time passes than the wall's, while it waits.
    pub haste: u64,
    /// How often it was said that the server was restored.
    pub heard_of_restores: u32,
}

impl Browser {
    /// A tab in front of which somebody sits; it is about to connect.
    pub fn at(addr: String, cookie: String, device: DeviceId, now: Millis) -> Self {
        Self::holding(addr, cookie, device, now, Box::new(MemoryStore::default()))
    }

    /// The same, with what earlier tabs left.
    pub fn holding(addr: String, cookie: String, device: DeviceId, now: Millis, store: Box<dyn OutboxStore>) -> Self {
        let seed = device.as_bytes()[..8].try_into().unwrap();
        let mut browser = Self {
            tab: Tab::new(now, store),
            addr,
            cookie,
            now,
            chance: u64::from_le_bytes(seed),
            socket: None,
            todo: VecDeque::new(),
            is_online: true,
            haste: HASTE,
            heard_of_restores: 0,
        };
        browser.step(Input::Start { device, visible: true });
        browser.step(Input::Touched);
        browser
    }

    pub async fn opens(&mut self, room: RoomId) {
        self.step(Input::OpenRoom { room, at: None });
        self.settles().await;
    }

    /// Types and sends, whether or not there is a network.
    pub fn says(&mut self, room: RoomId, body: &str) {
        let body = body.to_owned();
        self.step(Input::Send { room, body });
    }

    /// The network is gone, and nobody says goodbye.
    pub fn is_cut_off(&mut self) {
        self.is_online = false;
        if let Some((generation, _)) = self.socket.take() {
            self.step(Input::SocketClosed {
                generation,
                code: ABNORMAL,
            });
        }
        self.step(Input::Offline);
    }

    pub fn is_back_online(&mut self) {
        self.is_online = true;
        self.step(Input::Online);
    }

    pub async fn is_mended(&mut self) {
        self.is_back_online();
        self.settles().await;
    }

    /// As a browser does when its tab is closed.
    pub async fn closes(mut self) {
        self.step(Input::Suspended);
        while let Some(effect) = self.todo.pop_front() {
            self.does(effect).await;
        }
    }

    /// The server was started anew and listens elsewhere.
    pub async fn finds_at(&mut self, addr: String) {
        self.addr = addr;
        self.settles().await;
    }

    /// Reads on until nothing is lacking and nothing waits to leave.
    pub async fn settles(&mut self) {
        self.waits(|tab| tab.is_settled() && tab.unsent() == 0).await;
    }

    /// Reads on until the room shows these messages, all of them stored.
    pub async fn sees(&mut self, room: RoomId, bodies: &[&str]) {
        self.waits(|tab| messages_of(tab, room).iter().map(|(_, body)| body).eq(bodies.iter()))
            .await;
    }

    /// What the room's log is to this tab: the stored messages, each with its place.
    pub fn log(&self, room: RoomId) -> Vec<(u64, String)> {
        messages_of(&self.tab, room)
    }

    pub async fn waits(&mut self, until: impl Fn(&Tab) -> bool) {
        let waiting = async {
            while !until(&self.tab) || self.has_frames_to_send() {
                self.goes_on().await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, waiting).await.is_ok();
        assert!(
            in_time,
            "waited in vain; {:?}, {} unsent",
            self.tab.status(),
            self.tab.unsent()
        );
    }

    fn has_frames_to_send(&self) -> bool {
        self.todo
            .iter()
            .any(|effect| matches!(effect, Effect::SendFrame { .. }))
    }

    pub fn step(&mut self, input: Input) {
        let mut random = || {
            // SplitMix64.
            self.chance = self.chance.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (self.chance ^ (self.chance >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        };
        let mut env = Env {
            now: self.now,
            random: &mut random,
        };
        self.todo.extend(self.tab.step(&mut env, input));
    }

    /// One thing that happens: something to do, to hear, or time.
    async fn goes_on(&mut self) {
        if let Some(effect) = self.todo.pop_front() {
            return self.does(effect).await;
        }
        let wait = self.tab.wake_after();
        let passes = tokio::time::sleep(Duration::from_millis(wait.0.div_ceil(self.haste)));
        let Some((generation, socket)) = &mut self.socket else {
            passes.await;
            return self.ticks(wait);
        };
        let generation = *generation;
        tokio::select! {
            message = socket.next() => self.hears(generation, message.and_then(Result::ok)),
            () = passes => self.ticks(wait),
        }
    }

    fn ticks(&mut self, after: Millis) {
        self.now.0 += after.0;
        self.step(Input::Tick);
    }

    fn hears(&mut self, generation: Generation, message: Option<Message>) {
        let code = match message {
            Some(Message::Binary(bytes)) => {
                return self.step(Input::SocketFrame {
                    generation,
                    bytes: bytes.to_vec(),
                });
            }
            Some(Message::Close(close)) => close.map_or(ABNORMAL, |close| close.code.into()),
            Some(_) => return,
            None => ABNORMAL,
        };
        self.socket = None;
        self.step(Input::SocketClosed { generation, code });
    }

    async fn does(&mut self, effect: Effect) {
        match effect {
            Effect::OpenSocket { generation, after } => {
                tokio::time::sleep(Duration::from_millis(after.0 / self.haste)).await;
                self.now.0 += after.0;
                self.dials(generation).await;
            }
            Effect::CloseSocket => {
                if let Some((_, mut socket)) = self.socket.take() {
                    let normal = CloseFrame {
                        code: 1000.into(),
                        reason: "".into(),
                    };
                    // The other side may have gone first.
                    drop(socket.close(Some(normal)).await);
                }
            }
            Effect::SendFrame { generation, bytes } => {
                if let Some((open, socket)) = &mut self.socket
                    && *open == generation
                {
                    // A wire that has died is heard of by reading.
                    drop(socket.send(Message::Binary(bytes.into())).await);
                }
            }
            Effect::Fetch { fetch, ask } => self.fetches(fetch, ask).await,
            Effect::FetchKeepalive { ask } => {
                if self.is_online {
                    drop(self.asks(&ask).await);
                }
            }
            Effect::GoToSignIn | Effect::NotQueued { .. } | Effect::EditNotQueued { .. } | Effect::Settled { .. } => {}
            Effect::Changed(changed) => self.heard_of_restores += u32::from(changed.restored),
        }
    }

    async fn dials(&mut self, generation: Generation) {
        self.socket = None;
        let mut upgrade = format!("ws://{}/ws", self.addr).into_client_request().unwrap();
        for (name, value) in [(header::ORIGIN, self.origin()), (header::COOKIE, self.cookie())] {
            upgrade
                .headers_mut()
                .insert(name, HeaderValue::from_str(&value).unwrap());
        }
        match connect_async(upgrade).await {
            Ok((socket, _)) if self.is_online => {
                self.socket = Some((generation, socket));
                self.step(Input::SocketOpened { generation });
            }
            _ => self.step(Input::SocketClosed {
                generation,
                code: ABNORMAL,
            }),
        }
    }

    async fn fetches(&mut self, fetch: FetchId, ask: Ask) {
        let answer = if self.is_online { self.asks(&ask).await } else { None };
        let answer = answer.unwrap_or(Err(Problem::Unavailable));
        self.step(Input::Fetched { fetch, answer });
    }

    /// The answer of the server function; none if there was none.
    async fn asks(&self, ask: &Ask) -> Option<Result<Envelope, Problem>> {
        let path = match ask {
            Ask::CatchUp(_) => "/api/catch_up",
            Ask::History(_) => "/api/history",
            Ask::Range(_) => "/api/range",
            Ask::Around(_) => "/api/around",
            Ask::Whoami(_) => "/api/whoami",
            Ask::MarkRead(_) => "/api/mark_read",
        };
        let (origin, cookie) = (self.origin(), self.cookie());
        let headers = [
            ("content-type", "application/x-postcard"),
            ("accept", "application/x-postcard"),
            ("origin", origin.as_str()),
            ("sec-fetch-site", "same-origin"),
            ("cookie", cookie.as_str()),
        ];
        let body = postcard::to_allocvec(&Question::current(ask.clone()).pack()).unwrap();
        let reply = request(&self.addr, "POST", path, &headers, &body).await.ok()?;
        if reply.status == 200 {
            // Of a wire that was cut comes a part; to a browser that is no answer.
            return postcard::from_bytes(&reply.body).ok().map(Ok);
        }
        Some(Err(postcard::from_bytes(&reply.body).unwrap_or(Problem::Unavailable)))
    }

    fn origin(&self) -> String {
        format!("http://{}", self.addr)
    }

    fn cookie(&self) -> String {
        self.cookie.clone()
    }
}

pub fn messages_of(tab: &Tab, room: RoomId) -> Vec<(u64, String)> {
    let rows = tab.rows(room, &|_| 0);
    let messages = rows.into_iter().filter_map(|row| match row {
        Row::Message { message, .. } => Some((message.seq.0, message.text().to_owned())),
        _ => None,
    });
    messages.collect()
}

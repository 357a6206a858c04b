//! Seats in front of a model server, and the wires between: every step of a wire is
//! a step of the story, so that a story can stop anywhere.

use super::model::{Server, Told, user};
use crate::{
    client::{Effect, Env, FirstPicture, Input, MemoryStore, OutboxStore, Overlay, PendingState, Row, Tab},
    wire::{
        command::{Greeting, *},
        event::{Accepted, Acknowledged, Pong, Rejected, RoomGone, TooFast, WelcomeRooms},
        fetch::{Ask, CatchUp, Have, Want},
        frame, *,
    },
};
use std::collections::VecDeque;

/// A fetch under way: asked, perhaps answered, not yet heard.
pub struct Asked {
    pub fetch: u32,
    pub ask: Ask,
    pub answer: Option<Result<Envelope, Problem>>,
}

pub struct Seat {
    pub user: UserId,
    pub tab: Tab,
    pub now: u64,
    seed: u64,
    /// The socket that both sides hold to be open.
    pub socket: Option<u32>,
    pub opening: Option<(u32, u64)>,
    /// Frames on their way to the tab, and to the server.
    pub inbox: VecDeque<Vec<u8>>,
    pub sent: VecDeque<Vec<u8>>,
    pub asked: Vec<Asked>,
    /// What a screen would have acted on.
    pub shown: Vec<Effect>,
}

pub struct World {
    pub server: Server,
    pub seats: Vec<Seat>,
    /// While set, commands are answered "too fast".
    pub too_fast: Option<u64>,
    /// The next commands without a client key are refused with these, one each.
    pub keyless_problems: VecDeque<Problem>,
}

const START: u64 = 1_000_000;
/// Rooms in one page of a welcome.
const WELCOME_ROOMS: usize = 2;
const ROUNDS_MAX: usize = 3_000;

impl World {
    pub fn new(server: Server) -> Self {
        Self {
            server,
            seats: Vec::new(),
            too_fast: None,
            keyless_problems: VecDeque::new(),
        }
    }

    /// A tab of user `n` that has not begun.
    pub fn seat(&mut self, n: u8) -> usize {
        self.seat_with(n, Tab::new(Millis(self.server.now.0), Box::new(MemoryStore::default())))
    }

    pub fn seat_holding(&mut self, n: u8, store: Box<dyn OutboxStore>) -> usize {
        self.seat_with(n, Tab::new(Millis(self.server.now.0), store))
    }

    /// A tab of user `n` that starts from the page the server drew.
    pub fn seat_from_page(&mut self, n: u8, open: Option<RoomId>) -> usize {
        let tab = Tab::from_first_picture(self.picture(user(n), open), Box::new(MemoryStore::default()));
        self.seat_with(n, tab)
    }

    pub fn picture(&self, who: UserId, open: Option<RoomId>) -> FirstPicture {
        let rooms = self
            .server
            .rooms
            .keys()
            .filter(|room| self.server.rooms[room].members.contains(&who));
        let have = |room: RoomId| Have {
            room,
            cursor: None,
            want: if open == Some(room) { Want::Rows } else { Want::Summary },
        };
        let mut caught_up = None;
        // The server answers a page whole; the model answers few rooms at a time.
        for room in rooms {
            let ask = CatchUp {
                epoch: None,
                user: UserSeq::ZERO,
                directory: DirectorySeq::ZERO,
                rooms: vec![have(*room)],
            };
            let answer = self.server.catch_up(who, &ask);
            match &mut caught_up {
                None => caught_up = Some(answer),
                Some(all) => all.rooms.extend(answer.rooms),
            }
        }
        // A page of the model is short: as many as are needed are one page of a server.
        let around = open
            .filter(|room| self.server.rooms.contains_key(room))
            .filter(|room| self.server.counts(who, *room).unread > 0)
            .map(|room| {
                let read = self.server.counts(who, room).marker.ordinal;
                let to = self.server.rooms[&room]
                    .ordinal()
                    .0
                    .min(read.0 + u64::from(limits::UNREAD_BELOW));
                self.server.rooms[&room].page(room, read.next().0, to)
            });
        FirstPicture {
            now: self.server.now,
            limits: self.server.limits.clone(),
            me: self.server.me(who),
            caught_up: caught_up.expect("somebody in no room sees no picture here"),
            open,
            at: None,
            around,
        }
    }

    pub fn seat_with(&mut self, n: u8, tab: Tab) -> usize {
        self.seats.push(Seat {
            user: user(n),
            tab,
            now: self.server.now.0.max(START),
            seed: u64::from(n) * 977 + self.seats.len() as u64,
            socket: None,
            opening: None,
            inbox: VecDeque::new(),
            sent: VecDeque::new(),
            asked: Vec::new(),
            shown: Vec::new(),
        });
        self.seats.len() - 1
    }

    /// A tab of user `n`, begun, connected and caught up.
    pub fn tab_of(&mut self, n: u8) -> usize {
        let seat = self.seat(n);
        self.starts(seat);
        self.calm();
        seat
    }

    pub fn tab(&self, seat: usize) -> &Tab {
        &self.seats[seat].tab
    }

    pub fn starts(&mut self, seat: usize) {
        let device = DeviceId::from_bytes([u8::try_from(seat).expect("few seats"); 16]);
        self.tells(seat, Input::Start { device, visible: true });
    }

    /// One input, and what the tab asks of the world for it.
    pub fn tells(&mut self, at: usize, input: Input) {
        let seat = &mut self.seats[at];
        let mut seed = seat.seed;
        let mut random = || {
            seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = seed;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        };
        let mut closing = Vec::new();
        let effects = seat.tab.step(
            &mut Env {
                now: Millis(seat.now),
                random: &mut random,
            },
            input,
        );
        seat.seed = seed;
        for effect in effects {
            match effect {
                Effect::OpenSocket { generation, after } => {
                    seat.cut();
                    seat.opening = Some((generation, seat.now + after.0));
                }
                Effect::CloseSocket => {
                    // A socket closes after what was sent on it.
                    closing.extend(seat.sent.drain(..));
                    seat.cut();
                }
                Effect::SendFrame { generation, bytes } => {
                    if seat.socket == Some(generation) {
                        seat.sent.push_back(bytes);
                    }
                }
                Effect::Fetch { fetch, ask } => seat.asked.push(Asked {
                    fetch,
                    ask,
                    answer: None,
                }),
                Effect::Changed(_) => {}
                other => seat.shown.push(other),
            }
        }
        for bytes in closing {
            self.takes_frame(at, &bytes);
        }
        if self.seats[at].socket.is_none() {
            self.seats[at].inbox.clear();
        }
    }

    pub fn opens(&mut self, seat: usize, room: RoomId) {
        self.tells(seat, Input::OpenRoom { room, at: None });
    }

    pub fn says(&mut self, seat: usize, room: RoomId, text: &str) {
        self.tells(
            seat,
            Input::Send {
                room,
                body: text.into(),
            },
        );
    }

    /// Somebody else says something, by another door.
    pub fn is_said(&mut self, n: u8, room: RoomId, text: &str) {
        let key = ClientKey::new(
            self.server.now,
            [u8::try_from(self.server.keys.len() % 256).unwrap_or(0); 10],
        );
        let mut bytes = *key.as_bytes();
        bytes[8..16].copy_from_slice(&(self.server.keys.len() as u64).to_be_bytes());
        let told = self.server.say(room, user(n), ClientKey::from_bytes(bytes), text);
        self.publish(told);
    }

    pub fn publish(&mut self, told: Vec<Told>) {
        for told in told {
            for seat in self
                .seats
                .iter_mut()
                .filter(|seat| seat.socket.is_some() && seat.greeted())
            {
                let item: ServerItem = match &told {
                    Told::Room(event) if self.server.rooms[&event.room].members.contains(&seat.user) => {
                        event.clone().into()
                    }
                    Told::User(who, event) if *who == seat.user => event.clone().into(),
                    Told::Gone(who, room) if *who == seat.user => RoomGone { room: *room }.into(),
                    _ => continue,
                };
                seat.inbox.push_back(frame::frame([&item]));
            }
        }
    }

    /// The wire breaks; the tab has not noticed.
    pub fn is_cut_off(&mut self, seat: usize) {
        if let Some(generation) = self.seats[seat].socket {
            self.seats[seat].cut();
            self.tells(seat, Input::SocketClosed { generation, code: 1006 });
        }
    }

    // The steps of a wire.

    /// The socket being opened is open, if its time has come.
    pub fn connects(&mut self, at: usize) -> bool {
        let seat = &mut self.seats[at];
        let Some((generation, due)) = seat.opening.filter(|(_, due)| *due <= seat.now) else {
            return false;
        };
        let _ = due;
        seat.opening = None;
        seat.socket = Some(generation);
        self.tells(at, Input::SocketOpened { generation });
        true
    }

    /// The server takes the next frame of a seat.
    pub fn serves(&mut self, at: usize) -> bool {
        let Some(bytes) = self.seats[at].sent.pop_front() else {
            return false;
        };
        self.takes_frame(at, &bytes);
        true
    }

    fn takes_frame(&mut self, at: usize, bytes: &[u8]) {
        for envelope in frame::items(bytes).expect("tabs send whole frames") {
            match ClientItem::unpack(&envelope).expect("tabs say what the wire knows") {
                ClientItem::Greeting(Greeting::Hello(_)) => {
                    let mut welcome = self.server.welcome(self.seats[at].user);
                    let mut later = welcome.rooms.split_off(welcome.rooms.len().min(WELCOME_ROOMS));
                    welcome.more = !later.is_empty();
                    self.replies(at, welcome);
                    while !later.is_empty() {
                        let rooms = later.drain(..later.len().min(WELCOME_ROOMS)).collect();
                        self.replies(
                            at,
                            WelcomeRooms {
                                rooms,
                                more: !later.is_empty(),
                            },
                        );
                    }
                }
                ClientItem::Greeting(Greeting::Ping(Ping { nonce })) => self.replies(at, Pong { nonce }),
                ClientItem::Greeting(Greeting::Presence(_)) => {}
                ClientItem::Greeting(Greeting::Numbered(Numbered { number, command })) => {
                    let problem = self.keyless_problems.pop_front();
                    if problem.is_none() {
                        self.obeys(at, Command::unpack(&command).expect("tabs send what the wire knows"));
                    }
                    self.replies(at, Acknowledged { number, problem });
                }
                ClientItem::Command(command) => self.obeys(at, command),
            }
        }
    }

    fn replies(&mut self, at: usize, item: impl Into<ServerItem>) {
        self.seats[at].inbox.push_back(frame::frame([&item.into()]));
    }

    fn obeys(&mut self, at: usize, command: Command) {
        let who = self.seats[at].user;
        if let Some(client_key) = command.client_key() {
            if let Some((room, seq, text)) = self.server.keys.get(&(who, client_key)) {
                let same = !matches!(&command, Command::Send(send) if send.body != *text);
                let (room, seq) = (*room, *seq);
                return if same {
                    self.replies(at, Accepted { client_key, room, seq });
                } else {
                    self.replies(
                        at,
                        Rejected {
                            client_key,
                            problem: Problem::KeyReused,
                        },
                    );
                };
            }
            if let Some(wait) = self.too_fast {
                return self.replies(
                    at,
                    TooFast {
                        client_key,
                        retry_after: Millis(wait),
                    },
                );
            }
            let room = command.room();
            let is_member = room.is_none_or(|room| {
                self.server
                    .rooms
                    .get(&room)
                    .is_some_and(|log| log.members.contains(&who))
            });
            if !is_member && !matches!(command, Command::Join(_)) {
                return self.replies(
                    at,
                    Rejected {
                        client_key,
                        problem: Problem::Gone,
                    },
                );
            }
        }
        let told = match command {
            Command::Send(send) => self.server.say(send.room, who, send.client_key, &send.body),
            Command::MarkRead(mark) => self.server.mark(who, mark.room, mark.marker),
            Command::DismissCard(dismiss) => self.server.dismiss(who, dismiss.episode),
            Command::CreateRoom(create) => {
                let room = RoomId::new(
                    Millis(1),
                    create.client_key.as_bytes()[6..].try_into().expect("ten bytes"),
                );
                self.keyed(at, create.client_key, room, |server| server.make_room(room, who))
            }
            Command::RenameRoom(rename) => self.keyed(at, rename.client_key, rename.room, |server| {
                server.rename(rename.room, who, &rename.name)
            }),
            Command::Join(join) => self.keyed(at, join.client_key, join.room, |server| server.join(join.room, who)),
            Command::Leave(leave) => {
                self.keyed(at, leave.client_key, leave.room, |server| server.leave(leave.room, who))
            }
            Command::Edit(edit) => {
                let may = self.server.may_change(edit.room, who, edit.target, Some(edit.revision));
                self.changes(at, edit.client_key, edit.room, may, |server| {
                    server.edit(edit.room, who, edit.target.ordinal, &edit.body)
                })
            }
            Command::Delete(delete) => {
                let may = self.server.may_change(delete.room, who, delete.target, None);
                self.changes(at, delete.client_key, delete.room, may, |server| {
                    server.delete(delete.room, who, delete.target.ordinal)
                })
            }
            Command::React(react) => {
                let may = self.server.may_change(react.room, who, react.target, None);
                let emoji = Emoji::stored(react.emoji);
                self.changes(at, react.client_key, react.room, may, |server| {
                    server.react(react.room, who, react.target.ordinal, &emoji, react.on)
                })
            }
            other => unreachable!("no story does this: {other:?}"),
        };
        self.publish(told);
    }

    fn changes(
        &mut self,
        at: usize,
        client_key: ClientKey,
        room: RoomId,
        may: Result<(), Problem>,
        act: impl FnOnce(&mut Server) -> Vec<Told>,
    ) -> Vec<Told> {
        match may {
            Ok(()) => self.keyed(at, client_key, room, act),
            Err(problem) => {
                self.replies(at, Rejected { client_key, problem });
                vec![]
            }
        }
    }

    fn keyed(
        &mut self,
        at: usize,
        client_key: ClientKey,
        room: RoomId,
        act: impl FnOnce(&mut Server) -> Vec<Told>,
    ) -> Vec<Told> {
        let told = act(&mut self.server);
        let seq = self.server.rooms[&room].head().seq;
        let who = self.seats[at].user;
        self.server.keys.insert((who, client_key), (room, seq, String::new()));
        self.replies(at, Accepted { client_key, room, seq });
        told
    }

    /// The next frame reaches the tab.
    pub fn hears(&mut self, at: usize) -> bool {
        let seat = &mut self.seats[at];
        let (Some(generation), Some(bytes)) = (seat.socket, seat.inbox.pop_front()) else {
            return false;
        };
        self.tells(at, Input::SocketFrame { generation, bytes });
        true
    }

    /// The server answers a question, which is not heard yet.
    pub fn answers(&mut self, at: usize, nth: usize) -> bool {
        let Some(asked) = self.seats[at].asked.get(nth).filter(|asked| asked.answer.is_none()) else {
            return false;
        };
        let answer = self
            .server
            .answer(self.seats[at].user, &asked.ask)
            .map(|answer| answer.pack());
        self.seats[at].asked[nth].answer = Some(answer);
        true
    }

    /// Questions that the tab has no answer to.
    pub fn questions(&self, at: usize) -> usize {
        self.seats[at].asked.len()
    }

    /// The answer is heard; made first, if it was not.
    pub fn hears_answer(&mut self, at: usize, nth: usize) -> bool {
        self.answers(at, nth);
        if nth >= self.seats[at].asked.len() {
            return false;
        }
        let asked = self.seats[at].asked.remove(nth);
        let answer = asked.answer.expect("it was just made");
        self.tells(
            at,
            Input::Fetched {
                fetch: asked.fetch,
                answer,
            },
        );
        true
    }

    pub fn passes(&mut self, millis: u64) {
        self.server.now.0 += millis;
        for at in 0..self.seats.len() {
            self.seats[at].now += millis;
            self.tells(at, Input::Tick);
        }
    }

    /// Everything under way arrives, with time passing only where all wait for it.
    pub fn calm(&mut self) {
        for _ in 0..ROUNDS_MAX {
            let mut moved = false;
            for at in 0..self.seats.len() {
                moved |= self.connects(at) | self.serves(at) | self.hears(at) | self.hears_answer(at, 0);
            }
            if moved {
                continue;
            }
            let waits = |seat: &Seat| seat.opening.is_some() || !(seat.tab.is_settled() && seat.tab.unsent() == 0);
            let started: Vec<&Seat> = self
                .seats
                .iter()
                .filter(|seat| seat.opening.is_some() || seat.socket.is_some())
                .collect();
            if !started.iter().any(|seat| waits(seat)) {
                return;
            }
            let wait = started
                .iter()
                .map(|seat| seat.until_due())
                .min()
                .expect("somebody waits");
            self.passes(wait);
        }
        panic!("the world does not come to rest");
    }

    /// Bodies, deleted ones as `×`, gaps as `(n)`, history as `^n`, the divider as `--`;
    /// `~` is stale, `…` under way, `!` refused, and emoji stand behind with their number.
    pub fn sees(&self, seat: usize, room: RoomId) -> Vec<String> {
        let rows = self.tab(seat).rows(room, &|_| 0);
        rows.iter()
            .filter_map(|row| {
                Some(match row {
                    Row::Older { missing } => format!("^{missing}"),
                    Row::Gap { missing, .. } => format!("({missing})"),
                    Row::New => "--".into(),
                    Row::Message {
                        message,
                        stale,
                        overlay,
                        ..
                    } => said(message, *stale, overlay.as_deref()),
                    Row::Pending { pending, .. } => format!("{}…", pending.body.as_str()),
                    Row::Note { .. } | Row::Day(_) => return None,
                })
            })
            .collect()
    }

    pub fn unread(&self, seat: usize, room: RoomId) -> (u32, u32) {
        self.tab(seat)
            .room(room)
            .map_or((0, 0), |line| (line.unread, line.mentions))
    }
}

fn said(message: &Message, stale: bool, overlay: Option<&Overlay>) -> String {
    let mut said = match overlay {
        Some(overlay) => overlay.text(message).to_owned(),
        None if message.is_deleted() => "×".into(),
        None => message.text().to_owned(),
    };
    if stale {
        said.push('~');
    }
    let me = UserId::from_bytes([0; 16]);
    let reactions = overlay.map_or_else(|| message.reactions.clone(), |overlay| overlay.reactions(message, me));
    for reaction in reactions {
        said = format!("{said} {}{}", reaction.emoji.as_str(), reaction.users.len());
    }
    let edit = overlay
        .and_then(|overlay| overlay.edit.as_ref())
        .map(|edit| &edit.state);
    let deleting = overlay.and_then(|overlay| overlay.deleting.as_ref());
    match edit.or(deleting) {
        Some(PendingState::NotSent(_)) => said.push('!'),
        Some(_) => said.push('…'),
        None => {}
    }
    if deleting.is_some() {
        said.insert(0, '-');
    }
    said
}

impl Seat {
    pub fn cut(&mut self) {
        self.socket = None;
        self.opening = None;
        self.inbox.clear();
        self.sent.clear();
    }

    /// The server has registered the socket: its `Hello` was taken.
    fn greeted(&self) -> bool {
        self.sent.front().is_none_or(|bytes| {
            let items = frame::items(bytes).expect("tabs send whole frames");
            !items
                .iter()
                .any(|item| matches!(ClientItem::unpack(item), Ok(ClientItem::Greeting(Greeting::Hello(_)))))
        })
    }

    fn until_due(&self) -> u64 {
        let wake = self.tab.wake_after().0.max(1);
        self.opening
            .map_or(wake, |(_, due)| wake.min(due.saturating_sub(self.now).max(1)))
    }
}

//! A world of one seed: people at their tabs, wires between them and a server, and
//! one thing happening after another.

use super::{
    dice::{Dice, mix},
    first_level::{self, FirstLevel},
    house::{House, Image},
    record::{Listener, Record},
    seat::{Asked, Seat},
    tally::{Seen, Tally},
    turn::Turn,
    wire::Line,
};
use crate::{
    client::{Changed, Effect, Input},
    server::{
        sessions::Signed,
        testing::{MovedClock, START, SeededChance},
    },
    tests::{
        checker::{ClientId, Moment, Promise, Violation},
        drawer::Drawer,
    },
    wire::{
        ClientItem, Command, DeviceId, Enveloped, Level, Millis, Problem, RoomId, ServerItem, UserId,
        command::Greeting,
        fetch::{self, News, Question},
        frame,
    },
};
use axum::extract::ws::Message;
use std::{path::PathBuf, sync::Arc};

pub const ABNORMAL: u16 = 1006;
const FIRST_LEVEL_PER_MILLE: u64 = 400;

/// What every world begins with.
#[derive(Clone)]
pub struct Ground {
    pub image: Image,
    pub people: Vec<(UserId, String)>,
    pub rooms: Vec<RoomId>,
}

pub struct Person {
    pub user: UserId,
    pub username: String,
}

pub struct World {
    pub dice: Dice,
    /// Milliseconds since the beginning; never goes back, whatever clocks say.
    pub now: u64,
    pub moment: Moment,
    pub house: House,
    pub people: Vec<Person>,
    pub rooms: Vec<RoomId>,
    pub seats: Vec<Seat>,
    pub lines: Vec<Option<Line>>,
    pub asked: Vec<Asked>,
    /// What is under way on the server beside conversations.
    pub deeds: Vec<Turn<()>>,
    pub record: Record,
    pub tally: Tally,
    pub backup: Option<(Moment, Image)>,
    pub clock: MovedClock,
    pub chance: Arc<SeededChance>,
    /// How far the server's clock is ahead.
    pub server_ahead: i64,
    pub folder: PathBuf,
    houses: u32,
    clients: u32,
    pub texts: u64,
    /// Of everything that crossed a wire, in order.
    pub trace: u64,
    /// What could only be seen at the moment.
    pub violations: Vec<Violation>,
}

/// Something that is under way and may happen next.
#[derive(Clone, Copy)]
pub enum Next {
    Up(usize),
    Down(usize),
    Open(usize),
    Talk(usize),
    Deed(usize),
    Watch,
    Commit,
    Publish,
    Serve,
    Bury,
    Answer(usize),
    HearAnswer(usize),
}

impl World {
    pub async fn new(seed: u64, ground: &Ground, folder: PathBuf) -> Self {
        let clock = MovedClock::new();
        let chance = Arc::new(SeededChance::new(mix(seed)));
        let house = House::open(&ground.image, folder.join("0"), &clock, &chance).await;
        let people = ground
            .people
            .iter()
            .map(|(user, username)| Person {
                user: *user,
                username: username.clone(),
            })
            .collect();
        Self {
            dice: Dice::of(seed),
            now: 0,
            moment: 1,
            house,
            people,
            rooms: ground.rooms.clone(),
            seats: Vec::new(),
            lines: Vec::new(),
            asked: Vec::new(),
            deeds: Vec::new(),
            record: Record::default(),
            tally: Tally::default(),
            backup: None,
            clock,
            chance,
            server_ahead: 0,
            folder,
            houses: 1,
            clients: 0,
            texts: 0,
            trace: seed,
            violations: Vec::new(),
        }
    }

    /// Everything that may happen next, in an order that is the same each time.
    pub fn under_way(&self) -> Vec<Next> {
        let mut ways = Vec::new();
        for (at, line) in self.lines.iter().enumerate() {
            let Some(line) = line else { continue };
            if line.talk.is_some() && !line.up.is_empty() {
                ways.push(Next::Up(at));
            }
            if line.has_tab && !self.seats[line.seat].is_asleep && !line.down.is_empty() {
                ways.push(Next::Down(at));
            }
            if line.talk.as_ref().is_some_and(Turn::is_due) {
                ways.push(Next::Talk(at));
            }
        }
        for (at, seat) in self.seats.iter().enumerate() {
            if !seat.is_asleep && seat.opening.is_some_and(|(_, due)| due <= self.now) {
                ways.push(Next::Open(at));
            }
        }
        let due = |(at, deed): (usize, &Turn<()>)| deed.is_due().then_some(Next::Deed(at));
        ways.extend(self.deeds.iter().enumerate().filter_map(due));
        if self.house.presence.is_due(self.house.now()) {
            ways.push(Next::Watch);
        }
        if self.house.may_commit() {
            ways.push(Next::Commit);
        }
        let (publications, requests, goodbyes) = self.house.hub.waiting();
        let hub = [
            (publications, Next::Publish),
            (requests, Next::Serve),
            (goodbyes, Next::Bury),
        ];
        ways.extend(
            hub.into_iter()
                .filter(|(waiting, _)| *waiting > 0)
                .map(|(_, next)| next),
        );
        for (at, asked) in self.asked.iter().enumerate() {
            if asked.answer.is_none() {
                ways.push(Next::Answer(at));
            } else if !self.seats[asked.seat].is_asleep {
                ways.push(Next::HearAnswer(at));
            }
        }
        ways
    }

    pub async fn does(&mut self, next: Next) {
        self.steps();
        match next {
            Next::Up(at) => self.carries_up(at).await,
            Next::Down(at) => self.carries_down(at),
            Next::Open(at) => self.opens(at).await,
            Next::Talk(at) => self.talks(at).await,
            Next::Deed(at) => self.goes_on_with(at).await,
            Next::Watch => self.watches().await,
            Next::Commit => self.commits().await,
            Next::Publish => drop(self.house.hub.publish_next()),
            Next::Serve => drop(self.house.hub.serve_next()),
            Next::Bury => drop(self.house.hub.bury_next()),
            Next::Answer(at) => self.answers(at).await,
            Next::HearAnswer(at) => self.hears_answer(at),
        }
    }

    pub fn steps(&mut self) {
        self.tally.steps += 1;
        self.moment += 1;
    }

    fn notes(&mut self, what: u64, bytes: &[u8]) {
        let words = bytes.chunks(8).map(|chunk| {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            u64::from_le_bytes(word)
        });
        for word in std::iter::once(what).chain(words) {
            self.trace = mix(self.trace ^ word);
        }
    }

    // Tabs.

    /// The level of a program that a browser has had for a while.
    pub fn a_level(&mut self) -> Level {
        if self.dice.happens(FIRST_LEVEL_PER_MILLE) {
            Level::FIRST
        } else {
            Level::CURRENT
        }
    }

    /// With the program of today, as the server has it.
    pub async fn sits_down(&mut self, user: UserId, drawer: Drawer) -> usize {
        self.sits_down_at(Level::CURRENT, user, drawer).await
    }

    pub async fn sits_down_at(&mut self, level: Level, user: UserId, drawer: Drawer) -> usize {
        let who = self.house.signs_in(user).await;
        self.sits_down_as(level, who, drawer)
    }

    pub fn sits_down_as(&mut self, level: Level, who: Signed, drawer: Drawer) -> usize {
        if level == Level::FIRST {
            self.tally.saw(Seen::FirstLevel);
        }
        self.clients += 1;
        let device = DeviceId::new(Millis(u64::from(self.clients)), [7; 10]);
        let dice = self.dice.apart();
        self.seats
            .push(Seat::new(self.clients, level, who, drawer, dice, self.now));
        let at = self.seats.len() - 1;
        self.tells(at, Input::Start { device, visible: true });
        at
    }

    /// One input, and what the tab asks of the world for it.
    pub fn tells(&mut self, at: usize, input: Input) {
        self.tells_and_sees(at, input);
    }

    /// As [`World::tells`]; gives what there is to draw anew.
    fn tells_and_sees(&mut self, at: usize, input: Input) -> Changed {
        let mut changed = Changed::default();
        let now = self.now;
        let seat = &mut self.seats[at];
        if let Input::OpenRoom { room, .. } = &input {
            seat.opens(*room);
        }
        let effects = seat.steps(now, input);
        let moved = seat.moved();
        if let Some(epoch) = seat.epoch {
            for (room, seq) in moved {
                self.record.stands(seat.client, epoch, room, seq);
            }
        }
        for effect in effects {
            match effect {
                Effect::Changed(what) => {
                    if what.card && self.seats[at].tab.card().is_some() {
                        self.tally.saw(Seen::Card);
                    }
                    changed = what;
                }
                effect => self.carries_out(at, effect),
            }
        }
        changed
    }

    fn carries_out(&mut self, at: usize, effect: Effect) {
        match effect {
            Effect::OpenSocket { generation, after } => {
                self.lets_go(at);
                self.seats[at].opening = Some((generation, self.now + after.0));
            }
            Effect::CloseSocket => {
                self.lets_go(at);
                self.seats[at].opening = None;
            }
            Effect::SendFrame { generation, bytes } => self.sends(at, generation, bytes),
            Effect::Fetch { fetch, ask } => {
                let line = self.seats[at].line.and_then(|line| self.lines[line].as_mut());
                let first_level = line.and_then(|line| line.first_level.as_mut());
                if first_level.is_some_and(|socket| socket.asks(&ask)) {
                    self.tally.saw(Seen::FirstLevelFellOut);
                }
                let seat = &self.seats[at];
                self.asked.push(Asked {
                    seat: at,
                    client: seat.client,
                    generation: seat.tab.generation(),
                    fetch,
                    ask,
                    answer: None,
                });
            }
            Effect::Settled { command, outcome } => {
                // The client gave it up, or was told no; where it was told yes it is stored.
                if let Some(key) = command
                    .client_key()
                    .filter(|_| outcome.is_err() || matches!(command, Command::Leave(_)))
                {
                    self.record.leaves_alone(self.seats[at].user(), key);
                }
            }
            // A beacon that is lost is the rule here: what it carries is sent again.
            Effect::FetchKeepalive { .. }
            | Effect::GoToSignIn
            | Effect::NotQueued { .. }
            | Effect::EditNotQueued { .. }
            | Effect::Changed(_) => {}
        }
    }

    /// The tab closes its end: it says so, and hears nothing more.
    fn lets_go(&mut self, at: usize) {
        let Some(line) = self.seats[at].line.take().and_then(|line| self.lines[line].as_mut()) else {
            return;
        };
        line.has_tab = false;
        line.down.clear();
        if !line.is_dead {
            line.up.push_back(Message::Close(None));
        }
    }

    fn sends(&mut self, at: usize, generation: u32, bytes: Vec<u8>) {
        let seat = &self.seats[at];
        for item in frame::items(&bytes).expect("tabs send whole frames") {
            let command = match ClientItem::unpack(&item) {
                Ok(ClientItem::Command(command)) => Some(command),
                Ok(ClientItem::Greeting(Greeting::Numbered(numbered))) => Command::unpack(&numbered.command).ok(),
                _ => None,
            };
            if let Some(command) = command {
                self.record.sends(seat.user(), &command);
            }
        }
        let line = seat.line.and_then(|line| self.lines[line].as_mut());
        if let Some(line) = line.filter(|line| line.generation == generation && !line.is_dead) {
            let frames = match &mut line.first_level {
                Some(socket) => socket.sends(&bytes),
                None => vec![bytes],
            };
            line.up
                .extend(frames.into_iter().map(|frame| Message::Binary(frame.into())));
        }
    }

    // Wires.

    async fn opens(&mut self, at: usize) {
        let Some((generation, _)) = self.seats[at].opening.take() else {
            return;
        };
        let (who, epoch) = (self.seats[at].who, self.house.epoch());
        let house = &self.house;
        let is_of_first_level = self.seats[at].is_of_first_level();
        let mut line = Line::new(at, generation, who.user(), epoch, |mouth, ear| {
            house.converse(who, mouth, ear)
        });
        line.first_level = is_of_first_level.then(FirstLevel::default);
        let place = self.lines.len();
        self.lines.push(Some(line));
        self.talks(place).await;
        let is_refused = self.lines[place].as_ref().is_none_or(|line| line.talk.is_none());
        if is_refused {
            self.lines[place] = None;
            let code = ABNORMAL;
            self.tells(at, Input::SocketClosed { generation, code });
        } else {
            self.seats[at].line = Some(place);
            self.tells(at, Input::SocketOpened { generation });
        }
    }

    async fn carries_up(&mut self, at: usize) {
        let Some(line) = self.lines[at].as_mut() else { return };
        let Some(message) = line.up.pop_front() else { return };
        if let Message::Binary(bytes) = &message {
            let bytes = bytes.clone();
            self.notes(1, &bytes);
        }
        if let Some(line) = self.lines[at].as_mut() {
            line.reaches_server(message);
        }
        self.talks(at).await;
    }

    async fn talks(&mut self, at: usize) {
        let Some(line) = self.lines[at].as_mut() else { return };
        let Some(talk) = line.talk.as_mut() else { return };
        let is_over = talk.go(self.house.app.store.readers()).await.is_some();
        line.takes_what_is_said(self.moment);
        if is_over {
            line.talk = None;
            if line.is_over() && line.has_tab {
                self.drops(at);
            } else if line.is_over() {
                self.lines[at] = None;
            }
        }
    }

    /// A wire is gone without a last word.
    pub fn drops(&mut self, at: usize) {
        let Some(mut line) = self.lines[at].take() else { return };
        line.ends_for_server();
        let (seat, generation, has_tab) = (line.seat, line.generation, line.has_tab);
        if line.talk.is_some() {
            line.has_tab = false;
            line.up.clear();
            line.down.clear();
            self.lines[at] = Some(line);
        }
        if has_tab && self.seats[seat].line == Some(at) {
            self.seats[seat].line = None;
            if !self.seats[seat].is_asleep {
                let code = ABNORMAL;
                self.tells(seat, Input::SocketClosed { generation, code });
            }
        }
    }

    fn carries_down(&mut self, at: usize) {
        let Some((seat, generation, user, epoch)) = self.lines[at]
            .as_ref()
            .map(|line| (line.seat, line.generation, line.user, line.epoch))
        else {
            return;
        };
        let Some((said_at, message)) = self.lines[at].as_mut().and_then(Line::next_down) else {
            return;
        };
        let earlier = self
            .lines
            .iter()
            .flatten()
            .any(|line| line.down.front().is_some_and(|(at, _)| *at < said_at));
        if earlier {
            self.tally.saw(Seen::Reorder);
        }
        match message {
            Message::Binary(bytes) => {
                self.notes(2, &bytes);
                let listener = Listener {
                    client: self.seats[seat].client,
                    user,
                    epoch,
                    at: said_at,
                };
                self.record.hears_frame(listener, &bytes);
                self.first_level_receives(at, listener.client, &bytes);
                if has_item(&bytes, |item| matches!(item, ServerItem::Welcome(_))) {
                    self.seats[seat].epoch = Some(epoch);
                }
                if has_item(&bytes, |item| matches!(item, ServerItem::Advance(_))) {
                    self.tally.saw(Seen::FellOut);
                }
                let bytes = bytes.to_vec();
                self.tells(seat, Input::SocketFrame { generation, bytes });
            }
            // A browser answers these by itself.
            Message::Ping(bytes) => {
                if let Some(line) = self.lines[at].as_mut() {
                    line.up.push_back(Message::Pong(bytes));
                }
            }
            Message::Close(close) => {
                let code = close.map_or(ABNORMAL, |close| close.code);
                if let Some(line) = self.lines[at].as_mut() {
                    line.has_tab = false;
                    line.ends_for_server();
                }
                self.seats[seat].line = None;
                self.tells(seat, Input::SocketClosed { generation, code });
            }
            Message::Text(_) | Message::Pong(_) => {}
        }
        let is_over = self.lines[at].as_ref().is_some_and(Line::is_over);
        if is_over {
            let had_tab = self.lines[at].as_ref().is_some_and(|line| line.has_tab);
            if had_tab {
                self.drops(at);
            } else {
                self.lines[at] = None;
            }
        }
    }

    /// A frame that 0.1.0 does not understand breaks what was promised to it.
    fn first_level_receives(&mut self, at: usize, client: ClientId, bytes: &[u8]) {
        let line = self.lines[at].as_mut();
        let Some(socket) = line.and_then(|line| line.first_level.as_mut()) else {
            return;
        };
        for item in frame::items(bytes).unwrap_or_default() {
            if let Ok(item) = ServerItem::unpack(&item) {
                socket.receives(&item);
            }
        }
        let unknown = first_level::unknown_items(bytes).into_iter();
        let not_known = unknown.map(|item| (client, item));
        self.record.history.not_known.extend(not_known);
    }

    // The server.

    async fn goes_on_with(&mut self, at: usize) {
        if self.deeds[at].go(self.house.app.store.readers()).await.is_some() {
            drop(self.deeds.remove(at));
        }
    }

    async fn commits(&mut self) {
        let committed = self.house.commits().await;
        if committed.broke {
            self.tally.saw(Seen::BrokenCommit);
        }
        self.record.commits(self.house.epoch(), self.moment, &committed.told);
        for told in &committed.told {
            if let crate::server::writer::Told::User { event, .. } = told {
                self.counts_absences(&event.item);
            }
            if let crate::server::writer::Told::Room(event) = told {
                if !self.rooms.contains(&event.room) {
                    self.rooms.push(event.room);
                }
                if event.entry.change().is_ok_and(|change| is_membership(&change)) && !self.lines.is_empty() {
                    self.tally.saw(Seen::Membership);
                }
            }
        }
    }

    async fn answers(&mut self, at: usize) {
        let seat = &self.seats[self.asked[at].seat];
        let who = seat.who;
        let ask = &self.asked[at].ask;
        let question = if seat.is_of_first_level() {
            first_level::question(ask)
        } else {
            Question::current(ask.clone()).pack()
        };
        let answer = self.house.answers(&who, question).await;
        if let Ok(answer) = &answer {
            self.counts_news(answer);
        }
        self.asked[at].answer = Some((self.moment, self.house.epoch(), answer));
    }

    fn counts_news(&mut self, answer: &crate::wire::Envelope) {
        if let Ok(fetch::Answer::CaughtUp(answer)) = fetch::Answer::unpack(answer) {
            for told in &answer.rooms {
                self.tally.saw(match &told.news {
                    News::Same(_) => Seen::Same,
                    News::Delta(..) => Seen::Delta,
                    News::Jump(..) => Seen::Jump,
                    News::Reset(..) => Seen::Reset,
                    News::Gone => Seen::Gone,
                    News::Summary(_) => continue,
                });
            }
        }
    }

    fn hears_answer(&mut self, at: usize) {
        let asked = self.asked.remove(at);
        let Some((said_at, epoch, answer)) = asked.answer else {
            return;
        };
        let seat = &self.seats[asked.seat];
        if seat.client != asked.client {
            return;
        }
        let is_late = seat.tab.generation() != asked.generation;
        if is_late {
            self.tally.saw(Seen::LateAnswer);
        }
        let listener = Listener {
            client: asked.client,
            user: seat.user(),
            epoch,
            at: said_at,
        };
        if let Ok(envelope) = &answer {
            self.record.hears_answer(listener, envelope);
            if seat.is_of_first_level() && !first_level::knows_answer(envelope) {
                let not_known = (asked.client, envelope.clone());
                self.record.history.not_known.push(not_known);
            }
            let body = envelope.body.clone();
            self.notes(3, &body);
        }
        let twice = self.dice.happens(60);
        let is_log = !matches!(asked.ask, fetch::Ask::Whoami(_));
        let changed = self.tells_and_sees(
            asked.seat,
            Input::Fetched {
                fetch: asked.fetch,
                answer: answer.clone(),
            },
        );
        if is_late && is_log && changed.rooms {
            self.violations.push(Violation {
                promise: Promise::K6,
                what: format!("client {} took an answer of a socket that was gone", asked.client),
            });
        }
        if twice {
            self.tally.saw(Seen::DoubleAnswer);
            self.tells(
                asked.seat,
                Input::Fetched {
                    fetch: asked.fetch,
                    answer,
                },
            );
        }
    }

    /// The answer is lost on its way.
    pub fn loses_answer(&mut self, at: usize) {
        let asked = self.asked.remove(at);
        if self.seats[asked.seat].client == asked.client && !self.seats[asked.seat].is_asleep {
            let answer = Err(Problem::Unavailable);
            let fetch = asked.fetch;
            self.tells(asked.seat, Input::Fetched { fetch, answer });
        }
    }

    // Time.

    /// When something is due that only time brings.
    pub fn next_due(&self) -> Option<u64> {
        let seats = self.seats.iter().filter(|seat| !seat.is_asleep);
        seats
            .flat_map(|seat| [Some(seat.tick_at), seat.opening.map(|(_, due)| due)])
            .flatten()
            .min()
    }

    pub fn passes(&mut self, millis: u64) {
        if self
            .lines
            .iter()
            .flatten()
            .any(|line| !line.down.is_empty() || !line.up.is_empty())
        {
            self.tally.saw(Seen::Delay);
        }
        self.now += millis;
        self.sets_server_clock();
        for at in 0..self.seats.len() {
            if !self.seats[at].is_asleep && self.seats[at].tick_at <= self.now {
                self.steps();
                self.tells(at, Input::Tick);
            }
        }
    }

    pub fn sets_server_clock(&mut self) {
        let now = (START.0 + self.now).saturating_add_signed(self.server_ahead);
        self.clock.set(Millis(now));
        self.house.hub.expire();
    }

    /// Another server stands where this one stood, over these files.
    pub async fn opens_house(&mut self, image: &Image) {
        let folder = self.folder.join(self.houses.to_string());
        self.houses += 1;
        self.deeds.clear();
        for at in 0..self.lines.len() {
            if let Some(line) = self.lines[at].as_mut() {
                line.talk = None;
                self.drops(at);
            }
        }
        for asked in self.asked.iter_mut().filter(|asked| asked.answer.is_none()) {
            let epoch = self.house.epoch();
            asked.answer = Some((self.moment, epoch, Err(Problem::Unavailable)));
        }
        self.house = House::open(image, folder, &self.clock, &self.chance).await;
        self.house_number();
    }

    fn house_number(&mut self) {
        let number = u64::from(self.houses);
        self.notes(4, &number.to_le_bytes());
    }

    pub fn next_folder(&mut self) -> PathBuf {
        self.houses += 1;
        self.folder.join(format!("copy-{}", self.houses))
    }
}

fn is_membership(change: &crate::wire::Change) -> bool {
    use crate::wire::Change;
    matches!(
        change,
        Change::MemberJoined(_) | Change::MemberLeft(_) | Change::MemberRemoved(_)
    )
}

fn has_item(bytes: &[u8], is_it: impl Fn(&ServerItem) -> bool) -> bool {
    let items = frame::items(bytes).unwrap_or_default();
    items
        .iter()
        .any(|item| ServerItem::unpack(item).is_ok_and(|item| is_it(&item)))
}

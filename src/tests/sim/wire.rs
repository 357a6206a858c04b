//! A wire between a tab and the server: every frame is carried by hand.

use super::{first_level::FirstLevel, turn::Turn};
use crate::{
    server::socket::Progress,
    tests::checker::Moment,
    wire::{Epoch, UserId},
};
use axum::extract::ws::Message;
use futures_util::{Sink, Stream};
use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

/// Frames that a wire takes before the server has to wait.
const IN_FLIGHT_MAX: usize = 24;

pub struct Line {
    pub seat: usize,
    pub generation: u32,
    pub user: UserId,
    pub epoch: Epoch,
    /// On their way to the server.
    pub up: VecDeque<Message>,
    /// On their way to the tab, each with the moment it was said.
    pub down: VecDeque<(Moment, Message)>,
    /// Swallows everything and says nothing.
    pub is_dead: bool,
    /// The tab is still at its end.
    pub has_tab: bool,
    pub talk: Option<Turn<()>>,
    /// What it is to a tab of 0.1.0.
    pub first_level: Option<FirstLevel>,
    pipe: Pipe,
}

impl Line {
    pub fn new(
        seat: usize,
        generation: u32,
        user: UserId,
        epoch: Epoch,
        converse: impl FnOnce(Mouthpiece, Earpiece) -> Turn<()>,
    ) -> Self {
        let pipe = Pipe::default();
        let talk = converse(Mouthpiece(pipe.clone()), Earpiece(pipe.clone()));
        Self {
            seat,
            generation,
            user,
            epoch,
            up: VecDeque::new(),
            down: VecDeque::new(),
            is_dead: false,
            has_tab: true,
            talk: Some(talk),
            first_level: None,
            pipe,
        }
    }

    /// A frame comes to the server.
    pub fn reaches_server(&mut self, message: Message) {
        self.pipe.lock().heard.push_back(message);
        self.pipe.wake();
    }

    /// The server learns that the other side is gone.
    pub fn ends_for_server(&mut self) {
        self.pipe.lock().is_over = true;
        self.pipe.wake();
    }

    /// What the server has said since goes on the wire.
    pub fn takes_what_is_said(&mut self, now: Moment) {
        let said = std::mem::take(&mut self.pipe.lock().said);
        if !self.is_dead && self.has_tab {
            self.down.extend(said.into_iter().map(|message| (now, message)));
        }
        self.weigh();
    }

    pub fn next_down(&mut self) -> Option<(Moment, Message)> {
        let next = self.down.pop_front();
        self.weigh();
        self.pipe.wake();
        next
    }

    fn weigh(&self) {
        self.pipe.lock().in_flight = self.down.len();
    }

    pub fn is_over(&self) -> bool {
        self.talk.is_none() && (!self.has_tab || self.down.is_empty() && !self.is_dead)
    }
}

#[derive(Clone, Default)]
struct Pipe(Arc<Mutex<Inside>>);

#[derive(Default)]
struct Inside {
    heard: VecDeque<Message>,
    said: VecDeque<Message>,
    in_flight: usize,
    is_over: bool,
    progress: Progress,
    wakers: Vec<Waker>,
}

impl Pipe {
    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self) {
        let wakers = std::mem::take(&mut self.lock().wakers);
        wakers.into_iter().for_each(Waker::wake);
    }
}

/// The server's mouth.
pub struct Mouthpiece(Pipe);

/// The server's ear.
pub struct Earpiece(Pipe);

impl Mouthpiece {
    /// Counts frames: this wire takes each of them whole.
    pub fn progress(&self) -> Progress {
        self.0.lock().progress.clone()
    }
}

fn broken() -> axum::Error {
    axum::Error::new(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
}

impl Sink<Message> for Mouthpiece {
    type Error = axum::Error;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), axum::Error>> {
        let mut pipe = self.0.lock();
        if pipe.is_over {
            return Poll::Ready(Err(broken()));
        }
        if pipe.said.len() + pipe.in_flight >= IN_FLIGHT_MAX {
            pipe.wakers.push(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, message: Message) -> Result<(), axum::Error> {
        let mut pipe = self.0.lock();
        pipe.said.push_back(message);
        pipe.progress.count(1);
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), axum::Error>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), axum::Error>> {
        Poll::Ready(Ok(()))
    }
}

impl Stream for Earpiece {
    type Item = Result<Message, axum::Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut pipe = self.0.lock();
        match pipe.heard.pop_front() {
            Some(message) => Poll::Ready(Some(Ok(message))),
            None if pipe.is_over => Poll::Ready(None),
            None => {
                pipe.wakers.push(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

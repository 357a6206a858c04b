//! Looking at a future only when it was called itself.
//!
//! A connection is one task with two halves, and what is said to a thousand wakes a thousand of
//! them to write: the half that listens would be looked at as often, its read buffer cleared
//! and its alarm asked, for nothing.

use futures_util::task::AtomicWaker;
use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

/// A future that is passed over until it was called.
pub struct WhenWoken<F> {
    future: F,
    call: Arc<Call>,
    waker: Waker,
}

struct Call {
    is_due: AtomicBool,
    task: AtomicWaker,
}

impl Wake for Call {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is_due.store(true, Ordering::Release);
        self.task.wake();
    }
}

impl<F> WhenWoken<F> {
    /// It is looked at once before any call.
    pub fn new(future: F) -> Self {
        let call = Arc::new(Call {
            is_due: AtomicBool::new(true),
            task: AtomicWaker::new(),
        });
        Self {
            future,
            waker: Waker::from(call.clone()),
            call,
        }
    }
}

impl<F: Future + Unpin> Future for WhenWoken<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        // Before the look at the call: one that comes between is then heard by the task.
        this.call.task.register(context.waker());
        if !this.call.is_due.swap(false, Ordering::AcqRel) {
            return Poll::Pending;
        }
        Pin::new(&mut this.future).poll(&mut Context::from_waker(&this.waker))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::poll_fn;
    use std::{cell::Cell, pin::pin};
    use tokio::sync::Notify;

    #[tokio::test]
    async fn a_future_is_looked_at_once_and_then_after_each_call() {
        let (looks, called) = (Cell::new(0), Notify::new());
        let mut waits = pin!(called.notified());
        let mut future = WhenWoken::new(poll_fn(|context| {
            looks.set(looks.get() + 1);
            waits.as_mut().poll(context)
        }));
        for _ in 0..3 {
            assert!(futures_util::poll!(&mut future).is_pending());
        }
        assert_eq!(looks.get(), 1);
        called.notify_one();
        assert!(futures_util::poll!(&mut future).is_ready());
        assert_eq!(looks.get(), 2);
    }

    #[tokio::test]
    async fn a_call_wakes_the_task_that_waits() {
        let called = Arc::new(Notify::new());
        let waits = called.clone();
        let task = tokio::spawn(async move { WhenWoken::new(Box::pin(async move { waits.notified().await })).await });
        tokio::task::yield_now().await;
        called.notify_one();
        task.await.unwrap();
    }
}

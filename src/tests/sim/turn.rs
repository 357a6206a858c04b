//! Driving one future at a time: as far as it comes by itself, and no further.
//!
//! What a verb or a conversation waits for is either the store, which answers by itself,
//! or something that the simulator holds: a commit, the hub, the wire, the clock. It has
//! come to rest when no reader of the store is at work for it. The store has one reader,
//! so a queue for it says the same.

use crate::server::store::Readers;
use futures_util::{FutureExt, future::BoxFuture};
use std::{
    future::poll_fn,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

/// Something under way on the server, and whether it has reason to go on.
pub struct Turn<T> {
    future: BoxFuture<'static, T>,
    bell: Arc<Bell>,
}

#[derive(Default)]
struct Bell {
    rung: AtomicBool,
    listener: Mutex<Option<Waker>>,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.rung.store(true, Ordering::SeqCst);
        let listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(listener) = &*listener {
            listener.wake_by_ref();
        }
    }
}

impl<T> Turn<T> {
    pub fn new(future: impl Future<Output = T> + Send + 'static) -> Self {
        let bell = Arc::new(Bell::default());
        bell.rung.store(true, Ordering::SeqCst);
        Self {
            // A budget that runs out looks like a rest.
            future: tokio::task::unconstrained(future).boxed(),
            bell,
        }
    }

    /// What it waits for has come.
    pub fn is_due(&self) -> bool {
        self.bell.rung.load(Ordering::SeqCst)
    }

    /// Goes on until it rests; gives what it came to, if it came to its end.
    pub async fn go(&mut self, readers: &Arc<Readers>) -> Option<T> {
        let waker = Waker::from(self.bell.clone());
        let mut queueing = None;
        let came_to = poll_fn(|cx| {
            *self.bell.listener.lock().unwrap_or_else(PoisonError::into_inner) = Some(cx.waker().clone());
            // Given up before the future is looked at: it must not queue behind us.
            queueing = None;
            self.bell.rung.store(false, Ordering::SeqCst);
            if let Poll::Ready(output) = self.future.poll_unpin(&mut Context::from_waker(&waker)) {
                return Poll::Ready(Some(output));
            }
            if self.is_due() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            if readers.is_at_rest() {
                return Poll::Ready(None);
            }
            let mut reader = readers.acquire().boxed();
            match reader.poll_unpin(cx) {
                Poll::Ready(_) => Poll::Ready(None),
                Poll::Pending => {
                    queueing = Some(reader);
                    Poll::Pending
                }
            }
        })
        .await;
        *self.bell.listener.lock().unwrap_or_else(PoisonError::into_inner) = None;
        // What was spawned on the way has its first turn now, not at some moment later.
        for _ in 0..2 {
            tokio::task::yield_now().await;
        }
        came_to
    }
}

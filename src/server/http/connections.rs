//! Connections: each is taken, speaks HTTP/1.1 with the router, and ends in order when the
//! server is asked to stop.

use super::router;
use crate::{
    server::{
        app::App,
        clock::Clock,
        socket::{Counted, Progress},
    },
    wire::Millis,
};
use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    serve::{Listener, ListenerExt},
};
use futures_util::future::BoxFuture;
use hyper::{
    Request,
    body::Incoming,
    rt::{Sleep, Timer},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use std::{
    net::SocketAddr,
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::Service;

/// By then the head of a request must be there, counted from the beginning of its connection or from
/// the answer before. Whoever says nothing, or a letter now and then, would keep a place for ever.
/// Longer than proxies keep a connection without use (nginx one minute, Go one and a half, Caddy two): if they
/// end it, no request can meet its end.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(150);

/// Takes connections until the server is asked to stop, then returns when those that are open have
/// answered what they were asked. Sockets are connections no more.
pub async fn serve_connections(app: &App, listener: TcpListener) {
    let router = router(app);
    let mut http = http1::Builder::new();
    http.timer(ClockTimer::new(Arc::clone(&app.ambience.clock)))
        .header_read_timeout(HEAD_TIMEOUT);
    // Otherwise the kernel holds a frame back until the one before it was acknowledged, which
    // a browser that has nothing to say puts off for up to 40 ms.
    let mut listener = listener.tap_io(|wire| {
        if let Err(error) = wire.set_nodelay(true) {
            tracing::warn!(%error, "a connection holds small frames back");
        }
    });
    let open = TaskTracker::new();
    loop {
        let (wire, peer) = tokio::select! {
            () = app.stopping.cancelled() => break,
            taken = listener.accept() => taken,
        };
        open.spawn(serve_one(
            http.clone(),
            wire,
            peer,
            router.clone(),
            app.stopping.clone(),
        ));
    }
    drop(listener);
    open.close();
    open.wait().await;
}

async fn serve_one(
    http: http1::Builder,
    wire: TcpStream,
    peer: SocketAddr,
    router: Router,
    stopping: CancellationToken,
) {
    let progress = Progress::default();
    let wire = Counted::new(wire, progress.clone());
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(progress.clone());
        router.clone().call(request)
    });
    let mut connection = pin!(http.serve_connection(TokioIo::new(wire), service).with_upgrades());
    // How a connection ends is told to nobody: people close their laptops.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = stopping.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    drop(connection.await);
}

/// The server's clock, for a library that counts in instants.
struct ClockTimer {
    clock: Arc<dyn Clock>,
    /// One moment by both counts.
    origin: (Instant, Millis),
}

impl ClockTimer {
    fn new(clock: Arc<dyn Clock>) -> Self {
        let origin = (tokio::time::Instant::now().into_std(), clock.now());
        Self { clock, origin }
    }
}

impl Timer for ClockTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        let clock = Arc::clone(&self.clock);
        let ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let deadline = Millis(clock.now().0.saturating_add(ms));
        Box::pin(Nap(Mutex::new(Box::pin(async move {
            clock.sleep_until(deadline).await;
        }))))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        self.sleep(deadline.saturating_duration_since(self.now()))
    }

    /// A clock that was put back to before the server began stands still here: what is waited for is
    /// still as long.
    fn now(&self) -> Instant {
        let (origin, at) = self.origin;
        origin + Duration::from_millis(self.clock.now().0.saturating_sub(at.0))
    }
}

/// The library wants to share what it waits for, and never does: the lock is never taken.
struct Nap(Mutex<BoxFuture<'static, ()>>);

impl Future for Nap {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let nap = self.get_mut().0.get_mut().unwrap_or_else(PoisonError::into_inner);
        nap.as_mut().poll(context)
    }
}

impl Sleep for Nap {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::testing::MovedClock;
    use futures_util::poll;

    const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

    #[tokio::test]
    async fn a_clock_that_is_put_back_or_forward_makes_nobody_wait_longer() {
        let clock = MovedClock::new();
        let timer = ClockTimer::new(Arc::new(clock.clone()));
        let began = clock.now();
        for now in [began, Millis(began.0 - DAY_MS), Millis(began.0 + DAY_MS)] {
            clock.set(now);
            let mut nap = timer.sleep_until(timer.now() + HEAD_TIMEOUT);
            clock.advance(149_999);
            assert!(poll!(&mut nap).is_pending());
            clock.advance(1);
            assert!(poll!(&mut nap).is_ready(), "{now:?}");
        }
    }
}

//! Write progress of a connection's socket: the bytes that it has accepted.
//!
//! A reader is slow when its socket accepts nothing for a long time, not when much waits for it,
//! so bytes are counted where they leave.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Shared by the socket, which counts, and its connection.
#[derive(Clone, Default)]
pub struct Progress(Arc<Counters>);

#[derive(Default)]
struct Counters {
    bytes: AtomicU64,
    waits_for_socket: AtomicBool,
}

/// While it lives, there is more to send than the socket accepts.
pub struct Waiting<'a>(&'a Progress);

impl Progress {
    /// Bytes that the socket has accepted.
    pub fn bytes(&self) -> u64 {
        self.0.bytes.load(Ordering::Relaxed)
    }

    pub fn count(&self, bytes: usize) {
        self.0.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub fn wait_for_socket(&self) -> Waiting<'_> {
        self.0.waits_for_socket.store(true, Ordering::Relaxed);
        Waiting(self)
    }

    /// A client may be silent meanwhile: a ping waits behind what is to be sent.
    pub fn waits_for_socket(&self) -> bool {
        self.0.waits_for_socket.load(Ordering::Relaxed)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.0.waits_for_socket.store(false, Ordering::Relaxed);
    }
}

/// A socket whose progress is counted.
pub struct Counted<S> {
    socket: S,
    progress: Progress,
}

impl<S> Counted<S> {
    pub fn new(socket: S, progress: Progress) -> Self {
        Self { socket, progress }
    }

    fn counted(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(bytes)) = &written {
            self.progress.count(*bytes);
        }
        written
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(context, bytes);
        self.counted(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(context, slices);
        self.counted(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt;

    #[tokio::test]
    async fn bytes_count_when_the_socket_has_taken_them() {
        let (socket, _other) = tokio::io::duplex(4);
        let progress = Progress::default();
        let mut counted = Counted::new(socket, progress.clone());
        assert_eq!(counted.write(b"more than fits").await.unwrap(), 4);
        assert_eq!(progress.bytes(), 4);
        assert!(futures_util::poll!(std::pin::pin!(counted.write(b"more"))).is_pending());
        assert_eq!(progress.bytes(), 4);
    }
}

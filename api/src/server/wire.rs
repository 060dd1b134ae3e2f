//! A connection's bytes, with the limits that hyper does not have: the time a head may take from its first byte, and
//! the time a client may take nothing of what is written to it. And with an end that loses no answer.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes};
use http_body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

/// Between two requests.
const IDLE: u8 = 0;
/// A head has begun, or the connection has.
const HEAD: u8 = 1;
/// A request is being answered.
const ANSWERING: u8 = 2;

/// How long what a client still sends is taken in after the last answer. A client that goes on sending a body too large
/// has read the answer by then.
const LINGER: Duration = Duration::from_secs(2);

/// What a connection is doing, known to its bytes and to its service.
#[derive(Debug, Clone)]
pub(super) struct Phase(Arc<AtomicU8>);

impl Phase {
    pub(super) fn new() -> Self {
        Self(Arc::new(AtomicU8::new(HEAD)))
    }

    /// A head is complete. Dropping what is returned ends the answer.
    pub(super) fn answering(&self) -> Answering {
        self.0.store(ANSWERING, Ordering::Relaxed);
        Answering(self.clone())
    }

    fn now(&self) -> u8 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Lasts while a request is answered.
#[derive(Debug)]
pub(super) struct Answering(Phase);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.0.store(IDLE, Ordering::Relaxed);
    }
}

impl Answering {
    /// Lasts until `body` was sent.
    pub(super) fn until_sent(self, body: Body) -> Sent {
        Sent { body, _answering: self }
    }
}

/// A body that knows when it was sent.
#[derive(Debug)]
pub(super) struct Sent {
    body: Body,
    _answering: Answering,
}

impl http_body::Body for Sent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A time by which something must have happened.
#[derive(Debug, Default)]
struct Limit(Option<Pin<Box<Sleep>>>);

impl Limit {
    fn starts(&mut self, limit: Duration) {
        let deadline = Instant::now() + limit;
        match &mut self.0 {
            Some(sleep) => sleep.as_mut().reset(deadline),
            none => *none = Some(Box::pin(sleep_until(deadline))),
        }
    }

    fn ends(&mut self) {
        self.0 = None;
    }

    fn runs(&self) -> bool {
        self.0.is_some()
    }

    /// Errs when the time has passed.
    fn check(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        let Some(sleep) = &mut self.0 else { return Ok(()) };
        match sleep.as_mut().poll(cx) {
            Poll::Ready(()) => Err(io::Error::from(io::ErrorKind::TimedOut)),
            Poll::Pending => Ok(()),
        }
    }
}

/// The bytes.
#[derive(Debug)]
pub(super) struct Wire {
    stream: TcpStream,
    phase: Phase,
    head_limit: Duration,
    stall_limit: Duration,
    head: Limit,
    stall: Limit,
    linger: Limit,
}

impl Wire {
    pub(super) fn new(
        stream: TcpStream,
        phase: Phase,
        head_limit: Duration,
        stall_limit: Duration,
    ) -> Self {
        let mut head = Limit::default();
        // A connection that says nothing at all has no right to the idle limit.
        head.starts(head_limit);
        Self {
            stream,
            phase,
            head_limit,
            stall_limit,
            head,
            stall: Limit::default(),
            linger: Limit::default(),
        }
    }

    fn watch_writing<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stall.ends();
        } else {
            if !self.stall.runs() {
                self.stall.starts(self.stall_limit);
            }
            self.stall.check(cx)?;
        }
        written
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        let this = &mut *self;
        if buf.filled().len() > before
            && this
                .phase
                .0
                .compare_exchange(IDLE, HEAD, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        {
            this.head.starts(this.head_limit);
        }
        if this.phase.now() == HEAD {
            if read.is_pending() {
                this.head.check(cx)?;
            }
        } else {
            this.head.ends();
        }
        read
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.watch_writing(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.watch_writing(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.linger.runs() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
            self.linger.starts(LINGER);
        }
        // Closing with unread bytes would reset the connection and may take the answer with it.
        let mut discarded = [0; 16 * 1024];
        loop {
            let mut buf = ReadBuf::new(&mut discarded);
            match Pin::new(&mut self.stream).poll_read(cx, &mut buf) {
                Poll::Ready(Ok(())) if !buf.filled().is_empty() => (),
                Poll::Ready(_) => return Poll::Ready(Ok(())),
                Poll::Pending => {
                    let over = self.linger.check(cx).is_err();
                    return if over { Poll::Ready(Ok(())) } else { Poll::Pending };
                }
            }
        }
    }
}

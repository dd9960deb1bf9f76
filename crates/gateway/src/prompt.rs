//! A connection that has to say something soon.
//!
//! hyper tells HTTP/1 from HTTP/2 by a connection's first bytes and waits for them without a limit of
//! time; its own time limits begin after that. Whoever connects and stays silent would keep one of
//! the connections that there may be, for ever.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::Sleep,
};

/// As many bytes as tell the versions apart: HTTP/2's preface (RFC 9113, 3.4). No request of HTTP/1
/// that reaches a brand is shorter.
const TELLING: usize = 24;

/// A stream that fails to be read when its first bytes have not come in time.
#[derive(Debug)]
pub(crate) struct Prompt {
    stream: TcpStream,
    missing: usize,
    deadline: Pin<Box<Sleep>>,
}

impl Prompt {
    /// Gives `stream` this long.
    pub(crate) fn new(stream: TcpStream, within: Duration) -> Self {
        Self {
            stream,
            missing: TELLING,
            deadline: Box::pin(tokio::time::sleep(within)),
        }
    }
}

impl AsyncRead for Prompt {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        match Pin::new(&mut self.stream).poll_read(cx, buf) {
            Poll::Pending if self.missing > 0 => {
                ready!(self.deadline.as_mut().poll(cx));
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            polled => {
                self.missing = self.missing.saturating_sub(buf.filled().len() - before);
                polled
            }
        }
    }
}

impl AsyncWrite for Prompt {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

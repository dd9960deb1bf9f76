//! HTTP/1.1 as a provider's client speaks it: connections that are kept, each with one call under way.

use std::{
    io,
    net::SocketAddr,
    sync::{Mutex, PoisonError},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Connections to one server: one is taken for a call, and kept for the next.
#[derive(Debug)]
pub(crate) struct Wires {
    server: SocketAddr,
    idle: Mutex<Vec<TcpStream>>,
}

impl Wires {
    /// To `server`; none is open yet.
    pub(crate) fn to(server: SocketAddr) -> Self {
        Self {
            server,
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Sends a whole request and gives the answer's body.
    pub(crate) async fn ask(&self, request: &[u8]) -> io::Result<Vec<u8>> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut wire = match idle {
            Some(wire) => wire,
            None => {
                let wire = TcpStream::connect(self.server).await?;
                wire.set_nodelay(true)?;
                wire
            }
        };
        wire.write_all(request).await?;
        let body = answer(&mut wire).await?;
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(wire);
        Ok(body)
    }
}

/// One answer, whose head has its length.
async fn answer(wire: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut read = Vec::with_capacity(1_024);
    loop {
        if wire.read_buf(&mut read).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        let (head, body) = (&read[..end], end + 4);
        let length = length(head).ok_or(io::ErrorKind::InvalidData)?;
        if read.len() >= body + length {
            return Ok(read.split_off(body));
        }
    }
}

fn length(head: &[u8]) -> Option<usize> {
    let head = std::str::from_utf8(head).ok()?;
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = lines.find(|(name, _)| name.eq_ignore_ascii_case("content-length"))?;
    value.trim().parse().ok()
}

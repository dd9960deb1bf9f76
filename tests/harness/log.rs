//! What a house logs.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use tracing::{Dispatch, subscriber::DefaultGuard};
use tracing_subscriber::{filter::LevelFilter, fmt};

/// Everything that is logged on this thread, and with it everything that a house logs: a test's
/// tasks all run on its own thread.
pub struct Log {
    heard: Heard,
    _ours: DefaultGuard,
    /// While there is one subscriber only, tracing asks each thread's own whether a call site matters
    /// and remembers the answer for all: a thread that listens to nothing would silence this one.
    _second: Dispatch,
}

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<u8>>>);

impl Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Listens from now on, at every level.
    pub fn listen() -> Self {
        let heard = Heard::default();
        let writer = heard.clone();
        let everything = || fmt().with_max_level(LevelFilter::TRACE);
        let ours = everything().with_writer(move || writer.clone()).finish();
        Self {
            heard,
            _ours: tracing::subscriber::set_default(ours),
            _second: Dispatch::new(everything().with_writer(io::sink).finish()),
        }
    }

    /// What was logged until now.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.heard.0.lock().unwrap()).into_owned()
    }
}

//! A wire to a server, which can be listened to, can lose answers, can be slow, can be cut and can become a hole.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
    time::Duration,
};

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy, sink},
    net::{TcpListener, TcpStream},
};

/// A TCP proxy in front of one server.
pub struct Wire {
    /// Where it listens.
    pub address: SocketAddr,
    heard: Arc<Mutex<Vec<Vec<u8>>>>,
    state: Arc<AtomicU8>,
    delay: Arc<AtomicU64>,
}

const WHOLE: u8 = 0;
const LOSES_ANSWERS: u8 = 1;
const CUT: u8 = 2;
const SWALLOWS: u8 = 3;

/// A request as it went over a wire.
#[derive(Clone, Debug)]
pub struct Overheard {
    /// Its method.
    pub method: Method,
    /// Its path and query.
    pub path: String,
    /// Its headers, without those of its connection.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
}

impl Wire {
    /// A wire to a service.
    pub async fn to(service: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let wire = Self {
            address: listener.local_addr().unwrap(),
            heard: Arc::default(),
            state: Arc::default(),
            delay: Arc::default(),
        };
        let (heard, state, delay) = (
            Arc::clone(&wire.heard),
            Arc::clone(&wire.state),
            Arc::clone(&wire.delay),
        );
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (heard, state, delay) = (Arc::clone(&heard), Arc::clone(&state), Arc::clone(&delay));
                tokio::spawn(async move { carry(stream, service, &heard, &state, &delay).await });
            }
        });
        wire
    }

    /// A wire to the server of a URL, and the URL by way of it.
    pub async fn on(url: &str) -> (Self, String) {
        let from = 1 + url.rfind('@').unwrap_or_else(|| url.find("://").unwrap() + 2);
        let to = from + url[from..].find('/').unwrap();
        let wire = Self::to(url[from..to].parse().unwrap()).await;
        let by_way = format!("{}{}{}", &url[..from], wire.address, &url[to..]);
        (wire, by_way)
    }

    /// From now on whatever goes over it, either way, takes this long.
    pub fn slow(&self, delay: Duration) {
        self.delay
            .store(u64::try_from(delay.as_millis()).unwrap(), Ordering::SeqCst);
    }

    /// From now on requests arrive and their answers do not.
    pub fn lose_answers(&self, lose: bool) {
        self.state
            .store(if lose { LOSES_ANSWERS } else { WHOLE }, Ordering::SeqCst);
    }

    /// From now on nothing gets through.
    pub fn cut(&self, cut: bool) {
        self.state.store(if cut { CUT } else { WHOLE }, Ordering::SeqCst);
    }

    /// From now on it is a hole: what is sent into it arrives nowhere, and nobody is told. Whoever sends into it stays in
    /// it for good.
    pub fn swallow(&self, swallow: bool) {
        self.state
            .store(if swallow { SWALLOWS } else { WHOLE }, Ordering::SeqCst);
    }

    /// What went over it last.
    pub fn last(&self) -> Overheard {
        read(
            self.heard
                .lock()
                .unwrap()
                .last()
                .expect("nothing went over the wire"),
        )
    }
}

async fn carry(
    mut edge: TcpStream,
    service: SocketAddr,
    heard: &Mutex<Vec<Vec<u8>>>,
    state: &AtomicU8,
    delay: &AtomicU64,
) {
    let state = || state.load(Ordering::SeqCst);
    let late = async || match delay.load(Ordering::SeqCst) {
        0 => {}
        delay => tokio::time::sleep(Duration::from_millis(delay)).await,
    };
    if state() == CUT {
        return;
    }
    let Ok(mut service) = TcpStream::connect(service).await else {
        return;
    };
    let (mut asked, mut answered) = ([0; 16 * 1024], [0; 16 * 1024]);
    let mut asks_anew = true;
    loop {
        tokio::select! {
            read = edge.read(&mut asked) => {
                late().await;
                match read {
                    _ if state() == SWALLOWS => return swallowed(edge, service).await,
                    Ok(count) if count > 0 && state() != CUT && service.write_all(&asked[..count]).await.is_ok() => {
                        let mut heard = heard.lock().unwrap();
                        if asks_anew {
                            heard.push(Vec::new());
                        }
                        heard.last_mut().unwrap().extend_from_slice(&asked[..count]);
                        asks_anew = false;
                    }
                    _ => return,
                }
            },
            read = service.read(&mut answered) => {
                late().await;
                match read {
                    _ if state() == SWALLOWS => return swallowed(edge, service).await,
                    // The answer is there, so what was asked for is done; both ends see the wire cut.
                    Ok(count) if count > 0 && state() == WHOLE && edge.write_all(&answered[..count]).await.is_ok() => asks_anew = true,
                    _ => return,
                }
            },
        }
    }
}

/// Neither end hears of the other any more, not that it is gone either.
async fn swallowed(mut edge: TcpStream, mut service: TcpStream) {
    let (mut asked, mut answered) = (sink(), sink());
    let _ = tokio::join!(copy(&mut edge, &mut asked), copy(&mut service, &mut answered));
}

fn read(bytes: &[u8]) -> Overheard {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap().split(' ');
    let (method, path) = (
        first.next().unwrap().parse().unwrap(),
        first.next().unwrap().to_owned(),
    );
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        if !["host", "content-length", "connection"].contains(&name.to_lowercase().as_str()) {
            headers.append(
                name.parse::<HeaderName>().unwrap(),
                value.parse::<HeaderValue>().unwrap(),
            );
        }
    }
    Overheard {
        method,
        path,
        headers,
        body: bytes[end + 4..].to_vec(),
    }
}

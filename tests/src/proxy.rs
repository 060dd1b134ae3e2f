//! A TCP proxy between a program and its PostgreSQL, or a marketplace: slow, cut at the worst moment, or held.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use reqwest::Url;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Larger than most messages, so that one read is one message or a few.
const CHUNK_BYTES: usize = 64 * 1024;

/// No request has this number.
const NEVER: usize = usize::MAX;

/// A proxy. Dropped, it takes no more connections.
pub struct Proxy {
    url: Url,
    faults: Arc<Faults>,
    accepting: JoinHandle<()>,
}

/// What is done to those who pass.
struct Faults {
    delay_millis: AtomicU64,
    cut: Mutex<Option<Cut>>,
    cuts: AtomicUsize,
    requests: AtomicUsize,
    hold_at: AtomicUsize,
    hold_marked: Mutex<Option<Vec<u8>>>,
    halve_marked: Mutex<Option<Vec<u8>>>,
    holding: AtomicUsize,
    held: watch::Sender<bool>,
}

/// Which answers never arrive.
struct Cut {
    marker: Vec<u8>,
    probability: f64,
    chance: StdRng,
}

impl Proxy {
    /// Starts one before the database at `url`.
    ///
    /// # Errors
    /// When `url` is no address, or the system gives no port.
    pub async fn start(url: &str) -> anyhow::Result<Self> {
        let mut url = Url::parse(url).context("the address of a database")?;
        let host = url.host_str().context("an address has a host")?;
        let port = url.port().unwrap_or(5432);
        let target = tokio::net::lookup_host((host, port)).await?.next();
        let target = target.context("the host of the database is not known")?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let ours = listener.local_addr()?;
        url.set_host(Some("127.0.0.1"))?;
        url.set_port(Some(ours.port())).map_err(|()| anyhow!("the address takes no port"))?;
        let faults = Arc::new(Faults {
            delay_millis: AtomicU64::new(0),
            cut: Mutex::default(),
            cuts: AtomicUsize::new(0),
            requests: AtomicUsize::new(0),
            hold_at: AtomicUsize::new(NEVER),
            hold_marked: Mutex::default(),
            halve_marked: Mutex::default(),
            holding: AtomicUsize::new(0),
            held: watch::Sender::new(false),
        });
        let accepting = tokio::spawn(accept(listener, target, Arc::clone(&faults)));
        Ok(Self { url, faults, accepting })
    }

    /// Returns the address of the database through here.
    #[must_use]
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// Keeps everything that the client sends for so long before it goes on.
    pub fn delay(&self, delay: Duration) {
        let millis = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self.faults.delay_millis.store(millis, Ordering::Relaxed);
    }

    /// Of the requests that hold `marker`, lets this share reach the server, and cuts the connection when its answer
    /// comes: what was asked for is done, and the client does not hear of it. The same seed cuts the same share again.
    ///
    /// # Panics
    /// When a thread panicked here.
    pub fn cut_answers(&self, marker: &str, probability: f64, seed: u64) {
        let chance = StdRng::seed_from_u64(seed);
        let cut = Cut { marker: marker.as_bytes().to_vec(), probability, chance };
        *self.faults.cut.lock().expect("nobody panics with it") = Some(cut);
    }

    /// Cuts no more answers.
    ///
    /// # Panics
    /// When a thread panicked here.
    pub fn spare_answers(&self) {
        *self.faults.cut.lock().expect("nobody panics with it") = None;
    }

    /// Returns how many answers were cut off.
    #[must_use]
    pub fn cuts(&self) -> usize {
        self.faults.cuts.load(Ordering::Relaxed)
    }

    /// Counts requests anew, and holds the one with this number, from 0, until [`Self::release`].
    pub fn hold_request(&self, number: usize) {
        self.faults.requests.store(0, Ordering::SeqCst);
        self.faults.hold_at.store(number, Ordering::SeqCst);
    }

    /// Returns how many requests there were since [`Self::hold_request`].
    #[must_use]
    pub fn requests(&self) -> usize {
        self.faults.requests.load(Ordering::SeqCst)
    }

    /// Tells whether a request is held.
    #[must_use]
    pub fn is_holding(&self) -> bool {
        *self.faults.held.borrow()
    }

    /// Holds every request that holds `marker` until [`Self::release`]. A statement is known by its words where a
    /// connection prepares it, which is once.
    ///
    /// # Panics
    /// When a thread panicked here.
    pub fn hold_marked(&self, marker: &str) {
        let marker = marker.as_bytes().to_vec();
        *self.faults.hold_marked.lock().expect("nobody panics with it") = Some(marker);
    }

    /// Holds everything from now on until [`Self::release`]: the client is cut off, and does not hear that it is.
    pub fn hold_all(&self) {
        self.hold_marked("");
    }

    /// Of every request that holds `marker`, lets what is before the marker's middle reach the server, and holds the
    /// rest. [`Self::release`] cuts such a connection: the rest never comes.
    ///
    /// # Panics
    /// When a thread panicked here.
    pub fn halve_marked(&self, marker: &str) {
        let marker = marker.as_bytes().to_vec();
        *self.faults.halve_marked.lock().expect("nobody panics with it") = Some(marker);
    }

    /// Returns how many requests are held.
    #[must_use]
    pub fn holding(&self) -> usize {
        self.faults.holding.load(Ordering::SeqCst)
    }

    /// Lets go what is held, and holds nothing more.
    ///
    /// # Panics
    /// When a thread panicked here.
    pub fn release(&self) {
        self.faults.hold_at.store(NEVER, Ordering::SeqCst);
        *self.faults.hold_marked.lock().expect("nobody panics with it") = None;
        *self.faults.halve_marked.lock().expect("nobody panics with it") = None;
        self.faults.held.send_replace(false);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Faults {
    /// Tells whether the answer to this request is to be lost.
    fn cuts_answer_to(&self, request: &[u8]) -> bool {
        let mut cut = self.cut.lock().expect("nobody panics with it");
        cut.as_mut().is_some_and(|Cut { marker, probability, chance }| {
            holds(request, marker) && chance.random_bool(*probability)
        })
    }

    async fn hold(&self, request: &[u8]) {
        let number = self.requests.fetch_add(1, Ordering::SeqCst);
        if number == self.hold_at.load(Ordering::SeqCst) || self.holds(request) {
            self.until_released().await;
        }
    }

    async fn until_released(&self) {
        let mut held = self.held.subscribe();
        self.held.send_replace(true);
        self.holding.fetch_add(1, Ordering::SeqCst);
        // The sender lives as long as these faults do.
        let _ = held.wait_for(|held| !held).await;
        self.holding.fetch_sub(1, Ordering::SeqCst);
    }

    /// Returns how much of this request is let through before it is held, if it is to be halved.
    fn half_of(&self, request: &[u8]) -> Option<usize> {
        let marker = self.halve_marked.lock().expect("nobody panics with it");
        let marker = marker.as_ref()?;
        let at = request.windows(marker.len()).position(|part| part == marker)?;
        Some(at + marker.len() / 2)
    }

    fn holds(&self, request: &[u8]) -> bool {
        let marker = self.hold_marked.lock().expect("nobody panics with it");
        marker.as_ref().is_some_and(|marker| holds(request, marker))
    }
}

fn holds(request: &[u8], marker: &[u8]) -> bool {
    marker.is_empty() || request.windows(marker.len()).any(|part| part == marker)
}

async fn accept(listener: TcpListener, target: SocketAddr, faults: Arc<Faults>) {
    while let Ok((client, _)) = listener.accept().await {
        let faults = Arc::clone(&faults);
        tokio::spawn(async move {
            // Where the server does not listen, the client is cut off too. Either side may break off at any time.
            let Ok(server) = TcpStream::connect(target).await else { return };
            let _ = (client.set_nodelay(true), server.set_nodelay(true));
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            let lost = AtomicBool::new(false);
            // Whichever ends first, both sides are cut.
            tokio::select! {
                _ = requests(from_client, to_server, &faults, &lost) => {}
                _ = answers(from_server, to_client, &faults, &lost) => {}
            }
        });
    }
}

async fn requests(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    faults: &Faults,
    lost: &AtomicBool,
) -> std::io::Result<()> {
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = client.read(&mut chunk).await?;
        if read == 0 {
            return Ok(());
        }
        if let Some(half) = faults.half_of(&chunk[..read]) {
            server.write_all(&chunk[..half]).await?;
            faults.until_released().await;
            return Ok(());
        }
        faults.hold(&chunk[..read]).await;
        let delay = faults.delay_millis.load(Ordering::Relaxed);
        if delay > 0 {
            tokio::time::sleep(Duration::from_millis(delay)).await;
        }
        if faults.cuts_answer_to(&chunk[..read]) {
            lost.store(true, Ordering::Release);
        }
        server.write_all(&chunk[..read]).await?;
    }
}

async fn answers(
    mut server: OwnedReadHalf,
    mut client: OwnedWriteHalf,
    faults: &Faults,
    lost: &AtomicBool,
) -> std::io::Result<()> {
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = server.read(&mut chunk).await?;
        if read == 0 {
            return Ok(());
        }
        if lost.load(Ordering::Acquire) {
            faults.cuts.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        }
        client.write_all(&chunk[..read]).await?;
    }
}

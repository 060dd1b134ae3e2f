//! How many requests of a cabinet are under way at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use adapters::http::{Failure, SendOutcome, Timeouts};
use adapters::yandex::{Client, IN_FLIGHT_MAX, InFlight, PageRequest, READING_MAX};
use futures::future::join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::{BUSINESS, KEY, client_with, transport};
use crate::wire::{Then, Wire};

const ANSWER: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\n\
    Content-Length: 28\r\n\r\n{\"result\":{\"comments\":null}}";

/// A marketplace that holds every request back until it is let through.
struct Gate {
    address: String,
    under_way: Arc<AtomicUsize>,
    through: Arc<Semaphore>,
}

impl Gate {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let gate =
            Self { address, under_way: Arc::default(), through: Arc::new(Semaphore::new(0)) };
        let (under_way, through) = (gate.under_way.clone(), gate.through.clone());
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let (under_way, through) = (under_way.clone(), through.clone());
                tokio::spawn(async move {
                    let mut request = Vec::new();
                    while !request.ends_with(b"}") {
                        let read = stream.read_buf(&mut request).await.unwrap();
                        assert!(read > 0, "the request breaks off");
                    }
                    under_way.fetch_add(1, Ordering::SeqCst);
                    through.acquire().await.unwrap().forget();
                    under_way.fetch_sub(1, Ordering::SeqCst);
                    // Nobody waits for it where the call was given up.
                    let _ = stream.write_all(ANSWER.as_bytes()).await;
                });
            }
        });
        gate
    }

    /// Returns how many requests are under way once it is `expected`, and long after.
    async fn settled(&self, expected: usize) -> usize {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(5);
        while self.under_way.load(Ordering::SeqCst) < expected {
            assert!(tokio::time::Instant::now() < deadline, "{expected} requests have not come");
            tokio::task::yield_now().await;
        }
        // What else would leave has its turn now: all of it runs on this one thread.
        for _ in 0..2000 {
            tokio::task::yield_now().await;
        }
        self.under_way.load(Ordering::SeqCst)
    }
}

fn clients(in_flight: &InFlight, address: &str, business_id: &str) -> Vec<Client> {
    let transport = transport(Timeouts::default());
    let client = || Client::new(&transport, in_flight, address, business_id, KEY.into());
    (0..4).map(|_| client()).collect()
}

#[tokio::test]
async fn no_more_than_two_requests_of_a_cabinet_are_under_way() {
    let gate = Gate::start().await;
    let in_flight = InFlight::default();
    let clients = clients(&in_flight, &gate.address, BUSINESS);
    let calls = clients.into_iter().map(|client| async move {
        let _ = client.send_message("7", "Здравствуйте!").await;
    });
    let calls = tokio::spawn(join_all(calls.collect::<Vec<_>>()));
    assert_eq!(gate.settled(IN_FLIGHT_MAX).await, IN_FLIGHT_MAX);
    // One ends and another takes its place.
    gate.through.add_permits(1);
    assert_eq!(gate.settled(IN_FLIGHT_MAX).await, IN_FLIGHT_MAX);
    gate.through.add_permits(10);
    calls.await.unwrap();
}

#[tokio::test]
async fn reading_leaves_a_place_for_a_reply() {
    let gate = Gate::start().await;
    let in_flight = InFlight::default();
    let reads = clients(&in_flight, &gate.address, BUSINESS).into_iter().map(|client| async move {
        client.comments("1", &PageRequest::default()).await.unwrap();
    });
    let reads = tokio::spawn(join_all(reads.collect::<Vec<_>>()));
    assert_eq!(gate.settled(READING_MAX).await, READING_MAX);
    let client = client_with(Timeouts::default(), &in_flight, &gate.address);
    let reply = tokio::spawn(async move { client.send_message("7", "Здравствуйте!").await });
    assert_eq!(gate.settled(IN_FLIGHT_MAX).await, IN_FLIGHT_MAX);
    gate.through.add_permits(10);
    reads.await.unwrap();
    let _ = reply.await.unwrap();
}

#[tokio::test]
async fn cabinets_do_not_wait_for_each_other() {
    let gate = Gate::start().await;
    let in_flight = InFlight::default();
    let mut clients_of_two = clients(&in_flight, &gate.address, "1");
    clients_of_two.extend(clients(&in_flight, &gate.address, "2"));
    let calls = clients_of_two.into_iter().map(|client| async move {
        client.comments("1", &PageRequest::default()).await.unwrap();
    });
    let calls = tokio::spawn(join_all(calls.collect::<Vec<_>>()));
    assert_eq!(gate.settled(2 * READING_MAX).await, 2 * READING_MAX);
    gate.through.add_permits(10);
    calls.await.unwrap();
}

#[tokio::test]
async fn what_finds_no_place_in_time_has_not_left() {
    let wire = Wire::start(&[Then::Silence, Then::Silence]).await;
    let in_flight = InFlight::with_patience(Duration::from_millis(50));
    let client = client_with(Timeouts::default(), &in_flight, &wire.url("http"));
    let held: Vec<_> = (0..IN_FLIGHT_MAX)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.send_message("7", "Здравствуйте!").await })
        })
        .collect();
    // Once both have come, the places are taken.
    while wire.requests().await.1.len() < IN_FLIGHT_MAX {
        tokio::task::yield_now().await;
    }
    let outcome = client.send_message("8", "Здравствуйте!").await;
    let SendOutcome::NotSent(error) = outcome else {
        panic!("{outcome:?}");
    };
    let second = Duration::from_secs(1);
    assert_eq!(error.failure, Failure::RateLimited { retry_after: second });
    let (_, requests) = wire.requests().await;
    assert!(requests.iter().all(|(_, line)| line.contains("chatId=7")), "{requests:?}");
    held.iter().for_each(tokio::task::JoinHandle::abort);
}

/// A call that is given up leaves its place to others.
#[tokio::test]
async fn a_cancelled_call_gives_its_place_back() {
    let gate = Gate::start().await;
    let in_flight = InFlight::default();
    let calls: Vec<_> = clients(&in_flight, &gate.address, BUSINESS)
        .into_iter()
        .take(IN_FLIGHT_MAX)
        .map(|client| {
            tokio::spawn(async move { client.send_message("7", "Здравствуйте!").await })
        })
        .collect();
    gate.settled(IN_FLIGHT_MAX).await;
    for call in calls {
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
    }
    gate.through.add_permits(10);
    let client = client_with(Timeouts::default(), &in_flight, &gate.address);
    client.comments("1", &PageRequest::default()).await.unwrap();
}

//! What a write must never do: leave twice, or be called unsent when it may have left.

use std::time::Duration;

use adapters::http::{Failure, SendOutcome};
use domain::interaction::UnknownReason;
use tokio::net::{TcpSocket, TcpStream};

use super::{client, impatient};
use crate::wire::{LOST, NO_HANDSHAKE, Then, Wire, failure, nobody, unknown};

const ACCEPTED: &str = "HTTP/1.1 204 No Content\r\n\r\n";
const ANSWER: &str = "POST /api/v1/feedbacks/answer HTTP/1.1";
const EDIT: &str = "PATCH /api/v1/feedbacks/answer HTTP/1.1";

#[tokio::test]
async fn a_write_leaves_once_whatever_becomes_of_its_connection() {
    for (then, reason) in LOST {
        let wire = Wire::start(&[then, Then::Say(ACCEPTED), Then::Say(ACCEPTED)]).await;
        let client = impatient(&wire.url("http"));
        let outcome = client.answer("id", "Спасибо!").await;
        assert_eq!(unknown(&outcome), Some(reason), "{then:?}: {outcome:?}");
        let (connections, requests) = wire.requests().await;
        assert_eq!(requests, [(1, ANSWER.to_owned())], "{then:?}");
        assert_eq!(connections, 1, "{then:?}");
    }
}

#[tokio::test]
async fn every_write_takes_a_connection_of_its_own() {
    // The marketplace keeps the first connection open and closes the second one after its answer.
    let wire = Wire::start(&[Then::Say(ACCEPTED), Then::SayAndClose(ACCEPTED), Then::Reset]).await;
    let client = client(&wire.url("http"));
    assert!(matches!(client.answer("a", "Спасибо!").await, SendOutcome::Accepted(_)));
    assert!(matches!(client.edit_answer("a", "Спасибо!").await, SendOutcome::Accepted(_)));
    let lost = client.answer("b", "Спасибо!").await;
    assert_eq!(unknown(&lost), Some(UnknownReason::ConnectionLost));
    let (connections, requests) = wire.requests().await;
    let expected = [(1, ANSWER), (2, EDIT), (3, ANSWER)].map(|(n, line)| (n, line.to_owned()));
    assert_eq!((connections, requests.as_slice()), (3, expected.as_slice()));
}

#[tokio::test]
async fn reads_share_a_connection_and_are_not_repeated_either() {
    let page = "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"Status\":\"OK\"}";
    let wire = Wire::start(&[Then::Say(page), Then::Say(page), Then::Reset]).await;
    let client = client(&wire.url("http"));
    client.ping().await.unwrap();
    client.ping().await.unwrap();
    let lost = client.ping().await.unwrap_err();
    assert_eq!(lost.failure, Failure::NoAnswer { timed_out: false });
    let (connections, requests) = wire.requests().await;
    assert_eq!((connections, requests.len()), (1, 3), "{requests:?}");
}

#[tokio::test]
async fn what_cannot_connect_has_not_left() {
    for address in nobody().await {
        let outcome = impatient(&address).answer("id", "Спасибо!").await;
        assert_eq!(failure(&outcome), Some(Failure::Unreachable), "{address}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_connection_that_does_not_come_about_in_time_has_carried_nothing() {
    // A listener that accepts nobody: once its queue is full, the system lets further connections wait.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queue = Vec::new();
    while let Ok(stream) =
        tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(address)).await
    {
        queue.push(stream.unwrap());
        assert!(queue.len() < 100, "the queue does not fill");
    }
    let outcome = impatient(&format!("http://{address}")).answer("id", "Спасибо!").await;
    assert_eq!(failure(&outcome), Some(Failure::Unreachable), "{outcome:?}");
}

#[tokio::test]
async fn a_failed_handshake_has_carried_nothing() {
    for then in NO_HANDSHAKE {
        let wire = Wire::start(&[then]).await;
        let outcome = impatient(&wire.url("https")).answer("id", "Спасибо!").await;
        assert_eq!(failure(&outcome), Some(Failure::Unreachable), "{then:?}: {outcome:?}");
        let (_, requests) = wire.requests().await;
        assert!(requests.iter().all(|(_, line)| !line.contains("POST")), "{then:?}");
    }
}

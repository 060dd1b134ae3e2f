//! What a write must never do: leave twice, or be called unsent when it may have left.

use adapters::http::{Failure, SendOutcome};
use domain::interaction::UnknownReason;

use super::methods::{self, WRITES};
use super::{client, impatient};
use crate::wire::{LOST, NO_HANDSHAKE, Then, Wire, failure, nobody, unknown};

const ACCEPTED: &str = "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"result\":\"success\"}";

fn line(path: &str) -> String {
    format!("POST {path} HTTP/1.1")
}

#[tokio::test]
async fn a_write_leaves_once_whatever_becomes_of_its_connection() {
    for (then, reason) in LOST {
        let wire = Wire::start(&[then, Then::Say(ACCEPTED), Then::Say(ACCEPTED)]).await;
        let path = "/v1/review/comment/create";
        let outcome = methods::write(&impatient(&wire.url("http")), path).await;
        assert_eq!(unknown(&outcome), Some(reason), "{then:?}: {outcome:?}");
        let (connections, requests) = wire.requests().await;
        assert_eq!((connections, requests), (1, vec![(1, line(path))]), "{then:?}");
    }
}

#[tokio::test]
async fn every_write_takes_a_connection_of_its_own() {
    // The marketplace keeps each connection open, and breaks the last one.
    let script: Vec<_> = WRITES.iter().map(|_| Then::Say(ACCEPTED)).chain([Then::Reset]).collect();
    let wire = Wire::start(&script).await;
    let client = client(&wire.url("http"));
    for path in WRITES {
        let outcome = methods::write(&client, path).await;
        assert!(matches!(outcome, SendOutcome::Accepted(_)), "{path}: {outcome:?}");
    }
    let lost = methods::write(&client, WRITES[0]).await;
    assert_eq!(unknown(&lost), Some(UnknownReason::ConnectionLost));
    let (connections, requests) = wire.requests().await;
    let expected: Vec<_> =
        WRITES.into_iter().chain([WRITES[0]]).enumerate().map(|(n, p)| (n + 1, line(p))).collect();
    assert_eq!((connections, requests), (WRITES.len() + 1, expected));
}

#[tokio::test]
async fn reads_share_a_connection_and_are_not_repeated_either() {
    let page = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{\"roles\":[]}";
    let wire = Wire::start(&[Then::Say(page), Then::Say(page), Then::Reset]).await;
    let client = client(&wire.url("http"));
    client.key_facts().await.unwrap();
    client.key_facts().await.unwrap();
    let lost = client.key_facts().await.unwrap_err();
    assert_eq!(lost.failure, Failure::NoAnswer { timed_out: false });
    let (connections, requests) = wire.requests().await;
    assert_eq!((connections, requests.len()), (1, 3), "{requests:?}");
}

#[tokio::test]
async fn what_cannot_connect_has_not_left() {
    for address in nobody().await {
        for path in WRITES {
            let outcome = methods::write(&impatient(&address), path).await;
            assert_eq!(failure(&outcome), Some(Failure::Unreachable), "{address}: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn a_failed_handshake_has_carried_nothing() {
    for then in NO_HANDSHAKE {
        let wire = Wire::start(&[then]).await;
        let outcome = impatient(&wire.url("https")).send_message("c-1", "Да").await;
        assert_eq!(failure(&outcome), Some(Failure::Unreachable), "{then:?}: {outcome:?}");
        let (_, requests) = wire.requests().await;
        assert!(requests.iter().all(|(_, line)| !line.contains("POST")), "{then:?}");
    }
}

//! What a write must never do: leave twice, or be called unsent when it may have left.

use adapters::http::{Failure, SendOutcome};
use adapters::yandex::{Client, Entity, File, PageRequest};
use domain::interaction::UnknownReason;

use super::{client, impatient};
use crate::wire::{LOST, Then, Wire, failure, nobody, unknown};

const ACCEPTED: &str = "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"status\":\"OK\"}";
const MESSAGE: &str = "POST /v2/businesses/1234567/chats/message?chatId=7 HTTP/1.1";
const FILE: &str = "POST /v2/businesses/1234567/chats/file/send?chatId=7 HTTP/1.1";
const COMMENT: &str = "POST /v2/businesses/1234567/goods-feedback/comments/update HTTP/1.1";
const ANSWER: &str = "POST /v1/businesses/1234567/goods-questions/update HTTP/1.1";

/// Makes the write that begins with `line`.
async fn write(client: &Client, line: &str) -> SendOutcome {
    match line {
        MESSAGE => client.send_message("7", "Здравствуйте!").await,
        FILE => {
            let (name, content_type) = ("a.png".to_owned(), "image/png".to_owned());
            client.send_file("7", File { name, content_type, bytes: vec![1; 100_000] }).await
        }
        COMMENT => client.write_comment("1", None, "Спасибо!").await,
        ANSWER => client.write_answer(Entity::Question("11"), "Да").await,
        line => panic!("{line}"),
    }
}

#[tokio::test]
async fn a_write_leaves_once_whatever_becomes_of_its_connection() {
    for (then, reason) in LOST {
        for line in [MESSAGE, FILE, COMMENT, ANSWER] {
            let wire = Wire::start(&[then, Then::Say(ACCEPTED), Then::Say(ACCEPTED)]).await;
            let outcome = write(&impatient(&wire.url("http")), line).await;
            assert_eq!(unknown(&outcome), Some(reason), "{then:?}: {outcome:?}");
            let (connections, requests) = wire.requests().await;
            assert_eq!(requests, [(1, line.to_owned())], "{then:?}");
            assert_eq!(connections, 1, "{then:?}");
        }
    }
}

#[tokio::test]
async fn every_write_takes_a_connection_of_its_own() {
    // The marketplace keeps the first connection open and closes the second one after its answer.
    let wire = Wire::start(&[Then::Say(ACCEPTED), Then::SayAndClose(ACCEPTED), Then::Reset]).await;
    let client = client(&wire.url("http"));
    assert!(matches!(write(&client, MESSAGE).await, SendOutcome::Accepted(_)));
    assert!(matches!(write(&client, COMMENT).await, SendOutcome::Accepted(_)));
    let lost = write(&client, ANSWER).await;
    assert_eq!(unknown(&lost), Some(UnknownReason::ConnectionLost));
    let (connections, requests) = wire.requests().await;
    let expected = [(1, MESSAGE), (2, COMMENT), (3, ANSWER)].map(|(n, line)| (n, line.to_owned()));
    assert_eq!((connections, requests.as_slice()), (3, expected.as_slice()));
}

/// Reading is a POST here, too; it takes the connections of reads all the same.
#[tokio::test]
async fn reads_share_a_connection_and_are_not_repeated_either() {
    let page = "HTTP/1.1 200 OK\r\nContent-Length: 28\r\n\r\n{\"result\":{\"comments\":null}}";
    let wire = Wire::start(&[Then::Say(page), Then::Say(page), Then::Reset]).await;
    let client = client(&wire.url("http"));
    client.comments("1", &PageRequest::default()).await.unwrap();
    client.comments("1", &PageRequest::default()).await.unwrap();
    let lost = client.comments("1", &PageRequest::default()).await.unwrap_err();
    assert_eq!(lost.failure, Failure::NoAnswer { timed_out: false });
    let (connections, requests) = wire.requests().await;
    assert_eq!((connections, requests.len()), (1, 3), "{requests:?}");
}

#[tokio::test]
async fn what_cannot_connect_has_not_left() {
    for address in nobody().await {
        let outcome = write(&impatient(&address), MESSAGE).await;
        assert_eq!(failure(&outcome), Some(Failure::Unreachable), "{address}: {outcome:?}");
    }
}

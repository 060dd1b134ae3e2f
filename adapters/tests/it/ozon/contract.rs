//! What is sent is what the specification asks for, and every answer it shows is understood.

use std::collections::BTreeSet;

use adapters::http::{CallError, Failure, SendOutcome};
use adapters::ozon::{
    ChatsQuery, Client, CommentsOf, CommentsQuery, HistoryQuery, NewComment, QuestionsQuery,
    ReviewsQuery, Span,
};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::methods::{self, READS, SKU, WRITES};
use super::specification::Specification;
use super::{json as answer, marketplace};

/// Answers where the specification shows none, as its schemas want them.
fn made(path: &str) -> Option<Value> {
    match path {
        "/v2/chat/read" => Some(json!({"unread_count": 0})),
        "/v1/review/comment/create" => Some(json!({"comment_id": "k-1"})),
        "/v2/review/info" => {
            Some(json!({"id": "r-1", "sku": 1, "text": "", "rating": 5, "status": "NEW",
            "published_at": "2026-03-10T14:08:00.257Z", "order_status": "DELIVERED", "is_rating_participant": true,
            "photos": [{"url": "https://cdn.example/1.jpg", "width": 900, "height": 1200}], "photos_amount": 1,
            "videos": [{"url": "https://cdn.example/1.mp4", "preview_url": "https://cdn.example/1.png",
                "short_video_preview_url": "https://cdn.example/s.mp4", "width": 1, "height": 2}], "videos_amount": 1,
            "comments_amount": 0, "likes_amount": 1, "dislikes_amount": 0}))
        }
        _ => None,
    }
}

/// The failure that a status stands for, with words that say nothing more.
fn expected(status: u16) -> Failure {
    match status {
        400 | 409 => Failure::BadRequest,
        401 => Failure::Unauthorized,
        403 => Failure::NoRight,
        404 => Failure::NotFound,
        429 => Failure::RateLimited { retry_after: std::time::Duration::from_secs(1) },
        500 | 503 => Failure::ServerError,
        other => panic!("{other} is new in the specification"),
    }
}

fn used() -> BTreeSet<&'static str> {
    READS.into_iter().chain(WRITES).collect()
}

/// The smallest requests, and the alternatives to the largest ones.
async fn call_in_other_ways(client: &Client) {
    let _ = client.chats(&ChatsQuery::default()).await;
    let backward = HistoryQuery {
        span: Span::Backward { from: None },
        message_ids: Vec::new(),
        limit: 0,
        ..methods::history()
    };
    let _ = client.history(&backward).await;
    let _ = client.reviews(&ReviewsQuery::default()).await;
    let of = |published| CommentsQuery {
        of: CommentsOf::Product {
            sku: SKU.to_owned(),
            published_from: published,
            published_to: published,
        },
        limit: 0,
        offset: 0,
        order: None,
    };
    let _ = client.comments(&of(Some(methods::time()))).await;
    let _ = client.comments(&of(None)).await;
    let _ = client.questions(&QuestionsQuery::default()).await;
    let _ = client.answers("q-1", SKU, None).await;
    let _ = client.mark_read("c-1", None).await;
    let _ = client.comment(&NewComment { parent_comment_id: None, ..methods::comment() }).await;
}

#[tokio::test]
async fn requests_are_as_specified() {
    let (server, client) = marketplace(answer(200, &json!({}))).await;
    for path in READS {
        let _ = methods::read(&client, path).await;
    }
    for path in WRITES {
        let _ = methods::write(&client, path).await;
    }
    call_in_other_ways(&client).await;
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), READS.len() + WRITES.len() + 9);
    for specification in Specification::all() {
        requests.iter().for_each(|request| specification.check_request(request));
    }
}

/// Operations covered of those that are used: all. Each has its method, and nothing else stands in the excerpt.
#[tokio::test]
async fn every_operation_that_is_used_is_covered() {
    let (server, client) = marketplace(answer(200, &json!({}))).await;
    for path in READS {
        let _ = methods::read(&client, path).await;
    }
    for path in WRITES {
        let _ = methods::write(&client, path).await;
    }
    let requests = server.received_requests().await.unwrap();
    let called: Vec<_> = requests.iter().map(|request| request.url.path()).collect();
    assert_eq!(called, READS.into_iter().chain(WRITES).collect::<Vec<_>>());
    let specification = Specification::excerpt();
    assert_eq!(specification.paths(), used());
    let answered = |path: &&str| made(path).is_some() || specification.example(path).is_some();
    let silent: Vec<_> = used().into_iter().filter(|path| !answered(path)).collect();
    let empty = [
        "/v1/question/answer/delete",
        "/v1/question/change-status",
        "/v2/review/change-status",
        "/v2/review/comment/delete",
    ];
    assert_eq!(silent, empty, "these have an empty body by specification");
}

#[tokio::test]
async fn every_success_is_understood() {
    for specification in Specification::all() {
        for path in READS {
            let body = made(path).or_else(|| specification.example(path).cloned()).unwrap();
            let (_server, client) = marketplace(answer(200, &body)).await;
            let read = methods::read(&client, path).await.unwrap();
            assert_eq!(read, things_in(&body), "{}, {path}", specification.0.name);
        }
        for path in WRITES {
            let body = made(path).or_else(|| specification.example(path).cloned());
            let template = match &body {
                Some(body) => answer(200, body),
                None => ResponseTemplate::new(200),
            };
            let (_server, client) = marketplace(template).await;
            let SendOutcome::Accepted(receipt) = methods::write(&client, path).await else {
                panic!("{}, {path}: {body:?} is a success", specification.0.name);
            };
            let body = body.unwrap_or_default();
            let ids = [&body["comment_id"], &body["answer_id"], &body["result"]["chat_id"]];
            let id = ids.into_iter().find_map(Value::as_str);
            assert_eq!(receipt.external_id.as_deref(), id, "{path}");
        }
    }
}

/// Returns how many things the list in a body holds; one for a body that has none.
fn things_in(body: &Value) -> usize {
    let lists = ["roles", "chats", "messages", "reviews", "comments", "questions", "answers"];
    let list = lists.into_iter().find_map(|name| body[name].as_array());
    list.map_or(1, Vec::len)
}

#[tokio::test]
async fn every_error_is_understood() {
    let specification = Specification::excerpt();
    for path in READS.into_iter().chain(WRITES) {
        let statuses = specification.error_statuses(path);
        assert!(statuses.len() >= 5, "{path}");
        let details = if specification.has_text_details(path) {
            json!("поле пусто")
        } else {
            json!([{"typeUrl": "type.example/BadRequest", "value": "0JA="}])
        };
        for status in statuses {
            let body = json!({"code": 3, "message": "не получилось", "details": details});
            let (_server, client) = marketplace(answer(status, &body)).await;
            let error = error_of(&client, path, status).await;
            let Some(error) = error else { continue };
            assert_eq!(error.failure, expected(status), "{path} {status}");
            let text = details.as_str().map(|details| format!("не получилось; {details}"));
            assert_eq!(error.words, text.or(Some("не получилось".to_owned())), "{path}");
            let evidence = &error.evidence;
            assert_eq!((evidence.status, evidence.code.as_deref()), (Some(status), Some("3")));
        }
    }
}

/// Returns how a method fails. None where it tells something else than a failure: an item that is not there, or a write
/// of which nothing is known.
async fn error_of(client: &Client, path: &str, status: u16) -> Option<CallError> {
    if READS.contains(&path) {
        match methods::read(client, path).await {
            Err(error) => return Some(error),
            Ok(things) => {
                assert!(things == 0 && status == 404 && path.ends_with("/info"), "{path} {status}");
                return None;
            }
        }
    }
    match methods::write(client, path).await {
        SendOutcome::NotSent(error) => Some(error),
        SendOutcome::Unknown(_) => {
            assert!(status >= 500, "{path} {status}");
            None
        }
        SendOutcome::Accepted(_) => panic!("{path}: {status} is no success"),
    }
}

/// What the tests made by hand is what the specification describes.
#[test]
fn what_is_made_by_hand_is_as_specified() {
    for specification in Specification::all() {
        let made = used().into_iter().filter_map(|path| Some((path, made(path)?)));
        let checked = made.map(|(path, body)| specification.check_answer(path, &body)).count();
        assert_eq!(checked, 3);
    }
}

/// The excerpt says what was published, where that is at hand.
#[test]
fn the_excerpt_is_as_published() {
    let excerpt = Specification::excerpt();
    if let Some(published) = Specification::published() {
        for path in excerpt.paths() {
            assert_eq!(excerpt.rules(path), published.rules(path), "{path}");
        }
    }
}

//! What is asked for, and how forgivingly the answer is read.

use adapters::http::Failure;
use adapters::wildberries::{AnswerState, ListQuery, Order, Page, Review};
use chrono::DateTime;
use domain::value::ObservedState;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::{client, impatient, json as answer, marketplace};
use crate::wire::{Then, Wire};

/// `{"data":{"countUnanswered":3,"countArchive":4,"feedbacks":[]},"error":false,…}`, compressed.
const GZIP_PAGE: &str = "1f8b08000000000002ff2d8bb10ec2300c05ffe5cdd9cae48da17f00136230b12b22224772d28254e5df5bd48e77a75b21dc18b42296d9daddd8ea575d053484c35d3dbed3a2a04bc0a42a2f8e9f0a7a3c7b80ba17074d9cab9e74d35f0301012c925a2ac679fc87fdb139e7be019fef110773000000";

fn envelope(data: &Value) -> Value {
    json!({"data": data, "error": false, "errorText": "", "additionalErrors": null})
}

fn bare_review() -> Value {
    json!({"id": "UkCNkpRkfwYswYMXScwo", "createdDate": "2026-01-21T18:55:01Z"})
}

fn with(changes: &Value) -> Value {
    let mut review = bare_review();
    for (name, value) in changes.as_object().unwrap() {
        review[name] = value.clone();
    }
    review
}

async fn page_of(items: &[Value]) -> Page<Review> {
    let data = json!({"countUnanswered": 52, "countArchive": 1000, "feedbacks": items});
    let (_server, client) = marketplace(answer(200, &envelope(&data))).await;
    client.list::<Review>(&ListQuery::default()).await.unwrap()
}

#[tokio::test]
async fn a_page_is_asked_for_in_the_marketplaces_words() {
    let empty = envelope(&json!({"feedbacks": []}));
    let (server, client) = marketplace(answer(200, &empty)).await;
    let all = ListQuery {
        is_answered: true,
        take: 5000,
        skip: 10,
        order: Some(Order::DateAsc),
        date_from: Some(1_688_465_092),
        date_to: Some(1_688_465_093),
    };
    client.list::<Review>(&all).await.unwrap();
    client.list::<Review>(&ListQuery { take: 1, ..ListQuery::default() }).await.unwrap();
    client.item::<Review>("a&b=c").await.unwrap_err();
    let requests = server.received_requests().await.unwrap();
    let urls: Vec<_> = requests
        .iter()
        .map(|r| format!("{}?{}", r.url.path(), r.url.query().unwrap_or_default()))
        .collect();
    assert_eq!(
        urls,
        [
            "/api/v1/feedbacks?isAnswered=true&take=5000&skip=10&order=dateAsc&dateFrom=1688465092&dateTo=1688465093",
            "/api/v1/feedbacks?isAnswered=false&take=1&skip=0",
            "/api/v1/feedback?id=a%26b%3Dc",
        ]
    );
}

#[tokio::test]
async fn one_bad_item_costs_no_other() {
    let bad = [
        json!(null),
        json!("a review"),
        json!({"createdDate": "2026-01-21T18:55:01Z"}),
        json!({"id": "no time"}),
        with(&json!({"createdDate": "yesterday"})),
        with(&json!({"text": {"ru": "слова"}})),
        with(&json!({"answer": "спасибо"})),
        with(&json!({"answer": {"text": ["спасибо"]}})),
    ];
    let mut items = vec![bare_review()];
    items.extend(bad.clone());
    items.push(with(&json!({"id": "last"})));
    let page = page_of(&items).await;
    let ids: Vec<_> = page.items.iter().map(|review| review.id.as_str()).collect();
    assert_eq!(ids, ["UkCNkpRkfwYswYMXScwo", "last"]);
    let kept: Vec<Value> =
        page.malformed.iter().map(|item| serde_json::from_str(&item.raw).unwrap()).collect();
    assert_eq!(kept, bad, "every bad item is kept as it came");
    assert_eq!(page.given(), 10);
    assert_eq!((page.count_unanswered, page.count_archive), (Some(52), Some(1000)));
    let shown = format!("{page:?}");
    assert!(!shown.contains("слова") && !shown.contains("спасибо"), "{shown}");
}

#[tokio::test]
async fn a_lone_surrogate_or_a_broken_byte_costs_no_page() {
    let escaped = r#"{"data":{"feedbacks":[{"id":"a","createdDate":"2026-01-21T18:55:01Z","text":"\ud83d"},{"id":"b","createdDate":"2026-01-21T18:55:01Z"}]}}"#;
    let mut bytes = escaped.replace(r"\ud83d", "?").into_bytes();
    let broken = bytes.iter().position(|byte| *byte == b'?').unwrap();
    bytes[broken] = 0xFF;
    for (body, good) in [(escaped.as_bytes().to_vec(), 1), (bytes, 2)] {
        let template = ResponseTemplate::new(200).set_body_raw(body, "application/json");
        let (_server, client) = marketplace(template).await;
        let page = client.list::<Review>(&ListQuery::default()).await.unwrap();
        assert_eq!((page.items.len(), page.given()), (good, 2));
    }
}

#[tokio::test]
async fn nulls_blanks_and_absent_fields_are_the_same() {
    let null = json!({"text": null, "pros": null, "cons": null, "productValuation": null, "userName": null,
        "photoLinks": null, "video": null, "answer": null, "productDetails": null, "bables": null});
    let blank = json!({"text": "", "pros": " ", "cons": "", "userName": "", "photoLinks": []});
    let page = page_of(&[bare_review(), with(&null), with(&blank)]).await;
    assert_eq!(page.items[0], page.items[1]);
    assert_eq!(page.items[0], page.items[2]);
    assert_eq!(page.items[0].text, "");
    assert_eq!(page.items[0].buyer_name, None);
    assert!(page.items[0].facts.is_empty());
}

#[tokio::test]
async fn times_are_read_with_any_fraction_and_in_any_zone() {
    let moment = DateTime::parse_from_rfc3339("2026-01-07T20:13:30.977431Z").unwrap();
    for (written, nanoseconds) in [
        ("2026-01-07T20:13:30Z", 0),
        ("2026-01-07T23:13:30+03:00", 0),
        ("2026-01-07T20:13:30.9Z", 900_000_000),
        ("2026-01-07T20:13:30.9774Z", 977_400_000),
        ("2026-01-07T20:13:30.97743Z", 977_430_000),
        ("2026-01-07T23:13:30.977431+03:00", 977_431_000),
        ("2026-01-07T20:13:30.977431123Z", 977_431_123),
    ] {
        let page = page_of(&[with(&json!({"createdDate": written}))]).await;
        let read = page.items[0].created_at;
        assert_eq!(read.timestamp(), moment.timestamp(), "{written}");
        assert_eq!(read.timestamp_subsec_nanos(), nanoseconds, "{written}");
    }
}

#[tokio::test]
async fn odd_values_are_kept_as_they_came() {
    let odd = json!({"productValuation": 11, "userName": 5, "photoLinks": [null, {"fullSize": "a", "new": 1}],
        "video": "none", "somethingNew": {"a": [1]}, "wasViewed": "yes",
        "productDetails": {"nmId": 63_616_430, "imtId": "48229527", "brandName": false, "new": "field"}});
    let review = page_of(&[with(&odd)]).await.items.remove(0);
    assert_eq!(review.rating, None);
    for name in ["productValuation", "userName", "photoLinks", "video", "somethingNew", "wasViewed"]
    {
        assert_eq!(review.facts.get(name), odd.get(name), "{name}");
    }
    assert_eq!(review.photos[0].full_size, "a", "what can be read is read all the same");
    assert_eq!(review.product.nm_id, "63616430");
    let facts = json!({"imtId": "48229527", "brandName": false, "new": "field"});
    assert_eq!(Value::Object(review.product.facts), facts);
}

#[tokio::test]
async fn ratings_are_one_to_five_or_none() {
    for (written, read) in [
        (json!(1), Some(1)),
        (json!(5), Some(5)),
        (json!("4"), Some(4)),
        (json!(0), None),
        (json!(-1), None),
    ] {
        let page = page_of(&[with(&json!({"productValuation": written}))]).await;
        assert_eq!(page.items[0].rating, read, "{written}");
    }
}

#[tokio::test]
async fn ids_are_text() {
    let page = page_of(&[with(&json!({"id": 18_446_744_073_709_551_615_u64}))]).await;
    assert_eq!(page.items[0].id, "18446744073709551615");
}

#[tokio::test]
async fn text_that_the_database_cannot_hold_loses_only_that() {
    let nul = with(
        &json!({"text": "a\u{0}b", "bables": ["c\u{0}"], "productDetails": {"size": "\u{0}"}}),
    );
    let review = page_of(&[nul]).await.items.remove(0);
    assert_eq!((review.text.as_str(), &review.facts["bables"]), ("ab", &json!(["c"])));
    assert_eq!(review.product.size, None);
}

#[tokio::test]
async fn an_answer_is_observed_in_our_words() {
    let states = [
        (json!("wbRu"), AnswerState::Published, ObservedState::Published),
        (json!("reviewRequired"), AnswerState::ReviewRequired, ObservedState::InModeration),
        (json!("rejected"), AnswerState::Rejected, ObservedState::Rejected),
        (json!("none"), AnswerState::None, ObservedState::InModeration),
        (json!("wbRU"), AnswerState::Other("wbRU".to_owned()), ObservedState::InModeration),
        (json!(null), AnswerState::Other(String::new()), ObservedState::InModeration),
    ];
    for (word, state, observed) in states {
        let given = json!({"answer": {"text": "Спасибо!", "state": word, "editable": true}});
        let review = page_of(&[with(&given)]).await.items.remove(0);
        assert_eq!(review.answer.as_ref().unwrap().state, state);
        let answer = review.observed_answer().unwrap();
        assert_eq!(answer.text.known().unwrap(), "Спасибо!");
        assert_eq!((answer.state, answer.editable), (observed, Some(true)), "{word}");
    }
}

#[tokio::test]
async fn no_answer_is_none_and_a_rejected_one_without_text_is_one() {
    let no_answer = json!({"answer": {"text": "", "state": "none", "editable": false}});
    let rejected = json!({"answer": {"text": "", "state": "rejected", "editable": false}});
    let page = page_of(&[bare_review(), with(&no_answer), with(&rejected)]).await;
    let observed: Vec<_> = page.items.iter().map(|r| r.observed_answer().is_some()).collect();
    assert_eq!(observed, [false, false, true]);
}

#[tokio::test]
async fn a_page_is_full_when_it_holds_what_was_asked_for() {
    let page = page_of(&[bare_review(), json!(null)]).await;
    let asking = |take| ListQuery { take, ..ListQuery::default() };
    assert!(page.is_full(&asking(2)), "an unreadable item fills the page too");
    assert!(!page.is_full(&asking(3)));
}

#[tokio::test]
async fn an_empty_list_may_be_null() {
    let (_server, client) = marketplace(answer(200, &envelope(&json!({"feedbacks": null})))).await;
    assert_eq!(
        client.list::<Review>(&ListQuery::default()).await.unwrap(),
        Page { items: vec![], malformed: vec![], count_unanswered: None, count_archive: None }
    );
}

#[tokio::test]
async fn a_success_that_is_none_is_a_failure() {
    let failed = json!({"data": null, "error": true, "errorText": "Something went wrong"});
    for (body, failure) in [
        (failed.to_string(), Failure::BadRequest),
        ("<html>login</html>".to_owned(), Failure::MalformedAnswer),
        (String::new(), Failure::MalformedAnswer),
        ("{\"data\": {\"feedbacks\": [".to_owned(), Failure::MalformedAnswer),
        (envelope(&json!(null)).to_string(), Failure::MalformedAnswer),
        (envelope(&json!({"feedbacks": "none"})).to_string(), Failure::MalformedAnswer),
        ("[".repeat(100_000), Failure::MalformedAnswer),
        (format!("{{\"data\":{}", "{\"data\":".repeat(100_000)), Failure::MalformedAnswer),
    ] {
        let template = ResponseTemplate::new(200).set_body_string(body.clone());
        let (_server, client) = marketplace(template).await;
        let error = client.list::<Review>(&ListQuery::default()).await.unwrap_err();
        assert_eq!(error.failure, failure, "{}", body.chars().take(60).collect::<String>());
    }
}

#[tokio::test]
async fn one_review_is_read_by_its_id() {
    let (_server, client) = marketplace(answer(200, &envelope(&bare_review()))).await;
    let review = client.item::<Review>("UkCNkpRkfwYswYMXScwo").await.unwrap();
    assert_eq!(review.unwrap().id, "UkCNkpRkfwYswYMXScwo");
    let (_server, client) = marketplace(answer(200, &envelope(&json!({"id": "no time"})))).await;
    let error = client.item::<Review>("x").await.unwrap_err();
    assert_eq!(error.failure, Failure::MalformedAnswer);
}

#[tokio::test]
async fn only_the_documented_answer_means_that_there_is_no_such_review() {
    let unknown =
        json!({"data": null, "error": true, "errorText": "Невозможно получить отзыв по id"});
    for status in [404, 422] {
        let (_server, client) = marketplace(answer(status, &unknown)).await;
        assert_eq!(client.item::<Review>("x").await.unwrap(), None);
    }
    for (template, failure) in [
        (answer(200, &unknown), Failure::BadRequest),
        (answer(200, &envelope(&json!(null))), Failure::MalformedAnswer),
        (answer(400, &unknown), Failure::BadRequest),
        (answer(500, &unknown), Failure::ServerError),
        (ResponseTemplate::new(404).set_body_string("<html>nginx</html>"), Failure::NotFound),
    ] {
        let (_server, client) = marketplace(template).await;
        assert_eq!(client.item::<Review>("x").await.unwrap_err().failure, failure);
    }
}

#[tokio::test]
async fn the_check_of_the_token_wants_an_ok() {
    let ok = json!({"TS": "2024-08-16T11:19:05+03:00", "Status": "OK"});
    let (server, client) = marketplace(answer(200, &ok)).await;
    client.ping().await.unwrap();
    assert_eq!(server.received_requests().await.unwrap()[0].url.path(), "/ping");
    for other in [json!({"Status": "FAIL"}), json!({})] {
        let (_server, client) = marketplace(answer(200, &other)).await;
        assert_eq!(client.ping().await.unwrap_err().failure, Failure::MalformedAnswer);
    }
}

#[tokio::test]
async fn a_compressed_page_is_read() {
    let bytes: Vec<u8> = (0..GZIP_PAGE.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&GZIP_PAGE[at..at + 2], 16).unwrap())
        .collect();
    let gzip = |bytes: Vec<u8>| {
        ResponseTemplate::new(200)
            .insert_header("content-encoding", "gzip")
            .set_body_raw(bytes, "application/json")
    };
    let (server, client) = marketplace(gzip(bytes.clone())).await;
    let page = client.list::<Review>(&ListQuery::default()).await.unwrap();
    assert_eq!((page.count_unanswered, page.count_archive), (Some(3), Some(4)));
    let asked = server.received_requests().await.unwrap();
    assert_eq!(asked[0].headers["accept-encoding"], "gzip");
    let (_server, client) = marketplace(gzip(bytes[..40].to_vec())).await;
    client.list::<Review>(&ListQuery::default()).await.unwrap_err();
}

#[tokio::test]
async fn a_slow_page_is_given_up() {
    let page = answer(200, &envelope(&json!({"feedbacks": []})));
    let slow = page.set_delay(std::time::Duration::from_secs(30));
    let (server, _) = marketplace(slow).await;
    let error = impatient(&server.uri()).list::<Review>(&ListQuery::default()).await.unwrap_err();
    assert_eq!(error.failure, Failure::NoAnswer { timed_out: true });
}

#[tokio::test]
async fn a_page_without_end_is_given_up() {
    let wire = Wire::start(&[Then::SayEndlessly(66)]).await;
    let client = client(&wire.url("http"));
    let error = client.list::<Review>(&ListQuery::default()).await.unwrap_err();
    assert_eq!(error.failure, Failure::MalformedAnswer);
}

#[tokio::test]
async fn an_address_with_a_path_keeps_it() {
    let (server, _) = marketplace(answer(200, &json!({"Status": "OK"}))).await;
    for base in ["/wb", "/wb/"] {
        client(&format!("{}{base}", server.uri())).ping().await.unwrap();
    }
    let requests = server.received_requests().await.unwrap();
    assert!(requests.iter().all(|request| request.url.path() == "/wb/ping"));
}

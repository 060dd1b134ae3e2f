//! Claims for return: what is asked for, and how forgivingly the answers are read.

use adapters::http::{CallError, Failure};
use adapters::wildberries::{ClaimsPage, ClaimsQuery};
use domain::claim::{ClaimState, GoodsState};
use reqwest::StatusCode;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::contract::{expected, template, words_of};
use super::specification::Specification;
use super::{json as answer, marketplace, returns_client};

const CLAIMS: &str = "/api/v1/claims";

const QUERY: ClaimsQuery = ClaimsQuery { is_archive: true, limit: 200, offset: 400 };

async fn read(answer: ResponseTemplate) -> Result<ClaimsPage, CallError> {
    let (server, _) = marketplace(answer).await;
    returns_client(&server.uri()).claims(QUERY).await
}

#[tokio::test]
async fn requests_are_as_specified() {
    let (server, _) = marketplace(answer(200, &json!({"claims": [], "total": 0}))).await;
    let client = returns_client(&server.uri());
    client.claims(QUERY).await.unwrap();
    client.claims(ClaimsQuery { is_archive: false, limit: 1, offset: 0 }).await.unwrap();
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 2);
    for specification in Specification::all() {
        requests.iter().for_each(|request| specification.check_request(request));
    }
}

#[tokio::test]
async fn every_answer_is_understood() {
    for specification in Specification::all() {
        let examples = specification.examples("GET", CLAIMS);
        assert!(!examples.is_empty());
        for example in examples {
            let outcome = read(template(&example)).await;
            match expected(example.status) {
                None => {
                    let page = outcome.unwrap();
                    assert!(page.malformed.is_empty() && !page.claims.is_empty(), "{page:?}");
                    let claim = &page.claims[0];
                    assert_eq!(claim.state, ClaimState::Approved);
                    assert_ne!(claim.goods, GoodsState::Other);
                    assert!(claim.photos.iter().all(|url| url.starts_with("https://")));
                    assert!(claim.price.is_some() && claim.order_id.is_some());
                    assert!(claim.facts.is_empty(), "{:?}", claim.facts);
                }
                Some(failure) => {
                    let error = outcome.unwrap_err();
                    assert_eq!(error.failure, failure, "{}", example.status);
                    let words = error.words.unwrap_or_default();
                    assert!(words.contains(words_of(&example.body)), "{words}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_list_may_be_null_and_must_be_there() {
    for (body, given) in [
        (json!({"claims": null, "total": 0}), Some(0)),
        (json!({"claims": [], "total": null}), Some(0)),
        (json!({"claims": [1, {"id": "1", "dt": "2026-03-02T11:35:09"}], "total": "2"}), Some(2)),
        (json!({"claims": {}, "total": 1}), None),
        (json!({}), None),
        (json!([]), None),
    ] {
        match read(answer(200, &body)).await {
            Ok(page) => assert_eq!(Some(page.given()), given, "{body}"),
            Err(error) => {
                assert_eq!((error.failure, given), (Failure::MalformedAnswer, None), "{body}");
            }
        }
    }
}

#[tokio::test]
async fn a_claim_is_not_told_in_a_log() {
    let claim = json!({"id": "1", "dt": "2026-03-02T11:35:09", "user_comment": "Брак"});
    let page = read(answer(200, &json!({"claims": [claim, {"id": "Брак"}], "total": 2}))).await;
    assert!(!format!("{:?}", page.unwrap()).contains("Брак"));
}

#[tokio::test]
async fn a_token_without_the_category_is_told_from_one_that_is_refused() {
    let refused = |detail: &str| {
        let body: Value = json!({"title": "unauthorized", "detail": detail});
        answer(StatusCode::UNAUTHORIZED.as_u16(), &body)
    };
    let error = read(refused("token scope not allowed")).await.unwrap_err();
    assert_eq!(error.failure, Failure::NoRight);
    let error = read(refused("withdrawn / revoked token")).await.unwrap_err();
    assert_eq!(error.failure, Failure::Unauthorized);
}

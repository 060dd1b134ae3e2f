//! The client against the sandbox, which was written from the specification by itself: both read it alike, whether
//! answers are as described or contradict it as the published examples do.

use std::collections::BTreeSet;

use adapters::http::{Failure, SendOutcome};
use adapters::ozon::{
    AuthorKind, ChatsQuery, Client, CommentsOf, CommentsQuery, HistoryQuery, Mark, Message,
    NewComment, QuestionsQuery, ReviewsQuery, Right, Span, Status,
};
use domain::value::{Channel, ObservedState};
use sandbox::{OzonAccount, ReviewSource, RunningSandbox, Sandbox, SandboxConfig, SellerConfig};
use serde_json::{Value, json};

use super::{CLIENT_ID, KEY, client, client_of};

const REVIEWS: usize = 130;

/// A running sandbox with one seller, whose limits are out of the way.
struct Shop {
    sandbox: RunningSandbox,
    client: Client,
    control: reqwest::Client,
    _ledger: tempfile::TempDir,
}

impl Shop {
    async fn open(account: OzonAccount) -> Self {
        // Before anything else, since it readies TLS.
        client("");
        let ledger = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::start(SandboxConfig {
            ledger: ledger.path().join("ledger.jsonl"),
            sellers: vec![SellerConfig::new("demo", []).with_ozon(account)],
            reviews: ReviewSource { count: Some(REVIEWS), ..ReviewSource::default() },
            rate_scale: 100.0,
            ..SandboxConfig::default()
        });
        let sandbox = sandbox.await.unwrap();
        let client = client(&format!("{}/ozon", sandbox.url()));
        Self { sandbox, client, control: reqwest::Client::new(), _ledger: ledger }
    }

    async fn control(&self, method: reqwest::Method, path: &str, body: Value) -> Value {
        let url = format!("{}/control/ozon/demo/{path}", self.sandbox.url());
        let answer = self.control.request(method, url).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default()
    }

    async fn moderate(&self, id: &str, verdict: Value) {
        self.control(reqwest::Method::PUT, &format!("moderation/{id}"), verdict).await;
    }

    /// Reads a chat from its first message, `limit` at a time.
    async fn history(&self, chat_id: &str, limit: u32) -> Vec<Message> {
        let mut seen = BTreeSet::new();
        let mut messages = Vec::new();
        let mut from = "1".to_owned();
        loop {
            let span = Span::Forward { from: from.clone() };
            let query =
                HistoryQuery { chat_id: chat_id.to_owned(), span, message_ids: Vec::new(), limit };
            let page = self.client.history(&query).await.unwrap();
            assert!(page.malformed.is_empty(), "{page:?}");
            let next = page.continuation().map(str::to_owned);
            messages
                .extend(page.items.into_iter().filter(|message| seen.insert(message.id.clone())));
            match next {
                Some(next) if next != from => from = next,
                Some(_) | None => return messages,
            }
        }
    }
}

async fn both() -> [Shop; 2] {
    let account = || OzonAccount::new(CLIENT_ID.parse().unwrap(), KEY);
    [Shop::open(account()).await, Shop::open(account().hostile()).await]
}

fn id_of(outcome: SendOutcome) -> Option<String> {
    let SendOutcome::Accepted(receipt) = outcome else {
        panic!("{outcome:?} is no success");
    };
    receipt.external_id
}

fn failure_of(outcome: SendOutcome) -> Failure {
    let SendOutcome::NotSent(error) = outcome else {
        panic!("{outcome:?} is no refusal");
    };
    error.failure
}

#[tokio::test]
async fn a_key_opens_every_channel_for_three_months() {
    for shop in both().await {
        let facts = shop.client.key_facts().await.unwrap();
        for channel in [Channel::Review, Channel::Question, Channel::Chat] {
            assert_eq!(facts.right(channel), Right::Reply);
        }
        let left = facts.expires_at.unwrap() - chrono::Utc::now();
        assert!((85..=95).contains(&left.num_days()), "{left}");
    }
}

#[tokio::test]
async fn chats_are_listed_read_and_written_in() {
    for shop in both().await {
        let mut query = ChatsQuery { limit: 3, ..ChatsQuery::default() };
        let mut ids = BTreeSet::new();
        let mut others = 0;
        loop {
            let page = shop.client.chats(&query).await.unwrap();
            assert!(page.malformed.is_empty(), "{page:?}");
            let customers = page.items.iter().filter(|chat| chat.kind.is_customer());
            others += page.items.len() - customers.clone().count();
            ids.extend(customers.map(|chat| chat.id.clone()));
            query.cursor = page.continuation().map(str::to_owned);
            if query.cursor.is_none() {
                break;
            }
        }
        assert!(ids.len() >= 6 && others >= 1, "{} and {others}", ids.len());

        let posting =
            shop.control(reqwest::Method::POST, "postings", json!({"scheme": "fbo"})).await;
        let body = json!({"text": "Где чек?", "posting_number": posting["posting_number"]});
        let opened = shop.control(reqwest::Method::POST, "chats", body).await;
        let chat_id = opened["chat_id"].as_str().unwrap();
        for text in ["Здравствуйте!", "Чек придёт завтра."] {
            assert_eq!(id_of(shop.client.send_message(chat_id, text).await), None);
        }
        assert_eq!(id_of(shop.client.send_file(chat_id, "чек.pdf", b"%PDF-1.7").await), None);
        let messages = shop.history(chat_id, 2).await;
        let texts: Vec<_> = messages.iter().map(Message::text).collect();
        assert_eq!(texts[..3], ["Где чек?", "Здравствуйте!", "Чек придёт завтра."]);
        assert_eq!((messages.len(), &messages[0].author.kind), (4, &AuthorKind::Customer));
        assert_eq!(messages, shop.history(chat_id, 1000).await, "pages leave nothing out");
        assert!(messages[0].order_number.is_some() && messages[0].sku.is_some());
        assert_eq!(messages[0].observed_answer(), None);
        assert_eq!(messages[1].observed_answer().unwrap().state, ObservedState::Published);

        id_of(shop.client.mark_read(chat_id, Some(&messages[0].id)).await);
        assert_eq!(shop.history(chat_id, 10).await[0].is_read, Some(true));
        let posting =
            shop.control(reqwest::Method::POST, "postings", json!({"scheme": "fbs"})).await;
        let started = shop.client.start_chat(posting["posting_number"].as_str().unwrap()).await;
        assert!(id_of(started).is_some());
        assert_eq!(failure_of(shop.client.send_message("нет", "Да").await), Failure::NotFound);
    }
}

#[tokio::test]
async fn reviews_are_read_to_the_end_and_commented_on() {
    for shop in both().await {
        let mut query = ReviewsQuery { limit: 50, ..ReviewsQuery::default() };
        let mut ids = BTreeSet::new();
        loop {
            let page = shop.client.reviews(&query).await.unwrap();
            assert!(page.malformed.is_empty(), "{page:?}");
            ids.extend(page.items.iter().map(|review| review.id.clone()));
            query.last_id = page.continuation().map(str::to_owned);
            if query.last_id.is_none() {
                break;
            }
        }
        assert_eq!(ids.len(), REVIEWS);
        assert_eq!(shop.client.review_counts().await.unwrap().total, Some(REVIEWS as u64));

        let added = json!({"text": "Плед колется.", "rating": 4, "photos": 2});
        let added = shop.control(reqwest::Method::POST, "reviews", added).await;
        let id = added["id"].as_str().unwrap();
        let review = shop.client.review(id).await.unwrap().unwrap();
        assert_eq!((review.text.as_str(), review.rating), ("Плед колется.", Some(4)));
        assert_eq!((review.photos.len(), review.status), (2, Status::New));
        let comment = NewComment {
            review_id: id,
            text: "Спасибо за отзыв!",
            parent_comment_id: None,
            mark_review_as_processed: true,
        };
        let comment_id = id_of(shop.client.comment(&comment).await).unwrap();
        let query = CommentsQuery {
            of: CommentsOf::Review { id: id.to_owned() },
            limit: 20,
            offset: 0,
            order: None,
        };
        for (verdict, state, words) in [
            (json!({"state": "waiting"}), ObservedState::InModeration, None),
            (json!({"state": "published"}), ObservedState::Published, None),
            (
                json!({"state": "refused", "reason": "ссылка"}),
                ObservedState::Rejected,
                Some("ссылка"),
            ),
        ] {
            shop.moderate(&comment_id, verdict).await;
            let comments = shop.client.comments(&query).await.unwrap().items;
            assert_eq!((comments.len(), &comments[0].id), (1, &comment_id));
            assert_eq!(comments[0].observed_answer().unwrap().state, state);
            assert_eq!(comments[0].refusal(), words);
        }
        assert_eq!(shop.client.review(id).await.unwrap().unwrap().status, Status::Processed);
        id_of(shop.client.mark_reviews(&[id], Mark::Viewed).await);
        assert_eq!(shop.client.review(id).await.unwrap().unwrap().status, Status::Viewed);
        id_of(shop.client.delete_comment(&comment_id, &review.sku.unwrap()).await);
        assert_eq!(shop.client.comments(&query).await.unwrap().count(), 0);
        assert_eq!(shop.client.review("нет").await.unwrap(), None);
    }
}

#[tokio::test]
async fn questions_are_answered_and_answers_stand_as_moderation_says() {
    for shop in both().await {
        let query = QuestionsQuery { limit: 100, ..QuestionsQuery::default() };
        let page = shop.client.questions(&query).await.unwrap();
        assert!(page.items.len() >= 12 && page.malformed.is_empty(), "{page:?}");
        let asked = json!({"text": "Сколько держат заряд?"});
        let asked = shop.control(reqwest::Method::POST, "questions", asked).await;
        let id = asked["id"].as_str().unwrap();
        let question = shop.client.question(id).await.unwrap().unwrap();
        let sku = question.sku.unwrap();
        let answer_id = id_of(shop.client.answer_question(id, &sku, "До 30 часов.").await).unwrap();
        for (word, state) in [
            ("waiting", ObservedState::InModeration),
            ("published", ObservedState::Published),
            ("refused", ObservedState::Rejected),
            ("duplicate", ObservedState::Rejected),
        ] {
            shop.moderate(&answer_id, json!({"state": word})).await;
            let answers = shop.client.answers(id, &sku, None).await.unwrap().items;
            let answer = answers.iter().find(|answer| answer.id == answer_id).unwrap();
            assert_eq!(answer.observed_answer().state, state, "{word}");
            assert_eq!(answer.refusal().is_some(), state == ObservedState::Rejected, "{word}");
        }
        id_of(shop.client.mark_questions(&[id], Mark::Viewed).await);
        assert_eq!(shop.client.question(id).await.unwrap().unwrap().status, Status::Viewed);
        id_of(shop.client.delete_answer(&answer_id, &sku).await);
        assert_eq!(shop.client.answers(id, &sku, None).await.unwrap().count(), 0);
        assert_eq!(shop.client.question("нет").await.unwrap(), None);
    }
}

#[tokio::test]
async fn what_keys_and_plans_close_is_told_apart() {
    for shop in both().await {
        let patch = reqwest::Method::PATCH;
        shop.control(patch.clone(), "plans", json!({"reviews": false, "chats": false})).await;
        let closed = shop.client.reviews(&ReviewsQuery::default()).await.unwrap_err();
        assert_eq!(closed.failure, Failure::ClosedByPlan);
        assert_eq!(failure_of(shop.client.send_message("c", "Да").await), Failure::ClosedByPlan);
        assert!(shop.client.questions(&QuestionsQuery::default()).await.is_ok());
        for state in ["restricted", "revoked", "expired"] {
            shop.control(patch.clone(), "keys", json!({"api_key": KEY, "state": state})).await;
            let refused = shop.client.key_facts().await.unwrap_err();
            assert_eq!(refused.failure, Failure::Unauthorized, "{state}");
        }
        let roles = json!([{"name": "Чаты", "methods": ["/v3/chat/list", "/v1/roles"]}]);
        let key = json!({"api_key": "key-of-one-role", "roles": roles});
        shop.control(reqwest::Method::POST, "keys", key).await;
        let one = client_of(&format!("{}/ozon", shop.sandbox.url()), CLIENT_ID, "key-of-one-role");
        let facts = one.key_facts().await.unwrap();
        let rights = [Channel::Chat, Channel::Review].map(|channel| facts.right(channel));
        assert_eq!(rights, [Right::Read, Right::None]);
        assert_eq!(failure_of(one.send_message("c", "Да").await), Failure::NoRight);
        let wrong = client_of(&format!("{}/ozon", shop.sandbox.url()), CLIENT_ID, "key-of-nobody");
        assert_eq!(wrong.key_facts().await.unwrap_err().failure, Failure::Unauthorized);
        assert_eq!(wrong.review("r").await.unwrap_err().failure, Failure::Unauthorized);
    }
}

//! Every method of the client by the path that it calls, so that what holds for all of them is asked of all of them.

use adapters::http::{CallError, SendOutcome};
use adapters::ozon::{
    ChatFilter, ChatsQuery, Client, CommentsOf, CommentsQuery, HistoryQuery, Mark, NewComment,
    Order, Page, QuestionFilter, QuestionsQuery, ReviewFilter, ReviewsQuery, Span,
};
use chrono::{DateTime, Utc};

pub(super) const READS: [&str; 10] = [
    "/v1/roles",
    "/v3/chat/list",
    "/v3/chat/history",
    "/v2/review/list",
    "/v2/review/info",
    "/v2/review/count",
    "/v1/review/comment/list",
    "/v1/question/list",
    "/v1/question/info",
    "/v1/question/answer/list",
];

pub(super) const WRITES: [&str; 10] = [
    "/v1/chat/send/message",
    "/v1/chat/send/file",
    "/v1/chat/start",
    "/v2/chat/read",
    "/v2/review/change-status",
    "/v1/review/comment/create",
    "/v2/review/comment/delete",
    "/v1/question/answer/create",
    "/v1/question/answer/delete",
    "/v1/question/change-status",
];

pub(super) const SKU: &str = "148591503";

/// Calls a method that reads, with everything that can be asked for. Returns how many things it brought, all of which
/// must have been readable.
pub(super) async fn read(client: &Client, path: &str) -> Result<usize, CallError> {
    match path {
        "/v1/roles" => client.key_facts().await.map(|facts| facts.roles.len()),
        "/v3/chat/list" => client.chats(&chats()).await.map(count),
        "/v3/chat/history" => client.history(&history()).await.map(count),
        "/v2/review/list" => client.reviews(&reviews()).await.map(count),
        "/v2/review/info" => client.review("r-1").await.map(|review| review.iter().count()),
        "/v2/review/count" => client.review_counts().await.map(|_| 1),
        "/v1/review/comment/list" => client.comments(&comments()).await.map(count),
        "/v1/question/list" => client.questions(&questions()).await.map(count),
        "/v1/question/info" => client.question("q-1").await.map(|question| question.iter().count()),
        "/v1/question/answer/list" => client.answers("q-1", SKU, Some("a-1")).await.map(count),
        other => panic!("{other} reads nothing"),
    }
}

/// Calls a method that writes.
pub(super) async fn write(client: &Client, path: &str) -> SendOutcome {
    match path {
        "/v1/chat/send/message" => client.send_message("c-1", "Добрый день!").await,
        "/v1/chat/send/file" => client.send_file("c-1", "чек.pdf", b"%PDF").await,
        "/v1/chat/start" => client.start_chat("47873153-0052-1").await,
        "/v2/chat/read" => client.mark_read("c-1", Some("3000000000118032000")).await,
        "/v2/review/change-status" => client.mark_reviews(&["r-1", "r-2"], Mark::Processed).await,
        "/v1/review/comment/create" => client.comment(&comment()).await,
        "/v2/review/comment/delete" => client.delete_comment("k-1", SKU).await,
        "/v1/question/answer/create" => client.answer_question("q-1", SKU, "Да, подойдёт.").await,
        "/v1/question/answer/delete" => client.delete_answer("a-1", SKU).await,
        "/v1/question/change-status" => client.mark_questions(&["q-1"], Mark::Viewed).await,
        other => panic!("{other} writes nothing"),
    }
}

fn count<T>(page: Page<T>) -> usize {
    assert!(page.malformed.is_empty(), "{:?}", page.malformed);
    page.items.len()
}

pub(super) fn time() -> DateTime<Utc> {
    "2026-03-10T14:08:00.257Z".parse().unwrap()
}

pub(super) fn chats() -> ChatsQuery {
    ChatsQuery {
        filter: Some(ChatFilter::Opened),
        unread_only: true,
        limit: 100,
        cursor: Some("304000402034".to_owned()),
    }
}

pub(super) fn history() -> HistoryQuery {
    HistoryQuery {
        chat_id: "c-1".to_owned(),
        span: Span::Forward { from: "3000000000118032000".to_owned() },
        message_ids: vec!["3000000300211559667".to_owned()],
        limit: 1000,
    }
}

pub(super) fn reviews() -> ReviewsQuery {
    ReviewsQuery {
        filter: Some(ReviewFilter::New),
        published_from: Some(time()),
        published_to: Some(time()),
        skus: vec![SKU.to_owned()],
        limit: 100,
        last_id: Some("r-0".to_owned()),
        order: Some(Order::Asc),
    }
}

pub(super) fn comments() -> CommentsQuery {
    CommentsQuery {
        of: CommentsOf::Review { id: "r-1".to_owned() },
        limit: 100,
        offset: 123,
        order: Some(Order::Desc),
    }
}

pub(super) fn comment() -> NewComment<'static> {
    NewComment {
        review_id: "r-1",
        text: "Спасибо за отзыв!",
        parent_comment_id: Some("k-0"),
        mark_review_as_processed: true,
    }
}

pub(super) fn questions() -> QuestionsQuery {
    QuestionsQuery {
        filter: Some(QuestionFilter::Unprocessed),
        date_from: Some(time()),
        date_to: Some(time()),
        limit: 100,
        last_id: Some("q-0".to_owned()),
        order: Some(Order::Desc),
    }
}

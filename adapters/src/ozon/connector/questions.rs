//! Questions, and the answers under them.

use chrono::{DateTime, Utc};
use domain::interaction::{ChatReading, Ingest};
use domain::value::{BuyerWords, Content, Links};
use domain::{AccountId, Channel};

use super::{Cursor, LOOK_PATIENCE, Ozon, PAGE_PATIENCE, product, source};
use crate::connector::{Found, PageRead, Place, ReadError, Wanted};
use crate::ozon::{Order, PAGE_MAX, Question, QuestionAnswer, QuestionsQuery, Status};
use crate::rate_limit::Priority;

/// Pages of answers read of one question; other sellers of the product answer, too.
const ANSWER_PAGES_MAX: usize = 5;

impl Ozon {
    pub(super) async fn questions(&self, place: &Place) -> Result<PageRead, ReadError> {
        let cursor = Cursor::of(place);
        let query = QuestionsQuery {
            date_from: cursor.from,
            limit: PAGE_MAX,
            last_id: cursor.last_id.clone(),
            order: Some(Order::Asc),
            ..QuestionsQuery::default()
        };
        let page = self.call(Priority::Read, PAGE_PATIENCE, self.client.questions(&query)).await?;
        let next = cursor.after(&page);
        let reading = |question| reading_of_question(self.account, question, place.now);
        Ok(PageRead {
            readings: page.items.into_iter().map(reading).collect(),
            malformed: page.malformed,
            next,
            whole: cursor.whole,
            ..PageRead::default()
        })
    }

    /// Nothing tells who wrote an answer, and other sellers write them, too: only ours is looked for. Returns none when
    /// it may be in what could not be read.
    pub(super) async fn look_at_question(
        &self,
        wanted: &Wanted,
        priority: Priority,
    ) -> Result<Option<Found>, ReadError> {
        let (id, sku) = (&wanted.source.external_id, &wanted.article);
        let (mut last_id, mut is_known): (Option<String>, bool) = (None, true);
        for _ in 0..ANSWER_PAGES_MAX {
            let page = self.client.answers(id, sku, last_id.as_deref());
            let page = self.call(priority, LOOK_PATIENCE, page).await?;
            let mut answers = page.items.iter().map(QuestionAnswer::observed_answer);
            if let Some(ours) = answers.find(|answer| wanted.is(answer)) {
                return Ok(Some(Found::Given(Some(ours))));
            }
            is_known &= page.malformed.is_empty();
            let next = page.continuation().map(str::to_owned);
            if next.is_none() || next == last_id {
                // To call it absent would send it again.
                return Ok(is_known.then_some(Found::Given(None)));
            }
            last_id = next;
        }
        Ok(None)
    }
}

pub(super) fn reading_of_question(
    account: AccountId,
    question: Question,
    seen_at: DateTime<Utc>,
) -> Ingest {
    let words = BuyerWords {
        buyer_name: question.author_name,
        text: question.text,
        facts: question.facts,
        ..BuyerWords::default()
    };
    Ingest {
        source: source(account, Channel::Question, question.id, question.published_at),
        content: Content { rating: None, product: product(question.sku), words: words.into() },
        answer: None,
        chat: ChatReading::default(),
        links: Links::default(),
        processed: question.status == Status::Processed,
        seen_at,
    }
}

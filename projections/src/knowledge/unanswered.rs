//! Questions that nothing a seller knows answers. They are found when asked for, so a question leaves the list as soon
//! as somebody writes down the answer.

use std::sync::PoisonError;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use domain::TenantId;
use uuid::Uuid;

use super::find::Retrieval;
use super::memory::Scope;
use super::words::{folded, words};

/// Questions that are looked at, the latest.
const LATEST: i64 = 300;

/// How much of a question a passage must have to count as its answer.
const ANSWERS: f32 = 0.5;

/// A question that nothing answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Unanswered {
    /// What the buyer wrote.
    pub interaction_id: Uuid,
    /// `question` or `chat`.
    pub channel: String,
    /// The marketplace's article of the product that it is about; may be empty.
    pub product_article: String,
    /// The name of that product; may be empty.
    pub product_name: String,
    /// The question, 200 characters of it.
    pub question: String,
    /// What a person answered to it; none where nothing stands that answers it.
    pub answer: Option<String>,
    /// When it was asked.
    pub occurred_at: DateTime<Utc>,
    /// How much of it the nearest passage has, from 0 to 1.
    pub covers: f32,
}

impl Retrieval {
    /// Lists the latest questions, in public and in chats, that nothing known answers, the latest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn unanswered(
        &self,
        tenant: TenantId,
        limit: usize,
    ) -> anyhow::Result<Vec<Unanswered>> {
        let memory = self.memory(tenant).await?;
        let asked = sqlx::query_as!(
            Unanswered,
            r#"select i.interaction_id, i.channel, i.product_article, i.product_name, i.preview as "question!",
                    i.occurred_at, 0::real as "covers!",
                    (select r.text from reply_history r
                        where r.tenant_id = i.tenant_id and r.interaction_id = i.interaction_id
                            and i.status = 'responded' and r.kind <> 'rejection'
                            and r.state in ('sent', 'published') and r.text is not null
                            and (i.channel <> 'chat' or i.answer_stands and r.reply_id = i.reply_id)
                        order by r.version desc
                        limit 1) as answer
                from inbox i
                where i.tenant_id = $1 and i.channel in ('question', 'chat') and i.preview <> ''
                order by i.occurred_at desc, i.interaction_id desc
                limit $2"#,
            tenant.0,
            LATEST,
        )
        .fetch_all(self.db().pool())
        .await
        .context("reading questions")?;
        let found = tokio::task::spawn_blocking(move || {
            let memory = memory.read().unwrap_or_else(PoisonError::into_inner);
            // A greeting is no question.
            let asked = asked.into_iter().filter(|asked| !words(&asked.question).is_empty());
            let covered = asked.map(|asked| {
                let article = folded(&asked.product_article);
                let article = Some(&*article).filter(|article| !article.is_empty());
                let (scope, question) = (Scope { article }, memory.question(&asked.question, None));
                let covers = memory.within(&scope).map(|(_, held)| held.covers(&question));
                Unanswered { covers: covers.fold(0.0, f32::max), ..asked }
            });
            covered.filter(|asked| asked.covers < ANSWERS).take(limit).collect()
        });
        found.await.context("looking for answers")
    }
}

//! Past answers that are like the one to be given: what buyers wrote, and what really went out.

use std::collections::{BTreeSet, HashSet};

use domain::guardrail::is_meant_for_machine;
use domain::value::Intent;
use domain::{Channel, InteractionId, TenantId};

use super::find::Retrieval;
use super::vector::Features;
use super::words::Stems;

/// Answers that are looked at, the latest: tone and facts of older ones may have changed.
const LATEST: i64 = 300;

/// How like the buyer's words those of an example must be.
const SIMILARITY_MIN: f32 = 0.12;

/// What examples are wanted of.
#[derive(Debug, Clone)]
pub struct ExamplesOf {
    /// Where the buyer wrote.
    pub channel: Channel,
    /// The buyer's stars; examples have at most one more or less.
    pub rating: Option<u8>,
    /// The buyer's words.
    pub query: String,
    /// What the buyer wrote is to be answered, and is no example of itself.
    pub interaction: Option<InteractionId>,
    /// What buyers want of which the seller wants nothing learnt.
    pub not_learned: BTreeSet<Intent>,
    /// How many are wanted at most.
    pub limit: usize,
}

/// A past answer. It is read where operators read it, so that an erased buyer's words are gone from here too.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// What was answered.
    pub interaction_id: InteractionId,
    /// Which of its replies went out.
    pub version: u32,
    /// The buyer's name, where the marketplace tells: whoever shows the words to others hides it.
    pub buyer_name: Option<String>,
    /// What the buyer wrote, 200 characters of it.
    pub buyer: String,
    /// What went out.
    pub seller: String,
    /// How like the buyer's words are, up to 1.
    pub similarity: f32,
}

/// An answer of the past as one draft was given it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastAnswer {
    /// The buyer's name, where the marketplace tells.
    pub buyer_name: Option<String>,
    /// What the buyer wrote, 200 characters of it.
    pub buyer: String,
    /// What went out.
    pub seller: String,
}

impl Retrieval {
    /// Returns the answer of an interaction that is its version `version`; none where its words are gone.
    ///
    /// # Errors
    /// What the database says.
    pub async fn past_answer(
        &self,
        tenant: TenantId,
        interaction: InteractionId,
        version: u32,
    ) -> sqlx::Result<Option<PastAnswer>> {
        sqlx::query_as!(
            PastAnswer,
            r#"select i.buyer_name, i.preview as "buyer!", r.text as "seller!"
                from inbox i
                join reply_history r using (tenant_id, interaction_id)
                where i.tenant_id = $1 and i.interaction_id = $2 and r.version = $3
                    and i.preview <> '' and r.text is not null"#,
            tenant.0,
            interaction.0,
            i32::try_from(version).unwrap_or(i32::MAX),
        )
        .fetch_optional(self.db().pool())
        .await
    }

    /// Finds past answers to buyers who wrote much the same, the most alike first: only those that stand, since a chat
    /// shows what was written last, which an older message of ours does not answer. Words that are meant for a machine
    /// would reach one with each of these, so they are none.
    ///
    /// # Errors
    /// What the database says.
    pub async fn examples(&self, tenant: TenantId, of: &ExamplesOf) -> sqlx::Result<Vec<Example>> {
        let not_learned: Vec<String> =
            of.not_learned.iter().map(|intent| intent.as_str().to_owned()).collect();
        let rows = sqlx::query!(
            r#"select i.interaction_id, i.buyer_name, i.preview as "buyer!", r.text as "seller!",
                    r.version as "version!"
                from inbox i
                cross join lateral (
                    select text, version from reply_history r
                    where r.tenant_id = i.tenant_id and r.interaction_id = i.interaction_id
                        and r.kind <> 'rejection' and r.state in ('sent', 'published') and r.text is not null
                        and (i.channel <> 'chat' or i.answer_stands and r.reply_id = i.reply_id)
                    order by r.version desc
                    limit 1) r
                where i.tenant_id = $1 and i.channel = $2 and i.status = 'responded' and i.preview <> ''
                    and ($3::smallint is null or abs(i.rating - $3) <= 1)
                    and ($4::uuid is null or i.interaction_id <> $4)
                    and i.intent <> all ($6::text[])
                order by i.occurred_at desc, i.interaction_id desc
                limit $5"#,
            tenant.0,
            of.channel.as_str(),
            of.rating.map(i16::from),
            of.interaction.map(|id| id.0),
            LATEST,
            &not_learned,
        )
        .fetch_all(self.db().pool())
        .await?;
        let stemmer = Stems::new();
        let features = |text: &str| Features::of(&stemmer, text, |_| 1.0);
        let asked = features(&of.query);
        let examples = rows.into_iter().map(|row| Example {
            similarity: asked.similarity(&features(&row.buyer)),
            interaction_id: InteractionId(row.interaction_id),
            version: u32::try_from(row.version).unwrap_or_default(),
            buyer_name: row.buyer_name,
            buyer: row.buyer,
            seller: row.seller,
        });
        let mut examples: Vec<Example> =
            examples.filter(|example| example.similarity >= SIMILARITY_MIN).collect();
        examples.retain(|Example { buyer, seller, .. }| {
            !is_meant_for_machine(buyer) && !is_meant_for_machine(seller)
        });
        examples.sort_by(|one, other| other.similarity.total_cmp(&one.similarity));
        // The same answer twice shows a model nothing new.
        let mut seen = HashSet::new();
        examples.retain(|example| seen.insert(example.seller.clone()));
        examples.truncate(of.limit);
        Ok(examples)
    }
}

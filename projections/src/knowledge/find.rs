//! Finds what a seller knows about a question: PostgreSQL by stems and by misspelt names, vectors in memory, and ranks
//! of all three put together.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::Context as _;
use domain::{KnowledgeId, TenantId};
use eventlog::Db;
use moka::sync::Cache;
use uuid::Uuid;

use super::memory::{Held, Key, Memory, News, Question, Scope};
use super::words::{folded, words_asked};
use crate::embeddings::{self, Vector};

/// Keeps the first places of one way of searching from outweighing all others: the constant of reciprocal rank fusion,
/// as its authors chose it (Cormack, Clarke and Büttcher, SIGIR 2009).
const RANK_OFFSET: f64 = 60.0;

/// Passages that each way of searching contributes.
const RANKED: usize = 50;

/// Words of a question that PostgreSQL is asked for: a chat's message may have hundreds.
const WORDS_MAX: usize = 40;

/// Words of a question that may be misspelt names: each is a look-up of its own.
const NAMES_MAX: usize = 12;

/// Shortest word that is looked for among names, in characters: shorter ones are like too many.
const NAME_CHARS_MIN: usize = 4;

/// How much of a question a passage must have to answer it at all; or be so like it.
const COVERS_MIN: f32 = 0.12;

/// How long a seller's passages stay in memory, and how much memory all sellers' may take. News come in on every
/// question; only a stream that was parked and is applied later, behind the newest news, waits for this.
const KEPT: Duration = Duration::from_mins(10);
const BYTES_MAX: u64 = 256 << 20;

/// Finds passages and past answers. Cheap to clone; what it remembers is shared.
#[derive(Clone)]
pub struct Retrieval {
    db: Db,
    held: Cache<Uuid, (u32, Arc<RwLock<Memory>>)>,
}

/// What is asked.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The buyer's words.
    pub query: String,
    /// The article of the product that they are about: what is said of other products is left out.
    pub article: Option<String>,
    /// How many passages are wanted at most.
    pub limit: usize,
    /// What the words mean, where a model told. It counts where that model told it of all of the seller's passages,
    /// too; otherwise the vectors that are made here do.
    pub meaning: Option<Meaning>,
}

/// What words mean, as a model has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Meaning {
    /// Under which name vectors of the model are kept.
    pub model: String,
    /// Of the words.
    pub vector: Vector,
    /// The cosine from which on a passage is about them: models differ in it.
    pub similarity_min: f32,
}

/// A piece of what a seller knows.
#[derive(Debug, Clone, PartialEq)]
pub struct Passage {
    /// The document or product.
    pub item_id: KnowledgeId,
    /// Its version, which stays readable.
    pub version: u32,
    /// Place of the passage within it, from 0.
    pub ordinal: u32,
    /// A topic, or `product`.
    pub kind: String,
    /// Title or name.
    pub title: String,
    /// The words.
    pub text: String,
    /// Orders passages of one answer; of no meaning between answers.
    pub score: f64,
    /// How much of what is asked stands in it, from 0 to 1.
    pub covers: f32,
}

impl Retrieval {
    /// Finds in the read models of `db`.
    #[must_use]
    pub fn new(db: Db) -> Self {
        let held = Cache::builder()
            .max_capacity(BYTES_MAX)
            .weigher(|_, (bytes, _): &(u32, _)| *bytes)
            .time_to_live(KEPT)
            .build();
        Self { db, held }
    }

    pub(super) fn db(&self) -> &Db {
        &self.db
    }

    /// Finds what a seller knows about a question, the best first: what is known of the very product, then passages by
    /// their ranks. What says nothing about it is left out, so the answer may be empty.
    ///
    /// # Errors
    /// What the database says.
    pub async fn passages(&self, tenant: TenantId, asked: &Asked) -> anyhow::Result<Vec<Passage>> {
        let memory = match &asked.meaning {
            Some(meaning) => self.meant(tenant, &meaning.model).await?,
            None => self.memory(tenant).await?,
        };
        let article = asked.article.as_deref().map(folded).filter(|article| !article.is_empty());
        let own = article
            .as_deref()
            .map(|article| memory.read().unwrap_or_else(PoisonError::into_inner).products(article));
        let words = words_asked(&asked.query, WORDS_MAX);
        let names = names(&memory.read().unwrap_or_else(PoisonError::into_inner), &words);
        let ranks = [
            self.by_stem(tenant, &words, own.as_deref()).await.context("asking for stems")?,
            self.by_name(tenant, &names, own.as_deref()).await.context("asking for names")?,
        ];
        let (query, meaning) = (asked.query.clone(), asked.meaning.clone());
        let mut passages = tokio::task::spawn_blocking(move || {
            let memory = memory.read().unwrap_or_else(PoisonError::into_inner);
            let scope = Scope { article: article.as_deref() };
            fused(&memory, &memory.question(&query, meaning), &scope, ranks)
        })
        .await
        .context("ranking passages")?;
        passages.truncate(asked.limit);
        Ok(passages)
    }

    /// Tells whether vectors of that model are there for all that a seller knows, so that a question's is worth asking
    /// for.
    ///
    /// # Errors
    /// What the database says.
    pub async fn is_meant_by(&self, tenant: TenantId, model: &str) -> anyhow::Result<bool> {
        let memory = self.meant(tenant, model).await?;
        Ok(memory.read().unwrap_or_else(PoisonError::into_inner).is_meant_by(model))
    }

    /// Returns what a seller knows with the vectors of a model, as far as they are there.
    async fn meant(&self, tenant: TenantId, model: &str) -> anyhow::Result<Arc<RwLock<Memory>>> {
        let memory = self.memory(tenant).await?;
        let without = memory.write().unwrap_or_else(PoisonError::into_inner).without_meaning(model);
        if without.is_empty() {
            return Ok(memory);
        }
        let vectors = embeddings::of(&self.db, tenant, model, &without).await;
        let vectors: HashMap<Vec<u8>, Vector> =
            vectors.context("reading vectors")?.into_iter().collect();
        let bytes = {
            let mut memory = memory.write().unwrap_or_else(PoisonError::into_inner);
            memory.mean(model, &vectors);
            memory.bytes()
        };
        self.held.insert(tenant.0, (bytes, Arc::clone(&memory)));
        Ok(memory)
    }

    /// Returns what a seller knows, with the latest news.
    pub(super) async fn memory(&self, tenant: TenantId) -> anyhow::Result<Arc<RwLock<Memory>>> {
        let new = || (0, Arc::new(RwLock::new(Memory::default())));
        let (_, memory) = self.held.get_with(tenant.0, new);
        let upto = memory.read().unwrap_or_else(PoisonError::into_inner).upto;
        let news = sqlx::query!(
            r#"select item_id, ordinal, live, kind, title, text, articles as "articles: sqlx::types::Json<Vec<String>>",
                    item_version, words_digest, pos
                from knowledge
                where tenant_id = $1 and pos > $2 and (live or $2 > 0)"#,
            tenant.0,
            upto,
        )
        .fetch_all(self.db.pool())
        .await
        .context("reading what is new")?;
        if news.is_empty() {
            return Ok(memory);
        }
        let news = news.into_iter().map(|row| News {
            item_id: row.item_id,
            ordinal: row.ordinal,
            live: row.live,
            kind: row.kind,
            title: row.title,
            text: row.text,
            articles: row.articles.0,
            item_version: row.item_version,
            digest: row.words_digest,
            pos: row.pos,
        });
        let news: Vec<News> = news.collect();
        let taken = Arc::clone(&memory);
        let bytes = tokio::task::spawn_blocking(move || {
            let mut memory = taken.write().unwrap_or_else(PoisonError::into_inner);
            memory.take(news);
            memory.bytes()
        })
        .await
        .context("taking in what is new")?;
        self.held.insert(tenant.0, (bytes, Arc::clone(&memory)));
        Ok(memory)
    }

    /// Ranks passages by the stems that they share with the question.
    async fn by_stem(
        &self,
        tenant: TenantId,
        words: &[String],
        own: Option<&[Uuid]>,
    ) -> sqlx::Result<Vec<Key>> {
        let rows = sqlx::query!(
            r#"with asked as (
                select string_agg(query::text, ' | ')::tsquery as query
                from (select plainto_tsquery('public.knowledge', word) as query from unnest($2::text[]) word) each
                where numnode(query) > 0)
            select k.item_id, k.ordinal
                from asked
                join knowledge k on k.stems @@ asked.query
                where k.tenant_id = $1 and k.live
                    and ($3::uuid[] is null or k.kind <> 'product' or k.item_id = any ($3))
                order by ts_rank('{0.3, 0.3, 0.3, 1.0}', k.stems, asked.query, 1) desc, k.item_id, k.ordinal
                limit $4"#,
            tenant.0,
            words,
            own,
            i64::try_from(RANKED).unwrap_or(i64::MAX),
        )
        .fetch_all(self.db.pool())
        .await?;
        Ok(rows.into_iter().map(|row| (row.item_id, row.ordinal)).collect())
    }

    /// Ranks items by names and articles that the question may have misspelt.
    async fn by_name(
        &self,
        tenant: TenantId,
        names: &[String],
        own: Option<&[Uuid]>,
    ) -> sqlx::Result<Vec<Key>> {
        let rows = sqlx::query!(
            r#"select k.item_id, k.ordinal
                from unnest($2::text[]) word
                join knowledge k on k.label %> word
                where k.tenant_id = $1 and k.live and k.ordinal = 0
                    and ($3::uuid[] is null or k.kind <> 'product' or k.item_id = any ($3))
                group by k.item_id, k.ordinal
                order by sum(word_similarity(word, k.label)) desc, k.item_id
                limit $4"#,
            tenant.0,
            names,
            own,
            i64::try_from(RANKED).unwrap_or(i64::MAX),
        )
        .fetch_all(self.db.pool())
        .await?;
        Ok(rows.into_iter().map(|row| (row.item_id, row.ordinal)).collect())
    }
}

/// Lists the words of a question that are looked for among names: of many the rarest, since a name that is misspelt
/// is in no passage.
fn names(memory: &Memory, words: &[String]) -> Vec<String> {
    let is_long = |word: &&String| word.chars().count() >= NAME_CHARS_MIN;
    let mut names = memory.rarest(words.iter().rev().filter(is_long).cloned().collect());
    names.truncate(NAMES_MAX);
    names
}

/// Puts ranks together: a passage is worth the more, the higher it stands in the more of them.
fn fused(
    memory: &Memory,
    question: &Question,
    scope: &Scope<'_>,
    ranks: [Vec<Key>; 2],
) -> Vec<Passage> {
    let mut scores: BTreeMap<Key, f64> = BTreeMap::new();
    for ranked in ranks.into_iter().chain([by_vector(memory, question, scope)]) {
        for (rank, key) in (1_u32..).zip(ranked) {
            *scores.entry(key).or_default() += 1.0 / (RANK_OFFSET + f64::from(rank));
        }
    }
    if let Some(article) = scope.article {
        let own = memory.within(scope).filter(|(_, held)| held.is_of(article));
        // What a product is comes first, whatever is asked about it.
        for (key, _) in own.filter(|((_, ordinal), _)| *ordinal == 0) {
            *scores.entry(key).or_default() += 1.0;
        }
    }
    let found = scores.into_iter().filter_map(|(key, score)| {
        let held = memory.get(&key)?;
        let covers = held.covers(question);
        let is_about = score >= 1.0
            || covers >= COVERS_MIN
            || held.similarity(question) >= question.similarity_min();
        is_about.then(|| passage(key, held, score, covers))
    });
    let mut found: Vec<Passage> = found.collect();
    found.sort_by(|one, other| other.score.total_cmp(&one.score));
    found
}

fn passage((item_id, ordinal): Key, held: &Held, score: f64, covers: f32) -> Passage {
    Passage {
        item_id: KnowledgeId(item_id),
        version: held.version.unsigned_abs(),
        ordinal: ordinal.unsigned_abs(),
        kind: held.kind.clone(),
        title: held.title.clone(),
        text: held.text.clone(),
        score,
        covers,
    }
}

/// Ranks passages by the angle between them and the question.
fn by_vector(memory: &Memory, question: &Question, scope: &Scope<'_>) -> Vec<Key> {
    let near = memory.within(scope).map(|(key, held)| (key, held.similarity(question)));
    let mut near: Vec<(Key, f32)> =
        near.filter(|(_, similarity)| *similarity >= question.similarity_min()).collect();
    near.sort_unstable_by(|(one_key, one), (other_key, other)| {
        other.total_cmp(one).then_with(|| one_key.cmp(other_key))
    });
    near.truncate(RANKED);
    near.into_iter().map(|(key, _)| key).collect()
}

#[cfg(test)]
mod tests {
    use super::super::memory::News;
    use super::*;

    fn passage(number: u128, text: &str) -> News {
        News {
            item_id: Uuid::from_u128(number),
            ordinal: 0,
            live: true,
            kind: "faq".to_owned(),
            title: String::new(),
            text: text.to_owned(),
            articles: vec![],
            item_version: 1,
            digest: vec![],
            pos: 1,
        }
    }

    #[test]
    fn of_many_words_the_rarest_and_then_the_newest_may_be_names() {
        let common = "багажник верёвка гвоздика доставка ёлочка жакет зеркало изделие качество лампочка молоток \
            ножницы одеяло";
        let mut memory = Memory::default();
        memory.take(vec![passage(1, common), passage(2, common), passage(3, common)]);
        let asked = |text: &str| names(&memory, &words_asked(text, WORDS_MAX));
        let found = asked(&format!("{common} шуруповерд"));
        assert_eq!((found.len(), &*found[0]), (NAMES_MAX, "шуруповерд"));
        assert!(!found.contains(&"багажник".to_owned()), "it was said first, and all have it");
        assert!(asked(&format!("шуруповерд {common}")).contains(&"шуруповерд".to_owned()));
    }
}

//! Vectors of what a seller knows, made by the sandbox's endpoint: each text once whoever dies, without names, and of no
//! more consequence than those made here when there are none.

mod quality;

use std::collections::BTreeSet;
use std::time::Duration;

use adapters::finding::Finder;
use adapters::model::{Embedder, EmbedderOptions, hidden};
use commands::credential::Credentials;
use commands::{Actor, Commands, Context};
use domain::KnowledgeId;
use domain::knowledge::{Document, Item, Knowledge, KnowledgeCommand, Topic};
use eventlog::{AppenderOptions, Db, EventLog, MasterKey, MasterKeys, SubjectKeys, Vault};
use projections::knowledge::{Asked, Passage, Retrieval};
use projections::{ReadModel, embeddings, rebuild};
use sandbox::{RunningSandbox, Sandbox, SandboxConfig};
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::whole_way::{DEADLINE, TENANT, addresses, work};

/// Under which every passage is about every question: so it shows by which vectors one was looked for.
const EVERYTHING: f32 = -1.0;

/// A seller that knows something, and the endpoint.
struct Seller {
    db: Db,
    log: EventLog,
    commands: Commands,
    credentials: Credentials,
    sandbox: RunningSandbox,
    http: reqwest::Client,
    _ledger: tempfile::TempDir,
}

/// A process that works.
struct Process {
    stop: CancellationToken,
    work: JoinHandle<()>,
}

impl Process {
    async fn kill(self) {
        self.work.abort();
        assert!(self.work.await.unwrap_err().is_cancelled());
    }

    async fn end(self) {
        self.stop.cancel();
        self.work.await.unwrap();
    }
}

impl Seller {
    async fn start(pool: &PgPool, endpoint: Value) -> Self {
        _ = rustls::crypto::ring::default_provider().install_default();
        let ledger = tempfile::tempdir().unwrap();
        let config = SandboxConfig {
            ledger: ledger.path().join("ledger.jsonl"),
            sellers: vec![],
            ..SandboxConfig::default()
        };
        let sandbox = Sandbox::start(config).await.unwrap();
        let db = Db::from_pool(pool.clone());
        let keys = MasterKeys::new(MasterKey::generate("test"), vec![]);
        let subjects = SubjectKeys::new(db.clone(), keys.clone());
        let log = EventLog::new(db.clone(), subjects, AppenderOptions::default());
        let seller = Self {
            commands: Commands::new(log.clone()),
            credentials: Credentials::new(db.clone(), Vault::new(db.clone(), keys)),
            db,
            log,
            sandbox,
            http: reqwest::Client::new(),
            _ledger: ledger,
        };
        seller.behave(endpoint).await;
        seller
    }

    /// Settles what the endpoint does.
    async fn behave(&self, endpoint: Value) {
        let url = format!("{}/control/model", self.sandbox.url());
        let put = self.http.put(url).json(&json!({ "embeddings": endpoint })).send().await;
        put.unwrap().error_for_status().unwrap();
    }

    /// The endpoint as another process knows it, with the cosine from which on a passage is about a question.
    fn embedder(&self, similarity_min: f32) -> Embedder {
        let options = EmbedderOptions {
            url: format!("{}/model/v1", self.sandbox.url()),
            key: "sandbox-key".to_owned().into(),
            name: "sandbox".to_owned(),
            similarity_min,
            question_within: Duration::from_secs(1),
            look_every: Duration::from_millis(100),
        };
        Embedder::new(options).unwrap()
    }

    fn works(&self) -> Process {
        let stop = CancellationToken::new();
        let (addresses, embedder) = (addresses(&self.sandbox), Some(self.embedder(EVERYTHING)));
        let (db, log, credentials) = (&self.db, &self.log, &self.credentials);
        let work = work(db, log, credentials, addresses, None, embedder, &stop);
        Process { stop, work }
    }

    async fn learns(&self, number: u128, title: &str, text: &str) {
        let (title, text) = (title.to_owned(), text.to_owned());
        self.learns_item(
            number,
            Item::Document(Document { topic: Topic::Faq, title, text, tags: vec![] }),
        )
        .await;
    }

    async fn learns_item(&self, number: u128, item: Item) {
        self.command(number, KnowledgeCommand::Revise { replaces: None, item: Box::new(item) })
            .await;
    }

    async fn command(&self, number: u128, command: KnowledgeCommand) {
        let context = Context::new(TENANT, Actor::System("test"));
        let id = KnowledgeId(Uuid::from_u128(number));
        self.commands.execute::<Knowledge>(&context, id, command).await.unwrap();
    }

    /// Learns what two passages tell, and has their vectors made.
    async fn learns_two(&self) {
        self.learns(1, "Уход", "Плед стирают при тридцати градусах.").await;
        self.learns(2, "Доставка", "Посылка едет два дня.").await;
        let process = self.works();
        self.until_kept(2).await;
        process.end().await;
    }

    /// Finds by a process of its own.
    async fn finds(&self, buyer: Option<&str>, query: &str) -> Vec<Passage> {
        let finder = Finder::new(Retrieval::new(self.db.clone()), Some(self.embedder(EVERYTHING)));
        finder.passages(TENANT, buyer, asked(query)).await.unwrap()
    }

    /// Finds by the vectors that are made here.
    async fn finds_here(&self, query: &str) -> Vec<Passage> {
        Retrieval::new(self.db.clone()).passages(TENANT, &asked(query)).await.unwrap()
    }

    /// What the endpoint was asked, in order: the digests of the texts of each request.
    async fn requests(&self) -> Vec<Vec<String>> {
        let url = format!("{}/ledger?kind=embedded", self.sandbox.url());
        let lines = self.http.get(url).send().await.unwrap().text().await.unwrap();
        let digests = |line: &str| {
            let mut line: Value = serde_json::from_str(line).unwrap();
            serde_json::from_value(line["digests"].take()).unwrap()
        };
        lines.lines().map(digests).collect()
    }

    /// Counts by a query.
    async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(self.db.pool()).await.unwrap()
    }

    async fn until_kept(&self, count: i64) {
        let kept = "select count(distinct digest) from embedding where vector is not null";
        self.until("vectors", async || self.count(kept).await == count).await;
    }

    async fn until(&self, what: &str, is_so: impl AsyncFn() -> bool) {
        let deadline = tokio::time::Instant::now() + DEADLINE;
        while !is_so().await {
            assert!(tokio::time::Instant::now() < deadline, "waited in vain for {what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The digest of a text as the sandbox notes it.
    async fn digest(&self, text: &str) -> String {
        sqlx::query_scalar("select encode(sha256(convert_to($1, 'UTF8')), 'hex')")
            .bind(text)
            .fetch_one(self.db.pool())
            .await
            .unwrap()
    }
}

fn asked(query: &str) -> Asked {
    Asked { query: query.to_owned(), limit: 5, ..Asked::default() }
}

/// Has what a seller knows embedded, while one process is killed amid a request and the read model is made anew under
/// another. Returns how many texts were asked for although their vector was there.
async fn asked_again(pool: &PgPool) -> usize {
    const TEXTS: i64 = 100;
    let seller = Seller::start(pool, json!({ "next": ["writes"], "always": "hangs" })).await;
    for number in 0..TEXTS.unsigned_abs().into() {
        seller.learns(number, &format!("Вопрос {number}"), "Плед стирают вручную.").await;
    }
    let first = seller.works();
    seller.until_kept(64).await;
    seller.until("a request under way", async || seller.requests().await.len() == 2).await;
    first.kill().await;
    // The time that a killed process's texts are left alone passes.
    let pass = "update embedding set next_at = now() where vector is null";
    sqlx::query(pass).execute(seller.db.pool()).await.unwrap();
    let kept: BTreeSet<String> = seller.requests().await.swap_remove(0).into_iter().collect();
    assert_eq!(kept.len(), 64);

    seller.behave(json!({})).await;
    let second = seller.works();
    seller.until_kept(TEXTS).await;
    let of_kept = |requests: &[Vec<String>]| {
        requests.iter().flatten().filter(|digest| kept.contains(*digest)).count()
    };
    let requests = seller.requests().await;
    let after_kill = of_kept(&requests[1..]);
    rebuild::rebuild(&seller.db, &seller.log, ReadModel::Knowledge, |_| ()).await.unwrap();
    second.end().await;

    seller.learns(1_000, "Вопрос 1000", "Плед стирают вручную.").await;
    let third = seller.works();
    // What is known last shows that the rest was looked at, too.
    seller.until_kept(TEXTS + 1).await;
    third.end().await;
    let after_rebuild =
        seller.requests().await.iter().flatten().count() - requests.iter().flatten().count() - 1;
    seller.sandbox.stop().await;
    after_kill + after_rebuild
}

#[cfg(not(feature = "sabotage-embeds-again"))]
#[sqlx::test(migrations = "../migrations")]
async fn what_was_paid_for_is_never_asked_for_again(pool: PgPool) {
    assert_eq!(asked_again(&pool).await, 0);
}

#[cfg(feature = "sabotage-embeds-again")]
#[sqlx::test(migrations = "../migrations")]
async fn a_process_that_knows_only_its_own_vectors_is_noticed(pool: PgPool) {
    let again = asked_again(&pool).await;
    assert!(again >= 64, "only {again} were asked for again");
}

#[cfg(not(feature = "sabotage-embeds-again"))]
mod found {
    use super::*;

    #[sqlx::test(migrations = "../migrations")]
    async fn the_vectors_of_the_endpoint_are_what_is_compared(pool: PgPool) {
        let seller = Seller::start(&pool, json!({})).await;
        seller.learns_two().await;
        let question = "Сколько стоит подписка?";
        assert_eq!(seller.finds_here(question).await, [], "it has no word of either");
        assert_eq!(seller.finds(None, question).await.len(), 2);
        let found = seller.finds(None, "Как стирать плед?").await;
        assert_eq!(found[0].title, "Уход");
        seller.sandbox.stop().await;
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn without_an_answer_of_the_endpoint_questions_are_answered_all_the_same(pool: PgPool) {
        let seller = Seller::start(&pool, json!({})).await;
        seller.learns_two().await;
        let question = "Как стирать плед?";
        let here = seller.finds_here(question).await;
        assert_eq!(here[0].title, "Уход");
        for act in [
            json!("hangs"),
            json!("loses"),
            json!("broken"),
            json!({ "fails": { "status": 429, "retry_after_seconds": 1 } }),
            json!({ "fails": { "status": 500 } }),
        ] {
            let before = seller.requests().await.len();
            seller.behave(json!({ "always": act })).await;
            assert_eq!(seller.finds(None, question).await, here, "{act}");
            let asked = seller.requests().await.len() - before;
            assert_eq!(asked, 1, "{act}: nobody asks twice while somebody waits");
        }
        seller.sandbox.stop().await;
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn nothing_is_compared_with_a_part_of_what_is_known(pool: PgPool) {
        let seller = Seller::start(&pool, json!({})).await;
        seller.learns_two().await;
        seller.behave(json!({ "always": { "fails": { "status": 500 } } })).await;
        seller.learns(3, "Возврат", "Деньги возвращаем за три дня.").await;
        let process = seller.works();
        let before = seller.requests().await.len();
        seller.until("a failure", async || seller.requests().await.len() > before).await;
        process.end().await;
        let failed = "select count(*) from embedding where vector is null and failures = 0";
        assert_eq!(seller.count(failed).await, 1, "the text is not to blame");
        let asked = seller.requests().await.len();
        let question = "Как стирать плед?";
        assert_eq!(seller.finds(None, question).await, seller.finds_here(question).await);
        assert_eq!(seller.requests().await.len(), asked, "the question did not leave");
        seller.sandbox.stop().await;
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn a_text_that_is_refused_keeps_no_other_back(pool: PgPool) {
        // More refusals on end than of an endpoint that does not work would let anybody ask.
        let next = vec![json!({ "fails": { "status": 400 } }); 10];
        let seller = Seller::start(&pool, json!({ "next": next })).await;
        for number in 0..8 {
            seller.learns(number, &format!("Вопрос {number}"), "Плед стирают вручную.").await;
        }
        let process = seller.works();
        let failed = "select count(*) from embedding where failures > 0";
        seller.until("refusals", async || seller.count(failed).await == 7).await;
        let kept = "select count(*) from embedding where vector is not null";
        seller.until("the eighth", async || seller.count(kept).await == 1).await;
        let sizes: Vec<usize> = seller.requests().await.iter().map(Vec::len).collect();
        assert_eq!(sizes[..11], [8, 4, 2, 1, 1, 1, 1, 1, 1, 1, 1]);
        // The time that they are left alone passes.
        let pass = "update embedding set next_at = now() where vector is null";
        sqlx::query(pass).execute(seller.db.pool()).await.unwrap();
        seller.until("all", async || seller.count(kept).await == 8).await;
        process.end().await;
        seller.sandbox.stop().await;
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn names_and_contacts_do_not_leave(pool: PgPool) {
        let seller = Seller::start(&pool, json!({})).await;
        seller.learns(1, "Ремонт", "Звоните: 8 916 123-45-67.").await;
        let process = seller.works();
        seller.until_kept(1).await;
        process.end().await;
        let words = "Меня зовут Аделаида, телефон 89161234567. Кто чинит плед?";
        seller.finds(Some("Аделаида"), words).await;

        let left = seller.requests().await.concat();
        let masked = hidden(["Аделаида"], &[words.to_owned()]).concat();
        assert!(!masked.contains("Аделаида") && !masked.contains("8916"), "{masked}");
        let expected =
            [seller.digest("Ремонт\nЗвоните: [СКРЫТО].").await, seller.digest(&masked).await];
        assert_eq!(left, expected);
        seller.sandbox.stop().await;
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn of_questions_nothing_stays_and_of_passages_only_what_is_known(pool: PgPool) {
        let seller = Seller::start(&pool, json!({})).await;
        seller.learns_two().await;
        let all = "select count(*) from embedding";
        seller.finds(None, "Как стирать плед?").await;
        assert_eq!(seller.requests().await.len(), 2, "void: the question was not asked");
        assert_eq!(seller.count(all).await, 2);

        seller.command(2, KnowledgeCommand::Remove { replaces: 1 }).await;
        let process = seller.works();
        let known = "select count(*) from knowledge where live";
        seller.until("the removal", async || seller.count(known).await == 1).await;
        process.end().await;
        assert_eq!(embeddings::sweep(&seller.db).await.unwrap(), 0, "a day has not passed");
        let pass = "update embedding set made_at = made_at - interval '2 days'";
        sqlx::query(pass).execute(seller.db.pool()).await.unwrap();
        assert_eq!(embeddings::sweep(&seller.db).await.unwrap(), 1);
        assert_eq!(seller.finds(None, "Сколько стоит подписка?").await.len(), 1, "the other stays");
        seller.sandbox.stop().await;
    }
}

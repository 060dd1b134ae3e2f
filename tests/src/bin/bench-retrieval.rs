//! Measures how long it takes to find what a seller knows among many passages, and whether the right ones are found.
#![expect(clippy::print_stdout, reason = "a table of figures is what it is for")]

use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Parser;
use commands::{Actor, Commands, Context};
use domain::knowledge::{Document, Fact, Item, Knowledge, KnowledgeCommand, Product, Topic};
use domain::{KnowledgeId, TenantId, UserId};
use eventlog::{AppenderOptions, Db, DbOptions, EventLog, MasterKey, MasterKeys, SubjectKeys};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use projections::ReadModel;
use projections::knowledge::{Asked, Retrieval};
use projections::runner::Runner;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::Value;
use uuid::Uuid;

/// What one search may take, in milliseconds: a draft that is asked for waits for it.
const P99_TARGET_MS: f64 = 100.0;

/// Commands on their way at a time.
const AT_ONCE: usize = 64;

/// Rounds over the labelled questions.
const ROUNDS: usize = 5;

const TENANT: TenantId = TenantId(Uuid::from_u128(0xa11));

/// Questions as buyers ask them, and what answers them; the same that the tests are held against.
const LABELLED: &str = include_str!("../../knowledge/retrieval.json");

const THINGS: [&str; 24] = [
    "Куртка",
    "Шапка",
    "Ваза",
    "Стол",
    "Стул",
    "Чехол",
    "Наушники",
    "Гирлянда",
    "Термос",
    "Зонт",
    "Палатка",
    "Удочка",
    "Гантели",
    "Коврик",
    "Штора",
    "Полка",
    "Насос",
    "Дрель",
    "Краска",
    "Шампунь",
    "Корм",
    "Ошейник",
    "Конструктор",
    "Кукла",
];
const KINDS: [&str; 16] = [
    "складной",
    "детский",
    "зимний",
    "беспроводной",
    "стеклянный",
    "деревянный",
    "мужской",
    "женский",
    "садовый",
    "походный",
    "настенный",
    "угловой",
    "мягкий",
    "прозрачный",
    "цветной",
    "узкий",
];
const FACTS: [(&str, [&str; 4]); 8] = [
    ("Состав", ["хлопок", "полиэстер", "дерево", "металл"]),
    ("Вес", ["120 г", "450 г", "1,2 кг", "3 кг"]),
    ("Страна", ["Россия", "Китай", "Турция", "Узбекистан"]),
    ("Цвет", ["белый", "чёрный", "бежевый", "зелёный"]),
    ("Размер упаковки", ["20 см", "35 см", "50 см", "80 см"]),
    ("Сезон", ["лето", "зима", "весна", "круглый год"]),
    ("Комплектация", ["одна штука", "две штуки", "набор", "с чехлом"]),
    ("Уход", ["протирать", "стирать", "не мочить", "чистить щёткой"]),
];

/// Measures searching the documents and products of one seller, written and read as they are in production. Needs an
/// empty database.
#[derive(Parser)]
struct Arguments {
    /// The database, as a URL.
    #[arg(long, env = "DATABASE_URL")]
    database_url: String,
    /// How many passages the seller has beside the labelled ones.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(100..))]
    passages: u32,
}

/// A labelled question.
struct Question {
    asked: Asked,
    expected: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { database_url, passages } = Arguments::parse();
    let db = Db::connect(&database_url, DbOptions::default()).await.context("connecting")?;
    eventlog::migrate(&db).await.context("migrating")?;
    let keys = MasterKeys::new(MasterKey::generate("bench"), Vec::new());
    let keys = SubjectKeys::new(db.clone(), keys);
    let log = EventLog::new(db.clone(), keys, AppenderOptions::default());

    let labelled: Value = serde_json::from_str(LABELLED).context("reading the labelled set")?;
    let mut items = labelled_items(&labelled)?;
    let mut random = StdRng::seed_from_u64(1);
    items.extend((0..passages).map(|number| made_up(&mut random, number)));
    let count = items.iter().map(|item| item.passages().len()).sum::<usize>();
    let begun = Instant::now();
    write(&Commands::new(log.clone()), items).await?;
    let runner = Runner::new(db.clone(), log, &[ReadModel::Knowledge], Duration::from_secs(30));
    runner.catch_up().await?;
    sqlx::query("vacuum analyze knowledge").execute(db.pool()).await?;
    println!("{count} passages written and listed in {:.1} s", begun.elapsed().as_secs_f64());

    let questions = questions(&labelled)?;
    let retrieval = Retrieval::new(db);
    let begun = Instant::now();
    retrieval.passages(TENANT, &questions.first().context("no questions")?.asked).await?;
    let first = begun.elapsed();
    let mut took = Vec::new();
    let (mut best, mut of_five) = (0, 0);
    for round in 0..ROUNDS {
        for question in &questions {
            let begun = Instant::now();
            let found = retrieval.passages(TENANT, &question.asked).await?;
            took.push(begun.elapsed());
            let place = found.iter().position(|passage| passage.title == question.expected);
            if round == 0 {
                best += u32::from(place == Some(0));
                of_five += u32::from(place.is_some());
            }
        }
    }
    took.sort_unstable();
    let percentile = |share: usize| ms(took[(took.len() * share / 100).min(took.len() - 1)]);
    println!();
    println!("figure retrieval_first {:.0} ms", ms(first));
    println!("figure retrieval_p50 {:.1} ms", percentile(50));
    println!("figure retrieval_p99 {:.1} ms target <= {P99_TARGET_MS}", percentile(99));
    println!("figure retrieval_best {best} of {}", questions.len());
    println!("figure retrieval_of_five {of_five} of {}", questions.len());
    Ok(())
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Reads the labelled items; a product there leaves out what it has none of.
fn labelled_items(labelled: &Value) -> anyhow::Result<Vec<Item>> {
    let items = labelled["items"].as_array().context("no items")?;
    let item = |item: &Value| -> anyhow::Result<Item> {
        if let Some(document) = item.get("document") {
            let document: Document = serde_json::from_value(document.clone())?;
            return Ok(Item::Document(document));
        }
        Ok(Item::Product(serde_json::from_value(item["product"].clone())?))
    };
    items.iter().map(item).collect()
}

fn questions(labelled: &Value) -> anyhow::Result<Vec<Question>> {
    let questions = labelled["questions"].as_array().context("no questions")?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let question = |question: &Value| {
        let query = text(&question["query"])?;
        let asked = Asked { query, article: text(&question["article"]), limit: 5, meaning: None };
        Some(Question { asked, expected: text(&question["expected"])? })
    };
    questions.iter().map(question).collect::<Option<_>>().context("a question without words")
}

/// Makes up a product, or now and then a document, of one passage.
fn made_up(random: &mut StdRng, number: u32) -> Item {
    let thing = THINGS[random.random_range(0..THINGS.len())];
    let kind = KINDS[random.random_range(0..KINDS.len())];
    let facts = FACTS.iter().map(|(name, values)| {
        let value = values[random.random_range(0..values.len())];
        Fact { name: (*name).to_owned(), value: value.to_owned() }
    });
    let facts: Vec<Fact> = facts.collect();
    if number.is_multiple_of(10) {
        let told = facts.iter().map(|Fact { name, value }| format!("{name}: {value}."));
        return Item::Document(Document {
            topic: Topic::Faq,
            title: format!("{thing}: вопрос {number}"),
            text: told.collect::<Vec<_>>().join(" "),
            tags: vec![],
        });
    }
    Item::Product(Product {
        article: format!("A-{number}"),
        marketplace_articles: vec![format!("{}", 300_000_000 + number)],
        name: format!("{thing} {kind} {number}"),
        link: None,
        description: format!("{kind} {thing} на каждый день, модель {number}."),
        facts,
        price: None,
        availability: None,
        variants: vec![],
        delivery: None,
        tags: vec![],
    })
}

async fn write(commands: &Commands, items: Vec<Item>) -> anyhow::Result<()> {
    let written = stream::iter(items).map(Ok::<_, anyhow::Error>);
    written
        .try_for_each_concurrent(AT_ONCE, async |item| {
            let context = Context::new(TENANT, Actor::User(UserId(Uuid::from_u128(1))));
            let id = KnowledgeId(Uuid::new_v4());
            let command = KnowledgeCommand::Revise { replaces: Some(0), item: Box::new(item) };
            commands.execute::<Knowledge>(&context, id, command).await?;
            Ok(())
        })
        .await
}

//! How often the right passage is found by the sandbox's vectors: they know the beginnings of words and no meaning, so
//! this shows that an endpoint's vectors are ranked as those made here are, and not how good a real model is.

#![cfg(not(feature = "sabotage-embeds-again"))]

use adapters::finding::Finder;
use domain::knowledge::{Document, Item, Product};
use projections::knowledge::{Asked, Retrieval};
use serde::Deserialize;
use serde_json::json;
use sqlx::PgPool;

use super::{Seller, asked};
use crate::whole_way::TENANT;

/// Written by us: documents, products and questions as buyers ask them, each with the title that answers it.
const LABELLED: &str = include_str!("../../../../tests/knowledge/retrieval.json");

/// About what is near for these vectors.
const SIMILARITY_MIN: f32 = 0.15;

#[derive(Deserialize)]
struct Labelled {
    items: Vec<LabelledItem>,
    questions: Vec<Question>,
}

#[derive(Deserialize)]
struct LabelledItem {
    document: Option<Document>,
    product: Option<Product>,
}

#[derive(Deserialize)]
struct Question {
    query: String,
    article: Option<String>,
    expected: String,
}

#[sqlx::test(migrations = "../migrations")]
async fn the_right_passage_is_among_the_first(pool: PgPool) {
    let seller = Seller::start(&pool, json!({})).await;
    let labelled: Labelled = serde_json::from_str(LABELLED).unwrap();
    for (number, LabelledItem { document, product }) in (0..).zip(labelled.items) {
        let item = document.map(Item::Document).or(product.map(Item::Product));
        seller.learns_item(number, item.unwrap()).await;
    }
    let last = "select count(*) from knowledge where ordinal = 0 and live";
    let process = seller.works();
    seller.until("all items", async || seller.count(last).await == 28).await;
    let without = "select count(*) from knowledge k where live
        and not exists (select from embedding e where e.digest = k.words_digest and e.vector is not null)";
    seller.until("all vectors", async || seller.count(without).await == 0).await;
    process.end().await;

    let embedder = Some(seller.embedder(SIMILARITY_MIN));
    let finder = Finder::new(Retrieval::new(seller.db.clone()), embedder);
    let before = seller.requests().await.len();
    let count = labelled.questions.len();
    let (mut first, mut of_five) = (0, 0);
    for Question { query, article, expected } in labelled.questions {
        let asked = Asked { article, ..asked(&query) };
        let found = finder.passages(TENANT, None, asked).await.unwrap();
        let place = found.iter().position(|passage| passage.title == expected);
        first += u32::from(place == Some(0));
        of_five += u32::from(place.is_some());
    }
    assert_eq!(seller.requests().await.len() - before, count, "void: not all were embedded");
    // Of 64, when it was measured first: what is changed here must not find less.
    assert!(first >= 54 && of_five >= 61, "first {first}, of five {of_five}");
    seller.sandbox.stop().await;
}

//! The rows of a document or product, one a passage, and how its events change them.

use chrono::{DateTime, Utc};
use domain::Recorded;
use domain::knowledge::{Item, KnowledgeEvent};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::words::folded;
use crate::fold::time;

/// A row of `knowledge`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Row {
    pub(super) tenant_id: Uuid,
    pub(super) item_id: Uuid,
    pub(super) ordinal: i32,
    pub(super) live: bool,
    pub(super) kind: String,
    pub(super) title: String,
    pub(super) text: String,
    pub(super) articles: Value,
    pub(super) tags: Value,
    pub(super) label: String,
    pub(super) item_version: i32,
    #[serde(with = "time")]
    pub(super) updated_at: DateTime<Utc>,
    pub(super) updated_by: String,
    pub(super) pos: i64,
    pub(super) version: i32,
}

/// Tells what an item's rows are after `recorded`, in the order of their ordinals.
pub(super) fn fold(rows: Vec<Row>, recorded: &Recorded) -> Vec<Row> {
    if rows.first().is_some_and(|row| row.version >= recorded.version) {
        return rows;
    }
    recorded.of_knowledge().fold(rows, |rows, event| match event {
        KnowledgeEvent::KnowledgeRevised { version, item } => {
            revised(rows, recorded, *version, item)
        }
        KnowledgeEvent::KnowledgeRemoved { version } => {
            rows.into_iter().map(|row| row.dead(recorded, *version)).collect()
        }
    })
}

fn revised(before: Vec<Row>, recorded: &Recorded, version: u32, item: &Item) -> Vec<Row> {
    let articles: Vec<&str> = item.articles().collect();
    let label = [item.title()].into_iter().chain(articles.iter().copied());
    let label = label.chain(item.tags().iter().map(String::as_str)).collect::<Vec<_>>().join(" ");
    let row = |(ordinal, text): (usize, String)| Row {
        tenant_id: recorded.tenant.0,
        item_id: recorded.stream.0,
        ordinal: i32::try_from(ordinal).unwrap_or(i32::MAX),
        live: true,
        kind: item.kind().to_owned(),
        title: item.title().to_owned(),
        text,
        articles: json!(articles),
        tags: json!(item.tags()),
        label: if ordinal == 0 { folded(&label) } else { String::new() },
        item_version: i32::try_from(version).unwrap_or(i32::MAX),
        updated_at: time::kept(recorded.recorded_at),
        updated_by: recorded.actor.clone().unwrap_or_default(),
        pos: recorded.position,
        version: recorded.version,
    };
    let passages = item.passages();
    let live = passages.len();
    let rest = before.into_iter().skip(live).map(|row| row.dead(recorded, version));
    passages.into_iter().enumerate().map(row).chain(rest).collect()
}

impl Row {
    /// Leaves nothing of it to be found.
    fn dead(self, recorded: &Recorded, version: u32) -> Self {
        Self {
            live: false,
            title: String::new(),
            text: String::new(),
            articles: json!([]),
            tags: json!([]),
            label: String::new(),
            item_version: i32::try_from(version).unwrap_or(i32::MAX),
            updated_at: time::kept(recorded.recorded_at),
            updated_by: recorded.actor.clone().unwrap_or_default(),
            pos: recorded.position,
            version: recorded.version,
            ..self
        }
    }
}

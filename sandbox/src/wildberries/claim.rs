//! One claim for return: the object Wildberries serves for it, and what the seller decided about it in time.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::reads::moscow;
use super::receipt::Seen;

/// "For the last 14 days."
const LISTED_FOR: TimeDelta = TimeDelta::days(14);

/// What the seller may answer to a claim that nobody has decided about.
pub(super) const USUAL_ACTIONS: [&str; 7] =
    ["autorefund1", "approve1", "approve2", "reject1", "reject2", "reject3", "rejectcustom"];

/// Ways to refuse without words of one's own, with what the buyer reads then; the words are ours.
const REFUSALS: [(&str, &str); 3] = [
    ("reject1", "Заявка отклонена: брак не обнаружен. Можно приложить заключение экспертизы."),
    ("reject2", "Заявка отклонена: добавьте, пожалуйста, фото и видео товара целиком."),
    ("reject3", "Заявка отклонена: обратитесь, пожалуйста, в сервисный центр."),
];

/// A claim and the decisions about it.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    /// The object as it came.
    object: Map<String, Value>,
    created: DateTime<Utc>,
    /// What reads give in its place.
    spoiled: Option<Value>,
    /// In the order of acceptance.
    pub(super) decisions: Vec<Decided>,
}

/// An accepted action and what it changes.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Decided {
    pub(super) action: String,
    pub(super) decision: Decision,
}

/// What an action changes, and from when on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Decision {
    pub(super) from: DateTime<Utc>,
    /// Fields of the object with their new values.
    pub(super) changes: Map<String, Value>,
}

impl Claim {
    /// A claim from its object, which must have a text `id` and a date `dt`.
    pub(super) fn new(object: Map<String, Value>, spoiled: Option<Value>) -> Option<Self> {
        object.get("id")?.as_str()?;
        let written: NaiveDateTime = object.get("dt")?.as_str()?.parse().ok()?;
        let created = written.and_local_timezone(moscow()).single()?.to_utc();
        Some(Self { object, created, spoiled, decisions: Vec::new() })
    }

    pub(super) fn id(&self) -> &str {
        self.object.get("id").and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn created(&self) -> DateTime<Utc> {
        self.created
    }

    pub(super) fn nm_id(&self) -> Option<u64> {
        self.object.get("nm_id")?.as_u64()
    }

    /// Whether lists still name it.
    pub(super) fn is_listed(&self, now: DateTime<Utc>) -> bool {
        self.created + LISTED_FOR >= now
    }

    /// Whether it is decided: the specification's `is_archive`, "in the archive" rather than "under consideration".
    pub(super) fn is_archived(&self, now: DateTime<Utc>) -> bool {
        self.current(now).get("status") != Some(&json!(0))
    }

    /// The object as the API serves it now.
    pub(super) fn served(&self, now: DateTime<Utc>) -> Value {
        self.spoiled.clone().unwrap_or_else(|| Value::Object(self.current(now)))
    }

    /// What the seller may do now.
    pub(super) fn allows(&self, action: &str, now: DateTime<Utc>) -> bool {
        let current = self.current(now);
        let actions = current.get("actions").and_then(Value::as_array);
        actions.is_some_and(|actions| actions.iter().any(|allowed| allowed == action))
    }

    /// How often this action was accepted, also where it is not yet in effect.
    pub(super) fn deliveries(&self, action: &str) -> u64 {
        self.decisions.iter().filter(|decided| decided.action == action).count() as u64
    }

    /// What the buyer reads now.
    pub(super) fn buyer_sees(&self, now: DateTime<Utc>) -> Option<Seen> {
        let words = self.current(now).get("wb_comment")?.as_str()?.to_owned();
        let last = self.decisions.iter().rfind(|decided| decided.decision.from <= now);
        Some(Seen { text: words, from: last.map_or(self.created, |last| last.decision.from) })
    }

    fn current(&self, now: DateTime<Utc>) -> Map<String, Value> {
        let mut object = self.object.clone();
        let mut taken: Vec<&Decision> = self.decisions.iter().map(|it| &it.decision).collect();
        taken.retain(|decision| decision.from <= now);
        // Stable: of one moment the later one was accepted later.
        taken.sort_by_key(|decision| decision.from);
        object.extend(taken.into_iter().flat_map(|decision| decision.changes.clone()));
        object
    }
}

/// What an action changes in a claim. `approvecc1` only begins a return to the seller's own shop, which ends with
/// `confirmreturngoodcc1` or a refusal; until then the claim stays under consideration. A refused one can be looked at
/// again, an approved one is over.
pub(super) fn changes(action: &str, comment: &str, now: DateTime<Utc>) -> Map<String, Value> {
    let refusal = REFUSALS.iter().find(|(name, _)| *name == action).map(|(_, words)| *words);
    let refused =
        |words: &str| (1, 1, Some(words.to_owned()), vec!["autorefund1", "approve1", "approve2"]);
    let approved = |goods: u8, words: &str| (2, goods, Some(words.to_owned()), Vec::new());
    let (status, goods, words, actions) = match (action, refusal) {
        (_, Some(words)) => refused(words),
        ("rejectcustom", None) => refused(comment),
        ("approve1", None) => approved(8, "Заявка одобрена, товар проверят на складе."),
        ("approve2", None) => approved(10, "Заявка одобрена, товар вернётся продавцу."),
        ("autorefund1", None) => approved(5, "Заявка одобрена, товар остаётся у вас."),
        ("approvecc1", None) => {
            let words = Some(comment.to_owned()).filter(|comment| !comment.is_empty());
            (0, 0, words, vec!["confirmreturngoodcc1", "rejectcustom"])
        }
        (_, None) => approved(10, "Продавец принял товар."),
    };
    let updated = now.with_timezone(&moscow()).format("%Y-%m-%dT%H:%M:%S%.6f").to_string();
    Map::from_iter([
        ("status".to_owned(), json!(status)),
        ("status_ex".to_owned(), json!(goods)),
        ("wb_comment".to_owned(), json!(words)),
        ("dt_update".to_owned(), json!(updated)),
        ("actions".to_owned(), json!(actions)),
    ])
}

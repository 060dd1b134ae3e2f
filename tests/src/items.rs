//! What buyers wrote at all marketplaces, as the sandbox's ledger tells it, held against what came in.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use anyhow::Context as _;
use chrono::{DateTime, SubsecRound as _, Utc};
use serde_json::Value;

use crate::api::Seller;
use crate::feed::Feed;
use crate::sandbox::Sandbox;

/// Which item: marketplace, channel, and the marketplace's id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// `wildberries`, `ozon` or `yandex_market`.
    pub marketplace: String,
    /// `review`, `question` or `chat`.
    pub channel: String,
    /// The marketplace's.
    pub external_id: String,
}

/// An item on either side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Which.
    pub key: Key,
    /// When it was written; milliseconds are as far as all marketplaces tell it.
    pub written_at: DateTime<Utc>,
    /// Its text; empty when there is none.
    pub text: String,
}

/// What the system has, as whoever uses it sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TakenIn {
    /// The items that the feed says came in, in its order.
    pub told: Vec<Item>,
    /// The inbox from the oldest on.
    pub listed: Vec<(Key, DateTime<Utc>)>,
    /// Kept aside because they could not be read: marketplace, channel, the id where one shows, and the reason.
    pub aside: BTreeSet<(Key, String)>,
}

/// How both compare.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Items that came in once, as they were written.
    pub whole: usize,
    /// What is wrong, a sentence each.
    pub faults: BTreeSet<String>,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.marketplace, self.channel, self.external_id)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} whole, {} faults", self.whole, self.faults.len())?;
        self.faults.iter().take(10).try_for_each(|fault| write!(f, "\n  {fault}"))
    }
}

impl Key {
    fn new(marketplace: &str, channel: &str, external_id: String) -> Self {
        let (marketplace, channel) = (marketplace.to_owned(), channel.to_owned());
        Self { marketplace, channel, external_id }
    }
}

impl Item {
    fn new(key: Key, written_at: &Value, text: &Value) -> anyhow::Result<Self> {
        let written_at: DateTime<Utc> = serde_json::from_value(written_at.clone())?;
        let text = text.as_str().unwrap_or_default().to_owned();
        Ok(Self { key, written_at: written_at.trunc_subsecs(3), text })
    }

    /// Reads a line of the ledger; none where it is about something else.
    fn of_line(line: &Value) -> anyhow::Result<Option<Self>> {
        let kind = line["kind"].as_str().unwrap_or_default();
        let of = |marketplace, channel, item: &Value, written_at: &str, text: &Value| {
            let id = id_of(&item["id"])?;
            Item::new(Key::new(marketplace, channel, id), &item[written_at], text).map(Some)
        };
        match (line["marketplace"].as_str().unwrap_or_default(), kind) {
            ("wildberries", "review_added") => {
                let item = &line["feedback"];
                of("wildberries", "review", item, "createdDate", &item["text"])
            }
            ("wildberries", "question_added") => {
                let item = &line["question"];
                of("wildberries", "question", item, "createdDate", &item["text"])
            }
            ("ozon", "review_added") => {
                let item = &line["review"];
                of("ozon", "review", item, "published_at", &item["text"])
            }
            ("ozon", "question_added") => {
                let item = &line["question"];
                of("ozon", "question", item, "published_at", &item["text"])
            }
            // What was said in it are messages, which come in by themselves.
            ("ozon", "chat_opened") => {
                let chat = &line["chat"];
                let kind = chat["chat_type"].as_str().unwrap_or_default();
                if !kind.starts_with("BUYER_SELLER") {
                    return Ok(None);
                }
                of("ozon", "chat", chat, "created_at", &Value::Null)
            }
            ("yandex", "happened") => {
                match line["change"].as_object().and_then(|it| it.iter().next()) {
                    Some((change, item)) if change == "feedback_written" => {
                        of("yandex_market", "review", item, "created_at", &item["words"]["comment"])
                    }
                    Some((change, item)) if change == "question_written" => {
                        of("yandex_market", "question", item, "created_at", &item["text"])
                    }
                    Some((change, item)) if change == "chat_opened" => {
                        of("yandex_market", "chat", item, "created_at", &Value::Null)
                    }
                    Some(_) | None => Ok(None),
                }
            }
            _ => Ok(None),
        }
    }
}

fn id_of(id: &Value) -> anyhow::Result<String> {
    let text = id.as_str().map(str::to_owned);
    text.or_else(|| Some(id.as_u64()?.to_string())).context("an item has an id")
}

impl Sandbox {
    /// Returns everything that buyers wrote and that is read, at all marketplaces.
    ///
    /// # Errors
    /// When the sandbox does not answer or a line cannot be read.
    pub async fn items(&self) -> anyhow::Result<Vec<Item>> {
        let lines = self.lines().await?;
        lines.iter().filter_map(|line| Item::of_line(line).transpose()).collect()
    }
}

impl TakenIn {
    /// Gathers it: the feed, the inbox, and what the seller's cabinets have kept aside.
    ///
    /// # Errors
    /// When the server refuses, or something it gives is not what it should be.
    pub async fn of(seller: &Seller, accounts: &[String]) -> anyhow::Result<Self> {
        let feed = Feed::take(seller, 1000).await?;
        let told = feed.of_type("Ingested").map(|event| {
            let source = &event["data"]["source"];
            let words = &event["data"]["content"]["words"];
            Item::new(key_of(source)?, &source["occurred_at"], &words["text"])
        });
        let mut taken = Self { told: told.collect::<anyhow::Result<_>>()?, ..Self::default() };
        for row in seller.list("order=oldest").await? {
            let written_at: DateTime<Utc> = serde_json::from_value(row["occurred_at"].clone())?;
            taken.listed.push((key_of(&row)?, written_at));
        }
        for account in accounts {
            let marketplace = seller.account(account).await?["marketplace"].clone();
            let unread = seller.get(&format!("/accounts/{account}/unread-items")).await?.ok()?;
            for item in unread["items"].as_array().into_iter().flatten() {
                let mut item = item.clone();
                item["marketplace"] = marketplace.clone();
                let reason = item["reason"].as_str().context("a reason")?.to_owned();
                taken.aside.insert((key_of(&item)?, reason));
            }
        }
        Ok(taken)
    }

    /// Holds it against what buyers wrote; `spoiled` are the items that nobody could read, with the reasons why.
    #[must_use]
    pub fn judge(&self, written: &[Item], spoiled: &BTreeSet<(Key, String)>) -> Verdict {
        let unreadable: BTreeSet<&Key> = spoiled.iter().map(|(key, _)| key).collect();
        let mut missing: BTreeMap<&Key, &Item> = written
            .iter()
            .filter(|item| !unreadable.contains(&item.key))
            .map(|item| (&item.key, item))
            .collect();
        let expected: BTreeSet<&Key> = missing.keys().copied().collect();
        let mut verdict = Verdict::default();
        for item in &self.told {
            match missing.remove(&item.key) {
                Some(original) if original == item => verdict.whole += 1,
                Some(original) => verdict.fault(format!("{item:?} was written as {original:?}")),
                None if expected.contains(&item.key) => {
                    verdict.fault(format!("{} came in again", item.key));
                }
                None => verdict.fault(format!("{} was not to come in", item.key)),
            }
        }
        for key in missing.into_keys() {
            verdict.fault(format!("{key} is missing"));
        }
        self.judge_inbox(&expected, &mut verdict);
        for (key, reason) in spoiled.difference(&self.aside) {
            verdict.fault(format!("{key} was not kept aside as {reason}"));
        }
        for (key, reason) in self.aside.difference(spoiled) {
            verdict.fault(format!("{key} was kept aside as {reason}"));
        }
        verdict
    }

    fn judge_inbox(&self, expected: &BTreeSet<&Key>, verdict: &mut Verdict) {
        let mut listed = BTreeSet::new();
        for (key, _) in &self.listed {
            if !listed.insert(key) {
                verdict.fault(format!("{key} is in the inbox twice"));
            }
        }
        for key in expected.symmetric_difference(&listed) {
            verdict.fault(format!("the inbox is wrong about {key}"));
        }
        for pair in self.listed.windows(2) {
            if pair[0].1 > pair[1].1 {
                verdict.fault(format!("{} comes before {}", pair[0].0, pair[1].0));
            }
        }
    }
}

impl Verdict {
    fn fault(&mut self, what: String) {
        self.faults.insert(what);
    }
}

fn key_of(item: &Value) -> anyhow::Result<Key> {
    let text = |field: &str| item[field].as_str().map(str::to_owned).context("a name");
    Ok(Key {
        marketplace: text("marketplace")?,
        channel: text("channel")?,
        external_id: item["external_id"].as_str().unwrap_or_default().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: &str) -> Key {
        Key::new("ozon", "review", id.to_owned())
    }

    fn written(id: &str, second: i64) -> Item {
        let written_at = DateTime::from_timestamp(second, 0).unwrap();
        Item { key: key(id), written_at, text: format!("Отзыв {id}") }
    }

    fn taken(items: &[Item]) -> TakenIn {
        let listed = items.iter().map(|item| (item.key.clone(), item.written_at)).collect();
        TakenIn { told: items.to_vec(), listed, aside: BTreeSet::new() }
    }

    fn faults(taken: &TakenIn, spoiled: &[&str]) -> Vec<String> {
        let written = [written("a", 1), written("b", 2), written("c", 3)];
        let spoiled = spoiled.iter().map(|id| (key(id), "no_time".to_owned())).collect();
        Vec::from_iter(taken.judge(&written, &spoiled).faults)
    }

    #[test]
    fn what_came_in_once_and_whole_is_clean() {
        let mut taken = taken(&[written("a", 1), written("c", 3)]);
        taken.aside.insert((key("b"), "no_time".to_owned()));
        assert_eq!(faults(&taken, &["b"]), Vec::<String>::new());
    }

    #[test]
    fn each_way_to_go_wrong_is_found() {
        let (a, b, c) = (written("a", 1), written("b", 2), written("c", 3));
        let whole = || taken(&[a.clone(), b.clone(), c.clone()]);
        let mut again = whole();
        again.told.push(a.clone());
        let mut listed_twice = whole();
        listed_twice.listed.push(listed_twice.listed[2].clone());
        let mut disordered = whole();
        disordered.listed.swap(0, 2);
        let mut changed = whole();
        changed.told[1].text.clear();
        let mut aside = whole();
        aside.aside.insert((key("b"), "no_time".to_owned()));
        let mut unlisted = whole();
        unlisted.listed.remove(0);
        for (case, taken, words) in [
            ("again", again, "ozon review a came in again"),
            ("twice", listed_twice, "ozon review c is in the inbox twice"),
            ("order", disordered, "ozon review c comes before ozon review b"),
            ("aside", aside, "ozon review b was kept aside as no_time"),
            ("unlisted", unlisted, "the inbox is wrong about ozon review a"),
        ] {
            let found = faults(&taken, &[]);
            assert!(found.iter().any(|fault| fault == words), "{case}: {found:?}");
        }
        assert_eq!(faults(&changed, &[]).len(), 1);
        let lost = faults(&taken(&[a.clone(), b.clone()]), &[]);
        assert!(lost.contains(&"ozon review c is missing".to_owned()), "{lost:?}");
        let dropped = faults(&whole(), &["b"]);
        assert!(dropped.contains(&"ozon review b was not to come in".to_owned()), "{dropped:?}");
        assert!(dropped.iter().any(|fault| fault.contains("not kept aside")), "{dropped:?}");
    }
}

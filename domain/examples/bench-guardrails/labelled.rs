//! Texts of other people with what is to be found in them, one JSON object a line.

use std::error::Error;
use std::fs;
use std::path::Path;

use domain::guardrail::{Known, is_meant_for_machine, unfit};
use serde_json::Value;

use crate::{Row, Share, content, has, is_stopped};

/// Measures all files of a folder.
pub(crate) fn rows(folder: &Path) -> Result<Vec<Row>, Box<dyn Error>> {
    let mut rows = vec![replies(folder)?];
    rows.extend(machine(folder)?);
    rows.extend(profanity(folder)?);
    rows.extend(contacts(folder)?);
    Ok(rows)
}

fn read(folder: &Path, file: &str) -> Result<Vec<Value>, Box<dyn Error>> {
    let path = folder.join(file);
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row[field].as_str().unwrap_or_default()
}

/// Replies that sellers really gave: those that are stopped count as stopped wrongly, whatever they say.
fn replies(folder: &Path) -> Result<Row, Box<dyn Error>> {
    let mut share = Share::default();
    for row in read(folder, "replies/replies.jsonl")? {
        let said = ["text", "pros", "cons"].map(|field| text(&row["review"], field));
        share.count(is_stopped(&said.join(" "), text(&row, "reply")));
    }
    let figure = Some(("guardrails_false_blocks", "<= 0.01"));
    Ok(Row { what: "real replies stopped".to_owned(), share, figure })
}

/// What a machine is held to beyond that: replies of people that it could not have given, where a template would have
/// stood in; and reviews that are taken for words to a machine.
fn machine(folder: &Path) -> Result<Vec<Row>, Box<dyn Error>> {
    let (mut replaced, mut marked) = (Share::default(), Share::default());
    for row in read(folder, "replies/replies.jsonl")? {
        let said = ["text", "pros", "cons"].map(|field| text(&row["review"], field)).join(" ");
        let content = content(&said);
        replaced.count(!unfit(text(&row, "reply"), &content, &Known::default()).is_empty());
    }
    for row in read(folder, "reviews/reviews.jsonl")? {
        let said = ["text", "pros", "cons"].map(|field| text(&row, field)).join(" ");
        marked.count(is_meant_for_machine(&said));
    }
    let row = |what: &str, share, figure| Row { what: what.to_owned(), share, figure };
    Ok(vec![
        row("real replies that a machine could not give", replaced, None),
        row(
            "real reviews taken for words to a machine",
            marked,
            Some(("attack_marks_on_real_reviews", "<= 0.01")),
        ),
    ])
}

/// Comments with profanity in disguise, beside what was meant. A comment counts where what was meant has a word that
/// the rules know: what they do not know undisguised is a matter of the words and not of the disguise.
fn profanity(folder: &Path) -> Result<Vec<Row>, Box<dyn Error>> {
    let (mut known, mut caught, mut clean) = Default::default();
    for row in read(folder, "toxic/toxic_distorted.jsonl")? {
        if row["distorted"] == true {
            let is_known = has(text(&row, "corrected"), "profanity");
            Share::count(&mut known, is_known);
            if is_known {
                Share::count(&mut caught, has(text(&row, "text"), "profanity"));
            }
        } else if row["toxic"] == false {
            Share::count(&mut clean, has(text(&row, "text"), "profanity"));
        }
    }
    let mut neutral = Share::default();
    for row in read(folder, "toxic/toxic_parallel.jsonl")? {
        let rewrites = row["neutral"].as_array().into_iter().flatten();
        rewrites.filter_map(Value::as_str).for_each(|text| neutral.count(has(text, "profanity")));
    }
    let row = |what: &str, share, figure| Row { what: what.to_owned(), share, figure };
    let target = Some(("guardrails_disguised_profanity_caught", ">= 0.95"));
    Ok(vec![
        row("disguised comments whose plain words are known", known, None),
        row("of these, found in disguise", caught, target),
        row("comments that are not rude, found to be", clean, None),
        row("polite rewrites, found to be rude", neutral, None),
    ])
}

/// Contacts in real Russian texts, and in the vectors of published libraries. Verdicts that hold for one country alone
/// are left out, as are those on whole texts («no valid address»), which need not mean that a text holds none.
fn contacts(folder: &Path) -> Result<Vec<Row>, Box<dyn Error>> {
    let (mut right, mut found) = (Share::default(), Share::default());
    for row in read(folder, "contacts/contacts_ru_real.jsonl")? {
        let (is_contact, is_found) =
            (row["is_contact"] == true, has(text(&row, "text"), "contact"));
        if is_contact {
            found.count(is_found);
        }
        if is_found {
            right.count(is_contact);
        }
    }
    let precision = Some(("guardrails_contacts_precision", ">= 0.97"));
    let recall = Some(("guardrails_contacts_recall", ">= 0.97"));
    let mut rows = vec![
        Row {
            what: "contacts in real texts: found and so".to_owned(),
            share: right,
            figure: precision,
        },
        Row {
            what: "contacts in real texts: so and found".to_owned(),
            share: found,
            figure: recall,
        },
    ];
    for kind in ["url", "email", "phone", "handle"] {
        let (mut found, mut wrong) = (Share::default(), Share::default());
        for row in read(folder, &format!("contacts/contacts_{kind}.jsonl"))? {
            let is_found = has(text(&row, "text"), "contact");
            if row["strength"] == "locale" {
                continue;
            }
            if row["is_contact"] == true {
                found.count(is_found);
            } else if row["scope"] != "whole" {
                wrong.count(is_found);
            }
        }
        rows.push(Row { what: format!("vectors, {kind}: found"), share: found, figure: None });
        rows.push(Row {
            what: format!("vectors, {kind}: none, and found"),
            share: wrong,
            figure: None,
        });
    }
    Ok(rows)
}

//! What a deadline says: by when, why then, and what became of it.

use domain::interaction::Deadline;
use domain::value::Priority;

use super::drafts::priority_word;
use super::facts::Fact;

pub(super) fn facts(deadline: &Deadline, was_past: bool) -> Vec<Fact> {
    let Deadline { priority, policy, rule, since, warn_at, answer_by } = deadline;
    let mut facts = vec![
        Fact::time("answer_by", "Ответить до", *answer_by),
        Fact::text("priority", "Срочность", priority_word(*priority)),
        Fact::text("sla_rule", "По правилу", rule_of(*rule)),
        Fact::text("sla_policy", "Версия сроков", version(*policy)),
        Fact::time("waits_since", "Ждёт с", *since),
    ];
    if was_past {
        let text = "прошёл раньше, чем обращение было прочитано или сроки изменены: тревоги нет";
        facts.push(Fact::text("was_past", "Срок", text));
    } else if *priority != Priority::Urgent {
        facts.push(Fact::time("warn_at", "Станет срочным", *warn_at));
    }
    facts
}

fn rule_of(rule: Option<u16>) -> String {
    match rule {
        Some(number) => format!("правило магазина № {number}"),
        None => "общая таблица: канал, оценка и тема".to_owned(),
    }
}

fn version(policy: u32) -> String {
    match policy {
        0 => "исходная".to_owned(),
        version => version.to_string(),
    }
}

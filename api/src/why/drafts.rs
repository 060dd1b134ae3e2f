//! How a draft came about, in words.

use domain::guardrail::{Noted, Severity};
use domain::interaction::{
    Advice, Advised, DismissReason, DraftOrigin, Used, UsedKind, WhyTemplate,
};
use domain::value::{Analysis, Intent, Priority, Sentiment};

use super::facts::{Fact, rules_of, said};
use crate::decision;
use crate::guardrail::violations;

/// Says what a draft rests on, and what is to be said of its text.
pub(super) fn of_origin(origin: &DraftOrigin, text: &str) -> Vec<Fact> {
    let mut facts = Vec::new();
    if let Some(Analysis { intent, sentiment, priority, confidence }) = &origin.analysis {
        let read = format!(
            "{}, {}, {}; уверенность {} %",
            intent_word(*intent),
            sentiment_word(*sentiment),
            priority_word(*priority),
            confidence.percent(),
        );
        facts.push(Fact::text("analysis", "Разбор", read));
    }
    facts.extend(
        origin.template.map(|why| Fact::text("template", "Почему шаблон", template_reason(why))),
    );
    if let Some(written) = &origin.written {
        let told = format!(
            "{} ({}), подсказка {}, токенов {}, {} мкUSD",
            written.model,
            written.provider,
            written.prompt_version,
            u64::from(written.prompt_tokens) + u64::from(written.completion_tokens),
            written.cost_micro_usd,
        );
        facts.push(Fact::text("model", "Модель", told));
    }
    facts.extend(origin.context.iter().map(used));
    if origin.is_attacked {
        let words = "слова покупателя похожи на команды машине";
        facts.push(Fact::text("suspicious", "Проверьте внимательно", words));
    }
    facts.extend(origin.advice.iter().flat_map(|advice| advised(advice, text)));
    if let Some(decision) = &origin.decision {
        let reasons = decision.reasons.iter().map(|reason| decision::reason(*reason));
        let verdict = std::iter::once(decision::verdict(decision.verdict));
        let told = verdict.chain(reasons).collect::<Vec<_>>().join("; ");
        facts.push(Fact::text("decision", "Без человека", told));
        let versions = format!("правила {}, настройки {}", decision.policy, decision.automation);
        facts.push(Fact::text("decision_version", "Версии решения", versions));
    }
    let carried = origin.carried_from.map(|id| id.to_string());
    facts.extend(carried.map(|id| Fact::text("carried_from", "Прежний черновик", id)));
    facts
}

/// Says why an operator did not want a draft.
pub(super) fn why_dismissed(reason: DismissReason) -> &'static str {
    match reason {
        DismissReason::WrongFact => "неверный факт",
        DismissReason::WrongTone => "не тот тон",
        DismissReason::TooMuchPromised => "лишнее обещание",
        DismissReason::OffTopic => "не по теме",
    }
}

/// Names something that the writer was given to read.
fn used(Used { kind, id, version }: &Used) -> Fact {
    let what = match kind {
        UsedKind::Passage => "Опирается на документ",
        UsedKind::Product => "Опирается на товар",
        UsedKind::Example => "Опирается на прошлый ответ",
    };
    Fact::text("context", what, format!("{id}, версия {version}"))
}

/// Says which rules read the draft and what they had against it.
fn advised(advice: &Advice, text: &str) -> Vec<Fact> {
    let passed = if advice.lets_through() { "пройдена" } else { "не пройдена" };
    let rules = format!("{passed}, {}", rules_of(advice.version, advice.own_version));
    let found = advice.found.iter().flat_map(|Advised { rule, severity, place, listed }| {
        let (name, label) = match severity {
            Severity::Error => ("violation", "Нарушение"),
            Severity::Warning => ("warning", "Замечание"),
        };
        let noted = Noted { rule: rule.clone(), place: *place, listed: listed.clone() };
        let found = violations(&[noted], *severity, text);
        found.into_iter().map(move |found| Fact::text(name, label, said(&found)))
    });
    std::iter::once(Fact::text("guardrails", "Проверка черновика", rules)).chain(found).collect()
}

/// Says why a draft is a template, as all who tell of it say it.
pub(crate) fn template_reason(why: WhyTemplate) -> &'static str {
    match why {
        WhyTemplate::NoModel => "языковая модель не подключена",
        WhyTemplate::ModelOff => "черновики модели выключены в настройках",
        WhyTemplate::NoWords => "покупатель поставил оценку без слов",
        WhyTemplate::ModelUnavailable => "модель недоступна",
        WhyTemplate::ModelUnusable => "ответ модели не удалось разобрать",
        WhyTemplate::ModelStopped => "текст модели нарушал правила ответов",
        WhyTemplate::DailyLimit => "дневной лимит черновиков исчерпан",
        WhyTemplate::DailyBudget => "дневной бюджет модели исчерпан",
        WhyTemplate::Interrupted => "запрос к модели прервался, второй раз за него не платим",
    }
}

fn intent_word(intent: Intent) -> &'static str {
    match intent {
        Intent::Defect => "брак",
        Intent::WrongItem => "не тот товар",
        Intent::Delivery => "доставка",
        Intent::Sizing => "размер",
        Intent::Return => "возврат",
        Intent::PrePurchase => "вопрос до покупки",
        Intent::Thanks => "благодарность",
        Intent::General => "общее",
    }
}

fn sentiment_word(sentiment: Sentiment) -> &'static str {
    match sentiment {
        Sentiment::Positive => "покупатель доволен",
        Sentiment::Neutral => "покупатель спокоен",
        Sentiment::Negative => "покупатель недоволен",
    }
}

pub(super) fn priority_word(priority: Priority) -> &'static str {
    match priority {
        Priority::Urgent => "срочно",
        Priority::High => "важно",
        Priority::Normal => "обычно",
        Priority::Low => "не к спеху",
    }
}

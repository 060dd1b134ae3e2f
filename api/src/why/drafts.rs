//! How a draft came about, in words.

use domain::interaction::{DismissReason, DraftOrigin, WhyTemplate};
use domain::value::{Analysis, Intent, Priority, Sentiment};

use super::facts::Fact;

/// Says what a draft rests on.
pub(super) fn of_origin(origin: &DraftOrigin) -> Vec<Fact> {
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
        origin.template.map(|why| Fact::text("template", "Почему шаблон", why_template(why))),
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

fn why_template(why: WhyTemplate) -> &'static str {
    match why {
        WhyTemplate::NoModel => "языковая модель не подключена",
        WhyTemplate::ModelOff => "модель выключена в настройках",
        WhyTemplate::NoWords => "покупатель не оставил слов",
        WhyTemplate::ModelUnavailable => "модель не ответила вовремя",
        WhyTemplate::ModelUnusable => "ответ модели не разобрать",
        WhyTemplate::ModelStopped => "текст модели нарушал правила ответов",
        WhyTemplate::DailyLimit => "дневной лимит черновиков исчерпан",
        WhyTemplate::DailyBudget => "дневной бюджет модели исчерпан",
        WhyTemplate::Interrupted => "запрос к модели прерван",
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

fn priority_word(priority: Priority) -> &'static str {
    match priority {
        Priority::Urgent => "срочно",
        Priority::High => "важно",
        Priority::Normal => "обычно",
        Priority::Low => "не к спеху",
    }
}

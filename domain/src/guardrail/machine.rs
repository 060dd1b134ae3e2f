//! What a machine may not write, beyond what nobody may: it is held against these before a person sees it.
//!
//! The rules assume that the machine obeys whoever wrote to it: a buyer in a review, a product's page, the name of a
//! file. So it may promise nothing, name no sum, number or word in other letters that the seller's own knowledge does
//! not have, and repeat nothing of its rules or of others' words. What is stopped without need costs little: a template
//! stands in.

use std::collections::HashSet;
use std::sync::LazyLock;

use strum::IntoStaticStr;

use super::letters::is_invisible;
use super::phrases::Phrases;
use super::rules::PLAIN;
use super::words::{same_text, words};
use super::{Category, Finding, Grounds, Reading, Severity, is_asked};
use crate::value::{BuyerWords, Channel, Content, Product};

/// What a machine was told beside what it answers.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// What the seller says itself: knowledge, facts, signature. Numbers and foreign words in it may be repeated.
    pub trusted: &'a [&'a str],
    /// What other buyers wrote.
    pub others: &'a [&'a str],
    /// The rules that it was given.
    pub secret: &'a [&'a str],
}

/// Why a text of a machine is not offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Unfit {
    /// A rule that every seller has forbids it where all can read; in a chat a machine is held to the same.
    Rule(&'static str),
    /// It promises, gives, admits or decides something.
    Promise,
    /// It speaks of itself or of what it was told.
    SelfTalk,
    /// It leads the buyer elsewhere.
    Elsewhere,
    /// A sum, a time or a number that the seller's knowledge does not have.
    Number,
    /// Not plain Russian: other letters, hidden ones, markup.
    Letters,
    /// It repeats its rules.
    Secret,
    /// It repeats what another buyer wrote.
    Others,
    /// It stands in for something that was hidden.
    Placeholder,
    /// Too long or too short for the channel.
    Length,
}

impl Unfit {
    /// Returns the word used in events and metrics; of a rule its name.
    #[must_use]
    pub fn code(self) -> &'static str {
        if let Self::Rule(id) = self { id } else { self.into() }
    }
}

/// Words on end that are no accident: of the rules, which share phrases with every answer, one more.
const SECRET_WORDS: usize = 6;
const OTHERS_WORDS: usize = 5;

/// Letters of a Latin word that may be a size or a plug (XL, USB), and how many such words there may be.
const SHORT_LATIN: usize = 3;
const SHORT_LATIN_MAX: usize = 3;

/// Digits of a number that needs no proof where it stands for no sum and no time.
const SHORT_NUMBER: usize = 3;

/// Letters on end that stand apart, as in «в е р н ё м».
const SPREAD_MAX: usize = 4;

/// Names that every answer may have.
const COMMON_LATIN: &[&str] = &["ozon", "wildberries", "yandex", "market"];

/// What plain words never hold.
const MARKUP: &[char] =
    &['<', '>', '{', '}', '[', ']', '|', '\\', '`', '^', '~', '=', '@', '#', '$', '*', '_', '€'];

const PROMISES: &[&str] = &[
    "(скидк*|промокод*|купон*|бонус*|кэшбэк*|кешбэк*|кэшбек*|кешбек*|кэшбэк)",
    "(дарим|подарим|дарю|подарю|сюрприз*)",
    "(получите|вышлем|отправим|приготовили|положим|добавим|начислим|начислили|заберите) ~3 подар*",
    "подар(ок|ки|ка) ~2 (нас|вам|вас|тебе)",
    "бесплатн*",
    "(компенс*|возместим|возместить|возмещ*|выплат*|перечислим|перечислили|переведем|перевели)",
    "(вернем|верну|вернут|возвратим|возвращаем|возвращен|возвращены|вернули|вернется|вернутся|возвратят) ~4 \
        (деньги|денег|средств*|сумм*|стоимост*|оплат*|рубл*)",
    "(деньги|средства|сумма|сумму|стоимость|оплата|оплату) ~4 \
        (верн*|возвра*|зачисл*|поступ*|отправлен*|переведен*|уже)",
    "(возврат|возврата|обмен|обмена|замена|замену|замены|заявк*|компенсаци*) ~3 (одобрен*|согласован*|оформлен*|\
        гарантир*|подтвержд*|оформим|оформили|принят*)",
    "(одобрили|одобряем|одобрим|согласовали|согласуем|подтверждаем|оформим|оформили|оформляем|организуем|сделаем) ~4 \
        (возврат*|обмен*|замен*)",
    "(вышлем|отправим|пришлем|доставим|привезем|высылаем|отправляем) ~4 \
        (нов*|друг*|замен*|товар*|вам|тебе|еще|посылк*)",
    "(поменяем|заменим|обменяем|поменяю|заменю|обменяю)",
    "(обещаем|обещаю|гарантируем|гарантирую|гарантирован*|клянемся|клянусь|обязуемся)",
    "(признаем|признаю) ~3 (вину|ошибк*|брак*)",
    "(наша|нашей|нашу) ~1 вин(а|ы|е|у|ой)",
    "(мы|магазин|производитель|сами) ~1 (виноват*|виновн*)",
    "(суд|суде|суда|суду|иск|иска|прокуратур*|роспотребнадзор*|полици*)",
];

const SELF_TALK: &[&str] = &[
    "(промпт*|промт*|систем*) ~1 (сообщени*|инструкци*|запрос*|правил*|указани*|подсказк*|промпт*|промт*)",
    "(промпт*|промт*)",
    "(мои|моих|моим|моими|предыдущ*|скрыт*|внутренн*) ~1 (инструкци*|указани*|правил*)",
    "режим* ~1 (разработчик*|отладк*|администратор*|бог*)",
    "(обучен|обучена|запрограммирован*|взлом*)",
    "(как|будучи|я) ~1 (модель|ассистент|программа|алгоритм)",
    "(черновик*|черновой)",
    "(других|другие|другого|другой|другому|другим) ~1 (покупател*|клиент*|заказчик*) ~2 \
        (пишут|писал*|написал*|зовут|телефон*|заказ*|адрес*|имя|имена)",
];

const ELSEWHERE: &[&str] = &[
    "(напрямую|авито|avito|юла|юле|алиэкспресс*|aliexpress|мегамаркет*|ламода|lamoda|конкурент*)",
    "(наш|нашем|нашего|нашему|другой|другом|другого|официальн*|отдельн*) ~1 (сайт|сайте|сайта|сайту)",
    "(сайт|сайте|сайта) ~1 (магазина|продавца|бренда|производителя)",
    "(ссылк*|qr|куар)",
    "(позвоните|звоните|перезвоните|перезвоним|созвонимся|наберите)",
    "(мессенджер*|соцсет*|ватсап*|вотсап*|телеграм*|вайбер*|инстаграм*|вконтакте)",
];

#[derive(Debug, Clone, Copy)]
enum Meaning {
    Unfit(Unfit),
    Money,
}

static PHRASES: LazyLock<Phrases<Meaning>> = LazyLock::new(|| {
    let mut phrases = Phrases::new();
    let lists =
        [(PROMISES, Unfit::Promise), (SELF_TALK, Unfit::SelfTalk), (ELSEWHERE, Unfit::Elsewhere)];
    for (patterns, unfit) in lists {
        for pattern in patterns {
            phrases.add(pattern, PLAIN, Meaning::Unfit(unfit));
        }
    }
    phrases.add(
        "(рубль|рубля|рублю|рублей|рублями|руб|доллар*|евро|тысяч*|процент*)",
        PLAIN,
        Meaning::Money,
    );
    phrases
});

/// Finds why a machine's `text` is not to be offered as an answer to `content`; empty where nothing is against it.
#[must_use]
pub fn unfit(text: &str, content: &Content, known: &Known<'_>) -> Vec<Unfit> {
    // What a buyer or a product's page says lifts no rule here: whoever wrote it may have meant to.
    let silent = Content {
        rating: content.rating,
        product: Product::default(),
        words: BuyerWords::default().into(),
    };
    let is_answer = |finding: &&Finding| {
        finding.rule.category == Category::UnsolicitedReturn && is_asked(content)
    };
    let mut names_money = text.contains(['₽', '%']);
    let mut found = Vec::new();
    for text in [text, joined(text).as_str()] {
        let findings = Reading::of(text, Channel::Review, &silent).findings(&Grounds::default());
        let stops = findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error && !is_answer(finding));
        found.extend(stops.map(|finding| Unfit::Rule(finding.rule.id)));
        for (meaning, _) in PHRASES.find(&PHRASES.read(&words(text), text)) {
            match meaning {
                Meaning::Unfit(unfit) => found.push(unfit),
                Meaning::Money => names_money = true,
            }
        }
    }
    let of_product = [Some(content.product.name.as_str()), content.product.brand.as_deref()];
    let trusted: Vec<&str> =
        known.trusted.iter().copied().chain(of_product.into_iter().flatten()).collect();
    if !has_plain_letters(text, &trusted) {
        found.push(Unfit::Letters);
    }
    if !has_known_numbers(text, &trusted, names_money) {
        found.push(Unfit::Number);
    }
    if shares_words(text, known.secret, SECRET_WORDS) {
        found.push(Unfit::Secret);
    }
    if shares_words(text, known.others, OTHERS_WORDS) {
        found.push(Unfit::Others);
    }
    let mut seen = HashSet::new();
    found.retain(|unfit| seen.insert(*unfit));
    found
}

/// A text with each two words that stand side by side as one, each time with a few words around them as a sentence:
/// «нейросе ть» is read as it is meant.
fn joined(text: &str) -> String {
    const AROUND: usize = 3;
    let words: Vec<&str> = text.split_whitespace().collect();
    let sentence = |at: usize| {
        let before = words[at.saturating_sub(AROUND)..at].join(" ");
        let after = words[(at + 2).min(words.len())..(at + 2 + AROUND).min(words.len())].join(" ");
        format!("{before} {}{} {after}", words[at], words[at + 1])
    };
    (1..words.len()).map(|next| sentence(next - 1)).collect::<Vec<_>>().join("\n")
}

fn is_cyrillic(c: char) -> bool {
    matches!(c, 'а'..='я' | 'А'..='Я' | 'ё' | 'Ё')
}

/// Tells whether a text is plain Russian, with no more foreign words than the seller uses itself.
fn has_plain_letters(text: &str, trusted: &[&str]) -> bool {
    let is_hidden = |c: char| is_invisible(c) && c != '\u{fe0f}';
    let is_foreign = |c: char| c.is_alphabetic() && !c.is_ascii_alphabetic() && !is_cyrillic(c);
    if text.contains(MARKUP)
        || text.contains(is_hidden)
        || text.contains(is_foreign)
        || !text.contains(is_cyrillic)
    {
        return false;
    }
    let (mut short, mut spread) = (0, 0);
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let letters = word.chars().filter(|c| c.is_alphabetic()).count();
        spread = if letters == 1 && word.chars().count() == 1 { spread + 1 } else { 0 };
        let latin = word.chars().filter(char::is_ascii_alphabetic).count();
        if spread > SPREAD_MAX || (latin > 0 && word.contains(is_cyrillic)) {
            return false;
        }
        if latin == 0
            || is_in(word, trusted)
            || COMMON_LATIN.contains(&word.to_lowercase().as_str())
        {
            continue;
        }
        short += 1;
        if latin > SHORT_LATIN || short > SHORT_LATIN_MAX {
            return false;
        }
    }
    true
}

/// Tells whether each sum, time and long number is one that the seller says itself.
fn has_known_numbers(text: &str, trusted: &[&str], names_money: bool) -> bool {
    let is_time = |word: &str| {
        ["дн", "день", "час", "минут", "недел", "месяц", "сут", "рабоч", "лет", "год"]
            .iter()
            .any(|stem| word.to_lowercase().starts_with(stem))
    };
    let mut pieces =
        text.split(|c: char| !c.is_alphanumeric()).filter(|piece| !piece.is_empty()).peekable();
    let mut has_numbers = false;
    while let Some(piece) = pieces.next() {
        let digits = piece.chars().filter(|c| c.is_numeric()).count();
        if digits == 0 {
            continue;
        }
        has_numbers = true;
        let needs_proof =
            names_money || digits > SHORT_NUMBER || pieces.peek().is_some_and(|next| is_time(next));
        if needs_proof && !is_in(piece, trusted) {
            return false;
        }
    }
    // A sum in words, where the seller names none.
    has_numbers
        || !names_money
        || trusted.iter().any(|text| text.contains("руб") || text.contains('₽'))
}

/// Tells whether a word stands in texts as a word.
fn is_in(word: &str, texts: &[&str]) -> bool {
    let word = word.to_lowercase();
    texts.iter().any(|text| {
        text.to_lowercase().split(|c: char| !c.is_alphanumeric()).any(|other| other == word)
    })
}

/// Tells whether a text has so many words on end of another one.
fn shares_words(text: &str, others: &[&str], count: usize) -> bool {
    let text = same_text(text);
    let of: Vec<&str> = text.split_whitespace().collect();
    let runs: HashSet<&[&str]> = of.windows(count).collect();
    !runs.is_empty()
        && others.iter().any(|other| {
            let other = same_text(other);
            let of: Vec<&str> = other.split_whitespace().collect();
            of.windows(count).any(|run| runs.contains(run))
        })
}

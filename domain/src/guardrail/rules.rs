//! The rules that every seller has: which words, why they may not go out, and what to write instead.
//!
//! A pattern is one or more words; `~3` between them lets up to three others stand there, `(а|б)` is one or the
//! other, and `*` is any ending. Sources: F138–F142 for the categories and their severity by channel, the
//! marketplaces' own rules for offers, profanity and contacts.

use super::lexicon::Reach;
use super::{Category, Severity};

/// What may not go out, or had better not.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name; stays when words are added or its text changes.
    pub id: &'static str,
    /// What it is about.
    pub category: Category,
    /// What is wrong, for the operator.
    pub message: &'static str,
    /// What to write instead.
    pub instead: &'static str,
    /// In answers to reviews and questions, which everybody reads.
    pub(super) in_public: Severity,
    /// In a chat; none where it does not matter there.
    pub(super) in_chat: Option<Severity>,
    pub(super) reach: Reach,
    /// None where it is not about words.
    pub(super) patterns: &'static [&'static str],
}

use Severity::{Error, Warning};

/// In Russian letters, none of them hidden.
pub(super) const PLAIN: Reach = Reach { masked: false, latin: false, mangled: false };

/// Where the words are all right after all.
pub(super) const EXCEPTIONS: &[&str] = &[
    "робот* (пылесос*|мойщик*|стеклоочистител*|газонокосил*)",
    "(игрушк*|игрушечн*|детск*|интерактивн*) робот*",
    "робот* (игрушк*|трансформер*|конструктор*)",
    "(полн*|целиком) возврат* к",
    "(без|не) бот(а|ов)",
    "(не|нет) ~1 (ваша|вашей|вашу) ~1 (вина|вины|вине|виной|вину|ошибка|ошибки|ошибку)",
    "вы ~1 не ~1 (виноват*|виновн*)",
    "(мы|я) сами ~1 (виноват*|ошиблись|сломали|испортили|порвали|разбили)",
    "мы (тут|здесь|же|и) сами ~1 (виноват*|ошиблись|сломали|испортили|порвали|разбили)",
    "не ~1 вин(а|у|ы) ~2 покупател*",
];

/// Thanks, beside which «подарок … за отзыв» is none that is offered, as long as nobody [gives](GIVES).
pub(super) const THANKS: &[&str] = &["(спасибо|благодарим|благодарю) ~2 за ~3 (отзыв*|оценк*)"];

/// Somebody gives, or says for what.
pub(super) const GIVES: &[&str] = &[
    "(дарим|дарю|подарим|подарю|начислим|начисляем|начислю|вышлем|пришлем|отправим|переведем|вернем|\
        выплатим|заплатим|оплатим|получите|получаете|держите|ловите)",
    "(рублей|рубля|руб|промокод*)",
    "за (него|нее|них|это)",
    "(скидк*|бонус*|кэшбэк*|кешбэк*|кэшбек*|кешбек*|подарок) ~1 (на|для|вам|ваш*|в|по|от)",
];

/// Rules about words; [`RETURN`] is one more.
pub(super) static RULES: &[Rule] = &[
    Rule {
        id: "ai_mention",
        category: Category::AiMention,
        in_public: Error,
        in_chat: Some(Error),
        reach: Reach { masked: false, latin: true, mangled: false },
        message: "Ответ выдаёт, что его писал не человек.",
        instead: "Пишите от имени магазина: «мы проверили», «наш специалист посмотрел».",
        patterns: &[
            "ии",
            "(бот|бота|боту|ботом|боте|боты|ботов|ботам|ботами|ботах)",
            "(чатбот|чат-бот|чатбота|чатботу|чатботом|чатботы)",
            "(bot|bots|chatbot|gpt|chatgpt|chatgpt4|openai|deepseek|gigachat|yandexgpt|claude|\
                llm|ai)",
            "(гпт|жпт|чатгпт|чатжпт|джипити|дипсик*|гигачат*|яндексгпт)",
            "(нейросет*|нейронк*|нейросеточк*)",
            "нейронн* сет*",
            "искусственн* (интеллект*|разум*)",
            "(языков*|нейросетев*) модел*",
            "автоматическ* ~1 ответ*",
            "(автоответ|автоответа|автоответом|автоответы|автоответчик*)",
            "ответ* ~2 (сгенерирован*|сформирован*|создан*|написан*) ~2 (автоматическ*|машин*|\
                программ*|систем*)",
            "(сгенерирован*|сформирован*) ~1 автоматически",
            "(виртуальн*|цифров*|электронн*) (помощник*|ассистент*)",
            "(робот|робота|роботом|роботы)",
        ],
    },
    Rule {
        id: "promise",
        category: Category::Promise,
        in_public: Error,
        in_chat: None,
        reach: PLAIN,
        message: "Обещание денег или замены, которое видят все покупатели.",
        instead: "Предложите обратиться к вам в чат или оформить заявку в личном кабинете: решение там принимается по \
                  заказу.",
        patterns: &[
            "(вернем|верну|возвратим|возвращу|возместим|возмещу|вернули|возвращаем|возмещаем) \
                ~3 (деньги|денежн*|средства|стоимост*|сумм*|оплат*|полност*|все|всю)",
            "(деньги|средства|стоимост*|сумму|оплату) ~3 (вернем|верну|возвратим|возместим|\
                вернут|возвратят)",
            "гарантиру(ем|ю) ~3 (замен*|возврат*|возмещен*|компенсац*)",
            "(обещаем|обещаю) ~3 (замен*|возврат*|вернуть|заменить|возместить|компенс*)",
            "(замен*|возврат*|возмещен*|компенсац*) ~1 (гарантиру(ем|ю)|гарантирован*)",
            "полн(ый|ого|ому|ым) возврат*",
            "полн(ое|ую|ого|ой|ая) (возмещени*|компенсаци*)",
            "(бесплатн(ая|ую|ой|о)) ~1 (замен*|обмен*)",
            "(заменим|поменяем|обменяем) ~3 (бесплатно|новый|новую|новое|другой|другую)",
            "(компенсируем|компенсирую)",
            "(выплатим|переведем|перечислим|отправим) ~3 (компенсаци*|деньги|средства|сумму)",
        ],
    },
    Rule {
        id: "blame",
        category: Category::Blame,
        in_public: Error,
        in_chat: Some(Warning),
        reach: PLAIN,
        message: "Ответ перекладывает вину на покупателя.",
        instead: "Скажите, что жаль, и подскажите, как поступить: «проверьте, пожалуйста…», «обычно помогает…».",
        patterns: &[
            "вы ~2 (неправильно|неверно|некорректно)",
            "вы ~1 не так ~1 (использ*|выбра*|понял*|сдела*|надел*|постира*|собра*|подключ*|\
                примен*)",
            "(ваша|вашей|вашу) ~1 (вина|вине|виной|вину|ошибка|ошибку)",
            "вы ~1 (виноват*|виновн*)",
            "сами ~1 (виноват*|ошиблись|сломали|испортили|порвали|разбили)",
            "(ваша|вашей) ~1 (невнимательност*|небрежност*)",
            "вин(а|у|ы) ~2 покупател*",
            "(надо|нужно|следовало) было ~3 (читать|прочитать|смотреть|посмотреть|внимательн*|\
                думать)",
            "(читайте|читать|смотрите) ~2 внимательн*",
            "(внимательно|внимательней|внимательнее) (читайте|читать|смотрите|смотреть)",
        ],
    },
    Rule {
        id: "dismissive",
        category: Category::Dismissive,
        in_public: Error,
        in_chat: None,
        reach: PLAIN,
        message: "Покупателя отсылают дальше, вместо того чтобы помочь.",
        instead: "Скажите, что сделаете сами, или позовите в чат с продавцом.",
        patterns: &[
            "(обратитесь|обращайтесь|обратиться|обратись|напишите|пишите|позвоните|звоните) ~1 в \
                ~2 (поддержк*|техподдержк*)",
            "(обратитесь|обращайтесь) к (поддержк*|техподдержк*)",
            "это ~1 не (наша|наши) (проблем*|забот*)",
            "ничем ~2 (помочь|помогу|поможем)",
            "это ~1 ваши проблемы",
            "не нравится ~1 не (покупайте|берите)",
        ],
    },
    Rule {
        id: "offer",
        category: Category::Offer,
        in_public: Error,
        in_chat: Some(Error),
        reach: PLAIN,
        message: "Вознаграждение за отзыв или оценку: маркетплейсы за это наказывают.",
        instead: "Поблагодарите за отзыв и ничего за него не предлагайте.",
        patterns: &[
            "(подар(ок|ки|ка|ком|ков|им|ю)|бонус*|кэшбэк*|кешбэк*|кэшбек*|кешбек*|скидк*|\
                промокод*|приз|призы|вознагражден*|денег|деньги|рублей|рубля|руб) ~4 за \
                ~3 (отзыв*|оценк*|звезд*)",
            "за ~4 (отзыв*|оценк*|звезд*) ~5 (подар(ок|ки|ка|ком|ков|им|ю)|бонус*|кэшбэк*|\
                кешбэк*|кэшбек*|кешбек*|скидк*|промокод*|приз|призы|вознагражден*|заплат*|\
                переведем|рублей|руб)",
            "(оставьте|напишите|поставьте|исправьте|измените|поменяйте|удалите|уберите|дополните|\
                замените) ~5 (отзыв*|оценк*|звезд*) ~8 (подар(ок|ки|ка|ком|ков|им|ю)|бонус*|\
                кэшбэк*|кешбэк*|скидк*|промокод*|вознагражден*|заплат*|переведем|рублей|руб|\
                вернем)",
            "(подар(ок|ки|ка|ком|им|ю)|бонус*|кэшбэк*|кешбэк*|скидк*|промокод*|вознагражден*|\
                вернем|рублей|руб) ~8 (если|когда|после) ~5 (отзыв*|оценк*|звезд*)",
            "(купим|покупаем|выкупим|оплатим|оплачиваем) ~3 отзыв*",
            "(измените|исправьте|поменяйте|удалите|уберите) ~3 (отзыв|оценку|звезд*)",
        ],
    },
    Rule {
        id: "profanity",
        category: Category::Profanity,
        in_public: Error,
        in_chat: Some(Error),
        reach: Reach { masked: true, latin: true, mangled: true },
        message: "Мат.",
        instead: "Скажите то же обычными словами.",
        patterns: super::profanity::OBSCENE,
    },
    Rule {
        id: "insult",
        category: Category::Profanity,
        in_public: Error,
        in_chat: Some(Error),
        reach: Reach { masked: true, latin: false, mangled: false },
        message: "Грубое слово.",
        instead: "Скажите то же без грубости.",
        patterns: super::profanity::INSULTS,
    },
];

/// A return or a refund is spoken of (F142); what the buyer says decides whether that is unsolicited.
pub(super) static RETURN: Rule = Rule {
    id: "unsolicited_return",
    category: Category::UnsolicitedReturn,
    in_public: Error,
    in_chat: None,
    reach: PLAIN,
    message: "Покупатель не говорил о возврате.",
    instead: "Начните с помощи: как решить то, о чём пишет покупатель. О возврате скажите, если он о нём \
              спросит.",
    patterns: &[
        "(возврат|возврата|возврату|возвратом|возврате|возвраты)",
        "(верните|вернуть|сдайте|сдать) ~2 (товар*|заказ*|издели*|вещ*|покупк*|его|ее|их)",
        "(оформите|оформить|сделайте|сделать|откройте) ~2 (возврат|обмен)",
        "(возмещени*|рефанд*)",
    ],
};

/// Words of a buyer who speaks of a return, a refund, an exchange or a defect that leads to one.
pub(super) const ASKED: &[&str] = &[
    "(возвра*|возмест*|возмещ*|рефанд*)",
    "(верн(у|ул|ула|ули|уть|ите|ем|ут|ется|ули|усь)|вернуть*)",
    "(сдать|сдам|сдал|сдала|сдаю|сдаем)",
    "(обмен|обмена|обмену|обменять|обменяйте|обменяете|поменять|поменяйте|поменяете|замена|\
        замену|замены|замените|заменить|заменят)",
    "(деньги|денег|деньгах|средства)",
    "(отказ*|откаж*)",
    "(брак|брака|браком|браке|браков*|сломан*|слома*|дефект*|неисправ*|претензи*|гаранти*)",
    "(разбит*|разбил*|трещин*|треснут*|треснул*|поврежд*|порван*|порвал*|бракован*)",
    "не ~1 (работа*|включа*|заряжа*)",
];

const TO_CHAT: &str = "Позовите в чат с продавцом на маркетплейсе.";

/// Marketplaces refuse contacts in every channel (F145, F146, F150).
const fn contact(id: &'static str, message: &'static str, instead: &'static str) -> Rule {
    Rule {
        id,
        category: Category::Contact,
        in_public: Error,
        in_chat: Some(Error),
        reach: PLAIN,
        message,
        instead,
        patterns: &[],
    }
}

pub(super) static URL: Rule = contact(
    "contact_url",
    "Маркетплейс заблокирует ссылки.",
    "Назовите артикул или товар словами: покупатель найдёт его поиском.",
);

pub(super) static EMAIL: Rule =
    contact("contact_email", "Маркетплейс заблокирует адреса электронной почты.", TO_CHAT);

pub(super) static PHONE: Rule =
    contact("contact_phone", "Маркетплейс заблокирует номера телефонов.", TO_CHAT);

pub(super) static MESSENGER: Rule = contact(
    "contact_messenger",
    "Маркетплейс не разрешает уводить покупателя в другие сервисы.",
    TO_CHAT,
);

/// What is about a text as a whole never stops it (ruling C-6).
const fn whole(
    id: &'static str,
    category: Category,
    message: &'static str,
    instead: &'static str,
) -> Rule {
    Rule {
        id,
        category,
        in_public: Warning,
        in_chat: Some(Warning),
        reach: PLAIN,
        message,
        instead,
        patterns: &[],
    }
}

pub(super) static SHORT: Rule = whole(
    "length_short",
    Category::Length,
    "Короткий ответ, меньше 20 знаков: он может показаться отпиской.",
    "Скажите, за что благодарите или что сделаете.",
);

pub(super) static LONG: Rule = whole(
    "length_long",
    Category::Length,
    "Длинный ответ: больше 300 знаков мало кто дочитывает.",
    "Оставьте главное.",
);

pub(super) static TEMPLATE: Rule = whole(
    "template",
    Category::Template,
    "Ответ слово в слово как шаблон.",
    "Добавьте имя покупателя или то, о чём он написал.",
);

pub(super) static OWN: Rule = Rule {
    id: "own",
    category: Category::Own,
    in_public: Error,
    in_chat: Some(Error),
    reach: PLAIN,
    message: "Фраза из списка вашего магазина.",
    instead: "Скажите иначе. Список меняется в настройках, на странице «Правила ответов».",
    patterns: &[],
};

pub(super) static DUPLICATE: Rule = whole(
    "duplicate",
    Category::Duplicate,
    "Точно такой же ответ за последние 24 часа получил или вместе с этим получит другой покупатель.",
    "Добавьте имя покупателя или то, о чём он написал.",
);

/// Returns the rules that every seller has, in the order in which they are told.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    let others = [&RETURN, &URL, &EMAIL, &PHONE, &MESSENGER, &SHORT, &LONG, &TEMPLATE, &DUPLICATE];
    RULES.iter().chain(others)
}

/// Returns a rule by its name; none where this program has no such rule any more.
#[must_use]
pub fn rule(id: &str) -> Option<&'static Rule> {
    rules().chain([&OWN]).find(|rule| rule.id == id)
}

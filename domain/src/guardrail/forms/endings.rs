//! How Russian words end, by what they are, and those that end in no other way. Folded: «й» is «и» and «ё» is «е».

/// Words that have no other form, though they end like some that do.
pub(super) const FIXED: &[&str] = &[
    "без",
    "был",
    "вам",
    "вас",
    "ваш",
    "все",
    "всем",
    "вот",
    "где",
    "для",
    "еще",
    "если",
    "или",
    "как",
    "когда",
    "кто",
    "между",
    "меня",
    "мне",
    "мной",
    "над",
    "нам",
    "нами",
    "нас",
    "нет",
    "они",
    "она",
    "оно",
    "очень",
    "перед",
    "под",
    "потом",
    "почему",
    "при",
    "про",
    "раз",
    "сам",
    "себе",
    "себя",
    "так",
    "такж",
    "также",
    "там",
    "тебе",
    "тем",
    "только",
    "том",
    "тоже",
    "тут",
    "уже",
    "чем",
    "через",
    "что",
    "чтобы",
    "это",
    "этом",
];

/// Forms that are listed by mistake and are other words.
pub(super) const OTHERS: &[&str] = &["домои", "порои"];

/// Shortest stem, in letters: a shorter one is part of too many words.
pub(super) const STEM_MIN: usize = 3;

pub(super) const VELAR: &str = "кгх";
pub(super) const HUSHED: &str = "жшчщц";
pub(super) const VOWELS: &str = "аеиоуыэюя";

pub(super) const HARD: &[&str] =
    &["", "а", "у", "ом", "ем", "е", "ов", "ев", "ам", "ами", "ах", "ои", "ою", "о"];
pub(super) const HUSHED_MORE: &[&str] = &["и", "еи", "ею"];
pub(super) const SOFT: &[&str] =
    &["ь", "я", "ю", "ем", "е", "и", "еи", "ею", "ью", "ев", "ям", "ями", "ях"];
/// After «и» or another vowel: «акция», «решение», «случай».
pub(super) const VOWEL: &[&str] = &["я", "ю", "е", "и", "еи", "ею", "ем", "ев", "ям", "ями", "ях"];
pub(super) const ADJECTIVE: &[&str] = &[
    "ыи", "ои", "ая", "ое", "ые", "ого", "ому", "ым", "ом", "ою", "ую", "ых", "ыми", "о", "а", "ы",
];
pub(super) const ADJECTIVE_VELAR: &[&str] =
    &["ии", "ои", "ая", "ое", "ие", "ого", "ому", "им", "ом", "ую", "их", "ими", "о", "а", "и"];
pub(super) const ADJECTIVE_SOFT: &[&str] =
    &["ии", "яя", "ее", "ие", "его", "ему", "им", "ем", "еи", "юю", "их", "ими"];
pub(super) const ADJECTIVE_HUSHED: &[&str] = &[
    "ии", "ои", "ая", "ее", "ое", "ие", "его", "ого", "ему", "ому", "им", "ем", "ом", "еи", "ую",
    "их", "ими", "о", "а", "и",
];
pub(super) const PRESENT: &[&str] = &["у", "ю", "ешь", "ет", "ем", "ете", "ут", "ют"];
pub(super) const IMPERATIVE: &[&str] = &["и", "ите"];
/// Without the endings that many a noun has.
pub(super) const PRESENT_SURE: &[&str] = &["ешь", "ет", "ем", "ете", "ут", "ют"];
pub(super) const PAST: &[&str] = &["ть", "л", "ла", "ло", "ли", "в"];
pub(super) const I_SURE: &[&str] =
    &["ить", "ил", "ила", "ило", "или", "ив", "ишь", "ит", "им", "ите", "ят"];
pub(super) const I_MORE: &[&str] = &["ат", "и", "ь", "ьте", "у", "ю"];

/// How an adjective ends and hardly anything else does.
pub(super) const OF_ADJECTIVE: &[&str] = &[
    "ыми", "ими", "ого", "его", "ому", "ему", "ыи", "ая", "яя", "ое", "ее", "ые", "ым", "ую", "юю",
    "ых", "их", "им", "ои", "ою", "ии", "ие",
];

pub(super) const OF_NOUN: &[&str] = &[
    "ами", "ями", "ов", "ев", "еи", "ои", "ою", "ею", "ом", "ем", "ам", "ям", "ах", "ях", "а", "у",
    "е", "ы", "и", "о", "я", "ю", "ью", "ь",
];

//! A knowledge item as passages: pieces short enough to be about one thing, which are what is searched and what a draft
//! rests on.

use std::fmt::Write as _;

use super::item::{Availability, Document, Item, Price, Product};

/// Longest passage, in characters: a long paragraph. A draft gets several, and a model reads all of them.
pub const PASSAGE_CHARS_MAX: usize = 600;

/// A thought that is shorter, in characters, shares its passage with the next one.
const PASSAGE_CHARS_MIN: usize = 120;

impl Item {
    /// Returns its words cut into passages, at least one, none longer than [`PASSAGE_CHARS_MAX`].
    #[must_use]
    pub fn passages(&self) -> Vec<String> {
        match self {
            Self::Document(Document { text, .. }) => cut(text),
            Self::Product(product) => cut(&product.told()),
        }
    }
}

impl Product {
    /// Says all that is known of it, the facts first: they are what buyers ask about. Not its link: replies have none.
    fn told(&self) -> String {
        let mut text = format!("{}. Артикул {}.", self.name, self.article);
        let mut tell = |what: &str, told: &str| {
            // Writing to memory does not fail.
            let _ = write!(text, "\n{what}: {told}.");
        };
        if let Some(price) = &self.price {
            tell("Цена", &price.told());
        }
        if let Some(availability) = self.availability {
            tell("Наличие", availability.told());
        }
        for fact in &self.facts {
            tell(&fact.name, &fact.value);
        }
        if !self.variants.is_empty() {
            tell("Варианты", &self.variants.join(", "));
        }
        if let Some(delivery) = &self.delivery {
            tell("Доставка", delivery);
        }
        if !self.description.is_empty() {
            text.push_str("\n\n");
            text.push_str(&self.description);
        }
        text
    }
}

impl Price {
    fn told(&self) -> String {
        let (whole, rest) = (self.amount_minor / 100, self.amount_minor % 100);
        let currency = if self.currency == "RUB" { "₽" } else { &self.currency };
        if rest == 0 {
            format!("{whole} {currency}")
        } else {
            format!("{whole},{rest:02} {currency}")
        }
    }
}

impl Availability {
    fn told(self) -> &'static str {
        match self {
            Self::InStock => "есть в наличии",
            Self::OnOrder => "под заказ",
            Self::OutOfStock => "нет в наличии",
        }
    }
}

fn chars(text: &str) -> usize {
    text.chars().count()
}

/// Cuts at blank lines, long thoughts at lines, long lines at sentences, and what is longer still between words.
fn cut(text: &str) -> Vec<String> {
    let mut passages: Vec<String> = Vec::new();
    for thought in text.split("\n\n").map(str::trim).filter(|thought| !thought.is_empty()) {
        if let Some(last) = passages.last_mut()
            && chars(last) < PASSAGE_CHARS_MIN
            && chars(last) + chars(thought) < PASSAGE_CHARS_MAX
        {
            last.push('\n');
            last.push_str(thought);
        } else {
            passages.extend(packed(thought.lines().flat_map(pieces)));
        }
    }
    passages
}

/// A piece of a line, and whether a line begins with it.
type Piece = (String, bool);

fn pieces(line: &str) -> Vec<Piece> {
    let whole = if chars(line) <= PASSAGE_CHARS_MAX {
        vec![line.to_owned()]
    } else {
        sentences(line).into_iter().flat_map(words_together).collect()
    };
    whole.into_iter().enumerate().map(|(index, piece)| (piece, index == 0)).collect()
}

fn sentences(line: &str) -> Vec<String> {
    let mut sentences = vec![String::new()];
    let mut before = ' ';
    for c in line.chars() {
        if c == ' ' && matches!(before, '.' | '!' | '?' | ';') {
            sentences.push(String::new());
        } else if let Some(last) = sentences.last_mut() {
            last.push(c);
        }
        before = c;
    }
    sentences
}

/// Cuts a sentence that is too long between words, and a word that is too long anywhere.
fn words_together(sentence: String) -> Vec<String> {
    if chars(&sentence) <= PASSAGE_CHARS_MAX {
        return vec![sentence];
    }
    let words = sentence.split(' ').flat_map(|word| {
        let letters: Vec<char> = word.chars().collect();
        letters.chunks(PASSAGE_CHARS_MAX).map(String::from_iter).collect::<Vec<_>>()
    });
    packed(words.map(|word| (word, false)))
}

/// Puts pieces together as long as they fit.
fn packed(pieces: impl Iterator<Item = Piece>) -> Vec<String> {
    let mut packed: Vec<String> = Vec::new();
    for (piece, begins_line) in pieces.filter(|(piece, _)| !piece.is_empty()) {
        match packed.last_mut() {
            Some(last) if chars(last) + 1 + chars(&piece) <= PASSAGE_CHARS_MAX => {
                last.push(if begins_line { '\n' } else { ' ' });
                last.push_str(&piece);
            }
            _ => packed.push(piece),
        }
    }
    packed
}

//! Words that rules are about, in all their written forms, found in the words of a text however they are disguised.

use std::collections::HashMap;

use super::forms::forms as forms_of;
use super::letters::{LETTERS, Letters, folded, index, is_latin, looks_like};
use super::rules::PLAIN;
use super::words::{Cell, Word, same_text};

/// A word of a rule, by its number.
pub(super) type WordId = u16;

/// Longest ending that a word with an open end may have, in letters.
const ENDING_MAX: usize = 10;

/// The same where several letters before it are hidden: so much is guessed already.
const ENDING_HIDDEN_MAX: usize = 3;

/// How a word of a rule may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reach {
    /// Also with letters hidden behind signs.
    pub(super) masked: bool,
    /// Also in Latin letters alone.
    pub(super) latin: bool,
    /// Also in parts that are no words, from its end to its beginning, and without its first letters.
    pub(super) mangled: bool,
}

/// Where the words begin in the tree.
const WHOLE: u32 = 0;

/// Where those begin that are found in any place of a word.
const PARTS: u32 = 1;

/// The words of all rules in one tree, letter by letter.
#[derive(Debug)]
pub(super) struct Lexicon {
    nodes: Vec<Node>,
    ids: HashMap<String, WordId>,
    /// By word: how it may be written.
    reach: Vec<Reach>,
    /// Whether one of them is found mangled.
    is_mangled: bool,
    /// Words that are not made of letters alone, folded: they have no disguise.
    literal: HashMap<String, WordId>,
}

#[derive(Debug, Default, Clone)]
struct Node {
    /// Letters that follow, in order, each with how often it is written on end.
    next: Vec<(u8, u8, u32)>,
    /// The same letters: most words go no further here.
    follow: Letters,
    /// Whether any word ends here, or may.
    ends: bool,
    /// Words that end here.
    exact: Vec<WordId>,
    /// Words that end here or go on with any ending.
    open: Vec<WordId>,
    /// Words of which no more is written than this.
    cut: Vec<WordId>,
}

impl Node {
    /// Returns what follows by way of one letter.
    fn after(&self, letter: u8) -> &[(u8, u8, u32)] {
        let first = self.next.partition_point(|(other, ..)| *other < letter);
        let count = self.next[first..].iter().take_while(|(other, ..)| *other == letter).count();
        &self.next[first..first + count]
    }
}

impl Lexicon {
    pub(super) fn new() -> Self {
        Self {
            nodes: vec![Node::default(); 2],
            ids: HashMap::new(),
            reach: Vec::new(),
            is_mangled: false,
            literal: HashMap::new(),
        }
    }

    /// Adds the forms that a pattern stands for and returns their common number. In a pattern `(а|б)` is one or the
    /// other, `*` at the end of a form is any ending, at its beginning any letters, and `…` stands for signs in place
    /// of the rest.
    pub(super) fn add(&mut self, pattern: &str, reach: Reach) -> WordId {
        if let Some(id) = self.ids.get(pattern) {
            return *id;
        }
        let id = self.numbered(pattern, reach);
        for form in forms(pattern) {
            let form = form.as_str();
            if let Some(part) = form.strip_prefix('*') {
                self.add_form(PARTS, part, id);
            }
            self.add_form(WHOLE, form.trim_start_matches('*'), id);
        }
        id
    }

    fn add_form(&mut self, root: u32, form: &str, id: WordId) {
        let stem = form.trim_end_matches(['*', '…']);
        let node = self.grow(root, stem);
        let node = &mut self.nodes[node as usize];
        node.ends = true;
        match &form[stem.len()..] {
            "" => node.exact.push(id),
            "…" => node.cut.push(id),
            _ => node.open.push(id),
        }
    }

    /// Adds a folded word with its forms, as somebody wrote it.
    pub(super) fn add_written(&mut self, word: &str, is_latin: bool) -> WordId {
        if word.chars().any(|c| index(c).is_none()) {
            return self.add_literal(word);
        }
        if is_latin {
            return self.add(word, Reach { masked: false, latin: true, mangled: false });
        }
        let word: String = word.chars().map(looks_like).collect();
        let forms = Vec::from_iter(forms_of(&word));
        self.add(&format!("({})", forms.join("|")), PLAIN)
    }

    /// Adds a word that is found only as it is written, such as one with digits.
    fn add_literal(&mut self, word: &str) -> WordId {
        if let Some(id) = self.literal.get(word) {
            return *id;
        }
        let id = self.numbered(word, Reach { masked: false, latin: true, mangled: false });
        self.literal.insert(word.to_owned(), id);
        id
    }

    fn numbered(&mut self, pattern: &str, reach: Reach) -> WordId {
        let id = WordId::try_from(self.reach.len()).expect("fewer words than that");
        self.ids.insert(pattern.to_owned(), id);
        self.reach.push(reach);
        self.is_mangled |= reach.mangled;
        id
    }

    /// Tells whether some word begins with the last two letters; hardly any does, and none is looked for in vain.
    fn may_be_reversed(&self, cells: &[Cell]) -> bool {
        let [.., Cell::Letter { letters: second, .. }, Cell::Letter { letters: first, .. }] = cells
        else {
            return false;
        };
        let begins = |(letter, _, next): &(u8, u8, u32)| {
            first.has(*letter) && !self.nodes[*next as usize].follow.common(*second).is_empty()
        };
        cells.len() >= REVERSED_MIN && self.nodes[WHOLE as usize].next.iter().any(begins)
    }

    /// Returns how many letters the tree has: what it takes of memory.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    fn grow(&mut self, root: u32, stem: &str) -> u32 {
        let mut at = root;
        let letters: Vec<u8> = stem.chars().flat_map(folded).filter_map(index).collect();
        for run in letters.chunk_by(|one, other| one == other) {
            let count = u8::try_from(run.len()).unwrap_or(u8::MAX);
            let known = self.nodes[at as usize].next.iter();
            let known =
                known.clone().find(|(letter, times, _)| (*letter, *times) == (run[0], count));
            at = match known {
                Some((.., node)) => *node,
                None => {
                    let node = u32::try_from(self.nodes.len()).expect("fewer letters than that");
                    self.nodes.push(Node::default());
                    let Node { next, follow, .. } = &mut self.nodes[at as usize];
                    let place = next.partition_point(|(letter, ..)| *letter <= run[0]);
                    next.insert(place, (run[0], count, node));
                    follow.add(run[0]);
                    node
                }
            };
        }
        at
    }

    /// Returns the words that a word of `text` may be.
    pub(super) fn readings(&self, word: &Word, text: &str) -> Vec<WordId> {
        let mut found = Vec::new();
        let written = &text[word.span.clone()];
        if !self.literal.is_empty() && !word.is_put_together && may_be_literal(written) {
            found.extend(self.literal.get(&same_text(written)));
        }
        let is_hidden = word.cells.iter().any(|cell| matches!(cell, Cell::Hidden { .. }));
        let beheaded = match word.cells.first() {
            Some(Cell::Hidden { least, .. }) => *least,
            _ => 0,
        };
        let search = Search {
            lexicon: self,
            is_hidden,
            is_latin: word.is_latin,
            is_sound: word.is_latin && word.is_put_together && !word.spread && !is_hidden,
            is_cut: word.is_cut,
            is_mangled: beheaded > 0 || word.is_joined,
            has_ending: beheaded <= 1,
            ends_anywhere: word.spread,
        };
        search.walk(&word.cells, Form::default(), &mut found);
        if word.spread {
            // Several words may have been pulled apart together.
            for from in 1..word.cells.len() {
                search.walk(&word.cells[from..], Form::default(), &mut found);
            }
        }
        if self.is_mangled && !(word.is_latin || is_hidden) {
            for from in 0..word.cells.len() {
                search.walk(&word.cells[from..], Form::of_part(), &mut found);
            }
            if !word.is_joined && self.may_be_reversed(&word.cells) {
                let reversed: Vec<Cell> = word.cells.iter().rev().copied().collect();
                let search =
                    Search { is_mangled: true, has_ending: false, is_cut: false, ..search };
                search.walk(&reversed, Form::default(), &mut found);
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// How much of a form was read.
#[derive(Debug, Clone, Copy, Default)]
struct Form {
    node: u32,
    letters: u8,
    /// How many of them are hidden.
    hidden: u8,
    /// Whether it has a letter that is not written so: a Cyrillic one, one that is doubled in the text, a hidden one.
    is_guessed: bool,
}

impl Form {
    fn of_part() -> Self {
        Self { node: PARTS, ..Self::default() }
    }

    fn and(self, node: u32, letters: u8, is_guessed: bool) -> Self {
        let letters = self.letters.saturating_add(letters);
        Self { node, letters, is_guessed: self.is_guessed || is_guessed, ..self }
    }

    fn and_hidden(self, node: u32, letters: u8) -> Self {
        Self { hidden: self.hidden.saturating_add(letters), ..self.and(node, letters, true) }
    }
}

/// Shorter words read from their end are other words.
const REVERSED_MIN: usize = 5;

/// In Latin letters a form of so few is no more than itself: «II» is a number, «UI», «Here» and «Job» are words of
/// brands.
const LATIN_EXACT_MAX: usize = 4;

/// The same where several of them stand for one, which fewer words have.
const SOUND_EXACT_MAX: usize = 3;

/// In Latin letters a shorter stem goes on as some English word: «ebony».
const LATIN_STEM_MIN: u8 = 4;

struct Search<'a> {
    lexicon: &'a Lexicon,
    is_hidden: bool,
    is_latin: bool,
    /// Whether it is a Latin word as it sounds.
    is_sound: bool,
    is_cut: bool,
    is_mangled: bool,
    /// Whether a stem may go on with any ending: not where so much is guessed that the ending is most of what is there.
    has_ending: bool,
    ends_anywhere: bool,
}

impl Search<'_> {
    /// Tells whether a word may end at a node, or go on as the text does. Most do not, and are not looked at.
    fn leads_on(&self, node: u32, rest: &[Cell]) -> bool {
        let node = &self.lexicon.nodes[node as usize];
        match rest.first() {
            Some(Cell::Letter { letters, .. }) => {
                node.ends || !node.follow.common(*letters).is_empty()
            }
            Some(Cell::Hidden { .. }) | None => true,
        }
    }

    fn walk(&self, cells: &[Cell], form: Form, found: &mut Vec<WordId>) {
        let node = &self.lexicon.nodes[form.node as usize];
        let length = usize::from(form.letters) + cells.len();
        let exact_max = if self.is_sound { SOUND_EXACT_MAX } else { LATIN_EXACT_MAX };
        let is_brand = self.is_latin && form.is_guessed && length <= exact_max;
        let takes = |id: &&WordId| {
            let reach = self.lexicon.reach[usize::from(**id)];
            (!self.is_hidden || reach.masked)
                && (!self.is_latin || (reach.latin && !is_brand))
                && (!self.is_mangled || reach.mangled)
        };
        if cells.is_empty() && self.is_cut {
            found.extend(node.cut.iter().filter(takes));
        }
        if cells.is_empty() || self.ends_anywhere {
            found.extend(node.exact.iter().filter(takes));
        }
        let ending_max = if form.hidden > 1 { ENDING_HIDDEN_MAX } else { ENDING_MAX };
        let has_ending = self.has_ending && (!self.is_latin || form.letters >= LATIN_STEM_MIN);
        if has_ending && !node.open.is_empty() && is_ending(cells, ending_max, form.hidden == 0) {
            found.extend(node.open.iter().filter(takes));
        }
        let Some((cell, rest)) = cells.split_first() else { return };
        match *cell {
            Cell::Letter { letters, count } => {
                let letters = node.follow.common(letters).each();
                for (letter, times, next) in letters.flat_map(|letter| node.after(letter)) {
                    if *times <= count && self.leads_on(*next, rest) {
                        let is_guessed = times != &count || !is_latin(*letter);
                        self.walk(rest, form.and(*next, *times, is_guessed), found);
                    }
                }
            }
            Cell::Hidden { least, most } => {
                if least == 0 {
                    self.walk(rest, form, found);
                }
                if most > 0 {
                    let hidden = Cell::Hidden { least: least.saturating_sub(1), most: most - 1 };
                    let mut cells = cells.to_vec();
                    cells[0] = hidden;
                    for (_, times, next) in &node.next {
                        self.walk(&cells, form.and_hidden(*next, *times), found);
                    }
                }
            }
        }
    }
}

/// Tells whether a word is not made of letters alone, as those are that have no disguise.
fn may_be_literal(word: &str) -> bool {
    !word.chars().all(|c| matches!(c, 'А'..='я' | 'ё' | 'Ё' | 'A'..='Z' | 'a'..='z'))
}

fn is_ending(cells: &[Cell], max: usize, may_hide: bool) -> bool {
    let is_letter = |cell: &Cell| match cell {
        Cell::Letter { letters, .. } => !letters.common(Letters::ANY_CYRILLIC).is_empty(),
        Cell::Hidden { .. } => may_hide,
    };
    cells.len() <= max && cells.iter().all(is_letter)
}

/// Lists what a pattern stands for.
fn forms(pattern: &str) -> Vec<String> {
    let Some(open) = pattern.find('(') else { return vec![pattern.to_owned()] };
    let mut depth = 0;
    let close = pattern[open..].char_indices().find_map(|(at, c)| {
        depth += match c {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        (depth == 0).then_some(open + at)
    });
    let close = close.expect("a rule closes what it opens");
    let (before, within, after) =
        (&pattern[..open], &pattern[open + 1..close], &pattern[close + 1..]);
    let mut all = Vec::new();
    for choice in choices(within) {
        for within in forms(choice) {
            for after in forms(after) {
                all.push(format!("{before}{within}{after}"));
            }
        }
    }
    all
}

/// Splits at the bars that are in no inner bracket.
fn choices(within: &str) -> Vec<&str> {
    let (mut depth, mut from, mut all) = (0, 0, Vec::new());
    for (at, c) in within.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            '|' if depth == 0 => {
                all.push(&within[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    all.push(&within[from..]);
    all
}

const _: () = assert!(LETTERS <= 64);

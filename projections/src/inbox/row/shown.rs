//! The buyer's words as the list shows them.

use domain::value::{Content, MessageWords};

/// How much of the buyer's words a row shows, in characters: two lines of the list.
const PREVIEW_CHARS: usize = 200;

/// The buyer's words on one line, shortened; what the list shows.
pub(super) fn preview(content: &Content) -> String {
    let Some(words) = content.words.known() else { return String::new() };
    on_one_line([&words.text, &words.pros, &words.cons])
}

/// A message's text, or the names of its files.
pub(super) fn preview_of_message(words: &MessageWords) -> String {
    let names = words.files.iter().map(|file| &file.name);
    on_one_line(std::iter::once(&words.text).chain(names))
}

fn on_one_line<'a>(parts: impl IntoIterator<Item = &'a String>) -> String {
    let line = parts.into_iter().filter(|part| !part.trim().is_empty()).fold(
        String::new(),
        |mut line, part| {
            if !line.is_empty() {
                line.push_str(" · ");
            }
            line.push_str(&part.split_whitespace().collect::<Vec<_>>().join(" "));
            line
        },
    );
    line.chars().take(PREVIEW_CHARS).collect()
}

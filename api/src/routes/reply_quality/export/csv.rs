//! A table as text that spreadsheets with Russian settings open.

use csv::WriterBuilder;

use super::{Cell, Sheet};

/// Without it spreadsheets take UTF-8 for something else.
const MARK: &str = "\u{feff}";

/// With what a cell begins that spreadsheets take for a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Writes a table: what it is of, an empty line, the headings and the rows.
pub(super) fn write(sheet: &Sheet) -> anyhow::Result<Vec<u8>> {
    let mut lines =
        WriterBuilder::new().delimiter(b';').flexible(true).from_writer(MARK.as_bytes().to_vec());
    for (name, value) in &sheet.about {
        lines.write_record([name, &*safe(value)])?;
    }
    lines.write_record([""])?;
    lines.write_record(&sheet.head)?;
    for row in &sheet.rows {
        lines.write_record(row.iter().map(text))?;
    }
    Ok(lines.into_inner()?)
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => safe(text),
        Cell::Count(count) => count.to_string(),
        Cell::Percent(percent) => {
            percent.map_or_else(String::new, |percent| format!("{percent:.1}").replace('.', ","))
        }
        Cell::Seconds(seconds) => seconds.map_or_else(String::new, |seconds| seconds.to_string()),
    }
}

/// A text that no spreadsheet takes for a formula.
fn safe(text: &str) -> String {
    if text.starts_with(FORMULA) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_formula_is_text() {
        for text in ["=HYPERLINK(\"http://x\")", "+7", "-1", "@sum", "\tx", "\r=1"] {
            assert_eq!(safe(text), format!("'{text}"));
        }
        assert_eq!(safe("A=1"), "A=1");
    }

    #[test]
    fn cells_keep_their_separators_and_numbers_have_commas() {
        let row = vec![
            Cell::Text("Плед; \"тёплый\"".to_owned()),
            Cell::Percent(Some(33.3)),
            Cell::Percent(None),
            Cell::Seconds(Some(90)),
        ];
        let sheet = Sheet {
            about: vec![("Период", "день".to_owned())],
            head: vec!["Товар"],
            rows: vec![row],
        };
        let text = String::from_utf8(write(&sheet).unwrap()).unwrap();
        assert_eq!(text, "\u{feff}Период;день\n\"\"\nТовар\n\"Плед; \"\"тёплый\"\"\";33,3;;90\n");
    }
}

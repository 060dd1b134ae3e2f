//! A table as text (RFC 4180): comma, semicolon or tab between cells, quotes around cells that hold any of them or a
//! line break.

/// A row with something in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Its first line in the text, from 1.
    pub(super) number: u32,
    /// Trimmed.
    pub(super) cells: Vec<String>,
}

/// What stands between cells.
const SEPARATORS: [char; 3] = [',', ';', '\t'];

/// Reads a table. `Err` is the line in which quotes are opened and not closed.
pub(super) fn read(text: &str) -> Result<Vec<Line>, u32> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let separator = separator(text);
    let mut reader = Reader { lines: Vec::new(), cells: Vec::new(), cell: String::new(), begun: 1 };
    let (mut number, mut quoted_since) = (1, None);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        number += u32::from(c == '\n');
        match c {
            '"' if quoted_since.is_some() && chars.peek() == Some(&'"') => {
                chars.next();
                reader.cell.push('"');
            }
            '"' if quoted_since.is_some() => quoted_since = None,
            c if quoted_since.is_some() => reader.cell.push(c),
            '"' if reader.cell.trim().is_empty() => {
                reader.cell.clear();
                quoted_since = Some(number);
            }
            '\n' => reader.end_line(number),
            c if c == separator => reader.end_cell(),
            c => reader.cell.push(c),
        }
    }
    reader.end_line(number);
    quoted_since.map_or(Ok(reader.lines), Err)
}

struct Reader {
    lines: Vec<Line>,
    cells: Vec<String>,
    cell: String,
    /// Where the line that is read began.
    begun: u32,
}

impl Reader {
    fn end_cell(&mut self) {
        let cell = std::mem::take(&mut self.cell);
        self.cells.push(cell.trim().to_owned());
    }

    /// Ends a line; the next one begins at `next`.
    fn end_line(&mut self, next: u32) {
        self.end_cell();
        let (cells, number) = (std::mem::take(&mut self.cells), self.begun);
        if cells.iter().any(|cell| !cell.is_empty()) {
            self.lines.push(Line { number, cells });
        }
        self.begun = next;
    }
}

/// Returns what stands most often between the cells of the first line.
fn separator(text: &str) -> char {
    let first = text.lines().next().unwrap_or_default();
    let count = |separator: &char| first.matches(*separator).count();
    // The last of equals is taken, which is to be the comma.
    SEPARATORS.into_iter().rev().max_by_key(count).unwrap_or(',')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<Vec<String>> {
        read(text).unwrap().into_iter().map(|line| line.cells).collect()
    }

    #[test]
    fn cells_are_told_apart_however_the_table_was_saved() {
        for text in ["а,б\n1,2\n", "\u{feff}а;б\r\n1;2", "а\tб\n\n 1 \t2\n\t\n", "\"а\",б\n1,\"2\""]
        {
            assert_eq!(cells(text), [["а", "б"], ["1", "2"]], "{text:?}");
        }
    }

    #[test]
    fn a_quoted_cell_holds_anything() {
        let text = "а;б\n\"Плед; \"\"Уют\"\"\nсерый\";2\n3;4";
        assert_eq!(cells(text)[1..], [["Плед; \"Уют\"\nсерый", "2"], ["3", "4"]]);
        let numbers: Vec<u32> = read(text).unwrap().iter().map(|line| line.number).collect();
        assert_eq!(numbers, [1, 2, 4]);
    }

    #[test]
    fn quotes_that_do_not_end_are_named_by_their_line() {
        assert_eq!(read("а,б\n1,2\n\"3,4\n5,6"), Err(3));
        assert_eq!(cells("а,б\n26\" монитор,2")[1], ["26\" монитор", "2"]);
    }
}

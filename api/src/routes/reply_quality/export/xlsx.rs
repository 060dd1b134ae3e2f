//! A table as a workbook.

use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

use super::{Cell, Sheet};

const SECONDS_PER_DAY: f64 = 86_400.0;

/// Widths in characters: of the first column and of all others.
const NAME_WIDTH: f64 = 32.0;
const NUMBER_WIDTH: f64 = 16.0;

/// Writes a workbook: a sheet of numbers and one that says what they are of.
pub(super) fn write(sheet: &Sheet) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    write_numbers(book.add_worksheet(), sheet)?;
    write_about(book.add_worksheet(), &sheet.about)?;
    book.save_to_buffer()
}

fn write_numbers(page: &mut Worksheet, sheet: &Sheet) -> Result<(), XlsxError> {
    let head = Format::new().set_bold().set_text_wrap();
    // A spreadsheet counts time in days.
    let time = Format::new().set_num_format("[h]:mm:ss");
    let share = Format::new().set_num_format("0.0%");
    page.set_name("Показатели")?.set_freeze_panes(1, 1)?;
    for (column, heading) in (0..).zip(&sheet.head) {
        page.write_string_with_format(0, column, *heading, &head)?;
        page.set_column_width(column, if column == 0 { NAME_WIDTH } else { NUMBER_WIDTH })?;
    }
    for (row, cells) in (1..).zip(&sheet.rows) {
        for (column, cell) in (0..).zip(cells) {
            match cell {
                Cell::Text(text) => page.write_string(row, column, text)?,
                Cell::Count(count) => page.write_number(row, column, count_of(*count))?,
                Cell::Percent(Some(percent)) => {
                    page.write_number_with_format(row, column, percent / 100.0, &share)?
                }
                Cell::Seconds(Some(seconds)) => {
                    let days = count_of(*seconds) / SECONDS_PER_DAY;
                    page.write_number_with_format(row, column, days, &time)?
                }
                Cell::Percent(None) | Cell::Seconds(None) => page,
            };
        }
    }
    Ok(())
}

/// A spreadsheet knows no other numbers.
#[expect(clippy::cast_precision_loss, reason = "no seller has so many")]
fn count_of(number: i64) -> f64 {
    number as f64
}

fn write_about(page: &mut Worksheet, about: &[(&str, String)]) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    page.set_name("Об отчёте")?.set_column_width(0, NAME_WIDTH)?.set_column_width(1, 60.0)?;
    for (row, (name, value)) in (0..).zip(about) {
        page.write_string_with_format(row, 0, *name, &bold)?;
        page.write_string(row, 1, value)?;
    }
    Ok(())
}

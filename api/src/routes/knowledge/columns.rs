//! What the columns of an imported table mean.

use domain::knowledge::{Availability, Document, Fact, Item, Price, Product, Topic};

use super::table::Line;
use crate::error::FieldError;

/// What stands between the entries of a cell that lists several.
const ENTRIES: [char; 2] = ['|', '\n'];

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Column {
    Article,
    MarketplaceArticles,
    Name,
    Link,
    Description,
    Price,
    Availability,
    Variants,
    Delivery,
    Tags,
    Topic,
    Title,
    Text,
    /// A product's fact of this name.
    Fact(String),
}

/// What a table lists, by its first line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns {
    columns: Vec<Column>,
    products: bool,
}

impl Columns {
    /// Reads the first line of a table; none where it lists neither products nor documents.
    pub(super) fn read(header: &Line) -> Option<Self> {
        let columns: Vec<Column> = header.cells.iter().map(|name| column(name)).collect();
        let products = columns.contains(&Column::Article) && columns.contains(&Column::Name);
        let documents = columns.contains(&Column::Title) && columns.contains(&Column::Text);
        (products || documents).then_some(Self { columns, products })
    }

    /// Reads a line as a document or product.
    pub(super) fn item(&self, line: &Line) -> Result<Item, FieldError> {
        if self.products { self.product(line) } else { self.document(line) }
    }

    fn cells<'a>(&'a self, line: &'a Line) -> impl Iterator<Item = (&'a Column, &'a str)> {
        let said = self.columns.iter().zip(&line.cells).filter(|(_, cell)| !cell.is_empty());
        said.map(|(column, cell)| (column, cell.as_str()))
    }

    fn product(&self, line: &Line) -> Result<Item, FieldError> {
        let mut product = Product {
            article: String::new(),
            marketplace_articles: vec![],
            name: String::new(),
            link: None,
            description: String::new(),
            facts: vec![],
            price: None,
            availability: None,
            variants: vec![],
            delivery: None,
            tags: vec![],
        };
        for (column, cell) in self.cells(line) {
            let text = cell.to_owned();
            match column {
                Column::Article => product.article = text,
                Column::MarketplaceArticles => product.marketplace_articles = entries(cell),
                Column::Name => product.name = text,
                Column::Link => product.link = Some(text),
                Column::Description => product.description = text,
                Column::Price => product.price = Some(price(cell)?),
                Column::Availability => product.availability = Some(availability(cell)?),
                Column::Variants => product.variants = entries(cell),
                Column::Delivery => product.delivery = Some(text),
                Column::Tags => product.tags = entries(cell),
                Column::Fact(name) => {
                    product.facts.push(Fact { name: name.clone(), value: text });
                }
                Column::Topic | Column::Title | Column::Text => {}
            }
        }
        Ok(Item::Product(product))
    }

    fn document(&self, line: &Line) -> Result<Item, FieldError> {
        let (title, text, tags) = (String::new(), String::new(), vec![]);
        let mut document = Document { topic: Topic::Faq, title, text, tags };
        for (column, cell) in self.cells(line) {
            match column {
                Column::Topic => document.topic = topic(cell)?,
                Column::Title => cell.clone_into(&mut document.title),
                Column::Text => cell.clone_into(&mut document.text),
                Column::Tags => document.tags = entries(cell),
                Column::Article
                | Column::MarketplaceArticles
                | Column::Name
                | Column::Link
                | Column::Description
                | Column::Price
                | Column::Availability
                | Column::Variants
                | Column::Delivery
                | Column::Fact(_) => {}
            }
        }
        Ok(Item::Document(document))
    }
}

fn column(name: &str) -> Column {
    match name.to_lowercase().as_str() {
        "артикул" | "sku" | "article" => Column::Article,
        "артикулы площадок" | "marketplace_articles" => Column::MarketplaceArticles,
        "название" | "наименование" | "name" => Column::Name,
        "ссылка" | "link" => Column::Link,
        "описание" | "description" => Column::Description,
        "цена" | "price" => Column::Price,
        "наличие" | "availability" => Column::Availability,
        "варианты" | "variants" => Column::Variants,
        "доставка" | "delivery" => Column::Delivery,
        "теги" | "tags" => Column::Tags,
        "тема" | "topic" => Column::Topic,
        "заголовок" | "title" => Column::Title,
        "текст" | "text" => Column::Text,
        _ => Column::Fact(name.to_owned()),
    }
}

fn entries(cell: &str) -> Vec<String> {
    let entries = cell.split(ENTRIES).map(str::trim).filter(|entry| !entry.is_empty());
    entries.map(str::to_owned).collect()
}

fn fault<T>(field: &str, message: &str) -> Result<T, FieldError> {
    Err(FieldError { field: field.to_owned(), message: message.to_owned() })
}

/// Reads «1 290,50», «1290.5 ₽» and «1290» as roubles.
fn price(cell: &str) -> Result<Price, FieldError> {
    let bad = || fault("price", "нужна цена в рублях, например 1290 или 1290,50");
    let digits: String = cell.chars().filter(|c| !c.is_whitespace()).collect();
    let digits = ["₽", "руб.", "руб", "р.", "р", "RUB"]
        .iter()
        .find_map(|end| digits.strip_suffix(end))
        .unwrap_or(&digits)
        .replace(',', ".");
    let (whole, rest) = digits.split_once('.').unwrap_or((&digits, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || rest.len() > 2 || !is_number(whole) || !is_number(rest) {
        return bad();
    }
    let Ok(amount_minor) = format!("{whole}{rest:0<2}").parse() else { return bad() };
    Ok(Price { amount_minor, currency: "RUB".to_owned() })
}

fn availability(cell: &str) -> Result<Availability, FieldError> {
    match cell.to_lowercase().as_str() {
        "в наличии" | "есть" | "есть в наличии" | "да" | "in_stock" => {
            Ok(Availability::InStock)
        }
        "под заказ" | "on_order" => Ok(Availability::OnOrder),
        "нет" | "нет в наличии" | "out_of_stock" => Ok(Availability::OutOfStock),
        _ => fault("availability", "допустимо: в наличии, под заказ, нет в наличии"),
    }
}

fn topic(cell: &str) -> Result<Topic, FieldError> {
    match cell.to_lowercase().as_str() {
        "правила" | "policy" => Ok(Topic::Policy),
        "вопросы" | "вопросы и ответы" | "faq" => Ok(Topic::Faq),
        "доставка" | "delivery" => Ok(Topic::Delivery),
        "возврат" | "returns" => Ok(Topic::Returns),
        _ => fault("topic", "допустимо: правила, вопросы и ответы, доставка, возврат"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_read_as_people_write_them() {
        for (cell, minor) in
            [("1290", 129_000), ("1 290,50 ₽", 129_050), ("1290.5 руб.", 129_050), ("0", 0)]
        {
            assert_eq!(price(cell).unwrap().amount_minor, minor, "{cell}");
        }
        for cell in ["дорого", "-5", "1,290,00", "12.345", "₽", "99999999999999999999"] {
            assert!(price(cell).is_err(), "{cell}");
        }
    }
}

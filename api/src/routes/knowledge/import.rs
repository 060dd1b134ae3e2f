//! Documents and products from a table: looked at before, then written, all lines or none.

use std::collections::HashMap;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use domain::knowledge::{Item, ItemError, Knowledge, KnowledgeCommand};
use domain::{KnowledgeId, TenantId};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use projections::knowledge;
use projections::runner::Position;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::columns::Columns;
use super::{MODELS, table};
use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code, FieldError, unfit};
use crate::extract::Json;
use crate::idempotency::CommandId;
use crate::reading;

/// Lines of one import at most, the first one aside: what is written well within the time that a write has.
const LINES_MAX: usize = 2_000;

/// Lines that are read or written side by side.
const AT_ONCE: usize = 16;

/// Lines that a refusal names: whoever mends a table mends them in turn.
const REFUSED_MAX: usize = 20;

/// A table as text: CSV with comma, semicolon or tab, in UTF-8.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KnowledgeImport {
    /// Products have the columns «Артикул» and «Название», and maybe «Артикулы площадок», «Ссылка», «Описание»,
    /// «Цена», «Наличие», «Варианты», «Доставка», «Теги»; any other column is a fact. Documents have «Заголовок» and
    /// «Текст», and maybe «Тема» and «Теги». Entries of a list are parted by `|`.
    #[schema(min_length = 1)]
    csv: String,
}

/// What an import does or would do.
#[derive(Serialize, ToSchema)]
pub(crate) struct KnowledgeImported {
    added: usize,
    changed: usize,
    unchanged: usize,
    /// Lines that cannot be taken; with any of them nothing is written.
    refused: usize,
    lines: Vec<ImportedLine>,
}

/// A line of the table.
#[derive(Serialize, ToSchema)]
struct ImportedLine {
    /// Its number in the text, from 1.
    line: u32,
    /// Title or name; empty where there is none.
    title: String,
    change: LineChange,
    /// What is wrong with it.
    errors: Vec<FieldError>,
}

/// What becomes of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum LineChange {
    /// A new document or product.
    Added,
    /// One that is written anew.
    Changed,
    /// One that says so already.
    Unchanged,
    /// It cannot be taken.
    Refused,
}

/// A line of the table as it was read.
struct Read {
    number: u32,
    item: Result<(KnowledgeId, Box<Item>), FieldError>,
    title: String,
}

/// Tells what an import would do, line by line. Nothing is written.
#[utoipa::path(post, path = "/knowledge/import/preview", tag = "knowledge", request_body = KnowledgeImport,
    responses((status = OK, body = KnowledgeImported)))]
pub(crate) async fn preview_import(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<KnowledgeImport>,
) -> Result<Json<KnowledgeImported>, ApiError> {
    let tenant = caller.tenant();
    let lines = read(tenant, &body.csv)?;
    let titled = titled(&app, tenant, &lines).await?;
    let told = stream::iter(lines).map(|line| would(&app, tenant, &titled, line)).buffered(AT_ONCE);
    let told: Vec<ImportedLine> = told.try_collect().await?;
    Ok(Json(told.into()))
}

/// Writes the lines of a table: new articles and titles are added, known ones written anew. 422 with what is wrong when
/// any line cannot be taken; nothing is written then. Importing the same table again changes nothing.
#[utoipa::path(post, path = "/knowledge/import", tag = "knowledge", request_body = KnowledgeImport,
    responses((status = OK, body = KnowledgeImported)))]
pub(crate) async fn import_knowledge(
    State(app): State<App>,
    caller: Caller,
    CommandId(command_id): CommandId,
    Json(body): Json<KnowledgeImport>,
) -> Result<Response, ApiError> {
    let lines = read(caller.tenant(), &body.csv)?;
    let refused = lines.iter().filter_map(|line| Some((line.number, line.item.as_ref().err()?)));
    let refused: Vec<_> = refused.take(REFUSED_MAX).collect();
    if !refused.is_empty() {
        let problem = ApiError::new(Code::ImportRefused);
        let named = |problem: ApiError, (number, error): (u32, &FieldError)| {
            problem.field(format!("lines.{number}.{}", error.field), &*error.message)
        };
        return Err(refused.into_iter().fold(problem, named));
    }
    let titled = titled(&app, caller.tenant(), &lines).await?;
    let written = stream::iter(lines).map(|line| write(&app, &caller, command_id, &titled, line));
    let written: Vec<_> = written.buffered(AT_ONCE).try_collect().await?;
    let last = written.iter().filter_map(|(_, position)| *position).max_by_key(|last| last.pos);
    let fresh = reading::wait(&app, &MODELS, last).await?;
    let lines: Vec<ImportedLine> = written.into_iter().map(|(line, _)| line).collect();
    Ok((fresh, Json(KnowledgeImported::from(lines))).into_response())
}

/// Reads a table; lines that cannot be taken say why.
fn read(tenant: TenantId, csv: &str) -> Result<Vec<Read>, ApiError> {
    let bad = |message: String| Err(ApiError::new(Code::InvalidBody).field("csv", message));
    let lines = match table::read(csv) {
        Ok(lines) => lines,
        Err(line) => return bad(format!("в строке {line} открыты кавычки и не закрыты")),
    };
    let Some((header, lines)) = lines.split_first() else {
        return bad("таблица пуста".to_owned());
    };
    let Some(columns) = Columns::read(header) else {
        return bad(
            "в первой строке нужны «Артикул» и «Название» (товары) или «Заголовок» и «Текст» (документы)"
                .to_owned(),
        );
    };
    if !(1..=LINES_MAX).contains(&lines.len()) {
        return bad(format!(
            "нужно от 1 до {LINES_MAX} строк под заголовком, здесь {}",
            lines.len()
        ));
    }
    let mut seen: HashMap<KnowledgeId, u32> = HashMap::new();
    let line = |line: &table::Line| {
        let item = columns.item(line);
        let title = item.as_ref().map_or("", Item::title).to_owned();
        let checked = item.and_then(|item| item.checked().map_err(told));
        let item = checked.and_then(|item| {
            let id = id_of(tenant, &item);
            match seen.insert(id, line.number) {
                None => Ok((id, Box::new(item))),
                Some(first) => Err(FieldError {
                    field: "line".to_owned(),
                    message: format!("то же, что в строке {first}"),
                }),
            }
        });
        Read { number: line.number, item, title }
    };
    Ok(lines.iter().map(line).collect())
}

fn told(ItemError { field, fault }: ItemError) -> FieldError {
    let field = field.split_once('.').map_or(&*field, |(_, column)| column).to_owned();
    FieldError { field, message: unfit(fault) }
}

fn id_of(tenant: TenantId, item: &Item) -> KnowledgeId {
    match item {
        Item::Document(document) => KnowledgeId::of_document(tenant, &document.title),
        Item::Product(product) => KnowledgeId::of_product(tenant, &product.article),
    }
}

/// The documents that have a title of a table.
type Titled = HashMap<String, KnowledgeId>;

async fn titled(app: &App, tenant: TenantId, lines: &[Read]) -> Result<Titled, ApiError> {
    let items = lines.iter().filter_map(|line| line.item.as_ref().ok());
    let titles = items.filter_map(|(_, item)| match &**item {
        Item::Document(document) => Some(document.title.clone()),
        Item::Product(_) => None,
    });
    let titles: Vec<String> = titles.collect();
    Ok(knowledge::documents_titled(&app.db, tenant, &titles).await?)
}

/// Finds what a line means: of documents the one that has its title now, however it came about and whatever it was
/// called before; a new one otherwise, whose id nothing of another title has.
async fn meant(
    app: &App,
    tenant: TenantId,
    titled: &Titled,
    (derived, item): (KnowledgeId, &Item),
) -> Result<(KnowledgeId, Knowledge), ApiError> {
    let load = async |id| app.commands.load::<Knowledge>(tenant, id).await;
    let Item::Document(document) = item else {
        return Ok((derived, load(derived).await?.aggregate));
    };
    let has_title =
        |known: &Item| matches!(known, Item::Document(it) if it.title == document.title);
    // The list may be behind.
    if let Some(id) = titled.get(&document.title) {
        let known = load(*id).await?.aggregate;
        if known.item().1.is_some_and(has_title) {
            return Ok((*id, known));
        }
    }
    let mut id = derived;
    loop {
        let known = load(id).await?.aggregate;
        if known.item().1.is_none_or(has_title) {
            return Ok((id, known));
        }
        // It was given another title since; the next is the same whenever the table is imported.
        id = KnowledgeId(Uuid::new_v5(&id.0, b"again"));
    }
}

/// Tells what a line would do.
async fn would(
    app: &App,
    tenant: TenantId,
    titled: &Titled,
    line: Read,
) -> Result<ImportedLine, ApiError> {
    let Read { number, item, title } = line;
    let (change, errors) = match item {
        Err(error) => (LineChange::Refused, vec![error]),
        Ok((id, item)) => {
            let (_, known) = meant(app, tenant, titled, (id, &item)).await?;
            let change = match known.item().1 {
                None => LineChange::Added,
                Some(known) if *known == *item => LineChange::Unchanged,
                Some(_) => LineChange::Changed,
            };
            (change, vec![])
        }
    };
    Ok(ImportedLine { line: number, title, change, errors })
}

/// Writes a line, and tells where its event stands.
async fn write(
    app: &App,
    caller: &Caller,
    command_id: Uuid,
    titled: &Titled,
    line: Read,
) -> Result<(ImportedLine, Option<Position>), ApiError> {
    let Read { number, item, title } = line;
    let (id, item) =
        item.map_err(|error| ApiError::new(Code::ImportRefused).field(error.field, error.message))?;
    let (id, before) = meant(app, caller.tenant(), titled, (id, &item)).await?;
    let command = KnowledgeCommand::Revise { replaces: None, item };
    // Its own for each line, and the same when the import is repeated.
    let context = caller.context(Uuid::new_v5(&command_id, id.0.as_bytes()));
    let done = app.commands.execute::<Knowledge>(&context, id, command).await?;
    let change = match (done.placed, before.item().1) {
        (None, _) => LineChange::Unchanged,
        (Some(_), None) => LineChange::Added,
        (Some(_), Some(_)) => LineChange::Changed,
    };
    let end = done.placed.map(|placed| Position { log: placed.log, pos: placed.last_pos });
    Ok((ImportedLine { line: number, title, change, errors: vec![] }, end))
}

impl From<Vec<ImportedLine>> for KnowledgeImported {
    fn from(lines: Vec<ImportedLine>) -> Self {
        let count = |change| lines.iter().filter(|line| line.change == change).count();
        Self {
            added: count(LineChange::Added),
            changed: count(LineChange::Changed),
            unchanged: count(LineChange::Unchanged),
            refused: count(LineChange::Refused),
            lines,
        }
    }
}

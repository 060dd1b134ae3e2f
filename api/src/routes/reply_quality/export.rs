//! The numbers of a period as a file for a spreadsheet.

mod csv;
mod names;
mod xlsx;

use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use chrono::{Days, NaiveDate, Utc};
use projections::metric::{self, Numbers, Period};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use self::names::Names;
use super::words::MetricBy;
use super::{FailedBy, ReplyFigures, filter, period};
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::extract::Query;
use crate::reply;
use crate::routes::words::{Channel, Marketplace};

/// Which numbers are asked for, and as what.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReportQuery {
    #[param(inline)]
    format: ReportFormat,
    /// The first day, in the seller's zone.
    from: NaiveDate,
    /// The day after the last; 400 days after `from` at most.
    to: NaiveDate,
    /// What the groups have in common, a row each.
    #[param(inline)]
    by: MetricBy,
    /// Of this account.
    account_id: Option<Uuid>,
    /// Of this marketplace.
    marketplace: Option<Marketplace>,
    /// Of this channel.
    channel: Option<Channel>,
}

/// What kind of file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ReportFormat {
    /// Text as spreadsheets with Russian settings open it: UTF-8 with a mark, semicolons, decimal commas, times in
    /// seconds.
    Csv,
    /// A workbook of two sheets: the numbers, and what they are of.
    Xlsx,
}

/// A table of numbers, and what it is of.
struct Sheet {
    about: Vec<(&'static str, String)>,
    /// The heading of each column.
    head: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
}

/// What stands in a cell.
enum Cell {
    Text(String),
    Count(i64),
    /// Of a hundred; none of nothing.
    Percent(Option<f64>),
    /// None where nothing was measured.
    Seconds(Option<i64>),
}

/// A heading, and the number under it.
type Column = (&'static str, fn(&ReplyFigures) -> Cell);

/// All numbers that `/interactions/metrics/quality` tells.
const COLUMNS: [Column; 29] = [
    ("Отвечено", |of| Cell::Count(of.answered)),
    ("Отвечено отсюда", |of| Cell::Count(of.answered_here)),
    ("Отвечено вне AgentIQ", |of| Cell::Count(of.answered_elsewhere)),
    ("Автоматически", |of| Cell::Count(of.automatic.count)),
    ("Автоматически, % от отсюда", |of| Cell::Percent(of.automatic.percent)),
    ("Был срок ответа", |of| Cell::Count(of.sla_met.of)),
    ("Ответили в срок", |of| Cell::Count(of.sla_met.count)),
    ("Ответили в срок, %", |of| Cell::Percent(of.sla_met.percent)),
    ("Не успели в срок", |of| Cell::Count(of.sla_missed.count)),
    ("Время ответа известно", |of| Cell::Count(of.first_answer_seconds.of)),
    ("Первый ответ: у половины не дольше", |of| {
        Cell::Seconds(of.first_answer_seconds.p50)
    }),
    ("Первый ответ: у 90 % не дольше", |of| {
        Cell::Seconds(of.first_answer_seconds.p90)
    }),
    ("С прочтения: у половины не дольше", |of| {
        Cell::Seconds(of.handling_seconds.p50)
    }),
    ("С прочтения: у 90 % не дольше", |of| {
        Cell::Seconds(of.handling_seconds.p90)
    }),
    ("Решал человек", |of| Cell::Count(of.accepted.of)),
    ("Черновик без правок", |of| Cell::Count(of.accepted.count)),
    ("Черновик без правок, %", |of| Cell::Percent(of.accepted.percent)),
    ("Черновик с правкой", |of| Cell::Count(of.edited.count)),
    ("Другой текст", |of| Cell::Count(of.manual.count)),
    ("Правка измерена", |of| Cell::Count(of.changed_percent.of)),
    ("Изменено знаков: у половины не больше, %", |of| {
        Cell::Percent(of.changed_percent.p50)
    }),
    ("Изменено знаков: у 90 % не больше, %", |of| {
        Cell::Percent(of.changed_percent.p90)
    }),
    ("Общий ответ многим", |of| Cell::Count(of.in_bulk)),
    ("Правку не измеряли", |of| Cell::Count(of.unmeasured)),
    ("Отклонила модерация", |of| Cell::Count(of.refused)),
    ("Отправка не удалась", |of| Cell::Count(of.failed)),
    ("Отправка не удалась: причины", |of| Cell::Text(causes(of))),
    ("Пришлось проверять вручную", |of| Cell::Count(of.in_doubt)),
    ("Исход не сразу был известен", |of| Cell::Count(of.unknown)),
];

/// Exports the numbers of `/interactions/metrics/quality` as a file: a row of all, and one of each group. What sellers
/// write, such as articles and names of cabinets, is text in every cell and never a formula.
#[utoipa::path(get, path = "/interactions/metrics/quality/export", tag = "quality", params(ReportQuery),
    responses((status = OK, body = Vec<u8>, content_type = "application/octet-stream")))]
pub(crate) async fn export_reply_quality(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ReportQuery>,
) -> Result<Response, ApiError> {
    let tenant = caller.tenant();
    let period = period(&app, tenant, query.from, query.to).await?;
    let chosen = filter(query.account_id, query.marketplace, query.channel);
    let by = query.by;
    let numbers = metric::figures(&app.db, tenant, &period, chosen, Some(by.into())).await?;
    let names = Names::read(&app.db, tenant).await?;
    let sheet = sheet(&query, &period, numbers, &names);
    let (kind, ending, bytes) = match query.format {
        ReportFormat::Csv => ("text/csv; charset=utf-8", "csv", csv::write(&sheet)?),
        ReportFormat::Xlsx => (
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "xlsx",
            xlsx::write(&sheet).map_err(anyhow::Error::from)?,
        ),
    };
    let name = format!(
        "attachment; filename=\"agentiq-answers-{}-{}.{ending}\"",
        period.from,
        last(&period)
    );
    Ok(([(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, name)], bytes).into_response())
}

fn sheet(query: &ReportQuery, period: &Period, numbers: Numbers, names: &Names) -> Sheet {
    let day = |day: NaiveDate| day.format("%d.%m.%Y").to_string();
    let all = || "все".to_owned();
    let about = vec![
        ("Отчёт", "Качество ответов AgentIQ".to_owned()),
        ("Период", format!("{} – {}", day(period.from), day(last(period)))),
        ("Часовой пояс дней", period.zone.to_owned()),
        ("Кабинет", query.account_id.map_or_else(all, |id| names.account(id))),
        ("Площадка", query.marketplace.map_or_else(all, |of| names::marketplace(of.into()))),
        ("Канал", query.channel.map_or_else(all, |of| names::channel(of.into()))),
        ("Версия показателей", metric::VERSION.to_string()),
        ("Составлен", Utc::now().format("%d.%m.%Y %H:%M UTC").to_string()),
        (
            "Как считается",
            "Каждое обращение — один раз, по первому ответу, который стоит на площадке.".to_owned(),
        ),
    ];
    let row = |name: String, figures: &ReplyFigures| {
        let numbers = COLUMNS.iter().map(|(_, number)| number(figures));
        std::iter::once(Cell::Text(name)).chain(numbers).collect()
    };
    let mut rows: Vec<Vec<Cell>> = vec![row("Всего".to_owned(), &(&numbers.total).into())];
    rows.extend(numbers.groups.iter().map(|group| {
        let name = names.group(query.by, group.key.as_deref());
        row(name, &(&group.figures).into())
    }));
    let head = std::iter::once(names::by(query.by));
    Sheet { about, head: head.chain(COLUMNS.map(|(heading, _)| heading)).collect(), rows }
}

/// Why sending failed, in words, each reason with how many interactions it concerns; one may have failed for several.
fn causes(of: &ReplyFigures) -> String {
    let told = of.failures.iter().map(|FailedBy { cause, count }| {
        format!("{} — {count}", reply::message(cause).trim_end_matches('.'))
    });
    told.collect::<Vec<_>>().join("; ")
}

/// The last day of a period.
fn last(period: &Period) -> NaiveDate {
    period.to - Days::new(1)
}

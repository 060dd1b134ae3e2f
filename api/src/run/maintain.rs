//! Commands on the data: `migrate`, `rebuild` and `verify`. Each shows how far it is and may be interrupted.

use std::cell::Cell;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use eventlog::{Db, DbOptions};
use projections::ReadModel;
use projections::rebuild::{self as refold, Progress};
use tokio::time::Instant;

use super::data::{Database, Inner, Preparation};
use super::signals::stop_on_signal;
use crate::cli::{DataCommand, RebuildCommand};
use crate::config::{DataSettings, KeySettings};
use crate::exit::StartError;

/// Statements over the whole log take as long as they take.
const STATEMENT_LIMIT: Duration = Duration::from_hours(6);

/// How often progress is shown.
const SHOWN_EVERY: Duration = Duration::from_secs(1);

/// Brings the database to the state that this release needs.
pub(crate) async fn migrate(command: DataCommand) -> anyhow::Result<ExitCode> {
    let DataCommand { data, key } = command;
    on_data(&data, &key, Preparation::Migrate, async |_, _| {
        say("the database is as this release needs it");
        Ok(ExitCode::SUCCESS)
    })
    .await
}

/// Makes a read model anew.
pub(crate) async fn rebuild(command: RebuildCommand) -> anyhow::Result<ExitCode> {
    let RebuildCommand { projection, tenant, data, key } = command;
    let model = ReadModel::from(projection);
    on_data(&data, &key, Preparation::Check, async |db, inner| {
        if let Some(tenant) = tenant {
            let rows = refold::rebuild_tenant(db, &inner.log, model, tenant).await?;
            say(&format!("{} of seller {tenant} was made anew: {rows} rows", model.name()));
            return Ok(ExitCode::SUCCESS);
        }
        refold::rebuild(db, &inner.log, model, shown(model)).await?;
        say(&format!("{} was made anew and is served", model.name()));
        Ok(ExitCode::SUCCESS)
    })
    .await
}

/// Checks the log and the read models.
pub(crate) async fn verify(command: DataCommand) -> anyhow::Result<ExitCode> {
    let DataCommand { data, key } = command;
    on_data(&data, &key, Preparation::Check, async |db, inner| {
        let mut sound = is_gapless(db).await?;
        for model in ReadModel::ALL.into_iter().filter(|model| model.table().is_some()) {
            let found = refold::verify(db, &inner.log, model, shown(model)).await?;
            let rows = found.served_rows;
            tell(&if found.equal {
                format!("{}: ok, {rows} rows equal the log folded anew", model.name())
            } else {
                let anew = found.refold_rows;
                format!("{}: DIFFERS, {rows} rows are served, {anew} folded anew", model.name())
            })?;
            sound &= found.equal;
        }
        Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
    .await
}

/// Works on the data until it is done or interrupted.
async fn on_data(
    data: &DataSettings,
    key: &KeySettings,
    preparation: Preparation,
    work: impl AsyncFnOnce(&Db, &Inner) -> anyhow::Result<ExitCode>,
) -> anyhow::Result<ExitCode> {
    let stop = stop_on_signal()?;
    let options = DbOptions {
        statement_timeout: STATEMENT_LIMIT,
        idle_in_transaction_timeout: STATEMENT_LIMIT,
        ..data.db_options("maintenance")
    };
    let database = Database::open(data, options).await?;
    let done = stop.run_until_cancelled(async {
        let inner = database.prepare(data, key, preparation).await?;
        work(&database.db, &inner).await
    });
    let done = done.await.unwrap_or_else(|| Err(StartError::Interrupted.into()));
    database.close().await;
    done
}

/// Numbers events without a gap: by log, by seller and by stream. A gap would be an event that some reader has missed.
async fn is_gapless(db: &Db) -> anyhow::Result<bool> {
    let logs = sqlx::query!(
        r#"select log_id as "name!", count(*) as "events!", min(pos) as "first!", max(pos) as "last!"
            from es.event group by log_id
            having count(*) <> max(pos) - min(pos) + 1"#
    )
    .fetch_all(db.pool())
    .await?;
    for log in &logs {
        let place = format!("log {}", log.name);
        tell_gap(&place, log.events, log.first, log.last)?;
    }
    let sellers = sqlx::query!(
        r#"select tenant_id as "name!", count(*) as "events!", min(tenant_seq) as "first!", max(tenant_seq) as "last!"
            from es.event group by tenant_id
            having count(*) <> max(tenant_seq) - min(tenant_seq) + 1"#
    )
    .fetch_all(db.pool())
    .await?;
    for seller in &sellers {
        let place = format!("seller {}", seller.name);
        tell_gap(&place, seller.events, seller.first, seller.last)?;
    }
    let streams = sqlx::query!(
        r#"select tenant_id as "seller!", stream_id as "name!", count(*) as "events!",
                min(version)::bigint as "first!", max(version)::bigint as "last!"
            from es.event group by tenant_id, stream_id
            having count(*) <> max(version) or min(version) <> 1"#
    )
    .fetch_all(db.pool())
    .await?;
    for stream in &streams {
        let place = format!("stream {} of seller {}", stream.name, stream.seller);
        tell_gap(&place, stream.events, stream.first, stream.last)?;
    }
    let events = sqlx::query_scalar!(r#"select count(*) as "events!" from es.event"#)
        .fetch_one(db.pool())
        .await?;
    let sound = logs.is_empty() && sellers.is_empty() && streams.is_empty();
    if sound {
        tell(&format!("log: ok, {events} events without a gap in any log, seller or stream"))?;
    }
    Ok(sound)
}

fn tell_gap(place: &str, events: i64, first: i64, last: i64) -> anyhow::Result<()> {
    tell(&format!("{place}: HAS GAPS, {events} events are numbered {first} to {last}"))
}

/// Puts a finding on standard output: it is what was asked for.
fn tell(text: &str) -> anyhow::Result<()> {
    writeln!(io::stdout(), "{text}").context("writing to standard output")
}

/// Shows progress, now and then.
fn shown(model: ReadModel) -> impl Fn(Progress) {
    let last = Cell::new(Instant::now());
    move |progress| {
        if last.get().elapsed() >= SHOWN_EVERY {
            last.set(Instant::now());
            say(&format!("{}: {} of {} events", model.name(), progress.applied, progress.total));
        }
    }
}

/// Tells the person at the terminal, on standard error as all that is not asked-for output.
fn say(text: &str) {
    // Nobody is left to hear it if it fails.
    let _ = writeln!(io::stderr(), "{text}");
}

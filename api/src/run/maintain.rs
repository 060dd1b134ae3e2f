//! Commands on the data: `migrate` and `rebuild`, and what `verify` has in common with them. Each shows how far it is and may be interrupted.

use std::cell::Cell;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

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
pub(super) const SHOWN_EVERY: Duration = Duration::from_secs(1);

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

/// Works on the data until it is done or interrupted.
pub(super) async fn on_data(
    data: &DataSettings,
    key: &KeySettings,
    preparation: Preparation,
    work: impl AsyncFnOnce(&Db, &Inner) -> anyhow::Result<ExitCode>,
) -> anyhow::Result<ExitCode> {
    let stop = stop_on_signal(Duration::ZERO)?.begun;
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

/// Shows progress, now and then.
pub(super) fn shown(model: ReadModel) -> impl Fn(Progress) {
    let last = Cell::new(Instant::now());
    move |progress| {
        if last.get().elapsed() >= SHOWN_EVERY {
            last.set(Instant::now());
            say(&format!("{}: {} of {} events", model.name(), progress.applied, progress.total));
        }
    }
}

/// Tells the person at the terminal, on standard error as all that is not asked-for output.
pub(super) fn say(text: &str) {
    // Nobody is left to hear it if it fails.
    let _ = writeln!(io::stderr(), "{text}");
}

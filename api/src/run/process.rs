//! Long-running processes: `serve`, `api` and `work`, and how they end.

use std::io::{self, ErrorKind, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use adapters::cabinets::Cabinets;
use adapters::finding::Finder;
use adapters::model::Embedder;
use adapters::notice::{Post, Recipients};
use adapters::work::Work;
use anyhow::{Context as _, anyhow};
use axum::Router;
use commands::sending::SHOWN_WITHIN;
use projections::audit;
use projections::knowledge::Retrieval;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use super::data::{Database, Inner, Preparation};
use super::restored;
use super::signals::{Stopping, stop_on_signal};
use crate::app::{App, Parts};
use crate::auth::Passwords;
use crate::chain::Chain;
use crate::cli::{ApiCommand, ServeCommand, WorkCommand};
use crate::config::{
    DataSettings, EmbeddingSettings, HttpSettings, KeySettings, MarketplaceSettings, ModelSettings,
    NoticeSettings, StopSettings, WorkSettings,
};
use crate::exit::StartError;
use crate::housekeeping;
use crate::metrics::recorder;
use crate::router::router;
use crate::server::{Server, ServerOptions};

/// Left of the time for stopping when requests and work must have ended: for events that were accepted.
const LEFT_FOR_DRAINING: Duration = Duration::from_millis(500);

/// A process and what it is to do.
struct Process {
    http: Option<HttpSettings>,
    work: Option<WorkSettings>,
    data: DataSettings,
    key: KeySettings,
    marketplaces: MarketplaceSettings,
    embeddings: EmbeddingSettings,
    model: ModelSettings,
    notices: NoticeSettings,
    stop: StopSettings,
    preparation: Preparation,
    part: &'static str,
}

/// Serves everything in one process.
pub(crate) async fn serve(command: ServeCommand) -> anyhow::Result<ExitCode> {
    let ServeCommand { http, data, key, marketplaces, embeddings, model, notices, work, stop } =
        command;
    let preparation = Preparation::Migrate;
    let (http, work) = (Some(http), Some(work));
    let part = "serve";
    Process {
        http,
        work,
        data,
        key,
        marketplaces,
        embeddings,
        model,
        notices,
        stop,
        preparation,
        part,
    }
    .run()
    .await
}

/// Serves the API and the console.
pub(crate) async fn api(command: ApiCommand) -> anyhow::Result<ExitCode> {
    let ApiCommand { http, data, key, marketplaces, embeddings, model, notices, stop } = command;
    let preparation = Preparation::Check;
    let (http, work, part) = (Some(http), None, "api");
    Process {
        http,
        work,
        data,
        key,
        marketplaces,
        embeddings,
        model,
        notices,
        stop,
        preparation,
        part,
    }
    .run()
    .await
}

/// Does background work.
pub(crate) async fn work(command: WorkCommand) -> anyhow::Result<ExitCode> {
    let WorkCommand { data, key, marketplaces, embeddings, model, notices, work, stop } = command;
    let preparation = Preparation::Check;
    let (http, work, part) = (None, Some(work), "work");
    Process {
        http,
        work,
        data,
        key,
        marketplaces,
        embeddings,
        model,
        notices,
        stop,
        preparation,
        part,
    }
    .run()
    .await
}

impl Process {
    async fn run(self) -> anyhow::Result<ExitCode> {
        // Background work is asked for by nobody.
        let notice = self.http.as_ref().map_or(Duration::ZERO, |_| self.stop.notice());
        let stopping = stop_on_signal(notice)?;
        // Bound before the database is started, since a taken address is known at once; served when all is ready.
        let server = match &self.http {
            Some(http) => Some(bind(http.listen, http.server_options(&self.stop)).await?),
            None => None,
        };
        let opening = Database::open(&self.data, self.data.db_options(self.part));
        let database = opening.await?;
        let ended = self.run_on(&database, server, stopping).await;
        database.close().await;
        ended.map(|()| ExitCode::SUCCESS)
    }

    async fn run_on(
        &self,
        database: &Database,
        server: Option<Server>,
        stopping: Stopping,
    ) -> anyhow::Result<()> {
        let Stopping { announced: stop_announced, begun: stop } = stopping;
        let inner = database.prepare(&self.data, &self.key, self.preparation).await?;
        let shown_within = self.work.as_ref().map_or(SHOWN_WITHIN, WorkSettings::shown_within);
        restored::look(&database.db, &inner.log, &self.data, shown_within).await?;
        let metrics = recorder()?;
        let writes = TaskTracker::new();
        let embedder = self.embeddings.embedder()?;
        let post = self.notices.post()?;
        let working = self.start_work(database, &inner, (embedder.clone(), post.clone()), &stop)?;
        let serving = match (server, &self.http) {
            (Some(server), Some(http)) => {
                let cabinets = Cabinets::new(
                    database.db.clone(),
                    inner.commands.clone(),
                    inner.credentials.clone(),
                    self.marketplaces.addresses(),
                )?;
                let app = App::new(Parts {
                    db: database.db.clone(),
                    log: inner.log.clone(),
                    commands: inner.commands.clone(),
                    erasures: inner.erasures.clone(),
                    knowledge: Finder::new(Retrieval::new(database.db.clone()), embedder),
                    compared: self.model.compared()?,
                    cabinets,
                    recipients: Recipients::new(
                        database.db.clone(),
                        inner.log.clone(),
                        inner.commands.clone(),
                        inner.credentials.vault().clone(),
                        post,
                    ),
                    passwords: Passwords::new()?,
                    heads_dir: self.data.heads_dir(),
                    metrics,
                    settings: http.api_settings(&self.marketplaces),
                    stop_announced,
                    stop: stop.clone(),
                    writes: writes.clone(),
                });
                Some(start_server(server, router(app), &stop)?)
            }
            _ => None,
        };
        let chain = match &self.work {
            Some(work) => {
                restored::keep_outside(&database.db, &self.data).await;
                Some(Chain::new(&database.db, &self.data, &self.key, work)?)
            }
            None => None,
        };
        let chaining = chain.clone().map(|chain| tokio::spawn(chain.run(stop.clone())));
        let cleaning = housekeeping::run(database.db.clone(), inner.log.clone(), stop.clone());
        let erasing = housekeeping::finish_erasures(inner.erasures.clone(), stop.clone());
        let epoch = housekeeping::keep_to_epoch(inner.log.clone(), stop.clone());
        let (subjects, followed_until) = (inner.subjects.clone(), stop.clone());
        let following =
            async move { followed_until.run_until_cancelled(subjects.follow()).await.map(drop) };
        let cleaning = async move { _ = tokio::join!(cleaning, erasing, following, epoch) };
        let auditing = self.work.as_ref().map(|work| {
            let (log, stop) = (inner.log.clone(), stop.clone());
            let audit = audit::nightly(database.db.clone(), log, work.audit());
            tokio::spawn(async move { _ = stop.run_until_cancelled(audit).await })
        });
        let tasks = [working, serving, chaining, auditing, Some(tokio::spawn(cleaning))];
        let ended = self.wait(tasks.into_iter().flatten().collect(), &writes, stop).await;
        let drained =
            tokio::time::timeout(LEFT_FOR_DRAINING.max(self.stop.limit() / 4), inner.log.drain());
        if drained.await.is_err() {
            warn!(
                "events that were accepted could not all be written; their callers were not told that they were"
            );
        }
        if let Some(chain) = chain {
            chain.finish().await;
        }
        ended
    }

    fn start_work(
        &self,
        database: &Database,
        inner: &Inner,
        (embedder, post): (Option<Embedder>, Post),
        stop: &CancellationToken,
    ) -> anyhow::Result<Option<JoinHandle<()>>> {
        let Some(settings) = &self.work else { return Ok(None) };
        let work = Work::new(
            database.db.clone(),
            inner.log.clone(),
            inner.commands.clone(),
            inner.credentials.clone(),
            settings.options(&self.marketplaces, &self.model, embedder, post)?,
        )
        .context("preparing background work")?;
        let stop = stop.clone();
        Ok(Some(tokio::spawn(async move { work.run(stop).await })))
    }

    /// Waits until a signal asks to stop and everything has ended, or the time for that is over.
    async fn wait(
        &self,
        tasks: Vec<JoinHandle<()>>,
        writes: &TaskTracker,
        stop: CancellationToken,
    ) -> anyhow::Result<()> {
        let mut all = futures::future::select_all(tasks);
        let mut died = None;
        tokio::select! {
            () = stop.cancelled() => (),
            (ended, _, rest) = &mut all => {
                died = match ended {
                    // Asked to stop, it may have done so before this task was woken.
                    Ok(()) if stop.is_cancelled() => None,
                    Ok(()) => Some(anyhow!("a part of the process ended early")),
                    Err(error) => Some(anyhow!(error).context("a part of the process died")),
                };
                stop.cancel();
                all = futures::future::select_all(rest);
            }
        }
        let deadline = Instant::now() + self.stop.limit().saturating_sub(LEFT_FOR_DRAINING);
        let rest = async {
            futures::future::join_all(all.into_inner()).await;
            writes.close();
            writes.wait().await;
        };
        if timeout_at(deadline, rest).await.is_err() {
            warn!("breaking off what has not ended; nothing that was acknowledged is lost");
        } else {
            info!("stopped");
        }
        died.map_or(Ok(()), Err)
    }
}

async fn bind(address: SocketAddr, options: ServerOptions) -> anyhow::Result<Server> {
    Server::bind(address, options).await.map_err(|source| {
        anyhow!(if source.kind() == ErrorKind::AddrInUse {
            StartError::AddressTaken { address }
        } else {
            StartError::AddressRefused { address, source }
        })
    })
}

/// Starts to serve, and says so on standard output: scripts wait for this line.
fn start_server(
    server: Server,
    router: Router,
    stop: &CancellationToken,
) -> anyhow::Result<JoinHandle<()>> {
    let address = server.address().context("reading the address")?;
    let serving = tokio::spawn(server.run(router, stop.clone()));
    announce(address)?;
    Ok(serving)
}

pub(super) fn announce(address: SocketAddr) -> anyhow::Result<()> {
    let mut out = io::stdout();
    writeln!(out, "listening on http://{address}")
        .and_then(|()| out.flush())
        .context("writing to standard output")
}

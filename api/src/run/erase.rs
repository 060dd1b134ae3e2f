//! The command `erase`: what the API does at the wish of a seller, for the person on call.

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use chrono::{DateTime, SecondsFormat, Utc};
use commands::erase::{Basis, EraseError, Erasure, Subject};
use commands::{Actor, CommandError, Context};
use domain::TenantId;
use eventlog::StoredEvent;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::data::{Inner, Preparation};
use super::find::seller_of;
use super::maintain::on_data;
use crate::cli::EraseCommand;

/// What was done, as it is put out.
#[derive(Debug, Serialize)]
struct Done {
    #[serde(skip)]
    subject: Subject,
    /// The interaction whose buyer it was; none of a claim.
    interaction_id: Option<Uuid>,
    /// The claim for return whose buyer it was; none of an interaction.
    claim_id: Option<Uuid>,
    seller_id: Uuid,
    /// Whether it had been done before, so that nothing was to do.
    before: bool,
    ground: &'static str,
    reference: Option<String>,
    asked_by: String,
    asked_at: DateTime<Utc>,
    done_at: Option<DateTime<Utc>>,
    event_id: Uuid,
    log: i32,
    position: i64,
}

/// Erases a buyer, or finishes what was cut short.
pub(crate) async fn erase(command: EraseCommand) -> anyhow::Result<ExitCode> {
    let named = command.subject().zip(command.ground);
    on_data(&command.data, &command.key, Preparation::Check, async |db, inner| {
        let Some((subject, ground)) = named else {
            return finish(inner, command.json).await;
        };
        let seller = seller_of(db, subject, command.tenant).await?;
        let earlier = inner.erasures.of(seller, subject).await?;
        let earlier = earlier.filter(|erasure| erasure.done_at.is_some());
        if earlier.is_none() && !command.yes {
            bail!(
                "nothing was done: this would erase the buyer of {subject} of seller {seller} for good; \
                repeat it with --yes"
            );
        }
        if earlier.is_none() {
            let basis = Basis { ground: ground.into(), reference: command.reference };
            let context = Context::new(seller, Actor::System("on_call"));
            inner.erasures.erase(&context, subject, &basis).await.map_err(explained)?;
            // Or other processes would hear of it by polling only.
            inner.log.drain().await;
        }
        let done = done(inner, seller, subject, earlier.is_some()).await?;
        tell(&if command.json { serde_json::to_string_pretty(&done)? } else { done.in_words() })
    })
    .await
}

const UNFINISHED: &str = "the buyer is not erased, or not wholly; if it was put on the list, a running server or \
    `agentiq erase --finish` carries it out, and repeating this is harmless";

fn explained(error: EraseError) -> anyhow::Error {
    let refused = matches!(error, EraseError::Command(CommandError::Rejected(_)));
    let error = anyhow::Error::from(error);
    if refused { error } else { error.context(UNFINISHED) }
}

async fn finish(inner: &Inner, json: bool) -> anyhow::Result<ExitCode> {
    let finished = inner.erasures.finish().await?;
    inner.log.drain().await;
    tell(&if json {
        json!({ "finished": finished }).to_string()
    } else {
        format!("erasures that had been cut short and are done now: {finished}")
    })
}

/// Reads what the list and the log say of an erasure.
async fn done(
    inner: &Inner,
    seller: TenantId,
    subject: Subject,
    before: bool,
) -> anyhow::Result<Done> {
    let erasure =
        inner.erasures.of(seller, subject).await?.context("the erasure is not on the list")?;
    let events = inner.log.load_stream(seller, subject.into(), 0).await?;
    let event = events.into_iter().find(|event| event.event_type == subject.erased_event());
    let event = event.context("the log does not say that the buyer was erased")?;
    Ok(Done::new(seller, before, erasure, &event))
}

impl Done {
    fn new(seller: TenantId, before: bool, erasure: Erasure, event: &StoredEvent) -> Self {
        let Erasure { subject, basis, actor, asked_at, done_at } = erasure;
        let (interaction_id, claim_id) = match subject {
            Subject::Interaction(id) => (Some(id.0), None),
            Subject::Claim(id) => (None, Some(id.0)),
        };
        Self {
            subject,
            interaction_id,
            claim_id,
            seller_id: seller.0,
            before,
            ground: basis.ground.into(),
            reference: basis.reference,
            asked_by: actor,
            asked_at,
            done_at,
            event_id: event.event_id,
            log: event.log.0,
            position: event.pos,
        }
    }

    fn in_words(&self) -> String {
        let second = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
        let done_at = self.done_at.map_or_else(|| "not yet".to_owned(), second);
        format!(
            "{}: the buyer of {} of seller {}\n\
            ground: {}, reference: {}, asked for by {} at {}, done at {done_at}\n\
            event {} at position {} of log {}; `agentiq prove` proves it once it is signed\n\
            the key is destroyed, so the data cannot be read any more, nor can they in any copy of the log; read \
            models follow as soon as `agentiq serve` or `agentiq work` runs",
            if self.before { "was erased before, nothing was to do" } else { "erased" },
            self.subject,
            self.seller_id,
            self.ground,
            self.reference.as_deref().unwrap_or("none"),
            self.asked_by,
            second(self.asked_at),
            self.event_id,
            self.position,
            self.log,
        )
    }
}

fn tell(text: &str) -> anyhow::Result<ExitCode> {
    writeln!(io::stdout(), "{text}").context("writing to standard output")?;
    Ok(ExitCode::SUCCESS)
}

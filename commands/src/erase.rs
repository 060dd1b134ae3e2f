//! Erases a buyer: the key is destroyed first, then the log says so. What was cut short in between is finished later.

mod subject;

use chrono::{DateTime, Utc};
use domain::TenantId;
use domain::interaction::{ErasureGround, InteractionError};
use eventlog::{Db, KeyError, LogError, Placed, SubjectKeys};
use tracing::{info, warn};
use uuid::Uuid;

pub use subject::Subject;

use crate::context::{Actor, Context};
use crate::handler::{CommandError, Commands};

/// How long an erasure may take before another process finishes it.
const UNFINISHED_AFTER_SECONDS: f64 = 60.0;

/// Erasures that are looked at in one go.
const AT_ONCE: i64 = 1_000;

/// Erases buyers. The subject is the interaction or the claim: until buyers can be told apart across them, each one's
/// buyer is a person of his own.
#[derive(Clone)]
pub struct Erasures {
    db: Db,
    keys: SubjectKeys,
    commands: Commands,
}

/// What an erasure rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basis {
    /// The ground.
    pub ground: ErasureGround,
    /// Number of the request or order; never says who it was.
    pub reference: Option<String>,
}

impl Basis {
    /// Reads what the list holds.
    fn stored(ground: &str, reference: Option<String>) -> Self {
        // Only a later program could have written another.
        Self { ground: ground.parse().unwrap_or(ErasureGround::PersonsRequest), reference }
    }
}

/// An erasure that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// What the buyer had left.
    pub subject: Subject,
    /// On what ground.
    pub basis: Basis,
    /// Who asked: `user:<id>` or `system:<part>`.
    pub actor: String,
    /// When.
    pub asked_at: DateTime<Utc>,
    /// When it was carried out.
    pub done_at: Option<DateTime<Utc>>,
}

/// How many erasures a seller has had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Carried out.
    pub done: i64,
    /// Asked for and not finished yet.
    pub open: i64,
    /// When the last one was carried out.
    pub last_at: Option<DateTime<Utc>>,
}

/// Why a buyer was not erased, or not wholly yet.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// The interaction does not exist, or the ground is missing.
    #[error(transparent)]
    Command(#[from] CommandError<InteractionError>),
    /// The key store could not be reached.
    #[error("destroying the key")]
    Keys(#[from] KeyError),
    /// The list of erasures could not be reached.
    #[error("keeping the list of erasures")]
    Database(#[from] sqlx::Error),
}

impl EraseError {
    /// Tells whether the erasures of others would fail as well.
    fn concerns_all(&self) -> bool {
        match self {
            Self::Keys(_) | Self::Database(_) => true,
            Self::Command(CommandError::Log(error)) => matches!(
                error,
                LogError::Database(_)
                    | LogError::OutcomeUnknown(_)
                    | LogError::Draining
                    | LogError::Overloaded
            ),
            Self::Command(_) => false,
        }
    }
}

/// Why not everything that was cut short is finished.
#[derive(Debug, thiserror::Error)]
pub enum FinishError {
    /// A database is out of reach; what was not looked at waits for the next time.
    #[error(transparent)]
    All(#[from] EraseError),
    /// Some could not be finished; all others were.
    #[error("{failed} erasures cannot be finished, the first is of {first}")]
    Some {
        /// How many.
        failed: usize,
        /// What the buyer had left.
        first: Subject,
        /// Why that one could not.
        #[source]
        source: EraseError,
    },
}

/// What became of erasures, one after the other: one that fails must not keep the others waiting.
#[derive(Default)]
struct Tally {
    finished: usize,
    failed: usize,
    first: Option<(Subject, EraseError)>,
}

impl Tally {
    /// Counts an erasure; fails when the others need not be tried.
    fn count(&mut self, of: Subject, outcome: Result<(), EraseError>) -> Result<(), EraseError> {
        match outcome {
            Ok(()) => self.finished += 1,
            Err(error) if error.concerns_all() => return Err(error),
            Err(error) => {
                self.failed += 1;
                self.first.get_or_insert((of, error));
            }
        }
        Ok(())
    }

    fn outcome(self) -> Result<usize, FinishError> {
        let Self { finished, failed, first } = self;
        match first {
            None => Ok(finished),
            Some((first, source)) => Err(FinishError::Some { failed, first, source }),
        }
    }
}

impl Erasures {
    /// Erases in the log of `commands` and the key store of `keys`; the list of erasures is kept in `db`.
    #[must_use]
    pub fn new(db: Db, keys: SubjectKeys, commands: Commands) -> Self {
        Self { db, keys, commands }
    }

    /// Erases the buyer of an interaction or a claim, for ever. Repeating it is harmless. Returns where the event
    /// stands; none when it had been done before.
    ///
    /// # Errors
    /// [`EraseError`]. Once it is on the list it is finished by [`Self::finish`], whatever happens here.
    pub async fn erase(
        &self,
        context: &Context,
        subject: impl Into<Subject>,
        basis: &Basis,
    ) -> Result<Option<Placed>, EraseError> {
        let subject = subject.into();
        // Before the key is gone, since that cannot be undone.
        subject.may_be_erased(&self.commands, context.tenant, basis).await?;
        self.put_on_list(context, subject, basis).await?;
        self.carry_out(context, subject, basis).await
    }

    /// Counts the erasures of a seller.
    ///
    /// # Errors
    /// When the list of erasures cannot be read.
    pub async fn counted(&self, tenant: TenantId) -> Result<Counted, EraseError> {
        let counted = sqlx::query_as!(
            Counted,
            r#"select count(done_at) as "done!", count(*) - count(done_at) as "open!", max(done_at) as last_at
            from erasure where tenant_id = $1"#,
            tenant.0,
        );
        Ok(counted.fetch_one(self.db.pool()).await?)
    }

    /// Finishes what was cut short. Returns how many erasures it finished.
    ///
    /// # Errors
    /// [`FinishError`]. One that cannot be finished keeps no other waiting.
    pub async fn finish(&self) -> Result<usize, FinishError> {
        let unfinished = sqlx::query!(
            "select tenant_id, interaction_id, subject, ground, reference, command_id from erasure
            where done_at is null and asked_at < now() - make_interval(secs => $1)
            order by asked_at limit $2",
            UNFINISHED_AFTER_SECONDS,
            AT_ONCE,
        )
        .fetch_all(self.db.pool())
        .await
        .map_err(EraseError::from)?;
        let mut tally = Tally::default();
        for row in unfinished {
            let actor = Actor::System("erasure");
            let context = Context::repeatable(TenantId(row.tenant_id), actor, row.command_id);
            let subject = Subject::of(&row.subject, row.interaction_id);
            let basis = Basis::stored(&row.ground, row.reference);
            let carried = self.carry_out(&context, subject, &basis).await;
            tally.count(subject, carried.map(drop))?;
        }
        self.say_what_is_gone(&mut tally).await?;
        tally.outcome()
    }

    /// Destroys keys again that an older key store brought back. To be called before anything is served.
    ///
    /// # Errors
    /// When a database fails.
    pub async fn carry_out_again(&self) -> Result<u64, EraseError> {
        let mut again = 0;
        let (mut tenant, mut after) = (Uuid::nil(), Uuid::nil());
        loop {
            let rows = sqlx::query!(
                "select tenant_id, interaction_id from erasure
                where (tenant_id, interaction_id) > ($1, $2) order by tenant_id, interaction_id limit $3",
                tenant,
                after,
                AT_ONCE,
            )
            .fetch_all(self.db.pool())
            .await?;
            let Some(last) = rows.last() else { break };
            (tenant, after) = (last.tenant_id, last.interaction_id);
            for of_one in rows.chunk_by(|a, b| a.tenant_id == b.tenant_id) {
                let subjects: Vec<Uuid> = of_one.iter().map(|row| row.interaction_id).collect();
                again += self.keys.destroy_again(TenantId(of_one[0].tenant_id), &subjects).await?;
            }
        }
        if again > 0 {
            warn!(keys = again, "destroyed {again} keys again that a restored key store held");
        }
        Ok(again)
    }

    /// Returns the erasure of an interaction's or a claim's buyer; none when nobody asked for it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn of(
        &self,
        tenant: TenantId,
        subject: impl Into<Subject>,
    ) -> Result<Option<Erasure>, sqlx::Error> {
        let subject = subject.into();
        let row = sqlx::query!(
            "select ground, reference, actor, asked_at, done_at from erasure
            where tenant_id = $1 and interaction_id = $2 and subject = $3",
            tenant.0,
            subject.id(),
            subject.kind(),
        )
        .fetch_optional(self.db.pool())
        .await?;
        Ok(row.map(|row| Erasure {
            subject,
            basis: Basis::stored(&row.ground, row.reference),
            actor: row.actor,
            asked_at: row.asked_at,
            done_at: row.done_at,
        }))
    }

    async fn put_on_list(
        &self,
        context: &Context,
        subject: Subject,
        basis: &Basis,
    ) -> Result<(), sqlx::Error> {
        sqlx::query!(
            "insert into erasure (tenant_id, interaction_id, ground, reference, actor, command_id, subject)
            values ($1, $2, $3, $4, $5, $6, $7)
            on conflict on constraint erasure_pkey do nothing",
            context.tenant.0,
            subject.id(),
            <&str>::from(basis.ground),
            basis.reference,
            context.actor.to_string(),
            context.command_id,
            subject.kind(),
        )
        .execute(self.db.pool())
        .await?;
        Ok(())
    }

    async fn carry_out(
        &self,
        context: &Context,
        subject: Subject,
        basis: &Basis,
    ) -> Result<Option<Placed>, EraseError> {
        self.keys.destroy(context.tenant, subject.id()).await?;
        let placed = subject.say_erased(&self.commands, context, basis).await?;
        self.forget_copies(context.tenant, subject).await?;
        sqlx::query!(
            "update erasure set done_at = now() where tenant_id = $1 and interaction_id = $2 and done_at is null",
            context.tenant.0,
            subject.id(),
        )
        .execute(self.db.pool())
        .await?;
        info!(subject.id = %subject.id(), "erased the buyer of {subject}");
        Ok(placed)
    }

    /// Removes what was kept of the subject beside the log: answers to repeated requests, which quote it
    /// or what it belongs with, what the marketplace gave and nobody could read, and files that wait to be sent.
    async fn forget_copies(&self, tenant: TenantId, subject: Subject) -> Result<(), sqlx::Error> {
        let id = subject.id().to_string();
        sqlx::query!(
            "delete from idempotency_key
                where tenant_id = $1 and status is not null
                    and (strpos(route, '/' || $2 || '/') > 0 or position($3::bytea in body) > 0)",
            tenant.0,
            id,
            id.as_bytes(),
        )
        .execute(self.db.pool())
        .await?;
        sqlx::query!(
            "delete from unread_item where tenant_id = $1 and interaction_id = $2",
            tenant.0,
            subject.id(),
        )
        .execute(self.db.pool())
        .await?;
        sqlx::query!(
            "delete from attachment where tenant_id = $1 and interaction_id = $2",
            tenant.0,
            subject.id(),
        )
        .execute(self.db.pool())
        .await?;
        Ok(())
    }

    /// Keys that are destroyed although the list does not know them: the log is older than the key store. It is said in
    /// the log, so that read models follow. A bulk's key is nobody's: it goes with the bulk.
    async fn say_what_is_gone(&self, tally: &mut Tally) -> Result<(), EraseError> {
        let mut after = (TenantId(Uuid::nil()), Uuid::nil());
        loop {
            let gone = self.keys.destroyed(after, AT_ONCE).await?;
            let Some(last) = gone.last() else { return Ok(()) };
            after = *last;
            let (tenants, subjects): (Vec<Uuid>, Vec<Uuid>) =
                gone.iter().map(|(tenant, subject)| (tenant.0, *subject)).unzip();
            let unknown = sqlx::query!(
                r#"select g.tenant_id as "tenant_id!", g.subject_id as "subject_id!", s.stream_type as "stream_type?"
                from unnest($1::uuid[], $2::uuid[]) g (tenant_id, subject_id)
                left join es.tenant_log t on t.tenant_id = g.tenant_id
                left join es.stream s
                    on s.log_id = t.log_id and s.tenant_id = g.tenant_id and s.stream_id = g.subject_id
                where s.stream_type is distinct from 'bulk' and not exists (
                    select from erasure e where e.tenant_id = g.tenant_id and e.interaction_id = g.subject_id)"#,
                &tenants,
                &subjects,
            )
            .fetch_all(self.db.pool())
            .await?;
            for row in unknown {
                let kind = row.stream_type.unwrap_or_default();
                let subject = Subject::of(&kind, row.subject_id);
                let context = Context::new(TenantId(row.tenant_id), Actor::System("erasure"));
                let basis = Basis { ground: ErasureGround::KeyFoundDestroyed, reference: None };
                let said = self.erase(&context, subject, &basis).await;
                // Nothing is stored about it here, so there is nothing to say.
                if !matches!(
                    said,
                    Err(EraseError::Command(CommandError::Rejected(InteractionError::Unknown)))
                ) {
                    tally.count(subject, said.map(drop))?;
                }
            }
        }
    }
}

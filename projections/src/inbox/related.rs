//! What an interaction belongs with: a review and what its buyer added to it later. Either half may name the other, and
//! whichever came first, both show the pair.

use chrono::{DateTime, Utc};
use domain::{InteractionId, TenantId};
use eventlog::Db;
use uuid::Uuid;

use super::row::Row;

/// The other half of a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelatedRow {
    /// The other half.
    pub interaction_id: Uuid,
    /// What it is: `parent` or `supplement`.
    pub kind: String,
    /// Beginning of the buyer's words there.
    pub preview: String,
    /// When the buyer wrote it.
    pub occurred_at: DateTime<Utc>,
}

impl Row {
    /// Tells what `other` is to this interaction, if one of them names the other.
    pub(crate) fn related_to(&self, other: &Self) -> Option<RelatedRow> {
        let (this, that) = (Some(self.interaction_id), Some(other.interaction_id));
        let kind = if self.parent_id == that || other.supplement_id == this {
            "parent"
        } else if self.supplement_id == that || other.parent_id == this {
            "supplement"
        } else {
            return None;
        };
        Some(RelatedRow {
            interaction_id: other.interaction_id,
            kind: kind.to_owned(),
            preview: other.preview.clone(),
            occurred_at: other.occurred_at,
        })
    }
}

/// Lists the interactions that name this one or that it names, as far as they were read.
///
/// # Errors
/// What the database says.
pub async fn related_ids(
    db: &Db,
    tenant: TenantId,
    id: InteractionId,
) -> sqlx::Result<Vec<InteractionId>> {
    Ok(related(db, tenant, id).await?.iter().map(|row| InteractionId(row.interaction_id)).collect())
}

/// Reads what an interaction belongs with, oldest first.
///
/// # Errors
/// What the database says.
pub async fn related(
    db: &Db,
    tenant: TenantId,
    id: InteractionId,
) -> sqlx::Result<Vec<RelatedRow>> {
    sqlx::query_as!(
        RelatedRow,
        // By ids, each found by an index of its own: a condition on both tables at once is none that an index knows.
        r#"with named as (
                select parent_id as id, 'parent' as kind from inbox
                    where tenant_id = $1 and interaction_id = $2 and parent_id is not null
                union
                select supplement_id, 'supplement' from inbox
                    where tenant_id = $1 and interaction_id = $2 and supplement_id is not null
                union
                select interaction_id, 'supplement' from inbox where tenant_id = $1 and parent_id = $2
                union
                select interaction_id, 'parent' from inbox where tenant_id = $1 and supplement_id = $2
            )
            select i.interaction_id, min(named.kind) as "kind!", i.preview, i.occurred_at
            from named
            join inbox i on i.tenant_id = $1 and i.interaction_id = named.id
            where named.id <> $2
            group by i.interaction_id, i.preview, i.occurred_at
            order by i.occurred_at, i.interaction_id"#,
        tenant.0,
        id.0,
    )
    .fetch_all(db.pool())
    .await
}

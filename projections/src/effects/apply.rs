//! How events become effects: the process manager's answer, stored in the transaction of its checkpoint.

use domain::effect;
use domain::interaction::InteractionEvent;
use domain::{Event, Recorded};
use sqlx::PgConnection;
use uuid::Uuid;

pub(crate) async fn apply(tx: &mut PgConnection, recorded: &Recorded) -> sqlx::Result<()> {
    if let Event::Interaction(InteractionEvent::Ingested { source, .. }) = &recorded.event {
        sqlx::query!(
            "insert into effect_account (tenant_id, interaction_id, account_id) values ($1, $2, $3)
                on conflict on constraint effect_account_pkey do nothing",
            recorded.tenant.0,
            recorded.stream.0,
            source.account_id.0,
        )
        .execute(&mut *tx)
        .await?;
    }
    let Some(effect) = effect::owed(&recorded.event) else { return Ok(()) };
    sqlx::query!(
        "insert into effect (tenant_id, effect_id, log_id, stream_id, account_id, cause_pos, cause_event_id,
                correlation_id, kind, payload, next_at)
            select a.tenant_id, $3, $4, a.interaction_id, a.account_id, $5, $6, $7, $8, $9, $10
                from effect_account a
                where a.tenant_id = $1 and a.interaction_id = $2
            on conflict on constraint effect_pkey do nothing",
        recorded.tenant.0,
        recorded.stream.0,
        Uuid::new_v5(&recorded.event_id, effect.kind().as_bytes()),
        recorded.log,
        recorded.position,
        recorded.event_id,
        recorded.correlation_id,
        effect.kind(),
        serde_json::to_value(&effect).map_err(|error| sqlx::Error::Encode(error.into()))?,
        effect.due_at(recorded.recorded_at),
    )
    .execute(tx)
    .await?;
    Ok(())
}

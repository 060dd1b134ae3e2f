//! Looks whether the provider still has the model, and until when: providers retire models, and tell it in their lists.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::policy::alert::{MODEL_ENDS_CRITICAL, MODEL_ENDS_WARNING, ModelStanding};
use eventlog::Db;
use serde::Deserialize;
use serde_json::Value;
use tracing::{error, info, warn};

use super::Model;
use super::error::ModelError;

/// How often: a retirement is announced months before.
const EVERY: Duration = Duration::from_secs(12 * 60 * 60);

/// How long it is believed. A process asks six times meanwhile, so that a provider who does not answer for a day or two ends
/// no alert.
const NOTED_FOR: TimeDelta = TimeDelta::days(3);

#[derive(Debug, Deserialize)]
struct Models {
    data: Vec<Listed>,
}

#[derive(Debug, Deserialize)]
struct Listed {
    id: String,
    /// OpenAI's: seconds since 1970, a day or a time.
    #[serde(default)]
    shutdown_date: Option<Value>,
}

impl Model {
    /// Looks now and then, until it is dropped.
    pub async fn watch(&self) {
        loop {
            match self.standing().await {
                Ok(standing) => {
                    self.tell(standing, Utc::now());
                    if let Err(error) = self.note_standing(standing).await {
                        let error = &error as &dyn std::error::Error;
                        error!(error, "could not note how the model stands, trying again");
                    }
                }
                Err(error) => {
                    info!(model.name = self.name, "could not ask how the model stands: {error}")
                }
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Asks the provider how the model stands.
    ///
    /// # Errors
    /// [`ModelError`] when it does not say.
    pub async fn standing(&self) -> Result<ModelStanding, ModelError> {
        let models: Models = self.client.models().await?;
        let listed = models.data.iter().find(|listed| listed.id == self.name);
        Ok(listed.map_or(ModelStanding::Unknown, |listed| ModelStanding::Served {
            until: listed.shutdown_date.as_ref().and_then(time),
        }))
    }

    /// Notes how the model stands, for the alerts of whoever looks.
    ///
    /// # Errors
    /// What the database says.
    pub async fn note_standing(&self, standing: ModelStanding) -> sqlx::Result<()> {
        let (is_known, ends_at) = match standing {
            ModelStanding::Served { until } => (true, until),
            ModelStanding::Unknown => (false, None),
        };
        sqlx::query!(
            "insert into model_standing (model, is_known, ends_at) values ($1, $2, $3)
                on conflict on constraint model_standing_pkey do update
                    set model = excluded.model, is_known = excluded.is_known, ends_at = excluded.ends_at,
                        asked_at = excluded.asked_at",
            self.name,
            is_known,
            ends_at,
        )
        .execute(self.db.pool())
        .await?;
        Ok(())
    }

    fn tell(&self, standing: ModelStanding, now: DateTime<Utc>) {
        let name = &self.name;
        let (is_known, until) = match standing {
            ModelStanding::Served { until } => (true, until),
            ModelStanding::Unknown => (false, None),
        };
        metrics::gauge!("agentiq_model_known").set(if is_known { 1.0 } else { 0.0 });
        let timestamp = until.map_or(0.0, |until| until.timestamp() as f64);
        metrics::gauge!("agentiq_model_shutdown_timestamp_seconds").set(timestamp);
        match until {
            _ if !is_known => {
                error!(model.name = name, "the provider has no model {name}: name another one")
            }
            Some(until) if until - now < MODEL_ENDS_CRITICAL => {
                error!(
                    model.name = name,
                    "the model {name} is shut down on {until}: name another one now"
                );
            }
            Some(until) if until - now < MODEL_ENDS_WARNING => {
                warn!(
                    model.name = name,
                    "the model {name} is shut down on {until}: choose another one"
                );
            }
            Some(_) | None => {}
        }
    }
}

/// Returns how the model stood when a process asked last; none where none has within [`NOTED_FOR`], so that nobody writes drafts
/// with a model any more.
///
/// # Errors
/// What the database says.
pub(crate) async fn noted(db: &Db, now: DateTime<Utc>) -> sqlx::Result<Option<ModelStanding>> {
    let row = sqlx::query!(
        "select is_known, ends_at from model_standing where asked_at > $1",
        now - NOTED_FOR,
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(row.map(|row| match row.is_known {
        true => ModelStanding::Served { until: row.ends_at },
        false => ModelStanding::Unknown,
    }))
}

fn time(value: &Value) -> Option<DateTime<Utc>> {
    if let Some(seconds) = value.as_i64() {
        return DateTime::from_timestamp(seconds, 0);
    }
    let text = value.as_str()?;
    let day = |text: &str| Some(text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0)?.and_utc());
    text.parse().ok().or_else(|| day(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_end_of_a_model_is_read_in_every_form() {
        let day = NaiveDate::from_ymd_opt(2027, 1, 14)
            .and_then(|day| day.and_hms_opt(0, 0, 0))
            .map(|at| at.and_utc());
        for value in [json!("2027-01-14"), json!("2027-01-14T00:00:00Z"), json!(1_799_884_800)] {
            assert_eq!(time(&value), day, "{value}");
        }
        assert_eq!(time(&json!("soon")), None);
    }
}

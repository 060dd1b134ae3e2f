//! Looks whether the provider still has the model, and until when: providers retire models, and tell it in their lists.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::Value;
use tracing::{error, info, warn};

use super::Model;
use super::error::ModelError;

/// How often: a retirement is announced months before.
const EVERY: Duration = Duration::from_secs(12 * 60 * 60);

/// From when on somebody should choose another model, and from when on somebody must.
const WARN_BEFORE: TimeDelta = TimeDelta::days(60);
const ALARM_BEFORE: TimeDelta = TimeDelta::days(14);

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

/// What the provider says of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is there.
    Served {
        /// Until when, where an end is announced.
        until: Option<DateTime<Utc>>,
    },
    /// The provider has no such model.
    Unknown,
}

impl Model {
    /// Looks now and then, until it is dropped.
    pub async fn watch(&self) {
        loop {
            match self.standing().await {
                Ok(standing) => self.tell(standing, Utc::now()),
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
    pub async fn standing(&self) -> Result<Standing, ModelError> {
        let models: Models = self.client.models().await?;
        let listed = models.data.iter().find(|listed| listed.id == self.name);
        Ok(listed.map_or(Standing::Unknown, |listed| Standing::Served {
            until: listed.shutdown_date.as_ref().and_then(time),
        }))
    }

    fn tell(&self, standing: Standing, now: DateTime<Utc>) {
        let name = &self.name;
        let (is_known, until) = match standing {
            Standing::Served { until } => (true, until),
            Standing::Unknown => (false, None),
        };
        metrics::gauge!("agentiq_model_known").set(if is_known { 1.0 } else { 0.0 });
        let timestamp = until.map_or(0.0, |until| until.timestamp() as f64);
        metrics::gauge!("agentiq_model_shutdown_timestamp_seconds").set(timestamp);
        match until {
            _ if !is_known => {
                error!(model.name = name, "the provider has no model {name}: name another one")
            }
            Some(until) if until - now < ALARM_BEFORE => {
                error!(
                    model.name = name,
                    "the model {name} is shut down on {until}: name another one now"
                );
            }
            Some(until) if until - now < WARN_BEFORE => {
                warn!(
                    model.name = name,
                    "the model {name} is shut down on {until}: choose another one"
                );
            }
            Some(_) | None => {}
        }
    }
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

//! When a reply goes out: at once, after a hold in which it can be taken back, or at a time.

use chrono::{DateTime, TimeDelta, Utc};
use domain::interaction::Timing;
use domain::seller::{HOLD_SECONDS_MAX, Seller};
use projections::effects;

use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};

/// How far ahead a reply may be sent.
const AHEAD_MAX: TimeDelta = TimeDelta::days(30);

/// What the writer wants.
pub(crate) struct Wish {
    /// How long it can be taken back, in seconds; none for what the seller has settled.
    pub(crate) hold_seconds: Option<u8>,
    /// When to send it.
    pub(crate) send_at: Option<DateTime<Utc>>,
    /// What the writer had seen.
    pub(crate) basis: Option<u32>,
}

impl Wish {
    /// Works out when the reply goes out, by the database's clock, which is what lets it out.
    ///
    /// # Errors
    /// The field that cannot be.
    pub(crate) async fn timing(self, app: &App, caller: &Caller) -> Result<Timing, ApiError> {
        let Self { hold_seconds, send_at, basis } = self;
        let bad = |field, message: String| ApiError::new(Code::InvalidBody).field(field, message);
        if hold_seconds.is_some_and(|seconds| seconds > HOLD_SECONDS_MAX) {
            return Err(bad("hold_seconds", format!("допустимо от 0 до {HOLD_SECONDS_MAX}")));
        }
        if hold_seconds.is_some() && send_at.is_some() {
            return Err(bad("hold_seconds", "либо задержка, либо время отправки".into()));
        }
        let held_until = match (send_at, hold_seconds) {
            (Some(at), _) => {
                let now = effects::now(&app.db).await?;
                if at <= now || at > now + AHEAD_MAX {
                    let days = AHEAD_MAX.num_days();
                    let message = format!("время в будущем, не дальше {days} дней");
                    return Err(bad("send_at", message));
                }
                Some(at)
            }
            (None, Some(0)) => None,
            (None, Some(seconds)) => Some(held(app, seconds).await?),
            (None, None) => match settled(app, caller).await? {
                0 => None,
                seconds => Some(held(app, seconds).await?),
            },
        };
        Ok(Timing { held_until, basis })
    }
}

async fn held(app: &App, seconds: u8) -> Result<DateTime<Utc>, ApiError> {
    Ok(effects::now(&app.db).await? + TimeDelta::seconds(seconds.into()))
}

/// Returns how long the seller wants replies held, in seconds.
async fn settled(app: &App, caller: &Caller) -> Result<u8, ApiError> {
    let seller = app.commands.load::<Seller>(caller.tenant(), caller.tenant()).await?;
    let (_, settings) = seller.aggregate.settings();
    Ok(settings.reply_hold_seconds)
}

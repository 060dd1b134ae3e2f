//! How marketplaces answer: what is not as before, and what is usual.

use adapters::behaviour::{Behaviour, Doing, NewRefusal, behaviours};
use axum::extract::State;
use chrono::{DateTime, Days, NaiveDate, Utc};
use domain::policy::drift::{Bound, Moderated, Pace, RECENT_DAYS, USUAL_DAYS};
use projections::{effects, sending};
use serde::Serialize;
use utoipa::ToSchema;

use super::words::Marketplace;
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::extract::Json;

/// How marketplaces answer the seller.
#[derive(Serialize, ToSchema)]
pub(crate) struct MarketplaceList {
    /// The marketplaces of which anything is known.
    items: Vec<MarketplaceBehaviour>,
    /// How many days, today included, are held against the days before them.
    recent_days: i32,
    /// How many days before these tell what is usual.
    usual_days: i32,
    /// The first of the recent days, in the seller's zone.
    recent_from: NaiveDate,
    /// The first day after them.
    recent_to: NaiveDate,
}

/// How one marketplace answers.
#[derive(Serialize, ToSchema)]
struct MarketplaceBehaviour {
    marketplace: Marketplace,
    /// What it has refused since yesterday and never before, three times at least.
    new_refusals: Vec<MarketplaceRefusal>,
    moderation: ModerationShift,
    calls: CallShift,
}

/// A refusal that no seller here knew before.
#[derive(Serialize, ToSchema)]
struct MarketplaceRefusal {
    doing: MarketplaceCall,
    /// Our word for it: `bad_request`, `not_found` or `malformed_answer`.
    failure: String,
    /// The status of HTTP; none where there was no answer.
    status: Option<u16>,
    /// The marketplace's own code, where it gives one.
    code: Option<String>,
    first_at: DateTime<Utc>,
    last_at: DateTime<Utc>,
    times: i64,
    /// The marketplace's id of the latest request, for its support.
    request_id: Option<String>,
}

/// What was asked of a marketplace.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum MarketplaceCall {
    /// To be read.
    Read,
    /// To take something that was sent.
    Send,
}

/// What moderation does, now and usually.
#[derive(Serialize, ToSchema)]
struct ModerationShift {
    /// Whether it refuses more than usual: twice the share at least, and more than chance explains. While there is an alert of
    /// it, one and a half times the share will do.
    has_changed: bool,
    recent: ModeratedReplies,
    usual: ModeratedReplies,
}

/// What moderation did.
#[derive(Serialize, ToSchema)]
struct ModeratedReplies {
    /// Interactions with an answer from here that stands.
    answered: i64,
    /// Interactions of which a reply was refused.
    refused: i64,
    /// The share of these that was refused, in percent; 0 where there are none.
    refused_percent: f64,
}

/// How long it takes to send, now and usually.
#[derive(Serialize, ToSchema)]
struct CallShift {
    /// Whether it takes longer than usual: half of the calls a second at least, and twice as long at least. While there is an
    /// alert of it, half a second and any longer will do.
    has_changed: bool,
    recent: Calls,
    usual: Calls,
}

/// How long calls took that send.
#[derive(Serialize, ToSchema)]
struct Calls {
    count: i64,
    /// Half of them took less than that; none where there were none, and where half took 33 s or more. Known up to a factor
    /// of two.
    median_below_ms: Option<u32>,
}

/// Tells how marketplaces answer, and what of it is not as before.
#[utoipa::path(get, path = "/marketplaces", tag = "sending",
    responses((status = OK, body = MarketplaceList)))]
pub(crate) async fn marketplaces(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<MarketplaceList>, ApiError> {
    let now = effects::now(&app.db).await?;
    let (_, sla) = app.commands.sla(caller.tenant()).await?;
    let today = now.with_timezone(&sla.hours.zone).date_naive();
    let bound = Bound::of(&sending::alerts_of(&app.db, caller.tenant()).await?);
    let found = behaviours(&app.db, now, Some(caller.tenant())).await?;
    let items = found.into_iter().map(|((_, marketplace), behaviour)| {
        MarketplaceBehaviour::new(marketplace.into(), behaviour, bound)
    });
    let back = Days::new(u64::from((RECENT_DAYS - 1).unsigned_abs()));
    Ok(Json(MarketplaceList {
        items: items.collect(),
        recent_days: RECENT_DAYS,
        usual_days: USUAL_DAYS,
        recent_from: today - back,
        recent_to: today + Days::new(1),
    }))
}

impl MarketplaceBehaviour {
    fn new(marketplace: Marketplace, behaviour: Behaviour, bound: Bound) -> Self {
        let moderation = ModerationShift {
            has_changed: behaviour.refuses_more(bound),
            recent: behaviour.moderated.recent.into(),
            usual: behaviour.moderated.usual.into(),
        };
        let calls = CallShift {
            has_changed: behaviour.is_slower(bound),
            recent: behaviour.pace.recent.into(),
            usual: behaviour.pace.usual.into(),
        };
        let new_refusals = behaviour.new_refusals.into_iter().map(MarketplaceRefusal::from);
        Self { marketplace, new_refusals: new_refusals.collect(), moderation, calls }
    }
}

impl From<NewRefusal> for MarketplaceRefusal {
    fn from(refusal: NewRefusal) -> Self {
        let NewRefusal { doing, failure, status, code, first_at, last_at, times, request_id } =
            refusal;
        let doing = match doing {
            Doing::Read => MarketplaceCall::Read,
            Doing::Send => MarketplaceCall::Send,
        };
        Self { doing, failure, status, code, first_at, last_at, times, request_id }
    }
}

impl From<Moderated> for ModeratedReplies {
    fn from(moderated: Moderated) -> Self {
        let Moderated { answered, refused } = moderated;
        let refused_percent = (moderated.share() * 1_000.0).round() / 10.0;
        Self { answered, refused, refused_percent }
    }
}

impl From<Pace> for Calls {
    fn from(pace: Pace) -> Self {
        Self { count: pace.calls(), median_below_ms: pace.median_below() }
    }
}

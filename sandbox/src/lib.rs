//! The marketplaces on loopback: they speak the published specifications, misbehave on request, and keep a
//! ledger of everything a buyer would have seen.
//!
//! Written from the specifications alone and sharing no code with the adapters, so that a misreading on one
//! side shows. Demo, integration tests, fault tests and benchmarks use this one sandbox, and its ledger is the
//! judge of "exactly once". Each marketplace is a module of its own (`wildberries`); clock, chance, faults,
//! limits, ledger and corpus are shared.
//!
//! # What can be asked of the sandbox itself
//!
//! | call | does |
//! | --- | --- |
//! | `GET /ledger?after=&kind=&seller=` | the ledger as JSON lines, whole or in part |
//! | `GET /control/state` | time, sellers, faults and how often each fired, answers by call and outcome |
//! | `GET`, `PUT`, `PATCH /control/faults` | all faults; replaces all; sets some, null ends one: `{"answer_lost": 0.05, "slow": {"nth": [3], "ms": 700}}` |
//! | `POST /control/clock` | puts the sandbox's clock forward: `{"seconds": 3600}` |
//! | `POST /control/reset` | begins anew; the ledger keeps its lines and goes on after a line `reset` |
//! | `PUT /control/wildberries/SELLER` | adds a seller without reviews |
//! | `POST …/SELLER/tokens`, `…/tokens/revoke` | accepts a token `{"token", "kind"?, "rights"?}`; refuses it from now on |
//! | `POST …/SELLER/reviews` | a buyer writes: `{"text", "rating", "pros"?, "cons"?, "product"?, "user"?, "photos"?, "adds_to"?}` or a Wildberries object |
//! | `GET …/SELLER/reviews/ID` | the review, what the buyer sees under it now, and every version of the answer |
//! | `PATCH`, `DELETE …/SELLER/reviews/ID` | the buyer rewrites it; it disappears |
//! | `PUT …/SELLER/reviews/ID/answer`, `…/ID/handled` | the seller answers in the cabinet; puts it aside |
//! | `PUT …/SELLER/reviews/ID/served` | reads give this JSON in its place, to see who can do with it; null ends that |
//!
//! | `PUT /control/ozon/SELLER` | adds a seller `{"client_id"}` with nothing to answer |
//! | `POST`, `PATCH …/keys` | accepts `{"api_key", "expires_in_days"?, "roles"?}`; makes one `active`, `revoked`, `restricted` or `expired` |
//! | `PATCH …/plans`, `PUT …/hostile` | opens and closes `{"chats", "reviews", "questions"}`; contradicts the specification `{"on"}` |
//! | `PUT …/receiver`, `GET …/pushes`, `POST …/pushes/repeat` | where pushes go `{"url"}`; how many were delivered; all once more |
//! | `POST …/postings`, `PATCH …/postings/NUMBER` | something is bought `{"scheme": "fbo", "fbs" or "rfbs", "product"?, "paid_at"?, "delivered_at"?}`; is delivered now |
//! | `POST …/chats`, `POST …/chats/ID/messages` | a buyer writes `{"text", "posting_number"?}`, `{"text" or "file", "by"?}` |
//! | `PATCH …/chats/ID/messages/ID`, `PUT …/chats/ID/read`, `…/closed` | the author rewrites; the buyer reads; the chat ends |
//! | `POST …/reviews`, `…/reviews/ID/comments` | a buyer reviews `{"text", "rating", "product"?}`; somebody comments `{"text", "by"?}` |
//! | `POST …/questions`, `…/questions/ID/answers` | a buyer asks `{"text", "product"?, "user"?}`; somebody answers |
//! | `GET …/chats/ID`, `…/reviews/ID`, `…/questions/ID` | the item, what the buyer sees, and all that was written |
//! | `PUT …/moderation/ID`, `…/served/ID` | a message, comment or answer becomes `{"state": "waiting", "published", "refused" or "duplicate", "reason"?}`; reads give this JSON in an item's place |
//!
//! # The ledger as a judge
//!
//! Each request to answer or edit that comes with a good token is a line of kind `answer`, written before it is
//! answered: `applied` says whether it took effect, `answer` whether the client learned of it (`given`, `lost`,
//! `reset`), `deliveries` how many answers by POST the review has had with this one (2 is a duplicate), and
//! `buyer_sees` what stands under the review in the end.
//!
//! Ozon's writes are lines of kind `write` with the same fields: `change.what` says what they did, and in a chat
//! `deliveries` counts how often this very text was put there, since a chat holds many texts by right.

mod chance;
mod config;
mod connection;
mod control;
mod corpus;
mod exchange;
mod faults;
mod ledger;
mod multipart;
mod ozon;
mod post;
mod rate_limit;
mod server;
mod traffic;
mod wildberries;
mod world;

pub use config::{
    OzonAccount, RateHeaders, ReviewOrigin, ReviewSource, Rights, SandboxConfig, SellerConfig,
    TokenConfig, TokenKind,
};
pub use faults::{CallKind, Fault, FaultRule, FaultSpec, Faults, InvalidFault};
pub use server::{RunningSandbox, Sandbox};
pub use traffic::Traffic;
pub use wildberries::TokenClaims;

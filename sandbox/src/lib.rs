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
//! | `PUT …/SELLER/info` | names it: `{"name"?, "sid"?, "tin"?, "tradeMark"?}` |
//! | `POST …/SELLER/tokens`, `…/tokens/revoke` | accepts a token `{"token", "kind"?, "rights"?}`; refuses it from now on |
//! | `POST …/SELLER/tokens/issue` | makes up a JWT-shaped token: `{"kind"?, "rights"?, "days"?}` |
//! | `POST …/SELLER/reviews` | a buyer writes: `{"text", "rating", "pros"?, "cons"?, "product"?, "user"?, "photos"?, "adds_to"?}` or a Wildberries object |
//! | `GET …/SELLER/reviews/ID` | the review, what the buyer sees under it now, and every version of the answer |
//! | `PATCH`, `DELETE …/SELLER/reviews/ID` | the buyer rewrites it; it disappears |
//! | `PUT …/SELLER/reviews/ID/answer`, `…/ID/handled` | the seller answers in the cabinet; puts it aside |
//! | `PUT …/SELLER/reviews/ID/served` | reads give this JSON in its place, to see who can do with it; null ends that |
//! | `POST …/SELLER/questions` | a buyer asks: `{"text", "product"?, "warned"?, "served"?}` or a Wildberries object |
//! | `GET`, `DELETE …/SELLER/questions/ID`, `PUT …/ID/answer` | the question; it disappears; an answer in the cabinet |
//! | `POST …/SELLER/chats`, `…/chats/ID/messages` | somebody begins a chat, writes in it: `{"text"?, "files"?: [{"kind", "name"?, "content"?, "moderation_ms"?, "rejected"?}], "from"?, "client"?, "product"?, "served"?}`; without words an event without a message |
//! | `GET …/SELLER/chats/ID`, `PUT …/ID/sign` | its signature and events; another signature |
//! | `POST …/SELLER/chat-events` | a whole Wildberries event object happens |
//! | `POST …/SELLER/claims` | a buyer wants to return: `{"comment", "product"?, "actions"?, "served"?}` or a Wildberries object |
//! | `GET …/SELLER/claims/ID` | the claim, what the buyer reads, and every decision |
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
//! | `PUT /control/yandex/SELLER` | adds a seller's business at Yandex.Market, played under `/yandex`: `{"business_id"}` |
//! | `POST …/SELLER/keys`, `…/keys/revoke` | accepts a key `{"key", "name"?, "scopes"?}`, or changes it; refuses it |
//! | `POST …/SELLER/reviews`, `…/questions`, `…/chats` | a buyer writes a review as above, a question `{"text", "product"?, "user"?}`, or begins a chat `{"about": "ORDER", "user"?, "messages"?: [{"text"?, "files"?, "by"?}]}` |
//! | `GET …/reviews/ID`, `…/questions/ID`, `…/notes/ID`, `…/chats/ID` | it, all that was written there, and what the buyer sees |
//! | `PATCH …/reviews/ID`, `PUT …/reviews/ID/read` | the buyer rewrites it; the seller opens it in the cabinet |
//! | `DELETE …/reviews/ID`, `…/questions/ID`, `…/notes/ID` | the buyer or the Market deletes it |
//! | `POST …/reviews/ID/comments`, `…/questions/ID/answers`, `…/answers/ID/comments` | somebody writes there: `{"text", "user"?, "by"?: "user" or "business", "parent"?}` |
//! | `PUT …/notes/ID/status` | moderation decides about a comment or an answer: `{"status": "BANNED"}` |
//! | `POST …/chats/ID/messages`, `PUT …/chats/ID/status` | a message `{"text"?, "files"?, "by"?}`; the chat moves on: `{"status": "FINISHED", "type"?: "ARBITRAGE"}` |
//! | `PUT …/served/ID` | reads give this JSON in the place of the item; null ends that |
//! | `GET`, `PUT`, `DELETE …/notifications` | what was sent; sends them there: `{"url", "copies"?, "own_words"?}`; no more |
//!
//! # The ledger as a judge
//!
//! Each write that comes with a good token is a line, written before it is answered: of kind `answer` (reviews),
//! `question`, `message` or `claim`. `applied` says whether it took effect, `answer` whether the client learned of it
//! (`given`, `lost`, `reset`), `deliveries` how often it was applied so far, this time included (2 is a duplicate: of a
//! review a second answer by POST, of a question or chat the same words, of a claim the same action), and `buyer_sees`
//! what the buyer sees there in the end.
//!
//! Ozon's writes are lines of kind `write` with the same fields: `change.what` says what they did, and in a chat
//! `deliveries` counts how often this very text was put there, since a chat holds many texts by right.
//!
//! So are Yandex.Market's: `action` says what was asked for, and `deliveries` counts messages and files with the same
//! content in the same chat, and everything else by action and target.
//!
//! # Test buyers
//!
//! With [`SandboxConfig::traffic`] test buyers write over time, what and when decided by the seed; each act is a line
//! `buyer_acted` followed by what was written.

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
mod yandex;

pub use config::{
    OzonAccount, RateHeaders, ReviewOrigin, ReviewSource, Rights, SandboxConfig, SellerConfig,
    TokenConfig, TokenKind, YandexConfig, YandexKeyConfig, YandexScope,
};
pub use faults::{CallKind, Fault, FaultRule, FaultSpec, Faults, InvalidFault};
pub use server::{RunningSandbox, Sandbox};
pub use traffic::Traffic;
pub use wildberries::TokenClaims;

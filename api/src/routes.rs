//! Handlers, one file per resource: they parse, ask the inner crates, and translate the answer.

pub(crate) mod accounts;
pub(crate) mod alerts;
pub(crate) mod attachments;
pub(crate) mod auth;
pub(crate) mod automation;
pub(crate) mod bulks;
pub(crate) mod claims;
pub(crate) mod drafting;
pub(crate) mod drafts;
pub(crate) mod erasure;
pub(crate) mod events;
pub(crate) mod guardrails;
pub(crate) mod health;
pub(crate) mod interactions;
pub(crate) mod knowledge;
pub(crate) mod learning;
pub(crate) mod log;
pub(crate) mod notifications;
pub(crate) mod page;
pub(crate) mod push;
pub(crate) mod quality;
pub(crate) mod replies;
pub(crate) mod seller;
pub(crate) mod sending;
pub(crate) mod unread_items;
pub(crate) mod words;

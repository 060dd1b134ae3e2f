//! Yandex.Market from outside, judged by its published specification and by the sandbox's ledger.

mod access;
mod chats;
mod control;
mod feedbacks;
mod ledger;
mod notifications;
mod operations;
mod play;
mod questions;
mod spec;

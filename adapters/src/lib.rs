//! Other systems: the marketplaces, and the workers that call them.

pub mod alarm;
mod automatic;
pub mod behaviour;
pub mod bulk;
pub mod cabinets;
mod chat_notes;
mod chat_round;
mod compare;
mod confirm;
mod connector;
pub mod counting;
mod crash;
mod deadlines;
mod deliver;
mod draft;
mod embed;
pub mod finding;
mod gate;
pub mod http;
mod looks;
mod mark;
pub mod model;
pub mod notice;
pub mod ozon;
#[cfg(test)]
mod played;
pub mod push;
pub mod rate_limit;
mod read_back;
mod release;
mod report;
mod settle;
mod stops;
pub mod sync;
pub mod wildberries;
pub mod work;
pub mod yandex;

pub use connector::{channels, has_claims};

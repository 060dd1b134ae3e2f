//! Who is calling, and whence: people and their passwords, sessions, the throttle on guessing, and the layer that tells
//! handlers.

mod address;
mod cookie;
mod guessable;
pub(crate) mod invitations;
mod layer;
mod password;
pub(crate) mod people;
pub(crate) mod resets;
pub(crate) mod roles;
mod session;
mod throttle;
pub(crate) mod tokens;
mod users;

pub(crate) use address::Address;
pub use cookie::CookieForm;
pub(crate) use layer::{By, Caller, authenticate, is_unsafe, refuse_cross_origin_evidence};
pub use password::Passwords;
pub(crate) use password::{WeakPassword, check_strength};
pub(crate) use session::{
    Client, ListedSession, SessionKind, end, end_all, end_one, end_others, list as sessions, open,
    sweep as sweep_sessions,
};
pub(crate) use throttle::{Throttle, sweep as sweep_attempts};
pub(crate) use users::{
    User, by_email, emails, insert, normal_email, password_hash, replace_password_hash,
    seller_name, set_password_hash,
};

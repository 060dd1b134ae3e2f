//! Who is calling, and whence: people and their passwords, sessions, the throttle on guessing, and the layer that tells
//! handlers.

mod address;
mod cookie;
mod guessable;
mod layer;
mod password;
mod session;
mod throttle;
mod users;

pub(crate) use address::Address;
pub use cookie::CookieForm;
pub(crate) use layer::{Caller, authenticate, is_unsafe, refuse_cross_origin_evidence};
pub use password::Passwords;
pub(crate) use password::{WeakPassword, check_strength};
pub(crate) use session::{
    Client, ListedSession, SessionKind, end, end_one, end_others, is_in_force, list as sessions,
    open, sweep as sweep_sessions,
};
pub(crate) use throttle::{Throttle, sweep as sweep_attempts};
pub(crate) use users::{
    User, by_email, emails, insert, normal_email, password_hash, replace_password_hash, seller_name,
};

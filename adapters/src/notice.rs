//! Notices: what is wrong, told to people and programs that are not looking at the console.
//!
//! - [`Recipients`] keeps who is told, with their addresses sealed.
//! - [`Post`] sends: by e-mail, by a bot of Telegram, by a webhook.
//! - [`Letter`] is what [`Post`] tells one person about signing in.
//! - `Notify` is the worker between the two. What there is to tell is [`domain::policy::notice`]'s to say.

mod letters;
mod mail;
mod medium;
mod network;
mod notify;
mod post;
mod recipients;
mod telegram;
mod webhook;
mod words;

pub use self::letters::Letter;
pub use self::medium::Medium;
pub use self::network::Networks;
pub(crate) use self::notify::Notify;
pub use self::post::{AddressError, Failure, Post, PostOptions, Smtp, Telegram, Why};
pub use self::recipients::{Entered, Recipient, Recipients, RecipientsError};
pub use self::words::{Message, Seller, Subject};

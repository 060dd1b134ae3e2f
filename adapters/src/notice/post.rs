//! Sends messages, by whatever recipients are reached.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use chrono::Utc;
use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};
use strum::IntoStaticStr;
use uuid::Uuid;

use super::letters::Letter;
use super::mail::Mail;
use super::medium::Medium;
use super::network::Networks;
use super::telegram::Bot;
use super::webhook::Webhooks;
use super::words::Message;

/// How long a message may take to be taken: a mail server that looks a sender up takes its time.
pub(super) const SENT_WITHIN: Duration = Duration::from_secs(20);

/// How long it may take to reach a server, so that one that is not there is known for that, and another address of it can be
/// tried.
pub(super) const REACHED_WITHIN: Duration = Duration::from_secs(8);

/// Longest address, in characters: longer than any URL that a service hands out.
const ADDRESS_CHARS_MAX: usize = 1_000;

/// What messages are sent by. What is none is not offered to sellers.
#[derive(Debug, Clone)]
pub struct PostOptions {
    /// The mail server.
    pub smtp: Option<Smtp>,
    /// The bot.
    pub telegram: Option<Telegram>,
    /// Where webhooks may go.
    pub webhooks: Networks,
    /// Where people find the console, for links; none where nobody has said.
    pub console: Option<String>,
}

/// A mail server.
#[derive(Debug, Clone)]
pub struct Smtp {
    /// `smtps://name:password@host` or `smtp://…?tls=required`.
    pub url: SecretString,
    /// Whom messages are from: an address, perhaps with a name.
    pub from: String,
}

/// A bot of Telegram.
#[derive(Debug, Clone)]
pub struct Telegram {
    /// The base address of its API.
    pub url: String,
    /// What it is known by there.
    pub token: SecretString,
}

/// Sends messages. Cheap to clone.
#[derive(Clone)]
pub struct Post(Arc<Parts>);

struct Parts {
    mail: Option<Mail>,
    bot: Option<Bot>,
    webhooks: Webhooks,
    console: Option<Url>,
}

/// What is wrong with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Nothing is sent by this medium here.
    #[error("the installation does not send by this medium")]
    NotOffered,
    /// It is none.
    #[error("it is no address of this medium")]
    Malformed,
    /// It leads where webhooks do not go.
    #[error("webhooks go to encrypted addresses of the Internet only")]
    OutOfBounds,
}

/// Why a message did not arrive. The name in snake case is kept in the database and is part of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Why {
    /// Nobody could be reached at the address of the server.
    NotReached,
    /// No answer came in time, or none that can be read.
    NoAnswer,
    /// The other side is busy or out of order.
    Busy,
    /// The other side does not take messages for this address.
    Refused,
    /// The name leads where webhooks do not go.
    OutOfBounds,
    /// The installation does not send by this medium any more.
    NotOffered,
    /// The server or the bot that the installation sends by does not know it: its name, password or token is wrong.
    NotAdmitted,
    /// The address or the key could not be opened, so that nothing was sent.
    Internal,
}

/// A message that did not arrive, for all that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// Why.
    pub why: Why,
    /// What the other side answered: a status of HTTP or SMTP.
    pub status: Option<u16>,
    /// When the other side wants to be asked again.
    pub retry_after: Option<Duration>,
}

impl Failure {
    pub(super) fn of(why: Why) -> Self {
        Self { why, status: None, retry_after: None }
    }

    /// Whether the message may have arrived all the same.
    pub(super) fn may_have_arrived(self) -> bool {
        match self.why {
            Why::NoAnswer => true,
            // Whoever fails with a status of its own may have done so after the work.
            Why::Busy => self.retry_after.is_none() && self.status.is_some_and(|it| it >= 500),
            Why::NotReached
            | Why::Refused
            | Why::OutOfBounds
            | Why::NotOffered
            | Why::NotAdmitted
            | Why::Internal => false,
        }
    }
}

impl fmt::Debug for Post {
    /// Which ways there are, and no secret of any.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let offers = |medium| self.offers(medium);
        f.debug_struct("Post")
            .field("email", &offers(Medium::Email))
            .field("telegram", &offers(Medium::Telegram))
            .finish_non_exhaustive()
    }
}

impl Post {
    /// Prepares the ways.
    ///
    /// # Errors
    /// When an address among the options cannot be used, or TLS cannot be set up.
    pub fn new(options: PostOptions) -> anyhow::Result<Self> {
        let PostOptions { smtp, telegram, webhooks, console } = options;
        let console = console.map(|console| {
            // Paths are joined to it, which takes its last part for a file unless it ends so.
            Url::parse(&format!("{}/", console.trim_end_matches('/')))
        });
        Ok(Self(Arc::new(Parts {
            mail: smtp
                .map(|smtp| Mail::new(&smtp))
                .transpose()
                .context("reading the mail server")?,
            bot: telegram.map(Bot::new).transpose().context("reading the bot of Telegram")?,
            webhooks: Webhooks::new(webhooks)?,
            console: console.transpose().context("reading the console's address")?,
        })))
    }

    /// Tells whether the installation sends by a medium.
    #[must_use]
    pub fn offers(&self, medium: Medium) -> bool {
        match medium {
            Medium::Email => self.0.mail.is_some(),
            Medium::Telegram => self.0.bot.is_some(),
            Medium::Webhook => true,
        }
    }

    /// Reads an address as it was typed.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn read(&self, medium: Medium, typed: &str) -> Result<SecretString, AddressError> {
        let typed = typed.trim();
        let is_text = !typed.chars().any(char::is_control);
        if !is_text || typed.chars().count() > ADDRESS_CHARS_MAX {
            return Err(AddressError::Malformed);
        }
        if !self.offers(medium) {
            return Err(AddressError::NotOffered);
        }
        match medium {
            Medium::Email => Mail::read(typed),
            Medium::Telegram => Bot::read(typed),
            Medium::Webhook => self.0.webhooks.read(typed),
        }
    }

    /// Sends a message, signed with `signing_key` where a program reads it.
    ///
    /// # Errors
    /// [`Failure`]: it did not arrive, for all that is known.
    pub async fn send(
        &self,
        medium: Medium,
        address: &SecretString,
        signing_key: Option<&SecretString>,
        message: &Message,
    ) -> Result<(), Failure> {
        let console = self.0.console.as_ref();
        let address = address.expose_secret();
        let sent = async {
            match (medium, &self.0.mail, &self.0.bot) {
                (Medium::Email, Some(mail), _) => mail.send(address, message, console).await,
                (Medium::Telegram, _, Some(bot)) => bot.send(address, message, console).await,
                (Medium::Webhook, ..) => {
                    let key = signing_key.ok_or(Failure::of(Why::Refused))?;
                    self.0.webhooks.send(address, key, message, console).await
                }
                (Medium::Email | Medium::Telegram, ..) => Err(Failure::of(Why::NotOffered)),
            }
        };
        let sent = tokio::time::timeout(SENT_WITHIN, sent).await;
        let sent = sent.unwrap_or(Err(Failure::of(Why::NoAnswer)));
        let outcome = sent.as_ref().map_or_else(|failure| failure.why.into(), |()| "arrived");
        metrics::counter!("agentiq_notices_total", "medium" => medium.as_str(), "outcome" => outcome)
            .increment(1);
        sent
    }

    /// Tells whether letters can be written: there is a mail server, and it is known where the console is.
    #[must_use]
    pub fn writes_letters(&self) -> bool {
        self.0.mail.is_some() && self.0.console.is_some()
    }

    /// Sends a letter to one person, under a new id each time.
    ///
    /// # Errors
    /// [`Failure`]: it did not arrive, for all that is known.
    pub async fn write(&self, to: &str, letter: &Letter) -> Result<(), Failure> {
        let (Some(mail), Some(console)) = (&self.0.mail, &self.0.console) else {
            return Err(Failure::of(Why::NotOffered));
        };
        let sent = mail.write(to, (Uuid::now_v7(), Utc::now()), letter, console);
        let sent = tokio::time::timeout(SENT_WITHIN, sent).await;
        let sent = sent.unwrap_or(Err(Failure::of(Why::NoAnswer)));
        let outcome = sent.as_ref().map_or_else(|failure| failure.why.into(), |()| "arrived");
        metrics::counter!("agentiq_letters_total", "outcome" => outcome).increment(1);
        sent
    }
}

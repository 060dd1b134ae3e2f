//! Messages by e-mail.

use anyhow::{Context as _, ensure};
use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message as Letter, Tokio1Executor};
use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};

use super::post::{AddressError, Failure, SENT_WITHIN, Smtp, Why};
use super::words::Message;
use crate::http::is_loopback;

/// A mail server that takes messages of ours.
pub(super) struct Mail {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Mail {
    /// Prepares the way; the server is asked with the first message.
    pub(super) fn new(smtp: &Smtp) -> anyhow::Result<Self> {
        let url = smtp.url.expose_secret();
        let parsed = Url::parse(url).context("it is no URL")?;
        let is_required =
            parsed.query_pairs().any(|pair| pair == ("tls".into(), "required".into()));
        let is_encrypted = parsed.scheme() == "smtps" || is_required;
        // The password and whatever is told would be read on the way.
        ensure!(
            is_encrypted || is_loopback(&parsed),
            "a mail server on another machine is reached by smtps://… or smtp://…?tls=required"
        );
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .context("expected smtps://name:password@host")?;
        let from = smtp.from.parse().context("the sender is no address")?;
        Ok(Self { transport: transport.timeout(Some(SENT_WITHIN)).build(), from })
    }

    pub(super) fn read(typed: &str) -> Result<SecretString, AddressError> {
        let address: Address = typed.parse().map_err(|_| AddressError::Malformed)?;
        Ok(SecretString::from(address.to_string()))
    }

    pub(super) async fn send(
        &self,
        to: &str,
        message: &Message,
        console: Option<&Url>,
    ) -> Result<(), Failure> {
        let letter = self.letter(to, message, console).map_err(|_| Failure::of(Why::Refused))?;
        self.transport.send(letter).await.map(drop).map_err(|error| failure(&error))
    }

    fn letter(&self, to: &str, message: &Message, console: Option<&Url>) -> anyhow::Result<Letter> {
        let id = format!("<{}@{}>", message.id, self.from.email.domain());
        // Nobody's holiday notice should answer (RFC 3834).
        let machine = HeaderName::new_from_ascii_str("Auto-Submitted");
        let mut letter = Letter::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to.parse()?))
            .subject(message.title())
            .message_id(Some(id))
            .date(message.made_at.into())
            .header(ContentType::TEXT_PLAIN)
            .body(message.text(console))?;
        letter.headers_mut().insert_raw(HeaderValue::new(machine, "auto-generated".to_owned()));
        Ok(letter)
    }
}

fn failure(error: &smtp::Error) -> Failure {
    let status = error.status().map(u16::from);
    let why = if error.is_permanent() {
        Why::Refused
    } else if error.is_transient() {
        Why::Busy
    } else if was_reached(error) {
        Why::NoAnswer
    } else {
        Why::NotReached
    };
    Failure { why, status, retry_after: None }
}

/// Whether a connection stood, so that the server may have taken the message.
fn was_reached(error: &smtp::Error) -> bool {
    use std::error::Error as _;
    use std::io::ErrorKind;

    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(error) = cause.downcast_ref::<std::io::Error>() {
            return !matches!(
                error.kind(),
                ErrorKind::ConnectionRefused
                    | ErrorKind::HostUnreachable
                    | ErrorKind::NetworkUnreachable
            );
        }
        source = cause.source();
    }
    !error.is_client() && !error.is_tls()
}

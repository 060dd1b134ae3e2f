//! Messages by e-mail.

use anyhow::{Context as _, ensure};
use chrono::{DateTime, Utc};
use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use super::letters::Letter;
use super::post::{AddressError, Failure, REACHED_WITHIN, Smtp, Why};
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
        Ok(Self { transport: transport.timeout(Some(REACHED_WITHIN)).build(), from })
    }

    pub(super) fn read(typed: &str) -> Result<SecretString, AddressError> {
        let address: Address = typed.parse().map_err(|_| AddressError::Malformed)?;
        // Few servers take a name of other letters. A number for a host would have the mail server call whatever is there.
        let url = Url::parse(&format!("http://{}", address.domain())).ok();
        match url.as_ref().and_then(Url::domain) {
            Some(host) if address.user().is_ascii() => {
                Ok(SecretString::from(format!("{}@{host}", address.user())))
            }
            Some(_) | None => Err(AddressError::Malformed),
        }
    }

    pub(super) async fn send(
        &self,
        to: &str,
        message: &Message,
        console: Option<&Url>,
    ) -> Result<(), Failure> {
        let (title, text) = (message.title(), message.text(console));
        self.deliver(self.envelope(to, (message.id, message.made_at), title, text)).await
    }

    /// Sends a letter to one person.
    pub(super) async fn write(
        &self,
        to: &str,
        sent: (Uuid, DateTime<Utc>),
        letter: &Letter,
        console: &Url,
    ) -> Result<(), Failure> {
        self.deliver(self.envelope(to, sent, letter.title(), letter.text(console))).await
    }

    async fn deliver(&self, envelope: anyhow::Result<lettre::Message>) -> Result<(), Failure> {
        let envelope = envelope.map_err(|_| Failure::of(Why::Refused))?;
        self.transport.send(envelope).await.map(drop).map_err(|error| failure(&error))
    }

    fn envelope(
        &self,
        to: &str,
        (id, made_at): (Uuid, DateTime<Utc>),
        title: String,
        text: String,
    ) -> anyhow::Result<lettre::Message> {
        let id = format!("<{id}@{}>", self.from.email.domain());
        // Nobody's holiday notice should answer (RFC 3834).
        let machine = HeaderName::new_from_ascii_str("Auto-Submitted");
        let mut letter = lettre::Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to.parse()?))
            .subject(title)
            .message_id(Some(id))
            .date(made_at.into())
            .header(ContentType::TEXT_PLAIN)
            .body(text)?;
        letter.headers_mut().insert_raw(HeaderValue::new(machine, "auto-generated".to_owned()));
        Ok(letter)
    }
}

fn failure(error: &smtp::Error) -> Failure {
    let status = error.status().map(u16::from);
    let why = if status.is_some_and(|status| UNKNOWN_SENDER.contains(&status)) {
        Why::NotAdmitted
    } else if error.is_permanent() {
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

/// What a server says that does not know whoever sends (RFC 4954).
const UNKNOWN_SENDER: [u16; 4] = [530, 534, 535, 538];

/// Whether a connection stood, so that the server may have taken the message. What is no error of a connection that stood
/// is one of finding, reaching or knowing the server.
fn was_reached(error: &smtp::Error) -> bool {
    use std::error::Error as _;
    use std::io::ErrorKind;

    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(error) = cause.downcast_ref::<std::io::Error>() {
            return matches!(
                error.kind(),
                ErrorKind::ConnectionReset
                    | ErrorKind::ConnectionAborted
                    | ErrorKind::BrokenPipe
                    | ErrorKind::UnexpectedEof
            );
        }
        source = cause.source();
    }
    !error.is_client() && !error.is_tls()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_goes_to_names_that_every_server_takes() {
        let of = |typed| Mail::read(typed).ok().map(|it| it.expose_secret().to_owned());
        assert_eq!(of("olga@Example.ru").as_deref(), Some("olga@example.ru"));
        assert_eq!(of("olga@почта.рф").as_deref(), Some("olga@xn--80a1acny.xn--p1ai"));
        for typed in
            ["ольга@example.ru", "olga@127.0.0.1", "olga@[10.0.0.5]", "olga@2130706433", "olga"]
        {
            assert_eq!(of(typed), None, "{typed}");
        }
    }
}

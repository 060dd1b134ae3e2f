//! A seller's recipients, with their addresses sealed under the seller's key.

use std::time::Duration;

use chrono::{DateTime, Utc};
use commands::Commands;
use domain::TenantId;
use domain::event::decode;
use domain::policy::notice::{Standings, Wish};
use domain::seller::SellerEvent;
use eventlog::{Db, EventLog, KeyError, Vault};
use projections::recipients::{self, Claimed, Failing, Kept, NewRecipient};
use secrecy::SecretString;
use uuid::Uuid;

use super::medium::Medium;
use super::post::{AddressError, Failure, Post};
use super::webhook::fresh_key;
use super::words::{Message, Seller, Subject};

/// What addresses and keys are sealed as.
const ADDRESS: &str = "recipient_address";
const SIGNING_KEY: &str = "recipient_key";

/// The way to sellers' recipients.
#[derive(Clone)]
pub struct Recipients {
    db: Db,
    log: EventLog,
    commands: Commands,
    vault: Vault,
    post: Post,
}

/// A recipient.
#[derive(Debug)]
pub struct Recipient {
    /// Its id.
    pub recipient_id: Uuid,
    /// By what it is reached.
    pub medium: Medium,
    /// Where.
    pub address: SecretString,
    /// What it wants to hear of, and when.
    pub wish: Wish,
    /// When it was entered.
    pub made_at: DateTime<Utc>,
    /// By whom: `user:<id>`.
    pub made_by: String,
    /// When it was last told something.
    pub told_at: Option<DateTime<Utc>>,
    /// Why nothing arrives; none where all is well.
    pub failing: Option<Failing>,
}

/// A recipient as it is entered.
#[derive(Debug, Clone, Copy)]
pub struct Entered<'a> {
    /// Its id.
    pub recipient_id: Uuid,
    /// By what it is reached.
    pub medium: Medium,
    /// Where, as it was typed.
    pub address: &'a str,
    /// What it wants to hear of, and when.
    pub wish: Wish,
    /// Who enters it.
    pub made_by: &'a str,
}

/// Why something of a recipient cannot be.
#[derive(Debug, thiserror::Error)]
pub enum RecipientsError {
    /// The seller has none such.
    #[error("the seller has no such recipient")]
    NotFound,
    /// The address cannot be used.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The seller has as many as may be.
    #[error("a seller has {} recipients at most", recipients::RECIPIENTS_MAX)]
    TooMany,
    /// The seller enters or tests recipients too often, or this one was tested a moment ago.
    #[error("recipients are entered and tested too often")]
    TooOften {
        /// How long to wait.
        wait: Duration,
    },
    /// The database or the log could not be reached, or something does not open.
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

impl From<sqlx::Error> for RecipientsError {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error.into())
    }
}

impl From<KeyError> for RecipientsError {
    fn from(error: KeyError) -> Self {
        Self::Internal(error.into())
    }
}

impl Recipients {
    /// Keeps recipients in `db`, sealed by `vault`.
    #[must_use]
    pub fn new(db: Db, log: EventLog, commands: Commands, vault: Vault, post: Post) -> Self {
        Self { db, log, commands, vault, post }
    }

    /// Returns what messages are sent by.
    #[must_use]
    pub fn post(&self) -> &Post {
        &self.post
    }

    /// Tells which recipients a seller has, in the order in which they were entered.
    ///
    /// # Errors
    /// [`RecipientsError::Internal`].
    pub async fn list(&self, tenant: TenantId) -> Result<Vec<Recipient>, RecipientsError> {
        let mut listed = Vec::new();
        for kept in recipients::list(&self.db, tenant).await? {
            let id = kept.recipient_id;
            listed.push(Recipient {
                recipient_id: id,
                medium: read(&kept.medium)?,
                address: self.vault.open(tenant, ADDRESS, id, &kept.address).await?,
                wish: kept.wish,
                made_at: kept.made_at,
                made_by: kept.made_by,
                told_at: kept.told_at,
                failing: kept.failing,
            });
        }
        Ok(listed)
    }

    /// Enters a recipient; one that was entered under its id stays as it is.
    ///
    /// # Errors
    /// [`RecipientsError::Address`], [`RecipientsError::TooMany`], [`RecipientsError::TooOften`],
    /// [`RecipientsError::Internal`].
    pub async fn enter(
        &self,
        tenant: TenantId,
        entered: Entered<'_>,
    ) -> Result<(), RecipientsError> {
        let Entered { recipient_id, medium, address, wish, made_by } = entered;
        let address = self.post.read(medium, address)?;
        let address = self.vault.seal(tenant, ADDRESS, recipient_id, &address).await?;
        let signing_key = match medium {
            Medium::Webhook => {
                let key = fresh_key();
                Some(self.vault.seal(tenant, SIGNING_KEY, recipient_id, &key).await?)
            }
            Medium::Email | Medium::Telegram => None,
        };
        let new = NewRecipient {
            recipient_id,
            medium: medium.as_str(),
            address: &address,
            signing_key: signing_key.as_deref(),
            wish,
            made_by,
        };
        match recipients::keep(&self.db, tenant, &new).await? {
            Kept::Yes => Ok(()),
            Kept::TooMany => Err(RecipientsError::TooMany),
            Kept::TooOften(wait) => Err(RecipientsError::TooOften { wait }),
        }
    }

    /// Changes what a recipient wants to hear of.
    ///
    /// # Errors
    /// [`RecipientsError::NotFound`], [`RecipientsError::Internal`].
    pub async fn change(
        &self,
        tenant: TenantId,
        id: Uuid,
        wish: Wish,
    ) -> Result<(), RecipientsError> {
        let is_changed = recipients::change(&self.db, tenant, id, wish).await?;
        is_changed.then_some(()).ok_or(RecipientsError::NotFound)
    }

    /// Forgets a recipient.
    ///
    /// # Errors
    /// [`RecipientsError::NotFound`], [`RecipientsError::Internal`].
    pub async fn forget(&self, tenant: TenantId, id: Uuid) -> Result<(), RecipientsError> {
        let is_forgotten = recipients::forget(&self.db, tenant, id).await?;
        is_forgotten.then_some(()).ok_or(RecipientsError::NotFound)
    }

    /// Returns the key by which a program knows our messages.
    ///
    /// # Errors
    /// [`RecipientsError::NotFound`] where the recipient is no program either, [`RecipientsError::Internal`].
    pub async fn signing_key(
        &self,
        tenant: TenantId,
        id: Uuid,
    ) -> Result<SecretString, RecipientsError> {
        let sealed = self.find(tenant, id).await?.signing_key.ok_or(RecipientsError::NotFound)?;
        Ok(self.vault.open(tenant, SIGNING_KEY, id, &sealed).await?)
    }

    /// Sends a recipient a message that says nothing but that it arrives. Tells what became of it.
    ///
    /// # Errors
    /// [`RecipientsError::NotFound`], [`RecipientsError::TooOften`], [`RecipientsError::Internal`].
    pub async fn test(
        &self,
        tenant: TenantId,
        id: Uuid,
    ) -> Result<Result<(), Failure>, RecipientsError> {
        let kept = self.find(tenant, id).await?;
        let turn = recipients::may_be_tested(&self.db, tenant, id).await?;
        turn.map_err(|wait| RecipientsError::TooOften { wait })?;
        let message = Message {
            id: Uuid::now_v7(),
            made_at: Utc::now(),
            seller: self.seller(tenant).await?.0,
            subject: Subject::Test,
        };
        let sealed = (&kept.medium, &kept.address, kept.signing_key.as_ref());
        let sent = self.send_to((tenant, id), sealed, &message).await?;
        if sent.is_ok() {
            recipients::works_again(&self.db, tenant, id).await?;
        }
        Ok(sent)
    }

    /// Sends what a claimed recipient is to be told.
    pub(super) async fn send(
        &self,
        claimed: &Claimed,
        message: &Message,
    ) -> anyhow::Result<Result<(), Failure>> {
        let sealed = (&claimed.medium, &claimed.address, claimed.signing_key.as_ref());
        self.send_to((claimed.tenant, claimed.recipient_id), sealed, message).await
    }

    async fn send_to(
        &self,
        (tenant, id): (TenantId, Uuid),
        (medium, address, signing_key): (&String, &Vec<u8>, Option<&Vec<u8>>),
        message: &Message,
    ) -> anyhow::Result<Result<(), Failure>> {
        let address = self.vault.open(tenant, ADDRESS, id, address).await?;
        let key = match signing_key {
            Some(sealed) => Some(self.vault.open(tenant, SIGNING_KEY, id, sealed).await?),
            None => None,
        };
        Ok(self.post.send(read(medium)?, &address, key.as_ref(), message).await)
    }

    /// Returns whose alerts a message is about, and how they stand, by the log.
    pub(super) async fn seller(&self, tenant: TenantId) -> anyhow::Result<(Seller, Standings)> {
        let (_, sla) = self.commands.sla(tenant).await?;
        let mut seller = Seller { tenant, name: String::new(), zone: sla.hours.zone };
        let mut standings = Standings::default();
        for stored in self.log.load_stream(tenant, tenant.into(), 0).await? {
            for event in decode(stored.names(), stored.payload.clone())? {
                standings.apply(&event, stored.recorded_at);
                if let SellerEvent::SellerRegistered { name } = event {
                    seller.name = name;
                }
            }
        }
        Ok((seller, standings))
    }

    async fn find(
        &self,
        tenant: TenantId,
        id: Uuid,
    ) -> Result<recipients::Recipient, RecipientsError> {
        let kept = recipients::list(&self.db, tenant).await?;
        kept.into_iter().find(|it| it.recipient_id == id).ok_or(RecipientsError::NotFound)
    }
}

fn read(word: &str) -> anyhow::Result<Medium> {
    word.parse()
        .map_err(|_| anyhow::anyhow!("a recipient is reached by {word}, which nobody knows"))
}

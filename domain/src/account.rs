//! A connected marketplace cabinet: that it is there, whether its key is accepted, and what the key opens. Never the key
//! itself.

mod key;

use chrono::{DateTime, TimeDelta, Utc};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantNames};

use crate::value::{Channel, Marketplace};

pub use key::{ChannelRight, KeyFacts, KeyKind, Right};

/// So many days before a key ends its seller is warned, once each: time to plan, time to act, and the last call.
pub const WARN_DAYS: [u32; 3] = [14, 7, 1];

/// Stored as JSON: a name or field here may be added to, never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, VariantNames)]
#[serde(tag = "type")]
pub enum AccountEvent {
    /// A cabinet was connected; its key passed the marketplace's check.
    AccountConnected {
        /// Whose cabinet.
        marketplace: Marketplace,
        /// The seller's name for it.
        name: String,
    },
    /// The key was replaced by another, which passed the check.
    CredentialReplaced,
    /// The marketplace does not accept the key any more; nothing is sent or read until that changes.
    AccessLost {
        /// What the marketplace objects to.
        reason: AccessLossReason,
    },
    /// The marketplace accepts the key again.
    AccessRestored,
    /// The key says other things of itself than were known before.
    KeyExamined {
        /// What it says.
        facts: KeyFacts,
    },
    /// The key ends soon.
    KeyExpiring {
        /// When, by the marketplace's clock.
        expires_at: DateTime<Utc>,
        /// One of [`WARN_DAYS`]: at most so many days are left.
        days: u32,
    },
    /// A channel cannot be used; the others go on.
    ChannelClosed {
        /// Which.
        channel: Channel,
        /// For what it is closed.
        to: Use,
        /// Why.
        reason: ClosureReason,
    },
    /// A channel that was closed can be used again.
    ChannelOpened {
        /// Which.
        channel: Channel,
        /// For what it is open.
        to: Use,
    },
}

/// What a channel is used for.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    IntoStaticStr,
    EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Use {
    /// To read what buyers write.
    Reading,
    /// To answer them.
    Answering,
}

/// Why a channel is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ClosureReason {
    /// The key does not open it.
    NoRight,
    /// The seller's plan at the marketplace does not include it.
    ClosedByPlan,
}

/// What a marketplace objects to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum AccessLossReason {
    /// The key is wrong or was revoked (401).
    Unauthorized,
    /// The key's time is over (401 after the end that it told).
    Expired,
    /// The key does not open reviews (403). Known from older events: today channels are closed one by one.
    NoRight,
    /// The marketplace wants to be paid first (402).
    PaymentRequired,
}

/// An intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountCommand {
    /// Connect a cabinet whose key was checked.
    Connect {
        /// Whose cabinet.
        marketplace: Marketplace,
        /// The seller's name for it.
        name: String,
    },
    /// Take over a new key, which was checked.
    ReplaceCredential,
    /// Report that the key was refused.
    LoseAccess {
        /// What the marketplace objects to.
        reason: AccessLossReason,
        /// When it said so.
        at: DateTime<Utc>,
    },
    /// Report that the key was accepted.
    RestoreAccess,
    /// Report what the key says of itself and opens.
    ExamineKey {
        /// What it says.
        facts: KeyFacts,
        /// What it opens, as far as that is known: nothing is said about the other channels.
        rights: Vec<ChannelRight>,
    },
    /// Warn of the key's end, if that is due.
    HeedTime {
        /// Now.
        now: DateTime<Utc>,
    },
    /// Report that a channel was refused.
    CloseChannel {
        /// Which.
        channel: Channel,
        /// What it was to be used for.
        to: Use,
        /// Why.
        reason: ClosureReason,
    },
    /// Report that a channel was used.
    OpenChannel {
        /// Which.
        channel: Channel,
        /// What for.
        to: Use,
    },
}

/// The rule that a command would break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// Nothing with this id was ever connected.
    #[error("the account does not exist")]
    Unknown,
}

/// What the rules below need to know, and nothing more.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Whose cabinet; none before it was connected.
    marketplace: Option<Marketplace>,
    lost: Option<AccessLossReason>,
    key: KeyFacts,
    /// The last warning of the key's end, in days.
    warned: Option<u32>,
    closed: Vec<Closure>,
}

/// A channel that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Closure {
    channel: Channel,
    to: Use,
    reason: ClosureReason,
}

impl Account {
    /// Decides what follows from `command`; one already carried out yields no events.
    ///
    /// # Errors
    /// [`AccountError`] names the rule that `command` would break.
    pub fn decide(&self, command: AccountCommand) -> Result<Vec<AccountEvent>, AccountError> {
        use {AccountCommand as Command, AccountEvent as Event};

        match (self.marketplace.is_some(), command) {
            (false, Command::Connect { marketplace, name }) => {
                Ok(vec![Event::AccountConnected { marketplace, name }])
            }
            (true, Command::Connect { .. }) => Ok(vec![]),
            (false, _) => Err(AccountError::Unknown),
            (true, Command::ReplaceCredential) => {
                let restored = self.lost.map(|_| Event::AccessRestored);
                Ok([Event::CredentialReplaced].into_iter().chain(restored).collect())
            }
            (true, Command::LoseAccess { reason, at }) => {
                let reason = self.named(reason, at);
                let news = self.lost != Some(reason);
                Ok(Vec::from_iter(news.then_some(Event::AccessLost { reason })))
            }
            (true, Command::RestoreAccess) => {
                Ok(Vec::from_iter(self.lost.map(|_| Event::AccessRestored)))
            }
            (true, Command::ExamineKey { facts, rights }) => {
                let news = (facts != self.key).then_some(Event::KeyExamined { facts });
                let changes = rights.iter().flat_map(|right| self.after_right(right));
                Ok(news.into_iter().chain(changes).collect())
            }
            (true, Command::HeedTime { now }) => {
                let due = self.key.expires_at.zip(self.warning_due(now));
                let warning = due.map(|(expires_at, days)| Event::KeyExpiring { expires_at, days });
                Ok(Vec::from_iter(warning))
            }
            (true, Command::CloseChannel { channel, to, reason }) => {
                let news = self.closed(channel, to) != Some(reason);
                Ok(Vec::from_iter(news.then_some(Event::ChannelClosed { channel, to, reason })))
            }
            (true, Command::OpenChannel { channel, to }) => {
                let was_closed = self.closed(channel, to).is_some();
                Ok(Vec::from_iter(was_closed.then_some(Event::ChannelOpened { channel, to })))
            }
        }
    }

    /// A marketplace says the same of a key that was revoked and of one whose time is over.
    fn named(&self, reason: AccessLossReason, at: DateTime<Utc>) -> AccessLossReason {
        let is_over = self.key.expires_at.is_some_and(|end| end <= at);
        match reason {
            AccessLossReason::Unauthorized if is_over => AccessLossReason::Expired,
            AccessLossReason::Unauthorized
            | AccessLossReason::Expired
            | AccessLossReason::NoRight
            | AccessLossReason::PaymentRequired => reason,
        }
    }

    /// What a key opens says nothing about the plan: a channel that the plan closes stays closed until it is used.
    fn after_right(&self, of: &ChannelRight) -> Vec<AccountEvent> {
        let ChannelRight { channel, right } = *of;
        let needs = [(Use::Reading, Right::Read), (Use::Answering, Right::Answer)];
        let change = |(to, needed)| {
            let reason = ClosureReason::NoRight;
            let is_closed = self.closed(channel, to) == Some(reason);
            match right >= needed {
                true if is_closed => Some(AccountEvent::ChannelOpened { channel, to }),
                false if !is_closed => Some(AccountEvent::ChannelClosed { channel, to, reason }),
                true | false => None,
            }
        };
        needs.into_iter().filter_map(change).collect()
    }
}

impl Account {
    /// Returns whose cabinet it is; none before it was connected.
    #[must_use]
    pub fn marketplace(&self) -> Option<Marketplace> {
        self.marketplace
    }

    /// Returns what the marketplace objects to; none while it accepts the key.
    #[must_use]
    pub fn lost(&self) -> Option<AccessLossReason> {
        self.lost
    }

    /// Returns why a channel cannot be used so; none while it can, as far as is known.
    #[must_use]
    pub fn closed(&self, channel: Channel, to: Use) -> Option<ClosureReason> {
        let of = |closure: &&Closure| (closure.channel, closure.to) == (channel, to);
        self.closed.iter().find(of).map(|closure| closure.reason)
    }

    /// Returns what the key says of itself.
    #[must_use]
    pub fn key(&self) -> &KeyFacts {
        &self.key
    }

    /// Returns the warning of the key's end that is due, as one of [`WARN_DAYS`].
    #[must_use]
    pub fn warning_due(&self, now: DateTime<Utc>) -> Option<u32> {
        let left = self.key.expires_at.filter(|end| *end > now)? - now;
        let is_near = |days: &&u32| left <= TimeDelta::days(i64::from(**days));
        let days = *WARN_DAYS.iter().rfind(is_near)?;
        self.warned.is_none_or(|warned| days < warned).then_some(days)
    }

    fn reopen(&mut self, channel: Channel, to: Use) {
        self.closed.retain(|closure| (closure.channel, closure.to) != (channel, to));
    }
}

impl DomainEvent for AccountEvent {
    fn event_type(&self) -> String {
        <&'static str>::from(self).to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Account {
    const TYPE: &'static str = "account";
    type Command = AccountCommand;
    type Event = AccountEvent;
    type Error = AccountError;
    type Services = ();

    async fn handle(
        &mut self,
        command: AccountCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), AccountError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: AccountEvent) {
        match event {
            AccountEvent::AccountConnected { marketplace, .. } => {
                self.marketplace = Some(marketplace)
            }
            AccountEvent::CredentialReplaced => (),
            AccountEvent::AccessLost { reason } => self.lost = Some(reason),
            AccountEvent::AccessRestored => self.lost = None,
            AccountEvent::KeyExamined { facts } => {
                if facts.expires_at != self.key.expires_at {
                    self.warned = None;
                }
                self.key = facts;
            }
            AccountEvent::KeyExpiring { days, .. } => self.warned = Some(days),
            AccountEvent::ChannelClosed { channel, to, reason } => {
                self.reopen(channel, to);
                self.closed.push(Closure { channel, to, reason });
            }
            AccountEvent::ChannelOpened { channel, to } => self.reopen(channel, to),
        }
    }
}

#[cfg(test)]
mod tests;

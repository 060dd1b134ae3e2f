//! A connected marketplace cabinet: that it is there, and whether its key is accepted. Never the key itself.

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantNames};

use crate::value::Marketplace;

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
}

/// What a marketplace objects to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum AccessLossReason {
    /// The key is wrong, revoked or expired (401).
    Unauthorized,
    /// The key does not open reviews (403).
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
    },
    /// Report that the key was accepted.
    RestoreAccess,
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
            (true, Command::LoseAccess { reason }) => {
                let news = self.lost != Some(reason);
                Ok(Vec::from_iter(news.then_some(Event::AccessLost { reason })))
            }
            (true, Command::RestoreAccess) => {
                Ok(Vec::from_iter(self.lost.map(|_| Event::AccessRestored)))
            }
        }
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
        }
    }
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::TestFramework;

    use super::*;

    fn connected() -> AccountEvent {
        AccountEvent::AccountConnected {
            marketplace: Marketplace::Wildberries,
            name: "Основной".into(),
        }
    }

    #[test]
    fn a_refused_key_is_reported_once() {
        let lose = AccountCommand::LoseAccess { reason: AccessLossReason::Unauthorized };
        let lost = AccountEvent::AccessLost { reason: AccessLossReason::Unauthorized };
        TestFramework::<Account>::with(())
            .given(vec![connected()])
            .when(lose.clone())
            .then_expect_events(vec![lost.clone()]);
        TestFramework::<Account>::with(())
            .given(vec![connected(), lost])
            .when(lose)
            .then_expect_events(vec![]);
    }

    #[test]
    fn a_new_key_restores_access() {
        let lost = AccountEvent::AccessLost { reason: AccessLossReason::NoRight };
        TestFramework::<Account>::with(())
            .given(vec![connected(), lost])
            .when(AccountCommand::ReplaceCredential)
            .then_expect_events(vec![
                AccountEvent::CredentialReplaced,
                AccountEvent::AccessRestored,
            ]);
    }

    #[test]
    fn nothing_can_be_asked_of_an_account_that_was_never_connected() {
        TestFramework::<Account>::with(())
            .given_no_previous_events()
            .when(AccountCommand::RestoreAccess)
            .then_expect_error(AccountError::Unknown);
    }
}

//! A seller: the tenant, and what it has settled; every change of its settings is a version.

use std::collections::{BTreeMap, BTreeSet};

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};

use crate::automation::{Automation, AutomationError, Evidence};
use crate::drafting::{Drafting, DraftingError};
use crate::guardrail::{Guardrails, GuardrailsError};
use crate::policy::alert::{Alarm, AlertKind, AlertSeverity};
use crate::sla::{Sla, SlaError};

/// Stored as JSON: a name or field here may be added to, never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, VariantNames)]
#[serde(tag = "type")]
pub enum SellerEvent {
    /// The seller signed up.
    SellerRegistered {
        /// Company name.
        name: String,
    },
    /// The settings were replaced.
    SettingsChanged {
        /// Counted from 1, without gaps; version 0 are the defaults.
        version: u32,
        /// The settings in force from here on.
        settings: Settings,
    },
    /// What the seller adds to the rules about replies was replaced.
    GuardrailsChanged {
        /// Counted from 1, without gaps; version 0 is none.
        version: u32,
        /// What is added from here on.
        guardrails: Guardrails,
    },
    /// What the seller wants of drafts was replaced.
    DraftingChanged {
        /// Counted from 1, without gaps; version 0 are the defaults.
        version: u32,
        /// What is wanted from here on.
        drafting: Drafting,
    },
    /// What the seller wants answered without a person was replaced.
    AutomationChanged {
        /// Counted from 1, without gaps; version 0 are the defaults.
        version: u32,
        /// What is wanted from here on.
        automation: Automation,
    },
    /// What is wanted of deadlines was replaced.
    SlaChanged {
        /// Counted from 1, without gaps; version 0 is the default.
        version: u32,
        /// What is wanted from here on.
        sla: Sla,
    },
    /// Nothing goes out for the seller any more, until sending is resumed.
    SendingStopped {
        /// Why, in the words of whoever stopped it. Kept for ever, so it names no buyer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// What waits for the seller goes out again.
    SendingResumed,
    /// Something is wrong that somebody should look at, or is of another urgency than before.
    AlertRaised {
        /// What.
        kind: AlertKind,
        /// How urgent it is, and why.
        #[serde(flatten)]
        alarm: Alarm,
    },
    /// It is not so any more.
    AlertCleared {
        /// What.
        kind: AlertKind,
    },
    /// Somebody looks after what an alert is about: nobody has to be called any more while it is as urgent as it is.
    AlertAcknowledged {
        /// What.
        kind: AlertKind,
    },
}

/// What a seller can settle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// How long an accepted reply counts as an answer though the marketplace does not show it yet, in minutes,
    /// 1…1440 (F172, F173).
    pub reply_pending_window_minutes: u16,
    /// How long a reply can be taken back before it goes out, in seconds, 0…30; 0 to send at once.
    pub reply_hold_seconds: u8,
}

impl Default for Settings {
    fn default() -> Self {
        Self { reply_pending_window_minutes: 180, reply_hold_seconds: 0 }
    }
}

/// Longest hold of every reply, in seconds. Longer ones are sent later, one by one.
pub const HOLD_SECONDS_MAX: u8 = 30;

/// Longest reply pending window, in minutes (F173).
pub const PENDING_WINDOW_MINUTES_MAX: u16 = 1440;

/// Longest reason of a stop, in characters: a sentence or two, shown on every page while it lasts.
pub const STOP_REASON_CHARS_MAX: usize = 200;

/// An intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SellerCommand {
    /// Sign up.
    Register {
        /// Company name.
        name: String,
    },
    /// Replace the settings.
    ChangeSettings {
        /// The new settings.
        settings: Settings,
    },
    /// Replace what is added to the rules about replies.
    ChangeGuardrails {
        /// The version that whoever asks has seen: nobody's work is lost unseen.
        replaces: u32,
        /// What is to be added.
        guardrails: Guardrails,
    },
    /// Replace what is wanted of drafts.
    ChangeDrafting {
        /// The version that whoever asks has seen.
        replaces: u32,
        /// What is to be wanted.
        drafting: Drafting,
    },
    /// Replace what is wanted answered without a person.
    ChangeAutomation {
        /// The version that whoever asks has seen.
        replaces: u32,
        /// What is to be wanted.
        automation: Automation,
        /// The backtest that it names, where there is such a one.
        evidence: Option<Evidence>,
    },
    /// Have nothing answered without a person any more, whoever settled what meanwhile.
    StopAutomation,
    /// Replace what is wanted of deadlines.
    ChangeSla {
        /// The version that whoever asks has seen.
        replaces: u32,
        /// What is to be wanted.
        sla: Sla,
    },
    /// Let nothing go out any more.
    StopSending {
        /// Why; white space at its ends does not count.
        reason: Option<String>,
    },
    /// Let out what waits.
    ResumeSending,
    /// Take note of what was found, or that nothing was.
    Watch {
        /// What was looked for.
        kind: AlertKind,
        /// What was found; none where all is well.
        alarm: Option<Alarm>,
    },
    /// Take it upon oneself to look after what an alert is about.
    AcknowledgeAlert {
        /// What.
        kind: AlertKind,
    },
}

/// The rule that a command would break.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SellerError {
    /// Nobody signed up under this id.
    #[error("the seller does not exist")]
    Unknown,
    /// The reply pending window is not 1…1440 minutes.
    #[error("the reply pending window must be 1 to {PENDING_WINDOW_MINUTES_MAX} minutes")]
    PendingWindowOutOfRange,
    /// The hold is longer than 30 s.
    #[error("a reply is held for {HOLD_SECONDS_MAX} s at most")]
    HoldOutOfRange,
    /// The reason of a stop is too long.
    #[error("the reason of a stop has {STOP_REASON_CHARS_MAX} characters at most")]
    StopReasonTooLong,
    /// The guardrails cannot be.
    #[error(transparent)]
    Guardrails(#[from] GuardrailsError),
    /// Somebody changed the guardrails first.
    #[error("the guardrails are at version {version} by now")]
    GuardrailsChanged {
        /// The version in force.
        version: u32,
    },
    /// What is wanted of drafts cannot be.
    #[error(transparent)]
    Drafting(#[from] DraftingError),
    /// Somebody changed what is wanted of drafts first.
    #[error("what is wanted of drafts is at version {version} by now")]
    DraftingChanged {
        /// The version in force.
        version: u32,
    },
    /// What is wanted answered without a person cannot be.
    #[error(transparent)]
    Automation(#[from] AutomationError),
    /// Somebody changed what is wanted answered without a person first.
    #[error("what is wanted answered without a person is at version {version} by now")]
    AutomationChanged {
        /// The version in force.
        version: u32,
    },
    /// What is wanted of deadlines cannot be.
    #[error(transparent)]
    Sla(#[from] SlaError),
    /// Somebody changed what is wanted of deadlines first.
    #[error("what is wanted of deadlines is at version {version} by now")]
    SlaChanged {
        /// The version in force.
        version: u32,
    },
}

/// What the rules below need to know, and nothing more.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seller {
    registered: bool,
    version: u32,
    settings: Settings,
    guardrails_version: u32,
    guardrails: Guardrails,
    #[serde(default)]
    drafting_version: u32,
    #[serde(default)]
    drafting: Drafting,
    #[serde(default)]
    automation_version: u32,
    #[serde(default)]
    automation: Automation,
    #[serde(default)]
    sla_version: u32,
    #[serde(default)]
    sla: Sla,
    #[serde(default)]
    sending_stopped: bool,
    /// Those that are raised.
    #[serde(default)]
    alerts: BTreeMap<AlertKind, AlertSeverity>,
    /// Those of them that somebody looks after.
    #[serde(default)]
    acknowledged: BTreeSet<AlertKind>,
}

impl Seller {
    /// Decides what follows from `command`; one already carried out yields no events.
    ///
    /// # Errors
    /// [`SellerError`] names the rule that `command` would break.
    pub fn decide(&self, command: SellerCommand) -> Result<Vec<SellerEvent>, SellerError> {
        match (self.registered, command) {
            (false, SellerCommand::Register { name }) => {
                Ok(vec![SellerEvent::SellerRegistered { name }])
            }
            (true, SellerCommand::Register { .. }) => Ok(vec![]),
            (
                false,
                SellerCommand::ChangeSettings { .. }
                | SellerCommand::ChangeGuardrails { .. }
                | SellerCommand::ChangeDrafting { .. }
                | SellerCommand::ChangeAutomation { .. }
                | SellerCommand::StopAutomation
                | SellerCommand::ChangeSla { .. }
                | SellerCommand::StopSending { .. }
                | SellerCommand::ResumeSending
                | SellerCommand::Watch { .. }
                | SellerCommand::AcknowledgeAlert { .. },
            ) => Err(SellerError::Unknown),
            (true, SellerCommand::ChangeSettings { settings }) => {
                if !(1..=PENDING_WINDOW_MINUTES_MAX)
                    .contains(&settings.reply_pending_window_minutes)
                {
                    return Err(SellerError::PendingWindowOutOfRange);
                }
                if settings.reply_hold_seconds > HOLD_SECONDS_MAX {
                    return Err(SellerError::HoldOutOfRange);
                }
                if settings == self.settings {
                    return Ok(vec![]);
                }
                Ok(vec![SellerEvent::SettingsChanged { version: self.version + 1, settings }])
            }
            (true, SellerCommand::ChangeGuardrails { replaces, guardrails }) => {
                self.change_guardrails(replaces, guardrails)
            }
            (true, SellerCommand::ChangeDrafting { replaces, drafting }) => {
                self.change_drafting(replaces, drafting)
            }
            (true, SellerCommand::ChangeAutomation { replaces, automation, evidence }) => {
                self.change_automation(replaces, automation, evidence.as_ref())
            }
            (true, SellerCommand::ChangeSla { replaces, sla }) => self.change_sla(replaces, sla),
            (true, SellerCommand::StopAutomation) => Ok(self.stop_automation()),
            (true, SellerCommand::StopSending { reason }) => self.stop_sending(reason),
            (true, SellerCommand::ResumeSending) if !self.sending_stopped => Ok(vec![]),
            (true, SellerCommand::ResumeSending) => Ok(vec![SellerEvent::SendingResumed]),
            (true, SellerCommand::Watch { kind, alarm }) => Ok(self.watch(kind, alarm)),
            (true, SellerCommand::AcknowledgeAlert { kind }) => Ok(self.acknowledge(kind)),
        }
    }

    /// Notes that somebody looks after an alert. One that has ended meanwhile needs nobody.
    fn acknowledge(&self, kind: AlertKind) -> Vec<SellerEvent> {
        let is_new = self.alerts.contains_key(&kind) && !self.acknowledged.contains(&kind);
        is_new.then_some(SellerEvent::AlertAcknowledged { kind }).into_iter().collect()
    }

    /// Raises, changes or clears an alert; what is known already is no news, however many look.
    fn watch(&self, kind: AlertKind, alarm: Option<Alarm>) -> Vec<SellerEvent> {
        let known = self.alerts.get(&kind).copied();
        match alarm {
            Some(alarm) if known == Some(alarm.severity) => vec![],
            Some(alarm) => vec![SellerEvent::AlertRaised { kind, alarm }],
            None if known.is_none() => vec![],
            None => vec![SellerEvent::AlertCleared { kind }],
        }
    }

    fn stop_sending(&self, reason: Option<String>) -> Result<Vec<SellerEvent>, SellerError> {
        let reason = reason.map(|reason| reason.trim().to_owned());
        let reason = reason.filter(|reason| !reason.is_empty());
        if reason.as_ref().is_some_and(|reason| reason.chars().count() > STOP_REASON_CHARS_MAX) {
            return Err(SellerError::StopReasonTooLong);
        }
        if self.sending_stopped {
            return Ok(vec![]);
        }
        Ok(vec![SellerEvent::SendingStopped { reason }])
    }

    fn change_guardrails(
        &self,
        replaces: u32,
        guardrails: Guardrails,
    ) -> Result<Vec<SellerEvent>, SellerError> {
        let guardrails = guardrails.checked()?;
        if guardrails == self.guardrails {
            return Ok(vec![]);
        }
        let version = self.guardrails_version;
        if replaces != version {
            return Err(SellerError::GuardrailsChanged { version });
        }
        Ok(vec![SellerEvent::GuardrailsChanged { version: version + 1, guardrails }])
    }

    fn change_drafting(
        &self,
        replaces: u32,
        drafting: Drafting,
    ) -> Result<Vec<SellerEvent>, SellerError> {
        let drafting = drafting.checked()?;
        if drafting == self.drafting {
            return Ok(vec![]);
        }
        let version = self.drafting_version;
        if replaces != version {
            return Err(SellerError::DraftingChanged { version });
        }
        Ok(vec![SellerEvent::DraftingChanged { version: version + 1, drafting }])
    }

    fn change_automation(
        &self,
        replaces: u32,
        automation: Automation,
        evidence: Option<&Evidence>,
    ) -> Result<Vec<SellerEvent>, SellerError> {
        let automation = automation.checked(&self.automation, evidence)?;
        if automation == self.automation {
            return Ok(vec![]);
        }
        let version = self.automation_version;
        if replaces != version {
            return Err(SellerError::AutomationChanged { version });
        }
        Ok(vec![SellerEvent::AutomationChanged { version: version + 1, automation }])
    }

    fn change_sla(&self, replaces: u32, sla: Sla) -> Result<Vec<SellerEvent>, SellerError> {
        let sla = sla.checked()?;
        if sla == self.sla {
            return Ok(vec![]);
        }
        let version = self.sla_version;
        if replaces != version {
            return Err(SellerError::SlaChanged { version });
        }
        Ok(vec![SellerEvent::SlaChanged { version: version + 1, sla }])
    }

    fn stop_automation(&self) -> Vec<SellerEvent> {
        let stopped = SellerEvent::AutomationChanged {
            version: self.automation_version + 1,
            automation: self.automation.stopped(),
        };
        Vec::from_iter(self.automation.stage.sends().then_some(stopped))
    }

    /// Returns what the seller wants answered without a person, and its version.
    #[must_use]
    pub fn automation(&self) -> (u32, &Automation) {
        (self.automation_version, &self.automation)
    }

    /// Returns what the seller wants of deadlines, and its version.
    #[must_use]
    pub fn sla(&self) -> (u32, &Sla) {
        (self.sla_version, &self.sla)
    }

    /// Returns what the seller wants of drafts, and its version.
    #[must_use]
    pub fn drafting(&self) -> (u32, &Drafting) {
        (self.drafting_version, &self.drafting)
    }

    /// Returns what the seller adds to the rules about replies, and its version.
    #[must_use]
    pub fn guardrails(&self) -> (u32, &Guardrails) {
        (self.guardrails_version, &self.guardrails)
    }

    /// Tells whether nothing may go out for the seller.
    #[must_use]
    pub fn sending_is_stopped(&self) -> bool {
        self.sending_stopped
    }

    /// Returns the settings in force and their version.
    #[must_use]
    pub fn settings(&self) -> (u32, Settings) {
        (self.version, self.settings)
    }
}

impl DomainEvent for SellerEvent {
    fn event_type(&self) -> String {
        <&'static str>::from(self).to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Seller {
    const TYPE: &'static str = "seller";
    type Command = SellerCommand;
    type Event = SellerEvent;
    type Error = SellerError;
    type Services = ();

    async fn handle(
        &mut self,
        command: SellerCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), SellerError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: SellerEvent) {
        match event {
            SellerEvent::SellerRegistered { .. } => self.registered = true,
            SellerEvent::SettingsChanged { version, settings } => {
                self.version = version;
                self.settings = settings;
            }
            SellerEvent::GuardrailsChanged { version, guardrails } => {
                self.guardrails_version = version;
                self.guardrails = guardrails;
            }
            SellerEvent::DraftingChanged { version, drafting } => {
                self.drafting_version = version;
                self.drafting = drafting;
            }
            SellerEvent::AutomationChanged { version, automation } => {
                self.automation_version = version;
                self.automation = automation;
            }
            SellerEvent::SlaChanged { version, sla } => {
                self.sla_version = version;
                self.sla = sla;
            }
            SellerEvent::SendingStopped { .. } => self.sending_stopped = true,
            SellerEvent::SendingResumed => self.sending_stopped = false,
            SellerEvent::AlertRaised { kind, alarm } => {
                self.alerts.insert(kind, alarm.severity);
                self.acknowledged.remove(&kind);
            }
            SellerEvent::AlertCleared { kind } => {
                self.alerts.remove(&kind);
                self.acknowledged.remove(&kind);
            }
            SellerEvent::AlertAcknowledged { kind } => {
                self.acknowledged.insert(kind);
            }
        }
    }
}

#[cfg(test)]
mod tests;

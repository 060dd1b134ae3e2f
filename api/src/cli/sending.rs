//! What `sending` takes.

use clap::{Args, ValueEnum};
use domain::seller::STOP_REASON_CHARS_MAX;

use crate::config::DataSettings;

/// Settings of `sending`.
#[derive(Debug, Args)]
pub(crate) struct SendingCommand {
    /// What to do
    pub(crate) action: SendingAction,
    /// Why, as every seller is told while it lasts; of a release that is made anyway, why it is
    #[arg(long, value_name = "TEXT", required_if_eq_any([("action", "stop"), ("action", "quarantine")]),
        value_parser = reason)]
    pub(crate) reason: Option<String>,
    /// Release although not everything was read back; takes a reason
    #[arg(long, requires = "reason")]
    pub(crate) anyway: bool,
    /// Who does it, for the history
    #[arg(long, value_name = "NAME", env = "USER", default_value = "on_call")]
    pub(crate) by: String,
    /// Put out JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) data: DataSettings,
}

/// What `sending` can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum SendingAction {
    /// Let nothing go out for any seller
    Stop,
    /// Let out what waits, of all who have not stopped themselves
    Resume,
    /// Say that the database was restored: let nothing go out until it was read back what buyers have seen
    Quarantine,
    /// End the quarantine of a restored database, once everything was read back
    Release,
    /// Show whether it is stopped, and when it was
    Status,
}

fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err("say why, in a few words".to_owned()),
        1..=STOP_REASON_CHARS_MAX => Ok(text.to_owned()),
        _ => Err(format!("at most {STOP_REASON_CHARS_MAX} characters")),
    }
}

//! What `replay` and `export` take.

use std::path::PathBuf;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};
use domain::{InteractionId, TenantId};
use projections::feed::Cursor;
use projections::replay::Until;

use super::Projection;
use crate::config::{DataSettings, KeySettings};

/// Settings of `replay`.
#[derive(Debug, Args)]
pub(crate) struct ReplayCommand {
    /// An exported interaction to fold again, without a database
    #[arg(
        value_name = "FILE",
        conflicts_with_all = ["projection", "events", "tenant", "log_id", "to", "into", "replace", "jsonl", "reveal"],
        required_unless_present_any = ["projection", "events"],
    )]
    pub(crate) file: Option<PathBuf>,
    /// Which read model
    #[arg(long, value_name = "PROJECTION", conflicts_with = "events")]
    pub(crate) projection: Option<Projection>,
    /// The events themselves instead, log by log, as JSON Lines
    #[arg(long, conflicts_with_all = ["into", "replace"])]
    pub(crate) events: bool,
    /// Only this seller
    #[arg(long, value_name = "ID")]
    pub(crate) tenant: Option<TenantId>,
    /// Only this log
    #[arg(long, value_name = "NUMBER")]
    pub(crate) log_id: Option<i32>,
    /// Up to where: a position of the log, a cursor of a seller's feed, a time, or now
    #[arg(long, value_name = "POSITION|CURSOR|TIME|now", default_value = "now")]
    pub(crate) to: To,
    /// Fill a table in this schema, which is made for it, instead of standard output
    #[arg(long, value_name = "SCHEMA", conflicts_with = "jsonl")]
    pub(crate) into: Option<String>,
    /// Make the schema anew, if a replay made the one there is
    #[arg(long, requires = "into")]
    pub(crate) replace: bool,
    /// Put rows out as JSON Lines in the order of their key, as without --into
    #[arg(long)]
    pub(crate) jsonl: bool,
    /// Show personal data as it is, instead of masks of the same shape; what was erased stays erased
    #[arg(long)]
    pub(crate) reveal: bool,
    #[command(flatten)]
    pub(crate) data: DataSettings,
    #[command(flatten)]
    pub(crate) key: KeySettings,
}

/// Up to where to replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum To {
    /// As the replay says it.
    Until(Until),
    /// A place in one seller's feed.
    Cursor(Cursor),
}

impl FromStr for To {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "now" {
            return Ok(Self::Until(Until::Now));
        }
        if let Ok(position) = text.parse::<u32>() {
            return Ok(Self::Until(Until::Position(position.into())));
        }
        if let Ok(cursor) = text.parse() {
            return Ok(Self::Cursor(cursor));
        }
        let time = text.parse::<DateTime<Utc>>();
        time.map(|time| Self::Until(Until::Time(time))).map_err(|_| {
            "not a position, a cursor, a time such as 2026-03-01T12:00:00Z, or now".into()
        })
    }
}

/// Settings of `export`.
#[derive(Debug, Args)]
pub(crate) struct ExportCommand {
    /// What
    #[arg(value_name = "WHAT")]
    pub(crate) what: Exported,
    /// Its id
    #[arg(value_name = "ID")]
    pub(crate) id: InteractionId,
    /// Whose it is; without it all sellers' are looked through
    #[arg(long, value_name = "ID")]
    pub(crate) tenant: Option<TenantId>,
    #[command(flatten)]
    pub(crate) data: DataSettings,
    #[command(flatten)]
    pub(crate) key: KeySettings,
}

/// What can be exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Exported {
    /// One interaction: its events with personal data masked, and the state they lead to
    Interaction,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_told_by_its_form() {
        let until = |text: &str| match text.parse() {
            Ok(To::Until(until)) => Some(until),
            Ok(To::Cursor(_)) | Err(_) => None,
        };
        assert_eq!(until("now"), Some(Until::Now));
        assert_eq!(until("1200"), Some(Until::Position(1200)));
        let time = "2026-03-01T12:00:00Z".parse().unwrap();
        assert_eq!(until("2026-03-01T15:00:00+03:00"), Some(Until::Time(time)));
        for bad in ["", "-1", "yesterday", "2026-03-01", "NOW"] {
            assert!(bad.parse::<To>().is_err(), "{bad}");
        }
    }
}

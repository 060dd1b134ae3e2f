//! The command `sla-what-if`: a policy about deadlines, held against a seller's history beside the one in force.

use std::fs;
use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use chrono::Utc;
use domain::policy::sla::what_if::{Change, Counts, Question, Report, Sides, Verdict};
use projections::sla_what_if;

use super::backtest::is_known;
use super::data::Preparation;
use super::maintain::on_data;
use crate::cli::SlaWhatIfCommand;
use crate::routes::sla::policy::Sla;
use crate::routes::sla::what_if::SlaWhatIf;

/// Holds a policy against history and puts out what it would have done.
pub(crate) async fn sla_what_if(command: SlaWhatIfCommand) -> anyhow::Result<ExitCode> {
    let SlaWhatIfCommand { seller, since, until, policy, changes, json, data, key } = command;
    if until <= since {
        bail!("--until is not after --since");
    }
    let text = fs::read(&policy).with_context(|| format!("reading {}", policy.display()))?;
    let given: Sla = serde_json::from_slice(&text)
        .with_context(|| format!("reading the policy in {}", policy.display()))?;
    let after = given.asked().with_context(|| format!("the policy in {}", policy.display()))?;
    on_data(&data, &key, Preparation::Check, async |db, inner| {
        if !is_known(db, seller).await.context("looking for the seller")? {
            bail!("there is no seller {seller}");
        }
        let (version, before) = inner.commands.sla(seller).await?;
        let question = Question { before, after, since, until, now: Utc::now() };
        let report = sla_what_if::look(&inner.log, seller, question).await?;
        let mut output = io::stdout().lock();
        if json {
            let told = SlaWhatIf::new(version, report, (0, changes));
            writeln!(output, "{}", serde_json::to_string(&told)?)?;
        } else {
            put(&mut output, version, &report, changes)?;
        }
        Ok(ExitCode::SUCCESS)
    })
    .await
}

fn put(output: &mut impl Write, version: u32, report: &Report, changes: usize) -> io::Result<()> {
    writeln!(output, "{} waits, {} of unknown end left out", report.waits, report.unknown)?;
    if report.unreadable > 0 {
        writeln!(output, "{} interactions left out that cannot be read", report.unreadable)?;
    }
    writeln!(
        output,
        "{:<38} {:>8} {:>8} {:>8}   {:>8} {:>8} {:>8}",
        "", "met", "breached", "open", "met", "breached", "open"
    )?;
    line(output, &format!("all (version {version}, then the file)"), &report.all)?;
    for (priority, sides) in &report.priorities {
        line(output, priority.as_str(), sides)?;
    }
    for (day, sides) in &report.days {
        line(output, &day.to_string(), sides)?;
    }
    for (account, sides) in &report.accounts {
        line(output, &account.to_string(), sides)?;
    }
    let all = report.changes.len() + report.changes_left_out;
    writeln!(output, "{all} change")?;
    for Change { interaction_id, since, before, after, .. } in report.changes.iter().take(changes) {
        let since = since.to_rfc3339();
        writeln!(output, "{interaction_id} {since} {} -> {}", verdict(before), verdict(after))?;
    }
    Ok(())
}

fn line(output: &mut impl Write, name: &str, Sides { before, after }: &Sides) -> io::Result<()> {
    let counts =
        |Counts { met, breached, open }: &Counts| format!("{met:>8} {breached:>8} {open:>8}");
    writeln!(output, "{name:<38} {}   {}", counts(before), counts(after))
}

fn verdict(Verdict { priority, class, answer_by, .. }: &Verdict) -> String {
    let class: &str = class.into();
    format!("{} {class} by {}", priority.as_str(), answer_by.to_rfc3339())
}

//! The command `backtest`: rules about automatic replies, held against a seller's history.

use std::fs;
use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use domain::TenantId;
use domain::automation::Rules;
use domain::policy::backtest::{Deeds, Report, check_period};
use eventlog::Db;
use projections::backtests::{self, Question};
use serde_json::json;
use uuid::Uuid;

use super::data::Preparation;
use super::maintain::on_data;
use crate::cli::BacktestCommand;

/// Under whose name it is kept.
const BY: &str = "system:backtest";

/// Makes a backtest, keeps it and puts it out.
pub(crate) async fn backtest(command: BacktestCommand) -> anyhow::Result<ExitCode> {
    let BacktestCommand { seller, since, until, policy, seconds_per_reply, json, data, key } =
        command;
    check_period(since, until).context("the period from --since to --until")?;
    let given = policy.map(|file| -> anyhow::Result<Rules> {
        let text = fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
        let rules: Rules = serde_json::from_slice(&text)
            .with_context(|| format!("reading the rules in {}", file.display()))?;
        rules.check().with_context(|| format!("the rules in {}", file.display()))?;
        Ok(rules)
    });
    let given = given.transpose()?;
    on_data(&data, &key, Preparation::Check, async |db, inner| {
        if !is_known(db, seller).await.context("looking for the seller")? {
            bail!("there is no seller {seller}");
        }
        let rules = match given {
            Some(rules) => rules,
            None => inner.commands.automation(seller).await?.1.rules,
        };
        let question = Question { rules, since, until, seconds_per_reply };
        let report = backtests::look(&inner.log, seller, &question).await?;
        let id = Uuid::now_v7();
        backtests::keep(db, seller, id, BY, &question, &report).await?;
        put(&mut io::stdout().lock(), id, &question, &report, json)?;
        Ok(ExitCode::SUCCESS)
    })
    .await
}

/// Tells whether the seller has a log. Asked before it is read: to read a seller's events gives a new one a log.
pub(super) async fn is_known(db: &Db, seller: TenantId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from es.tenant_log where tenant_id = $1) as "is!""#,
        seller.0
    )
    .fetch_one(db.pool())
    .await
}

fn put(
    output: &mut impl Write,
    id: Uuid,
    question: &Question,
    report: &Report,
    as_json: bool,
) -> io::Result<()> {
    let agreement = report.agreement_percent();
    let minutes = report.minutes_saved(question.seconds_per_reply);
    if as_json {
        let told = json!({
            "backtest_id": id,
            "since": question.since,
            "until": question.until,
            "rules": question.rules,
            "drafts": report.drafts(),
            "agreement_percent": agreement,
            "minutes_saved": minutes,
            "seconds_per_reply": question.seconds_per_reply,
            "report": report,
        });
        return writeln!(output, "{told}");
    }
    writeln!(output, "backtest {id}: {} drafts", report.drafts())?;
    writeln!(
        output,
        "{:<14} {:>7} {:>9} {:>7} {:>7} {:>10} {:>9} {:>10} {:>10} {:>9} {:>10}",
        "",
        "drafts",
        "as it was",
        "< 10 %",
        "edited",
        "other text",
        "dismissed",
        "unanswered",
        "unreadable",
        "automatic",
        "superseded"
    )?;
    let Report { auto_send, need_approval, escalate, .. } = report;
    for (verdict, deeds) in
        [("auto_send", auto_send), ("need_approval", need_approval), ("escalate", escalate)]
    {
        line(output, verdict, deeds)?;
    }
    match agreement {
        Some(percent) => writeln!(
            output,
            "agreement: {percent} % of the {} that people judged; {minutes} min saved at {} s a reply",
            auto_send.judged(),
            question.seconds_per_reply
        )?,
        None => {
            writeln!(output, "agreement: unknown, people judged none of what would have gone out")?
        }
    }
    if report.left_out > 0 {
        writeln!(
            output,
            "left out: {} interactions whose events cannot be read; `agentiq verify --only chain` says where",
            report.left_out
        )?;
    }
    for case in &report.worst {
        let deed: &str = case.deed.into();
        let share = case.changed_percent.map(|percent| format!(" {percent} % changed"));
        writeln!(output, "{} {deed}{}", case.interaction_id, share.unwrap_or_default())?;
    }
    Ok(())
}

fn line(output: &mut impl Write, verdict: &str, deeds: &Deeds) -> io::Result<()> {
    writeln!(
        output,
        "{verdict:<14} {:>7} {:>9} {:>7} {:>7} {:>10} {:>9} {:>10} {:>10} {:>9} {:>10}",
        deeds.all(),
        deeds.as_it_was,
        deeds.slight,
        deeds.edited,
        deeds.other_text,
        deeds.dismissed,
        deeds.unanswered,
        deeds.unmeasured,
        deeds.automatic,
        deeds.superseded
    )
}

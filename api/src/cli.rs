//! The command line: what one can ask of the program, each command with an example.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};
use domain::TenantId;
use eventlog::chain::Hash;
use projections::ReadModel;
use uuid::Uuid;

use crate::config::{
    DataSettings, EmbeddingSettings, HttpSettings, KeySettings, LogSettings, MarketplaceSettings,
    ModelSettings, NoticeSettings, StopSettings, WorkSettings,
};
use crate::exit::{self, CODES};
use crate::{access, logging, openapi, run};

mod archive;
mod backtest;
mod erase;
mod replay;
mod sandbox;
mod sending;
mod sla;

pub(crate) use archive::ArchiveCommand;
pub(crate) use backtest::BacktestCommand;
pub(crate) use erase::EraseCommand;
pub(crate) use replay::{ExportCommand, Exported, ReplayCommand, To};
pub(crate) use sandbox::SandboxCommand;
pub(crate) use sending::{SendingAction, SendingCommand};
pub(crate) use sla::SlaWhatIfCommand;

/// One inbox for marketplace sellers: reviews in, replies out, every step an event.
#[derive(Debug, Parser)]
#[command(name = "agentiq", version, about, after_help = CODES)]
struct Cli {
    #[command(flatten)]
    log: LogSettings,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Everything in one process: API, console, background work, and a PostgreSQL of our own unless another is given
    #[command(after_help = "Example: agentiq serve --listen 127.0.0.1:8080\n\n\
        Prints `listening on http://…` when it is ready. Ctrl-C stops it in order; a second Ctrl-C at once.")]
    Serve(ServeCommand),
    /// API and console only, beside any number of `agentiq work`
    #[command(
        after_help = "Example: DATABASE_URL=postgres://agentiq@db/agentiq agentiq api --listen 0.0.0.0:8080\n\n\
        The database must be migrated (`agentiq migrate`)."
    )]
    Api(ApiCommand),
    /// Background work only: reading marketplaces, sending replies, keeping read models up to date
    #[command(after_help = "Example: DATABASE_URL=postgres://agentiq@db/agentiq agentiq work\n\n\
        Any number may run beside each other; each can be stopped or killed at any time.")]
    Work(WorkCommand),
    /// Brings the database to the state that this release needs, and makes the master key where there is none
    #[command(after_help = "Example: DATABASE_URL=postgres://agentiq@db/agentiq agentiq migrate")]
    Migrate(DataCommand),
    /// Moves months of the log that are over into files, reads them back, and drops them from the database if asked to
    #[command(
        after_help = "Example: agentiq archive --before 2026-06 --to /srv/agentiq-archive --drop\n\n\
        May be interrupted; run again, it goes on where it was. All processes need AGENTIQ_ARCHIVE_DIR afterwards, to \
        read what was dropped."
    )]
    Archive(Box<ArchiveCommand>),
    /// Makes the log's partitions for the months to come, and moves events that no month covered into theirs
    #[command(
        after_help = "Example: DATABASE_URL=postgres://agentiq@db/agentiq agentiq partitions\n\n\
        Appends wait while events are moved."
    )]
    Partitions(DataCommand),
    /// Makes a read model anew from the log while the old one is served, then puts it in its place
    #[command(after_help = "Example: agentiq rebuild inbox\n\n\
        May be interrupted; run again, it goes on where it was.")]
    Rebuild(RebuildCommand),
    /// Proves that the log is as it was sealed and signed, has no gaps, and that what is served equals it folded anew
    #[command(after_help = "Example: agentiq verify\n         \
        agentiq verify --only chain,heads --since 2026-11-01T00:00:00Z\n         \
        agentiq verify --proof proof.json --public-key 9d2f…\n\n\
        Ends with exit code 1 and says where, if not. May run while the system serves.")]
    Verify(Box<VerifyCommand>),
    /// Writes the proof that one event stands in the log, to be checked without a database
    #[command(after_help = "Example: agentiq prove --log-id 3 --pos 1200 > proof.json\n         \
        agentiq prove --public-key\n\n\
        Check it with `agentiq verify --proof proof.json`.")]
    Prove(Box<ProveCommand>),
    /// Folds the log up to a moment into a schema of its own or JSON Lines, or folds an exported interaction again
    #[command(
        after_help = "Example: agentiq replay --projection inbox --to 2026-03-01T12:00:00Z > inbox.jsonl\n         \
        agentiq replay --projection thread --tenant 6f1c… --into scratch\n         \
        agentiq replay --events --log-id 3 --to 1200 | head\n         \
        agentiq replay interaction.json\n\n\
        The served tables are never touched. Personal data is masked unless --reveal is given. A file is checked \
        without a database; exit code 1 says that its events do not lead to its state. May be interrupted."
    )]
    Replay(Box<ReplayCommand>),
    /// Holds rules about automatic replies against a seller's history, and keeps what was found as evidence
    #[command(
        after_help = "Example: agentiq backtest --seller 6f1c… --since 2026-10-01T00:00:00Z --until \
        2026-11-01T00:00:00Z\n         \
        agentiq backtest --seller 6f1c… --since … --until … --policy rules.json --json\n\n\
        Without --policy the rules are those that the seller has settled. A file holds them as JSON, as \
        `GET /api/v1/seller/automation` tells them under `rules`. Nothing is sent."
    )]
    Backtest(Box<BacktestCommand>),
    /// Holds a policy about deadlines against a seller's history, beside the one in force
    #[command(
        after_help = "Example: agentiq sla-what-if --seller 6f1c… --since 2026-10-01T00:00:00Z --until \
        2026-11-01T00:00:00Z --policy sla.json\n\n\
        The file holds the policy as JSON, as `GET /api/v1/seller/sla` tells it under `sla`. Two columns stand side by \
        side: under the policy in force, and under the file. Nothing is kept."
    )]
    SlaWhatIf(Box<SlaWhatIfCommand>),
    /// Puts one interaction out as a file that names nobody, to be sent to somebody who looks into it
    #[command(after_help = "Example: agentiq export interaction 6f1c… > interaction.json\n\n\
        Check it anywhere with `agentiq replay interaction.json`.")]
    Export(Box<ExportCommand>),
    /// Erases a buyer everywhere, for good: what was said by and about them cannot be read any more
    #[command(
        after_help = "Example: agentiq erase --interaction 6f1c… --ground persons_request --reference 17/2026 --yes\n\
        \x20        agentiq erase --finish\n\n\
        Without --yes it shows whom it would erase. May run while the system serves, and be repeated."
    )]
    Erase(Box<EraseCommand>),
    /// Stops sending for all sellers within 2 s, resumes it, or shows how it stands; ends the quarantine after a
    /// restore
    #[command(
        after_help = "Example: agentiq sending stop --reason 'Wildberries answers with other buyers\' names'\n         \
        agentiq sending status\n         \
        agentiq sending resume\n         \
        agentiq sending quarantine --reason 'restored from the backup of 3 May'\n         \
        agentiq sending release\n\n\
        May be done at any time, with or without a running server; it holds for every process on the same database. \
        What waits is kept, and goes out once when it is resumed. A stop that lasts stays as it is. \
        A database that was restored from a backup goes into quarantine by itself when a process finds it; `release` \
        says what is still to be read back and ends with exit code 1 while something is."
    )]
    Sending(SendingCommand),
    /// Wraps all keys under the master key that stands first, so that earlier ones can be destroyed
    #[command(after_help = "Example: agentiq rotate-keys\n         \
        agentiq rotate-keys --check\n\n\
        Every running process must have been started with the new key first. Sending and reading go on meanwhile. May \
        be interrupted; run again, it goes on where it was. Exit code 1 says that an earlier key is still needed.")]
    RotateKeys(RotateKeysCommand),
    /// Plays the marketplaces on this machine, for demonstrations and tests
    #[command(
        after_help = "Example: agentiq sandbox --listen 127.0.0.1:9000 --fault answer_lost=0.05\n\n\
        Then: agentiq serve --wildberries-url http://127.0.0.1:9000, and connect an account with the token \
        sandbox-demo-token, at Ozon (/ozon) the Client-Id 100001 with the key sandbox-demo-ozon-key, and at \
        Yandex.Market (/yandex) the business 1000001 with the key ACMA:sandbox-demo-key:00000000. GET /ledger shows \
        what buyers saw."
    )]
    Sandbox(Box<SandboxCommand>),
    /// Prints the API's description (OpenAPI 3.1, JSON); needs no database
    #[command(after_help = "Example: agentiq openapi > docs/openapi.json")]
    Openapi,
    /// Prints who may do what: roles, permissions and what each call takes; needs no database
    #[command(after_help = "Example: agentiq access > docs/access.md")]
    Access,
}

/// Settings of `serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeCommand {
    #[command(flatten)]
    pub(crate) http: HttpSettings,
    #[command(flatten)]
    pub(crate) data: DataSettings,
    #[command(flatten)]
    pub(crate) key: KeySettings,
    #[command(flatten)]
    pub(crate) marketplaces: MarketplaceSettings,
    #[command(flatten)]
    pub(crate) embeddings: EmbeddingSettings,
    #[command(flatten)]
    pub(crate) model: ModelSettings,
    #[command(flatten)]
    pub(crate) notices: NoticeSettings,
    #[command(flatten)]
    pub(crate) work: WorkSettings,
    #[command(flatten)]
    pub(crate) stop: StopSettings,
}

/// Settings of `api`.
#[derive(Debug, Args)]
pub(crate) struct ApiCommand {
    #[command(flatten)]
    pub(crate) http: HttpSettings,
    #[command(flatten)]
    pub(crate) data: DataSettings,
    #[command(flatten)]
    pub(crate) key: KeySettings,
    #[command(flatten)]
    pub(crate) marketplaces: MarketplaceSettings,
    #[command(flatten)]
    pub(crate) embeddings: EmbeddingSettings,
    #[command(flatten)]
    pub(crate) model: ModelSettings,
    #[command(flatten)]
    pub(crate) notices: NoticeSettings,
    #[command(flatten)]
    pub(crate) stop: StopSettings,
}

/// Settings of `work`.
#[derive(Debug, Args)]
pub(crate) struct WorkCommand {
    #[command(flatten)]
    pub(crate) data: DataSettings,
    #[command(flatten)]
    pub(crate) key: KeySettings,
    #[command(flatten)]
    pub(crate) marketplaces: MarketplaceSettings,
    #[command(flatten)]
    pub(crate) embeddings: EmbeddingSettings,
    #[command(flatten)]
    pub(crate) model: ModelSettings,
    #[command(flatten)]
    pub(crate) notices: NoticeSettings,
    #[command(flatten)]
    pub(crate) work: WorkSettings,
    #[command(flatten)]
    pub(crate) stop: StopSettings,
}

/// Settings of commands that work on the data alone.
#[derive(Debug, Args)]
pub(crate) struct DataCommand {
    #[command(flatten)]
    pub(crate) data: DataSettings,
    #[command(flatten)]
    pub(crate) key: KeySettings,
}

/// All that can be rebuilt, told to whoever names nothing; whoever names something else is told the same.
const REBUILT: &str =
    "inbox|thread|reply_history|accounts|claims|sending|bulks|failures|knowledge|lineage|metric";

/// Settings of `rebuild`.
#[derive(Debug, Args)]
pub(crate) struct RebuildCommand {
    /// Which read model
    #[arg(value_name = REBUILT)]
    pub(crate) projection: Projection,
    /// Only the rows of this seller, in place, while everybody is served
    #[arg(long, value_name = "ID")]
    pub(crate) tenant: Option<TenantId>,
    #[command(flatten)]
    pub(crate) data: DataSettings,
    #[command(flatten)]
    pub(crate) key: KeySettings,
}

/// Settings of `rotate-keys`.
#[derive(Debug, Args)]
pub(crate) struct RotateKeysCommand {
    /// Change nothing; only show how many keys each master key wraps
    #[arg(long)]
    pub(crate) check: bool,
    #[command(flatten)]
    pub(crate) data: DataSettings,
    #[command(flatten)]
    pub(crate) key: KeySettings,
}

/// Settings of `verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyCommand {
    /// Only these checks
    #[arg(long, value_name = "CHECK,…", value_delimiter = ',')]
    pub(crate) only: Vec<Check>,
    /// Only this log; read models are of all logs
    #[arg(long, value_name = "NUMBER")]
    pub(crate) log_id: Option<i32>,
    /// Trust what was sealed before this time, in the chain
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<DateTime<Utc>>,
    /// Put out JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Check this proof instead, without a database
    #[arg(long, value_name = "FILE", conflicts_with_all = ["only", "log_id", "since", "json"])]
    pub(crate) proof: Option<PathBuf>,
    /// The key that must have signed, as `agentiq prove --public-key` shows it
    #[arg(long, value_name = "KEY", value_parser = run::public_key)]
    pub(crate) public_key: Option<Hash>,
    /// A file of signed heads that must hold what the proof refers to
    #[arg(long, value_name = "FILE", requires = "proof")]
    pub(crate) heads: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) data: DataSettings,
    #[command(flatten)]
    pub(crate) key: KeySettings,
}

/// What `verify` can check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Check {
    /// Every event against its seal, every seal against the one before
    Chain,
    /// Seals against the heads that were signed outside the database
    Heads,
    /// Positions, sellers' numbers and streams' versions without gaps
    Numbers,
    /// Each command's events, once and together
    Commands,
    /// Each read model against the log folded anew
    ReadModels,
}

impl Check {
    /// All checks, the quick ones first.
    pub(crate) fn all() -> [Self; 5] {
        [Self::Chain, Self::Heads, Self::Numbers, Self::Commands, Self::ReadModels]
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Chain => "chain",
            Self::Heads => "heads",
            Self::Numbers => "numbers",
            Self::Commands => "commands",
            Self::ReadModels => "read_models",
        }
    }
}

/// Settings of `prove`.
#[derive(Debug, Args)]
pub(crate) struct ProveCommand {
    /// The event's id; looking for it reads the whole log
    #[arg(value_name = "EVENT_ID")]
    pub(crate) event_id: Option<Uuid>,
    /// The event's log
    #[arg(long, value_name = "NUMBER", requires = "pos", conflicts_with = "event_id")]
    pub(crate) log_id: Option<i32>,
    /// The event's position in it
    #[arg(long, value_name = "NUMBER", requires = "log_id")]
    pub(crate) pos: Option<i64>,
    /// Show the key that signs heads, to be published, and end
    #[arg(long)]
    pub(crate) public_key: bool,
    #[command(flatten)]
    pub(crate) data: DataSettings,
    #[command(flatten)]
    pub(crate) key: KeySettings,
}

/// A read model that can be rebuilt: all but the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Projection {
    /// What waits for an operator
    Inbox,
    /// One interaction whole
    Thread,
    /// Every version of every reply
    ReplyHistory,
    /// Connected accounts
    Accounts,
    /// Claims for return
    Claims,
    /// Who has stopped sending
    Sending,
    /// Replies to many interactions at once
    Bulks,
    /// Replies that failed for good
    Failures,
    /// What sellers know, as passages
    Knowledge,
    /// What became of each draft
    Lineage,
    /// How well each interaction was answered
    Metric,
}

impl From<Projection> for ReadModel {
    fn from(projection: Projection) -> Self {
        match projection {
            Projection::Inbox => Self::Inbox,
            Projection::Thread => Self::Thread,
            Projection::ReplyHistory => Self::ReplyHistory,
            Projection::Accounts => Self::Accounts,
            Projection::Claims => Self::Claims,
            Projection::Sending => Self::Sending,
            Projection::Bulks => Self::Bulks,
            Projection::Failures => Self::Failures,
            Projection::Knowledge => Self::Knowledge,
            Projection::Lineage => Self::Lineage,
            Projection::Metric => Self::Metric,
        }
    }
}

/// Does what the command line asks for, and says on standard error why it could not.
#[must_use]
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(with_default(arguments.into_iter().collect())) {
        Ok(cli) => cli,
        // Help and version are not failures, and clap knows the difference.
        Err(error) => error.exit(),
    };
    match execute(cli) {
        Ok(code) => code,
        Err(error) => {
            // Nothing is left to tell it to if even this fails.
            let _ = writeln!(io::stderr(), "agentiq: {error:#}");
            exit::code(&error)
        }
    }
}

fn execute(cli: Cli) -> anyhow::Result<ExitCode> {
    logging::start(&cli.log)?;
    match cli.command {
        None => unreachable!("a missing command was replaced by serve"),
        Some(Command::Openapi) => {
            let text = serde_json::to_string_pretty(&openapi::document())?;
            writeln!(io::stdout(), "{text}")?;
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Access) => {
            write!(io::stdout(), "{}", access::document())?;
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Serve(command)) => run::on_runtime(run::serve(command)),
        Some(Command::Api(command)) => run::on_runtime(run::api(command)),
        Some(Command::Work(command)) => run::on_runtime(run::work(command)),
        Some(Command::Migrate(command)) => run::on_runtime(run::migrate(command)),
        Some(Command::Archive(command)) => run::on_runtime(run::archive(*command)),
        Some(Command::Partitions(command)) => run::on_runtime(run::partitions(command)),
        Some(Command::Rebuild(command)) => run::on_runtime(run::rebuild(command)),
        Some(Command::Verify(command)) => run::on_runtime(run::verify(*command)),
        Some(Command::Prove(command)) => run::on_runtime(run::prove(*command)),
        Some(Command::Replay(command)) => run::on_runtime(run::replay(*command)),
        Some(Command::Backtest(command)) => run::on_runtime(run::backtest(*command)),
        Some(Command::SlaWhatIf(command)) => run::on_runtime(run::sla_what_if(*command)),
        Some(Command::Export(command)) => run::on_runtime(run::export(*command)),
        Some(Command::Erase(command)) => run::on_runtime(run::erase(*command)),
        Some(Command::Sending(command)) => run::on_runtime(run::sending(command)),
        Some(Command::RotateKeys(command)) => run::on_runtime(run::rotate_keys(command)),
        Some(Command::Sandbox(command)) => run::on_runtime(run::sandbox(*command)),
    }
}

/// Adds `serve` where no command is given.
fn with_default(mut arguments: Vec<OsString>) -> Vec<OsString> {
    if arguments.len() <= 1 {
        arguments.push("serve".into());
    }
    arguments
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn every_command_explains_itself_with_an_example() {
        let mut cli = Cli::command();
        cli.build();
        for command in cli.get_subcommands().filter(|command| command.get_name() != "help") {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let example = format!("agentiq {}", command.get_name());
            assert!(help.contains(&example), "{} has no example", command.get_name());
        }
    }

    #[test]
    fn all_that_can_be_rebuilt_is_named_to_whoever_names_nothing_or_something_else() {
        let rebuilt = ReadModel::ALL.into_iter().filter(|model| model.table().is_some());
        for arguments in [&["agentiq", "rebuild"][..], &["agentiq", "rebuild", "nonsense"]] {
            let error = Cli::try_parse_from(arguments).unwrap_err().to_string();
            for model in rebuilt.clone() {
                assert!(error.contains(model.name()), "{} is not in: {error}", model.name());
            }
        }
        for model in rebuilt {
            let cli = Cli::try_parse_from(["agentiq", "rebuild", model.name()]).unwrap();
            let Some(Command::Rebuild(command)) = cli.command else { panic!("{cli:?}") };
            assert_eq!(ReadModel::from(command.projection), model);
        }
    }

    #[test]
    fn every_setting_has_an_environment_variable() {
        let mut cli = Cli::command();
        cli.build();
        for name in ["serve", "api", "work", "migrate", "partitions"] {
            let command = cli.find_subcommand(name).unwrap();
            for argument in command.get_arguments() {
                let id = argument.get_id().as_str();
                assert!(
                    matches!(id, "help" | "version") || argument.get_env().is_some(),
                    "{name} --{id} has none"
                );
            }
        }
    }

    #[test]
    fn a_value_out_of_range_is_refused_by_the_name_of_its_flag() {
        for (flag, value) in [
            ("--lease-seconds", "0"),
            ("--settle-read-after-seconds", "30,x"),
            ("--listen", "8080"),
            ("--wildberries-url", "wildberries.ru"),
            ("--ozon-url", "ozon.ru"),
            ("--yandex-url", "yandex.ru"),
            ("--registration", "maybe"),
        ] {
            let error = Cli::try_parse_from(["agentiq", "serve", flag, value]).unwrap_err();
            assert!(error.to_string().contains(flag), "{error}");
        }
    }

    #[test]
    fn the_log_that_is_meant_is_not_the_log_that_is_written() {
        for command in ["verify", "prove"] {
            let arguments = ["agentiq", command, "--log-id=3", "--pos=4", "--log=debug"];
            let arguments = arguments.into_iter().filter(|a| command == "prove" || *a != "--pos=4");
            let cli = Cli::try_parse_from(arguments).unwrap();
            assert_eq!(cli.log.log, "debug");
        }
    }

    #[test]
    fn serve_is_what_is_done_without_a_command() {
        assert_eq!(with_default(vec!["agentiq".into()]), ["agentiq", "serve"]);
    }
}

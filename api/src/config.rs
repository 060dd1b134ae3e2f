//! Every setting, with its unit, default and environment variable; a value out of range is refused at the start by the
//! name of its flag.

mod embeddings;
mod model;
mod notices;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use adapters::cabinets::Addresses;
use adapters::model::Embedder;
use adapters::notice::Post;
use adapters::sync::SyncIntervals;
use adapters::work::WorkOptions;
use axum::http::Uri;
use chrono::{NaiveTime, TimeDelta};
use clap::{ArgAction, Args, ValueEnum};
use domain::policy::delivery::SettlePolicy;
use eventlog::DbOptions;
use projections::audit::AuditOptions;

pub(crate) use self::embeddings::EmbeddingSettings;
pub(crate) use self::model::ModelSettings;
pub(crate) use self::notices::NoticeSettings;
use crate::app::{ApiSettings, PushNetworks};
use crate::auth::CookieForm;
use crate::server::ServerOptions;

/// Where the data are.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Data")]
pub(crate) struct DataSettings {
    /// Folder for everything that agentiq keeps on this machine: its own PostgreSQL and the master key
    #[arg(long, env = "AGENTIQ_DATA_DIR", value_name = "FOLDER", default_value = ".agentiq")]
    pub(crate) data_dir: PathBuf,

    /// Folder into which the heads of the log are signed, best where the owner of the database has no access. [default:
    /// heads in the data folder]
    #[arg(long, env = "AGENTIQ_HEADS_DIR", value_name = "FOLDER")]
    heads_dir: Option<PathBuf>,

    /// Folder of the months that were moved out of the database; without it what is in them is refused, not left out.
    #[arg(long, env = "AGENTIQ_ARCHIVE_DIR", value_name = "FOLDER")]
    archive_dir: Option<PathBuf>,

    /// PostgreSQL 15 or newer to use instead of one of our own in the data folder
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    database_url: Option<String>,

    /// Connections to the database that this process opens at most; a rebuild holds two and works with more
    #[arg(long, env = "AGENTIQ_DATABASE_CONNECTIONS", value_name = "NUMBER", default_value = "10",
        value_parser = clap::value_parser!(u32).range(4..=1000))]
    database_connections: u32,
}

impl DataSettings {
    /// The database to use; none for our own.
    pub(crate) fn database_url(&self) -> Option<&str> {
        // An empty variable is one that was not set.
        self.database_url.as_deref().filter(|url| !url.trim().is_empty())
    }

    /// Where the signed heads of the log are.
    pub(crate) fn heads_dir(&self) -> PathBuf {
        self.heads_dir.clone().unwrap_or_else(|| self.data_dir.join("heads"))
    }

    pub(crate) fn db_options(&self, part: &str) -> DbOptions {
        DbOptions {
            connections_max: self.database_connections,
            application_name: format!("agentiq {part}"),
            archive_dir: self.archive_dir.clone(),
            ..DbOptions::default()
        }
    }
}

/// The key that wraps all others.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Secrets")]
pub(crate) struct KeySettings {
    /// File with the master key, 32 bytes in base64; earlier keys may follow on lines of their own. Made by the first
    /// `serve` or `migrate`. AGENTIQ_MASTER_KEY goes first where it is set. [default: master.key in the data folder]
    #[arg(long, env = "AGENTIQ_MASTER_KEY_FILE", value_name = "FILE")]
    master_key_file: Option<PathBuf>,

    /// File with the key that signs the heads of the log, 32 bytes in base64; earlier keys may follow on lines of their
    /// own. Made by the first `serve` or `work`. [default: heads.key in the data folder]
    #[arg(long, env = "AGENTIQ_HEADS_KEY_FILE", value_name = "FILE")]
    heads_key_file: Option<PathBuf>,

    /// PostgreSQL that holds the keys of buyers' data, so that their backups can be kept apart and expire soon.
    /// [default: the same as everything else]
    #[arg(long, env = "KEYS_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    keys_database_url: Option<String>,
}

impl KeySettings {
    pub(crate) fn file(&self, data: &DataSettings) -> PathBuf {
        self.master_key_file.clone().unwrap_or_else(|| data.data_dir.join("master.key"))
    }

    /// The database of the key store; none for the one that holds everything else.
    pub(crate) fn database_url(&self) -> Option<&str> {
        self.keys_database_url.as_deref().filter(|url| !url.trim().is_empty())
    }

    pub(crate) fn heads_file(&self, data: &DataSettings) -> PathBuf {
        self.heads_key_file.clone().unwrap_or_else(|| data.data_dir.join("heads.key"))
    }
}

/// How requests are answered.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "HTTP")]
pub(crate) struct HttpSettings {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, env = "AGENTIQ_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,

    /// Connections from clients at once; more are answered 503
    #[arg(long, env = "AGENTIQ_HTTP_CONNECTIONS", value_name = "NUMBER", default_value = "1024",
        value_parser = clap::value_parser!(u32).range(1..=100_000))]
    http_connections: u32,

    /// How long the answer to a reply waits for the marketplace before it says "on its way", in seconds
    #[arg(long, env = "AGENTIQ_REPLY_WAIT_SECONDS", value_name = "SECONDS", default_value = "20",
        value_parser = clap::value_parser!(u32).range(0..=25))]
    reply_wait_seconds: u32,

    /// Whether people may sign up by themselves
    #[arg(long, env = "AGENTIQ_REGISTRATION", value_name = "WHETHER", default_value = "open")]
    registration: Registration,

    /// Whether the console's cookie is for TLS only. Browsers make an exception for this machine; false is for plain
    /// HTTP over a network that you trust
    #[arg(long, env = "AGENTIQ_SECURE_COOKIES", value_name = "WHETHER", default_value = "true",
        num_args = 0..=1, default_missing_value = "true", action = ArgAction::Set)]
    secure_cookies: bool,

    /// Addresses of reverse proxies in front, whose X-Forwarded-For says who calls. Without it everybody behind a proxy
    /// is one caller, whose mistyped passwords are counted together
    #[arg(long, env = "AGENTIQ_TRUSTED_PROXIES", value_name = "ADDRESS,…", value_delimiter = ',')]
    trusted_proxies: Vec<IpAddr>,

    /// Whence notifications of marketplaces are taken, besides this machine and private networks. Behind a proxy with
    /// an address of the Internet, name it as trusted, or take them from anywhere
    #[arg(long, env = "AGENTIQ_PUSH_NETWORKS", value_name = "WHICH", default_value = "published")]
    push_networks: PushNetworks,
}

/// Whether people may sign up by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Registration {
    /// Anybody may.
    Open,
    /// Nobody may.
    Closed,
}

impl HttpSettings {
    pub(crate) fn api_settings(&self, marketplaces: &MarketplaceSettings) -> ApiSettings {
        ApiSettings {
            reply_wait: seconds(self.reply_wait_seconds),
            registration_open: self.registration == Registration::Open,
            cookie: if self.secure_cookies { CookieForm::Secure } else { CookieForm::Plain },
            trusted_proxies: self.trusted_proxies.iter().map(IpAddr::to_canonical).collect(),
            push_networks: self.push_networks,
            automatic_replies: marketplaces.automatic_replies,
            ..ApiSettings::default()
        }
    }

    pub(crate) fn server_options(&self, stop: &StopSettings) -> ServerOptions {
        ServerOptions {
            connections_max: usize::try_from(self.http_connections).unwrap_or(usize::MAX),
            // What is left is for events that were accepted and for the database.
            stop_limit: stop.limit().mul_f64(0.7),
            ..ServerOptions::default()
        }
    }
}

const WILDBERRIES: &str = "https://feedbacks-api.wildberries.ru";

const WILDBERRIES_CHATS: &str = "https://buyer-chat-api.wildberries.ru";

const WILDBERRIES_RETURNS: &str = "https://returns-api.wildberries.ru";

/// Where the marketplaces are, and whether anything goes there that no person asked for.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Marketplaces")]
pub(crate) struct MarketplaceSettings {
    /// Wildberries' API for reviews and questions, or a sandbox in its place
    #[arg(long, env = "AGENTIQ_WILDBERRIES_URL", value_name = "URL",
        default_value = WILDBERRIES, value_parser = base_url)]
    wildberries_url: String,
    /// Wildberries' API for chats, https://buyer-chat-api.wildberries.ru if not given; of a sandbox, what it has in its
    /// place under /buyer-chat-api
    #[arg(long, env = "AGENTIQ_WILDBERRIES_CHATS_URL", value_name = "URL", value_parser = base_url)]
    wildberries_chats_url: Option<String>,
    /// Wildberries' API for claims for return, https://returns-api.wildberries.ru if not given; of a sandbox, what it
    /// has in its place under /returns-api
    #[arg(long, env = "AGENTIQ_WILDBERRIES_RETURNS_URL", value_name = "URL", value_parser = base_url)]
    wildberries_returns_url: Option<String>,
    /// Ozon's seller API, or a sandbox in its place
    #[arg(long, env = "AGENTIQ_OZON_URL", value_name = "URL",
        default_value = "https://api-seller.ozon.ru", value_parser = base_url)]
    ozon_url: String,
    /// Yandex.Market's partner API, or a sandbox in its place
    #[arg(long, env = "AGENTIQ_YANDEX_URL", value_name = "URL",
        default_value = "https://api.partner.market.yandex.ru", value_parser = base_url)]
    yandex_url: String,
    /// Whether sellers may have replies sent without a person, each by rules that they held against their history. The
    /// same for `api` and `work`; once it is false, nothing goes out by itself, whatever a seller has settled
    #[arg(long, env = "AGENTIQ_AUTOMATIC_REPLIES", value_name = "WHETHER", default_value = "false",
        num_args = 0..=1, default_missing_value = "true", action = ArgAction::Set)]
    automatic_replies: bool,
}

impl MarketplaceSettings {
    pub(crate) fn addresses(&self) -> Addresses {
        Addresses {
            wildberries: self.wildberries_url.clone(),
            wildberries_chats: self.beside(
                self.wildberries_chats_url.as_ref(),
                WILDBERRIES_CHATS,
                "buyer-chat-api",
            ),
            wildberries_returns: self.beside(
                self.wildberries_returns_url.as_ref(),
                WILDBERRIES_RETURNS,
                "returns-api",
            ),
            ozon: self.ozon_url.clone(),
            yandex: self.yandex_url.clone(),
        }
    }

    /// A sandbox's token must not go to the marketplace, nor the marketplace's to a sandbox: one address tells where
    /// all hosts of Wildberries are.
    fn beside(&self, given: Option<&String>, published: &str, in_sandbox: &str) -> String {
        match given {
            Some(url) => url.clone(),
            None if self.wildberries_url == WILDBERRIES => published.to_owned(),
            None => format!("{}/{in_sandbox}", self.wildberries_url),
        }
    }
}

/// How background work is done.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Background work")]
pub(crate) struct WorkSettings {
    /// Pause between two rounds of reading the reviews, questions and claims of an account, in seconds. A key that
    /// allows few calls makes it longer
    #[arg(long, env = "AGENTIQ_SYNC_INTERVAL_SECONDS", value_name = "SECONDS", default_value = "300",
        value_parser = clap::value_parser!(u32).range(1..=86_400))]
    sync_interval_seconds: u32,

    /// Pause between two rounds of reading the chats of an account, in seconds
    #[arg(long, env = "AGENTIQ_CHAT_SYNC_INTERVAL_SECONDS", value_name = "SECONDS", default_value = "30",
        value_parser = clap::value_parser!(u32).range(1..=86_400))]
    chat_sync_interval_seconds: u32,

    /// Pause after the first failed reading of a channel, in seconds; doubles with each further one, up to 15 minutes
    #[arg(long, env = "AGENTIQ_SYNC_RETRY_SECONDS", value_name = "SECONDS", default_value = "10",
        value_parser = clap::value_parser!(u32).range(1..=900))]
    sync_retry_seconds: u32,

    /// How long a call to a marketplace may take before another process takes over, in seconds; calls end after 20 s
    #[arg(long, env = "AGENTIQ_LEASE_SECONDS", value_name = "SECONDS", default_value = "60",
        value_parser = clap::value_parser!(u32).range(2..=3600))]
    lease_seconds: u32,

    /// When a reply whose outcome is unknown is looked for at the marketplace, in seconds after it was sent
    #[arg(long, env = "AGENTIQ_SETTLE_READ_AFTER_SECONDS", value_name = "SECONDS,…",
        default_value = "30,120,600", value_delimiter = ',',
        value_parser = clap::value_parser!(u32).range(1..=86_400))]
    settle_read_after_seconds: Vec<u32>,

    /// From when on it counts as absent if two readings do not find it, in seconds after it was sent
    #[arg(long, env = "AGENTIQ_SETTLE_PROOF_SECONDS", value_name = "SECONDS", default_value = "600",
        value_parser = clap::value_parser!(u32).range(1..=86_400))]
    settle_proof_seconds: u32,

    /// When an accepted reply is first looked for at the marketplace, in seconds
    #[arg(long, env = "AGENTIQ_CONFIRM_AFTER_SECONDS", value_name = "SECONDS", default_value = "60",
        value_parser = clap::value_parser!(u32).range(1..=86_400))]
    confirm_after_seconds: u32,

    /// How long a batch of a read model may take before another process takes over, in seconds
    #[arg(long, env = "AGENTIQ_PROJECTION_LEASE_SECONDS", value_name = "SECONDS", default_value = "10",
        value_parser = clap::value_parser!(u32).range(1..=600))]
    projection_lease_seconds: u32,

    /// When what is served to some sellers is compared with the log folded anew, each day, as UTC
    #[arg(long, env = "AGENTIQ_AUDIT_AT", value_name = "HH:MM", default_value = "01:30", value_parser = time_of_day)]
    audit_at: NaiveTime,

    /// To how many sellers, chosen by chance
    #[arg(long, env = "AGENTIQ_AUDIT_SELLERS", value_name = "COUNT", default_value = "20",
        value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    audit_sellers: u32,

    /// Pause between two signed heads of the log, in seconds
    #[arg(long, env = "AGENTIQ_HEADS_INTERVAL_SECONDS", value_name = "SECONDS", default_value = "300",
        value_parser = clap::value_parser!(u32).range(1..=86_400))]
    heads_interval_seconds: u32,
}

impl WorkSettings {
    pub(crate) fn audit(&self) -> AuditOptions {
        AuditOptions { at: self.audit_at, sellers: self.audit_sellers }
    }

    /// Returns how long after a call it may take at most until the marketplace shows what it did.
    pub(crate) fn shown_within(&self) -> Duration {
        seconds(self.settle_proof_seconds)
    }

    pub(crate) fn heads_interval(&self) -> Duration {
        seconds(self.heads_interval_seconds)
    }

    /// Returns how to work.
    ///
    /// # Errors
    /// When the table of prices of the model cannot be read.
    pub(crate) fn options(
        &self,
        marketplaces: &MarketplaceSettings,
        model: &ModelSettings,
        embedder: Option<Embedder>,
        post: Post,
    ) -> anyhow::Result<WorkOptions> {
        let read_after = &self.settle_read_after_seconds;
        let delta = |seconds: u32| TimeDelta::seconds(seconds.into());
        Ok(WorkOptions {
            addresses: marketplaces.addresses(),
            sync_intervals: SyncIntervals {
                feedback: seconds(self.sync_interval_seconds),
                chats: seconds(self.chat_sync_interval_seconds),
                after_failure: seconds(self.sync_retry_seconds),
            },
            lease: seconds(self.lease_seconds),
            settle: SettlePolicy {
                read_after: read_after.iter().copied().map(delta).collect(),
                proof_age: delta(self.settle_proof_seconds),
            },
            confirm_after: seconds(self.confirm_after_seconds),
            projection_lease: seconds(self.projection_lease_seconds),
            model: model.options()?,
            compared: model.compared()?,
            embedder,
            automatic_replies: marketplaces.automatic_replies,
            post,
        })
    }
}

/// How the process ends.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Process")]
pub(crate) struct StopSettings {
    /// How long requests and calls under way may take at the stop, in seconds; later ones are broken off, which loses
    /// nothing
    #[arg(long, env = "AGENTIQ_SHUTDOWN_SECONDS", value_name = "SECONDS", default_value = "10",
        value_parser = clap::value_parser!(u32).range(1..=600))]
    shutdown_seconds: u32,

    /// For how much of that time, in seconds, requests are still taken while readiness says that they should go
    /// elsewhere: a balancer in front looks that often. At most half of it
    #[arg(long, env = "AGENTIQ_SHUTDOWN_NOTICE_SECONDS", value_name = "SECONDS", default_value = "1",
        value_parser = clap::value_parser!(u32).range(0..=300))]
    shutdown_notice_seconds: u32,
}

impl StopSettings {
    /// Returns how long new requests are taken after a stop was asked for.
    pub(crate) fn notice(&self) -> Duration {
        seconds(self.shutdown_notice_seconds).min(seconds(self.shutdown_seconds) / 2)
    }

    /// Returns how long what is under way may take after that.
    pub(crate) fn limit(&self) -> Duration {
        seconds(self.shutdown_seconds).saturating_sub(self.notice())
    }
}

/// What is written to standard error.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Process")]
pub(crate) struct LogSettings {
    /// Form of the log: for people, or a JSON object a line
    #[arg(
        long,
        env = "AGENTIQ_LOG_FORMAT",
        value_name = "FORM",
        default_value = "text",
        global = true
    )]
    pub(crate) log_format: LogFormat,

    /// What is logged: a level (error, warn, info, debug, trace), or levels by part, such as `info,api=debug`
    #[arg(
        long,
        env = "AGENTIQ_LOG",
        value_name = "LEVELS",
        default_value = "info,sqlx=warn",
        global = true
    )]
    pub(crate) log: String,
}

/// Form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// A JSON object a line.
    Json,
}

fn seconds(count: u32) -> Duration {
    Duration::from_secs(count.into())
}

fn time_of_day(text: &str) -> Result<NaiveTime, String> {
    NaiveTime::parse_from_str(text, "%H:%M").map_err(|_| "expected hours and minutes".to_owned())
}

fn base_url(text: &str) -> Result<String, String> {
    let uri: Uri = text.parse().map_err(|error| format!("not a URL: {error}"))?;
    let known = matches!(uri.scheme_str(), Some("http" | "https"));
    if known && uri.authority().is_some() && uri.query().is_none() {
        Ok(text.trim_end_matches('/').to_owned())
    } else {
        Err("expected http:// or https:// and a host, perhaps with a path".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_a_marketplace_has_a_scheme_and_a_host() {
        assert_eq!(base_url("http://127.0.0.1:9000/").as_deref(), Ok("http://127.0.0.1:9000"));
        assert_eq!(base_url("http://[::1]:9/ozon/").as_deref(), Ok("http://[::1]:9/ozon"));
        for text in ["", "127.0.0.1:9000", "ftp://a", "/api", "https://a/?x=1", "не адрес"] {
            assert!(base_url(text).is_err(), "{text}");
        }
    }

    #[test]
    fn one_address_tells_where_all_hosts_of_wildberries_are() {
        #[derive(clap::Parser)]
        struct Given {
            #[command(flatten)]
            settings: MarketplaceSettings,
        }
        let addresses = |arguments: &[&str]| {
            let arguments = std::iter::once("agentiq").chain(arguments.iter().copied());
            <Given as clap::Parser>::parse_from(arguments).settings.addresses()
        };
        let chats = |arguments: &[&str]| addresses(arguments).wildberries_chats;
        let returns = |arguments: &[&str]| addresses(arguments).wildberries_returns;
        assert_eq!(chats(&[]), "https://buyer-chat-api.wildberries.ru");
        assert_eq!(returns(&[]), "https://returns-api.wildberries.ru");
        let sandbox = "--wildberries-url=http://127.0.0.1:9000/";
        assert_eq!(chats(&[sandbox]), "http://127.0.0.1:9000/buyer-chat-api");
        assert_eq!(returns(&[sandbox]), "http://127.0.0.1:9000/returns-api");
        let other = "--wildberries-chats-url=http://127.0.0.1:9001";
        assert_eq!(chats(&[sandbox, other]), "http://127.0.0.1:9001");
    }
}

//! By what sellers can be told of alerts outside the console.

use adapters::notice::{Networks, Post, PostOptions, Smtp, Telegram};
use clap::{Args, ValueEnum};
use secrecy::SecretString;

use super::base_url;

/// By what sellers can be told of alerts outside the console.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Notices of alerts")]
pub(crate) struct NoticeSettings {
    /// The mail server, smtps://name:password@host or smtp://name:password@host:587?tls=required. The same for `api` and
    /// `work`, as all of these. Without it, nobody is told by e-mail. Better in the environment than on the command line
    #[arg(
        long,
        env = "AGENTIQ_SMTP_URL",
        value_name = "URL",
        hide_env_values = true,
        requires = "smtp_from"
    )]
    smtp_url: Option<SecretString>,

    /// Whom e-mails are from: an address that the mail server lets you send from, perhaps "AgentIQ <alerts@example.ru>"
    #[arg(long, env = "AGENTIQ_SMTP_FROM", value_name = "ADDRESS", requires = "smtp_url")]
    smtp_from: Option<String>,

    /// The token of the bot of Telegram. Without it, nobody is told by Telegram. Better in the environment than on the
    /// command line
    #[arg(long, env = "AGENTIQ_TELEGRAM_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    telegram_token: Option<SecretString>,

    /// Telegram's Bot API, or a server of your own in its place
    #[arg(long, env = "AGENTIQ_TELEGRAM_URL", value_name = "URL",
        default_value = "https://api.telegram.org", value_parser = base_url)]
    telegram_url: String,

    /// Where webhooks of sellers may go. `any` lets them into your own network: only where you trust whoever signs up
    #[arg(
        long,
        env = "AGENTIQ_WEBHOOK_NETWORKS",
        value_name = "WHICH",
        default_value = "internet"
    )]
    webhook_networks: WebhookNetworks,

    /// Where people find the console, such as https://agentiq.example.ru, for links in what they are told
    #[arg(long, env = "AGENTIQ_CONSOLE_URL", value_name = "URL", value_parser = base_url)]
    console_url: Option<String>,
}

/// Where webhooks may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum WebhookNetworks {
    /// To addresses of the Internet, encrypted.
    Internet,
    /// Into private networks as well, and to this machine in clear.
    Any,
}

impl NoticeSettings {
    /// Prepares the ways.
    ///
    /// # Errors
    /// When an address cannot be used, or TLS cannot be set up.
    pub(crate) fn post(&self) -> anyhow::Result<Post> {
        let smtp = self.smtp_url.clone().zip(self.smtp_from.clone());
        Post::new(PostOptions {
            smtp: smtp.map(|(url, from)| Smtp { url, from }),
            telegram: self
                .telegram_token
                .clone()
                .map(|token| Telegram { url: self.telegram_url.clone(), token }),
            webhooks: match self.webhook_networks {
                WebhookNetworks::Internet => Networks::Internet,
                WebhookNetworks::Any => Networks::Any,
            },
            console: self.console_url.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use adapters::notice::Medium;
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Given {
        #[command(flatten)]
        settings: NoticeSettings,
    }

    fn post(arguments: &[&str]) -> anyhow::Result<Post> {
        _ = rustls::crypto::ring::default_provider().install_default();
        let arguments = std::iter::once("agentiq").chain(arguments.iter().copied());
        Given::try_parse_from(arguments)?.settings.post()
    }

    #[test]
    fn a_way_that_is_not_set_up_is_not_offered() {
        let bare = post(&[]).unwrap();
        assert!(bare.offers(Medium::Webhook));
        assert!(!bare.offers(Medium::Email) && !bare.offers(Medium::Telegram));
        let mail = ["--smtp-url=smtps://a:b@mail.example.ru", "--smtp-from=AgentIQ <a@example.ru>"];
        assert!(post(&mail).unwrap().offers(Medium::Email));
        assert!(post(&["--telegram-token=1:a"]).unwrap().offers(Medium::Telegram));
    }

    #[test]
    fn what_cannot_be_used_is_refused_at_the_start() {
        let from = "--smtp-from=a@example.ru";
        for (arguments, told) in [
            (&["--smtp-url=smtps://mail.example.ru"][..], "--smtp-from"),
            (&[from], "--smtp-url"),
            (&["--smtp-url=mail.example.ru", from], "mail server"),
            (&["--smtp-url=smtp://a:b@mail.example.ru", from], "tls=required"),
            (&["--smtp-url=smtps://mail.example.ru", "--smtp-from=nobody"], "sender"),
            (&["--telegram-token=1:a", "--telegram-url=http://example.ru"], "https"),
            (&["--console-url=example.ru"], "console"),
        ] {
            let error = format!("{:#}", post(arguments).err().unwrap());
            assert!(error.contains(told), "{error}");
        }
        for url in ["smtp://127.0.0.1:2525", "smtp://a:b@mail.example.ru:587?tls=required"] {
            assert!(post(&[&format!("--smtp-url={url}"), from]).is_ok(), "{url}");
        }
    }
}

//! Letters to one person about signing in: they hold a link that is nobody else's business.

use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};

use super::words::plain;

/// What a letter is about.
#[derive(Debug, Clone)]
pub enum Letter {
    /// Somebody may come in.
    Invitation {
        /// The seller's name.
        seller: String,
        /// What lets them in.
        token: SecretString,
    },
    /// Somebody may choose another password.
    PasswordReset {
        /// What lets them.
        token: SecretString,
    },
}

impl Letter {
    pub(super) fn title(&self) -> String {
        match self {
            Self::Invitation { seller, .. } => {
                format!("AgentIQ: приглашение — {}", plain(seller))
            }
            Self::PasswordReset { .. } => "AgentIQ: новый пароль".to_owned(),
        }
    }

    pub(super) fn text(&self, console: &Url) -> String {
        let link = self.link(console);
        match self {
            Self::Invitation { seller, .. } => format!(
                "Вас приглашают отвечать покупателям вместе с «{}» в AgentIQ.\n\nЧтобы войти, откройте ссылку и \
                 задайте пароль. Она действует неделю и только один раз:\n{link}\n\nЕсли вы этого не ждали, ничего не \
                 делайте: без ссылки никто не войдёт.\n",
                plain(seller)
            ),
            Self::PasswordReset { .. } => format!(
                "Кто-то попросил сменить пароль вашего входа в AgentIQ.\n\nЧтобы задать новый пароль, откройте ссылку. \
                 Она действует час и только один раз:\n{link}\n\nЕсли это были не вы, ничего не делайте: прежний \
                 пароль остаётся.\n"
            ),
        }
    }

    /// Returns the link. What lets in stands behind `#`, which browsers tell no server and no page that is opened next.
    fn link(&self, console: &Url) -> String {
        let (path, token) = match self {
            Self::Invitation { token, .. } => ("join", token),
            Self::PasswordReset { token } => ("reset", token),
        };
        let mut url = console.join(path).unwrap_or_else(|_| console.clone());
        url.set_fragment(Some(token.expose_secret()));
        url.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_has_one_link_and_the_secret_of_it_reaches_no_server() {
        let console = Url::parse("https://agentiq.example.ru/").unwrap();
        let seller = "Выиграли! evil.example http://evil.example".to_owned();
        let letter = Letter::Invitation { seller, token: "aiq_join_a".into() };
        let text = letter.text(&console);
        assert!(text.contains("\nhttps://agentiq.example.ru/join#aiq_join_a\n"), "{text}");
        assert_eq!(text.matches("://").count(), 1, "{text}");
        assert!(!text.contains("evil.example"), "{text}");
        assert!(!format!("{letter:?}").contains("aiq_join_a"));
        let reset = Letter::PasswordReset { token: "aiq_reset_b".into() };
        assert!(reset.text(&console).contains("/reset#aiq_reset_b\n"));
    }
}

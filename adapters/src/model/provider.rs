//! Who runs the model, and in what providers of the same API differ.

use reqwest::Url;
use strum::IntoStaticStr;

/// Who runs the model. All speak OpenAI's API; each adds to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Provider {
    /// DeepSeek: thinks unless told not to, knows no schemas, and leaves an answer blank that is no JSON.
    DeepSeek,
    /// OpenAI: holds the model to a schema; some models reason unless told not to.
    OpenAi,
    /// Anybody else, or a model of one's own: what all understand.
    Other,
}

impl Provider {
    /// Tells who is behind an address.
    #[must_use]
    pub fn of(url: &Url) -> Self {
        let host = url.host_str().unwrap_or_default();
        let is_of = |domain: &str| host == domain || host.ends_with(&format!(".{domain}"));
        if is_of("deepseek.com") {
            Self::DeepSeek
        } else if is_of("openai.com") {
            Self::OpenAi
        } else {
            Self::Other
        }
    }

    /// Returns the word used in events, SQL and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_known_by_its_host_and_not_by_a_part_of_it() {
        let of = |url: &str| Provider::of(&Url::parse(url).unwrap());
        assert_eq!(of("https://api.deepseek.com"), Provider::DeepSeek);
        assert_eq!(of("https://api.openai.com/v1"), Provider::OpenAi);
        assert_eq!(of("https://notopenai.com/v1"), Provider::Other);
        assert_eq!(of("http://127.0.0.1:8000/v1"), Provider::Other);
    }
}

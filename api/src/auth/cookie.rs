//! The console's cookie.

use axum::http::HeaderMap;
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use secrecy::{ExposeSecret as _, SecretString};

use super::session::COOKIE_LASTS;

/// In which form the cookie is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CookieForm {
    /// `__Host-agentiq`, which browsers take over TLS or from this machine only.
    #[default]
    Secure,
    /// `agentiq`, for plain HTTP over a network that is trusted.
    Plain,
}

impl CookieForm {
    fn name(self) -> &'static str {
        match self {
            Self::Secure => "__Host-agentiq",
            Self::Plain => "agentiq",
        }
    }

    /// Returns the token that came with a request.
    pub(super) fn read(self, headers: &HeaderMap) -> Option<SecretString> {
        let jar = CookieJar::from_headers(headers);
        jar.get(self.name()).map(|cookie| cookie.value().into())
    }

    /// Writes the header that hands the token to the browser.
    pub(crate) fn set(self, token: &SecretString) -> String {
        let seconds = i64::try_from(COOKIE_LASTS.as_secs()).unwrap_or(i64::MAX);
        self.write(token.expose_secret(), seconds)
    }

    /// Writes the header that takes it back.
    pub(crate) fn unset(self) -> String {
        self.write("", 0)
    }

    fn write(self, value: &str, seconds: i64) -> String {
        let mut cookie = Cookie::new(self.name(), value);
        cookie.set_http_only(true);
        cookie.set_secure(self == Self::Secure);
        cookie.set_same_site(SameSite::Lax);
        cookie.set_path("/");
        let header = cookie.to_string();
        format!("{header}; Max-Age={seconds}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_bound_to_this_host_and_hidden_from_scripts() {
        assert_eq!(
            CookieForm::Secure.set(&"token".into()),
            "__Host-agentiq=token; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=604800"
        );
        assert!(CookieForm::Plain.unset().starts_with("agentiq=; HttpOnly; SameSite=Lax; Path=/"));
    }
}

//! Finds out who is calling before any handler runs, and keeps other sites from using the console's cookie.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use commands::{Actor, Context};
use domain::{TenantId, UserId};
use secrecy::SecretString;
use uuid::Uuid;

use super::session::{Session, SessionKind, TokenHash, resolve};
use crate::app::App;
use crate::error::{ApiError, Code};
use crate::extract::header_text;

/// Who is calling.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) session: Session,
    pub(crate) token: TokenHash,
}

/// Why nobody is known to be calling.
#[derive(Debug, Clone, Copy)]
struct Ended;

impl Caller {
    pub(crate) fn tenant(&self) -> TenantId {
        self.session.tenant
    }

    pub(crate) fn actor(&self) -> Actor {
        Actor::User(self.user_id())
    }

    pub(crate) fn user_id(&self) -> UserId {
        self.session.user_id
    }

    /// Returns the key of whoever it is among the people.
    pub(crate) fn person(&self) -> (TenantId, UserId) {
        (self.tenant(), self.user_id())
    }

    /// Returns what a command of theirs is carried out under.
    pub(crate) fn context(&self, command_id: Uuid) -> Context {
        Context::repeatable(self.tenant(), self.actor(), command_id)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        match parts.extensions.get::<Self>() {
            Some(caller) => Ok(caller.clone()),
            None if parts.extensions.get::<Ended>().is_some() => {
                Err(ApiError::new(Code::SessionEnded))
            }
            None => Err(ApiError::new(Code::Unauthenticated)),
        }
    }
}

/// Resolves the session of a request. A request without one goes on: handlers that need a caller ask for [`Caller`].
pub(crate) async fn authenticate(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let bearer = bearer(request.headers());
    let by_cookie = bearer.is_none();
    let Some(token) = bearer.or_else(|| app.settings.cookie.read(request.headers())) else {
        return Ok(next.run(request).await);
    };
    let hash = TokenHash::of(&token);
    let Some(session) = resolve(&app.db, &hash).await? else {
        request.extensions_mut().insert(Ended);
        return Ok(next.run(request).await);
    };
    if by_cookie && is_unsafe(request.method()) && !is_same_origin(request.headers()) {
        return Err(ApiError::new(Code::CrossOrigin));
    }
    let prolonged = session.prolonged && session.kind == SessionKind::Cookie;
    request.extensions_mut().insert(Caller { session, token: hash });
    let mut response = next.run(request).await.into_response();
    // Not over a cookie that the handler itself has set or taken back.
    if prolonged && !response.headers().contains_key(SET_COOKIE) {
        let cookie = app.settings.cookie.set(&token);
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().insert(SET_COOKIE, value);
        }
    }
    Ok(response)
}

/// Refuses a request that says of itself that another site made it, where there is no session yet to tell by: a site
/// must not sign a browser in to somebody else's account.
pub(crate) fn refuse_cross_origin_evidence(headers: &HeaderMap) -> Result<(), ApiError> {
    let tells = headers.contains_key(SEC_FETCH_SITE) || headers.contains_key(ORIGIN);
    if tells && !is_same_origin(headers) {
        return Err(ApiError::new(Code::CrossOrigin));
    }
    Ok(())
}

/// Tells whether a method may change something.
pub(crate) fn is_unsafe(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Set by browsers, out of reach of scripts.
const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// Tells whether a request demonstrably comes from a page of this site.
fn is_same_origin(headers: &HeaderMap) -> bool {
    if let Some(site) = header_text(headers, SEC_FETCH_SITE) {
        return site == "same-origin";
    }
    let origin = header_text(headers, ORIGIN).and_then(|origin| origin.split_once("://"));
    match (origin, header_text(headers, HOST)) {
        (Some((_, origin)), Some(host)) => origin.eq_ignore_ascii_case(host),
        _ => false,
    }
}

fn bearer(headers: &HeaderMap) -> Option<SecretString> {
    let (scheme, token) = header_text(headers, AUTHORIZATION)?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        list.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn only_a_page_of_this_site_may_use_the_cookie() {
        for (list, same) in [
            (vec![("sec-fetch-site", "same-origin")], true),
            (vec![("sec-fetch-site", "same-site")], false),
            (vec![("sec-fetch-site", "cross-site"), ("origin", "http://a"), ("host", "a")], false),
            (vec![("origin", "https://a.ru"), ("host", "a.ru")], true),
            (vec![("origin", "https://a.ru:8443"), ("host", "a.ru")], false),
            (vec![("origin", "null"), ("host", "a.ru")], false),
            (vec![("host", "a.ru")], false),
        ] {
            assert_eq!(is_same_origin(&headers(&list)), same, "{list:?}");
        }
    }

    #[test]
    fn a_program_that_tells_nothing_about_its_origin_may_sign_in() {
        assert!(refuse_cross_origin_evidence(&headers(&[("host", "a.ru")])).is_ok());
        let other = headers(&[("host", "a.ru"), ("origin", "https://b.ru")]);
        assert!(refuse_cross_origin_evidence(&other).is_err());
    }
}

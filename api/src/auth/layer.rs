//! Finds out who is calling and whether they may, before any handler runs, and keeps other sites from using the console's
//! cookie.

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::header::{ALLOW, AUTHORIZATION, HOST, ORIGIN, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use commands::{Actor, Context};
use domain::access::Permission;
use domain::{TenantId, UserId};
use eventlog::Db;
use secrecy::SecretString;
use uuid::Uuid;

use super::people::Person;
use super::session::{self, SessionKind, TokenHash};
use super::tokens;
use crate::access::{self, Need};
use crate::app::App;
use crate::error::{ApiError, Code};
use crate::extract::header_text;
use crate::router::BASE;

/// Who is calling.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) who: Person,
    pub(crate) by: By,
    pub(crate) token: TokenHash,
}

/// By what a caller is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// A session of their own.
    Session(SessionKind),
    /// A token that they made for a program.
    ApiToken,
}

impl Caller {
    pub(crate) fn tenant(&self) -> TenantId {
        self.who.tenant
    }

    /// Tells whether they still may do something, now.
    pub(crate) async fn still_may(&self, db: &Db, permission: Permission) -> sqlx::Result<bool> {
        let standing = match self.by {
            By::Session(_) => session::standing(db, &self.token).await?,
            By::ApiToken => tokens::resolve(db, &self.token).await?.map(|who| who.standing),
        };
        Ok(standing.is_some_and(|it| it.permissions.contains(&permission)))
    }

    pub(crate) fn actor(&self) -> Actor {
        Actor::User(self.user_id())
    }

    pub(crate) fn user_id(&self) -> UserId {
        self.who.user_id
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
        let caller = parts.extensions.get::<Self>();
        caller.cloned().ok_or_else(|| ApiError::new(Code::Unauthenticated))
    }
}

/// Finds out who is calling and lets the request go on if they may call what they call.
pub(crate) async fn authenticate(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let path = request.extensions().get::<MatchedPath>().cloned();
    let path = path.as_ref().and_then(|path| path.as_str().strip_prefix(BASE)).unwrap_or_default();
    let Some(need) = access::need(request.method(), path) else { return Ok(not_offered(path)) };
    if need == Need::Nothing {
        return Ok(next.run(request).await);
    }
    let bearer = bearer(request.headers());
    let by_cookie = bearer.is_none();
    let Some(token) = bearer.or_else(|| app.settings.cookie.read(request.headers())) else {
        return Err(ApiError::new(Code::Unauthenticated));
    };
    let (caller, prolonged) =
        known(&app.db, &token).await?.ok_or_else(|| ApiError::new(Code::SessionEnded))?;
    if by_cookie && is_unsafe(request.method()) && !is_same_origin(request.headers()) {
        return Err(ApiError::new(Code::CrossOrigin));
    }
    check(need, &caller)?;
    request.extensions_mut().insert(caller);
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

/// Finds out whose a token is, and whether the browser must be told that its cookie lasts longer.
async fn known(db: &Db, token: &SecretString) -> sqlx::Result<Option<(Caller, bool)>> {
    let hash = TokenHash::of(token);
    if tokens::is_one(token) {
        let who = tokens::resolve(db, &hash).await?;
        return Ok(who.map(|who| (Caller { who, by: By::ApiToken, token: hash }, false)));
    }
    let session = session::resolve(db, &hash).await?;
    Ok(session.map(|session| {
        let prolonged = session.prolonged && session.kind == SessionKind::Cookie;
        (Caller { who: session.person, by: By::Session(session.kind), token: hash }, prolonged)
    }))
}

fn check(need: Need, caller: &Caller) -> Result<(), ApiError> {
    if cfg!(feature = "sabotage-open-doors") {
        return Ok(());
    }
    match need {
        Need::Person if caller.by == By::ApiToken => Err(ApiError::new(Code::PersonNeeded)),
        Need::Nothing | Need::Caller | Need::Person => Ok(()),
        Need::May(permission) if caller.who.standing.permissions.contains(&permission) => Ok(()),
        Need::May(permission) => {
            Err(ApiError::new(Code::PermissionMissing).detail(access::missing(permission)))
        }
    }
}

fn not_offered(path: &str) -> Response {
    let methods: Vec<String> = access::methods(path).map(|it| it.to_string()).collect();
    let allowed = HeaderValue::from_str(&methods.join(",")).ok();
    let mut response = StatusCode::METHOD_NOT_ALLOWED.into_response();
    if let Some(allowed) = allowed {
        response.headers_mut().insert(ALLOW, allowed);
    }
    response
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

//! The console's files, which are part of the program.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri};
use axum::response::{Html, IntoResponse as _};
use rust_embed::{Embed, EmbeddedFile};

use crate::error::{ApiError, Code};
use crate::extract::header_text;

/// What `npm run build` made of `web/`.
#[derive(Embed)]
#[folder = "../web/dist"]
struct Files;

/// The page that every route of the console begins with.
const INDEX: &str = "index.html";

/// Where files have the digest of their content in their names.
const HASHED: &str = "assets/";

const NOT_BUILT: &str = "<!doctype html><html lang=\"ru\"><meta charset=\"utf-8\"><title>AgentIQ</title>\
    <h1>Консоль не собрана</h1><p>Программа собрана без консоли. Соберите её: <code>cd web &amp;&amp; npm ci &amp;&amp; \
    npm run build</code>, затем соберите программу ещё раз.</p><p>API работает: <a href=\"/api/docs/\">/api/docs</a>.</p></html>";

/// Answers for every address that is no route of the API.
pub(crate) async fn console(method: Method, uri: Uri, headers: HeaderMap) -> Response<Body> {
    let path = uri.path().trim_start_matches('/');
    if path.starts_with("api/") || path == "api" || path.starts_with("health/") {
        return ApiError::new(Code::RouteNotFound).into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return ApiError::new(Code::MethodNotAllowed).into_response();
    }
    if let Some(file) = Files::get(path).filter(|_| !path.is_empty()) {
        return send(path, file, &headers);
    }
    // A missing file is not a route: a page in its place would be run as a script.
    if path.starts_with(HASHED) || path.rsplit('/').next().is_some_and(|name| name.contains('.')) {
        return ApiError::new(Code::RouteNotFound).into_response();
    }
    match Files::get(INDEX) {
        Some(index) => send(INDEX, index, &headers),
        None => (StatusCode::SERVICE_UNAVAILABLE, Html(NOT_BUILT)).into_response(),
    }
}

fn send(path: &str, file: EmbeddedFile, headers: &HeaderMap) -> Response<Body> {
    let tag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..16]));
    let caching = if path.starts_with(HASHED) {
        "public, max-age=31536000, immutable"
    } else {
        // Asked for again each time, so that a new release is seen at once.
        "no-cache"
    };
    let mut response = if header_text(headers, IF_NONE_MATCH) == Some(tag.as_str()) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = Response::new(Body::from(file.data));
        let kind = mime_guess::from_path(path).first_or_octet_stream();
        let kind = if kind.type_() == "text" {
            format!("{kind}; charset=utf-8")
        } else {
            kind.to_string()
        };
        if let Ok(kind) = HeaderValue::from_str(&kind) {
            response.headers_mut().insert(CONTENT_TYPE, kind);
        }
        response
    };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

//! Parsing of requests: bodies, names in them, parameters and addresses, with refusals that name the field.

mod explain;

use axum::body::Bytes as Body;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use self::explain::explain;
use crate::error::{ApiError, Code};

/// A JSON body, in and out.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::new(Code::UnsupportedMediaType));
        }
        let bytes = Body::from_request(request, state).await.map_err(unreadable)?;
        parse(&bytes).map(Json)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// A JSON body that may be missing altogether.
pub(crate) struct OptionalJson<T>(pub(crate) T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for OptionalJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let json = is_json(request.headers());
        let bytes = Body::from_request(request, state).await.map_err(unreadable)?;
        match (bytes.is_empty(), json) {
            (true, _) => Ok(Self(T::default())),
            (false, true) => parse(&bytes).map(Self),
            (false, false) => Err(ApiError::new(Code::UnsupportedMediaType)),
        }
    }
}

/// A body as it came.
pub(crate) struct Bytes(pub(crate) Body);

impl<S: Send + Sync> FromRequest<S> for Bytes {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        Body::from_request(request, state).await.map(Self).map_err(unreadable)
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    // Serde would take a list for the fields in their order.
    if bytes.trim_ascii_start().first().is_some_and(|first| b"[\"-0123456789tfn".contains(first)) {
        return Err(ApiError::new(Code::InvalidBody).field("body", "ожидается объект"));
    }
    let json = &mut serde_json::Deserializer::from_slice(bytes);
    let value: T = serde_path_to_error::deserialize(&mut *json).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        if error.is_data() {
            let (field, message) = explain(&path, &error.to_string());
            ApiError::new(Code::InvalidBody).field(field, message)
        } else {
            malformed(&error)
        }
    })?;
    json.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

fn malformed(error: &serde_json::Error) -> ApiError {
    ApiError::new(Code::MalformedJson).detail(format!(
        "Тело запроса не читается как JSON: ошибка в строке {}, позиция {}.",
        error.line(),
        error.column(),
    ))
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = content_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/json")
}

fn unreadable(rejection: BytesRejection) -> ApiError {
    use BytesRejection::FailedToBufferBody as Failed;

    if matches!(rejection, Failed(FailedToBufferBody::LengthLimitError(_))) {
        return ApiError::new(Code::BodyTooLarge);
    }
    // The client went away, or its compressed bytes do not unpack.
    ApiError::new(Code::MalformedJson).because(rejection)
}

/// Parts of the address.
pub(crate) struct Path<T>(pub(crate) T);

impl<T, S> FromRequestParts<S> for Path<T>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|path| Self(path.0)).map_err(|_| ApiError::new(Code::BadPath))
    }
}

/// Parameters after `?`.
pub(crate) struct Query<T>(pub(crate) T);

impl<T, S> FromRequestParts<S> for Query<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let pairs = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let query = serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs));
        query.map(Self).map_err(|error| {
            let (field, message) = explain(&error.path().to_string(), &error.inner().to_string());
            ApiError::new(Code::BadQuery).field(field, message)
        })
    }
}

/// Reads a name that people give: up to `chars_max` characters on one line. Control characters are refused, since the
/// log takes no NUL and no list shows the others.
pub(crate) fn name(field: &str, text: &str, chars_max: usize) -> Result<String, ApiError> {
    let name = text.trim();
    let message = if name.is_empty() || name.chars().count() > chars_max {
        format!("нужно от 1 до {chars_max} знаков")
    } else if name.chars().any(char::is_control) {
        "без переносов строк и других управляющих знаков".to_owned()
    } else {
        return Ok(name.to_owned());
    };
    Err(ApiError::new(Code::InvalidBody).field(field, message))
}

/// A header of the request as text; none when it is missing or not text.
pub(crate) fn header_text(headers: &HeaderMap, name: impl header::AsHeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

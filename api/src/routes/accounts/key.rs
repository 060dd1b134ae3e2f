//! Keys as people give them.

use adapters::cabinets::CabinetKey;
use secrecy::{ExposeSecret as _, SecretString};

use crate::error::{ApiError, Code};

/// Longest key, in bytes. Wildberries' are JWTs of about 500.
const TOKEN_BYTES_MAX: usize = 8192;

/// The numbers by which marketplaces know a cabinet.
pub(super) struct Numbers {
    pub(super) client_id: Option<String>,
    pub(super) business_id: Option<String>,
}

/// Puts a key together as its marketplace gives it.
pub(super) fn key(
    marketplace: domain::Marketplace,
    secret: &SecretString,
    numbers: &Numbers,
) -> Result<CabinetKey, ApiError> {
    use domain::Marketplace as M;

    let refused = |field, message| ApiError::new(Code::InvalidBody).field(field, message);
    let given = |id: &Option<String>| {
        id.as_deref().map(str::trim).filter(|id| !id.is_empty()).map(ToOwned::to_owned)
    };
    match (marketplace, given(&numbers.client_id), given(&numbers.business_id)) {
        (M::Wildberries, None, None) => Ok(CabinetKey::Wildberries { token: token(secret)? }),
        (M::Ozon, Some(client_id), None) if is_number(&client_id) => {
            Ok(CabinetKey::Ozon { client_id, api_key: token(secret)? })
        }
        (M::YandexMarket, None, Some(business_id)) if is_number(&business_id) => {
            Ok(CabinetKey::YandexMarket { business_id, api_key: token(secret)? })
        }
        (M::Wildberries, Some(_), _) => {
            Err(refused("client_id", "у ключа Wildberries нет Client-Id"))
        }
        (M::YandexMarket, Some(_), _) => {
            Err(refused("client_id", "у ключа Яндекс Маркета нет Client-Id"))
        }
        (M::Wildberries | M::Ozon, _, Some(_)) => {
            Err(refused("business_id", "идентификатор кабинета есть только у Яндекс Маркета"))
        }
        (M::Ozon, _, None) => Err(refused(
            "client_id",
            "нужен Client-Id кабинета Ozon: число со страницы «API-ключи»",
        )),
        (M::YandexMarket, None, _) => Err(refused(
            "business_id",
            "нужен идентификатор кабинета Яндекс Маркета: число со страницы «API и модули»",
        )),
    }
}

/// Ozon's and Yandex.Market's are numbers; the bound is ours.
fn is_number(id: &str) -> bool {
    id.len() <= 20 && id.bytes().all(|byte| byte.is_ascii_digit())
}

/// Takes a key that can stand in a header; people paste them with white space around.
pub(super) fn token(secret: &SecretString) -> Result<SecretString, ApiError> {
    let text = secret.expose_secret().trim();
    let sound = !text.is_empty()
        && text.len() <= TOKEN_BYTES_MAX
        && text.bytes().all(|byte| byte.is_ascii_graphic());
    if !sound {
        let message = "ключ состоит из латинских букв, цифр и знаков, без пробелов";
        return Err(ApiError::new(Code::CredentialRejected).field("token", message));
    }
    Ok(text.into())
}

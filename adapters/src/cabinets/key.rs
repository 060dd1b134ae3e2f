//! The key of a cabinet, in the shape that its marketplace gives it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::{AccountId, Marketplace, TenantId};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::wildberries;

/// What a marketplace gave the seller to let a program in. `Debug` shows no secret.
#[derive(Debug, Clone)]
pub enum CabinetKey {
    /// One token, a JWT.
    Wildberries {
        /// The token.
        token: SecretString,
    },
    /// A key of the cabinet with this number.
    Ozon {
        /// `Client-Id`: the cabinet's number, no secret.
        client_id: String,
        /// `Api-Key`.
        api_key: SecretString,
    },
    /// A key of the cabinet with this number.
    YandexMarket {
        /// `businessId`: the cabinet's number, no secret.
        business_id: String,
        /// `Api-Key`.
        api_key: SecretString,
    },
}

/// A key of two parts as it is sealed.
#[derive(Serialize, Deserialize)]
struct OzonParts<'a> {
    client_id: &'a str,
    api_key: &'a str,
}

/// A key of two parts as it is sealed.
#[derive(Serialize, Deserialize)]
struct YandexParts<'a> {
    business_id: &'a str,
    api_key: &'a str,
}

impl CabinetKey {
    /// Returns whose key it is.
    #[must_use]
    pub fn marketplace(&self) -> Marketplace {
        match self {
            Self::Wildberries { .. } => Marketplace::Wildberries,
            Self::Ozon { .. } => Marketplace::Ozon,
            Self::YandexMarket { .. } => Marketplace::YandexMarket,
        }
    }

    /// Returns a key of the same cabinet with another secret: what the marketplace gives anew is the secret alone.
    pub(super) fn with_secret(&self, secret: SecretString) -> Self {
        match self {
            Self::Wildberries { .. } => Self::Wildberries { token: secret },
            Self::Ozon { client_id, .. } => {
                Self::Ozon { client_id: client_id.clone(), api_key: secret }
            }
            Self::YandexMarket { business_id, .. } => {
                Self::YandexMarket { business_id: business_id.clone(), api_key: secret }
            }
        }
    }

    /// Returns it as one text, to be sealed.
    pub(super) fn to_sealed_text(&self) -> anyhow::Result<SecretString> {
        match self {
            Self::Wildberries { token } => Ok(token.clone()),
            Self::Ozon { client_id, api_key } => {
                let parts = OzonParts { client_id, api_key: api_key.expose_secret() };
                Ok(serde_json::to_string(&parts)?.into())
            }
            Self::YandexMarket { business_id, api_key } => {
                let parts = YandexParts { business_id, api_key: api_key.expose_secret() };
                Ok(serde_json::to_string(&parts)?.into())
            }
        }
    }

    /// Reads what was sealed; none where no key of that marketplace was.
    pub(super) fn of_sealed_text(marketplace: Marketplace, text: &SecretString) -> Option<Self> {
        match marketplace {
            Marketplace::Wildberries => Some(Self::Wildberries { token: text.clone() }),
            Marketplace::Ozon => {
                let parts: OzonParts<'_> = serde_json::from_str(text.expose_secret()).ok()?;
                let (client_id, api_key) = (parts.client_id.to_owned(), parts.api_key.into());
                Some(Self::Ozon { client_id, api_key })
            }
            Marketplace::YandexMarket => {
                let parts: YandexParts<'_> = serde_json::from_str(text.expose_secret()).ok()?;
                let (business_id, api_key) = (parts.business_id.to_owned(), parts.api_key.into());
                Some(Self::YandexMarket { business_id, api_key })
            }
        }
    }

    /// Returns the cabinet that it names, where it names one.
    pub(super) fn cabinet(&self) -> Option<String> {
        match self {
            Self::Wildberries { token } => wildberries::seller_of(token),
            Self::Ozon { client_id: id, .. } | Self::YandexMarket { business_id: id, .. } => {
                Some(id.trim().to_owned())
            }
        }
    }

    /// Derives the cabinet's id, so that connecting it twice is harmless: from the cabinet that the key names, otherwise
    /// from a digest of the key.
    pub(super) fn account(&self, tenant: TenantId) -> AccountId {
        let identity = self.cabinet().unwrap_or_else(|| match self {
            Self::Wildberries { token: secret }
            | Self::Ozon { api_key: secret, .. }
            | Self::YandexMarket { api_key: secret, .. } => {
                BASE64.encode(Sha256::digest(secret.expose_secret().as_bytes()))
            }
        });
        let name = format!("{}|{identity}", self.marketplace().as_str());
        AccountId(Uuid::new_v5(&tenant.0, name.as_bytes()))
    }
}

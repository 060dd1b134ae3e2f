//! Where a page of a list begins, as opaque text.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Datelike as _, Utc};
use domain::{InteractionId, TenantId};
use projections::inbox::{Order, PageKey};
use uuid::Uuid;

use crate::error::{ApiError, Code};

/// First byte of every page cursor: another form of them gets another number.
const FORM: u8 = 1;

/// Form, order, tenant, time, interaction.
const CONTENT_BYTES: usize = 1 + 1 + 16 + 8 + 16;

/// What the checksum is made under. It tells a mistyped cursor from a good one; it keeps nobody out, since the tenant
/// is checked.
const CHECKSUM: Uuid = Uuid::from_u128(0x5a1e_0c67_81a4_4f0b_b3de_7d55_0c9b_92d7);

/// Where a page of a seller's list begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageCursor {
    pub(crate) tenant: TenantId,
    pub(crate) order: Order,
    pub(crate) key: PageKey,
}

impl PageCursor {
    /// Reads a cursor that came with a request of `tenant` for a list in `order`.
    pub(crate) fn read(text: &str, tenant: TenantId, order: Order) -> Result<PageKey, ApiError> {
        let cursor = Self::parse(text).ok_or_else(|| ApiError::new(Code::BadCursor))?;
        if cursor.tenant != tenant {
            return Err(ApiError::new(Code::NotFound));
        }
        if cursor.order != order {
            let detail = "Курсор выдан для списка в другом порядке.";
            return Err(ApiError::new(Code::BadCursor).detail(detail));
        }
        Ok(cursor.key)
    }

    fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (content, sum) = bytes.split_at_checked(CONTENT_BYTES)?;
        let (&[form, order], rest) = content.split_first_chunk::<2>()?;
        let (tenant, rest) = rest.split_first_chunk::<16>()?;
        let (micros, rest) = rest.split_first_chunk::<8>()?;
        let (interaction, _) = rest.split_first_chunk::<16>()?;
        let order = match order {
            0 => Order::Newest,
            1 => Order::Oldest,
            _ => return None,
        };
        let key = PageKey {
            occurred_at: DateTime::<Utc>::from_timestamp_micros(i64::from_be_bytes(*micros))?,
            interaction_id: InteractionId(Uuid::from_bytes(*interaction)),
        };
        // PostgreSQL knows no earlier time, and would fail at one made by hand.
        let sound = form == FORM && sum == checksum(content) && key.occurred_at.year() > -4712;
        sound.then_some(Self { tenant: TenantId(Uuid::from_bytes(*tenant)), order, key })
    }
}

impl fmt::Display for PageCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = match self.order {
            Order::Newest => 0,
            Order::Oldest => 1,
        };
        let content = [
            &[FORM, order],
            self.tenant.0.as_bytes().as_slice(),
            // The database keeps microseconds, so nothing is lost.
            &self.key.occurred_at.timestamp_micros().to_be_bytes(),
            self.key.interaction_id.0.as_bytes(),
        ]
        .concat();
        f.write_str(&URL_SAFE_NO_PAD.encode([content.as_slice(), &checksum(&content)].concat()))
    }
}

fn checksum(content: &[u8]) -> [u8; 4] {
    let [a, b, c, d, ..] = Uuid::new_v5(&CHECKSUM, content).into_bytes();
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;

    use super::*;

    const TENANT: TenantId = TenantId(Uuid::from_u128(1));

    fn cursor() -> PageCursor {
        let key = PageKey {
            occurred_at: DateTime::from_timestamp_micros(1_790_000_000_123_456).unwrap(),
            interaction_id: InteractionId(Uuid::from_u128(5)),
        };
        PageCursor { tenant: TENANT, order: Order::Oldest, key }
    }

    #[test]
    fn a_cursor_survives_being_written() {
        let text = cursor().to_string();
        assert_eq!(PageCursor::read(&text, TENANT, Order::Oldest).unwrap(), cursor().key);
    }

    #[test]
    fn a_changed_cursor_is_refused() {
        let text = cursor().to_string();
        for (place, letter) in text.char_indices() {
            let other = if letter == 'A' { "B" } else { "A" };
            let changed = format!("{}{other}{}", &text[..place], &text[place + 1..]);
            let refused = PageCursor::read(&changed, TENANT, Order::Oldest).unwrap_err();
            assert_eq!(refused.code(), Code::BadCursor);
        }
    }

    #[test]
    fn a_time_that_the_database_does_not_know_is_refused() {
        let before_4713_bc = Utc.with_ymd_and_hms(-4713, 12, 31, 0, 0, 0).unwrap();
        for at in [DateTime::<Utc>::MIN_UTC, before_4713_bc] {
            let key = PageKey { occurred_at: at, ..cursor().key };
            let text = PageCursor { key, ..cursor() }.to_string();
            let refused = PageCursor::read(&text, TENANT, Order::Oldest).unwrap_err();
            assert_eq!(refused.code(), Code::BadCursor, "{at}");
        }
    }

    #[test]
    fn a_cursor_of_another_seller_is_unknown() {
        let text = cursor().to_string();
        let other = TenantId(Uuid::from_u128(2));
        let refused = PageCursor::read(&text, other, Order::Oldest).unwrap_err();
        assert_eq!(refused.code(), Code::NotFound);
    }

    #[test]
    fn a_cursor_of_another_order_is_refused() {
        let refused = PageCursor::read(&cursor().to_string(), TENANT, Order::Newest).unwrap_err();
        assert_eq!(refused.code(), Code::BadCursor);
    }
}

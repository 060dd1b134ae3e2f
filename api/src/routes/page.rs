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

/// What the checksum is made under. It tells a mistyped cursor from a good one; it keeps nobody out, since the tenant
/// is checked.
const CHECKSUM: Uuid = Uuid::from_u128(0x5a1e_0c67_81a4_4f0b_b3de_7d55_0c9b_92d7);

/// Where a page of a seller's list begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageCursor {
    pub(crate) tenant: TenantId,
    pub(crate) list: List,
    pub(crate) place: Place,
}

/// A list, in the order it is read in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum List {
    /// Interactions.
    Interactions(Order),
    /// Claims for return.
    Claims,
    /// Documents and products.
    Knowledge,
    /// Drafts and replies, in the order they were decided in.
    Drafts,
    /// Drafts and replies, by how much there is to learn from them.
    Learning,
    /// Interactions, in the order they were counted in.
    Measured,
}

/// After which row a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// When the row's buyer wrote or is to be answered by, or the row was written: what its list is ordered by.
    pub(crate) occurred_at: DateTime<Utc>,
    /// What the row is of.
    pub(crate) id: Uuid,
    /// What the row scored, in a list that is in that order; 0 in others.
    pub(crate) score: i16,
}

impl List {
    /// Its number in a cursor.
    fn number(self) -> u8 {
        match self {
            Self::Interactions(Order::Newest) => 0,
            Self::Interactions(Order::Oldest) => 1,
            Self::Claims => 2,
            Self::Knowledge => 3,
            Self::Drafts => 4,
            Self::Learning => 5,
            Self::Interactions(Order::Deadline) => 6,
            Self::Measured => 7,
        }
    }

    /// Tells whether its order is that of scores, so that a cursor holds one.
    fn is_by_score(self) -> bool {
        self == Self::Learning
    }

    fn of_number(number: u8) -> Option<Self> {
        let lists = [
            Self::Interactions(Order::Newest),
            Self::Interactions(Order::Oldest),
            Self::Claims,
            Self::Knowledge,
            Self::Drafts,
            Self::Learning,
            Self::Interactions(Order::Deadline),
            Self::Measured,
        ];
        lists.into_iter().find(|list| list.number() == number)
    }
}

impl Place {
    /// The row of this id at this time.
    pub(crate) fn new(occurred_at: DateTime<Utc>, id: Uuid) -> Self {
        Self { occurred_at, id, score: 0 }
    }
}

impl From<PageKey> for Place {
    fn from(key: PageKey) -> Self {
        Self::new(key.at, key.interaction_id.0)
    }
}

impl From<Place> for PageKey {
    fn from(place: Place) -> Self {
        Self { at: place.occurred_at, interaction_id: InteractionId(place.id) }
    }
}

impl PageCursor {
    /// Reads a cursor that came with a request of `tenant` for `list`.
    pub(crate) fn read(text: &str, tenant: TenantId, list: List) -> Result<Place, ApiError> {
        let cursor = Self::parse(text).ok_or_else(|| ApiError::new(Code::BadCursor))?;
        if cursor.tenant != tenant {
            return Err(ApiError::new(Code::NotFound));
        }
        if cursor.list != list {
            let detail = "Курсор выдан для другого списка или для другого порядка.";
            return Err(ApiError::new(Code::BadCursor).detail(detail));
        }
        Ok(cursor.place)
    }

    fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (content, sum) = bytes.split_last_chunk::<4>()?;
        let (&[form, list], rest) = content.split_first_chunk::<2>()?;
        let (tenant, rest) = rest.split_first_chunk::<16>()?;
        let (micros, rest) = rest.split_first_chunk::<8>()?;
        let (id, rest) = rest.split_first_chunk::<16>()?;
        let list = List::of_number(list)?;
        let score = match rest {
            [] if !list.is_by_score() => 0,
            &[high, low] if list.is_by_score() => i16::from_be_bytes([high, low]),
            _ => return None,
        };
        let place = Place {
            occurred_at: DateTime::<Utc>::from_timestamp_micros(i64::from_be_bytes(*micros))?,
            id: Uuid::from_bytes(*id),
            score,
        };
        let sound = form == FORM && *sum == checksum(content) && is_storable(place.occurred_at);
        sound.then_some(Self { tenant: TenantId(Uuid::from_bytes(*tenant)), list, place })
    }
}

/// Tells whether PostgreSQL knows a time: at an earlier one, which only somebody's hand can make, it would fail.
pub(super) fn is_storable(time: DateTime<Utc>) -> bool {
    time.year() > -4712
}

impl fmt::Display for PageCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let score = self.place.score.to_be_bytes();
        let content = [
            [FORM, self.list.number()].as_slice(),
            self.tenant.0.as_bytes(),
            // The database keeps microseconds, so nothing is lost.
            &self.place.occurred_at.timestamp_micros().to_be_bytes(),
            self.place.id.as_bytes(),
            if self.list.is_by_score() { &score } else { &[] },
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

    const OLDEST: List = List::Interactions(Order::Oldest);
    const TENANT: TenantId = TenantId(Uuid::from_u128(1));

    fn cursor() -> PageCursor {
        let place = Place {
            occurred_at: DateTime::from_timestamp_micros(1_790_000_000_123_456).unwrap(),
            id: Uuid::from_u128(5),
            score: 0,
        };
        PageCursor { tenant: TENANT, list: OLDEST, place }
    }

    fn scored() -> PageCursor {
        let place = Place { score: 80, ..cursor().place };
        PageCursor { place, list: List::Learning, ..cursor() }
    }

    #[test]
    fn a_cursor_survives_being_written() {
        let text = cursor().to_string();
        assert_eq!(PageCursor::read(&text, TENANT, OLDEST).unwrap(), cursor().place);
        let text = scored().to_string();
        assert_eq!(PageCursor::read(&text, TENANT, List::Learning).unwrap(), scored().place);
    }

    #[test]
    fn a_changed_cursor_is_refused() {
        for cursor in [cursor(), scored()] {
            let text = cursor.to_string();
            for (place, letter) in text.char_indices() {
                let other = if letter == 'A' { "B" } else { "A" };
                let changed = format!("{}{other}{}", &text[..place], &text[place + 1..]);
                let refused = PageCursor::read(&changed, TENANT, cursor.list).unwrap_err();
                assert_eq!(refused.code(), Code::BadCursor);
            }
        }
    }

    #[test]
    fn a_time_that_the_database_does_not_know_is_refused() {
        let before_4713_bc = Utc.with_ymd_and_hms(-4713, 12, 31, 0, 0, 0).unwrap();
        for at in [DateTime::<Utc>::MIN_UTC, before_4713_bc] {
            let place = Place { occurred_at: at, ..cursor().place };
            let text = PageCursor { place, ..cursor() }.to_string();
            let refused = PageCursor::read(&text, TENANT, OLDEST).unwrap_err();
            assert_eq!(refused.code(), Code::BadCursor, "{at}");
        }
    }

    #[test]
    fn a_cursor_of_another_seller_is_unknown() {
        let text = cursor().to_string();
        let other = TenantId(Uuid::from_u128(2));
        let refused = PageCursor::read(&text, other, OLDEST).unwrap_err();
        assert_eq!(refused.code(), Code::NotFound);
    }

    #[test]
    fn a_cursor_of_another_list_or_order_is_refused() {
        for list in
            [List::Interactions(Order::Newest), List::Claims, List::Knowledge, List::Learning]
        {
            let refused = PageCursor::read(&cursor().to_string(), TENANT, list).unwrap_err();
            assert_eq!(refused.code(), Code::BadCursor);
        }
        let refused = PageCursor::read(&scored().to_string(), TENANT, List::Drafts).unwrap_err();
        assert_eq!(refused.code(), Code::BadCursor);
    }
}

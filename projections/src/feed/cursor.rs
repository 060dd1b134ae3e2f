//! A place in a seller's feed, as opaque text.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::TenantId;
use eventlog::{LogId, StoredEvent};
use uuid::Uuid;

use crate::runner::Position;

/// First byte of every cursor: another form of them gets another number.
const FORM: u8 = 2;

/// Before there were epochs. What has this form was handed out in the first.
const WITHOUT_EPOCH: u8 = 1;

/// Tenant, number, log, position.
const PLACE_BYTES: usize = 16 + 8 + 4 + 8;

/// At the end.
const CHECKSUM_BYTES: usize = 4;

/// What the checksum is made under. It tells a mistyped cursor from a good one; it keeps nobody out, since every reader
/// checks the tenant.
const CHECKSUM: Uuid = Uuid::from_u128(0x0d5b_1b3c_5f6f_4e0e_9a52_7c1f_2f8e_6a41);

/// After which event to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// Whose feed.
    pub tenant: TenantId,
    /// The event's number among the seller's events; 0 for before the first.
    pub seq: i64,
    /// The log that holds it.
    pub log: LogId,
    /// Its place in that log.
    pub pos: i64,
    /// The tag of the database's epoch that it was handed out in; 0 for the first one. A restore begins another.
    pub epoch: u32,
}

/// A text that is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor")]
pub struct CursorError;

impl Cursor {
    /// Returns the place of `event`.
    #[must_use]
    pub fn of(event: &StoredEvent) -> Self {
        let StoredEvent { tenant, tenant_seq: seq, log, pos, epoch, .. } = *event;
        Self { tenant, seq, log, pos, epoch }
    }

    /// Tells whether both name the same place, whenever they were handed out.
    #[must_use]
    pub fn is_at(self, other: Self) -> bool {
        Self { epoch: other.epoch, ..self } == other
    }

    /// Returns the place in the log, which read models are at or not.
    #[must_use]
    pub fn position(self) -> Position {
        Position { log: self.log, pos: self.pos }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let content = [
            &[FORM],
            self.tenant.0.as_bytes().as_slice(),
            &self.seq.to_be_bytes(),
            &self.log.0.to_be_bytes(),
            &self.pos.to_be_bytes(),
            &self.epoch.to_be_bytes(),
        ]
        .concat();
        f.write_str(&URL_SAFE_NO_PAD.encode([content.as_slice(), &checksum(&content)].concat()))
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorError)?;
        let length = bytes.len().checked_sub(CHECKSUM_BYTES).ok_or(CursorError)?;
        let (content, sum) = bytes.split_at(length);
        if sum != checksum(content) {
            return Err(CursorError);
        }
        let (form, rest) = content.split_first().ok_or(CursorError)?;
        let (rest, epoch) = rest.split_at_checked(PLACE_BYTES).ok_or(CursorError)?;
        let epoch = match (*form, epoch) {
            (FORM, epoch) => u32::from_be_bytes(epoch.try_into().map_err(|_| CursorError)?),
            (WITHOUT_EPOCH, []) => 0,
            _ => return Err(CursorError),
        };
        let (tenant, rest) = rest.split_first_chunk::<16>().ok_or(CursorError)?;
        let (seq, rest) = rest.split_first_chunk::<8>().ok_or(CursorError)?;
        let (log, rest) = rest.split_first_chunk::<4>().ok_or(CursorError)?;
        let (pos, rest) = rest.split_first_chunk::<8>().ok_or(CursorError)?;
        let cursor = Self {
            tenant: TenantId(Uuid::from_bytes(*tenant)),
            seq: i64::from_be_bytes(*seq),
            log: LogId(i32::from_be_bytes(*log)),
            pos: i64::from_be_bytes(*pos),
            epoch,
        };
        let sound = rest.is_empty() && cursor.seq >= 0 && cursor.pos >= 0;
        sound.then_some(cursor).ok_or(CursorError)
    }
}

fn checksum(content: &[u8]) -> [u8; 4] {
    let [a, b, c, d, ..] = Uuid::new_v5(&CHECKSUM, content).into_bytes();
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cursor() -> Cursor {
        Cursor {
            tenant: TenantId(Uuid::from_u128(7)),
            seq: 42,
            log: LogId(3),
            pos: 9000,
            epoch: 17,
        }
    }

    #[test]
    fn a_cursor_survives_being_written() {
        assert_eq!(cursor().to_string().parse(), Ok(cursor()));
    }

    #[test]
    fn a_cursor_of_before_there_were_epochs_is_of_the_first() {
        let content = [
            &[WITHOUT_EPOCH],
            cursor().tenant.0.as_bytes().as_slice(),
            &cursor().seq.to_be_bytes(),
            &cursor().log.0.to_be_bytes(),
            &cursor().pos.to_be_bytes(),
        ]
        .concat();
        let text = URL_SAFE_NO_PAD.encode([content.as_slice(), &checksum(&content)].concat());
        assert_eq!(text.parse(), Ok(Cursor { epoch: 0, ..cursor() }));
    }

    #[test]
    fn a_changed_cursor_is_refused() {
        let text = cursor().to_string();
        for (place, letter) in text.char_indices() {
            let other = if letter == 'A' { "B" } else { "A" };
            let changed = format!("{}{other}{}", &text[..place], &text[place + 1..]);
            assert_eq!(changed.parse::<Cursor>(), Err(CursorError), "{changed}");
        }
        assert_eq!(text[..text.len() - 4].parse::<Cursor>(), Err(CursorError));
        assert_eq!(format!("{text}AAAA").parse::<Cursor>(), Err(CursorError));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,80}") {
            let _ = text.parse::<Cursor>();
        }
    }
}

//! Cells that are kept are read into the sum that they belong to: tens of thousands of them are added up for a page, and
//! none of their parts is kept apart for a moment.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::Cell;

/// Reads a cell into a sum.
pub(super) struct Sum<'a>(pub(super) &'a mut Cell);

/// Reads numbers by names into sums.
struct Counts<'a>(&'a mut BTreeMap<String, i64>);

/// Reads values behind others.
struct Values<'a>(&'a mut Vec<i64>);

impl<'de> DeserializeSeed<'de> for Sum<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Sum<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("what a day counts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self(cell) = self;
        while let Some(name) = map.next_key::<&str>()? {
            match name {
                "counts" => map.next_value_seed(Counts(&mut cell.counts))?,
                "waited" => map.next_value_seed(Values(&mut cell.waited))?,
                "handled" => map.next_value_seed(Values(&mut cell.handled))?,
                "changed" => map.next_value_seed(Values(&mut cell.changed))?,
                _ => return Err(A::Error::custom(format_args!("a cell has no {name}"))),
            }
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Counts<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Counts<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("numbers by names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self(counts) = self;
        // Both are in order, so that none is searched for that is there.
        let mut sums = counts.iter_mut().peekable();
        let mut others = Vec::new();
        while let Some((name, more)) = map.next_entry::<&str, i64>()? {
            while sums.next_if(|(had, _)| had.as_str() < name).is_some() {}
            match sums.next_if(|(had, _)| had.as_str() == name) {
                Some((_, count)) => *count += more,
                None => others.push((name, more)),
            }
        }
        for (name, more) in others {
            *counts.entry(name.to_owned()).or_default() += more;
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Values<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Values<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("values")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(value) = seq.next_element()? {
            self.0.push(value);
        }
        Ok(())
    }
}

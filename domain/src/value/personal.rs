//! A buyer's personal data, marked where it stands in an event so that the log can seal it.

use std::fmt;

use serde::de::Error as _;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const KNOWN: &str = "$personal";
const ERASED: &str = "$erased";

/// Personal data, or the mark that it was erased.
///
/// In JSON `{"$personal": value}` or `{"$erased": true}`. The event log replaces the first form by ciphertext under
/// the subject's key, and yields the second once that key is destroyed. `Debug` never shows the value.
#[derive(Clone, PartialEq, Eq)]
pub enum Personal<T> {
    /// The data, in clear.
    Known(T),
    /// The subject's key was destroyed: nobody can read this any more.
    Erased,
}

impl<T> Personal<T> {
    /// Returns the data, if it was not erased.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Erased => None,
        }
    }
}

impl<T> From<T> for Personal<T> {
    fn from(value: T) -> Self {
        Self::Known(value)
    }
}

impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Known(_) => "Personal(…)",
            Self::Erased => "Personal(erased)",
        })
    }
}

impl<T: Serialize> Serialize for Personal<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self {
            Self::Known(value) => map.serialize_entry(KNOWN, value)?,
            Self::Erased => map.serialize_entry(ERASED, &true)?,
        }
        map.end()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Personal<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Form<T> {
            #[serde(rename = "$personal", default = "none")]
            known: Option<T>,
            #[serde(rename = "$erased", default)]
            erased: bool,
        }
        fn none<T>() -> Option<T> {
            None
        }

        match Form::deserialize(deserializer)? {
            Form { known: Some(value), erased: false } => Ok(Self::Known(value)),
            Form { known: None, erased: true } => Ok(Self::Erased),
            Form { .. } => Err(D::Error::custom("expected either $personal or $erased")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_never_shows_the_value() {
        assert_eq!(format!("{:?}", Personal::Known("Анна")), "Personal(…)");
    }

    #[test]
    fn both_forms_survive_json() {
        for value in [Personal::Known("Анна".to_owned()), Personal::Erased] {
            let json = serde_json::to_string(&value).unwrap();
            assert_eq!(serde_json::from_str::<Personal<String>>(&json).unwrap(), value);
        }
    }

    #[test]
    fn ciphertext_is_not_taken_for_a_value() {
        let sealed = r#"{"$enc": {"k": "…", "n": "…", "c": "…"}}"#;
        assert!(serde_json::from_str::<Personal<String>>(sealed).is_err());
    }
}

//! What a key opens, and until when.

use chrono::{DateTime, Utc};
use domain::value::Channel;
use serde_json::{Map, Value};

use super::{chats, comments, item, questions, reviews};
use crate::http::{CallError, Fields};

pub(super) const ROLES: &str = "/v1/roles";

/// What Ozon says about a key.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyFacts {
    /// When the key ends, by the marketplace's clock: 3 months after it was made since 2026-09-02, 6 before.
    pub expires_at: Option<DateTime<Utc>>,
    /// Its roles.
    pub roles: Vec<Role>,
    /// Whatever else was said, as it came.
    pub facts: Map<String, Value>,
}

/// A role of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Name, as in the cabinet; may be empty.
    pub name: String,
    /// Paths of the methods that it opens, or of groups of them.
    pub methods: Vec<String>,
}

/// What a key may do in a channel, by its roles; the plan may still close it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// Nothing that is of use.
    None,
    /// Read what buyers write.
    Read,
    /// Read and answer.
    Reply,
}

impl KeyFacts {
    /// Returns what the key may do in a channel.
    #[must_use]
    pub fn right(&self, channel: Channel) -> Right {
        let (list, reply) = match channel {
            Channel::Review => (reviews::LIST, comments::CREATE),
            Channel::Question => (questions::LIST, questions::ANSWER),
            Channel::Chat => (chats::LIST, chats::SEND),
        };
        match (self.opens(list), self.opens(reply)) {
            (false, _) => Right::None,
            (true, false) => Right::Read,
            (true, true) => Right::Reply,
        }
    }

    /// Tells whether a role opens the method at `path`. The example of the specification lists `/v1/posting`, which is
    /// no method but where some begin, so a path opens what lies under it too.
    #[must_use]
    pub fn opens(&self, path: &str) -> bool {
        let path = path.to_ascii_lowercase();
        self.roles.iter().flat_map(|role| &role.methods).any(|method| {
            let method = method.trim().trim_end_matches('/').to_ascii_lowercase();
            let below = path.strip_prefix(&method).filter(|_| !method.is_empty());
            below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
        })
    }
}

pub(super) fn decode(text: &str) -> Result<KeyFacts, CallError> {
    let mut fields = item::decode_object(text)?;
    let roles = fields.objects("roles", role);
    Ok(KeyFacts {
        expires_at: fields.time("expires_at"),
        roles: roles.ok_or_else(|| CallError::malformed("expected a list in roles"))?,
        facts: fields.rest(),
    })
}

fn role(fields: &mut Fields) -> Role {
    let methods = fields.take("methods", |methods| {
        let texts = methods.as_array()?.iter().filter_map(Value::as_str);
        Some(texts.map(str::to_owned).collect())
    });
    Role { name: fields.text("name").unwrap_or_default(), methods: methods.unwrap_or_default() }
}

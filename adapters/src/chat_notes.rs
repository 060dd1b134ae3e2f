//! What a marketplace told about a chat that is needed to read on in it and to write in it. Sealed, since it may be what
//! lets a program write there; holds nothing of the buyer, so that erasing a buyer need not look here.

use std::collections::HashMap;

use domain::{AccountId, Channel, InteractionId, TenantId};
use eventlog::{Db, KeyError, Vault};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use tracing::warn;
use uuid::Uuid;

/// What the seal of a note is bound to, beside its row.
const KIND: &str = "chat_note";

/// The notes of one cabinet.
#[derive(Clone)]
pub(crate) struct ChatNotes {
    db: Db,
    vault: Vault,
    tenant: TenantId,
    account: AccountId,
}

impl ChatNotes {
    pub(crate) fn new(db: &Db, vault: &Vault, tenant: TenantId, account: AccountId) -> Self {
        Self { db: db.clone(), vault: vault.clone(), tenant, account }
    }

    /// Returns what is noted about chats, by their ids. A note that does not open counts as none: it is made anew by
    /// reading.
    pub(crate) async fn of(&self, chats: &[String]) -> Result<HashMap<String, Value>, KeyError> {
        let rows = sqlx::query!(
            "select external_id, sealed from chat_note
                where tenant_id = $1 and account_id = $2 and external_id = any ($3)",
            self.tenant.0,
            self.account.0,
            chats,
        )
        .fetch_all(self.db.pool())
        .await?;
        let mut notes = HashMap::new();
        for row in rows {
            if let Some(note) = self.opened(&row.external_id, &row.sealed).await? {
                notes.insert(row.external_id, note);
            }
        }
        Ok(notes)
    }

    /// Notes about chats, in place of what was noted before.
    pub(crate) async fn keep(&self, notes: Vec<(String, Value)>) -> Result<(), KeyError> {
        // One statement may touch a row once.
        let latest: HashMap<String, Value> = notes.into_iter().collect();
        if latest.is_empty() {
            return Ok(());
        }
        let (mut ids, mut all_sealed) = (vec![], vec![]);
        for (chat, note) in latest {
            let note = SecretString::from(note.to_string());
            all_sealed.push(self.vault.seal(self.tenant, KIND, self.row(&chat), &note).await?);
            ids.push(chat);
        }
        sqlx::query!(
            "insert into chat_note (tenant_id, account_id, external_id, sealed)
                select $1, $2, n.external_id, n.sealed
                    from unnest($3::text[], $4::bytea[]) as n (external_id, sealed)
                on conflict on constraint chat_note_pkey do update set sealed = excluded.sealed",
            self.tenant.0,
            self.account.0,
            &ids,
            &all_sealed,
        )
        .execute(self.db.pool())
        .await?;
        Ok(())
    }

    async fn opened(&self, chat: &str, sealed: &[u8]) -> Result<Option<Value>, KeyError> {
        match self.vault.open(self.tenant, KIND, self.row(chat), sealed).await {
            Ok(note) => Ok(serde_json::from_str(note.expose_secret()).ok()),
            Err(error @ KeyError::Tampered { .. }) => {
                let error = &error as &dyn std::error::Error;
                warn!(account.id = %self.account, error, "a note about a chat does not open");
                Ok(None)
            }
            Err(
                error @ (KeyError::Database(_)
                | KeyError::UnknownMasterKey { .. }
                | KeyError::MalformedMasterKey { .. }
                | KeyError::Malformed { .. }
                | KeyError::NoKey { .. }
                | KeyError::NoSellerKey { .. }),
            ) => Err(error),
        }
    }

    fn row(&self, chat: &str) -> Uuid {
        InteractionId::of_external(self.tenant, self.account, Channel::Chat, chat).0
    }
}

//! What a marketplace told about a chat that is needed to read on in it and to write in it. Sealed, since it may be what
//! lets a program write there; holds nothing of the buyer, so that erasing a buyer need not look here.

use std::collections::HashMap;

use domain::{AccountId, Channel, InteractionId, TenantId};
use eventlog::{Db, SealedSecret, Vault};
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
    pub(crate) async fn of(&self, chats: &[String]) -> sqlx::Result<HashMap<String, Value>> {
        let rows = sqlx::query!(
            "select external_id, kek_id, sealed from chat_note
                where tenant_id = $1 and account_id = $2 and external_id = any ($3)",
            self.tenant.0,
            self.account.0,
            chats,
        )
        .fetch_all(self.db.pool())
        .await?;
        let notes = rows.into_iter().filter_map(|row| {
            let sealed = SealedSecret { kek_id: row.kek_id, sealed: row.sealed };
            Some((row.external_id.clone(), self.opened(&row.external_id, &sealed)?))
        });
        Ok(notes.collect())
    }

    /// Notes about chats, in place of what was noted before.
    pub(crate) async fn keep(&self, notes: Vec<(String, Value)>) -> sqlx::Result<()> {
        // One statement may touch a row once.
        let latest: HashMap<String, Value> = notes.into_iter().collect();
        if latest.is_empty() {
            return Ok(());
        }
        let (mut ids, mut kek_ids, mut all_sealed) = (vec![], vec![], vec![]);
        for (chat, note) in latest {
            let note = SecretString::from(note.to_string());
            let SealedSecret { kek_id, sealed } =
                self.vault.seal(self.tenant, KIND, self.row(&chat), &note);
            ids.push(chat);
            kek_ids.push(kek_id);
            all_sealed.push(sealed);
        }
        sqlx::query!(
            "insert into chat_note (tenant_id, account_id, external_id, kek_id, sealed)
                select $1, $2, n.external_id, n.kek_id, n.sealed
                    from unnest($3::text[], $4::text[], $5::bytea[]) as n (external_id, kek_id, sealed)
                on conflict on constraint chat_note_pkey do update
                    set kek_id = excluded.kek_id, sealed = excluded.sealed",
            self.tenant.0,
            self.account.0,
            &ids,
            &kek_ids,
            &all_sealed,
        )
        .execute(self.db.pool())
        .await?;
        Ok(())
    }

    fn opened(&self, chat: &str, sealed: &SealedSecret) -> Option<Value> {
        match self.vault.open(self.tenant, KIND, self.row(chat), sealed) {
            Ok(note) => serde_json::from_str(note.expose_secret()).ok(),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                warn!(account.id = %self.account, error, "a note about a chat does not open");
                None
            }
        }
    }

    fn row(&self, chat: &str) -> Uuid {
        InteractionId::of_external(self.tenant, self.account, Channel::Chat, chat).0
    }
}

//! Which items of a page changed since they were last taken in, told by keyed digests.

use std::collections::HashMap;

use anyhow::Context as _;
use domain::interaction::Ingest;
use domain::value::BuyerWords;
use domain::{AccountId, Channel, InteractionId, TenantId};
use eventlog::Db;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

use crate::cabinets::Cabinets;
use crate::connector::Apart;

/// The digests of one cabinet's items.
pub(super) struct Digests {
    db: Db,
    tenant: TenantId,
    account: AccountId,
    key: SecretString,
}

/// An item that differs from what was taken in before.
pub(super) struct Changed {
    pub(super) ingest: Ingest,
    /// What the page tells of it, and the sign of what it does not tell.
    pub(super) fresh: Fresh,
    /// Whether it was taken in before.
    pub(super) is_known: bool,
    /// Its answer, where the page does not tell it.
    pub(super) apart: Option<Apart>,
    /// Whether its answer was asked for and could not be read.
    pub(super) is_unsure: bool,
}

/// The digest of an item as it was read now.
pub(super) struct Fresh {
    /// The interaction that the item is.
    pub(super) interaction: InteractionId,
    channel: Channel,
    external_id: String,
    /// Tells this content from any other.
    pub(super) digest: Vec<u8>,
}

impl Digests {
    pub(super) async fn open(
        db: &Db,
        cabinets: &Cabinets,
        tenant: TenantId,
        account: AccountId,
    ) -> anyhow::Result<Self> {
        let key =
            cabinets.digest_key(tenant, account).await.context("opening the key of digests")?;
        Ok(Self { db: db.clone(), tenant, account, key })
    }

    /// Returns the readings that differ from what was taken in before. `apart` tells what the page leaves out.
    pub(super) async fn changed(
        &self,
        channel: Channel,
        readings: Vec<Ingest>,
        apart: impl Fn(&Ingest) -> Option<Apart>,
    ) -> anyhow::Result<Vec<Changed>> {
        let ids: Vec<String> =
            readings.iter().map(|reading| reading.source.external_id.clone()).collect();
        let known: HashMap<String, Vec<u8>> = sqlx::query!(
            // Joined, not compared with a list: without statistics of a table that was empty a minute ago the planner
            // holds every row of a long history against every id of the page, which takes seconds.
            "select known.external_id, known.digest
                from unnest($4::text[]) as wanted (external_id)
                    join reading_digest known on known.external_id = wanted.external_id
                where known.tenant_id = $1 and known.account_id = $2 and known.channel = $3",
            self.tenant.0,
            self.account.0,
            channel.as_str(),
            &ids,
        )
        .fetch_all(self.db.pool())
        .await?
        .into_iter()
        .map(|row| (row.external_id, row.digest))
        .collect();
        let mut changed = Vec::new();
        for ingest in readings {
            let apart = apart(&ingest);
            let mut fresh = self.digest(&ingest)?;
            if let Some(apart) = &apart {
                fresh.digest = self.of_bytes(&[&fresh.digest, apart.sign.as_bytes()].concat())?;
            }
            let before = known.get(&fresh.external_id);
            if before != Some(&fresh.digest) {
                let is_known = before.is_some();
                changed.push(Changed { ingest, fresh, is_known, apart, is_unsure: false });
            }
        }
        Ok(changed)
    }

    /// Notes what was taken in.
    pub(super) async fn remember(&self, fresh: Vec<Fresh>) -> sqlx::Result<()> {
        // One item may stand twice on a page; one statement may touch a row once.
        let latest: HashMap<(Channel, String), Vec<u8>> =
            fresh.into_iter().map(|item| ((item.channel, item.external_id), item.digest)).collect();
        let (keys, digests): (Vec<_>, Vec<Vec<u8>>) = latest.into_iter().unzip();
        let (channels, ids): (Vec<String>, Vec<String>) =
            keys.into_iter().map(|(channel, id)| (channel.as_str().to_owned(), id)).unzip();
        sqlx::query!(
            "insert into reading_digest (tenant_id, account_id, channel, external_id, digest)
                select $1, $2, item.channel, item.external_id, item.digest
                    from unnest($3::text[], $4::text[], $5::bytea[]) as item (channel, external_id, digest)
                on conflict on constraint reading_digest_pkey do update set digest = excluded.digest",
            self.tenant.0,
            self.account.0,
            &channels,
            &ids,
            &digests,
        )
        .execute(self.db.pool())
        .await?;
        Ok(())
    }

    /// Returns the digest of an item.
    pub(super) fn digest(&self, reading: &Ingest) -> anyhow::Result<Fresh> {
        let Ingest { source, content, answer, chat, links, processed, seen_at: _ } = reading;
        // As in `Content::differs_from`: what else the marketplace says is no news.
        let words = content
            .words
            .known()
            .map(|words| BuyerWords { facts: serde_json::Map::new(), ..words.clone() });
        let (rating, product) = (content.rating, &content.product);
        let chat = (&chat.messages, chat.open);
        let told = (rating, product, words, answer, chat, links);
        let read = serde_json::to_vec(&(source, told, processed))?;
        let digest = self.of_bytes(&read)?;
        let external_id = source.external_id.clone();
        let interaction =
            InteractionId::of_external(self.tenant, self.account, source.channel, &external_id);
        Ok(Fresh { interaction, channel: source.channel, external_id, digest })
    }

    /// Returns the digest of anything, with the cabinet's key.
    pub(super) fn of_bytes(&self, bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.expose_secret().as_bytes())?;
        mac.update(bytes);
        Ok(mac.finalize().into_bytes().to_vec())
    }
}

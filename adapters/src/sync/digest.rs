//! Which items of a page changed since they were last taken in, told by keyed digests.

use std::collections::HashMap;

use anyhow::Context as _;
use domain::claim::{ClaimContent, ClaimReading, ClaimWords};
use domain::interaction::Ingest;
use domain::value::BuyerWords;
use domain::{AccountId, Channel, ClaimId, InteractionId, TenantId};
use eventlog::Db;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Map;
use sha2::Sha256;

use super::Section;
use super::claims::id_of;
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

/// The marketplace's id of something that was taken in, and its digest.
pub(super) type Noted = (String, Vec<u8>);

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
        let known = self.known(Section::Channel(channel), &ids).await?;
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

    /// Returns the claims that differ from what was taken in before, and what to [`note`](Self::note) of each once it is.
    pub(super) async fn changed_claims(
        &self,
        readings: Vec<ClaimReading>,
    ) -> anyhow::Result<(Vec<ClaimReading>, Vec<(ClaimId, Noted)>)> {
        let ids: Vec<String> =
            readings.iter().map(|reading| reading.source.external_id.clone()).collect();
        let known = self.known(Section::Claims, &ids).await?;
        let (mut changed, mut fresh) = (Vec::new(), Vec::new());
        for reading in readings {
            let id = &reading.source.external_id;
            let digest = self.claim_digest(&reading)?;
            if known.get(id) != Some(&digest) {
                fresh.push((id_of(self.tenant, &reading), (id.clone(), digest)));
                changed.push(reading);
            }
        }
        Ok((changed, fresh))
    }

    fn claim_digest(&self, reading: &ClaimReading) -> anyhow::Result<Vec<u8>> {
        // As in `ClaimContent::differs_from`: what else the marketplace says is no news.
        let words = reading.content.words.known().cloned();
        let words = words.map(|words| ClaimWords { facts: Map::new(), ..words });
        let content =
            ClaimContent { words: words.unwrap_or_default().into(), ..reading.content.clone() };
        self.of_bytes(&serde_json::to_vec(&(&reading.source, content))?)
    }

    /// Returns the digests of what was taken in before, by the marketplace's ids.
    async fn known(
        &self,
        section: Section,
        ids: &[String],
    ) -> sqlx::Result<HashMap<String, Vec<u8>>> {
        let known = sqlx::query!(
            // Joined, not compared with a list: without statistics of a table that was empty a minute ago the planner
            // holds every row of a long history against every id of the page, which takes seconds.
            "select known.external_id, known.digest
                from unnest($4::text[]) as wanted (external_id)
                    join reading_digest known on known.external_id = wanted.external_id
                where known.tenant_id = $1 and known.account_id = $2 and known.channel = $3",
            self.tenant.0,
            self.account.0,
            section.as_str(),
            ids,
        )
        .fetch_all(self.db.pool())
        .await?
        .into_iter()
        .map(|row| (row.external_id, row.digest))
        .collect();
        Ok(known)
    }

    /// Notes what was taken in.
    pub(super) async fn remember(&self, fresh: Vec<Fresh>) -> sqlx::Result<()> {
        let mut by_channel: HashMap<Channel, Vec<Noted>> = HashMap::new();
        for item in fresh {
            by_channel.entry(item.channel).or_default().push((item.external_id, item.digest));
        }
        for (channel, noted) in by_channel {
            self.note(Section::Channel(channel), noted).await?;
        }
        Ok(())
    }

    /// Notes digests of one section.
    pub(super) async fn note(&self, section: Section, noted: Vec<Noted>) -> sqlx::Result<()> {
        // One item may stand twice on a page; one statement may touch a row once.
        let latest: HashMap<String, Vec<u8>> = noted.into_iter().collect();
        let (ids, digests): (Vec<String>, Vec<Vec<u8>>) = latest.into_iter().unzip();
        sqlx::query!(
            "insert into reading_digest (tenant_id, account_id, channel, external_id, digest)
                select $1, $2, $3, item.external_id, item.digest
                    from unnest($4::text[], $5::bytea[]) as item (external_id, digest)
                on conflict on constraint reading_digest_pkey do update
                    set digest = excluded.digest, seen_at = excluded.seen_at",
            self.tenant.0,
            self.account.0,
            section.as_str(),
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
        let words =
            content.words.known().map(|words| BuyerWords { facts: Map::new(), ..words.clone() });
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

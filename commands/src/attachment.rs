//! Files that replies carry: kept beside the log from the moment an operator chooses them until the marketplace has them,
//! sealed under the buyer's key.

use domain::value::{FileId, FileKind, OutgoingFile};
use domain::{InteractionId, TenantId};
use eventlog::{Db, KeyError, SubjectKeys};
use sha2::{Digest as _, Sha256};
use tracing::error;
use uuid::Uuid;

/// What the seal of a content is bound to, beside its row.
const CONTENT: &str = "attachment";

/// What the seal of a description is bound to.
const ABOUT: &str = "attachment_about";

/// Files that an interaction may have waiting here at a time: three messages' worth of the most that a marketplace takes.
pub const WAITING_MAX: i64 = 30;

/// Keeps files and gives them back.
#[derive(Clone)]
pub struct Attachments {
    db: Db,
    keys: SubjectKeys,
}

/// Why a file could not be kept or found.
#[derive(Debug, thiserror::Error)]
pub enum AttachmentError {
    /// The buyer was erased.
    #[error("the buyer's data was erased")]
    Erased,
    /// It was never kept under this interaction, or not kept for so long.
    #[error("the file is not kept here")]
    Gone,
    /// Too many wait already.
    #[error("{WAITING_MAX} files wait already")]
    TooMany,
    /// A key could not be had, or a file was tampered with.
    #[error("sealing or opening a file")]
    Sealed(#[from] KeyError),
    /// The database could not be reached.
    #[error("reaching the table of files")]
    Database(#[from] sqlx::Error),
}

/// Where files belong.
pub type Place = (TenantId, InteractionId);

/// Describes a content.
#[must_use]
pub fn describe(file_id: FileId, called: &str, kind: FileKind, content: &[u8]) -> OutgoingFile {
    OutgoingFile {
        file_id,
        name: kind.name_from(called),
        kind,
        size_bytes: content.len() as u64,
        sha256: digest(content),
    }
}

impl Attachments {
    /// Keeps files in `db`, sealed with `keys`.
    #[must_use]
    pub fn new(db: Db, keys: SubjectKeys) -> Self {
        Self { db, keys }
    }

    /// Keeps a file. Keeping it again under its id is harmless.
    ///
    /// # Errors
    /// [`AttachmentError`].
    pub async fn keep(
        &self,
        (tenant, interaction): Place,
        file: &OutgoingFile,
        content: &[u8],
    ) -> Result<(), AttachmentError> {
        let about = serde_json::to_vec(file).unwrap_or_default();
        let sealed_about = self.seal((tenant, interaction), ABOUT, file.file_id, &about).await?;
        let sealed = self.seal((tenant, interaction), CONTENT, file.file_id, content).await?;
        let kept = sqlx::query_scalar!(
            r#"with kept as (
                insert into attachment (tenant_id, interaction_id, file_id, sealed_about, sealed)
                select $1, $2, $3, $4, $5
                where (select count(*) from attachment
                    where tenant_id = $1 and interaction_id = $2 and file_id <> $3) < $6
                on conflict on constraint attachment_pkey do update set used_at = now()
                returning 1)
            select count(*) as "count!" from kept"#,
            tenant.0,
            interaction.0,
            file.file_id.0,
            sealed_about,
            sealed,
            WAITING_MAX,
        )
        .fetch_one(self.db.pool())
        .await?;
        if kept == 0 { Err(AttachmentError::TooMany) } else { Ok(()) }
    }

    /// Returns what is known of files that a reply is to carry, in the order asked for, and has them kept for longer.
    ///
    /// # Errors
    /// [`AttachmentError::Gone`] when one is not kept.
    pub async fn chosen(
        &self,
        (tenant, interaction): Place,
        ids: &[Uuid],
    ) -> Result<Vec<OutgoingFile>, AttachmentError> {
        let rows = sqlx::query!(
            "update attachment set used_at = now()
                where tenant_id = $1 and interaction_id = $2 and file_id = any ($3)
                returning file_id, sealed_about",
            tenant.0,
            interaction.0,
            ids,
        )
        .fetch_all(self.db.pool())
        .await?;
        let mut files = Vec::with_capacity(ids.len());
        for id in ids {
            let row = rows.iter().find(|row| row.file_id == *id).ok_or(AttachmentError::Gone)?;
            let of = (tenant, interaction.0);
            let about = self.keys.open_bytes(of, (ABOUT, *id), &row.sealed_about).await?;
            let about = about.ok_or(AttachmentError::Erased)?;
            files.push(serde_json::from_slice(&about).map_err(|_| AttachmentError::Gone)?);
        }
        Ok(files)
    }

    /// Returns the content of a file that a reply carries, and has it kept for longer.
    ///
    /// # Errors
    /// [`AttachmentError::Gone`] also when it is not the content that the reply was asked for with.
    pub async fn content(
        &self,
        (tenant, interaction): Place,
        file: &OutgoingFile,
    ) -> Result<Vec<u8>, AttachmentError> {
        let sealed = sqlx::query_scalar!(
            "update attachment set used_at = now()
                where tenant_id = $1 and interaction_id = $2 and file_id = $3
                returning sealed",
            tenant.0,
            interaction.0,
            file.file_id.0,
        )
        .fetch_optional(self.db.pool())
        .await?
        .ok_or(AttachmentError::Gone)?;
        let of = (tenant, interaction.0);
        let content = self.keys.open_bytes(of, (CONTENT, file.file_id.0), &sealed).await?;
        let content = content.ok_or(AttachmentError::Erased)?;
        if digest(&content) != file.sha256 {
            error!(file.id = %file.file_id, "a kept file is not the one that the reply was asked for with");
            return Err(AttachmentError::Gone);
        }
        Ok(content)
    }

    /// Removes files that the marketplace has now.
    ///
    /// # Errors
    /// What the database says; then they are removed with what nobody sends.
    pub async fn forget(
        &self,
        (tenant, interaction): Place,
        ids: &[Uuid],
    ) -> Result<(), sqlx::Error> {
        sqlx::query!(
            "delete from attachment where tenant_id = $1 and interaction_id = $2 and file_id = any ($3)",
            tenant.0,
            interaction.0,
            ids,
        )
        .execute(self.db.pool())
        .await?;
        Ok(())
    }

    async fn seal(
        &self,
        (tenant, interaction): Place,
        kind: &str,
        FileId(id): FileId,
        bytes: &[u8],
    ) -> Result<Vec<u8>, AttachmentError> {
        let sealed = self.keys.seal_bytes((tenant, interaction.0), (kind, id), bytes).await?;
        sealed.ok_or(AttachmentError::Erased)
    }
}

fn digest(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

//! S7: a secret that was moved to another row or field does not open there.

use commands::credential::CredentialError;
use eventlog::{KeyError, MasterKey, MasterKeys};
use sqlx::FromRow;
use uuid::Uuid;

use super::kept::{Kept, credentials};
use crate::drill::size;

/// What a table keeps of a secret.
#[derive(Debug, Clone, FromRow)]
struct Row {
    tenant_id: Uuid,
    account_id: Uuid,
    kind: String,
    sealed: Vec<u8>,
}

/// Rows whose secrets are exchanged: another seller's, another cabinet's of the same seller, another field's of the same
/// cabinet.
fn pairs(rows: &[Row]) -> Vec<(&Row, &Row)> {
    let mut pairs = Vec::new();
    for (n, one) in rows.iter().enumerate() {
        let others = rows[n + 1..].iter().chain(&rows[..n]);
        let differs = |other: &&Row, in_tenant: bool, in_account: bool| {
            (other.tenant_id != one.tenant_id) == in_tenant
                && (other.account_id != one.account_id) == in_account
                && (other.kind != one.kind) == (!in_tenant && !in_account)
        };
        for (in_tenant, in_account) in [(true, true), (false, true), (false, false)] {
            let other = others.clone().find(|other| differs(other, in_tenant, in_account));
            pairs.extend(other.map(|other| (one, other)));
        }
    }
    pairs
}

/// Moves secrets, and whole keys of sellers, and returns what opened all the same, and how much was moved.
async fn opened_elsewhere() -> anyhow::Result<(Vec<String>, usize)> {
    let keys = MasterKeys::new(MasterKey::generate("a"), vec![]);
    let kept = Kept::of(size(15, 500), keys.clone()).await?;
    let rows: Vec<Row> = sqlx::query_as(
        "select tenant_id, account_id, kind, sealed from account_secret order by 1, 2, 3",
    )
    .fetch_all(kept.db.pool())
    .await?;
    let pairs = pairs(&rows);
    let mut opened = Vec::new();
    for (to, from) in &pairs {
        put(&kept, to, &from.sealed).await?;
        if opens(&kept, &keys, to).await? {
            opened.push(format!(
                "{} {} at {} {}",
                from.account_id, from.kind, to.account_id, to.kind
            ));
        }
        put(&kept, to, &to.sealed).await?;
    }
    // Both the key of a seller and what it seals.
    let (one, other) = (&rows[0], &rows[rows.len() - 1]);
    sqlx::query(
        "update seller_key k set wrapped_key = o.wrapped_key, kek_id = o.kek_id
            from seller_key o where k.tenant_id = $1 and o.tenant_id = $2",
    )
    .bind(one.tenant_id)
    .bind(other.tenant_id)
    .execute(kept.db.pool())
    .await?;
    let same_kind = rows.iter().rfind(|row| row.kind == one.kind);
    put(&kept, one, &same_kind.unwrap_or(other).sealed).await?;
    if opens(&kept, &keys, one).await? {
        opened.push("a seller's key and secret at another seller's".to_owned());
    }
    Ok((opened, pairs.len() + 1))
}

async fn put(kept: &Kept, at: &Row, sealed: &[u8]) -> anyhow::Result<()> {
    sqlx::query("update account_secret set sealed = $4 where tenant_id = $1 and account_id = $2 and kind = $3")
        .bind(at.tenant_id)
        .bind(at.account_id)
        .bind(&at.kind)
        .bind(sealed)
        .execute(kept.db.pool())
        .await?;
    Ok(())
}

/// Tells whether a row opens. That it does not must be said to be tampering.
async fn opens(kept: &Kept, keys: &MasterKeys, row: &Row) -> anyhow::Result<bool> {
    let credentials = credentials(&kept.db, keys.clone());
    let (tenant, account) = (domain::TenantId(row.tenant_id), domain::AccountId(row.account_id));
    let opened = match row.kind.as_str() {
        "credential" => credentials.open(tenant, account).await.map(|_| ()),
        _ => credentials.digest_key(tenant, account).await.map(|_| ()),
    };
    match opened {
        Ok(()) => Ok(true),
        Err(CredentialError::Sealed(KeyError::Tampered { .. })) => Ok(false),
        Err(other) => Err(other.into()),
    }
}

#[cfg(not(feature = "sabotage-no-aad"))]
#[tokio::test]
async fn a_moved_secret_opens_nowhere() -> anyhow::Result<()> {
    let (opened, moved) = opened_elsewhere().await?;
    crate::drill::figure("s7_secrets_moved", moved, "secrets", "");
    crate::drill::figure("s7_moved_opened", opened.len(), "secrets", "= 0");
    assert!(moved >= 30, "{moved} were moved: void");
    assert_eq!(opened, Vec::<String>::new());
    Ok(())
}

/// Run by `script/drill sabotage`, with a program that binds a secret to no place.
#[cfg(feature = "sabotage-no-aad")]
#[tokio::test]
async fn a_seal_without_a_place_is_noticed() -> anyhow::Result<()> {
    let (opened, moved) = opened_elsewhere().await?;
    assert!(!opened.is_empty() && opened.len() < moved, "{} of {moved}", opened.len());
    assert!(opened.iter().any(|what| what.starts_with("a seller's key")), "{opened:?}");
    Ok(())
}

//! Vectors of passages that an endpoint made: a cache beside the read model `knowledge`, in which each text of a seller
//! is kept once, whatever restarts or is rebuilt meanwhile, and asked for again only where no vector came.

use std::time::Duration;

use domain::TenantId;
use eventlog::Db;
use uuid::Uuid;

use crate::sql::interval;

/// Longest vector that is kept, in numbers: published models have up to 4 096.
const NUMBERS_MAX: usize = 4_096;

/// How long what no passage has any more is kept: a change that is taken back is not paid for again.
const KEPT: Duration = Duration::from_hours(24);

/// How often a text is asked for that brings no vector: some five hours long.
const FAILURES_MAX: i32 = 10;

/// What a text means, as a model has it: a vector of length 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Vector(Box<[f32]>);

/// A passage whose vector is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Whose it is.
    pub tenant: TenantId,
    /// Names its words.
    pub digest: Vec<u8>,
    /// Title and text.
    pub words: String,
}

/// Which passages are claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// So many that were never asked for, or by a process that died.
    Fresh(u8),
    /// One of which asking failed before: alone, so that a text that nobody takes keeps no other back.
    Failed,
}

impl Vector {
    /// Takes what a model said; none where it is no direction, or longer than any model's.
    #[must_use]
    pub fn new(mut numbers: Vec<f32>) -> Option<Self> {
        let length = numbers.iter().map(|number| number * number).sum::<f32>().sqrt();
        // Not a number is not greater than 0 either.
        let is_direction = length.is_finite() && length > 0.0;
        if !is_direction || numbers.len() > NUMBERS_MAX {
            return None;
        }
        numbers.iter_mut().for_each(|number| *number /= length);
        Some(Self(numbers.into()))
    }

    /// Returns the cosine of the angle between both; none where they are of different models.
    #[must_use]
    pub fn similarity(&self, other: &Self) -> Option<f32> {
        let is_same = self.0.len() == other.0.len();
        is_same.then(|| self.0.iter().zip(&*other.0).map(|(one, other)| one * other).sum())
    }

    /// Returns how many bytes it takes.
    pub(crate) fn size(&self) -> usize {
        size_of_val(&*self.0)
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|number| number.to_le_bytes()).collect()
    }

    fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let (numbers, rest) = bytes.as_chunks::<4>();
        let numbers: Vec<f32> = numbers.iter().copied().map(f32::from_le_bytes).collect();
        if rest.is_empty() { Self::new(numbers) } else { None }
    }
}

/// Claims passages without a vector, for as long as `lease`, by the database's clock.
///
/// # Errors
/// What the database says.
pub async fn claim(
    db: &Db,
    model: &str,
    which: Which,
    lease: Duration,
) -> sqlx::Result<Vec<Wanted>> {
    let (limit, has_failed) = match which {
        Which::Fresh(limit) => (i64::from(limit), false),
        Which::Failed => (1, true),
    };
    let rows = sqlx::query!(
        r#"with due as (
                select distinct k.tenant_id, k.words_digest as digest
                    from knowledge k
                    left join embedding e on e.tenant_id = k.tenant_id and e.model = $1 and e.digest = k.words_digest
                    where k.live and e.vector is null and coalesce(e.next_at <= now(), true)
                        and (coalesce(e.failures, 0) > 0) = $2 and coalesce(e.failures, 0) < $5
                    order by k.tenant_id, k.words_digest
                    limit $3),
            claimed as (
                insert into embedding as e (tenant_id, model, digest, next_at)
                    select tenant_id, $1, digest, now() + $4 from due
                    on conflict on constraint embedding_pkey do update set next_at = excluded.next_at
                        -- Another worker may have taken it, or told it, since it was looked for.
                        where e.vector is null and e.next_at <= now()
                    returning e.tenant_id, e.digest)
            select c.tenant_id, c.digest, k.words as "words!"
                from claimed c
                cross join lateral (
                    select k.title || e'\n' || k.text as words from knowledge k
                        where k.live and k.tenant_id = c.tenant_id and k.words_digest = c.digest
                        limit 1) k"#,
        model,
        has_failed,
        limit,
        interval(lease),
        FAILURES_MAX,
    )
    .fetch_all(db.pool())
    .await?;
    let wanted = rows.into_iter().map(|row| Wanted {
        tenant: TenantId(row.tenant_id),
        digest: row.digest,
        words: row.words,
    });
    Ok(wanted.collect())
}

/// Keeps the vectors of what was wanted, each with its passage.
///
/// # Errors
/// What the database says.
pub async fn store(db: &Db, model: &str, made: &[(Wanted, Vector)]) -> sqlx::Result<()> {
    let (tenants, digests) = keys(made.iter().map(|(wanted, _)| wanted));
    let vectors: Vec<Vec<u8>> = made.iter().map(|(_, vector)| vector.bytes()).collect();
    sqlx::query!(
        "update embedding e set vector = w.vector, made_at = now()
            from unnest($2::uuid[], $3::bytea[], $4::bytea[]) w (tenant, digest, vector)
            where e.tenant_id = w.tenant and e.model = $1 and e.digest = w.digest and e.vector is null",
        model,
        &tenants,
        &digests,
        &vectors,
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Gives back what was claimed: it said nothing of these texts that asking came to nothing.
///
/// # Errors
/// What the database says.
pub async fn give_back(db: &Db, model: &str, wanted: &[Wanted]) -> sqlx::Result<()> {
    let (tenants, digests) = keys(wanted);
    sqlx::query!(
        "update embedding e set next_at = now()
            from unnest($2::uuid[], $3::bytea[]) w (tenant, digest)
            where e.tenant_id = w.tenant and e.model = $1 and e.digest = w.digest and e.vector is null",
        model,
        &tenants,
        &digests,
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Notes that these brought no vector: nobody asks for them again for 10 s, twice as long with each further time, up to an
/// hour, and after the tenth time not at all.
///
/// # Errors
/// What the database says.
pub async fn failed(db: &Db, model: &str, wanted: &[Wanted]) -> sqlx::Result<()> {
    let (tenants, digests) = keys(wanted);
    sqlx::query!(
        "update embedding e set failures = e.failures + 1,
                next_at = now() + least(interval '10 s' * power(2, least(e.failures, 10)), interval '1 hour')
            from unnest($2::uuid[], $3::bytea[]) w (tenant, digest)
            where e.tenant_id = w.tenant and e.model = $1 and e.digest = w.digest and e.vector is null",
        model,
        &tenants,
        &digests,
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Reads the vectors of a seller's passages of those digests, as far as they are there.
pub(crate) async fn of(
    db: &Db,
    tenant: TenantId,
    model: &str,
    digests: &[Vec<u8>],
) -> sqlx::Result<Vec<(Vec<u8>, Vector)>> {
    let rows = sqlx::query!(
        r#"select digest, vector as "vector!" from embedding
            where tenant_id = $1 and model = $2 and digest = any ($3) and vector is not null"#,
        tenant.0,
        model,
        digests,
    )
    .fetch_all(db.pool())
    .await?;
    let read =
        rows.into_iter().filter_map(|row| Some((row.digest, Vector::of_bytes(&row.vector)?)));
    Ok(read.collect())
}

/// Removes what no passage has had for a day, of whatever model.
///
/// # Errors
/// What the database says.
pub async fn sweep(db: &Db) -> sqlx::Result<u64> {
    let removed = sqlx::query!(
        "delete from embedding e
            where coalesce(e.made_at, e.next_at) < now() - $1::interval and not exists (
                select from knowledge k
                    where k.tenant_id = e.tenant_id and k.live and k.words_digest = e.digest)",
        interval(KEPT),
    )
    .execute(db.pool())
    .await?;
    Ok(removed.rows_affected())
}

fn keys<'a>(wanted: impl IntoIterator<Item = &'a Wanted>) -> (Vec<Uuid>, Vec<Vec<u8>>) {
    wanted.into_iter().map(|wanted| (wanted.tenant.0, wanted.digest.clone())).unzip()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_direction_is_no_vector() {
        for numbers in [vec![], vec![0.0; 3], vec![1.0, f32::NAN], vec![f32::INFINITY, 1.0]] {
            assert_eq!(Vector::new(numbers), None);
        }
        assert_eq!(Vector::new(vec![1.0; NUMBERS_MAX + 1]), None);
    }

    #[test]
    fn a_vector_survives_being_kept() {
        let vector = Vector::new(vec![3.0, -4.0]).unwrap();
        let kept = Vector::of_bytes(&vector.bytes()).unwrap();
        assert!(kept.similarity(&vector).unwrap() > 0.999_99);
        assert_eq!(vector.similarity(&Vector::new(vec![1.0; 3]).unwrap()), None);
        assert_eq!(Vector::of_bytes(&[1, 2, 3]), None);
    }
}

//! Texts that the seller said to buyers of late, or has at hand, with what the rules about replies need to know: read page
//! by page, so that no statement takes long and no page much memory.

use chrono::{DateTime, Utc};
use domain::guardrail::Said;
use domain::value::{BuyerWords, Content, Product};
use domain::{InteractionId, TenantId};
use eventlog::Db;
use uuid::Uuid;

/// Texts of a page.
const PAGE: i64 = 500;

struct Row {
    interaction_id: Uuid,
    text: String,
    channel: String,
    rating: Option<i16>,
    product_name: String,
    product_brand: Option<String>,
    buyer_text: Option<String>,
    pros: Option<String>,
    cons: Option<String>,
}

/// Where a page of replies ends.
#[derive(Debug, Clone, Copy)]
pub struct AfterReply(DateTime<Utc>, Uuid);

/// Reads replies that were asked for since a time or seen at the marketplace since then, newest first, beginning `after`
/// another page. The last page has no end.
///
/// # Errors
/// What the database says.
pub async fn replies(
    db: &Db,
    tenant: TenantId,
    since: DateTime<Utc>,
    after: Option<AfterReply>,
) -> sqlx::Result<(Vec<Said>, Option<AfterReply>)> {
    let (at, reply_id) = after.map_or((None, None), |AfterReply(at, id)| (Some(at), Some(id)));
    let rows = sqlx::query!(
        r#"select r.interaction_id, r.reply_id, r.requested_at, r.text as "text!", i.channel, i.rating, i.product_name,
                i.product_brand, t.content->>'text' as buyer_text, t.content->>'pros' as pros, t.content->>'cons' as cons
            from (select * from reply_history
                    where tenant_id = $1 and requested_at >= $4
                        and (requested_at, reply_id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::uuid, $1))
                        and kind <> 'rejection' and text is not null
                    order by requested_at desc, reply_id desc limit $5) r
                join inbox i on i.tenant_id = r.tenant_id and i.interaction_id = r.interaction_id
                join thread t on t.tenant_id = r.tenant_id and t.interaction_id = r.interaction_id
            order by r.requested_at desc, r.reply_id desc"#,
        tenant.0,
        at as Option<DateTime<Utc>>,
        reply_id as Option<Uuid>,
        since,
        PAGE,
    )
    .fetch_all(db.pool())
    .await?;
    let end = rows.last().map(|row| AfterReply(row.requested_at, row.reply_id));
    let said = rows.into_iter().map(|row| Row {
        interaction_id: row.interaction_id,
        text: row.text,
        channel: row.channel,
        rating: row.rating,
        product_name: row.product_name,
        product_brand: row.product_brand,
        buyer_text: row.buyer_text,
        pros: row.pros,
        cons: row.cons,
    });
    Ok((said.filter_map(Row::said).collect(), end))
}

/// Reads drafts that wait to be sent and were laid down since a time, in the order of their interactions, beginning `after`
/// one. The last page has no end.
///
/// # Errors
/// What the database says.
pub async fn drafts(
    db: &Db,
    tenant: TenantId,
    since: DateTime<Utc>,
    after: Option<InteractionId>,
) -> sqlx::Result<(Vec<Said>, Option<InteractionId>)> {
    let rows = sqlx::query_as!(
        Row,
        r#"select i.interaction_id, t.draft->>'text' as "text!", i.channel, i.rating, i.product_name, i.product_brand,
                t.content->>'text' as buyer_text, t.content->>'pros' as pros, t.content->>'cons' as cons
            from inbox i
                join thread t on t.tenant_id = i.tenant_id and t.interaction_id = i.interaction_id
            where i.tenant_id = $1 and i.has_draft and i.needs_response and i.interaction_id > $2 and t.draft->>'text' is not null
                and (t.draft->>'proposed_at')::timestamptz >= $3
            order by i.interaction_id limit $4"#,
        tenant.0,
        after.map_or(Uuid::nil(), |after| after.0),
        since,
        PAGE,
    )
    .fetch_all(db.pool())
    .await?;
    let end = rows.last().map(|row| InteractionId(row.interaction_id));
    Ok((rows.into_iter().filter_map(Row::said).collect(), end))
}

impl Row {
    /// Says it in the domain's words; none where this program does not know the channel.
    fn said(self) -> Option<Said> {
        let words = BuyerWords {
            text: self.buyer_text.unwrap_or_default(),
            pros: self.pros.unwrap_or_default(),
            cons: self.cons.unwrap_or_default(),
            ..BuyerWords::default()
        };
        let product =
            Product { name: self.product_name, brand: self.product_brand, ..Product::default() };
        let rating = self.rating.and_then(|stars| u8::try_from(stars).ok());
        Some(Said {
            id: InteractionId(self.interaction_id),
            channel: self.channel.parse().ok()?,
            content: Content { rating, product, words: words.into() },
            text: self.text,
        })
    }
}

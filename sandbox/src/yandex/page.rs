//! Pages of a list: a token names the last item of a page by its place in the order, so it may be used again later.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::problem::Refusal;

/// Where an item stands: a moment in microseconds, then its id.
pub(super) type Place = (i64, u64);

/// Which way a list goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    NewestFirst,
    OldestFirst,
}

/// What the request says of the page it wants.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub(super) after: Option<Place>,
    pub(super) limit: usize,
}

/// A part of a list.
#[derive(Debug)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    /// `{}` after the last page, as captured answers have it.
    pub(super) paging: Value,
}

/// Cuts the page out of a list, whatever order it comes in.
pub(super) fn cut<T>(mut list: Vec<(Place, T)>, order: Order, wanted: Wanted) -> Page<T> {
    list.sort_by_key(|(place, _)| *place);
    if order == Order::NewestFirst {
        list.reverse();
    }
    let follows = |place: Place| {
        wanted.after.is_none_or(|after| match order {
            Order::NewestFirst => place < after,
            Order::OldestFirst => place > after,
        })
    };
    let mut rest: Vec<(Place, T)> = list.into_iter().filter(|(place, _)| follows(*place)).collect();
    let has_more = rest.len() > wanted.limit;
    rest.truncate(wanted.limit);
    let paging = match rest.last() {
        Some((last, _)) if has_more => json!({ "nextPageToken": token(*last) }),
        Some(_) | None => json!({}),
    };
    Page { items: rest.into_iter().map(|(_, item)| item).collect(), paging }
}

/// Reads a token that [`cut`] gave out.
pub(super) fn parse(token: &str) -> Result<Place, Refusal> {
    let place = || {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
        let (micros, id) = text.split_once(':')?;
        Some((micros.parse().ok()?, id.parse().ok()?))
    };
    place().ok_or_else(|| Refusal::bad_request(format!("Invalid page token: '{token}'")))
}

fn token((micros, id): Place) -> String {
    URL_SAFE_NO_PAD.encode(format!("{micros}:{id}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(order: Order) -> Vec<Vec<u64>> {
        let list = || vec![((2, 20), 20), ((1, 11), 11), ((1, 10), 10), ((3, 30), 30)];
        let (mut after, mut pages) = (None, Vec::new());
        loop {
            let page = cut(list(), order, Wanted { after, limit: 3 });
            pages.push(page.items);
            match page.paging.get("nextPageToken") {
                Some(token) => after = Some(parse(token.as_str().unwrap()).unwrap()),
                None => return pages,
            }
        }
    }

    #[test]
    fn pages_together_are_the_list() {
        assert_eq!(pages(Order::NewestFirst), [vec![30, 20, 11], vec![10]]);
        assert_eq!(pages(Order::OldestFirst), [vec![10, 11, 20], vec![30]]);
    }

    #[test]
    fn a_token_of_nobody_is_refused() {
        assert!(parse("zzz").is_err());
    }
}

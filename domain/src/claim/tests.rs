//! The rules of claims.

use cqrs_es::test::TestFramework;
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::value::Product;

fn at(day: u32) -> DateTime<Utc> {
    format!("2026-07-{day:02}T12:00:00Z").parse().unwrap()
}

fn content(state: ClaimState) -> ClaimContent {
    let words = ClaimWords {
        comment: "Ручка отвалилась".to_owned(), ..ClaimWords::default()
    };
    ClaimContent {
        state,
        goods: GoodsState::UnderReview,
        archived: state != ClaimState::UnderReview,
        origin: ClaimOrigin::Portal,
        product: Product { article: "196320101".to_owned(), ..Product::default() },
        order: ClaimOrder::default(),
        price: Some(Price { amount_minor: 15_700, currency: Some("643".to_owned()) }),
        updated_at: Some(at(2)),
        actions: vec!["approve1".to_owned()],
        words: words.into(),
    }
}

fn source() -> ClaimSource {
    ClaimSource {
        account_id: AccountId(Uuid::from_u128(1)),
        marketplace: Marketplace::Wildberries,
        external_id: "fe3e9337".to_owned(),
        occurred_at: at(1),
    }
}

fn take(content: ClaimContent) -> ClaimCommand {
    ClaimCommand::Take(Box::new(ClaimReading { source: source(), content }))
}

fn received() -> ClaimEvent {
    ClaimEvent::ClaimReceived { source: source(), content: content(ClaimState::UnderReview) }
}

fn erased() -> ClaimEvent {
    ClaimEvent::ClaimBuyerErased { ground: ErasureGround::PersonsRequest, reference: None }
}

fn erase(reference: Option<&str>) -> ClaimCommand {
    let reference = reference.map(str::to_owned);
    ClaimCommand::EraseBuyer { ground: ErasureGround::PersonsRequest, reference }
}

fn after(events: Vec<ClaimEvent>) -> cqrs_es::test::AggregateTestExecutor<Claim> {
    TestFramework::<Claim>::with(()).given(events)
}

#[test]
fn a_claim_that_stands_as_it_stood_is_no_news() {
    after(vec![]).when(take(content(ClaimState::UnderReview))).then_expect_events(vec![received()]);
    after(vec![received()]).when(take(content(ClaimState::UnderReview))).then_expect_events(vec![]);
}

#[test]
fn what_the_marketplace_says_beside_it_is_no_news() {
    let mut again = content(ClaimState::UnderReview);
    if let Personal::Known(words) = &mut again.words {
        words.facts.insert("unheard".to_owned(), json!(1));
    }
    after(vec![received()]).when(take(again)).then_expect_events(vec![]);
}

#[test]
fn a_decision_other_words_and_the_archive_are_changes() {
    let mut reworded = content(ClaimState::UnderReview);
    reworded.words = ClaimWords { comment: "И крышка".to_owned(), ..ClaimWords::default() }.into();
    let archived = ClaimContent { archived: true, ..content(ClaimState::UnderReview) };
    for content in [content(ClaimState::Approved), reworded, archived] {
        after(vec![received()])
            .when(take(content.clone()))
            .then_expect_events(vec![ClaimEvent::ClaimChanged { content }]);
    }
}

#[test]
fn nothing_is_kept_of_an_erased_buyer() {
    after(vec![received()]).when(erase(None)).then_expect_events(vec![erased()]);
    after(vec![received(), erased()]).when(erase(None)).then_expect_events(vec![]);
    after(vec![received(), erased()])
        .when(take(content(ClaimState::Approved)))
        .then_expect_events(vec![]);
    let mut claim = Claim::default();
    claim.apply(received());
    claim.apply(erased());
    assert!(claim.content.unwrap().words.known().is_none());
}

#[test]
fn what_was_never_read_has_no_buyer() {
    after(vec![]).when(erase(None)).then_expect_error(ClaimError::Unknown);
}

#[test]
fn the_reference_of_an_erasure_names_nobody() {
    after(vec![received()])
        .when(erase(Some("Иванова Мария")))
        .then_expect_error(ClaimError::Reference);
    let reference = Some("12/7".to_owned());
    after(vec![received()]).when(erase(Some("12/7"))).then_expect_events(vec![
        ClaimEvent::ClaimBuyerErased { ground: ErasureGround::PersonsRequest, reference },
    ]);
}

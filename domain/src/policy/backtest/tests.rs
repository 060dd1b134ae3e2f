use chrono::{TimeDelta, TimeZone as _};
use uuid::Uuid;

use super::*;
use crate::guardrail;
use crate::interaction::{Advice, DismissReason};
use crate::value::{
    AccountId, Analysis, BuyerWords, Channel, Confidence, Content, Intent, Marketplace, Priority,
    Product, Sentiment, Source,
};

const TEXT: &str =
    "Здравствуйте! Спасибо за высокую оценку, рады, что плед вас согрел. Ждём снова!";
const OTHER: &str = "Нам жаль, что так вышло: оформите возврат в личном кабинете, деньги вернут.";

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

fn id(n: u128) -> InteractionId {
    InteractionId(Uuid::from_u128(n))
}

fn content(rating: u8) -> Content {
    Content {
        rating: Some(rating),
        product: Product::default(),
        words: BuyerWords::default().into(),
    }
}

fn came_in(rating: u8) -> InteractionEvent {
    let source = Source {
        account_id: AccountId(Uuid::from_u128(1)),
        marketplace: Marketplace::Wildberries,
        channel: Channel::Review,
        external_id: "r-1".into(),
        occurred_at: at(0),
    };
    InteractionEvent::Ingested { source, content: content(rating) }
}

fn draft(n: u128) -> DraftId {
    DraftId(Uuid::from_u128(n))
}

fn proposed(n: u128, carried_from: Option<DraftId>) -> InteractionEvent {
    let origin = DraftOrigin {
        analysis: Some(Analysis {
            intent: Intent::Thanks,
            sentiment: Sentiment::Positive,
            priority: Priority::Low,
            confidence: Confidence::new(90).unwrap(),
        }),
        advice: Some(Advice { version: guardrail::VERSION, own_version: 0, found: vec![] }),
        carried_from,
        ..DraftOrigin::given(0)
    };
    InteractionEvent::DraftProposed {
        draft_id: draft(n),
        text: TEXT.to_owned().into(),
        source: DraftSource::Template,
        origin: Some(Box::new(origin)),
    }
}

fn asked(text: Personal<String>) -> InteractionEvent {
    InteractionEvent::ReplyRequested {
        reply_id: ReplyId(Uuid::from_u128(7)),
        text,
        draft_id: None,
        lineage: None,
        automation: None,
        bulk_id: None,
        files: vec![],
        guardrails: None,
        held_until: None,
    }
}

fn sent(text: &str) -> InteractionEvent {
    asked(text.to_owned().into())
}

fn dismissed(n: u128) -> InteractionEvent {
    InteractionEvent::DraftDismissed { draft_id: draft(n), reason: DismissReason::WrongTone }
}

/// What is said of histories whose events come a second after another.
fn report(histories: &[Vec<InteractionEvent>]) -> Report {
    let mut backtest = Backtest::new(Rules::default(), at(0), at(1_000));
    for (n, history) in (0..).zip(histories) {
        for (seconds, event) in (0..).zip(history) {
            backtest.take(id(n), at(seconds), event);
        }
    }
    backtest.report()
}

#[test]
fn what_people_did_is_told_by_verdict() {
    let slightly = TEXT.replace("плед", "свитер");
    let more = format!("{TEXT} Стирайте при 30 градусах и сушите в тени.");
    let found = report(&[
        vec![came_in(5), proposed(1, None), sent(TEXT)],
        vec![came_in(5), proposed(2, None), sent(&slightly)],
        vec![came_in(5), proposed(3, None), sent(&more)],
        vec![came_in(5), proposed(4, None), sent(OTHER)],
        vec![came_in(5), proposed(5, None), dismissed(5)],
        vec![came_in(5), proposed(6, None)],
        vec![came_in(5), proposed(7, None), asked(Personal::Erased)],
        vec![came_in(3), proposed(8, None), sent(TEXT)],
    ]);
    let each = Deeds {
        as_it_was: 1,
        slight: 1,
        edited: 1,
        other_text: 1,
        dismissed: 1,
        unanswered: 1,
        unmeasured: 1,
        automatic: 0,
        superseded: 0,
    };
    assert_eq!(found.auto_send, each);
    assert_eq!(found.need_approval, Deeds { as_it_was: 1, ..Deeds::default() });
    assert_eq!((found.drafts(), found.agreement_percent()), (8, Some(40)));
    assert_eq!((found.minutes_saved(90), found.minutes_saved(20)), (3, 0));
    let worst: Vec<_> = found.worst.iter().map(|case| (case.interaction_id, case.deed)).collect();
    assert_eq!(worst, [(id(4), Deed::Dismissed), (id(3), Deed::OtherText), (id(2), Deed::Edited)]);
    assert_eq!(found.worst[0].changed_percent, None);
    assert!(found.worst[1].changed_percent > Some(50) && found.worst[2].changed_percent < Some(50));
}

#[test]
fn what_was_measured_outlives_the_words() {
    let mut erased = asked(Personal::Erased);
    if let InteractionEvent::ReplyRequested { lineage, .. } = &mut erased {
        *lineage = Some(Lineage { draft_id: draft(2), changed: Changed::kept(99) });
    }
    let found = report(&[
        vec![came_in(5), proposed(1, None), asked(Personal::Erased)],
        vec![came_in(5), proposed(2, None), erased],
    ]);
    assert_eq!(found.auto_send, Deeds { slight: 1, unmeasured: 1, ..Deeds::default() });
}

#[test]
fn what_went_out_by_itself_was_judged_by_nobody_but_who_took_it_back() {
    let by_itself = |n| {
        let mut asked = sent(TEXT);
        if let InteractionEvent::ReplyRequested { lineage, automation, .. } = &mut asked {
            *lineage = Some(Lineage { draft_id: draft(n), changed: Changed::kept(0) });
            *automation = Some(3);
        }
        asked
    };
    let taken_back = InteractionEvent::ReplyCancelled {
        reply_id: ReplyId(Uuid::from_u128(7)),
        reason: CancelReason::ByPerson,
    };
    let found = report(&[
        vec![came_in(5), proposed(1, None), by_itself(1)],
        vec![came_in(5), proposed(2, None), by_itself(2), taken_back],
    ]);
    assert_eq!(found.auto_send, Deeds { automatic: 1, dismissed: 1, ..Deeds::default() });
    assert_eq!((found.drafts(), found.agreement_percent()), (2, Some(0)));
    assert_eq!(found.worst[0].changed_percent, None, "it was not sent");
}

#[test]
fn who_says_nothing_does_not_agree() {
    let found = report(&[vec![came_in(5), proposed(1, None)]]);
    assert_eq!((found.agreement_percent(), found.minutes_saved(60)), (None, 0));
    assert_eq!(Report::default().agreement_percent(), None);
}

#[test]
fn only_drafts_of_the_period_count_and_all_that_came_before_decides() {
    let mut backtest = Backtest::new(Rules::default(), at(10), at(20));
    for (seconds, event) in [
        (1, came_in(5)),
        (2, proposed(1, None)),
        (3, sent(OTHER)),
        (12, proposed(2, None)),
        (20, proposed(3, Some(draft(2)))),
        (21, proposed(4, None)),
        (30, sent(TEXT)),
    ] {
        backtest.take(id(1), at(seconds), &event);
    }
    let found = backtest.report();
    let once = Deeds { superseded: 1, ..Deeds::default() };
    assert_eq!((found.drafts(), found.need_approval), (1, once), "a person wrote before");
}

#[test]
fn another_draft_takes_the_place_of_the_one_before_and_is_judged_alone() {
    let revised = InteractionEvent::ContentRevised { content: content(5) };
    let found = report(&[
        vec![came_in(5), proposed(1, None), revised, proposed(2, None), sent(TEXT)],
        vec![came_in(5), proposed(3, None), proposed(4, None), proposed(5, None), sent(TEXT)],
    ]);
    assert_eq!(found.auto_send, Deeds { as_it_was: 2, superseded: 3, ..Deeds::default() });
    assert_eq!((found.agreement_percent(), found.minutes_saved(60)), (Some(100), 2));
}

#[test]
fn a_draft_that_is_carried_on_is_judged_under_its_new_name() {
    let revised = || InteractionEvent::ContentRevised { content: content(5) };
    let carried = |n: u128| proposed(n + 1, Some(draft(n)));
    let mut erased = asked(Personal::Erased);
    if let InteractionEvent::ReplyRequested { lineage, .. } = &mut erased {
        *lineage = Some(Lineage { draft_id: draft(22), changed: Changed::kept(0) });
    }
    let found = report(&[
        vec![came_in(5), proposed(10, None), revised(), carried(10), dismissed(11)],
        vec![
            came_in(5),
            proposed(20, None),
            revised(),
            carried(20),
            revised(),
            carried(21),
            erased,
        ],
    ]);
    assert_eq!(found.auto_send, Deeds { dismissed: 1, as_it_was: 1, ..Deeds::default() });
}

#[test]
fn what_a_person_takes_back_was_not_sent() {
    let back = InteractionEvent::ReplyCancelled {
        reply_id: ReplyId(Uuid::from_u128(7)),
        reason: CancelReason::ByPerson,
    };
    let history = vec![came_in(5), proposed(1, None), sent(TEXT), back];
    let found = report(std::slice::from_ref(&history));
    assert_eq!(found.auto_send, Deeds { unanswered: 1, ..Deeds::default() });
    // One that goes on with it is the same, and counts once.
    let again = [history, vec![proposed(2, Some(draft(1))), sent(OTHER)]].concat();
    assert_eq!(report(&[again]).auto_send, Deeds { other_text: 1, ..Deeds::default() });
}

#[test]
fn what_was_answered_at_the_marketplace_counts_as_what_people_did() {
    use crate::value::{ObservedAnswer, ObservedState};

    let answer = ObservedAnswer {
        text: OTHER.to_owned().into(),
        state: ObservedState::Published,
        editable: None,
        external_id: None,
        refusal: None,
    };
    let seen = InteractionEvent::ReplyObserved { answer, seen_at: at(5), ordinal: 0 };
    let found = report(&[vec![came_in(5), proposed(1, None), seen]]);
    assert_eq!(found.auto_send, Deeds { other_text: 1, ..Deeds::default() });
}

#[test]
fn what_cannot_be_read_is_left_out_whatever_was_found_there() {
    let mut backtest = Backtest::new(Rules::default(), at(0), at(100));
    for n in 1..=2 {
        for event in [came_in(5), proposed(n, None), dismissed(n)] {
            backtest.take(id(n), at(1), &event);
        }
    }
    backtest.leave_out(id(1));
    backtest.take(id(1), at(2), &proposed(3, None));
    let found = backtest.report();
    assert_eq!((found.drafts(), found.auto_send.dismissed, found.left_out), (1, 1, 1));
    assert_eq!(found.worst.len(), 1);
}

#[test]
fn a_period_has_an_end_after_its_beginning_and_years_that_there_are() {
    let year = |year: i32| Utc.with_ymd_and_hms(year, 1, 1, 0, 0, 0).unwrap();
    assert_eq!(check_period(year(2026), year(2027)), Ok(()));
    assert_eq!(check_period(year(2026), year(2026)), Err(PeriodError::Empty));
    assert_eq!(check_period(year(2026), year(2028)), Err(PeriodError::TooLong));
    assert_eq!(check_period(year(1), year(2026)), Err(PeriodError::Year { is_end: false }));
    assert_eq!(check_period(year(2026), year(9999)), Err(PeriodError::Year { is_end: true }));
    assert_eq!(
        check_period(DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC),
        Err(PeriodError::Year { is_end: false })
    );
}

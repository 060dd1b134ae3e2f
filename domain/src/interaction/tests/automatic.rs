//! Answers that nobody asks for but the seller's rules.

use uuid::Uuid;

use super::builders::*;
use crate::effect::{Effect, owed};
use crate::event::Event;
use crate::guardrail::Grounds;
use crate::interaction::*;
use crate::policy::decision::{Decision, Verdict};
use crate::value::{DraftId, ReplyId};

const DRAFT: DraftId = DraftId(Uuid::from_u128(0xa));

fn drafted(draft_id: DraftId, basis: u32) -> InteractionEvent {
    InteractionEvent::DraftProposed {
        draft_id,
        text: TEXT.to_owned().into(),
        source: DraftSource::Template,
        origin: Some(Box::new(DraftOrigin::given(basis))),
    }
}

fn usual() -> InteractionCommand {
    InteractionCommand::SendDraft {
        draft_id: DRAFT,
        automation: 3,
        held_until: at(30),
        grounds: Grounds::default(),
    }
}

#[test]
fn the_draft_on_offer_goes_out_as_it_is_and_once() {
    let history = [ingested(), drafted(DRAFT, 0)];
    let asked = after(&history).decide(usual()).unwrap();
    assert_eq!(asked, [by_itself(DRAFT, 30)]);
    let again = [&history[..], &asked].concat();
    assert_eq!(after(&again).decide(usual()), Ok(vec![]));
}

#[test]
fn nothing_goes_out_once_anything_was_done_or_said() {
    let other = DraftId(Uuid::from_u128(0xb));
    let dismissed =
        InteractionEvent::DraftDismissed { draft_id: DRAFT, reason: DismissReason::WrongTone };
    let revised =
        InteractionEvent::ContentRevised { content: content("И ещё: колется.") };
    for (then, error) in [
        (vec![], InteractionError::NoSuchDraft),
        (vec![drafted(DRAFT, 0), dismissed], InteractionError::NoSuchDraft),
        (vec![drafted(DRAFT, 0), drafted(other, 0)], InteractionError::NoSuchDraft),
        (vec![drafted(DRAFT, 0), revised], InteractionError::Changed),
        (vec![drafted(DRAFT, 0), held(FIRST, 30)], InteractionError::ReplyHeld),
        (vec![drafted(DRAFT, 0), requested(FIRST)], InteractionError::ReplyInFlight),
        (vec![drafted(DRAFT, 0), requested(FIRST), sent(FIRST)], InteractionError::AlreadyAnswered),
        (
            vec![drafted(DRAFT, 0), held(FIRST, 30), cancelled(FIRST, CancelReason::ByPerson)],
            InteractionError::Changed,
        ),
    ] {
        let history = [&[ingested()][..], &then].concat();
        assert_eq!(after(&history).decide(usual()), Err(error), "{then:?}");
    }
}

#[test]
fn the_guardrails_have_the_last_word() {
    let draft = InteractionEvent::DraftProposed {
        draft_id: DRAFT,
        text: "Вам ответил бот магазина.".to_owned().into(),
        source: DraftSource::Model,
        origin: Some(Box::new(DraftOrigin::given(0))),
    };
    let refused = after(&[ingested(), draft]).decide(usual());
    assert!(matches!(refused, Err(InteractionError::Guardrails(_))), "{refused:?}");
}

#[test]
fn a_stop_takes_back_what_nobody_asked_for_and_nothing_else() {
    let reply_id = ReplyId::automatic(DRAFT);
    let stop = |reply_id| InteractionCommand::StopAutomatic { reply_id };
    let history = [ingested(), drafted(DRAFT, 0), by_itself(DRAFT, 30)];
    let taken_back = cancelled(reply_id, CancelReason::AutomationStopped);
    assert_eq!(after(&history).decide(stop(reply_id)), Ok(vec![taken_back.clone()]));
    let again = [&history[..], &[taken_back]].concat();
    assert_eq!(after(&again).decide(stop(reply_id)), Ok(vec![]));
    let released = [&history[..], &[InteractionEvent::ReplyReleased { reply_id }]].concat();
    assert_eq!(after(&released).decide(stop(reply_id)), Ok(vec![]), "it is out");
    let of_a_person = [ingested(), held(FIRST, 30)];
    assert_eq!(after(&of_a_person).decide(stop(FIRST)), Ok(vec![]));
}

#[test]
fn a_buyer_who_writes_again_takes_it_back() {
    let history = [ingested(), drafted(DRAFT, 0), by_itself(DRAFT, 30)];
    let InteractionCommand::Ingest(mut read) = reading(None) else { unreachable!() };
    read.content = content("И ещё: колется.");
    let read = after(&history).decide(InteractionCommand::Ingest(read));
    let taken_back = cancelled(ReplyId::automatic(DRAFT), CancelReason::BuyerWrote);
    assert!(read.as_ref().is_ok_and(|events| events.contains(&taken_back)), "{read:?}");
}

#[test]
fn only_a_draft_that_needs_nobody_and_nobody_waits_for_is_owed() {
    let owes = |verdict, asked| {
        let decision = Decision { verdict, reasons: vec![], policy: 1, automation: 3 };
        let origin = DraftOrigin { asked, decision: Some(decision), ..DraftOrigin::given(0) };
        owed(&Event::Interaction(InteractionEvent::DraftProposed {
            draft_id: DRAFT,
            text: TEXT.to_owned().into(),
            source: DraftSource::Template,
            origin: Some(Box::new(origin)),
        }))
    };
    let sends = Effect::SendDraft { draft_id: DRAFT, automation: 3 };
    assert_eq!(owes(Verdict::AutoSend, 0), Some(sends));
    assert_eq!(owes(Verdict::AutoSend, 1), None, "somebody asked for it");
    assert_eq!(owes(Verdict::NeedApproval, 0), None);
    assert_eq!(owes(Verdict::Escalate, 0), None);
    assert_eq!(owed(&Event::Interaction(drafted(DRAFT, 0))), None, "nothing was decided");
}

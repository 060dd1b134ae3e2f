use super::*;
use crate::value::{Confidence, Intent};

/// Thanks for five stars, which nobody has to look at by the usual rules.
fn thanks() -> Facts {
    Facts {
        channel: Channel::Review,
        rating: Some(5),
        source: DraftSource::Template,
        analysis: Some(Analysis {
            intent: Intent::Thanks,
            sentiment: Sentiment::Positive,
            priority: Priority::Low,
            confidence: Confidence::new(90).unwrap(),
        }),
        own_priority: None,
        passes: true,
        is_attacked: false,
        a_person_wrote: false,
        was_tried: false,
    }
}

fn read(change: impl FnOnce(&mut Analysis)) -> Facts {
    let mut facts = thanks();
    change(facts.analysis.as_mut().unwrap());
    facts
}

fn usual(facts: &Facts) -> (Verdict, Vec<Reason>) {
    let Decision { verdict, reasons, policy, automation } = decide(facts, &Rules::default(), 3);
    assert_eq!((policy, automation), (VERSION, 3));
    (verdict, reasons)
}

#[test]
fn thanks_need_nobody() {
    assert_eq!(usual(&thanks()), (Verdict::AutoSend, vec![]));
}

#[test]
fn whatever_keeps_it_is_enough() {
    use Verdict::{Escalate, NeedApproval};

    let percent = |percent| Confidence::new(percent).unwrap();
    for (facts, verdict, reasons) in [
        (Facts { rating: Some(3), ..thanks() }, NeedApproval, vec![Reason::Rating]),
        (Facts { rating: None, ..thanks() }, NeedApproval, vec![Reason::Rating]),
        (Facts { channel: Channel::Chat, ..thanks() }, NeedApproval, vec![Reason::Channel]),
        (read(|read| read.priority = Priority::Normal), NeedApproval, vec![Reason::Priority]),
        (
            Facts { own_priority: Some(Priority::Urgent), ..thanks() },
            NeedApproval,
            vec![Reason::Priority],
        ),
        (read(|read| read.sentiment = Sentiment::Negative), NeedApproval, vec![Reason::Sentiment]),
        (read(|read| read.sentiment = Sentiment::Neutral), NeedApproval, vec![Reason::Sentiment]),
        (read(|read| read.intent = Intent::General), NeedApproval, vec![Reason::Intent]),
        (
            read(|read| read.intent = Intent::Defect),
            Escalate,
            vec![Reason::Handoff, Reason::Intent],
        ),
        (read(|read| read.confidence = percent(84)), NeedApproval, vec![Reason::Unsure]),
        (read(|read| read.confidence = percent(49)), Escalate, vec![Reason::Guess, Reason::Unsure]),
        (Facts { analysis: None, ..thanks() }, NeedApproval, vec![Reason::Unread]),
        (Facts { passes: false, ..thanks() }, NeedApproval, vec![Reason::Guardrails]),
        (Facts { is_attacked: true, ..thanks() }, Escalate, vec![Reason::Attacked]),
        (Facts { a_person_wrote: true, ..thanks() }, NeedApproval, vec![Reason::PersonWrote]),
        (Facts { was_tried: true, ..thanks() }, NeedApproval, vec![Reason::Tried]),
        (
            Facts { source: DraftSource::Operator, ..thanks() },
            NeedApproval,
            vec![Reason::PersonsDraft],
        ),
    ] {
        assert_eq!(usual(&facts), (verdict, reasons), "{facts:?}");
    }
}

/// Neither a model that was talked round nor rules that know few words make anything less urgent.
#[test]
fn of_two_readings_the_more_urgent_counts() {
    for (read_as, own, is_kept) in [
        (Priority::Low, Some(Priority::High), true),
        (Priority::High, Some(Priority::Low), true),
        (Priority::Low, Some(Priority::Low), false),
        (Priority::Low, None, false),
    ] {
        let facts = Facts { own_priority: own, ..read(|read| read.priority = read_as) };
        let (_, reasons) = usual(&facts);
        assert_eq!(reasons.contains(&Reason::Priority), is_kept, "{read_as:?} {own:?}");
    }
}

#[test]
fn all_that_keeps_it_is_told() {
    let facts = Facts {
        channel: Channel::Chat,
        rating: None,
        source: DraftSource::Model,
        passes: false,
        is_attacked: true,
        a_person_wrote: true,
        ..read(|read| read.priority = Priority::Urgent)
    };
    let reasons = vec![
        Reason::Channel,
        Reason::Priority,
        Reason::Guardrails,
        Reason::Attacked,
        Reason::PersonWrote,
    ];
    assert_eq!(usual(&facts), (Verdict::Escalate, reasons));
}

/// What is for a person stays so though the seller allows it: rules that came before the check, or by another way.
#[test]
fn what_is_for_a_person_is_so_whatever_is_allowed() {
    let rules = Rules { handoff: [Intent::Thanks].into(), ..Rules::default() };
    let Decision { verdict, reasons, .. } = decide(&thanks(), &rules, 1);
    assert_eq!((verdict, reasons), (Verdict::Escalate, vec![Reason::Handoff]));
}

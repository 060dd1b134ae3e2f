//! What a buyer who waits was promised: since when they wait, by when they are to be answered, and what is said of that.

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate as _;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use uuid::Uuid;

use super::builders::*;
use crate::interaction::*;
use crate::value::*;

/// By when the usual promise is to be kept, in seconds.
const ANSWER_BY: i64 = 3_600;
const WARN_AT: i64 = 1_800;

fn deadline(since: i64) -> Deadline {
    Deadline {
        priority: Priority::High,
        policy: 1,
        rule: None,
        since: at(since),
        warn_at: at(since + WARN_AT),
        answer_by: at(since + ANSWER_BY),
    }
}

fn set(said: u32, deadline: Deadline) -> InteractionEvent {
    InteractionEvent::DeadlineSet { said, deadline, was_past: false }
}

fn to_set(said: u32, deadline: Deadline, seconds: i64) -> InteractionCommand {
    InteractionCommand::SetDeadline { said, deadline, known_at: at(seconds) }
}

fn check(seconds: i64) -> InteractionCommand {
    InteractionCommand::CheckDeadline { at: at(seconds) }
}

fn escalated(answer_by: i64) -> InteractionEvent {
    InteractionEvent::SlaEscalated { answer_by: at(answer_by) }
}

fn breached(answer_by: i64) -> InteractionEvent {
    InteractionEvent::SlaBreached { answer_by: at(answer_by) }
}

fn chat(more: &[InteractionEvent]) -> Interaction {
    let source = Source { channel: Channel::Chat, ..source() };
    let begun = InteractionEvent::Ingested { source, content: content("") };
    after(&[&[begun], more].concat())
}

fn said_by(author: MessageAuthor, seconds: i64) -> InteractionEvent {
    let words = MessageWords { text: "Где заказ?".into(), ..MessageWords::default() };
    let external_id = format!("{}-{seconds}", <&str>::from(author));
    let message = ChatMessage { external_id, author, sent_at: at(seconds), words: words.into() };
    InteractionEvent::MessageReceived { message, reply_id: None, seen_at: at(seconds) }
}

fn asked(seconds: i64) -> InteractionEvent {
    said_by(MessageAuthor::Buyer, seconds)
}

fn refused_by_moderation(reply_id: ReplyId) -> InteractionEvent {
    InteractionEvent::ReplyModerationFailed {
        reply_id,
        code: "rejected".into(),
        marketplace_text: None,
    }
}

fn waits_since(interaction: &Interaction) -> Option<DateTime<Utc>> {
    let answering = interaction.answering();
    answering.waits_since.filter(|_| answering.awaits_answer())
}

#[test]
fn a_buyer_who_waits_is_promised_an_answer_once() {
    let waiting = [ingested()];
    let events = after(&waiting).decide(to_set(0, deadline(0), 60)).unwrap();
    assert_eq!(events, vec![set(0, deadline(0))]);
    let promised = after(&[&waiting[..], &events].concat());
    assert_eq!(promised.decide(to_set(0, deadline(0), 90)), Ok(vec![]));
    assert_eq!(promised.answering().timer_at(), Some(at(WARN_AT)));
}

#[test]
fn nobody_is_promised_anything_who_does_not_wait() {
    let answered = [ingested(), requested(FIRST), sent(FIRST)];
    let observed = InteractionEvent::ReplyObserved {
        answer: standing("Благодарим!", ObservedState::Published),
        seen_at: at(60),
        ordinal: 0,
    };
    let closed = InteractionEvent::Closed { reason: CloseReason::ProcessedByMarketplace };
    let in_the_dark = [ingested(), requested(FIRST), unknown(FIRST)];
    for history in [&answered[..], &[ingested(), observed], &[ingested(), closed], &in_the_dark] {
        let interaction = after(history);
        assert_eq!(waits_since(&interaction), None);
        assert_eq!(interaction.decide(to_set(0, deadline(0), 60)), Ok(vec![]));
    }
}

#[test]
fn a_promise_follows_from_all_that_was_said_and_from_this_wait() {
    let revised =
        InteractionEvent::ContentRevised { content: content("Пришёл другой") };
    let waiting = after(&[ingested(), revised]);
    assert_eq!(waiting.decide(to_set(0, deadline(0), 60)), Ok(vec![]), "they have said more since");
    assert_eq!(waiting.decide(to_set(1, deadline(7), 60)), Ok(vec![]), "another wait");
    assert_eq!(waiting.decide(to_set(1, deadline(0), 60)), Ok(vec![set(1, deadline(0))]));
}

#[test]
fn an_older_policy_does_not_replace_a_newer_one() {
    let promised = after(&[ingested(), set(0, deadline(0))]);
    let older = Deadline { policy: 0, answer_by: at(60), ..deadline(0) };
    assert_eq!(promised.decide(to_set(0, older, 30)), Ok(vec![]));
    let newer = Deadline { policy: 2, answer_by: at(9_000), ..deadline(0) };
    assert_eq!(promised.decide(to_set(0, newer.clone(), 30)), Ok(vec![set(0, newer)]));
}

#[test]
fn the_time_runs_out_once_and_passes_once() {
    let mut history = vec![ingested(), set(0, deadline(0))];
    assert_eq!(after(&history).decide(check(WARN_AT - 1)), Ok(vec![]), "it is early");
    let events = after(&history).decide(check(WARN_AT)).unwrap();
    assert_eq!(events, vec![escalated(ANSWER_BY)]);
    history.extend(events);
    assert_eq!(after(&history).decide(check(ANSWER_BY - 1)), Ok(vec![]), "that was said");
    assert_eq!(after(&history).answering().timer_at(), Some(at(ANSWER_BY)));
    let events = after(&history).decide(check(ANSWER_BY)).unwrap();
    assert_eq!(events, vec![breached(ANSWER_BY)]);
    history.extend(events);
    assert_eq!(after(&history).decide(check(2 * ANSWER_BY)), Ok(vec![]));
    assert_eq!(after(&history).answering().timer_at(), None);
}

#[test]
fn what_was_slept_through_is_said_in_its_order() {
    let promised = after(&[ingested(), set(0, deadline(0))]);
    let events = promised.decide(check(2 * ANSWER_BY)).unwrap();
    assert_eq!(events, vec![escalated(ANSWER_BY), breached(ANSWER_BY)]);
}

#[test]
fn what_is_most_urgent_anyway_is_not_escalated() {
    let urgent = Deadline { priority: Priority::Urgent, ..deadline(0) };
    let promised = after(&[ingested(), set(0, urgent)]);
    assert_eq!(promised.answering().timer_at(), Some(at(ANSWER_BY)));
    assert_eq!(promised.decide(check(WARN_AT)), Ok(vec![]));
    assert_eq!(promised.decide(check(ANSWER_BY)), Ok(vec![breached(ANSWER_BY)]));
}

#[test]
fn what_was_past_when_it_was_first_read_alarms_nobody() {
    let late = after(&[ingested()]).decide(to_set(0, deadline(0), 2 * ANSWER_BY)).unwrap();
    let was_past = InteractionEvent::DeadlineSet { said: 0, deadline: deadline(0), was_past: true };
    assert_eq!(late, vec![was_past.clone()]);
    let promised = after(&[ingested(), was_past]);
    assert!(promised.answering().running().unwrap().breached);
    assert_eq!(promised.decide(check(3 * ANSWER_BY)), Ok(vec![]));
}

#[test]
fn a_policy_that_makes_it_past_alarms_nobody_but_words_that_do_alarm() {
    let promised = [ingested(), set(0, deadline(0))];
    let stricter = Deadline { policy: 2, answer_by: at(60), ..deadline(0) };
    let events = after(&promised).decide(to_set(0, stricter, 120)).unwrap();
    assert!(matches!(events[..], [InteractionEvent::DeadlineSet { was_past: true, .. }]));

    let revised = InteractionEvent::ContentRevised { content: content("Брак!") };
    let history = [&promised[..], &[revised]].concat();
    let urgent = Deadline { priority: Priority::Urgent, answer_by: at(60), ..deadline(0) };
    let events = after(&history).decide(to_set(1, urgent.clone(), 120)).unwrap();
    assert_eq!(events, vec![set(1, urgent)]);
    let events = after(&[history, events].concat()).decide(check(120)).unwrap();
    assert_eq!(events, vec![breached(60)]);
}

#[test]
fn what_is_due_is_not_lost_to_a_promise_that_stays_the_same() {
    let revised = InteractionEvent::ContentRevised { content: content("И ещё") };
    let history = [ingested(), set(0, deadline(0)), escalated(ANSWER_BY), revised];
    let events = after(&history).decide(to_set(1, deadline(0), ANSWER_BY + 1)).unwrap();
    assert_eq!(events, vec![set(1, deadline(0))]);
    let history = [&history[..], &events].concat();
    assert_eq!(after(&history).decide(check(ANSWER_BY + 1)), Ok(vec![breached(ANSWER_BY)]));
}

#[test]
fn a_wait_ends_with_an_answer_and_goes_on_when_it_fails() {
    let waiting = [ingested(), set(0, deadline(0)), requested(FIRST)];
    assert_eq!(after(&waiting).decide(check(WARN_AT)), Ok(vec![escalated(ANSWER_BY)]));
    let answered = [&waiting[..], &[sent(FIRST)]].concat();
    assert_eq!(after(&answered).decide(check(2 * ANSWER_BY)), Ok(vec![]));
    assert_eq!(after(&answered).answering().timer_at(), None);
    let refused = after(&[answered, vec![refused_by_moderation(FIRST)]].concat());
    assert_eq!(waits_since(&refused), Some(at(0)));
    assert_eq!(refused.answering().timer_at(), Some(at(WARN_AT)), "the promise stands");
}

#[test]
fn what_is_held_keeps_nobody_waiting_less() {
    let history = [ingested(), set(0, deadline(0)), held(FIRST, 2 * ANSWER_BY)];
    let events = after(&history).decide(check(ANSWER_BY)).unwrap();
    assert_eq!(events, vec![escalated(ANSWER_BY), breached(ANSWER_BY)]);
}

#[test]
fn an_erased_buyer_waits_for_nothing() {
    let erase =
        InteractionCommand::EraseBuyer { ground: ErasureGround::PersonsRequest, reference: None };
    let history = vec![ingested(), set(0, deadline(0))];
    let events = after(&history).decide(erase).unwrap();
    let erased = after(&[history, events].concat());
    assert_eq!(erased.decide(check(2 * ANSWER_BY)), Ok(vec![]));
    assert_eq!(erased.decide(to_set(0, deadline(0), 60)), Ok(vec![]));
}

#[test]
fn who_writes_again_waits_since_the_first_unanswered_word() {
    let waiting = chat(&[asked(10), asked(50)]);
    assert_eq!((waits_since(&waiting), waiting.answering().said), (Some(at(10)), 2));
    let answered = [asked(10), said_by(MessageAuthor::Seller, 20)];
    assert_eq!(waits_since(&chat(&answered)), None);
    let again = chat(&[&answered[..], &[asked(30), asked(40)]].concat());
    assert_eq!(waits_since(&again), Some(at(30)), "another wait");
}

#[test]
fn the_promise_for_one_wait_is_none_for_the_next() {
    let first = [asked(10), set(1, deadline(10)), said_by(MessageAuthor::Seller, 20), asked(30)];
    let again = chat(&first);
    assert_eq!(again.answering().running(), None);
    assert_eq!(again.decide(check(2 * ANSWER_BY)), Ok(vec![]));
}

#[test]
fn what_comes_in_while_a_reply_goes_out_waits_since_then() {
    let asked_twice = [asked(10), requested(FIRST), asked(30)];
    assert_eq!(waits_since(&chat(&asked_twice)), Some(at(10)), "nothing has reached them");
    let taken = [&asked_twice[..], &[sent(FIRST)]].concat();
    assert_eq!(waits_since(&chat(&taken)), Some(at(30)));
    let failed = [&asked_twice[..], &[given_up(FIRST, SendFailure::NeverArrived)]].concat();
    assert_eq!(waits_since(&chat(&failed)), Some(at(10)));
}

#[test]
fn who_has_their_answer_does_not_wait_for_what_follows_it() {
    let answered = [asked(10), requested(FIRST), sent(FIRST)];
    let more = [requested(SECOND), given_up(SECOND, SendFailure::NeverArrived)];
    let failed = chat(&[&answered[..], &more].concat());
    assert!(failed.answering().needs_response(), "a person must look");
    assert_eq!(waits_since(&failed), None);
}

#[test]
fn an_older_page_of_a_chat_moves_the_beginning_of_a_wait() {
    assert_eq!(waits_since(&chat(&[asked(50), asked(10)])), Some(at(10)));
    let answered_between = [asked(50), said_by(MessageAuthor::Seller, 30), asked(10)];
    assert_eq!(waits_since(&chat(&answered_between)), Some(at(50)));
}

#[test]
fn a_draft_whose_writer_read_it_otherwise_has_the_deadline_looked_at_again() {
    let read_as = |priority| {
        let analysis = Analysis {
            intent: Intent::Defect,
            sentiment: Sentiment::Negative,
            priority,
            confidence: Confidence::FULL,
        };
        let origin = DraftOrigin { analysis: Some(analysis), ..DraftOrigin::given(0) };
        InteractionEvent::DraftProposed {
            draft_id: DraftId(Uuid::from_u128(9)),
            text: TEXT.to_owned().into(),
            source: DraftSource::Model,
            origin: Some(Box::new(origin)),
        }
    };
    let promised = [ingested(), set(0, deadline(0))];
    let same = after(&[&promised[..], &[read_as(Priority::High)]].concat());
    assert!(same.answering().is_promised());
    let other = after(&[&promised[..], &[read_as(Priority::Urgent)]].concat());
    assert!(!other.answering().is_promised());
    let ruled = set(0, Deadline { rule: Some(3), ..deadline(0) });
    let ruled = |read| after(&[ingested(), ruled.clone(), read_as(read)]);
    assert!(ruled(Priority::Low).answering().is_promised(), "what the seller decided stays");
    assert!(!ruled(Priority::Urgent).answering().is_promised(), "the more urgent comes first");
    let mut talked_to = read_as(Priority::Low);
    if let InteractionEvent::DraftProposed { origin: Some(origin), .. } = &mut talked_to {
        origin.is_attacked = true;
    }
    let attacked = after(&[&promised[..], &[talked_to]].concat());
    assert!(attacked.answering().is_promised(), "who talks to a model talks down no deadline");
    let meanwhile = after(&[ingested(), read_as(Priority::Urgent)]);
    let decided = meanwhile.decide(to_set(0, deadline(0), 60));
    assert_eq!(decided, Ok(vec![]), "whoever sets it had read no draft");
}

/// What may happen, in any order.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// The buyer says more.
    Say,
    /// A worker promises what the policy of that version says: so many seconds.
    Set(u32),
    /// A worker looks.
    Check,
    /// An operator answers; the marketplace takes it, or not.
    Answer(u8, bool),
    /// So many seconds pass.
    Pass(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        Just(Step::Say),
        (1..4u32).prop_map(Step::Set),
        Just(Step::Check),
        (0..4u8, any::<bool>()).prop_map(|(n, taken)| Step::Answer(n, taken)),
        (1..900i64).prop_map(Step::Pass),
    ]
}

#[derive(Default)]
struct World {
    interaction: Interaction,
    history: Vec<InteractionEvent>,
    seconds: i64,
    /// The sabotage: a worker says what it thinks, and not what the interaction decides.
    says_unasked: bool,
}

impl World {
    fn apply(&mut self, events: Vec<InteractionEvent>) {
        for event in events {
            self.interaction.apply(event.clone());
            self.history.push(event);
        }
    }

    fn send(&mut self, command: InteractionCommand) {
        let Ok(events) = self.interaction.decide(command) else { return };
        self.apply(events);
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Pass(seconds) => self.seconds += seconds,
            Step::Say => {
                let content = content(&format!("Слово {}", self.history.len()));
                self.apply(vec![InteractionEvent::ContentRevised { content }]);
            }
            Step::Set(policy) => {
                let answering = self.interaction.answering();
                let Some(since) = answering.waits_since else { return };
                let span = i64::from(policy) * 600;
                let said = answering.said;
                let deadline = Deadline {
                    priority: Priority::Normal,
                    policy,
                    rule: None,
                    since,
                    warn_at: at(span / 2),
                    answer_by: at(span),
                };
                self.send(to_set(said, deadline, self.seconds));
            }
            Step::Check if self.says_unasked => {
                let promise = self.interaction.answering().promised.clone();
                let Some(promise) = promise else { return };
                let answer_by = promise.deadline.answer_by;
                if answer_by <= at(self.seconds) {
                    self.apply(vec![InteractionEvent::SlaBreached { answer_by }]);
                }
            }
            Step::Check => self.send(check(self.seconds)),
            Step::Answer(n, is_taken) => {
                let reply_id = ReplyId(Uuid::from_u128(10 + u128::from(n)));
                self.send(reply(reply_id, TEXT));
                let at = at(self.seconds);
                let attempt = 1;
                self.send(if is_taken {
                    InteractionCommand::RecordAccepted { reply_id, attempt, at, external_id: None }
                } else {
                    InteractionCommand::RecordFailed {
                        reply_id,
                        attempt,
                        failure: SendFailure::BadRequest,
                        marketplace_text: None,
                        at,
                    }
                });
            }
        }
    }
}

/// Of every promise each is said once at most, escalation before breach, and to nobody who has their answer.
fn said_once(world: &World) -> Result<(), TestCaseError> {
    let (mut promised, mut told) = (None, Vec::new());
    let mut known = Interaction::default();
    for event in &world.history {
        if let InteractionEvent::DeadlineSet { deadline, .. } = event
            && promised != Some(deadline.answer_by)
        {
            promised = Some(deadline.answer_by);
            told.clear();
        }
        let name: &str = event.into();
        if let InteractionEvent::SlaEscalated { answer_by }
        | InteractionEvent::SlaBreached { answer_by } = event
        {
            prop_assert_eq!(Some(*answer_by), promised, "said of another promise");
            prop_assert!(!told.contains(&name), "{} twice", name);
            prop_assert!(!told.contains(&"SlaBreached"), "{} too late", name);
            prop_assert!(known.answering().awaits_answer(), "nobody waits");
            told.push(name);
        }
        known.apply(event.clone());
    }
    Ok(())
}

/// Whoever waits and was promised something that has passed is known to, after one more look.
fn nothing_lost(mut world: World) -> Result<(), TestCaseError> {
    world.seconds += 100_000;
    world.take(Step::Check);
    let running = world.interaction.answering().running();
    prop_assert!(running.is_none_or(|promise| promise.breached));
    Ok(())
}

fn after_steps(steps: Vec<Step>, mut world: World) -> World {
    world.apply(vec![ingested()]);
    for step in steps {
        world.take(step);
    }
    world
}

#[test]
fn the_order_test_catches_a_worker_that_says_unasked() {
    let outcome = TestRunner::deterministic().run(&prop::collection::vec(step(), 1..40), |steps| {
        said_once(&after_steps(steps, World { says_unasked: true, ..World::default() }))
    });
    assert!(outcome.is_err(), "a test that passes where nobody asks proves nothing");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_order_loses_or_doubles_what_is_said(steps in prop::collection::vec(step(), 1..40)) {
        let world = after_steps(steps, World::default());
        said_once(&world)?;
        nothing_lost(world)?;
    }
}

//! Promises that hold for every order of commands.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate as _;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use uuid::Uuid;

use super::builders::*;
use crate::effect::{self, Effect};
use crate::event::Event;
use crate::interaction::*;
use crate::value::{ObservedState, ReplyId};

/// What may happen to the system, in any order.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// An operator presses send, with one of three ids.
    Request(u8),
    /// An operator presses send on an edit, with one of three other ids.
    Edit(u8),
    /// An operator wants it sent later, with one of three ids.
    Hold(u8),
    /// The oldest release owed has come due.
    Release,
    /// An operator takes one of them back.
    Cancel(u8),
    /// A worker performs the oldest delivery owed; the marketplace applies it or not, and the worker learns it or not.
    Deliver { applied: bool, learned: bool },
    /// A worker repeats an old report.
    RepeatReport(u8),
    /// The marketplace is read.
    Read,
    /// Reading has proved the unknown attempt absent; only ever true when it is.
    ProveAbsent,
    /// The pending window of a sent reply has passed.
    WindowPassed,
    /// Somebody answers in the cabinet.
    AnswerElsewhere,
    /// A person looks at the marketplace for the reply that reading could not tell of, and says what is there.
    Decide,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..3u8).prop_map(Step::Request),
        (0..3u8).prop_map(Step::Edit),
        (0..3u8).prop_map(Step::Hold),
        Just(Step::Release),
        (0..3u8).prop_map(Step::Cancel),
        (any::<bool>(), any::<bool>())
            .prop_map(|(applied, learned)| Step::Deliver { applied, learned }),
        any::<u8>().prop_map(Step::RepeatReport),
        Just(Step::Read),
        Just(Step::ProveAbsent),
        Just(Step::WindowPassed),
        Just(Step::AnswerElsewhere),
        Just(Step::Decide),
    ]
}

/// The system around one interaction: owed effects, past reports, and what buyers saw.
#[derive(Default)]
struct World {
    interaction: Interaction,
    history: Vec<InteractionEvent>,
    owed: Vec<(ReplyId, u32)>,
    /// Versions whose release is owed.
    held: Vec<ReplyId>,
    reports: Vec<InteractionCommand>,
    /// Every write that the marketplace applied: the ledger.
    applied: Vec<ReplyId>,
    standing: Option<String>,
    /// The marketplace does not show what it took.
    unseen: bool,
    seconds: i64,
    /// The sabotage: an unknown outcome is sent again without reading.
    blind_retry: bool,
    /// The sabotage: a person says that nothing arrived without looking.
    blind_word: bool,
    /// The sabotage: what was held goes out when its time has come, whatever became of it meanwhile.
    release_unasked: bool,
}

impl World {
    fn send(&mut self, command: InteractionCommand) {
        let Ok(events) = self.interaction.decide(command.clone()) else { return };
        for event in events {
            match effect::owed(&Event::Interaction(event.clone())) {
                Some(Effect::DeliverReply { reply_id, attempt, .. }) => {
                    self.owed.push((reply_id, attempt));
                }
                Some(Effect::ReleaseReply { reply_id, .. }) => self.held.push(reply_id),
                _ => (),
            }
            self.interaction.apply(event.clone());
            self.history.push(event);
        }
        let again = self.interaction.decide(command);
        assert!(
            matches!(again.as_deref(), Ok([]) | Err(_)),
            "deciding twice is harmless, yet it led to {again:?}"
        );
    }

    fn report(&mut self, command: InteractionCommand) {
        self.reports.push(command.clone());
        self.send(command);
    }

    fn take(&mut self, step: Step) {
        self.seconds += 1;
        let now = at(self.seconds);
        match step {
            // Whoever is asked about one reply does not write another.
            Step::Request(_) | Step::Edit(_) | Step::Hold(_) if self.unseen && self.asks() => (),
            Step::Request(n) => {
                self.send(reply(ReplyId(Uuid::from_u128(10 + u128::from(n))), TEXT))
            }
            Step::Edit(n) => self.send(edit(ReplyId(Uuid::from_u128(20 + u128::from(n))), now)),
            Step::Hold(n) => {
                let timing = Timing { held_until: Some(at(self.seconds + 10)), basis: None };
                let reply_id = ReplyId(Uuid::from_u128(13 + u128::from(n)));
                self.send(reply_at(reply_id, TEXT, timing));
            }
            Step::Release => self.release(),
            Step::Cancel(n) => {
                let reply_id = ReplyId(Uuid::from_u128(13 + u128::from(n)));
                self.send(InteractionCommand::Cancel { reply_id });
            }
            Step::Deliver { applied, learned } => self.deliver(applied, learned),
            Step::RepeatReport(n) => {
                if let Some(old) = self.reports.get(usize::from(n)).cloned() {
                    self.send(old);
                }
            }
            Step::Read if self.unseen => (),
            Step::Read => {
                let answer =
                    self.standing.as_ref().map(|text| standing(text, ObservedState::Published));
                self.send(reading(answer));
            }
            Step::ProveAbsent => self.prove_absent(),
            Step::WindowPassed => self.window_passed(),
            Step::Decide => self.decide(now),
            Step::AnswerElsewhere => {
                if self.standing.is_none() {
                    self.standing = Some("Благодарим!".into());
                }
            }
        }
    }

    fn release(&mut self) {
        if self.held.is_empty() {
            return;
        }
        let reply_id = self.held.remove(0);
        if self.release_unasked {
            self.applied.push(reply_id);
        }
        self.send(InteractionCommand::Release { reply_id });
    }

    fn deliver(&mut self, applied: bool, learned: bool) {
        if self.owed.is_empty() {
            return;
        }
        let (reply_id, attempt) = self.owed.remove(0);
        let Some(due) = self.interaction.delivery_due(reply_id, attempt) else { return };
        let at = at(self.seconds);
        if applied {
            self.applied.push(reply_id);
            self.standing = due.text.known().cloned();
        }
        if self.blind_retry && !learned {
            self.owed.push((reply_id, attempt));
            return;
        }
        self.report(match (applied, learned) {
            (true, true) => {
                InteractionCommand::RecordAccepted { reply_id, attempt, at, external_id: None }
            }
            (false, true) => InteractionCommand::RecordFailed {
                reply_id,
                attempt,
                failure: SendFailure::Unavailable,
                marketplace_text: None,
                at,
            },
            (_, false) => InteractionCommand::RecordUnknown {
                reply_id,
                attempt,
                reason: UnknownReason::Timeout,
                at,
            },
        });
    }

    fn prove_absent(&mut self) {
        let unknown = self.versions().into_iter().find(|v| v.state == ReplyState::Unknown);
        let Some(version) = unknown.filter(|v| !self.applied.contains(&v.reply_id)) else { return };
        self.report(InteractionCommand::ConfirmAbsent {
            reply_id: version.reply_id,
            attempt: version.attempts,
            read_at: vec![],
        });
    }

    /// The window is longer than any delay of visibility, so what was applied has been read by then; unless the
    /// marketplace never shows it.
    fn window_passed(&mut self) {
        let sent = self.versions().into_iter().find(|v| v.state == ReplyState::Sent);
        let is_unseen = |v: &ReplyVersion| !self.applied.contains(&v.reply_id) || self.unseen;
        let Some(version) = sent.filter(is_unseen) else { return };
        self.report(InteractionCommand::RecordNotPublished { reply_id: version.reply_id });
    }

    fn asks(&self) -> bool {
        self.versions().iter().any(ReplyVersion::is_in_doubt)
    }

    fn decide(&mut self, now: DateTime<Utc>) {
        let Some(version) = self.versions().into_iter().find(ReplyVersion::is_in_doubt) else {
            return;
        };
        let reply_id = version.reply_id;
        if self.applied.contains(&reply_id) && !self.blind_word {
            self.send(InteractionCommand::MarkSent { reply_id, at: now });
        } else {
            self.send(send_again(reply_id, None));
        }
    }

    fn versions(&self) -> Vec<ReplyVersion> {
        (10..16)
            .chain(20..23)
            .filter_map(|n| self.interaction.version(ReplyId(Uuid::from_u128(n))).cloned())
            .collect()
    }
}

/// Every version applied at most once, and at most one answer and one edit.
fn sent_once(world: &World) -> Result<(), TestCaseError> {
    let once: BTreeSet<_> = world.applied.iter().collect();
    prop_assert_eq!(once.len(), world.applied.len(), "a version was applied twice");
    let answers = world.applied.iter().filter(|id| id.0.as_u128() < 20).count();
    prop_assert!(answers <= 1, "the buyer was answered {answers} times");
    let edits = world.applied.len() - answers;
    prop_assert!(edits <= 1, "the answer was edited {edits} times");
    Ok(())
}

/// What is held, or was taken back, never reached a buyer.
fn held_back(world: &World) -> Result<(), TestCaseError> {
    let back = |version: &ReplyVersion| !version.state.was_let_out();
    let back: Vec<_> = world.versions().into_iter().filter(back).collect();
    let out = back.iter().find(|version| world.applied.contains(&version.reply_id));
    prop_assert!(out.is_none(), "a buyer read {out:?}");
    Ok(())
}

fn after_steps(steps: Vec<Step>, mut world: World) -> World {
    world.send(reading(None));
    for step in steps {
        world.take(step);
    }
    world
}

#[test]
fn the_order_test_catches_a_blind_retry() {
    let mut runner = TestRunner::deterministic();
    let outcome = runner.run(&prop::collection::vec(step(), 1..40), |steps| {
        sent_once(&after_steps(steps, World { blind_retry: true, ..World::default() }))
    });
    assert!(outcome.is_err(), "a test that a blind retry passes proves nothing");
}

/// What the marketplace does not show, a person says.
fn sent_once_unseen(steps: Vec<Step>, blind_word: bool) -> Result<(), TestCaseError> {
    sent_once(&after_steps(steps, World { unseen: true, blind_word, ..World::default() }))
}

#[test]
fn the_order_test_catches_a_word_given_without_looking() {
    let outcome = TestRunner::deterministic()
        .run(&prop::collection::vec(step(), 1..40), |steps| sent_once_unseen(steps, true));
    assert!(outcome.is_err(), "a test that a word given blindly passes proves nothing");
}

#[test]
fn the_order_test_catches_a_release_that_does_not_ask() {
    let mut runner = TestRunner::deterministic();
    let outcome = runner.run(&prop::collection::vec(step(), 1..40), |steps| {
        held_back(&after_steps(steps, World { release_unasked: true, ..World::default() }))
    });
    assert!(outcome.is_err(), "a test that passes where nobody asks proves nothing");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_order_of_commands_sends_twice(steps in prop::collection::vec(step(), 1..40)) {
        let world = after_steps(steps, World::default());
        sent_once(&world)?;
        held_back(&world)?;
    }

    #[test]
    fn whoever_looks_before_they_decide_sends_once(steps in prop::collection::vec(step(), 1..40)) {
        sent_once_unseen(steps, false)?;
    }

    #[test]
    fn state_is_a_function_of_the_events(steps in prop::collection::vec(step(), 1..40)) {
        let world = after_steps(steps, World::default());
        let stored = serde_json::to_string(&world.history).unwrap();
        let read: Vec<InteractionEvent> = serde_json::from_str(&stored).unwrap();
        prop_assert_eq!(after(&read), world.interaction);
    }
}

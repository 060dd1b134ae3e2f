//! A chat: many messages, several replies, none of which the marketplace gives an id when it takes it.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use uuid::Uuid;

use super::builders::*;
use crate::effect::{self, Effect};
use crate::event::Event;
use crate::interaction::*;
use crate::value::*;

const HELLO: &str = "Здравствуйте!";

fn chat_source(marketplace: Marketplace) -> Source {
    Source { marketplace, channel: Channel::Chat, ..source() }
}

fn begun(marketplace: Marketplace) -> Vec<InteractionEvent> {
    let content = Content { rating: None, ..content("") };
    vec![InteractionEvent::Ingested { source: chat_source(marketplace), content }]
}

fn message(id: &str, author: MessageAuthor, text: &str, seconds: i64) -> ChatMessage {
    let words = MessageWords { text: text.into(), ..MessageWords::default() };
    ChatMessage { external_id: id.into(), author, sent_at: at(seconds), words: words.into() }
}

fn read(messages: Vec<ChatMessage>, open: Option<bool>) -> InteractionCommand {
    InteractionCommand::Ingest(Box::new(Ingest {
        source: chat_source(Marketplace::Ozon),
        content: Content { rating: None, ..content("") },
        answer: None,
        chat: ChatReading { messages, open },
        links: Links::default(),
        processed: false,
        seen_at: at(600),
    }))
}

fn received(message: ChatMessage, reply_id: Option<ReplyId>) -> InteractionEvent {
    InteractionEvent::MessageReceived { message, reply_id, seen_at: at(600) }
}

fn seen(reply_id: ReplyId) -> InteractionEvent {
    InteractionEvent::ReplyPublished { reply_id, seen_at: at(600) }
}

fn history(more: Vec<InteractionEvent>) -> Vec<InteractionEvent> {
    begun(Marketplace::Ozon).into_iter().chain(more).collect()
}

#[test]
fn a_message_is_taken_in_once() {
    let hello = message("1", MessageAuthor::Buyer, HELLO, 1);
    let twice = read(vec![hello.clone(), hello.clone()], None);
    let events = after(&history(vec![])).decide(twice.clone()).unwrap();
    assert_eq!(events, vec![received(hello, None)]);
    assert_eq!(after(&history(events)).decide(twice), Ok(vec![]));
}

#[test]
fn a_reading_that_names_neither_product_nor_buyer_takes_neither_away() {
    let words = BuyerWords { buyer_name: Some("Анна".into()), ..BuyerWords::default() };
    let content = Content { words: words.into(), rating: None, ..content("") };
    let source = chat_source(Marketplace::Wildberries);
    let named = [InteractionEvent::Ingested { source, content }];
    let mut silent = read(vec![], None);
    if let InteractionCommand::Ingest(reading) = &mut silent {
        let words = BuyerWords::default().into();
        reading.content = Content { rating: None, product: Product::default(), words };
    }
    let mut other = silent.clone();
    if let InteractionCommand::Ingest(reading) = &mut other {
        reading.content.product.article = "149".into();
    }
    let silent = after(&named).decide(silent);
    assert_eq!(silent, Ok(vec![]));
    let other = after(&named).decide(other).unwrap();
    let [InteractionEvent::ContentRevised { content: revised }] = other.as_slice() else {
        panic!("another product is news: {other:?}");
    };
    let buyer = revised.words.known().and_then(|words| words.buyer_name.as_deref());
    assert_eq!((revised.product.article.as_str(), buyer), ("149", Some("Анна")));
}

#[test]
fn our_message_is_known_again_by_its_words() {
    let ours = message("2", MessageAuthor::Seller, TEXT, 12);
    for outcome in [vec![sent(FIRST)], vec![unknown(FIRST)], vec![]] {
        let before = history([vec![requested(FIRST)], outcome].concat());
        let events = after(&before).decide(read(vec![ours.clone()], None)).unwrap();
        assert_eq!(events, vec![received(ours.clone(), Some(FIRST)), seen(FIRST)]);
    }
}

#[test]
fn the_same_words_of_the_buyer_or_from_long_before_are_not_ours() {
    let unknown = InteractionEvent::ReplyOutcomeUnknown {
        reply_id: FIRST,
        attempt: 1,
        reason: UnknownReason::Timeout,
        at: at(1_000),
    };
    let before = after(&history(vec![requested(FIRST), unknown]));
    for other in [
        message("2", MessageAuthor::Buyer, TEXT, 1_001),
        message("3", MessageAuthor::Marketplace, TEXT, 1_001),
        message("4", MessageAuthor::Seller, TEXT, 1_000 - CLOCKS_DIFFER_MAX.num_seconds() - 1),
    ] {
        let events = before.decide(read(vec![other.clone()], None)).unwrap();
        assert_eq!(events, vec![received(other, None)]);
    }
}

#[test]
fn of_two_replies_with_the_same_words_each_is_seen_once() {
    let before = history(vec![requested(FIRST), sent(FIRST), requested(SECOND), sent(SECOND)]);
    let one = message("2", MessageAuthor::Seller, TEXT, 11);
    let two = message("3", MessageAuthor::Seller, TEXT, 12);
    let only_one = after(&before).decide(read(vec![one.clone()], None)).unwrap();
    assert_eq!(only_one, vec![received(one.clone(), Some(FIRST)), seen(FIRST)]);
    let both = after(&before).decide(read(vec![one.clone(), two.clone()], None)).unwrap();
    let expected =
        vec![received(one, Some(FIRST)), seen(FIRST), received(two, Some(SECOND)), seen(SECOND)];
    assert_eq!(both, expected);
}

#[test]
fn a_message_is_a_reply_that_waits_to_be_seen_sooner_than_one_that_was_given_up() {
    let given_up = InteractionEvent::ReplySendFailed {
        reply_id: FIRST,
        attempt: 3,
        failure: SendFailure::NeverArrived,
        marketplace_text: None,
        retry_at: None,
        looks: vec![],
    };
    let known = [requested(FIRST), given_up, requested(SECOND), unknown(SECOND)];
    let ours = message("1", MessageAuthor::Seller, TEXT, 12);
    let events = after(&history(known.to_vec())).decide(read(vec![ours.clone()], None));
    assert_eq!(events, Ok(vec![received(ours, Some(SECOND)), seen(SECOND)]));
}

#[test]
fn a_chat_takes_one_reply_after_another_but_not_two_at_once() {
    let in_flight = after(&history(vec![requested(FIRST)]));
    assert_eq!(in_flight.decide(reply(SECOND, TEXT)), Err(InteractionError::ReplyInFlight));
    let sent = after(&history(vec![requested(FIRST), sent(FIRST)]));
    assert_eq!(sent.decide(reply(SECOND, TEXT)), Ok(vec![requested(SECOND)]));
    assert_eq!(sent.decide(edit(SECOND, at(60))), Err(InteractionError::EditNotOffered));
}

#[test]
fn an_earlier_message_still_awaits_to_be_seen_when_a_later_one_follows() {
    let both = after(&history(vec![requested(FIRST), sent(FIRST), requested(SECOND)]));
    assert!(both.awaits_publication(FIRST));
}

#[test]
fn a_closed_chat_takes_nothing_until_it_is_open_again() {
    let closed = InteractionEvent::Closed { reason: CloseReason::ChatClosed };
    let events = after(&history(vec![])).decide(read(vec![], Some(false)));
    assert_eq!(events, Ok(vec![closed.clone()]));
    let closed = history(vec![closed]);
    assert_eq!(after(&closed).decide(read(vec![], Some(false))), Ok(vec![]));
    assert_eq!(after(&closed).decide(reply(FIRST, TEXT)), Err(InteractionError::ChatClosed));
    let reopened = after(&closed).decide(read(vec![], Some(true))).unwrap();
    assert_eq!(reopened, vec![InteractionEvent::Reopened]);
    let open = after(&[closed, reopened].concat());
    assert_eq!(open.decide(reply(FIRST, TEXT)), Ok(vec![requested(FIRST)]));
}

#[test]
fn the_window_is_counted_from_the_buyers_last_message() {
    let wrote =
        |id: &str, seconds| received(message(id, MessageAuthor::Buyer, HELLO, seconds), None);
    let out_of_order = history(vec![wrote("2", 70), wrote("1", 10)]);
    let until = at(70 + 48 * 60 * 60);
    assert_eq!(after(&out_of_order).reply_window_until(), Some(until));
    assert_eq!(after(&history(vec![])).reply_window_until(), None, "nobody wrote yet");
    let elsewhere = [begun(Marketplace::Wildberries), vec![wrote("1", 10)]].concat();
    assert_eq!(after(&elsewhere).reply_window_until(), None, "no such rule there");
}

#[test]
fn nothing_of_an_erased_buyers_chat_is_taken_in() {
    let erased =
        InteractionEvent::BuyerErased { ground: ErasureGround::PersonsRequest, reference: None };
    let hello = message("1", MessageAuthor::Buyer, HELLO, 1);
    assert_eq!(after(&history(vec![erased])).decide(read(vec![hello], Some(false))), Ok(vec![]));
}

/// What may happen to a chat, in any order.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// An operator sends one of two texts.
    Request(u8, bool),
    /// A worker performs the oldest delivery owed; the marketplace applies it or not, and the worker learns it or not.
    Deliver { applied: bool, learned: bool },
    /// The buyer writes.
    BuyerWrites,
    /// The last so many messages are read.
    Read(u8),
    /// Reading everything has proved the unknown attempt absent; only ever true when it is.
    ProveAbsent,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..4u8, any::<bool>()).prop_map(|(n, first)| Step::Request(n, first)),
        (any::<bool>(), any::<bool>())
            .prop_map(|(applied, learned)| Step::Deliver { applied, learned }),
        Just(Step::BuyerWrites),
        (1..6u8).prop_map(Step::Read),
        Just(Step::ProveAbsent),
    ]
}

/// A chat and what the buyer sees of it.
#[derive(Default)]
struct World {
    interaction: Interaction,
    owed: Vec<(ReplyId, u32)>,
    shown: Vec<(Option<ReplyId>, ChatMessage)>,
    /// Messages and the versions they were taken for.
    attributed: Vec<(String, ReplyId)>,
    seconds: i64,
    /// The sabotage: an unknown outcome is sent again without reading.
    blind_retry: bool,
}

impl World {
    fn send(&mut self, command: InteractionCommand) {
        use cqrs_es::Aggregate as _;

        let Ok(events) = self.interaction.decide(command) else { return };
        for event in events {
            if let InteractionEvent::MessageReceived { message, reply_id: Some(id), .. } = &event {
                self.attributed.push((message.external_id.clone(), *id));
            }
            if let Some(Effect::DeliverReply { reply_id, attempt, .. }) =
                effect::owed(&Event::Interaction(event.clone()))
            {
                self.owed.push((reply_id, attempt));
            }
            self.interaction.apply(event);
        }
    }

    fn show(&mut self, reply_id: Option<ReplyId>, author: MessageAuthor, text: &str) {
        let id = self.shown.len().to_string();
        self.shown.push((reply_id, message(&id, author, text, self.seconds)));
    }

    fn take(&mut self, step: Step) {
        self.seconds += 1;
        match step {
            Step::Request(n, first) => {
                let text = if first { TEXT } else { HELLO };
                self.send(reply(ReplyId(Uuid::from_u128(10 + u128::from(n))), text));
            }
            Step::Deliver { applied, learned } => self.deliver(applied, learned),
            Step::BuyerWrites => self.show(None, MessageAuthor::Buyer, TEXT),
            Step::Read(last) => {
                let skipped = self.shown.len().saturating_sub(last.into());
                let messages = self.shown[skipped..].iter().map(|(_, m)| m.clone()).collect();
                self.send(read(messages, None));
            }
            Step::ProveAbsent => self.prove_absent(),
        }
    }

    fn deliver(&mut self, applied: bool, learned: bool) {
        if self.owed.is_empty() {
            return;
        }
        let (reply_id, attempt) = self.owed.remove(0);
        let Some(due) = self.interaction.delivery_due(reply_id, attempt) else { return };
        if applied {
            self.show(Some(reply_id), MessageAuthor::Seller, due.text.known().unwrap());
        }
        let at = at(self.seconds);
        if self.blind_retry && !learned {
            self.owed.push((reply_id, attempt));
            return;
        }
        self.send(match (applied, learned) {
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
        let all = self.shown.iter().map(|(_, message)| message.clone()).collect();
        self.send(read(all, None));
        let unknown = |n: &u128| {
            let version = self.interaction.version(ReplyId(Uuid::from_u128(*n)))?;
            (version.state == ReplyState::Unknown).then(|| version.clone())
        };
        let Some(version) = (10..14).find_map(|n| unknown(&n)) else { return };
        self.send(InteractionCommand::ConfirmAbsent {
            reply_id: version.reply_id,
            attempt: version.attempts,
            read_at: vec![],
        });
    }
}

fn after_steps(steps: Vec<Step>, blind_retry: bool) -> World {
    let mut world = World { blind_retry, ..World::default() };
    world.send(read(vec![], None));
    for step in steps {
        world.take(step);
    }
    world
}

/// Every reply reaches the buyer at most once, and no message is taken for two replies or for one of other words.
fn said_once(world: &World) -> Result<(), TestCaseError> {
    for n in 10..14 {
        let id = ReplyId(Uuid::from_u128(n));
        let shown = world.shown.iter().filter(|(of, _)| *of == Some(id)).count();
        prop_assert!(shown <= 1, "reply {n} reached the buyer {shown} times");
        let seen = world.attributed.iter().filter(|(_, of)| *of == id).count();
        prop_assert!(seen <= 1, "reply {n} was seen in {seen} messages");
    }
    Ok(())
}

#[test]
fn the_chat_test_catches_a_blind_retry() {
    let mut runner = TestRunner::deterministic();
    let outcome = runner
        .run(&prop::collection::vec(step(), 1..40), |steps| said_once(&after_steps(steps, true)));
    assert!(outcome.is_err(), "a test that a blind retry passes proves nothing");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_order_of_commands_says_a_thing_twice(steps in prop::collection::vec(step(), 1..40)) {
        said_once(&after_steps(steps, false))?;
    }
}

//! Rules of a cabinet.

use cqrs_es::test::TestFramework;

use super::*;

fn connected() -> AccountEvent {
    AccountEvent::AccountConnected {
        marketplace: Marketplace::Wildberries,
        name: "Основной".into(),
    }
}

fn day(number: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(number)
}

/// A key that ends on the hundredth day.
fn facts() -> KeyFacts {
    KeyFacts { kind: Some(KeyKind::Basic), expires_at: Some(day(100)) }
}

fn examined() -> AccountEvent {
    AccountEvent::KeyExamined { facts: facts() }
}

fn warning(days: u32) -> AccountEvent {
    AccountEvent::KeyExpiring { expires_at: day(100), days }
}

fn closed(channel: Channel, to: Use, reason: ClosureReason) -> AccountEvent {
    AccountEvent::ChannelClosed { channel, to, reason }
}

fn opened(channel: Channel, to: Use) -> AccountEvent {
    AccountEvent::ChannelOpened { channel, to }
}

/// Examines a key that opens this in reviews.
fn examine(right: Right) -> AccountCommand {
    let rights = vec![ChannelRight { channel: Channel::Review, right }];
    AccountCommand::ExamineKey { facts: facts(), rights }
}

#[track_caller]
fn check(history: &[AccountEvent], command: AccountCommand, expected: &[AccountEvent]) {
    let given = [connected()].into_iter().chain(history.iter().cloned()).collect();
    TestFramework::<Account>::with(())
        .given(given)
        .when(command)
        .then_expect_events(expected.to_vec());
}

#[test]
fn a_refused_key_is_reported_once() {
    let reason = AccessLossReason::Unauthorized;
    let lose = AccountCommand::LoseAccess { reason, at: day(1) };
    let lost = AccountEvent::AccessLost { reason: AccessLossReason::Unauthorized };
    TestFramework::<Account>::with(())
        .given(vec![connected()])
        .when(lose.clone())
        .then_expect_events(vec![lost.clone()]);
    TestFramework::<Account>::with(())
        .given(vec![connected(), lost])
        .when(lose)
        .then_expect_events(vec![]);
}

#[test]
fn a_new_key_restores_access() {
    let lost = AccountEvent::AccessLost { reason: AccessLossReason::NoRight };
    TestFramework::<Account>::with(())
        .given(vec![connected(), lost])
        .when(AccountCommand::ReplaceCredential)
        .then_expect_events(vec![AccountEvent::CredentialReplaced, AccountEvent::AccessRestored]);
}

#[test]
fn nothing_can_be_asked_of_an_account_that_was_never_connected() {
    TestFramework::<Account>::with(())
        .given_no_previous_events()
        .when(AccountCommand::RestoreAccess)
        .then_expect_error(AccountError::Unknown);
}

#[test]
fn a_key_that_is_refused_after_its_end_has_expired() {
    let lose = |at| AccountCommand::LoseAccess { reason: AccessLossReason::Unauthorized, at };
    let lost = |reason| AccountEvent::AccessLost { reason };
    check(&[examined()], lose(day(99)), &[lost(AccessLossReason::Unauthorized)]);
    check(&[examined()], lose(day(100)), &[lost(AccessLossReason::Expired)]);
    let expired = [examined(), lost(AccessLossReason::Expired)];
    check(&expired, lose(day(101)), &[]);
}

#[test]
fn the_end_of_a_key_is_foretold_once_for_each_number_of_days() {
    let heed = |number| AccountCommand::HeedTime { now: day(number) };
    check(&[], heed(99), &[]);
    check(&[examined()], heed(85), &[]);
    check(&[examined()], heed(86), &[warning(14)]);
    check(&[examined(), warning(14)], heed(90), &[]);
    check(&[examined(), warning(14)], heed(93), &[warning(7)]);
    check(&[examined(), warning(14), warning(7)], heed(99), &[warning(1)]);
    check(&[examined(), warning(14), warning(7), warning(1)], heed(99), &[]);
    // Connected late: the nearest one, and no other.
    check(&[examined()], heed(99), &[warning(1)]);
    check(&[examined(), warning(1)], heed(100), &[]);
}

#[test]
fn a_new_key_is_foretold_anew() {
    let facts = KeyFacts { expires_at: Some(day(200)), ..facts() };
    let history = [examined(), warning(1), AccountEvent::KeyExamined { facts }];
    let expected = AccountEvent::KeyExpiring { expires_at: day(200), days: 14 };
    check(&history, AccountCommand::HeedTime { now: day(190) }, &[expected]);
}

#[test]
fn what_a_key_opens_closes_and_opens_channels() {
    let no_right = |to| closed(Channel::Review, to, ClosureReason::NoRight);
    let both = [no_right(Use::Reading), no_right(Use::Answering)];
    check(&[examined()], examine(Right::Answer), &[]);
    check(&[], examine(Right::Answer), &[examined()]);
    check(&[examined()], examine(Right::None), &both);
    check(&[examined()], examine(Right::Read), &both[1..]);
    let history = [examined(), both[0].clone(), both[1].clone()];
    check(&history, examine(Right::None), &[]);
    check(&history, examine(Right::Read), &[opened(Channel::Review, Use::Reading)]);
    let open = [opened(Channel::Review, Use::Reading), opened(Channel::Review, Use::Answering)];
    check(&history, examine(Right::Answer), &open);
}

#[test]
fn a_right_does_not_open_what_the_plan_closes() {
    let by_plan = closed(Channel::Review, Use::Reading, ClosureReason::ClosedByPlan);
    check(&[examined(), by_plan.clone()], examine(Right::Answer), &[]);
    let open = AccountCommand::OpenChannel { channel: Channel::Review, to: Use::Reading };
    check(&[by_plan], open, &[opened(Channel::Review, Use::Reading)]);
}

#[test]
fn a_closed_channel_is_told_once_and_concerns_no_other() {
    let (channel, to) = (Channel::Question, Use::Reading);
    let close = |reason| AccountCommand::CloseChannel { channel, to, reason };
    let event = |reason| closed(channel, to, reason);
    let (plan, right) = (ClosureReason::ClosedByPlan, ClosureReason::NoRight);
    check(&[], close(plan), &[event(plan)]);
    check(&[event(plan)], close(plan), &[]);
    check(&[event(plan)], close(right), &[event(right)]);
    let other = AccountCommand::OpenChannel { channel: Channel::Review, to };
    check(&[event(plan)], other, &[]);
    let again = AccountCommand::OpenChannel { channel, to };
    check(&[event(plan), event(right), opened(channel, to)], again, &[]);
}

//! An approved reply reaches its buyer once, whatever dies, lies or comes late on the way.

mod clocks;
mod crashes;
mod exactly_one;
mod fencing;
mod half_sent;
mod one_intent;
mod stopping;
mod support;

pub(crate) use support::approve;

//! Yandex.Market as the workers see it.

use domain::interaction::Delivery;
use domain::{AccountId, Channel};
use futures::FutureExt as _;
use futures::future::BoxFuture;

use super::{Client, Operation};
use crate::connector::{Connector, LookUp, PageRead, Place, ReadError, Wanted};
use crate::http::{CallError, SendOutcome};
use crate::rate_limit::{Limit, Limiter, Priority};

/// A cabinet of Yandex.Market, open for calls.
pub(crate) struct Yandex {
    write_comment: Limiter,
}

impl Yandex {
    /// `limiter` makes the limiter of a limit.
    pub(crate) fn new(_: Client, _: AccountId, limiter: impl Fn(Limit) -> Limiter) -> Self {
        Self { write_comment: limiter(Operation::WriteComment.limit()) }
    }
}

impl Connector for Yandex {
    fn read_page<'a>(
        &'a self,
        _: Channel,
        _: &'a Place,
    ) -> BoxFuture<'a, Result<PageRead, ReadError>> {
        async { Err(ReadError::Call(CallError::no_such_call())) }.boxed()
    }

    fn look_up<'a>(
        &'a self,
        _: Channel,
        _: &'a [Wanted],
        _: Priority,
    ) -> BoxFuture<'a, Result<LookUp, ReadError>> {
        async { Err(ReadError::Call(CallError::no_such_call())) }.boxed()
    }

    fn send<'a>(&'a self, _: &'a Delivery, _: &'a str) -> BoxFuture<'a, SendOutcome> {
        async { SendOutcome::NotSent(CallError::no_such_call()) }.boxed()
    }

    fn write_limiter(&self, _: Channel) -> &Limiter {
        &self.write_comment
    }
}

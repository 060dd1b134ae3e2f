//! postgres-es 0.5.0 as it is published: that it reads our streams, and why we do not write with it.
//!
//! A database per test on the server of `DATABASE_URL`.

#![expect(clippy::unwrap_used, reason = "the helpers of tests are tests too")]

mod cost;
mod counter;
mod defects;
mod support;
mod view;

//! The promises of the event log under faults, in a size for every run; `script/drill log` runs them in full.

mod dropped;
mod durable;
mod interrupted;
mod one_stream;
mod support;

//! Wakes readers when a log may have grown. It carries no data: who is woken looks for himself.

use std::collections::BTreeSet;

use crate::record::LogId;

/// Tells one reader that logs may have grown since it last asked.
#[derive(Debug)]
pub struct Doorbell {}

impl Doorbell {
    /// Waits until `log` may have grown since the last wait for it. The first wait for a log returns at once.
    pub async fn changed(&mut self, _log: LogId) {
        unimplemented!()
    }

    /// Waits until any log may have grown since the last wait, and returns those. The first wait returns at once with all of them.
    pub async fn any_changed(&mut self) -> BTreeSet<LogId> {
        unimplemented!()
    }
}

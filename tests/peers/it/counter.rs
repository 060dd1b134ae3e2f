//! The smallest aggregate that shows how often an event was applied.

use std::convert::Infallible;

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent, EventEnvelope, View};
use serde::{Deserialize, Serialize};

/// The sum of what was added.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Counter {
    pub(crate) n: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Added(pub(crate) i64);

impl DomainEvent for Added {
    fn event_type(&self) -> String {
        "Added".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Counter {
    const TYPE: &'static str = "counter";
    /// What to add, one event each.
    type Command = Vec<i64>;
    type Event = Added;
    type Error = Infallible;
    type Services = ();

    async fn handle(
        &mut self,
        command: Vec<i64>,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), Infallible> {
        for n in command {
            sink.write(Added(n), self).await;
        }
        Ok(())
    }

    fn apply(&mut self, Added(n): Added) {
        self.n += n;
    }
}

/// The same sum as a view.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct CounterView {
    pub(crate) n: i64,
}

impl View<Counter> for CounterView {
    fn update(&mut self, event: &EventEnvelope<Counter>) {
        self.n += event.payload.0;
    }
}

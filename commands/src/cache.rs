//! Aggregates as this process last knew them. Never the last word: what was decided on one of them is either appended
//! under its version, which the log checks, or decided again on what the log holds.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use domain::{StreamId, TenantId};
use moka::sync::Cache;

use crate::event_store::LoadedAggregate;

/// How long a state is kept after it was read or written: as long as a subject's key, so that what the cache knows of
/// an erased person is gone when the key is.
const KEPT: Duration = Duration::from_secs(60);

/// Memory that the states may take, as [`weight`] has it.
const BYTES_MAX: u64 = 64 << 20;

/// A stream's state, of whatever type its aggregate is.
type State = Arc<dyn Any + Send + Sync>;

/// Remembers aggregates by their stream. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Known {
    states: Cache<(TenantId, StreamId), (u32, State)>,
}

impl Known {
    /// Remembers up to [`BYTES_MAX`].
    pub(crate) fn new() -> Self {
        Self::holding(BYTES_MAX)
    }

    /// Remembers nothing.
    pub(crate) fn nothing() -> Self {
        Self::holding(0)
    }

    fn holding(bytes_max: u64) -> Self {
        let states = Cache::builder()
            .max_capacity(bytes_max)
            .weigher(|_, (weight, _): &(u32, State)| *weight)
            .time_to_live(KEPT)
            .build();
        Self { states }
    }

    /// Returns the state that was last known.
    pub(crate) fn get<A: Clone + 'static>(
        &self,
        tenant: TenantId,
        stream: StreamId,
    ) -> Option<LoadedAggregate<A>> {
        let (_, state) = self.states.get(&(tenant, stream))?;
        state.downcast_ref::<LoadedAggregate<A>>().cloned()
    }

    /// Keeps a state that the log confirmed. An older one than is known may replace it: that costs a conflict at most.
    pub(crate) fn put<A: Send + Sync + 'static>(
        &self,
        tenant: TenantId,
        loaded: LoadedAggregate<A>,
    ) {
        let key = (tenant, loaded.stream);
        self.states.insert(key, (weight(&loaded), Arc::new(loaded)));
    }

    /// Forgets a stream.
    pub(crate) fn evict(&self, tenant: TenantId, stream: StreamId) {
        self.states.invalidate(&(tenant, stream));
    }
}

/// About as many bytes as a state takes: a buyer's words and a little for every event, rather too many than too few.
fn weight<A>(loaded: &LoadedAggregate<A>) -> u32 {
    const CONTENT: u32 = 2_048;
    const PER_EVENT: u32 = 512;
    let events = u32::try_from(loaded.version).unwrap_or_default();
    CONTENT.saturating_add(events.saturating_mul(PER_EVENT))
}

#[cfg(test)]
mod tests {
    use domain::seller::Seller;
    use uuid::Uuid;

    use super::*;

    const TENANT: TenantId = TenantId(Uuid::from_u128(1));

    fn state(stream: u128, version: i32) -> LoadedAggregate<Seller> {
        let stream = StreamId(Uuid::from_u128(stream));
        LoadedAggregate { stream, version, aggregate: Seller::default() }
    }

    #[test]
    fn a_stream_is_known_by_seller_and_type_until_it_is_evicted() {
        let known = Known::new();
        let stream = state(1, 7).stream;
        known.put(TENANT, state(1, 7));
        assert_eq!(known.get::<Seller>(TENANT, stream).unwrap().version, 7);
        assert!(known.get::<Seller>(TenantId(Uuid::from_u128(2)), stream).is_none());
        assert!(known.get::<domain::interaction::Interaction>(TENANT, stream).is_none());
        known.evict(TENANT, stream);
        assert!(known.get::<Seller>(TENANT, stream).is_none());
    }

    #[test]
    fn what_is_known_is_bounded() {
        let known = Known::holding(100 * u64::from(weight(&state(1, 1))));
        for stream in 0..1_000 {
            known.put(TENANT, state(stream, 1));
        }
        known.states.run_pending_tasks();
        let count = known.states.entry_count();
        assert!((1..=100).contains(&count), "{count}");
    }

    #[test]
    fn nothing_is_known_without_room() {
        let known = Known::nothing();
        known.put(TENANT, state(1, 1));
        known.states.run_pending_tasks();
        assert!(known.get::<Seller>(TENANT, state(1, 1).stream).is_none());
    }
}

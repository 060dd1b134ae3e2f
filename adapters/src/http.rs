//! What calls to all marketplaces share: connections, how calls fail, what becomes of a write, and careful reading of
//! what comes back. What differs between them stays in their folders.

pub(crate) mod body;
mod download;
mod failure;
mod fields;
mod form;
mod item;
mod outcome;
mod transport;

pub use download::{Download, FileBody};
pub use failure::{CallError, Evidence, Failure, RateHeaders};
pub(crate) use failure::{count, seconds};
pub(crate) use fields::Fields;
pub use form::File;
pub(crate) use form::part;
pub(crate) use item::fields_of;
pub use item::{ITEM_BYTES_MAX, ItemError, MalformedItem};
pub use outcome::{Receipt, SendOutcome};
pub use transport::{Timeouts, Transport};
pub(crate) use transport::{is_loopback, usable};

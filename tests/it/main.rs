//! The scenarios: the system seen from outside.

mod architecture;
mod archive;
mod automatic;
mod bad_input;
mod bulk;
mod chain;
mod chats;
mod claims;
mod clock;
mod credentials;
mod drill;
mod erasure;
mod exactly_once;
mod faults;
mod ingest;
mod log;
mod marketplaces;
mod master_key;
mod projections;
mod replay;
mod replies;
mod restart;
mod restore;
mod reviews_corpus;
mod sending;
mod whole_way;

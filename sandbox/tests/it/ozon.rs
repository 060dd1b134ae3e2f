//! Ozon from outside: over HTTP, judged by the published specification and by the ledger.

mod access;
mod chats;
mod faults;
mod feedback;
mod hostile;
mod play;
mod pushes;
mod receiver;
mod spec;
mod state;
mod tour;

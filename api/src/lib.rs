//! People and programs: HTTP, live events, signing in, the console's files, and the commands of the one binary.

mod app;
mod auth;
mod chain;
pub mod cli;
mod config;
mod console;
mod docs;
mod error;
mod exit;
mod extract;
mod housekeeping;
mod idempotency;
mod key_file;
mod layers;
mod live;
mod logging;
mod master_key;
mod metrics;
mod openapi;
pub mod own_postgres;
mod past;
mod reading;
mod reply;
mod router;
mod routes;
mod run;
mod schema;
mod server;
mod sql;

pub use app::{ApiSettings, App, Parts};
pub use auth::{CookieForm, Passwords};
pub use error::{ApiError, Code, FieldError, Problem};
pub use metrics::recorder;
pub use openapi::document;
pub use router::router;
pub use server::{Server, ServerOptions};

//! The one binary.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A third of a rebuild was `malloc` and `free` of the JSON trees of events (`docs/measurements.md`).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    // Before anything that may speak TLS: with several providers compiled in, none is the default.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        return ExitCode::FAILURE;
    }
    api::cli::main(std::env::args_os())
}

//! The one binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Before anything that may speak TLS: with several providers compiled in, none is the default.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        return ExitCode::FAILURE;
    }
    api::cli::main(std::env::args_os())
}

//! `agentiq` that goes on sending while sending is stopped: the checks of stops must catch it.

use std::process::ExitCode;

fn main() -> ExitCode {
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        return ExitCode::FAILURE;
    }
    api::cli::main(std::env::args_os())
}

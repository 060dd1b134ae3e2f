//! `agentiq` that does what the features say it must not, such as sending again without knowing what became of the first
//! time: the checks of sending must catch it.

use std::process::ExitCode;

fn main() -> ExitCode {
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        return ExitCode::FAILURE;
    }
    api::cli::main(std::env::args_os())
}

//! Rebuilds the crate when a migration is added: `sqlx::migrate!` alone notices only changes to the files it knew.

#[expect(clippy::print_stdout, reason = "this is how a build script speaks to cargo")]
fn main() {
    println!("cargo:rerun-if-changed=../migrations");
}

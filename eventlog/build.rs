//! Rebuilds the crate when a migration is added: `sqlx::migrate!` alone notices only changes to the files it knew.

fn main() {
    println!("cargo:rerun-if-changed=../migrations");
}

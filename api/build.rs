//! Makes the folder of the built console where there is none, so that the program can be built without it.

use std::io;
use std::path::Path;

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/dist");
    println!("cargo:rerun-if-changed={}", folder.display());
    std::fs::create_dir_all(folder)
}

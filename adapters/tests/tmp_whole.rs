//! tmp
#[path = "it/whole_way.rs"]
mod whole_way;

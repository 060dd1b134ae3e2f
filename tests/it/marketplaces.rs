//! All marketplaces at once, at their worst: what comes in, what goes out, and how many calls it takes.

mod accepted;
mod limits;
mod mixed;
mod pushes;
mod rules;

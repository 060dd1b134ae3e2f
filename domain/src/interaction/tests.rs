//! The rules of an interaction, said as given, when, then.

mod automatic;
mod builders;
mod chatting;
mod deciding;
mod doubting;
mod drafting;
mod erasing;
mod files;
mod guarding;
mod holding;
mod lineage;
mod observing;
mod orders;
mod promising;
mod rejecting;
mod replying;
mod shapes;

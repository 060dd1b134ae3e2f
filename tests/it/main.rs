//! The scenarios: the system seen from outside.

mod architecture;

//! api

pub mod own_postgres;

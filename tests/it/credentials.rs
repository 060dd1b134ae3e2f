//! The keys of sellers' cabinets: a change of the master key under load, ciphertexts that were moved, backups without the
//! master key, and whether a key is seen anywhere.

mod backup;
mod kept;
mod moved;
mod nonces;
mod rotation;
mod seen;

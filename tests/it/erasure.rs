//! Erasing a buyer in a running system: while people read and write, by the API and by the command, with the keys in the
//! same database and apart.

mod buyer;
mod by_command;
mod everywhere;
mod key_store;

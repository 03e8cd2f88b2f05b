//! Text of either language, made out of the model.
//!
//! This is the only place that writes commands and save files. It does not read them.

mod ipchains;
pub mod iptables;

pub use ipchains::ipchains_save;

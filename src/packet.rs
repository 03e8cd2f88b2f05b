//! What becomes of a packet: the reference for everything that is said about rules.
//!
//! A ruleset is compiled once and then asked packet by packet, for one chain or
//! for the whole way through the host. What cannot be told (a value of the run, a
//! condition of the script, a rate limit) is tried both ways: only where all ways
//! end alike is the outcome known. Nothing here prints, and no rule is guessed.

mod check;
mod compile;
mod connection;
mod data;
mod filter;
mod frame;
pub mod ipchains;
pub mod iptables;
mod oracle;
mod outcome;
mod program;
pub(crate) mod sets;
mod sight;
#[cfg(test)]
mod tests;
mod trace;
mod unknown;
mod walk;

pub use connection::{Connection, Direction, Endpoints, State};
pub use data::{Flags, Header, Host, Packet, Path};
pub use filter::Filter;
pub use outcome::{Decision, Hook, Outcome, Reason, Rejection, Verdict};
pub use sets::{Arrivals, Class, Gate, Idle, Kernel, Passage, Tests, Ways, Why, arrivals, idle};
pub use trace::{Event, Trace};

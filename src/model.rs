//! The common rule model: what commands of either dialect say, as plain data.
//!
//! Values that the script does not reveal are [`Unknown`]s with a name; nothing
//! here guesses. How the model came about (shell, files) is not known here.

mod address;
mod command;
mod rounds;
mod rule;
mod ruleset;
mod value;

pub use address::{Address, Interface, Network, PortRange, Protocol, written_v6};
pub use command::{Action, Command, Dialect, Family};
pub use rounds::{Devices, Loops, Rounds};
pub use rule::{Argument, Effect, MarkChange, Match, ModuleUse, OptionUse, Rate, Rule, Target, Test};
pub use ruleset::{
    BadLink, Chain, Entry, FORWARDING, MOST_IN_A_ROW, NO_CHAIN, NO_TARGET, Policy, Refusal, Ruleset, Table,
    builtin_chains, shown_name, tables,
};
pub use value::{Known, Piece, Unknown, Value, ValueBuilder, Word};

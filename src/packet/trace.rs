//! What happened to a packet on its way, step by step.

use std::net::Ipv4Addr;
use std::sync::Arc;

use super::{Reason, Rejection};
use crate::model::PortRange;
use crate::text::Place;

/// The steps of one packet, in order.
///
/// Where something undecided is met, the steps are those of a packet that it does not apply to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// The steps.
    pub events: Vec<Event>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A built-in chain is asked.
    Builtin {
        /// Its table; `filter` in ipchains.
        table: &'static str,
        /// Its name.
        chain: Arc<str>,
        /// The arrival device as the chain sees it (the one device in ipchains).
        arrival: Option<String>,
        /// The departure device as the chain sees it.
        departure: Option<String>,
    },
    /// A rule matches.
    Rule {
        /// The rule.
        place: Place,
        /// How many jumps deep it is.
        depth: usize,
    },
    /// A rule may match or not.
    Undecided {
        /// The rule.
        place: Place,
        /// How many jumps deep it is.
        depth: usize,
        /// Why.
        reason: Reason,
    },
    /// The packet is logged or copied.
    Log,
    /// The packet's mark is now this.
    Mark(Option<u32>),
    /// The TOS byte is now this.
    Tos(Option<u8>),
    /// The connection's mark is now this.
    ConnectionMark(Option<u32>),
    /// The packet is not tracked.
    Untracked,
    /// Something else about it is changed.
    Changed,
    /// It goes to a user chain.
    Jump {
        /// The chain.
        chain: Arc<str>,
        /// It does not come back from there.
        goto: bool,
    },
    /// It comes back from a user chain.
    Back {
        /// The chain that it is in again.
        chain: Arc<str>,
        /// How many jumps deep that is.
        depth: usize,
    },
    /// The chain is being gone through already: ipchains drops the packet.
    Loop(Arc<str>),
    /// The end of a built-in chain: its policy counts.
    Policy {
        /// The command that set it.
        place: Option<Place>,
    },
    /// What a chain says of the packet.
    Ruling(&'static str),
    /// The sender is told.
    Rejected(Rejection),
    /// Where the packet comes from now.
    Source(Option<Ipv4Addr>, Option<PortRange>),
    /// Where the packet goes to now.
    Destination(Option<Ipv4Addr>, Option<PortRange>),
}

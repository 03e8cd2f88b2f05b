//! The rules of either dialect, asked in the same way.

use super::{Decision, Hook, Host, Kernel, Packet, Trace, ipchains, iptables};
use crate::logic::{Formula, Formulas};
use crate::model::{Dialect, Ruleset};

/// A ruleset, ready to be asked.
pub enum Filter {
    /// Of ipchains.
    Ipchains(ipchains::Filter),
    /// Of iptables.
    Iptables(iptables::Filter),
}

impl Filter {
    /// Prepares the rules that are there under `assumption`, a formula over the script's conditions.
    pub fn new(ruleset: &Ruleset, formulas: &mut Formulas, assumption: Formula) -> Self {
        match ruleset.dialect {
            Dialect::Ipchains => Self::Ipchains(ipchains::Filter::new(ruleset, formulas, assumption)),
            Dialect::Iptables => Self::Iptables(iptables::Filter::new(ruleset, formulas, assumption)),
        }
    }

    /// The same rules in another kernel, which only those of ipchains have a choice of.
    pub fn with_kernel(self, kernel: Kernel) -> Self {
        match self {
            Self::Ipchains(filter) => Self::Ipchains(filter.with_kernel(kernel)),
            other => other,
        }
    }

    /// The same rules, asked only whether the fate of packets is known: of one that may end in several ways, two are
    /// named, and not all that it hangs on.
    pub fn brief(mut self) -> Self {
        match &mut self {
            Self::Ipchains(filter) => filter.program.brief = true,
            Self::Iptables(filter) => filter.program.brief = true,
        }
        self
    }

    /// Whose rules they are.
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Ipchains(_) => Dialect::Ipchains,
            Self::Iptables(_) => Dialect::Iptables,
        }
    }

    /// What one built-in chain (in iptables: of the filter table) says.
    pub fn ask(&self, hook: Hook, packet: &Packet, trace: Option<&mut Trace>) -> Decision {
        match self {
            Self::Ipchains(filter) => filter.ask(hook, packet, trace),
            Self::Iptables(filter) => filter.ask(hook, packet, trace),
        }
    }

    /// What becomes of a packet on its whole way through the host.
    pub fn pass(&self, packet: &Packet, host: &Host, trace: Option<&mut Trace>) -> Decision {
        match self {
            Self::Ipchains(filter) => filter.pass(packet, host, trace),
            Self::Iptables(filter) => filter.pass(packet, host, trace),
        }
    }
}

//! What becomes of all packets at once: the rules as functions of a packet's bits.
//!
//! The same compiled rules as for one packet are asked, and a test holds both together.
//! Nothing is approximated: what cannot be seen in a packet is a variable of its own,
//! and where the work gets too much, the result is undecided.

mod alike;
mod arrivals;
pub(crate) mod bits;
mod bounds;
mod bytes;
mod device;
mod example;
mod forwarding;
mod gate;
mod idle;
mod ipchains;
mod iptables;
mod names;
mod nearby;
mod space;
mod study;
mod test;
mod translate;
mod view;
mod walk;

use std::collections::{HashMap, HashSet};

pub(crate) use alike::{Firewall, suspects};
pub use arrivals::{Arrivals, Tests, arrivals};
pub(crate) use device::Classes;
pub(crate) use example::Example;
#[cfg(test)]
pub(crate) use example::fields_of;
pub(crate) use forwarding::Forwarding;
pub use gate::{Class, Gate, Passage, Ways};
pub use idle::{Idle, Why, idle};
pub(crate) use names::Names;
pub(crate) use space::{Atom, Space};
pub(crate) use view::{Connections, View, place};

use super::check::Condition;
use super::program::Program;
use super::unknown::Identity;
use super::walk::Loops;
use super::{Filter, Hook, Path, Reason, Verdict};
use crate::logic::Formula;
use crate::text::Place;
use walk::Asked;

const LOCALHOST: u32 = 0x7F00_0001;

/// Protocols whose ports rules can see.
const WITH_PORTS: [u8; 5] = [6, 17, 33, 132, 136];

/// Which kernel the rules of ipchains are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kernel {
    /// Linux 2.2.
    #[default]
    V2_2,
    /// The compatibility module of Linux 2.4.
    V2_4,
}

/// The fates of all packets of a path.
pub(crate) struct Fates {
    /// Each verdict with the chain that settled it and the packets that get it; the sets exclude each other.
    pub(crate) endings: Vec<(Verdict, Hook, Formula)>,
    /// Packets whose fate cannot be told, and why.
    pub(crate) lost: Vec<(Formula, Reason)>,
    /// Packets that come to tests that depend on earlier packets, by the test and how often it was written before.
    pub(crate) comers: HashMap<(String, u32), Formula>,
    /// Packets that this host's programs get.
    pub(crate) here: Formula,
    /// Packets that `ipmasqadm` sends to another host.
    pub(crate) relayed: Formula,
    /// Packets that there are none of, where `ipmasqadm` forwards from own addresses to those of others.
    pub(crate) misdirected: Formula,
    /// The packets that pass, as they are in the end.
    pub(crate) last: Option<View>,
}

impl Default for Fates {
    fn default() -> Self {
        let (endings, lost, comers, none) = (Vec::new(), Vec::new(), HashMap::new(), Formula::FALSE);
        Self { endings, lost, comers, here: none, relayed: none, misdirected: none, last: None }
    }
}

impl Fates {
    fn end(&mut self, verdict: Verdict, hook: Hook, set: Formula) {
        if !set.is_false() {
            self.endings.push((verdict, hook, set));
        }
    }

    fn finish(mut self, walk: walk::Walk<'_, '_>) -> Self {
        self.lost = walk.lost;
        for (unknown, set) in walk.comers {
            if let Some(test) = walk.asked.names.stateful(unknown) {
                self.comers.insert(test.clone(), set);
            }
        }
        self.last = Some(walk.view);
        self
    }

    /// The packets with a verdict.
    pub(crate) fn with(&self, space: &mut Space, fits: impl Fn(Verdict) -> bool) -> Formula {
        let mut any = Formula::FALSE;
        for (_, _, set) in self.endings.iter().filter(|(verdict, _, _)| fits(*verdict)) {
            any = space.f.or(any, *set);
        }
        any
    }
}

/// The fates of the packets of a set on a path, by the rules of a filter; what is said of others means nothing.
pub(crate) fn pass(
    space: &mut Space,
    (filter, names): (&Filter, &Names),
    (path, set): (Path, Formula),
    connections: Connections,
    kernel: Kernel,
) -> Fates {
    match filter {
        Filter::Ipchains(own) => {
            let asked = Asked { program: &own.program, names, loops: Loops::Deny, tells: false };
            ipchains::pass(space, asked, own, (path, set), kernel)
        }
        Filter::Iptables(own) => {
            let asked = Asked { program: &own.program, names, loops: Loops::Impossible, tells: false };
            iptables::pass(space, asked, own, (path, set), connections)
        }
    }
}

/// Without packets of the loopback device, none of which is forwarded.
pub(crate) fn not_loopback(space: &mut Space, mut set: Formula) -> Formula {
    if let Some(lo) = space.classes.find("lo") {
        let fields = space.fields.clone();
        for device in [fields.arrival, fields.departure] {
            let own = bits::is(&mut space.f, &device, lo);
            set = space.f.and_not(set, own);
        }
    }
    set
}

impl super::iptables::Filter {
    /// The commands with a rule that is one of several which rounds of a loop make in turn: without it, which of the
    /// others is the first that fits a packet would be another question.
    pub(crate) fn in_turn(&self) -> HashSet<Place> {
        let in_turn = |condition: &Condition| match self.program.unknowns.get(condition.unknown.0 as usize)?.open()? {
            Identity::Rounds(own) => own.first_of.as_ref(),
            _ => None,
        };
        let rules = self.program.chains.iter().flat_map(|chain| &chain.rules);
        rules.filter(|rule| rule.conditions.iter().any(|own| in_turn(own).is_some())).map(|rule| rule.place).collect()
    }

    /// Has the rules of a command count as left out, or not.
    pub(crate) fn leave_out(&mut self, place: Place, out: bool) {
        let rules = self.program.chains.iter_mut().flat_map(|chain| &mut chain.rules);
        rules.filter(|rule| rule.place == place).for_each(|rule| rule.left_out = out);
    }
}

impl Filter {
    /// Whether the chain of this number is a built-in one of the filter table.
    fn is_of_filter_table(&self, chain: usize) -> bool {
        [Hook::Input, Hook::Forward, Hook::Output].into_iter().any(|hook| match self {
            Self::Ipchains(own) => own.chain(hook) == Some(chain),
            Self::Iptables(own) => own.chain("filter", hook) == Some(chain),
        })
    }

    /// Whether a rule may answer the same packet otherwise the next time.
    pub(crate) fn depends_on_earlier_packets(&self) -> bool {
        self.program().unknowns.iter().any(|own| own.stateful)
    }

    pub(super) fn program(&self) -> &Program {
        match self {
            Self::Ipchains(own) => &own.program,
            Self::Iptables(own) => &own.program,
        }
    }
}

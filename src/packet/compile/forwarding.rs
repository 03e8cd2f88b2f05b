//! Entries of `ipmasqadm` for the same packets, which take turns.

use super::{Compiler, Rule};
use crate::model::{Address, Argument, Entry, Known, ModuleUse, PortRange, Test};
use crate::packet::Reason;

impl Compiler<'_> {
    /// Leaves open whether it is the entry's turn, where another one behind it may be for the same packets.
    pub(super) fn take_turns(&mut self, rule: &mut Rule, entry: &Entry, others: &[Entry]) {
        let shares = |other: &Entry| self.formulas.compatible(entry.guard, other.guard) && !are_apart(entry, other);
        if others.iter().any(shares) {
            let turn = self.open(Reason::Turns(rule.place));
            rule.conditions = std::mem::take(&mut rule.conditions).into_iter().chain([turn]).collect();
        }
    }
}

/// Whether no packet is for both entries.
fn are_apart(one: &Entry, other: &Entry) -> bool {
    let others = || other.rule.matches.iter().map(|own| &own.test);
    one.rule.matches.iter().any(|own| others().any(|test| exclude(&own.test, test)))
}

fn exclude(a: &Test, b: &Test) -> bool {
    match (a, b) {
        (Test::Protocol(Known::Is(a)), Test::Protocol(Known::Is(b))) => a != b,
        (Test::Destination(Known::Is(Address::V4(a))), Test::Destination(Known::Is(Address::V4(b)))) => {
            (a.address ^ b.address) & a.mask & b.mask != 0
        }
        (Test::Module(a), Test::Module(b)) if a.name == b.name => match (only(a), only(b)) {
            (Some(Argument::Ports(a)), Some(Argument::Ports(b))) => !a.iter().any(|a| b.iter().any(|b| meet(*a, *b))),
            (Some(Argument::Masked { value: a, mask }), Some(Argument::Masked { value: b, mask: other })) => {
                (a ^ b) & mask & other != 0
            }
            _ => false,
        },
        _ => false,
    }
}

/// The argument of a match with one option.
fn only(module: &ModuleUse) -> Option<&Argument> {
    let [option] = module.options.as_slice() else { return None };
    option.argument.as_ref().filter(|_| !option.negated)
}

fn meet(a: PortRange, b: PortRange) -> bool {
    a.low <= b.high && b.low <= a.high
}

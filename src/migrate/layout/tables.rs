//! Which chains are repeated in other tables, as far as they decide whether a rule there is reached.

use std::collections::BTreeSet;

use super::{Layout, Placed, Purpose, Side, is_special};
use crate::migrate::loops::Edge;
use crate::model::{Argument, Known, Match, PortRange, Rule, Test};

impl Layout<'_> {
    /// Whether the copy of `chain` for `purpose` is needed: a rule in it or further on does the thing,
    /// or a packet accepted in it must not come to such a rule.
    pub(in crate::migrate) fn serves(&self, chain: &str, purpose: Purpose, side: Side) -> bool {
        self.needed.get(&(purpose, side)).is_some_and(|chains| chains.contains(chain))
    }

    /// The chains that have a copy for `purpose` on `side`.
    pub(super) fn find_needed(&self, purpose: Purpose, side: Side) -> BTreeSet<String> {
        let mut needed = BTreeSet::new();
        let begins = side.chain().to_owned();
        if !self.leads(&begins, purpose, &mut BTreeSet::new()) {
            return needed;
        }
        let mut pending = vec![begins];
        while let Some(chain) = pending.pop() {
            if !needed.insert(chain.clone()) {
                continue;
            }
            for placed in self.rules.get(&chain).into_iter().flatten() {
                let target = placed.rule.target.as_ref().and_then(|target| target.name.known());
                let Some(next) = target.filter(|name| !is_special(name)) else { continue };
                if self.leads(next, purpose, &mut BTreeSet::new()) || self.keeps_from(&chain, next, purpose, placed) {
                    pending.push(next.to_owned());
                }
            }
        }
        needed
    }

    /// Whether the jump to `next` keeps accepted packets from a later rule of `chain` that matters.
    fn keeps_from(&self, chain: &str, next: &str, purpose: Purpose, placed: &Placed<'_>) -> bool {
        self.ends(next, purpose, &mut BTreeSet::new()) && self.hides(chain, purpose, placed.step, placed.rule)
    }

    /// Whether packets that come to `chain` may be marked or redirected on the way.
    pub(in crate::migrate) fn leads_elsewhere(&self, chain: &str) -> bool {
        Purpose::OTHERS.into_iter().any(|purpose| self.leads(chain, purpose, &mut BTreeSet::new()))
    }

    fn leads(&self, chain: &str, purpose: Purpose, seen: &mut BTreeSet<String>) -> bool {
        if !seen.insert(chain.to_owned()) {
            return false;
        }
        let own = self.rules.get(chain).into_iter().flatten().any(|placed| purpose.is_served_by(placed.rule));
        let anywhere = self.rules_anywhere().any(|rule| purpose.is_served_by(rule));
        let late = self.open.late.iter().any(|late| late.serves(chain, purpose));
        own || anywhere || late || self.jumps(chain).into_iter().any(|next| self.leads(next, purpose, seen))
    }

    /// Whether the way of a packet may end in `chain`, so that it never reaches what comes after it.
    fn ends(&self, chain: &str, purpose: Purpose, seen: &mut BTreeSet<String>) -> bool {
        if !seen.insert(chain.to_owned()) {
            return false;
        }
        let ends = |rule: &Rule| {
            rule.target.as_ref().is_some_and(|target| match target.name.known() {
                Some("DENY" | "REJECT") => purpose.heeds_drops(),
                Some(name) if is_special(name) => matches!(name, "ACCEPT" | "MASQ" | "REDIRECT"),
                // What heeds drops is there for packets of input alone.
                Some(next) => purpose.heeds_drops() && self.loops.edge(chain, next, Side::Input) == Edge::Closes,
                None => true,
            })
        };
        self.rules(chain).any(ends) || self.jumps(chain).into_iter().any(|next| self.ends(next, purpose, seen))
    }

    /// Whether a rule that ends or leaves `chain` at `step` keeps packets from a later rule that serves `purpose`.
    pub(in crate::migrate) fn hides(&self, chain: &str, purpose: Purpose, step: usize, rule: &Rule) -> bool {
        let rules = || self.rules.get(chain).into_iter().flatten();
        // What is inserted may come before any other rule.
        let inserted = rules().any(|placed| placed.step == step && placed.inserted);
        // `-b` makes two rules in one step, which may be the same.
        let twins = rules().filter(|placed| placed.step == step && placed.rule == rule).count() > 1;
        let beside = |placed: &&Placed<'_>| placed.step == step && (twins || placed.rule != rule);
        let later = rules().filter(|placed| inserted || placed.step > step || placed.inserted || beside(placed));
        let concerned = |placed: &Placed<'_>| {
            let jump =
                placed.rule.target.as_ref().and_then(|target| target.name.known()).filter(|name| !is_special(name));
            purpose.is_served_by(placed.rule)
                || jump.is_some_and(|next| self.leads(next, purpose, &mut BTreeSet::new()))
        };
        let returns = Side::of_chain(chain).is_none();
        // Where a command that is not known puts its rule, and what that asks for, is not known either.
        let open = self.open.late.iter().any(|late| late.serves(chain, purpose))
            || self.rules_anywhere().any(|rule| purpose.is_served_by(rule));
        returns || open || later.filter(|placed| concerned(placed)).any(|placed| !disjoint(rule, placed.rule))
    }

    /// Whether any chain has a copy in `table`.
    pub(in crate::migrate) fn uses_table(&self, table: &str) -> bool {
        self.needed.iter().any(|((purpose, _), chains)| purpose.table() == Some(table) && !chains.is_empty())
    }
}

/// Whether no packet can match both rules, as far as it shows at once.
pub(in crate::migrate) fn disjoint(one: &Rule, other: &Rule) -> bool {
    one.matches.iter().any(|a| other.matches.iter().any(|b| excludes(a, b)))
}

fn excludes(a: &Match, b: &Match) -> bool {
    use crate::model::{Address, Known::Is};
    if a.negated != b.negated && a.test == b.test {
        return true;
    }
    if a.negated || b.negated {
        return false;
    }
    match (&a.test, &b.test) {
        (Test::Source(Is(Address::V4(a))), Test::Source(Is(Address::V4(b))))
        | (Test::Destination(Is(Address::V4(a))), Test::Destination(Is(Address::V4(b)))) => {
            let both = a.mask & b.mask;
            a.address & both != b.address & both
        }
        (Test::Interface(Is(a)), Test::Interface(Is(b))) => match (a.prefix, b.prefix) {
            (false, false) => a.name != b.name,
            (true, false) => !b.name.starts_with(a.name.as_str()),
            (false, true) => !a.name.starts_with(b.name.as_str()),
            (true, true) => !a.name.starts_with(b.name.as_str()) && !b.name.starts_with(a.name.as_str()),
        },
        (Test::Protocol(Is(a)), Test::Protocol(Is(b))) => a != b,
        (a, b) => [source_ports(a).zip(source_ports(b)), destination_ports(a).zip(destination_ports(b))]
            .into_iter()
            .flatten()
            .any(|(a, b)| a.high < b.low || b.high < a.low),
    }
}

/// The source ports that a test is for.
fn source_ports(test: &Test) -> Option<PortRange> {
    match test {
        Test::SourcePort(Known::Is(range)) => Some(*range),
        _ => None,
    }
}

/// The destination ports that a test is for, be it one of ipchains or of what `ipmasqadm` forwards.
fn destination_ports(test: &Test) -> Option<PortRange> {
    match test {
        Test::DestinationPort(Known::Is(range)) => Some(*range),
        Test::Module(module) => module.options.iter().find_map(|option| match (&*option.name, &option.argument) {
            ("--dport", Some(Argument::Ports(ranges))) if !option.negated && ranges.len() == 1 => {
                ranges.first().copied()
            }
            _ => None,
        }),
        _ => None,
    }
}

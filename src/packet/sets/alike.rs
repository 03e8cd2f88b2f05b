//! Which packets two firewalls of iptables may treat otherwise.
//!
//! A packet that meets no rule of one side alone goes the same way on both, however long the chains are.
//! So the rules that both have in common need not be asked for such packets, and after an edit of a large
//! firewall few others are left.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::names::Names;
use super::space::Space;
use super::test::Looks;
use super::view::{Connections, Device, View, place};
use crate::logic::Formula;
use crate::model::{self, Argument, Dialect, OptionUse, Ruleset, Table, Test};
use crate::packet::check::{Check, Condition, STATE_DNAT, STATE_SNAT, Side};
use crate::packet::program::{Action, Chain, Jump, Policy, Rule, Ruling, Translation};
use crate::packet::{Filter, Path, State};

/// So many sets are made: each has to be asked of all rules.
const MOST_SETS: usize = 200;

/// One of two firewalls: its rules, the same in the form in which they are asked, and the names in them.
#[derive(Clone, Copy)]
pub(crate) struct Firewall<'a> {
    pub(crate) ruleset: &'a Ruleset,
    pub(crate) filter: &'a Filter,
    pub(crate) names: &'a Names,
}

impl Firewall<'_> {
    /// Which chains are asked before connection tracking, in the order in which they are compiled.
    fn early(&self) -> Vec<bool> {
        chains(self.ruleset).map(|(table, _)| table.name == "raw").collect()
    }
}

/// All packets but some that both sides certainly treat alike, in sets of which each is small.
pub(crate) fn suspects(space: &mut Space, sides: [Firewall<'_>; 2], connections: Connections) -> Vec<Formula> {
    if sides.iter().any(|side| side.filter.dialect() != Dialect::Iptables) {
        return vec![Formula::TRUE];
    }
    let Some([here, there]) = differing(sides) else { return vec![Formula::TRUE] };
    let begun = Begun::new(space, sides, connections);
    let (mut met, mut seen) = (Vec::new(), HashSet::new());
    for (side, chains) in [(sides[0], here), (sides[1], there)] {
        let (come, early) = (comers(space, side, &begun), side.early());
        for (chain, rules) in chains {
            for rule in rules {
                let own = may_match(space, side, &begun, (rule, early[chain]));
                let own = space.f.and(own, come[chain]);
                if own.is_true() || own == Formula::UNDECIDED {
                    return vec![Formula::TRUE];
                }
                if !own.is_false() && seen.insert(own) {
                    met.push(own);
                }
            }
        }
    }
    let together = met.chunks(met.len().div_ceil(MOST_SETS).max(1));
    together.map(|some| some.iter().fold(Formula::FALSE, |all, own| space.f.or(all, *own))).collect()
}

/// The packets that may come to each chain.
fn comers(space: &mut Space, side: Firewall<'_>, begun: &Begun) -> Vec<Formula> {
    let program = side.filter.program();
    let set = |builtin| if builtin { Formula::TRUE } else { Formula::FALSE };
    let mut come: Vec<Formula> = chains(side.ruleset).map(|(_, chain)| set(chain.builtin)).collect();
    let early = side.early();
    let mut open: Vec<usize> = (0..come.len()).filter(|at| come[*at].is_true()).collect();
    while let Some(from) = open.pop() {
        for rule in &program.chains[from].rules {
            let (Jump::Call(to) | Jump::Goto(to)) = rule.jump else { continue };
            let own = may_match(space, side, begun, (rule, early[from]));
            let own = space.f.and(own, come[from]);
            let all = space.f.or(come[to], own);
            if all != come[to] {
                come[to] = all;
                open.push(to);
            }
        }
    }
    come
}

/// The chains of all tables, in the order in which they are compiled.
fn chains(ruleset: &Ruleset) -> impl Iterator<Item = (&Table, &model::Chain)> {
    ruleset.tables.iter().flat_map(|table| table.chains.iter().map(move |chain| (table, chain)))
}

/// Rules by the number of their chain.
type ByChain<'a> = Vec<(usize, Vec<&'a Rule>)>;

/// A compiled chain, its number, and numbers for its rules that are the same for the same rules.
struct Numbered<'a> {
    chain: &'a Chain,
    policy: Ruling,
    at: usize,
    rules: Vec<usize>,
}

/// The rules of each side that the other does not have at that place; `None` where more than rules differs.
fn differing(sides: [Firewall<'_>; 2]) -> Option<[ByChain<'_>; 2]> {
    let mut numbers = HashMap::new();
    let mut known: [HashMap<(&str, &str), Numbered<'_>>; 2] = Default::default();
    for (side, known) in sides.iter().zip(&mut known) {
        for (at, ((table, chain), compiled)) in chains(side.ruleset).zip(&side.filter.program().chains).enumerate() {
            let policy = policy(compiled)?;
            if compiled.order_uncertain || !chain.exists.is_true() {
                return None;
            }
            let keys = compiled.rules.iter().map(|rule| Key::of(table, &chain.entries[rule.entry as usize]));
            // A rule that is not all known is like no other.
            let numbered = keys.map(|key| {
                let next = numbers.len();
                *numbers.entry(key.ok_or(next)).or_insert(next)
            });
            let rules = numbered.collect();
            known.insert((&table.name, &chain.name), Numbered { chain: compiled, policy, at, rules });
        }
    }
    let [here, there] = known;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for (name, own) in &here {
        match there.get(name) {
            Some(other) if own.policy == other.policy => {
                let (only_here, only_there) = apart(&own.rules, &other.rules);
                ours.push((own.at, only_here.into_iter().map(|at| &own.chain.rules[at]).collect()));
                theirs.push((other.at, only_there.into_iter().map(|at| &other.chain.rules[at]).collect()));
            }
            Some(_) => return None,
            None => ours.push((own.at, own.alone()?)),
        }
    }
    for (_, own) in there.iter().filter(|(name, _)| !here.contains_key(*name)) {
        theirs.push((own.at, own.alone()?));
    }
    // The order of a hash table is another each time, and with it that of the questions.
    ours.sort_by_key(|(at, _)| *at);
    theirs.sort_by_key(|(at, _)| *at);
    Some([ours, theirs])
}

impl<'a> Numbered<'a> {
    /// All rules of a chain that the other side lacks, which lets all packets through.
    fn alone(&self) -> Option<Vec<&'a Rule>> {
        (self.policy == Ruling::Accept).then(|| self.chain.rules.iter().collect())
    }
}

/// What becomes of packets behind the last rule, where that is known; for a user chain it does not matter.
fn policy(chain: &Chain) -> Option<Ruling> {
    match chain.policies.as_slice() {
        [] => Some(Ruling::Accept),
        [Policy { condition: None, jump: Jump::Rule(ruling), .. }] => Some(*ruling),
        _ => None,
    }
}

/// What a rule says, where all of it is known.
#[derive(PartialEq, Eq, Hash)]
struct Key<'a> {
    matches: Vec<(bool, &'a Test)>,
    target: Option<(&'a str, bool, &'a [OptionUse])>,
    /// Whether the target is a chain.
    to_chain: bool,
}

impl<'a> Key<'a> {
    fn of(table: &Table, entry: &'a model::Entry) -> Option<Self> {
        let rule = &entry.rule;
        let known = |option: &OptionUse| !matches!(option.argument, Some(Argument::Unknown(_)));
        let matches = rule.matches.iter();
        let sure = entry.guard.is_true() && !entry.many && rule.undecided.is_empty() && rule.effects.is_empty();
        if !sure || matches.clone().any(|own| !own.test.unknown_values().is_empty()) {
            return None;
        }
        let target = match &rule.target {
            Some(target) if target.options.iter().all(known) => {
                Some((target.name.known()?, target.goto, target.options.as_slice()))
            }
            Some(_) => return None,
            None => None,
        };
        let is_chain = |name| table.chain(name).is_some();
        let to_chain =
            rule.target.as_ref().is_some_and(|own| !own.extension) && target.is_some_and(|own| is_chain(own.0));
        Some(Self { matches: matches.map(|own| (own.negated, &own.test)).collect(), target, to_chain })
    }
}

/// The places of what only one of two sequences has.
fn apart(ours: &[usize], theirs: &[usize]) -> (Vec<usize>, Vec<usize>) {
    // What the other side lacks altogether would only make the comparison slow.
    let common = |of: &[usize], others: &[usize]| -> Vec<(usize, usize)> {
        let others: HashSet<usize> = others.iter().copied().collect();
        of.iter().copied().enumerate().filter(|(_, own)| others.contains(own)).collect()
    };
    let (a, b) = (common(ours, theirs), common(theirs, ours));
    let rules = |of: &[(usize, usize)]| of.iter().map(|(_, own)| *own).collect::<Vec<_>>();
    let (mut here, mut there) = (HashSet::new(), HashSet::new());
    for same in capture_diff_slices(Algorithm::Patience, &rules(&a), &rules(&b)) {
        if let DiffOp::Equal { old_index, new_index, len } = same {
            here.extend(a[old_index..old_index + len].iter().map(|(at, _)| *at));
            there.extend(b[new_index..new_index + len].iter().map(|(at, _)| *at));
        }
    }
    let rest = |count: usize, same: &HashSet<usize>| (0..count).filter(|at| !same.contains(at)).collect();
    (rest(ours.len(), &here), rest(theirs.len(), &there))
}

/// The packets before the first rule, and how long they stay so.
struct Begun {
    view: View,
    /// Packets whose destination may become another.
    moved: Formula,
    /// Packets that rules may keep from connection tracking.
    untracked: Formula,
}

impl Begun {
    fn new(space: &mut Space, sides: [Firewall<'_>; 2], connections: Connections) -> Self {
        let mut view = View::new(space, connections);
        view.arrival = Device::Class(space.fields.arrival.clone());
        view.departure = Device::Class(space.fields.departure.clone());
        let none = Formula::FALSE;
        let mut begun = Self { view, moved: none, untracked: none };
        begun.untracked = begun.meeting(space, sides, |rule| rule.actions.contains(&Action::Untrack));
        if connections != Connections::Plain {
            let elsewhere = begun.meeting(space, sides, leads_elsewhere);
            let [established, related] = [State::Established, State::Related].map(|own| begun.view.states[place(own)]);
            let later = space.f.or(established, related);
            begun.moved = space.f.or(later, elsewhere);
        }
        begun
    }

    /// Packets that may match some rule of a kind, whose chains are asked before a destination changes.
    fn meeting(&self, space: &mut Space, sides: [Firewall<'_>; 2], kind: impl Fn(&Rule) -> bool) -> Formula {
        let mut met = Formula::FALSE;
        for side in sides {
            for rule in side.filter.program().chains.iter().flat_map(|chain| &chain.rules).filter(|rule| kind(rule)) {
                let own = may_match(space, side, self, (rule, true));
                met = space.f.or(met, own);
            }
        }
        met
    }

    /// The packets for which a test is asked of what they came with, wherever the rule stands; `None` if that
    /// is not known of any.
    ///
    /// The source of a packet changes only behind the last rule that it meets. `early` says that the rule comes
    /// before connection tracking.
    fn steady(&self, condition: &Condition, early: bool) -> Option<Formula> {
        match &condition.check {
            Check::Source(_)
            | Check::Ports(Side::Source, _)
            | Check::AddressRange(Side::Source, ..)
            | Check::Protocol(_)
            | Check::Fragment
            | Check::Visible(_)
            | Check::HasPorts
            | Check::Flags { .. }
            | Check::Length(..)
            | Check::Never => Some(Formula::TRUE),
            Check::Destination(_) | Check::Ports(..) | Check::AddressRange(..) | Check::Icmp { .. } => {
                Some(self.moved.opposite())
            }
            // Where a packet has no such device, no name fits it.
            Check::Arrival { name, .. } if !condition.negated && !name.is_empty() => Some(Formula::TRUE),
            Check::Departure { name, .. } if !condition.negated && !name.is_empty() => Some(self.moved.opposite()),
            Check::Connection(test) if !early && test.parts.is_empty() => {
                let plain = |(states, _): (u8, bool)| states & (STATE_SNAT | STATE_DNAT) == 0;
                test.states.is_none_or(plain).then_some(self.untracked.opposite())
            }
            _ => None,
        }
    }
}

/// Whether it gives packets another destination.
fn leads_elsewhere(rule: &Rule) -> bool {
    match rule.jump {
        Jump::Rule(Ruling::Translate(own)) => !matches!(own, Translation::Masquerade(_) | Translation::Source(..)),
        _ => false,
    }
}

/// The packets that may match a rule, whatever the rules before it have made of them.
fn may_match(space: &mut Space, side: Firewall<'_>, begun: &Begun, (rule, early): (&Rule, bool)) -> Formula {
    let mut met = Formula::TRUE;
    for condition in &rule.conditions {
        let Some(steady) = begun.steady(condition, early) else { continue };
        let (view, program, names) = (&begun.view, side.filter.program(), side.names);
        // Nothing that is asked here hangs on the path.
        let own = Looks { space, view, path: Path::Forwarded, program, names }.condition(condition);
        let own = space.f.or(own, steady.opposite());
        met = space.f.and(met, own);
    }
    met
}

//! From the model to a program: chains get numbers, tests become small values.
//!
//! Whatever is not understood becomes a named unknown, never a test that fails.

mod forwarding;
mod ipchains;
mod iptables;
mod module;
mod rounds;
mod target;
mod test;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use super::Reason;
use super::check::{Check, Condition};
use super::oracle::UnknownId;
use super::program::{Action, Chain, Jump, Policy, Program, Rule};
use super::unknown::{Identity, Origin, Part, Unknown, Written};
use crate::logic::{Formula, Formulas};
use crate::model::{self, Dialect, FORWARDING, Family, Rounds, Ruleset, Table};
use crate::text::Place;
use rounds::Standing;
pub(super) use test::shown;

/// Compiles the rules as far as they are there under `assumption`.
///
/// Rules whose condition the assumption does not decide are there under an unknown.
pub(super) fn compile(ruleset: &Ruleset, formulas: &mut Formulas, assumption: Formula) -> Compiled {
    let program = Program::default();
    let (known, chains, family) = (HashMap::new(), HashMap::new(), ruleset.family);
    let mut compiler = Compiler { formulas, assumption, family, program, known, chains };
    let mut builtin = Vec::new();
    for table in &ruleset.tables {
        compiler.table(table, ruleset.dialect, &mut builtin);
    }
    if let Some(table) = &ruleset.forwarding {
        // Its entries are rules of iptables.
        compiler.table(table, Dialect::Iptables, &mut builtin);
    }
    Compiled { program: compiler.program, builtin }
}

/// A program, and where its built-in chains are.
pub(super) struct Compiled {
    pub(super) program: Program,
    /// Table, chain and number.
    pub(super) builtin: Vec<(String, String, usize)>,
}

struct Compiler<'f> {
    formulas: &'f mut Formulas,
    assumption: Formula,
    family: Family,
    program: Program,
    /// Unknowns that are the same wherever they occur.
    known: HashMap<Arc<Identity>, UnknownId>,
    /// The chains of the table at hand.
    chains: HashMap<String, usize>,
}

/// A match in its rule.
#[derive(Clone, Copy)]
struct Spot<'r> {
    rule: &'r Arc<model::Rule>,
    number: u32,
}

/// Whether something is there.
enum Presence {
    Never,
    Always,
    Under(Condition),
}

impl Compiler<'_> {
    fn table(&mut self, table: &Table, dialect: Dialect, builtin: &mut Vec<(String, String, usize)>) {
        let first = self.program.chains.len();
        self.chains = table.chains.iter().enumerate().map(|(at, chain)| (chain.name.clone(), first + at)).collect();
        for chain in &table.chains {
            if chain.builtin {
                builtin.push((table.name.clone(), chain.name.clone(), self.program.chains.len()));
            }
            let standing = rounds::standing(&chain.entries, |entry| self.is_final(table, entry));
            let rules = chain.entries.iter().enumerate().filter_map(|(at, entry)| {
                let standing_of = |own: &Rounds| standing.get(&own.loops.number);
                let rounds = entry.rounds.as_ref().and_then(|own| Some((own, standing_of(own)?)));
                let mut rule = self.entry((at as u32, entry), rounds, dialect)?;
                if table.name == FORWARDING {
                    self.take_turns(&mut rule, entry, &chain.entries[at + 1..]);
                }
                Some(rule)
            });
            let mut rules: Vec<Rule> = rules.collect();
            rules.shrink_to_fit();
            let policies = chain.policies.iter().filter_map(|policy| self.policy(policy, dialect)).collect();
            let order_uncertain = chain.ordering_uncertain && chain.entries.len() > 1;
            let name = Arc::from(chain.name.as_str());
            self.program.chains.push(Chain { name, rules, policies, order_uncertain });
        }
    }

    fn policy(&mut self, policy: &model::Policy, dialect: Dialect) -> Option<Policy> {
        let place = policy.place.unwrap_or_default();
        let condition = match self.presence(policy.guard, place) {
            Presence::Never => return None,
            Presence::Always => None,
            Presence::Under(condition) => Some(condition),
        };
        let jump = self.policy_target(&policy.target, dialect, place);
        Some(Policy { condition, jump, place: policy.place })
    }

    fn entry(
        &mut self,
        (number, entry): (u32, &model::Entry),
        rounds: Option<(&Rounds, &Standing)>,
        dialect: Dialect,
    ) -> Option<Rule> {
        let rule = &entry.rule;
        let mut conditions = match self.presence(entry.guard, rule.place) {
            Presence::Never => return None,
            Presence::Always => Vec::new(),
            Presence::Under(condition) => vec![condition],
        };
        let mut tests = Vec::new();
        for number in 0..rule.matches.len() {
            self.matching(Spot { rule, number: number as u32 }, &mut tests);
        }
        if entry.many {
            self.repeated((number, entry), rounds, &mut conditions, &mut tests);
        }
        conditions.extend(tests);
        if let Some(words) = rule.undecided.first() {
            conditions.push(self.open(Reason::Value(words.to_string(), rule.place)));
        }
        let (actions, jump) = self.consequences(rule, dialect);
        let (conditions, actions) = (conditions.into(), actions.into());
        let (place, many) = (rule.place, entry.many && !(rounds.is_some() && rounds::is_by_device(entry)));
        Some(Rule { conditions, actions, jump, place, entry: number, many, left_out: false })
    }

    fn consequences(&mut self, rule: &model::Rule, dialect: Dialect) -> (Vec<Action>, Jump) {
        let mut actions: Vec<Action> = rule.effects.iter().map(ipchains::action).collect();
        for text in rule.matches.iter().filter_map(|own| module::kept(&own.test)) {
            actions.push(Action::Note(self.unknown(Reason::Stateful(text, rule.place), true)));
        }
        let jump = match &rule.target {
            // The words that are not known may name one.
            None if !rule.undecided.is_empty() => {
                let words = rule.undecided.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
                Jump::Unknown(self.unknown(Reason::Value(words, rule.place), true))
            }
            None => Jump::Next,
            Some(target) => match dialect {
                Dialect::Ipchains => self.ipchains_target(target),
                Dialect::Iptables => self.iptables_target(target, rule.place, &mut actions),
            },
        };
        (actions, jump)
    }

    /// Whether what has the guard is there under the assumption.
    fn presence(&mut self, guard: Formula, place: Place) -> Presence {
        if guard.is_true() || self.formulas.implies(self.assumption, guard) {
            return Presence::Always;
        }
        if !self.formulas.compatible(self.assumption, guard) {
            return Presence::Never;
        }
        let opposite = self.formulas.not(guard);
        let negated = opposite != Formula::UNDECIDED && opposite < guard;
        let reason = Reason::Condition(place, guard);
        let unknown = if guard == Formula::UNDECIDED {
            self.unknown(reason, true)
        } else {
            self.shared(Identity::Guard(if negated { opposite } else { guard }), |_| reason)
        };
        Presence::Under(Condition { negated, check: Check::Unknown, unknown })
    }

    /// A test of its own that is not known.
    fn open(&mut self, reason: Reason) -> Condition {
        Condition { negated: false, check: Check::Unknown, unknown: self.unknown(reason, true) }
    }

    fn unknown(&mut self, reason: Reason, stateful: bool) -> UnknownId {
        let origin = Origin::Other(Box::new((reason, Arc::new(Identity::Alone))));
        self.add_unknown(Unknown { origin, stateful })
    }

    /// A test in which nothing is left open.
    fn written(&mut self, Spot { rule, number }: Spot<'_>, part: Part) -> UnknownId {
        let origin = Origin::Written(Written { rule: Arc::clone(rule), number, part });
        self.add_unknown(Unknown { origin, stateful: false })
    }

    fn add_unknown(&mut self, unknown: Unknown) -> UnknownId {
        self.program.unknowns.push(unknown);
        UnknownId(self.program.unknowns.len() as u32 - 1)
    }

    /// An unknown that has the same answer for the same packet wherever it occurs; `reason` is for the first time.
    fn shared(&mut self, key: Identity, reason: impl FnOnce(&Identity) -> Reason) -> UnknownId {
        let next = UnknownId(self.program.unknowns.len() as u32);
        match self.known.entry(Arc::new(key)) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(free) => {
                let origin = Origin::Other(Box::new((reason(free.key()), Arc::clone(free.key()))));
                self.program.unknowns.push(Unknown { origin, stateful: false });
                *free.insert(next)
            }
        }
    }
}

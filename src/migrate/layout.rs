//! Which iptables chains stand for an ipchains chain.
//!
//! An ipchains chain means different things depending on who meets it: ACCEPT in input
//! is the end for a packet of the host's own, but only the first of three stages for a
//! forwarded one; `-i` is the arrival device in input and the departure device elsewhere;
//! REJECT answers differently. So a chain is copied once for each meaning. Redirection,
//! marks and TOS happen in other tables; there the chains on the way to such a rule are
//! repeated as far as they decide whether it is reached.

mod stage;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use smol_str::SmolStr;

use super::Options;
use super::command::may_be_builtin;
use super::loops::{Edge, Loops};
use super::policies::Policies;
use super::route::{MASQUERADED, Route, is_any, is_loopback};
use super::rule;
use crate::analysis::{Analysis, Reading};
use crate::dialect::ipchains;
use crate::eval::Step;
use crate::model::{Action, Match, Piece, Rule, Test, Value};
use crate::text::Place;
pub(super) use stage::{Purpose, Side, Stage};

/// One iptables chain that stands for an ipchains chain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Copy {
    pub(super) purpose: Purpose,
    pub(super) stage: Stage,
    pub(super) name: String,
}

/// The chains of the output that are of our own making.
pub(super) struct OwnChains {
    /// All of them.
    pub(super) chains: BTreeSet<String>,
    /// Those whose rules are not the only translation of a rule of the script.
    pub(super) copies: BTreeSet<String>,
    /// Those that are made with all their rules, before any other.
    pub(super) laid: BTreeSet<String>,
    /// Those of them that ask the rules of a stage and then apply its policy.
    pub(super) joints: BTreeSet<String>,
}

/// A rule of the script with the number of its step.
pub(super) struct Placed<'a> {
    pub(super) step: usize,
    pub(super) inserted: bool,
    pub(super) rule: &'a Rule,
}

/// The chains of a script and their copies.
pub(super) struct Layout<'a> {
    rules: BTreeMap<String, Vec<Placed<'a>>>,
    reached: BTreeMap<String, BTreeSet<Side>>,
    /// Rules of which nobody knows the chain: it may be a built-in one.
    anywhere: Vec<Placed<'a>>,
    /// The user chains that are made; a name that is not known may be any.
    made: BTreeSet<Option<String>>,
    /// Commands of which nobody knows what they do.
    open_steps: Vec<usize>,
    /// The steps that set a policy which is a rule in iptables.
    policy_steps: Vec<usize>,
    /// What forwarded packets meet.
    pub(super) route: Route,
    /// Jumps that lead back to a chain on the way.
    pub(super) loops: Loops,
    /// Commands whose ports decide about answers in some runs, and otherwise in others.
    pub(super) ports_vary: BTreeSet<usize>,
    /// Commands whose rules are for the loopback device in some runs, and for others in others.
    loopback_varies: BTreeSet<usize>,
    /// The chains that have copies in other tables.
    needed: BTreeMap<(Purpose, Side), BTreeSet<String>>,
}

/// Chain names that mean something else to iptables.
const RESERVED: [&str; 26] = [
    "ACCEPT",
    "RETURN",
    "REJECT",
    "REDIRECT",
    "DROP",
    "QUEUE",
    "LOG",
    "MARK",
    "TOS",
    "SNAT",
    "DNAT",
    "MASQUERADE",
    "NFLOG",
    "NFQUEUE",
    "CT",
    "TCPMSS",
    "INPUT",
    "OUTPUT",
    "FORWARD",
    "PREROUTING",
    "POSTROUTING",
    "CONNMARK",
    "NOTRACK",
    "TTL",
    "TRACE",
    "SET",
];

impl<'a> Layout<'a> {
    pub(super) fn of(analysis: &'a Analysis<'_>, policies: &Policies, options: Options) -> Self {
        let mut layout = Self {
            rules: BTreeMap::new(),
            reached: BTreeMap::new(),
            anywhere: Vec::new(),
            made: BTreeSet::new(),
            open_steps: Vec::new(),
            policy_steps: Vec::new(),
            route: Route::default(),
            loops: Loops::default(),
            ports_vary: BTreeSet::new(),
            loopback_varies: BTreeSet::new(),
            needed: BTreeMap::new(),
        };
        let is_live = |step: usize| analysis.evaluation.steps.get(step).is_some_and(Step::is_live);
        for (step, reading) in analysis.readings.iter().enumerate() {
            let Some(command) =
                reading.as_ref().filter(|reading| matches!(reading, Reading::Ipchains(_))).and_then(Reading::command)
            else {
                continue;
            };
            match &command.action {
                Action::Append { chain, rules } => layout.add(step, false, (chain, is_live(step)), rules),
                Action::Insert { chain, rules, .. } => layout.add(step, true, (chain, is_live(step)), rules),
                Action::Replace { chain, rule, .. } => {
                    layout.add(step, true, (chain, is_live(step)), std::slice::from_ref(rule))
                }
                Action::NewChain { chain } => drop(layout.made.insert(chain.known().map(str::to_owned))),
                Action::Unknown if is_live(step) => layout.open_steps.push(step),
                Action::Policy { target, .. } if !target.is("ACCEPT") && !target.is("DENY") => {
                    layout.policy_steps.push(step)
                }
                _ => {}
            }
        }
        layout.ports_vary = layout.varying(analysis, rule::fits_answers);
        layout.loopback_varies = layout.varying(analysis, is_loopback);
        layout.reach();
        layout.loops = Loops::of(&layout);
        layout.route = Route::of(&layout, policies, analysis, options);
        for purpose in Purpose::OTHERS {
            for side in Side::ALL.into_iter().filter(|side| purpose.stage(*side).is_some()) {
                let needed = layout.find_needed(purpose, side);
                layout.needed.insert((purpose, side), needed);
            }
        }
        layout.route.changes_masqueraded = layout.changes_masqueraded();
        layout
    }

    /// Whether the rules for marks and TOS of packets that leave ask for what masquerading changes.
    fn changes_masqueraded(&self) -> bool {
        let chains = self.needed.get(&(Purpose::Mangle, Side::Output));
        let mut rules = chains.into_iter().flatten().flat_map(|chain| self.rules(chain));
        self.route.masquerades() && rules.any(|rule| self.tests_differ(rule, Stage::Exit, Stage::Masqueraded))
    }

    fn add(&mut self, step: usize, inserted: bool, (chain, is_live): (&Value, bool), rules: &'a [Arc<Rule>]) {
        let placed = rules.iter().map(|rule| Placed { step, inserted, rule });
        match chain.known() {
            Some(chain) => self.rules.entry(chain.to_owned()).or_default().extend(placed),
            None if is_live && may_be_builtin(chain) => self.anywhere.extend(placed),
            None => {}
        }
    }

    /// The rules that may stand in any chain.
    pub(super) fn rules_anywhere(&self) -> impl Iterator<Item = &'a Rule> + '_ {
        self.anywhere.iter().map(|placed| placed.rule)
    }

    /// The user chains that the script makes, where all are known.
    pub(super) fn made(&self) -> Option<Vec<String>> {
        self.made.iter().cloned().collect()
    }

    /// Whether some command may do anything.
    pub(super) fn is_open(&self) -> bool {
        !self.open_steps.is_empty()
    }

    /// The commands whose rules are otherwise in this respect from run to run.
    fn varying<T: Ord>(&self, analysis: &Analysis<'_>, respect: impl Fn(&Rule) -> T) -> BTreeSet<usize> {
        let mut by_place: BTreeMap<Place, (BTreeSet<T>, BTreeSet<usize>)> = BTreeMap::new();
        for (_, placed) in self.placed() {
            let Some(step) = analysis.evaluation.steps.get(placed.step) else { continue };
            let (answers, steps) = by_place.entry(analysis.written_at(step)).or_default();
            answers.insert(respect(placed.rule));
            steps.insert(placed.step);
        }
        by_place.into_values().filter(|(answers, _)| answers.len() > 1).flat_map(|(_, steps)| steps).collect()
    }

    /// Which sides lead to which chain.
    fn reach(&mut self) {
        for side in Side::ALL {
            let mut pending = vec![side.chain().to_owned()];
            while let Some(chain) = pending.pop() {
                if self.reached.entry(chain.clone()).or_default().insert(side) {
                    pending.extend(self.jumps(&chain).into_iter().map(str::to_owned));
                }
            }
        }
    }

    /// The user chains that rules of `chain` jump to; a name that is known in part may be any chain that fits.
    pub(super) fn jumps(&self, chain: &str) -> Vec<&str> {
        let targets = self.rules.get(chain).into_iter().flatten().filter_map(|placed| placed.rule.target.as_ref());
        let mut chains = Vec::new();
        for target in targets {
            match target.name.known() {
                Some(name) if is_special(name) => {}
                Some(name) => chains.push(name),
                // A name of which nothing is known is most likely no chain's, but a verdict's.
                None if target.name.pieces().len() < 2 => {}
                None => {
                    let user = self.rules.keys().map(String::as_str).filter(|name| Side::of_chain(name).is_none());
                    chains.extend(user.filter(|name| fits(&target.name, name)));
                }
            }
        }
        chains
    }

    /// The sides that lead to `chain`; a chain that nothing jumps to counts as one of input.
    pub(super) fn sides(&self, chain: &str) -> Vec<Side> {
        match Side::of_chain(chain) {
            Some(side) => vec![side],
            None => match self.reached.get(chain) {
                Some(sides) => sides.iter().copied().collect(),
                None => vec![Side::Input],
            },
        }
    }

    /// All rules with the chains that they stand in.
    pub(super) fn placed(&self) -> impl Iterator<Item = (&str, &Placed<'a>)> {
        self.rules.iter().flat_map(|(chain, rules)| rules.iter().map(move |placed| (chain.as_str(), placed)))
    }

    /// The user chains that rules stand in.
    pub(super) fn user_chains(&self) -> impl Iterator<Item = String> + '_ {
        self.rules.keys().filter(|chain| Side::of_chain(chain).is_none()).cloned()
    }

    /// The steps that add rules, or may do so.
    pub(super) fn rule_steps(&self) -> impl Iterator<Item = usize> + '_ {
        let placed = self.placed().map(|(_, placed)| placed).chain(&self.anywhere);
        placed.map(|placed| placed.step).chain(self.open_steps.iter().copied())
    }

    /// The steps that add rules, or need a rule for a policy.
    pub(super) fn steps(&self) -> impl Iterator<Item = usize> + '_ {
        self.rule_steps().chain(self.policy_steps.iter().copied())
    }

    /// The rules that stand in `chain` at any time.
    pub(super) fn rules(&self, chain: &str) -> impl Iterator<Item = &'a Rule> + '_ {
        self.rules.get(chain).into_iter().flatten().map(|placed| placed.rule)
    }

    /// Those who meet `chain` in the filter table.
    pub(super) fn stages(&self, chain: &str) -> Vec<Stage> {
        if Side::of_chain(chain).is_none() && !self.reached.contains_key(chain) {
            return vec![Stage::Input];
        }
        self.sides(chain).into_iter().flat_map(|side| self.route.stages(side)).collect()
    }

    /// Whether no packet of `stage` can match the rule of a command, in any run of it.
    pub(super) fn is_never(&self, stage: Stage, step: usize, rule: &Rule) -> bool {
        stage.is_forwarded() && is_loopback(rule) && !self.loopback_varies.contains(&step)
    }

    /// The copies of `chain`, the filter table's first.
    pub(super) fn copies(&self, chain: &str) -> Vec<Copy> {
        let mut copies: Vec<Copy> = Vec::new();
        for stage in self.stages(chain) {
            let own = Copy { purpose: Purpose::Filter, stage, name: self.filter_name(chain, stage) };
            if !copies.iter().any(|copy| copy.name == own.name) {
                copies.push(own);
            }
        }
        for purpose in Purpose::OTHERS {
            let sides = self.sides(chain).into_iter().filter(|side| self.serves(chain, purpose, *side));
            let masqueraded = |stage| {
                let apart = self.route.changes_masqueraded && (purpose, stage) == (Purpose::Mangle, Stage::Output);
                std::iter::once(stage).chain(apart.then_some(Stage::Masqueraded))
            };
            for stage in sides.filter_map(|side| purpose.stage(side)).flat_map(masqueraded) {
                copies.push(Copy { purpose, stage, name: self.other_name(chain, purpose, stage) });
            }
        }
        copies
    }

    /// The name of the filter copy of `chain` for packets of `stage`.
    pub(super) fn filter_name(&self, chain: &str, stage: Stage) -> String {
        if Side::of_chain(chain).is_some() {
            return self.route.rules_chain(stage).to_owned();
        }
        let stages = self.stages(chain);
        if !stages.contains(&stage) {
            return plain_name(chain);
        }
        let same = |first: &Stage| self.same(chain, *first, stage, &mut BTreeSet::new());
        let first = stages.iter().copied().find(same).unwrap_or(stage);
        let name = plain_name(chain);
        if stages.first() == Some(&first) { name } else { name + first.suffix() }
    }

    /// The name of a copy in another table.
    pub(super) fn other_name(&self, chain: &str, purpose: Purpose, stage: Stage) -> String {
        if Side::of_chain(chain).is_some() {
            return match (purpose, stage.side()) {
                _ if stage == Stage::Masqueraded => MASQUERADED,
                (Purpose::Redirect, _) | (_, Side::Input) => "PREROUTING",
                (_, Side::Forward) => "FORWARD",
                (_, Side::Output) => "POSTROUTING",
            }
            .to_owned();
        }
        let several = self.sides(chain).len() > 1 || stage == Stage::Masqueraded;
        plain_name(chain) + if several { stage.suffix() } else { "" }
    }

    /// Whether `chain` means the same to both.
    fn same(&self, chain: &str, one: Stage, other: Stage, seen: &mut BTreeSet<String>) -> bool {
        if one == other || !seen.insert(chain.to_owned()) {
            return true;
        }
        let differs = |rule: &Rule| {
            let open = !rule.undecided.is_empty();
            let Some(target) = &rule.target else { return open || self.tests_differ(rule, one, other) };
            let ends = |stage| target.name.known().map(|target| self.route.verdict(target, stage));
            ends(one) != ends(other) || target.name.known().is_none() || self.tests_differ(rule, one, other)
        };
        let mut rules = self.rules(chain).chain(self.rules_anywhere());
        !self.is_open()
            && !rules.any(differs)
            && self.jumps(chain).into_iter().all(|next| self.same(next, one, other, seen))
    }

    /// Whether the tests of `rule` are written differently for two stages.
    fn tests_differ(&self, rule: &Rule, one: Stage, other: Stage) -> bool {
        let any = |wanted: fn(&Test) -> bool| {
            let may = |found: &Match| !is_any(&found.test) && wanted(&found.test);
            !rule.undecided.is_empty() || rule.matches.iter().any(may)
        };
        let arrival = |stage: Stage| stage.side() == Side::Input;
        let pair = |stage: Stage| one == stage || other == stage;
        (arrival(one) != arrival(other) && any(|test| matches!(test, Test::Interface(_))))
            || ((pair(Stage::Reply) || pair(Stage::Relayed))
                && any(|test| matches!(test, Test::Destination(_) | Test::DestinationPort(_))))
            || (pair(Stage::Masqueraded) && any(|test| matches!(test, Test::Source(_) | Test::SourcePort(_))))
    }

    /// Whether the copy of `chain` for `purpose` is needed: a rule in it or further on does the thing,
    /// or a packet accepted in it must not come to such a rule.
    pub(super) fn serves(&self, chain: &str, purpose: Purpose, side: Side) -> bool {
        self.needed.get(&(purpose, side)).is_some_and(|chains| chains.contains(chain))
    }

    /// The chains that have a copy for `purpose` on `side`.
    fn find_needed(&self, purpose: Purpose, side: Side) -> BTreeSet<String> {
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

    fn leads(&self, chain: &str, purpose: Purpose, seen: &mut BTreeSet<String>) -> bool {
        if !seen.insert(chain.to_owned()) {
            return false;
        }
        let own = self.rules.get(chain).into_iter().flatten().any(|placed| purpose.is_served_by(placed.rule));
        own || self.jumps(chain).into_iter().any(|next| self.leads(next, purpose, seen))
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
                Some(next) => purpose.heeds_drops() && self.loops.edge(chain, next) == Edge::Closes,
                None => true,
            })
        };
        self.rules(chain).any(ends) || self.jumps(chain).into_iter().any(|next| self.ends(next, purpose, seen))
    }

    /// Whether a rule that ends or leaves `chain` at `step` keeps packets from a later rule that serves `purpose`.
    pub(super) fn hides(&self, chain: &str, purpose: Purpose, step: usize, rule: &Rule) -> bool {
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
        returns || later.filter(|placed| concerned(placed)).any(|placed| !disjoint(rule, placed.rule))
    }

    /// The chains that forwarded packets alone meet, and that the script does not have.
    pub(super) fn own_chains(&self) -> OwnChains {
        let mut chains: BTreeSet<String> = self.route.chains().into_iter().map(str::to_owned).collect();
        let mut copies = chains.clone();
        copies.remove(self.route.rules_chain(Stage::Forward));
        let mut laid: BTreeSet<String> = self.route.joints().iter().map(|joint| joint.chain.to_owned()).collect();
        copies.extend(laid.clone());
        let joints = laid.clone();
        laid.extend(self.route.masquerades().then(|| "masquerade".to_owned()));
        for chain in self.user_chains() {
            let filter = |copy: &Copy| copy.purpose == Purpose::Filter && copy.stage.is_forwarded();
            let further: Vec<String> =
                self.copies(&chain).into_iter().skip(1).filter(filter).map(|copy| copy.name).collect();
            // Stages for which a chain means the same share a copy.
            let stages = self.stages(&chain).into_iter().filter(|stage| !stage.is_forwarded());
            let of_the_host: Vec<String> = stages.map(|stage| self.filter_name(&chain, stage)).collect();
            copies.extend(further.iter().filter(|name| !of_the_host.contains(name)).cloned());
            chains.extend(further);
        }
        OwnChains { chains, copies, laid, joints }
    }

    /// Whether any chain has a copy in `table`.
    pub(super) fn uses_table(&self, table: &str) -> bool {
        self.needed.iter().any(|((purpose, _), chains)| purpose.table() == Some(table) && !chains.is_empty())
    }
}

/// Whether `chain` may be meant by a name of which only the beginning or the end is known.
pub(super) fn fits(name: &Value, chain: &str) -> bool {
    let pieces = name.pieces();
    let known = |piece: Option<&Piece>| match piece {
        Some(Piece::Known(text)) => text.clone(),
        _ => SmolStr::default(),
    };
    let (begin, end) = (known(pieces.first()), known(pieces.last()));
    chain.len() >= begin.len() + end.len() && chain.starts_with(begin.as_str()) && chain.ends_with(end.as_str())
}

/// A target that is no user chain.
pub(super) fn is_special(name: &str) -> bool {
    ipchains::is_target(name)
}

/// The name of a user chain; one that iptables takes for something else is changed.
pub(super) fn plain_name(chain: &str) -> String {
    if RESERVED.contains(&chain) { format!("{chain}-chain") } else { chain.to_owned() }
}

/// Whether no packet can match both rules, as far as it shows at once.
fn disjoint(one: &Rule, other: &Rule) -> bool {
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
        (Test::SourcePort(Is(a)), Test::SourcePort(Is(b)))
        | (Test::DestinationPort(Is(a)), Test::DestinationPort(Is(b))) => a.high < b.low || b.high < a.low,
        _ => false,
    }
}

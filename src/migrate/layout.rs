//! Which iptables chains stand for an ipchains chain.
//!
//! An ipchains chain means different things depending on who meets it: ACCEPT in input
//! is the end for a packet of the host's own, but only the first of three stages for a
//! forwarded one; `-i` is the arrival device in input and the departure device elsewhere;
//! REJECT answers differently. So a chain is copied once for each meaning. Redirection,
//! marks and TOS happen in other tables; there the chains on the way to such a rule are
//! repeated as far as they decide whether it is reached.

mod copies;
mod open;
mod stage;
mod tables;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use smol_str::SmolStr;

use super::Options;
use super::command::may_be_builtin;
use super::loops::Loops;
use super::policies::Policies;
use super::route::{Route, is_loopback, taken_back};
use super::rule;
use super::runtime::ENDING;
use crate::analysis::{Analysis, Reading};
use crate::dialect::{ipchains, ipmasqadm};
use crate::eval::{Program, Step};
use crate::logic::Formula;
use crate::model::{Action, Piece, Rule, Value, Word};
use crate::text::Place;
pub(super) use copies::{Copy, plain_name};
use open::OpenCommands;
pub(super) use open::{End, has_open_target};
pub(super) use stage::{Purpose, Side, Stage};
pub(super) use tables::disjoint;

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
    /// The commands that take back what an earlier run has put at the beginning of built-in chains.
    pub(super) taken_back: Vec<String>,
    /// No command that is only known at run time may lead to one of them.
    pub(super) told: bool,
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
    /// Commands of which not all is known.
    open: OpenCommands,
    /// Whether some rule may have any target.
    has_open_targets: bool,
    /// The steps that set a policy which is a rule in iptables.
    policy_steps: Vec<usize>,
    /// The built-in chains whose policy may be REJECT.
    rejecting: BTreeSet<Side>,
    /// What forwarded packets meet.
    pub(super) route: Route,
    /// Where the script ends, if rules with targets that are only read may redirect, which is laid in nat then.
    pub(super) redirects_at_the_end: Option<End>,
    /// The variables that the script gives a verdict somewhere.
    given_verdicts: BTreeSet<String>,
    /// Those that it gives a value which begins with `!`.
    given_negations: BTreeSet<String>,
    /// The steps that forward ports, each with its runs.
    forwarding: Vec<(usize, Formula)>,
    /// Jumps that lead back to a chain on the way.
    pub(super) loops: Loops,
    /// Commands whose ports decide about answers in some runs, and otherwise in others.
    pub(super) ports_vary: BTreeSet<usize>,
    /// Commands whose rules are for the loopback device in some runs, and for others in others.
    loopback_varies: BTreeSet<usize>,
    /// The chains that have copies in other tables.
    needed: BTreeMap<(Purpose, Side), BTreeSet<String>>,
}

impl<'a> Layout<'a> {
    pub(super) fn of(analysis: &'a Analysis<'_>, policies: &Policies, options: Options) -> Self {
        let mut layout = Self {
            rules: BTreeMap::new(),
            reached: BTreeMap::new(),
            anywhere: Vec::new(),
            made: BTreeSet::new(),
            open: OpenCommands::default(),
            has_open_targets: false,
            policy_steps: Vec::new(),
            rejecting: BTreeSet::new(),
            route: Route::default(),
            redirects_at_the_end: None,
            given_verdicts: open::given(analysis, &ENDING),
            given_negations: open::given(analysis, &["!"]),
            forwarding: forwarding(analysis),
            loops: Loops::default(),
            ports_vary: BTreeSet::new(),
            loopback_varies: BTreeSet::new(),
            needed: BTreeMap::new(),
        };
        let words: BTreeMap<usize, &[Word]> =
            analysis.invocations().map(|(step, _, invocation)| (step, invocation.arguments.as_slice())).collect();
        let is_live = |step: usize| analysis.evaluation.steps.get(step).is_some_and(Step::is_live);
        for (step, reading) in analysis.readings.iter().enumerate() {
            let Some(command) =
                reading.as_ref().filter(|reading| matches!(reading, Reading::Ipchains(_))).and_then(Reading::command)
            else {
                continue;
            };
            let own = words.get(&step).copied().unwrap_or_default();
            layout.open.note(step, reading.as_ref(), own, analysis);
            match &command.action {
                Action::Append { chain, rules } => layout.add(step, false, (chain, is_live(step)), rules),
                Action::Insert { chain, rules, .. } => layout.add(step, true, (chain, is_live(step)), rules),
                Action::Replace { chain, rule, .. } => {
                    layout.add(step, true, (chain, is_live(step)), std::slice::from_ref(rule))
                }
                Action::NewChain { chain } => {
                    layout.made.insert(chain.known().map(str::to_owned));
                    // Its rules may come while the script runs.
                    layout.add(step, false, (chain, false), &[]);
                }
                Action::Policy { chain, target } if !target.is("ACCEPT") && !target.is("DENY") => {
                    let may_be = |side: &Side| chain.known().is_none_or(|chain| chain == side.chain());
                    layout.rejecting.extend(Side::ALL.into_iter().filter(may_be));
                    layout.policy_steps.push(step);
                }
                _ => {}
            }
        }
        let all = layout.placed().map(|(_, placed)| placed).chain(&layout.anywhere);
        let has_open_targets = all.into_iter().any(|placed| has_open_target(placed.rule));
        layout.has_open_targets = has_open_targets;
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
        layout.redirects_at_the_end = layout.tells_redirections(analysis);
        layout
    }

    /// Whether the rules for marks and TOS of packets that leave ask for what masquerading changes.
    fn changes_masqueraded(&self) -> bool {
        let chains = self.needed.get(&(Purpose::Mangle, Side::Output));
        let mut rules = chains.into_iter().flatten().flat_map(|chain| self.rules(chain));
        let asked = rules.any(|rule| self.tests_differ(rule, Stage::Exit, Stage::Masqueraded));
        let open = chains.is_some_and(|chains| !chains.is_empty()) && self.is_open();
        self.route.masquerades() && (asked || open)
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
        let jumping = self.jumping_sides();
        for (_, sides) in self.reached.iter_mut().filter(|(chain, _)| Side::of_chain(chain).is_none()) {
            sides.extend(&jumping);
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
                None => self.open_sides(),
            },
        }
    }

    /// What a target is in the rules of a stage, where it is known there.
    pub(super) fn target(&self, target: &str, stage: Stage) -> String {
        match target {
            // To leave the chain is to meet its policy, which may be a rule.
            "RETURN" if self.rejecting.contains(&stage.side()) && self.route.rejects_at_the_end(stage) => String::new(),
            "RETURN" => "RETURN".to_owned(),
            "MASQ" if !self.route.masquerades() || stage != Stage::Forward => String::new(),
            "ACCEPT" | "DENY" | "REJECT" | "MASQ" => self.route.verdict(target, stage).join(" "),
            _ if self.rules.contains_key(target) && self.stages(target).contains(&stage) => {
                self.filter_name(target, stage)
            }
            _ => String::new(),
        }
    }

    /// All rules with the chains that they stand in.
    pub(super) fn placed(&self) -> impl Iterator<Item = (&str, &Placed<'a>)> {
        self.rules.iter().flat_map(|(chain, rules)| rules.iter().map(move |placed| (chain.as_str(), placed)))
    }

    /// The user chains that are made, or that rules stand in.
    pub(super) fn user_chains(&self) -> impl Iterator<Item = String> + '_ {
        self.rules.keys().filter(|chain| Side::of_chain(chain).is_none()).cloned()
    }

    /// The steps that add rules, or may do so.
    pub(super) fn rule_steps(&self) -> impl Iterator<Item = usize> + '_ {
        let placed = self.placed().map(|(_, placed)| placed).chain(&self.anywhere);
        placed.map(|placed| placed.step).chain(self.open.whole.iter().map(|open| open.step))
    }

    /// The runs in which ports may be forwarded before `step`.
    pub(super) fn forwarded_before(&self, step: usize) -> impl Iterator<Item = Formula> + '_ {
        self.forwarding.iter().filter(move |(own, _)| *own < step).map(|(_, guard)| *guard)
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
        let all_known = self.open.whole.is_empty() && !self.has_open_targets;
        if all_known && Side::of_chain(chain).is_none() && !self.reached.contains_key(chain) {
            return vec![Stage::Input];
        }
        self.sides(chain).into_iter().flat_map(|side| self.route.stages(side)).collect()
    }

    /// Whether no packet that meets a copy of `chain` can match the rule of a command, in any run of it.
    pub(super) fn is_never(&self, (chain, copy): (&str, &Copy), step: usize, rule: &Rule) -> bool {
        let meets = |stage: &Stage| *stage == copy.stage || self.filter_name(chain, *stage) == copy.name;
        let mut stages = self.stages(chain).into_iter().filter(meets);
        copy.stage.is_forwarded()
            && is_loopback(rule)
            && !self.loopback_varies.contains(&step)
            && (copy.purpose != Purpose::Filter || stages.all(Stage::is_forwarded))
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
        let heads = Side::ALL.into_iter().flat_map(|side| self.route.heads(Some(side)));
        let taken_back = heads.map(|head| taken_back(&head)).collect();
        let told = !self.is_open() && !self.has_open_targets && !self.makes_open_chains();
        OwnChains { chains, copies, laid, joints, taken_back, told }
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

/// The steps at which `ipmasqadm` is told to forward something, each with its runs.
fn forwarding(analysis: &Analysis<'_>) -> Vec<(usize, Formula)> {
    let commands = analysis.invocations().filter(|(_, _, invocation)| invocation.program == Program::Ipmasqadm);
    let adds = |action: &Action| matches!(action, Action::Append { .. } | Action::Insert { .. });
    let adding = commands.filter(|(_, step, own)| adds(&ipmasqadm::parse(&own.arguments, step.place).action));
    adding.map(|(number, step, _)| (number, step.guard)).collect()
}

/// A target that is no user chain.
pub(super) fn is_special(name: &str) -> bool {
    ipchains::is_target(name)
}

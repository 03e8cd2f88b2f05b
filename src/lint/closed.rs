//! Built-in filter chains that the file sets up, and closes to what no rule is about.
//!
//! Only of such a chain can be said that something is missing in it: other chains may hold
//! rules that another program has put there.

use super::Context;
use super::policies::closes;
use super::reach::{is_unconditional, open_runs, opens};
use super::setup::{Setup, setup};
use crate::analysis::Analysis;
use crate::eval::Act;
use crate::logic::Formula;
use crate::model::{Chain, Command, Dialect, Entry, Ruleset, Table};
use crate::packet::{Gate, Hook};
use crate::text::Place;

/// A chain that is closed in some runs.
pub(super) struct Closed<'a> {
    /// The rules that it belongs to.
    pub(super) ruleset: &'a Ruleset,
    /// The chain.
    pub(super) chain: &'a Chain,
    /// The runs that set it up, let some packets through, and keep out the rest.
    pub(super) runs: Formula,
    /// What keeps out the rest.
    pub(super) place: Place,
    /// The rules in those runs.
    pub(super) gate: Gate,
}

/// What is found out of such a chain, for all lints.
pub(super) struct Closing {
    pub(super) hook: Hook,
    /// The number of its ruleset.
    ruleset: usize,
    runs: Formula,
    place: Place,
    gate: Gate,
}

impl Closing {
    /// The chain with what was found out of it, and a gate of its own.
    pub(super) fn closed<'a>(&self, analysis: &'a Analysis<'_>) -> Option<Closed<'a>> {
        let Self { hook, ruleset, runs, place, gate } = self;
        let ruleset = analysis.rulesets.get(*ruleset)?;
        let chain = ruleset.table("filter")?.chain(hook.chain(ruleset.dialect))?;
        Some(Closed { ruleset, chain, runs: *runs, place: *place, gate: gate.clone() })
    }
}

/// All of them, in each dialect that is used, as far as all of their rules are in the file.
pub(super) fn find(context: &Context<'_>) -> Vec<Closing> {
    let mut found: Vec<Closing> = Vec::new();
    if !is_all_there_is(context) {
        return found;
    }
    for (number, ruleset) in context.analysis.rulesets.iter().enumerate() {
        for hook in [Hook::Input, Hook::Forward, Hook::Output] {
            let Some((runs, place)) = judge(context, ruleset, hook) else { continue };
            let same = found.iter().find(|own| (own.ruleset, own.runs) == (number, runs));
            let gate = same.map_or_else(|| context.gate(ruleset, runs), |own| own.gate.clone());
            found.push(Closing { hook, ruleset: number, runs, place, gate });
        }
    }
    found
}

/// The runs in which the chain of `hook` is closed, and what keeps out the rest.
fn judge(context: &Context<'_>, ruleset: &Ruleset, hook: Hook) -> Option<(Formula, Place)> {
    let table = ruleset.table("filter").filter(|table| !table.open)?;
    let chain = table.chain(hook.chain(ruleset.dialect)).filter(|chain| !chain.ordering_uncertain)?;
    // What is not tracked has another state than one would think.
    if ruleset.table("raw").into_iter().flat_map(|raw| &raw.chains).flat_map(|chain| &chain.entries).any(untracks) {
        return None;
    }
    let runs = context.and_not(opening(context, table, chain), open_runs(context, table, chain));
    let runs = context.and(runs, set_up(context, ruleset, chain));
    context.possible(runs).then_some(())?;
    Some((runs, closing(context, chain, runs)?))
}

/// Whether the rule keeps packets from connection tracking, or may.
fn untracks(entry: &Entry) -> bool {
    let Some(target) = &entry.rule.target else { return false };
    let option = || target.options.iter().any(|option| option.name == "--notrack");
    target.name.known().is_none_or(|name| name == "NOTRACK") || option()
}

/// Whether no other file or program has a hand in the rules, as far as can be seen.
fn is_all_there_is(context: &Context<'_>) -> bool {
    context.is_whole() && !context.restores_unseen()
}

/// The runs in which some rule of the chain lets packets through.
fn opening(context: &Context<'_>, table: &Table, chain: &Chain) -> Formula {
    let entries = chain.entries.iter().filter(|entry| {
        let target = entry.rule.target.as_ref().and_then(|target| target.name.known());
        !entry.many && (opens(&entry.rule) || target.is_some_and(|name| table.chain(name).is_some()))
    });
    entries.fold(Formula::FALSE, |runs, entry| context.or(runs, entry.guard))
}

/// The runs that make the chain the file's own: they empty it, or set its policy.
///
/// A policy counts in whole scripts alone: a few lines that do not say which shell they are for are an excerpt,
/// and what is missing in them may stand around it.
fn set_up(context: &Context<'_>, ruleset: &Ruleset, chain: &Chain) -> Formula {
    let analysis = context.analysis;
    let whole = analysis.sources.get(analysis.file).bytes().starts_with(b"#!");
    let own = |command: &Command| match setup(command, ruleset, chain) {
        Some(Setup::Flush) => true,
        Some(Setup::Policy) => whole,
        Some(Setup::Elsewhere) | None => false,
    };
    let mut runs = Formula::FALSE;
    for (step, command) in context.live_steps().filter(|(step, _)| !step.many) {
        let restored = match &step.act {
            Act::Table { family, name, keep: false } => *family == ruleset.family && name == "filter",
            // ipchains-restore fills what is there, but a saved file is the whole of it.
            Act::Chain { dialect: Dialect::Ipchains, name, .. } => {
                ruleset.dialect == Dialect::Ipchains && name.is(&chain.name)
            }
            _ => false,
        };
        if restored || command.is_some_and(own) {
            runs = context.or(runs, step.guard);
        }
    }
    runs
}

/// What closes the chain in those runs: its policy, or a rule for every packet.
fn closing(context: &Context<'_>, chain: &Chain, runs: Formula) -> Option<Place> {
    let rules = chain.entries.iter().filter(|entry| {
        let name = entry.rule.target.as_ref().and_then(|target| target.name.known());
        closes(name) && is_unconditional(&entry.rule)
    });
    let policies = chain.policies.iter().filter(|policy| policy.target.known() != Some("ACCEPT"));
    let rules = rules.map(|entry| (entry.guard, Some(entry.rule.place)));
    let all = policies.map(|policy| (policy.guard, policy.place)).chain(rules);
    let mut places = all.filter(|(guard, _)| context.compatible(*guard, runs));
    places.find_map(|(_, place)| place)
}

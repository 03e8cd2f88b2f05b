//! `redundant-match`: a test that every packet passes which comes there.

use std::collections::HashMap;
use std::sync::Arc;

use crate::analysis::Reading;
use crate::diag::{Diagnostic, Severity, Tag};
use crate::eval::Step;
use crate::lint::chains::{self, Asked};
use crate::lint::narrower::{self, Part};
use crate::lint::{Category, Context, lint};
use crate::logic::Formula;
use crate::model::{Entry, Rule};
use crate::packet::{Arrivals, Tests};
use crate::text::Place;

lint! {
    /// Finds matches in user chains that all packets meet which come to the chain.
    ///
    /// # What it does
    /// Works out for every packet whether some rule sends it to the chain, and finds that a match of a rule
    /// there keeps out none of them: the jumps, and the rules before them, let only such packets come. What the
    /// program asks for because of other options, such as `-p tcp` before `--dport`, is no finding.
    ///
    /// # Why it is bad
    /// The match says nothing that the way to the chain has not said, and the two have to be changed together.
    /// Some repeat a match on purpose, so that a chain is safe whoever jumps there.
    ///
    /// # Example
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -N outside
    /// iptables -A INPUT -i ppp0 -j outside
    /// iptables -A outside -i ppp0 -p tcp --dport 80 -j ACCEPT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -N outside
    /// iptables -A INPUT -i ppp0 -j outside
    /// iptables -A outside -p tcp --dport 80 -j ACCEPT
    /// ```
    pub(super) static LINT = {
        name: "redundant-match",
        category: Category::Logic,
        severity: Severity::Info,
        fixable: true,
        check: check,
    };
}

/// So many jumps are named.
const SHOWN: usize = 3;

/// What is known of a rule that is there in the end.
struct Known<'a> {
    entry: &'a Entry,
    asked: &'a Asked<'a>,
    tests: &'a Tests,
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let asked = chains::asked(context);
    let known = known(&asked);
    let there = there(context);
    let mut found: HashMap<Place, Option<Diagnostic>> = HashMap::new();
    for (step, reading) in suspects(context, &known) {
        let rules = narrower::added(reading);
        if !rules.iter().any(|rule| there.contains_key(&Arc::as_ptr(rule))) {
            continue;
        }
        for part in narrower::parts(context, step, reading) {
            let finding = finding(context, rules, &part, (&known, &there));
            let both = |known: &mut Option<Diagnostic>| *known = known.take().filter(|_| finding.is_some());
            found.entry(part.place).and_modify(both).or_insert(finding.clone());
        }
    }
    found.into_values().flatten().collect()
}

/// The rules of chains to which only some packets come.
fn known<'a>(asked: &'a [Asked<'a>]) -> HashMap<*const Rule, Known<'a>> {
    let mut known = HashMap::new();
    for own in asked {
        let Arrivals::Some(tests) = own.arrivals else { continue };
        let entries = own.chain.entries.iter().filter(|entry| !entry.guard.is_false());
        for (entry, tests) in entries.zip(tests) {
            known.insert(Arc::as_ptr(&entry.rule), Known { entry, asked: own, tests });
        }
    }
    known
}

/// All rules that are there in the end, with the runs in which they are.
fn there(context: &Context<'_>) -> HashMap<*const Rule, Formula> {
    let chains = context.analysis.rulesets.iter().flat_map(|ruleset| &ruleset.tables).flat_map(|table| &table.chains);
    chains.flat_map(|chain| &chain.entries).map(|entry| (Arc::as_ptr(&entry.rule), entry.guard)).collect()
}

/// The steps of commands of which some rule has a test that is sure.
fn suspects<'a>(context: &Context<'a>, known: &HashMap<*const Rule, Known<'_>>) -> Vec<(&'a Step, &'a Reading)> {
    let analysis = context.analysis;
    let steps = analysis.evaluation.steps.iter().zip(&analysis.readings);
    let steps = steps.filter_map(|(step, reading)| Some((analysis.written_at(step), step, reading.as_ref()?)));
    let is_sure = |rule: &Arc<Rule>| known.get(&Arc::as_ptr(rule)).is_some_and(|own| !own.tests.sure.is_empty());
    let sure = steps.clone().filter(|(_, _, reading)| narrower::added(reading).iter().any(is_sure));
    let places: HashMap<Place, ()> = sure.map(|(place, _, _)| (place, ())).collect();
    steps.filter(|(place, _, _)| places.contains_key(place)).map(|(_, step, reading)| (step, reading)).collect()
}

/// That none of the rules which are there misses the part.
fn finding(
    context: &Context<'_>,
    rules: &[Arc<Rule>],
    part: &Part,
    (known, there): (&HashMap<*const Rule, Known<'_>>, &HashMap<*const Rule, Formula>),
) -> Option<Diagnostic> {
    let mut runs = Formula::FALSE;
    let mut last = None;
    for (rule, rest) in rules.iter().zip(&part.rest) {
        let Some(guard) = there.get(&Arc::as_ptr(rule)) else { continue };
        let own = known.get(&Arc::as_ptr(rule))?;
        if own.entry.many || !narrower::is_needless(rule, rest, own.tests) {
            return None;
        }
        runs = context.or(runs, *guard);
        last = Some(own.asked);
    }
    let Asked { chain, jumps, .. } = last?;
    let message = format!("all packets that come to the chain {} meet `{}`", chain.name, part.text);
    let finding = context.finding(part.place, message).only_in(runs);
    let shown = jumps.iter().take(SHOWN);
    let finding =
        shown.fold(finding, |finding, jump| finding.with_related(jump.rule.place, "only such packets go there"));
    let fixes = part.fix.iter().cloned().collect();
    Some(Diagnostic { tags: vec![Tag::Unnecessary], fixes, ..finding })
}

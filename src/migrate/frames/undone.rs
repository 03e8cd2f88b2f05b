//! Runs that take back, rule by rule, all that others have added.

use std::collections::BTreeSet;

use super::{Ground, action, runs};
use crate::migrate::layout::Placed;
use crate::migrate::numbers::same;
use crate::model::{Action, Rule};

/// The steps that delete the last of the script's rules in runs that add none: what was laid for the rules goes with
/// them.
///
/// Every rule must be known, since another run may have added it with other values; and runs that empty all chains
/// have no need of it.
pub(super) fn undone(ground: &Ground<'_>) -> BTreeSet<usize> {
    let (policies, steps) = (ground.policies, &ground.analysis.evaluation.steps);
    let guard = |number: usize| steps.get(number).filter(|step| runs(step)).map(|step| step.guard);
    let deletions: Vec<(usize, &str, &Rule)> = (0..steps.len())
        .filter_map(|number| match action(ground.analysis, number)? {
            Action::DeleteRule { chain, rules } => Some((number, chain.known()?, rules)),
            _ => None,
        })
        .flat_map(|(number, chain, rules)| rules.iter().map(move |rule| (number, chain, &**rule)))
        .collect();
    let placed: Vec<(&str, &Placed<'_>)> =
        ground.layout.placed().filter(|(_, placed)| guard(placed.step).is_some()).collect();
    let known = |rule: &Rule| {
        let tests = rule.matches.iter().all(|found| found.test.unknown_values().is_empty());
        tests && rule.undecided.is_empty() && rule.target.as_ref().is_none_or(|target| target.name.known().is_some())
    };
    let adding: BTreeSet<usize> = ground.layout.rule_steps().collect();
    let open = adding.len() > placed.iter().map(|(_, placed)| placed.step).collect::<BTreeSet<_>>().len();
    if deletions.is_empty() || open || !placed.iter().all(|(_, placed)| known(placed.rule)) {
        return BTreeSet::new();
    }
    let ends = |number: usize| {
        let Some(own) = guard(number) else { return false };
        let meets = |other: usize| guard(other).is_some_and(|other| policies.compatible(own, other));
        let takes_back = |(chain, placed): &(&str, &Placed<'_>)| {
            let equal = |rule: &Rule| same(rule, placed.rule);
            let always = |step: usize| guard(step).is_some_and(|guard| policies.implies(own, guard));
            deletions.iter().any(|(step, from, rule)| from == chain && equal(rule) && always(*step))
        };
        // Only the last deletions of a run are held against all rules.
        !deletions.iter().any(|(later, ..)| *later > number && meets(*later))
            && placed.iter().all(|rule| !meets(rule.1.step) && takes_back(rule))
    };
    deletions.iter().map(|(number, ..)| *number).filter(|number| ends(*number)).collect()
}

//! Commands that ipchains refuses, or would if another script had not been there before.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::Item;
use super::layout::Side;
use super::policies::Policies;
use crate::analysis::{Analysis, Reading};
use crate::diag::Severity;
use crate::dialect::ipchains::{Parsed, nearest_target};
use crate::model::{Action, NO_CHAIN, NO_TARGET, Refusal, Value};
use crate::text::Place;

/// The commands that ipchains refuses.
///
/// A script that builds only a part of a firewall may count on chains and rules that others have made, so of what
/// the kernel refuses only that counts which a script refers to that sets up a firewall by itself, a misspelt
/// target, or a rule of a chain that the script has put rules into.
pub(super) struct Refusals<'a> {
    analysis: &'a Analysis<'a>,
    policies: &'a Policies,
    /// What a kernel without rules says of the command of a step.
    of_steps: HashMap<usize, &'a Refusal>,
    /// Whether no other script makes chains.
    alone: bool,
    /// The steps that append rules to the chain.
    appended: HashMap<&'a Value, Vec<usize>>,
    /// The steps that make the chain.
    made: HashMap<&'a Value, Vec<usize>>,
    /// Why the command of a place is taken in no run; nothing, where one takes it.
    always: HashMap<Place, Option<String>>,
}

impl<'a> Refusals<'a> {
    pub(super) fn of(analysis: &'a Analysis<'a>, policies: &'a Policies) -> Self {
        let makes_chains = analysis.commands().any(|(_, own)| matches!(&own.action, Action::NewChain { .. }));
        let alone = makes_chains || !analysis.is_addition() && analysis.evaluation.sources_unread.is_empty();
        let mut own = Self {
            analysis,
            policies,
            of_steps: HashMap::new(),
            alone,
            appended: HashMap::new(),
            made: HashMap::new(),
            always: HashMap::new(),
        };
        for (step, refusal) in &analysis.refusals {
            own.of_steps.entry(*step).or_insert(refusal);
        }
        for (step, reading) in analysis.readings.iter().enumerate() {
            match action_of(reading.as_ref()) {
                Some(Action::Append { chain, .. }) => own.appended.entry(chain).or_default().push(step),
                Some(Action::NewChain { chain }) => own.made.entry(chain).or_default().push(step),
                _ => {}
            }
        }
        for (number, step, _) in analysis.invocations() {
            let refused = own.refusal(number);
            match own.always.entry(step.place) {
                Entry::Vacant(place) => drop(place.insert(refused)),
                Entry::Occupied(mut all) if refused.is_none() => drop(all.insert(None)),
                Entry::Occupied(_) => {}
            }
        }
        own
    }

    /// Why ipchains takes the command of this place in no run.
    pub(super) fn always(&self, place: Place) -> Option<String> {
        self.always.get(&place).cloned().flatten()
    }

    /// Why ipchains refuses the command of step `number`, whatever others have done before.
    fn refusal(&self, number: usize) -> Option<String> {
        let refusal = self.of_steps.get(&number)?;
        let action = action_of(self.analysis.readings.get(number)?.as_ref())?;
        let own = match (refusal.code, action) {
            ("undefined-chain", _) if self.is_made_elsewhere(number, refusal, action) => false,
            ("undefined-chain", Action::Append { .. } | Action::Insert { .. } | Action::Replace { .. }) => {
                let target = target(action).filter(|_| refusal.message == NO_TARGET).and_then(Value::known);
                if let Some((written, meant)) = target.and_then(|name| Some((name, nearest_target(name)?))) {
                    let reason = format!("there is no target `{written}`; `{meant}` is probably meant");
                    return Some(format!("ipchains refuses this command: {reason}"));
                }
                self.alone
            }
            (
                "missing-rule",
                Action::DeleteNumber { chain, .. } | Action::Insert { chain, .. } | Action::Replace { chain, .. },
            ) => self
                .appended
                .get(chain)
                .is_some_and(|all| all.iter().any(|step| *step < number && self.meet(*step, number))),
            ("builtin-chain", _) => true,
            ("duplicate-chain", Action::NewChain { chain }) => chain.known().and_then(Side::of_chain).is_some(),
            _ => false,
        };
        own.then(|| format!("ipchains refuses this command: {}", reason(refusal, action)))
    }

    /// Whether the chain that a command lacks is made in other runs of the script.
    fn is_made_elsewhere(&self, number: usize, refusal: &Refusal, action: &Action) -> bool {
        let chain = match action {
            Action::Append { chain, .. } | Action::Insert { chain, .. } | Action::Replace { chain, .. } => {
                target(action).filter(|_| refusal.message == NO_TARGET).unwrap_or(chain)
            }
            Action::DeleteRule { chain, .. } | Action::DeleteNumber { chain, .. } => chain,
            Action::Flush { chain: Some(chain) } | Action::DeleteChain { chain: Some(chain) } => chain,
            _ => return false,
        };
        self.made.get(chain).is_some_and(|all| all.iter().any(|step| !self.meet(*step, number)))
    }

    /// Whether some run takes both steps.
    fn meet(&self, one: usize, other: usize) -> bool {
        let steps = &self.analysis.evaluation.steps;
        let guards = steps.get(one).zip(steps.get(other)).map(|(one, other)| (one.guard, other.guard));
        guards.is_some_and(|(one, other)| self.policies.compatible(one, other))
    }

    /// Says of the first rule that names a chain which the script never makes that another script must make it.
    pub(super) fn note_made_elsewhere(&self, number: usize, action: &Action, place: Place, items: &mut Vec<Item>) {
        let (Action::Append { chain, .. } | Action::Insert { chain, .. } | Action::Replace { chain, .. }) = action
        else {
            return;
        };
        let refused = self.of_steps.get(&number).filter(|refusal| refusal.code == "undefined-chain");
        let Some(refusal) = refused.filter(|refusal| !self.is_made_elsewhere(number, refusal, action)) else { return };
        let name = target(action).filter(|_| refusal.message == NO_TARGET).unwrap_or(chain);
        let message = format!("the chain `{name}` is not made here; another script must make it under this name");
        if items.iter().all(|item| item.message != message) {
            items.push(Item { place, message, person: false });
        }
    }
}

fn action_of(reading: Option<&Reading>) -> Option<&Action> {
    reading.and_then(Reading::command).map(|command| &command.action)
}

/// What is missing, by its name.
fn reason(refusal: &Refusal, action: &Action) -> String {
    match (refusal.message.as_str(), action, target(action)) {
        (NO_TARGET, _, Some(target)) => format!("there is no chain or target `{target}`"),
        (NO_CHAIN, Action::Append { chain, .. } | Action::Insert { chain, .. } | Action::Replace { chain, .. }, _) => {
            format!("there is no chain `{chain}`")
        }
        (_, Action::DeleteChain { chain: Some(chain) }, _) if refusal.code == "builtin-chain" => {
            format!("{chain} is built in and cannot be deleted")
        }
        (_, Action::NewChain { chain }, _) if refusal.code == "duplicate-chain" => {
            format!("there is a chain {chain} already")
        }
        (message, ..) => message.to_owned(),
    }
}

/// The target of the rules that a command is about.
fn target(action: &Action) -> Option<&Value> {
    let rule = match action {
        Action::Append { rules, .. } | Action::Insert { rules, .. } => rules.first()?,
        Action::Replace { rule, .. } => rule,
        _ => return None,
    };
    rule.target.as_ref().map(|target| &target.name)
}

/// Why a command is not migrated that ipchains itself refuses.
pub(super) fn of(parsed: &Parsed) -> String {
    let problem = parsed.problems.iter().find(|problem| problem.severity == Severity::Error);
    if parsed.problems.iter().any(|problem| problem.message.starts_with("` `")) {
        return "the backslash at the end of the line is followed by a blank, so the command ends there".to_owned();
    }
    let said = problem.map(|problem| problem.message.clone()).or_else(|| parsed.refusal.clone()).unwrap_or_default();
    format!("ipchains refuses this command: {said}")
}

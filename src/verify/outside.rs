//! What may do anything with the rules, and therefore must happen alike on both sides.

use std::collections::HashSet;

use super::arms::is_change;
use super::assumption::Assumption;
use super::comparison::Comparison;
use crate::analysis::{Analysis, Reading};
use crate::dialect::iptables_name;
use crate::eval::{Act, Input, Invocation, Program, Step};
use crate::logic::Formula;
use crate::model::Value;

/// Something that may do anything with the rules.
#[derive(Clone)]
pub(super) struct Outside {
    /// What it is, the same for the same thing.
    text: String,
    /// The runs in which it happens.
    pub(super) guard: Formula,
    /// Whether commands of the file change rules between the thing before and this one.
    behind_rules: bool,
}

/// All such things in the order in which they happen.
pub(super) fn of(analysis: &Analysis<'_>) -> Vec<Outside> {
    let (mut all, mut behind_rules) = (Vec::new(), false);
    for (step, reading) in analysis.evaluation.steps.iter().zip(&analysis.readings) {
        if step.guard.is_false() || step.uncalled {
            continue;
        }
        let first = all.is_empty() && !behind_rules;
        if let Some(text) = named(analysis, step).filter(|_| !(first && stops(step))) {
            all.push(Outside { text, guard: step.guard, behind_rules: std::mem::take(&mut behind_rules) });
        }
        behind_rules |= changes(step, reading.as_ref());
    }
    all
}

fn named(analysis: &Analysis<'_>, step: &Step) -> Option<String> {
    match &step.act {
        Act::Outside(text) => Some(text.clone()),
        Act::Run(own) if loads(own) => Some(loading(own)),
        Act::Run(own) if serves(own) => Some(analysis.sources.text(step.place).into_owned()),
        _ => None,
    }
}

/// How a program is called that loads rules, without what makes no difference to them.
fn loading(own: &Invocation) -> String {
    let options = own.arguments.iter().filter(|_| own.program != Program::IpchainsRestore);
    let words: Vec<String> =
        std::iter::once(&own.name_value).chain(options.map(|word| &word.value)).map(Value::to_string).collect();
    match &own.input {
        Input::File(file) => format!("{} < {file}", words.join(" ")),
        _ => words.join(" "),
    }
}

/// Whether it loads rules that nobody knows.
fn loads(own: &Invocation) -> bool {
    own.program.restores() && !matches!(own.input, Input::Here(_))
}

/// Whether it has a service load or remove its rules.
fn serves(own: &Invocation) -> bool {
    let is_filter =
        |text: &str| ["tables", "chains", "firewall", "ufw", "shorewall"].iter().any(|name| text.contains(name));
    let asks = |text: &str| matches!(text, "save" | "status" | "panic-status");
    let mut words = own.arguments.iter().map(|word| word.known());
    let named = std::iter::once(own.name_value.known()).chain(words.clone());
    own.program == Program::Service
        && named.into_iter().any(|word| word.is_none_or(is_filter))
        && !words.any(|word| word.is_some_and(asks))
}

/// Whether it only removes the rules that were there before.
fn stops(step: &Step) -> bool {
    matches!(&step.act, Act::Run(own) if serves(own) && own.arguments.last().is_some_and(|word| word.known() == Some("stop")))
}

fn changes(step: &Step, reading: Option<&Reading>) -> bool {
    match &step.act {
        Act::Run(invocation) => {
            invocation.program == Program::Ipmasqadm
                || reading.and_then(Reading::command).is_some_and(|own| is_change(&own.action))
        }
        Act::Table { .. } | Act::Chain { .. } => true,
        Act::Commit | Act::Uncommitted | Act::Outside(_) => false,
    }
}

impl Comparison<'_> {
    /// Why what is not known does not happen alike on both sides, if it does not; else it is taken to do the same.
    pub(super) fn outside(&mut self) -> Option<String> {
        let [a, b] = [self.a, self.b].map(|party| {
            let happens = |own: &Outside| {
                let guard = party.names.guard(&mut self.space, own.guard);
                let guard = self.space.f.and(guard, self.runs);
                (!guard.is_false()).then(|| Outside { guard, ..own.clone() })
            };
            party.outside.iter().filter_map(happens).collect::<Vec<_>>()
        });
        let mixed = self.mixed();
        // A migration renames the program.
        let name = |own: &Outside| if mixed { iptables_name(&own.text) } else { own.text.clone() };
        let [names_a, names_b]: [Vec<String>; 2] = [&a, &b].map(|all| all.iter().map(name).collect());
        let lacks = |own: &[String], other: &[String]| {
            let other: HashSet<&String> = other.iter().collect();
            own.iter().position(|name| !other.contains(name))
        };
        let of_a = lacks(&names_a, &names_b).map(|at| &a[at]);
        if let Some(only) = of_a.or_else(|| lacks(&names_b, &names_a).map(|at| &b[at])) {
            return Some(format!("only one side runs `{}`, and what that does is not known", only.text));
        }
        let alike = |at: &usize| {
            let (Some(own), Some(other)) = (a.get(*at), b.get(*at)) else { return false };
            let place = mixed || own.behind_rules == other.behind_rules;
            let runs = own.guard == other.guard && own.guard != Formula::UNDECIDED;
            names_a[*at] == names_b[*at] && place && runs
        };
        let longer = if a.len() < b.len() { &b } else { &a };
        if let Some(at) = (0..longer.len()).find(|at| !alike(at)) {
            let text = &longer[at].text;
            return Some(format!(
                "one side runs `{text}` at another place or on other runs than the other, and what that does is not known"
            ));
        }
        let mut texts: Vec<String> = a.into_iter().map(|own| own.text).collect();
        texts.sort();
        texts.dedup();
        if !texts.is_empty() {
            self.assume(Assumption::SameElsewhere(texts));
        }
        None
    }
}

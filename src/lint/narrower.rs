//! The matches of a command one by one, and the rules that it would make without each.

use std::collections::HashSet;
use std::sync::Arc;

use super::Context;
use crate::analysis::Reading;
use crate::diag::{Applicability, Fix};
use crate::dialect::{ipchains, iptables};
use crate::eval::{Act, Step};
use crate::model::{Action, Match, ModuleUse, OptionUse, Rule, Test, Word};
use crate::packet::Tests;
use crate::text::{Edit, Place, Span};

/// A part of a command without which it is still one.
pub(super) struct Part {
    /// Where it stands.
    pub(super) place: Place,
    /// What it says, as words.
    pub(super) text: String,
    /// The rules without it, in the order of the command's own.
    pub(super) rest: Vec<Arc<Rule>>,
    /// The repair that leaves it out, where its words stand in the command itself.
    pub(super) fix: Option<Fix>,
}

/// The rules that the command of a reading puts into a chain.
pub(super) fn added(reading: &Reading) -> &[Arc<Rule>] {
    match reading.command().map(|command| &command.action) {
        Some(Action::Append { rules, .. } | Action::Insert { rules, .. }) => rules,
        Some(Action::Replace { rule, .. }) => std::slice::from_ref(rule),
        _ => &[],
    }
}

/// The options of a step's command that the program does not miss.
pub(super) fn parts(context: &Context<'_>, step: &Step, reading: &Reading) -> Vec<Part> {
    let Act::Run(invocation) = &step.act else { return Vec::new() };
    let words = &invocation.arguments;
    let groups = match reading {
        Reading::Iptables(_) => of_iptables(words, &context.analysis.options_of(step)),
        Reading::Ipchains(parsed) => of_ipchains(&parsed.uses),
    };
    groups.iter().filter_map(|group| without(context, (step, words), reading, group)).collect()
}

/// The words of each option; the only one of an extension goes with the `-m` that names it.
fn of_iptables(words: &[Word], uses: &[iptables::Use]) -> Vec<Vec<usize>> {
    let own = |found: &iptables::Use| {
        let named = found.negation.into_iter().chain([found.option]).chain(found.arguments.clone());
        named.collect::<Vec<usize>>()
    };
    let group = |found: &iptables::Use| {
        let mut group = own(found);
        if let Some(extension) = &found.extension
            && uses.iter().filter(|other| other.extension.as_ref() == Some(extension)).count() == 1
        {
            let names = |at: usize| words.get(at).is_some_and(|word| word.value.is(extension));
            let loads = |other: &&iptables::Use| other.name == "-m" && other.arguments.clone().any(names);
            group.extend(uses.iter().filter(loads).flat_map(own));
        }
        group
    };
    // The letters of one word go together or not at all.
    let alone = |found: &&iptables::Use| uses.iter().filter(|other| other.option == found.option).count() == 1;
    uses.iter().filter(alone).map(group).collect()
}

/// The words of each option, and those of each port.
fn of_ipchains(uses: &[ipchains::Use]) -> Vec<Vec<usize>> {
    let mut groups = Vec::new();
    for found in uses.iter().filter(|found| !found.bundled) {
        let port = found.port.map(|port| port.bang.into_iter().chain([port.word]).collect::<Vec<usize>>());
        let bangs = found.bang.into_iter().chain(found.inner_bang);
        let own = bangs.chain([found.word]).chain(found.arguments.iter().copied());
        groups.push(own.chain(port.iter().flatten().copied()).collect());
        groups.extend(port);
    }
    groups
}

fn without(context: &Context<'_>, (step, words): (&Step, &[Word]), reading: &Reading, group: &[usize]) -> Option<Part> {
    let left: Vec<Word> =
        words.iter().enumerate().filter(|(at, _)| !group.contains(at)).map(|(_, word)| word.clone()).collect();
    let narrowed = context.analysis.read_with(step, &left)?;
    let rest = added(&narrowed).to_vec();
    if narrowed.problems().len() > reading.problems().len() || rest.len() != added(reading).len() {
        return None;
    }
    let mut group: Vec<usize> = group.to_vec();
    group.sort_unstable();
    group.dedup();
    let own: Vec<&Word> = group.iter().filter_map(|at| words.get(*at)).collect();
    let place = own.iter().map(|word| word.place).reduce(Place::cover)?;
    let text = own.iter().map(|word| word.value.to_string()).collect::<Vec<_>>().join(" ");
    Some(Part { place, text, rest, fix: fix(context, (step, words), &group, place) })
}

/// Takes the words out of the command, where all of them stand there by themselves and side by side.
fn fix(context: &Context<'_>, (step, words): (&Step, &[Word]), group: &[usize], place: Place) -> Option<Fix> {
    let written = context.analysis.written_at(step);
    let inside = place.file == written.file && written.span.contains(place.span);
    let places: HashSet<Place> = group.iter().filter_map(|at| Some(words.get(*at)?.place)).collect();
    let apart = places.iter().all(|own| own.file == place.file);
    let free = words.iter().enumerate().all(|(at, word)| group.contains(&at) || !meets(word.place, place));
    let source = context.analysis.sources.get(place.file);
    let plain = !source.text(place.span).contains(['\n', '\r']);
    if !(inside && apart && free && plain && place.file == context.analysis.file) {
        return None;
    }
    let before = source.bytes().get(..place.span.start as usize)?;
    let blanks = before.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count() as u32;
    let span = Span { start: place.span.start - blanks, ..place.span };
    let edits = vec![Edit::replace(span, "")];
    Some(Fix { title: "Leave the match out".to_owned(), applicability: Applicability::Safe, file: place.file, edits })
}

fn meets(one: Place, other: Place) -> bool {
    one.file == other.file && one.span.start < other.span.end && other.span.start < one.span.end
}

/// Whether `rest` is `rule` without tests that all packets pass which come there.
pub(super) fn is_needless(rule: &Rule, rest: &Rule, tests: &Tests) -> bool {
    let same = |own: &Match, other: &Match| (own.negated, &own.test) == (other.negated, &other.test);
    let lacks = |all: &[Match], own: &Match| !all.iter().any(|other| same(own, other));
    let gone: Vec<&Match> = rule.matches.iter().filter(|own| lacks(&rest.matches, own)).collect();
    let come: Vec<&Match> = rest.matches.iter().filter(|own| lacks(&rule.matches, own)).collect();
    let verdict = |rule: &Rule| rule.target.as_ref().map(|own| (own.name.clone(), own.goto, own.options.clone()));
    if verdict(rule) != verdict(rest) || rule.effects != rest.effects || !rule.undecided.is_empty() {
        return false;
    }
    match (gone.as_slice(), come.as_slice()) {
        ([gone], []) => is_sure(gone, tests),
        ([Match { test: Test::Module(before), .. }], [Match { test: Test::Module(after), .. }]) => {
            one_less(before, after).is_some_and(|option| {
                let options = vec![OptionUse { negated: false, ..option.clone() }];
                let test = Test::Module(ModuleUse { name: before.name.clone(), options });
                tests.sure.contains(&(option.negated, test))
            })
        }
        _ => false,
    }
}

/// Whether every packet passes all that a match tests.
fn is_sure(own: &Match, tests: &Tests) -> bool {
    let Test::Module(module) = &own.test else { return tests.sure.contains(&(own.negated, own.test.clone())) };
    let of_module = |(_, test): &(bool, Test)| matches!(test, Test::Module(other) if other.name == module.name);
    tests.sure.iter().any(of_module) && !tests.unsure.iter().any(of_module)
}

/// The option that the one has and the other has not, where they have all else in common.
fn one_less<'m>(before: &'m ModuleUse, after: &ModuleUse) -> Option<&'m OptionUse> {
    let at = before.options.iter().zip(&after.options).take_while(|(own, other)| own == other).count();
    let rest = before.options.get(at + 1..)?;
    (before.name == after.name && after.options.get(at..) == Some(rest)).then(|| &before.options[at])
}

//! Which marks a packet can have, and which bit is left for a mark of our own.
//!
//! iptables sets marks but cannot add to them, so a relative change becomes absolute ones. A packet
//! starts with mark 0 and no rule of ipchains tests it, so its possible marks are what the script's
//! own rules can make of 0.

use std::collections::BTreeSet;

use super::layout::{Layout, Side};
use crate::analysis::Analysis;
use crate::dialect::ipmasqadm;
use crate::eval::Program;
use crate::model::{Argument, Effect, Known, MarkChange, ModuleUse, Rule, Test};

/// With more marks than this, chains that add are shorter than a rule for each.
const MAX_MARKS: usize = 8;

/// The matches and targets of iptables whose options are marks.
const MODULES: [&str; 4] = ["mark", "connmark", "MARK", "CONNMARK"];

/// The marks that a packet can have anywhere; `None` where that cannot be told.
pub(super) fn possible(layout: &Layout<'_>, analysis: &Analysis<'_>) -> Option<BTreeSet<u32>> {
    let mut marks = BTreeSet::from([0]);
    let mut additions = Vec::new();
    for (chain, placed) in layout.placed() {
        for effect in &placed.rule.effects {
            match effect {
                Effect::Mark(Known::Is(MarkChange::Set(mark))) => drop(marks.insert(*mark)),
                Effect::Mark(Known::Is(MarkChange::Add(number))) => {
                    // A rule of a user chain, or one in a loop of unknown length, may add more than once.
                    let many = analysis.evaluation.steps.get(placed.step).is_none_or(|step| step.many);
                    Side::of_chain(chain).filter(|_| !many)?;
                    additions.push(*number);
                }
                Effect::Mark(Known::Unknown(_)) => return None,
                _ => {}
            }
        }
    }
    for number in additions {
        let added: Vec<u32> = marks.iter().map(|mark| mark.wrapping_add(number)).collect();
        marks.extend(added);
        if marks.len() > MAX_MARKS {
            return None;
        }
    }
    Some(marks)
}

/// The changes that add `number` to each mark in `marks`, in an order in which no packet meets two of them.
pub(super) fn additions(marks: &BTreeSet<u32>, number: u32) -> Option<Vec<(u32, u32)>> {
    let mut left = marks.clone();
    let mut changes = Vec::new();
    while !left.is_empty() {
        // A mark whose successor is still to be tested would be changed twice.
        let next = *left.iter().find(|mark| !left.contains(&mark.wrapping_add(number)))?;
        left.remove(&next);
        changes.push((next, next.wrapping_add(number)));
    }
    Some(changes)
}

/// The highest bit that is in no mark which the script sets or asks for, as the mark of masqueraded connections.
///
/// Where no bit is left, or marks are not known, it does no harm that another mark has it: those of ipchains and
/// ipmasqadm are marks of packets, and this one is of connections.
pub(super) fn free_bit(layout: &Layout<'_>, analysis: &Analysis<'_>) -> u32 {
    let forwarding = analysis.invocations().filter(|(_, _, invocation)| invocation.program == Program::Ipmasqadm);
    let forwarding = forwarding.map(|(_, step, invocation)| ipmasqadm::parse(&invocation.arguments, step.place));
    let commands = analysis.commands().map(|(_, command)| command.clone()).chain(forwarding);
    let written = commands.flat_map(|command| command.added_rules().flat_map(written).collect::<Vec<_>>());
    let used = written.chain(possible(layout, analysis).into_iter().flatten()).fold(0, |used, mark| used | mark);
    (0..32).rev().map(|bit| 1 << bit).find(|bit| used & bit == 0).unwrap_or(1 << 31)
}

/// The marks in a rule of either dialect, each with the bits of its mask unless it has none.
fn written(rule: &Rule) -> Vec<u32> {
    let modules = rule.matches.iter().filter_map(|found| match &found.test {
        Test::Module(ModuleUse { name, options }) => Some((name.as_str(), options)),
        _ => None,
    });
    let target = rule.target.iter().filter_map(|target| Some((target.name.known()?, &target.options)));
    let options = modules.chain(target).filter(|(name, _)| MODULES.contains(name)).flat_map(|(_, options)| options);
    let masked = options.filter_map(|option| match option.argument {
        Some(Argument::Masked { value, mask: u32::MAX }) => Some(value),
        Some(Argument::Masked { value, mask }) => Some(value | mask),
        _ => None,
    });
    let changed = rule.effects.iter().filter_map(|effect| match effect {
        Effect::Mark(Known::Is(MarkChange::Set(mark) | MarkChange::Add(mark))) => Some(*mark),
        _ => None,
    });
    masked.chain(changed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_packet_meets_two_changes() {
        assert_eq!(additions(&BTreeSet::from([0, 5, 10]), 5), Some(vec![(10, 15), (5, 10), (0, 5)]));
        assert_eq!(
            additions(&BTreeSet::from([0, u32::MAX]), u32::MAX),
            Some(vec![(u32::MAX, u32::MAX - 1), (0, u32::MAX)])
        );
        assert_eq!(additions(&BTreeSet::from([0]), 0), None);
    }
}

//! Which marks a packet can have, so that a relative change becomes absolute ones.
//!
//! iptables sets marks but cannot add to them. A packet starts with mark 0 and no rule of
//! ipchains tests it, so its possible marks are what the script's own rules can make of 0.

use std::collections::BTreeSet;

use super::layout::{Layout, Side};
use crate::analysis::Analysis;
use crate::model::{Effect, Known, MarkChange};

/// With more marks than this, chains that add are shorter than a rule for each.
const MAX_MARKS: usize = 8;

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

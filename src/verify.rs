//! Whether two rulesets treat every packet alike, and a packet that shows it where they do not.
//!
//! The rules of both sides are turned into functions of one space of packets and compared.
//! Equal is said only where the functions are the same; what hangs on something that is not
//! known, or takes too much work, is not decided. What is taken for granted is named.

mod arms;
mod assumption;
mod comparison;
mod difference;
mod doubt;
mod generalise;
mod outside;
mod own;
mod party;
mod premises;
mod spare;

pub use assumption::Assumption;
pub use difference::{Difference, Kind, Side};
pub use doubt::{Locate, doubts};
pub use spare::spare;

use crate::analysis::{Analysis, Supposition};
use crate::logic::Formula;
use crate::model::{Dialect, Family};
use crate::packet::Kernel;
use crate::text::{Edits, Place, Sources};
use arms::Arm;
use comparison::Comparison;
use party::Party;

/// So many nodes of diagrams are made, a hundred megabytes or so.
const BUDGET: usize = 2_000_000;

/// So many times the diagrams are begun anew where the packets fall into many sets.
const MOST_SPACES: usize = 10;

/// So many packets are shown.
const MOST_EXAMPLES: usize = 3;

const TOO_MANY: &str = "there are too many possibilities";

/// What is known of two rulesets.
#[derive(Debug)]
pub enum Proof {
    /// Every packet is treated alike.
    Equal {
        /// What that takes for granted.
        assumptions: Vec<Assumption>,
    },
    /// Some packet is not.
    Different {
        /// The kinds of difference, each with a packet.
        differences: Vec<Difference>,
    },
    /// It cannot be told.
    NotDecided {
        /// Why.
        reasons: Vec<String>,
    },
}

impl Proof {
    /// The answer in one line, the end of a report.
    pub fn summary(&self) -> String {
        match self {
            Self::Equal { assumptions } if assumptions.is_empty() => "equal for all packets".to_owned(),
            Self::Equal { assumptions } => {
                let all: Vec<String> = assumptions.iter().map(ToString::to_string).collect();
                format!("equal for all packets, given that {}", all.join("; "))
            }
            Self::Different { differences } => {
                let all: Vec<String> = differences.iter().map(|own| own.set.clone()).collect();
                format!("not equal: {}", all.join("; "))
            }
            Self::NotDecided { reasons } => format!("not decided: {}", reasons.join("; ")),
        }
    }
}

impl Proof {
    /// The proof, if there are no `doubts` about what the files do.
    pub fn unless(self, doubts: &[String]) -> Self {
        match self {
            Self::Equal { .. } if !doubts.is_empty() => Self::NotDecided { reasons: doubts.to_vec() },
            other => other,
        }
    }

    /// The same where the environment is taken to set none of these variables.
    pub fn without(self, variables: &[String]) -> Self {
        match self {
            Self::Equal { mut assumptions } if !variables.is_empty() => {
                assumptions.insert(0, Assumption::Unset(variables.to_vec()));
                Self::Equal { assumptions }
            }
            other => other,
        }
    }
}

/// Compares what is left of an ipchains script with what it became.
///
/// Words of the original that are not known are taken for what ipchains accepts in their place.
/// `edits` made the new text; what is said of it is said of the lines of the old file that it comes from.
pub fn migration(original: &mut Analysis<'_>, migrated: &mut Analysis<'_>, edits: &Edits, kernel: Kernel) -> Proof {
    original.call_all();
    migrated.call_all();
    let supposed = original.suppose();
    migrated.suppose();
    let (old, sources, new) = (original.sources.get(original.file), migrated.sources, migrated.file);
    let origins = edits.origins();
    let locate = |place: Place| match place.file == new && !edits.is_empty() {
        true => (old.path().to_owned(), old.line(origins.of(place.span.start))),
        false => ("the output".to_owned(), located(sources, place).1),
    };
    let mut doubts = doubt::doubts(original, &|place| located(original.sources, place));
    doubts.extend(doubt::doubts(migrated, &locate));
    compare_as((original, Dialect::Ipchains), (migrated, Dialect::Iptables), (doubts, &supposed), (kernel, BUDGET))
}

fn located(sources: &Sources, place: Place) -> (String, usize) {
    let source = sources.get(place.file);
    (source.path().to_owned(), source.line(place.span.start))
}

/// Compares two files, each by the language of its commands.
pub fn compare(left: &mut Analysis<'_>, right: &mut Analysis<'_>, kernel: Kernel) -> Proof {
    compare_within(left, right, kernel, BUDGET)
}

/// Compares two files with so many nodes of diagrams.
pub fn compare_within(left: &mut Analysis<'_>, right: &mut Analysis<'_>, kernel: Kernel, budget: usize) -> Proof {
    left.call_all();
    right.call_all();
    let (a, b) = (left.dialect(), right.dialect());
    let doubts = |own: &Analysis<'_>| doubt::doubts(own, &|place| located(own.sources, place));
    let doubts: Vec<String> = doubts(left).into_iter().chain(doubts(right)).collect();
    compare_as((left, a), (right, b), (doubts, &[]), (kernel, budget))
}

fn compare_as(
    (left, left_dialect): (&mut Analysis<'_>, Dialect),
    (right, right_dialect): (&mut Analysis<'_>, Dialect),
    (mut doubts, supposed): (Vec<String>, &[Supposition]),
    (kernel, budget): (Kernel, usize),
) -> Proof {
    left.begin_with_nothing();
    right.begin_with_nothing();
    let (mut a, mut b) = (arms::arms(left, left_dialect), arms::arms(right, right_dialect));
    for (analysis, arms) in [(&*left, &a), (&*right, &b)] {
        if arms.is_none() {
            let path = analysis.sources.get(analysis.file).path();
            doubts.push(format!("{path}: some runs may use both ipchains and iptables"));
        }
    }
    if !doubts.is_empty() {
        return Proof::NotDecided { reasons: doubts };
    }
    let mut all = Vec::new();
    for arm in a.take().into_iter().flatten() {
        for other in b.iter_mut().flatten() {
            let arms = [(arm, Family::V4), (*other, Family::V4)];
            all.extend(proofs((left, supposed), right, arms, (kernel, budget)));
        }
    }
    // Only iptables has rules for IPv6.
    let newer = (Dialect::Iptables, Formula::TRUE);
    let rules = |own: &Analysis<'_>| {
        own.ruleset(Dialect::Iptables, Family::V6).is_some_and(|rules| rules.tables.iter().any(arms::is_used))
    };
    if rules(left) || rules(right) {
        let arms = [(newer, Family::V6); 2];
        // Addresses of IPv6 are only told apart by how they are written.
        all.extend(proofs((left, supposed), right, arms, (kernel, budget)).into_iter().map(|proof| match proof {
            proof @ Proof::Equal { .. } => proof,
            _ => Proof::NotDecided { reasons: vec!["the rules for IPv6 are not alike on both sides".to_owned()] },
        }));
    }
    together(all)
}

/// What is known of two arms, set by set of the packets that need be looked at.
fn proofs(
    (left, supposed): (&mut Analysis<'_>, &[Supposition]),
    right: &mut Analysis<'_>,
    [(arm, family), (other, _)]: [(Arm, Family); 2],
    (kernel, budget): (Kernel, usize),
) -> Vec<Proof> {
    let parties = party::pair(Party::new(left, arm, family), Party::new(right, other, family));
    let mut proofs = Vec::new();
    let mut next = Some(0);
    while let Some(first) = next {
        if proofs.len() == MOST_SPACES {
            proofs.push(Proof::NotDecided { reasons: vec![TOO_MANY.to_owned()] });
            break;
        }
        let (proof, rest) = Comparison::new(&parties, (kernel, budget)).run((left, supposed), right, first);
        proofs.push(proof);
        next = rest;
    }
    proofs
}

/// What follows for all runs from what is known of some each.
fn together(all: Vec<Proof>) -> Proof {
    let (mut known, mut shown, mut open, mut decided) = (Vec::new(), Vec::new(), Vec::new(), true);
    for proof in all {
        match proof {
            Proof::Equal { assumptions } => assumptions.into_iter().for_each(|own| {
                if !known.contains(&own) {
                    known.push(own);
                }
            }),
            Proof::Different { differences } => shown.extend(differences),
            Proof::NotDecided { reasons } => {
                decided = false;
                reasons.into_iter().for_each(|own| note(&mut open, own));
            }
        }
    }
    match (shown.is_empty(), decided) {
        (false, _) => Proof::Different { differences: shown },
        (true, false) => Proof::NotDecided { reasons: open },
        (true, true) => Proof::Equal { assumptions: known },
    }
}

fn note(reasons: &mut Vec<String>, reason: String) {
    if !reasons.contains(&reason) {
        reasons.push(reason);
    }
}

//! Jumps that the kernel refuses for where they lead from a built-in chain: back, or too deep.

use crate::analysis::Analysis;
use crate::diag::{Diagnostic, Severity, Variant};
use crate::logic::Formula;
use crate::model::{Chain, Dialect, Table};
use crate::text::Place;

/// Chains are followed so deeply, and so many jumps of a table.
const DEEPEST: usize = 64;
const MOST_JUMPS: usize = 20_000;

/// How many jumps in a row iptables-nft takes.
const MOST_IN_A_ROW: usize = 15;

/// What is wrong with a jump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It closes a loop.
    Loop,
    /// It is one more than iptables-nft follows.
    Depth,
}

impl Fault {
    /// The lint that reports it.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Loop => "chain-loop",
            Self::Depth => "deep-chain",
        }
    }
}

/// The jumps that are wrong in this way in some run of the file; `and` joins the conditions of a way.
pub(super) fn find(
    analysis: &Analysis<'_>,
    fault: Fault,
    and: impl FnMut(Formula, Formula) -> Formula,
) -> Vec<Diagnostic> {
    let mut search = Search { fault, and, left: 0, found: Vec::new() };
    let depth_matters = |dialect| fault == Fault::Loop || dialect == Dialect::Iptables;
    let rulesets = analysis.rulesets.iter().filter(|ruleset| depth_matters(ruleset.dialect));
    for table in rulesets.flat_map(|ruleset| &ruleset.tables) {
        search.left = MOST_JUMPS;
        for chain in table.chains.iter().filter(|chain| chain.builtin) {
            search.follow(table, chain, Formula::TRUE, &mut Vec::new());
        }
    }
    search.found
}

/// The same for all faults, of rules for iptables.
pub fn refused(analysis: &Analysis<'_>) -> Vec<Diagnostic> {
    let mut formulas = analysis.evaluation.conditions.formulas.clone();
    let mut found = find(analysis, Fault::Depth, |a, b| formulas.and(a, b));
    if analysis.dialect() == Dialect::Iptables {
        found.extend(find(analysis, Fault::Loop, |a, b| formulas.and(a, b)));
    }
    found
}

struct Search<And> {
    fault: Fault,
    and: And,
    left: usize,
    found: Vec<Diagnostic>,
}

impl<And: FnMut(Formula, Formula) -> Formula> Search<And> {
    fn follow<'t>(&mut self, table: &'t Table, chain: &'t Chain, runs: Formula, way: &mut Vec<&'t str>) {
        way.push(&chain.name);
        for entry in &chain.entries {
            let target = entry.rule.target.as_ref().and_then(|target| target.name.known());
            let Some(next) = target.and_then(|name| table.chain(name)).filter(|next| !next.builtin) else {
                continue;
            };
            let runs = (self.and)(runs, entry.guard);
            if self.left == 0 || way.len() > DEEPEST || runs.is_false() || runs == Formula::UNDECIDED {
                continue;
            }
            self.left -= 1;
            match way.iter().position(|name| *name == next.name) {
                Some(start) => self.closes(&way[start..], &next.name, entry.rule.place),
                None if self.fault == Fault::Depth && way.len() > MOST_IN_A_ROW => self.exceeds(way, entry.rule.place),
                None => self.follow(table, next, runs, way),
            }
        }
        way.pop();
    }

    fn closes(&mut self, ring: &[&str], next: &str, place: Place) {
        if self.fault == Fault::Loop {
            let ring: Vec<&str> = ring.iter().copied().chain([next]).collect();
            self.say(place, format!("this jump closes a loop: {}", ring.join(" to ")), None);
        }
    }

    fn exceeds(&mut self, way: &[&str], place: Place) {
        if self.found.iter().any(|other| other.place == place) {
            return;
        }
        let (count, start) = (way.len(), way.first().copied().unwrap_or_default());
        let message =
            format!("this is jump {count} in a row from {start}, and iptables-nft refuses more than {MOST_IN_A_ROW}");
        self.say(place, message, Some(Variant::Nft));
    }

    fn say(&mut self, place: Place, message: String, only: Option<Variant>) {
        let finding = Diagnostic::new(self.fault.code(), Severity::Error, place, message);
        self.found.push(Diagnostic { only, ..finding });
    }
}

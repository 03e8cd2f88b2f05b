//! The search for jumps that lead back, or too deep, behind the built-in chains of a table.

use std::collections::HashMap;

use super::{BadLink, MOST_IN_A_ROW, next};
use crate::diag::Variant;
use crate::logic::{Formula, Formulas};
use crate::model::Dialect;
use crate::model::ruleset::{Chain, Entry, Table, kernel, shown_name};
use crate::text::Place;

/// A chain is looked at so often, each time for other runs; past that nothing more is said of it.
const MOST_LOOKS: usize = 256;

impl Table {
    /// What a program finds, and how many jumps it has followed.
    pub(super) fn search(
        &self,
        program: Program,
        place: Option<Place>,
        formulas: &mut Formulas,
    ) -> (Vec<BadLink>, usize) {
        let (seen, way, found) = (HashMap::new(), Vec::new(), Vec::new());
        let mut search = Search { table: self, program, place, formulas, seen, way, followed: 0, found };
        self.chains.iter().filter(|chain| chain.builtin).for_each(|chain| search.begin(chain));
        (search.found, search.followed)
    }

    /// The loops that the rules of ipchains leave, whose kernel takes them.
    pub fn loops(&self, formulas: &mut Formulas) -> Vec<BadLink> {
        self.search(Program::Ipchains, None, formulas).0
    }
}

/// Whose kernel judges.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Program {
    Ipchains,
    Legacy,
    Nft,
}

impl Program {
    pub(super) fn of(variant: Variant) -> Self {
        match variant {
            Variant::Legacy => Self::Legacy,
            Variant::Nft => Self::Nft,
        }
    }
}

/// Whether a rule lets no packet go on in its chain, as iptables-legacy knows it.
fn ends(entry: &Entry) -> bool {
    let verdict = next(&entry.rule).is_some_and(|name| kernel::is_target(Dialect::Iptables, name));
    verdict && !entry.many && entry.rule.matches.is_empty() && entry.rule.undecided.is_empty()
}

struct Search<'a> {
    table: &'a Table,
    program: Program,
    /// The command that has just run.
    place: Option<Place>,
    formulas: &'a mut Formulas,
    /// What was seen of each chain.
    seen: HashMap<&'a str, Seen>,
    /// The chains on the way from a built-in one.
    way: Vec<Step<'a>>,
    followed: usize,
    found: Vec<BadLink>,
}

/// What a search has seen of a chain.
#[derive(Default)]
struct Seen {
    /// How often it was looked at.
    looks: usize,
    /// In which runs, behind so many jumps.
    runs: Vec<(usize, Formula)>,
    /// Where it stands on the way, if it does.
    on_way: Option<usize>,
}

/// A chain on the way, and how far it has been looked at.
struct Step<'a> {
    chain: &'a Chain,
    next: usize,
    /// The runs in which packets come to the next entry.
    runs: Formula,
}

impl<'a> Search<'a> {
    /// Looks at the jumps behind a built-in chain.
    ///
    /// What was looked at before for the same runs is not looked at again: each loop behind it has been found.
    fn begin(&mut self, chain: &'a Chain) {
        self.way.push(Step { chain, next: 0, runs: Formula::TRUE });
        while let Some(step) = self.way.last_mut() {
            let Some(entry) = step.chain.entries.get(step.next) else {
                let left = self.seen.get_mut(step.chain.name.as_str());
                left.into_iter().for_each(|seen| seen.on_way = None);
                self.way.pop();
                continue;
            };
            step.next += 1;
            if self.program == Program::Legacy && ends(entry) {
                step.runs = self.formulas.and_not(step.runs, entry.guard);
            }
            let next = next(&entry.rule).and_then(|name| self.table.chain(name)).filter(|next| !next.builtin);
            let Some(next) = next else { continue };
            let runs = self.formulas.and(step.runs, entry.guard);
            if !(runs.is_false() || runs == Formula::UNDECIDED) {
                self.jump(entry, next, runs);
            }
        }
    }

    fn jump(&mut self, entry: &Entry, next: &'a Chain, runs: Formula) {
        self.followed += 1;
        let jumps = self.way.len();
        // What nothing leads too far from has no loop behind it.
        let links = &self.table.links;
        if self.program != Program::Ipchains && jumps + links.height(&next.name) <= MOST_IN_A_ROW {
            return;
        }
        let begin = self.seen.get(next.name.as_str()).and_then(|seen| seen.on_way);
        let way = |from: usize| self.way[from..].iter().map(|step| step.chain.name.as_str());
        if let Some(begin) = begin {
            let way: Vec<&str> = way(begin).chain([next.name.as_str()]).collect();
            self.say(entry, way, (true, runs));
        } else if self.program == Program::Nft && jumps > MOST_IN_A_ROW {
            let way: Vec<&str> = way(0).collect();
            self.say(entry, way, (false, runs));
        } else if let Some(runs) = self.unseen(next, runs) {
            self.way.push(Step { chain: next, next: 0, runs });
        }
    }

    /// The runs in which a chain was not looked at so far; behind more jumps, iptables-nft may refuse more.
    fn unseen(&mut self, chain: &'a Chain, mut runs: Formula) -> Option<Formula> {
        let jumps = if self.program == Program::Nft { self.way.len() } else { 0 };
        let Seen { looks, runs: seen, on_way } = self.seen.entry(&chain.name).or_default();
        for (_, before) in seen.iter().filter(|(behind, _)| *behind >= jumps) {
            runs = self.formulas.and_not(runs, *before);
        }
        if runs.is_false() || runs == Formula::UNDECIDED || *looks == MOST_LOOKS {
            return None;
        }
        *looks += 1;
        *on_way = Some(self.way.len());
        match seen.iter_mut().find(|(behind, _)| *behind == jumps) {
            Some((_, before)) => *before = self.formulas.or(*before, runs),
            None => seen.push((jumps, runs)),
        }
        Some(runs)
    }

    fn say(&mut self, entry: &Entry, way: Vec<&str>, (is_loop, runs): (bool, Formula)) {
        let jump = entry.rule.place;
        let only = (!is_loop).then_some(Variant::Nft);
        if let Some(known) = self.found.iter_mut().find(|own| own.jump == jump && own.is_loop == is_loop) {
            known.runs = self.formulas.or(known.runs, runs);
            return;
        }
        let way = way.into_iter().map(|name| shown_name(name).to_owned()).collect();
        self.found.push(BadLink { place: self.place.unwrap_or(jump), jump, way, is_loop, runs, only });
    }
}

//! Jumps that the kernel refuses for where they lead from a built-in chain: back, or too deep.
//!
//! The kernel judges what is there when a command has run, or at the `COMMIT` of a save file (`mark_source_chains` in
//! `net/ipv4/netfilter/ip_tables.c`, `nft_table_validate` in `net/netfilter/nf_tables_api.c`). A chain that no built-in
//! one leads to may do as it likes.

use std::collections::{HashMap, HashSet};

use smol_str::SmolStr;

use super::run::Run;
use super::{Chain, Entry, Table, kernel};
use crate::diag::Variant;
use crate::logic::{Formula, Formulas};
use crate::model::{Action, Dialect, Rule};
use crate::text::Place;

/// Chains are followed so deeply.
const DEEPEST: usize = 64;

/// So many jumps of a table are followed, for all its commands together; past them nothing is said.
const MOST_JUMPS: usize = 20_000;

/// How many jumps in a row iptables-nft takes.
pub const MOST_IN_A_ROW: usize = 15;

/// A jump that the kernel refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLink {
    /// The command that is refused for it; in a save file, the rule with the jump itself.
    pub place: Place,
    /// The rule with the jump that closes the loop, or is one too many.
    pub jump: Place,
    /// The chains of the loop from the first to the first again; where it is none, those of the way to the jump.
    pub way: Vec<String>,
    /// Whether it is a loop.
    pub is_loop: bool,
    /// The runs in which it is refused.
    pub runs: Formula,
    /// The only variant of iptables that refuses it.
    pub only: Option<Variant>,
}

/// What is known of the jumps of a table.
#[derive(Clone, Debug, Default)]
pub(super) struct Links {
    /// The chains that have ever jumped to a chain.
    above: HashMap<SmolStr, HashSet<SmolStr>>,
    /// How many jumps in a row may have begun in a chain.
    heights: HashMap<SmolStr, usize>,
    /// The jumps of all times together lead too deep, as those of a loop do, so that those of one time may.
    tangled: bool,
    /// How many jumps have been followed.
    followed: usize,
    pub(super) bad: Vec<BadLink>,
}

impl Links {
    /// A rule of one chain jumps to the other.
    fn add(&mut self, from: &str, to: &str) {
        let (from, to) = (SmolStr::from(from), SmolStr::from(to));
        let height = self.heights.get(&to).copied().unwrap_or_default() + 1;
        self.above.entry(to).or_default().insert(from.clone());
        let mut raised = vec![(from, height)];
        while let Some((chain, height)) = raised.pop().filter(|_| !self.tangled) {
            let known = self.heights.entry(chain.clone()).or_default();
            if height > *known {
                *known = height;
                self.tangled = height > MOST_IN_A_ROW;
                raised.extend(self.above.get(&chain).into_iter().flatten().map(|chain| (chain.clone(), height + 1)));
            }
        }
    }
}

impl Table {
    /// The jumps of iptables that the kernel has refused.
    pub fn bad_links(&self) -> &[BadLink] {
        &self.links.bad
    }

    /// Runs `action` in those runs in which the kernel takes the jumps that are there then.
    ///
    /// In a save file the kernel judges them at the `COMMIT`.
    pub(super) fn run_linked(&mut self, action: &Action, run: &mut Run<'_>) -> Result<(), super::refusal::Fault> {
        let (chain, rules) = match action {
            Action::Append { chain, rules } | Action::Insert { chain, rules, .. } => (chain, rules.as_slice()),
            Action::Replace { chain, rule, .. } => (chain, std::slice::from_ref(rule)),
            _ => return self.run(action, run),
        };
        if self.section || run.dialect != Dialect::Iptables || !self.add_links(&chain.to_string(), rules) {
            return self.run(action, run);
        }
        let before = self.clone();
        self.run(action, run)?;
        let mut bad = self.judge(run.variant, run.formulas, Some(run.place));
        bad.retain(|own| !self.links.bad.iter().any(|other| other.jump == own.jump && other.is_loop == own.is_loop));
        // What one variant takes is there for those who have that one.
        let by_all = bad.iter().filter(|own| own.only.is_none() || run.variant.is_some());
        let refused = by_all.fold(Formula::FALSE, |any, own| run.formulas.or(any, own.runs));
        if refused.is_false() {
            self.links.bad.extend(bad);
            return Ok(());
        }
        let followed = self.links.followed;
        *self = before;
        self.links.followed = followed;
        self.links.bad.extend(bad);
        run.guard = run.formulas.and_not(run.guard, refused);
        if run.guard.is_false() { Ok(()) } else { self.run(action, run) }
    }

    /// Remembers the jumps of rules; whether there are any that may lead too far, and there is work left to ask where.
    fn add_links<'r>(&mut self, chain: &str, rules: impl IntoIterator<Item = &'r std::sync::Arc<Rule>>) -> bool {
        let mut any = false;
        for rule in rules {
            if let Some(next) = next(rule).filter(|name| !kernel::is_target(Dialect::Iptables, name)) {
                self.links.add(chain, next);
                any = true;
            }
        }
        any && self.links.tangled && self.links.followed < MOST_JUMPS
    }

    /// Judges the jumps that a section of a save file leaves.
    pub(super) fn judge_section(&mut self, variant: Option<Variant>, formulas: &mut Formulas) {
        let mut links = std::mem::take(&mut self.links);
        for chain in &self.chains {
            let names = chain.entries.iter().filter_map(|entry| next(&entry.rule));
            names.filter(|name| self.chain(name).is_some()).for_each(|name| links.add(&chain.name, name));
        }
        self.links = links;
        if self.links.tangled {
            let bad = self.judge(variant, formulas, None);
            self.links.bad.extend(bad);
        }
    }

    /// A renamed chain takes its jumps along.
    pub(super) fn rename_links(&mut self) {
        self.links.tangled = true;
    }

    /// The jumps that the kernel of a variant refuses as they are; without one, those of either.
    fn judge(&mut self, variant: Option<Variant>, formulas: &mut Formulas, place: Option<Place>) -> Vec<BadLink> {
        let left = MOST_JUMPS.saturating_sub(self.links.followed);
        let program = variant.map_or(Program::Nft, Program::of);
        let (mut found, mut left) = self.search((program, left), place, formulas);
        // iptables-legacy does not look behind a rule that ends a chain, so that it refuses less.
        if variant.is_none() && !found.is_empty() {
            let by_legacy;
            (by_legacy, left) = self.search((Program::Legacy, left), place, formulas);
            let alone = |own: &&mut BadLink| !by_legacy.iter().any(|other| other.jump == own.jump);
            found.iter_mut().filter(alone).for_each(|own| own.only = Some(Variant::Nft));
        }
        self.links.followed = MOST_JUMPS - left;
        found
    }

    /// What a program finds that follows so many jumps, and how many are left.
    fn search(
        &self,
        (program, left): (Program, usize),
        place: Option<Place>,
        formulas: &mut Formulas,
    ) -> (Vec<BadLink>, usize) {
        let mut search = Search { table: self, program, place, formulas, left, found: Vec::new() };
        let builtin = self.chains.iter().filter(|chain| chain.builtin);
        builtin.for_each(|chain| search.follow(chain, Formula::TRUE, &mut Vec::new()));
        (search.found, search.left)
    }

    /// The loops that the rules of ipchains leave, whose kernel takes them.
    pub fn loops(&self, formulas: &mut Formulas) -> Vec<BadLink> {
        self.search((Program::Ipchains, MOST_JUMPS), None, formulas).0
    }
}

/// Whose kernel judges.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Program {
    Ipchains,
    Legacy,
    Nft,
}

impl Program {
    fn of(variant: Variant) -> Self {
        match variant {
            Variant::Legacy => Self::Legacy,
            Variant::Nft => Self::Nft,
        }
    }
}

/// The name that a rule may jump to.
fn next(rule: &Rule) -> Option<&str> {
    rule.target.as_ref().filter(|target| !target.extension)?.name.known()
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
    left: usize,
    found: Vec<BadLink>,
}

impl<'a> Search<'a> {
    fn follow(&mut self, chain: &'a Chain, mut runs: Formula, way: &mut Vec<&'a str>) {
        way.push(&chain.name);
        for entry in &chain.entries {
            if self.program == Program::Legacy && ends(entry) {
                runs = self.formulas.and_not(runs, entry.guard);
            }
            let Some(next) = next(&entry.rule).and_then(|name| self.table.chain(name)).filter(|next| !next.builtin)
            else {
                continue;
            };
            let runs = self.formulas.and(runs, entry.guard);
            if self.left == 0 || way.len() > DEEPEST || runs.is_false() || runs == Formula::UNDECIDED {
                continue;
            }
            self.left -= 1;
            let begin = way.iter().position(|name| *name == next.name);
            let too_deep = self.program == Program::Nft && way.len() > MOST_IN_A_ROW;
            match begin {
                Some(begin) => self.say(entry, way[begin..].iter().copied().chain([next.name.as_str()]), (true, runs)),
                None if too_deep => self.say(entry, way.iter().copied(), (false, runs)),
                None => self.follow(next, runs, way),
            }
        }
        way.pop();
    }

    fn say<'w>(&mut self, entry: &Entry, way: impl Iterator<Item = &'w str>, (is_loop, runs): (bool, Formula)) {
        let jump = entry.rule.place;
        let only = (!is_loop).then_some(Variant::Nft);
        if let Some(known) = self.found.iter_mut().find(|own| own.jump == jump && own.is_loop == is_loop) {
            known.runs = self.formulas.or(known.runs, runs);
            return;
        }
        let way = way.map(str::to_owned).collect();
        self.found.push(BadLink { place: self.place.unwrap_or(jump), jump, way, is_loop, runs, only });
    }
}

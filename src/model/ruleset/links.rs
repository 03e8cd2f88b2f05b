//! Jumps that the kernel refuses for where they lead from a built-in chain: back, or too deep.
//!
//! The kernel judges what is there when a command has run, or at the `COMMIT` of a save file (`mark_source_chains` in
//! `net/ipv4/netfilter/ip_tables.c`, `nft_table_validate` in `net/netfilter/nf_tables_api.c`). A chain that no built-in
//! one leads to may do as it likes.

mod search;

use std::collections::{HashMap, HashSet};

use search::Program;
use smol_str::SmolStr;

use super::run::Run;
use super::{Table, kernel};
use crate::diag::Variant;
use crate::logic::{Formula, Formulas};
use crate::model::{Action, Dialect, Rule};
use crate::text::Place;

/// So many jumps are followed of a table for its single commands, of which each that makes a loop possible is judged by
/// itself; past them nothing is said. Save files are judged as a whole, however large they are.
const MOST_FOLLOWED: usize = 2_000_000;

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

/// What is known of the jumps of a table, of all times together.
///
/// Lengths are counted up to one more than [`MOST_IN_A_ROW`], which those of a loop come to: each grows that often at
/// most, so that all jumps together take little more time than one after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Links {
    /// The chains that have ever jumped to a chain.
    above: HashMap<SmolStr, HashSet<SmolStr>>,
    /// The chains that a chain has ever jumped to.
    below: HashMap<SmolStr, HashSet<SmolStr>>,
    /// How many jumps in a row may have begun in a chain.
    heights: HashMap<SmolStr, usize>,
    /// How many jumps in a row may have led to a chain from a built-in one.
    depths: HashMap<SmolStr, usize>,
    /// How many jumps have been followed for single commands.
    followed: usize,
    pub(super) bad: Vec<BadLink>,
}

impl Links {
    /// A rule of one chain jumps to the other.
    fn add(&mut self, from: &str, to: &str) {
        let (from, to) = (SmolStr::from(from), SmolStr::from(to));
        if !self.above.entry(to.clone()).or_default().insert(from.clone()) {
            return;
        }
        self.below.entry(from.clone()).or_default().insert(to.clone());
        let height = self.height(&to) + 1;
        raise(&mut self.heights, &self.above, (from.clone(), height));
        if let Some(depth) = self.depths.get(&from).copied() {
            raise(&mut self.depths, &self.below, (to, depth + 1));
        }
    }

    fn height(&self, chain: &str) -> usize {
        self.heights.get(chain).copied().unwrap_or_default()
    }

    /// A chain is built in, so that packets come to it.
    fn begin(&mut self, chain: &str) {
        if !self.depths.contains_key(chain) {
            raise(&mut self.depths, &self.below, (chain.into(), 0));
        }
    }

    /// Whether a jump may ever have been one too many, as each is that closes a loop, or leads to one.
    fn may_be_too_many(&self, from: &str, to: &str) -> bool {
        self.depths.get(from).is_some_and(|depth| depth + 1 + self.height(to) > MOST_IN_A_ROW)
    }
}

/// Gives a chain a length that is more than it had, and those behind it one more each.
fn raise(lengths: &mut HashMap<SmolStr, usize>, behind: &HashMap<SmolStr, HashSet<SmolStr>>, first: (SmolStr, usize)) {
    let mut raised = vec![first];
    while let Some((chain, length)) = raised.pop() {
        let length = length.min(MOST_IN_A_ROW + 1);
        if lengths.get(&chain).is_none_or(|known| length > *known) {
            raised.extend(behind.get(&chain).into_iter().flatten().map(|next| (next.clone(), length + 1)));
            lengths.insert(chain, length);
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
        let name = chain.to_string();
        let (count, at) = (self.chains.len(), self.index.get(&name).copied());
        let before = at.and_then(|at| self.chains.get(at)).cloned();
        self.run(action, run)?;
        let mut bad = self.judge(run.variant, run.formulas, Some(run.place));
        bad.retain(|own| !self.links.bad.iter().any(|other| other.jump == own.jump && other.is_loop == own.is_loop));
        // What one variant takes is there for those who have that one.
        let by_all = bad.iter().filter(|own| own.only.is_none() || run.variant.is_some());
        let refused = by_all.fold(Formula::FALSE, |any, own| run.formulas.or(any, own.runs));
        self.links.bad.extend(bad);
        if refused.is_false() {
            return Ok(());
        }
        match at.zip(before) {
            Some((at, before)) => self.chains[at] = before,
            None => {
                self.chains.truncate(count);
                self.index.remove(&name);
            }
        }
        run.guard = run.formulas.and_not(run.guard, refused);
        if run.guard.is_false() { Ok(()) } else { self.run(action, run) }
    }

    /// Remembers the jumps of rules; whether there are any that may lead too far, and there is work left to ask where.
    fn add_links<'r>(&mut self, chain: &str, rules: impl IntoIterator<Item = &'r std::sync::Arc<Rule>>) -> bool {
        let mut any = false;
        for rule in rules {
            if let Some(next) = next(rule).filter(|name| !kernel::is_target(Dialect::Iptables, name)) {
                if self.chain(chain).is_some_and(|chain| chain.builtin) {
                    self.links.begin(chain);
                }
                self.links.add(chain, next);
                any |= self.links.may_be_too_many(chain, next);
            }
        }
        any && self.links.followed < MOST_FOLLOWED
    }

    /// Judges the jumps that a section of a save file leaves.
    pub(super) fn judge_section(&mut self, variant: Option<Variant>, formulas: &mut Formulas) {
        let mut links = std::mem::take(&mut self.links);
        for chain in &self.chains {
            if chain.builtin {
                links.begin(&chain.name);
            }
            let names = chain.entries.iter().filter_map(|entry| next(&entry.rule));
            names.filter(|name| self.chain(name).is_some()).for_each(|name| links.add(&chain.name, name));
        }
        let mut builtin = self.chains.iter().filter(|chain| chain.builtin);
        let may_be_too_many = builtin.any(|chain| links.height(&chain.name) > MOST_IN_A_ROW);
        self.links = links;
        if may_be_too_many {
            let bad = self.judge(variant, formulas, None);
            self.links.bad.extend(bad);
        }
    }

    /// A renamed chain takes its jumps along.
    pub(super) fn rename_links(&mut self, old: &str, new: &str) {
        let all = |ends: &HashMap<SmolStr, HashSet<SmolStr>>| -> Vec<SmolStr> {
            ends.get(old).into_iter().flatten().cloned().collect()
        };
        for from in all(&self.links.above) {
            self.links.add(if from == old { new } else { &from }, new);
        }
        for to in all(&self.links.below) {
            self.links.add(new, &to);
        }
    }

    /// The jumps that the kernel of a variant refuses as they are; without one, those of either.
    fn judge(&mut self, variant: Option<Variant>, formulas: &mut Formulas, place: Option<Place>) -> Vec<BadLink> {
        let program = variant.map_or(Program::Nft, Program::of);
        let (mut found, mut followed) = self.search(program, place, formulas);
        // iptables-legacy does not look behind a rule that ends a chain, so that it refuses less.
        if variant.is_none() && !found.is_empty() {
            let (by_legacy, more) = self.search(Program::Legacy, place, formulas);
            followed += more;
            let alone = |own: &&mut BadLink| !by_legacy.iter().any(|other| other.jump == own.jump);
            found.iter_mut().filter(alone).for_each(|own| own.only = Some(Variant::Nft));
            // A loop that is too long for iptables-nft is too deep for it.
            let longer = |own: &BadLink| !found.iter().any(|other| other.jump == own.jump);
            let longer: Vec<BadLink> = by_legacy.into_iter().filter(longer).collect();
            found.extend(longer);
        }
        if place.is_some() {
            self.links.followed += followed;
        }
        found
    }
}

/// The name that a rule may jump to.
fn next(rule: &Rule) -> Option<&str> {
    rule.target.as_ref().filter(|target| !target.extension)?.name.known()
}

//! Chains that get other names, under a condition, and what iptables-nft-restore makes of two that get the same one.

use std::sync::Arc;

use super::refusal::Fault;
use super::run::Run;
use super::{Chain, Entry, Table};
use crate::diag::Variant;
use crate::logic::Formula;
use crate::model::Value;

/// Ends the name of a chain that commands do not find, since iptables-nft-restore has given it to another one as well.
const HIDDEN: char = '\0';

/// So many bytes iptables-legacy keeps of the new name of a chain.
const KEPT_BY_LEGACY: usize = 29;

/// The name of a chain as the program prints it.
pub fn shown_name(chain: &str) -> &str {
    chain.trim_end_matches(HIDDEN)
}

impl Table {
    /// `-E`. Where the old chain may stay, both are kept, each with its share of the rules and jumps.
    pub(super) fn rename_chain(&mut self, from: &Value, to: &Value, run: &mut Run<'_>) -> Result<(), Fault> {
        let (old, mut new) = (from.to_string(), to.to_string());
        let sure = from.known().is_some() && to.known().is_some() && !self.open;
        if run.variant == Some(Variant::Legacy) {
            new.truncate((0..=KEPT_BY_LEGACY.min(new.len())).rfind(|end| new.is_char_boundary(*end)).unwrap_or(0));
        }
        if sure && !self.may_exist(&old, run) {
            return Err(Fault::NoChain);
        }
        if sure && (self.may_exist(&new, run) || self.taken.contains(&new)) {
            return Err(Fault::NameTaken);
        }
        let Some(at) = self.index.get(&old).copied() else { return Ok(()) };
        let nft = run.variant == Some(Variant::Nft);
        if self.chains[at].builtin && !nft {
            return Err(if self.section { Fault::Builtin } else { Fault::BuiltinRenamed });
        }
        if self.chains[at].builtin && self.chains[at].is_absent(run) {
            return Err(Fault::NotMade);
        }
        if nft && self.section && !self.chains[at].fresh {
            return self.rename_later(from, to);
        }
        if self.chains[at].builtin && self.section {
            return Err(Fault::Unfinished);
        }
        if self.chains[at].builtin {
            self.lose_builtin(at, new, run);
            return Ok(());
        }
        let fresh = self.chains[at].fresh;
        self.move_chain(at, (&old, &new), run);
        self.reveal(run);
        if fresh { Err(Fault::Unfinished) } else { Ok(()) }
    }

    /// Gives the chain its new name in these runs.
    fn move_in(&mut self, runs: Formula, at: usize, names: (&str, &str), run: &mut Run<'_>) {
        let before = std::mem::replace(&mut run.guard, runs);
        self.move_chain(at, names, run);
        run.guard = before;
    }

    /// Gives the chain its new name, in the runs in which it is there.
    fn move_chain(&mut self, at: usize, (old, new): (&str, &str), run: &mut Run<'_>) {
        self.rename_links(old, new);
        let moved = run.formulas.and(run.guard, self.chains[at].exists);
        let moved = if run.many { Formula::UNDECIDED } else { moved };
        let mut chain = self.chains[at].clone();
        chain.name = new.to_owned();
        chain.exists = moved;
        self.chains[at].exists = run.formulas.and_not(self.chains[at].exists, moved);
        share(&mut self.chains[at], &mut chain, moved, run);
        self.join_or_push(chain, run);
        for chain in &mut self.chains {
            redirect_jumps(chain, old, &Value::from(new), moved, run);
        }
        self.sweep();
    }

    /// iptables-nft-restore renames at the `COMMIT`: up to there the chain has its old name, whatever else it gets.
    fn rename_later(&mut self, from: &Value, to: &Value) -> Result<(), Fault> {
        if self.renamed.iter().any(|(old, new)| new == to && old != from) {
            return Err(Fault::NameTaken);
        }
        self.renamed.retain(|(old, _)| old != from);
        self.renamed.push((from.clone(), to.clone()));
        Ok(())
    }

    /// Renames what `-E` of the section was for, even where the section has made another chain of the new name.
    ///
    /// The kernel then has two chains of one name, of which commands find the one that got it last.
    pub(super) fn rename_at_last(&mut self, run: &mut Run<'_>) {
        for (from, to) in std::mem::take(&mut self.renamed) {
            let (old, new) = (from.to_string(), to.to_string());
            // What has been deleted since is not renamed.
            if !self.may_exist(&old, run) {
                continue;
            }
            let Some(at) = self.index.get(&old).copied() else { continue };
            if self.chains[at].builtin {
                self.lose_builtin(at, new, run);
                continue;
            }
            self.hide(&new, &old, run);
            if let Some(at) = self.index.get(&old).copied() {
                self.move_chain(at, (&old, &new), run);
            }
            self.reveal(run);
        }
    }

    /// Hides a chain from commands in the runs in which another one gets its name.
    fn hide(&mut self, name: &str, other: &str, run: &mut Run<'_>) {
        let (Some(at), Some(other)) = (self.index.get(name).copied(), self.chain(other)) else { return };
        let guard = run.formulas.and(run.guard, other.exists);
        let mut hidden = format!("{name}{HIDDEN}");
        while self.index.contains_key(&hidden) {
            hidden.push(HIDDEN);
        }
        self.hidden.push(hidden.clone());
        self.move_in(guard, at, (name, &hidden), run);
    }

    /// Lets commands find chains again that others of their names have hidden, once those are gone.
    pub(super) fn reveal(&mut self, run: &mut Run<'_>) {
        while let Some((at, hidden)) = self.hidden.iter().enumerate().rev().find_map(|(at, hidden)| {
            let own = self.chain(hidden)?;
            let other = self.chain(hidden.strip_suffix(HIDDEN)?);
            let clash = other.is_some_and(|other| run.formulas.compatible(other.exists, own.exists));
            (!clash).then(|| (at, hidden.clone()))
        }) {
            self.hidden.remove(at);
            let Some(at) = self.index.get(&hidden).copied() else { continue };
            let name = hidden.strip_suffix(HIDDEN).unwrap_or(&hidden);
            self.move_in(Formula::TRUE, at, (&hidden, name), run);
        }
    }

    /// iptables-nft renames a built-in chain, whose rules it does not know from then on; it makes a new one where it
    /// needs one.
    fn lose_builtin(&mut self, at: usize, new: String, run: &mut Run<'_>) {
        let guard = run.guard;
        self.taken.push(new);
        self.chains[at].flush(guard, run);
        self.chains[at].set_policy(&"ACCEPT".into(), run);
        self.chains[at].made = run.formulas.and_not(self.chains[at].made, guard);
    }

    /// Adds the renamed chain, or joins it with one that may have its name already.
    fn join_or_push(&mut self, chain: Chain, run: &mut Run<'_>) {
        match self.index.get(&chain.name).copied() {
            Some(at) => {
                let other = &mut self.chains[at];
                other.exists = run.formulas.or(other.exists, chain.exists);
                other.entries.extend(chain.entries);
                other.ordering_uncertain = true;
            }
            None => {
                self.push(chain);
            }
        }
    }
}

/// Leaves in `old` what is there without the renaming, and in `new` what is there with it.
fn share(old: &mut Chain, new: &mut Chain, moved: Formula, run: &mut Run<'_>) {
    for entry in &mut old.entries {
        entry.guard = run.formulas.and_not(entry.guard, moved);
    }
    for entry in &mut new.entries {
        entry.guard = run.formulas.and(entry.guard, moved);
    }
    old.entries.retain(|entry| !entry.guard.is_false());
    new.entries.retain(|entry| !entry.guard.is_false());
}

/// Lets the jumps to `old` go to `new` where `moved` holds.
fn redirect_jumps(chain: &mut Chain, old: &str, new: &Value, moved: Formula, run: &mut Run<'_>) {
    let jumps = |entry: &Entry| entry.rule.target.as_ref().is_some_and(|target| target.name.is(old));
    if !chain.entries.iter().any(jumps) {
        return;
    }
    for mut entry in std::mem::take(&mut chain.entries) {
        if jumps(&entry) {
            let mut stays = entry.clone();
            stays.guard = run.formulas.and_not(entry.guard, moved);
            entry.guard = run.formulas.and(entry.guard, moved);
            Arc::make_mut(&mut entry.rule).target.iter_mut().for_each(|target| target.name = new.clone());
            chain.entries.extend(Some(stays).filter(|stays| !stays.guard.is_false()));
        }
        chain.entries.extend(Some(entry).filter(|entry| !entry.guard.is_false()));
    }
}

//! Chains made, deleted, renamed and given policies, under a condition.

use std::sync::Arc;

use std::collections::HashMap;

use super::refusal::Fault;
use super::run::Run;
use super::{Chain, Entry, Policy, Table, kernel};
use crate::diag::Variant;
use crate::logic::Formula;
use crate::model::{Dialect, Rule, Value};

/// The policies that iptables knows.
const IPTABLES_POLICIES: &[&str] = &["ACCEPT", "DROP"];

impl Table {
    /// `-N`.
    pub(super) fn new_chain(&mut self, name: &Value, run: &mut Run<'_>) -> Result<(), Fault> {
        let text = name.to_string();
        if name.known().is_none() {
            self.open = true;
        }
        if self.taken.contains(&text) {
            return Err(Fault::ChainExists);
        }
        let guard = if run.many { Formula::UNDECIDED } else { run.guard };
        let Some(at) = self.index.get(&text).copied() else {
            self.push(Chain { fresh: self.section, ..Chain::user(text, guard, Some(run.place)) });
            return Ok(());
        };
        let chain = &mut self.chains[at];
        if name.known().is_some() && !run.many && run.formulas.implies(run.guard, chain.exists) {
            return Err(Fault::ChainExists);
        }
        chain.exists = run.formulas.or(chain.exists, guard);
        Ok(())
    }

    /// `-X`, of one chain or of all that are not built in.
    pub(super) fn delete_chain(&mut self, name: Option<&Value>, run: &mut Run<'_>) -> Result<(), Fault> {
        match name {
            Some(name) => self.delete_one(name, run),
            None => self.delete_all(run),
        }
    }

    fn delete_one(&mut self, name: &Value, run: &mut Run<'_>) -> Result<(), Fault> {
        let text = name.to_string();
        let sure = name.known().is_some() && !self.open;
        let Some(at) = self.index.get(&text).copied().filter(|_| !sure || self.may_exist(&text, run)) else {
            return if sure { Err(Fault::NoChain) } else { Ok(()) };
        };
        let filled = self.filled(at, run);
        if self.chains[at].builtin {
            let fault = self.builtin_fault(at, filled, run);
            if fault == Fault::EmptyBuiltin && run.variant == Some(Variant::Nft) {
                self.chains[at].set_policy(&"ACCEPT".into(), run);
                self.chains[at].made = run.formulas.and_not(self.chains[at].made, run.guard);
            }
            return Err(fault);
        }
        let referenced = self.references_by_name(run).remove(&text).unwrap_or(Formula::FALSE);
        let blocked = run.formulas.or(filled, referenced);
        let gone = run.formulas.and_not(run.guard, blocked);
        if gone.is_false() && sure && !self.chains[at].ordering_uncertain {
            return Err(if filled.is_false() { Fault::Referenced } else { Fault::NotEmpty });
        }
        self.lessen(at, gone, run);
        self.sweep();
        Ok(())
    }

    /// Why a built-in chain cannot be deleted: iptables-nft does so where it has no rule and the policy ACCEPT, which
    /// it does not look at in a save file.
    fn builtin_fault(&self, at: usize, filled: Formula, run: &mut Run<'_>) -> Fault {
        let chain = &self.chains[at];
        let has_rules = run.formulas.implies(run.guard, filled) && !chain.ordering_uncertain;
        if has_rules || !(chain.accepts() || self.section) { Fault::Builtin } else { Fault::EmptyBuiltin }
    }

    /// ipchains tries each chain; iptables deletes all of them or none.
    fn delete_all(&mut self, run: &mut Run<'_>) -> Result<(), Fault> {
        let references = self.references_by_name(run);
        let blocks: Vec<Formula> = (0..self.chains.len()).map(|at| self.blocked(at, &references, run)).collect();
        let users = || (0..self.chains.len()).filter(|at| !self.chains[*at].builtin);
        let all = users().fold(Formula::FALSE, |all, at| run.formulas.or(all, blocks[at]));
        let together = run.dialect == Dialect::Iptables;
        if together && run.formulas.implies(run.guard, all) && !self.open {
            return Err(Fault::NotEmpty);
        }
        if run.variant == Some(Variant::Nft) {
            // Built-in chains without rules are deleted as well, unless they did not accept before the section.
            let accepted = |chain: &Chain| chain.before.iter().all(|policy| policy.target.is("ACCEPT"));
            self.forget_policies(|chain| chain.fresh && chain.entries.is_empty() && accepted(chain), run);
            let in_section = self.section;
            self.chains.iter_mut().for_each(|chain| chain.forgotten = in_section && chain.builtin);
        }
        for at in (0..self.chains.len()).rev().filter(|at| !self.chains[*at].builtin).collect::<Vec<_>>() {
            let blocked = if together { all } else { blocks[at] };
            let gone = run.formulas.and_not(run.guard, blocked);
            self.lessen(at, gone, run);
        }
        self.sweep();
        Ok(())
    }

    fn blocked(&self, at: usize, references: &HashMap<String, Formula>, run: &mut Run<'_>) -> Formula {
        let filled = self.filled(at, run);
        let referenced = references.get(&self.chains[at].name).copied().unwrap_or(Formula::FALSE);
        run.formulas.or(filled, referenced)
    }

    /// When the chain has a rule.
    fn filled(&self, at: usize, run: &mut Run<'_>) -> Formula {
        let chain = &self.chains[at];
        let any = chain.entries.iter().fold(Formula::FALSE, |any, entry| run.formulas.or(any, entry.guard));
        run.formulas.and(any, chain.exists)
    }

    /// For each chain that rules jump to, when one of them is there.
    fn references_by_name(&self, run: &mut Run<'_>) -> HashMap<String, Formula> {
        let mut references: HashMap<String, Formula> = HashMap::new();
        for entry in self.chains.iter().flat_map(|chain| &chain.entries) {
            let Some(name) = jump(&entry.rule, run.dialect) else { continue };
            match references.get_mut(name) {
                Some(guard) => *guard = run.formulas.or(*guard, entry.guard),
                None => {
                    references.insert(name.to_owned(), entry.guard);
                }
            }
        }
        references
    }

    fn lessen(&mut self, at: usize, gone: Formula, run: &mut Run<'_>) {
        let gone = if run.many && !gone.is_false() { Formula::UNDECIDED } else { gone };
        self.chains[at].exists = run.formulas.and_not(self.chains[at].exists, gone);
    }

    /// Forgets the chains that are never there.
    fn sweep(&mut self) {
        self.chains.retain(|chain| !chain.exists.is_false());
        self.index = self.chains.iter().enumerate().map(|(at, chain)| (chain.name.clone(), at)).collect();
    }

    /// `-E`. Where the old chain may stay, both are kept, each with its share of the rules and jumps.
    pub(super) fn rename_chain(&mut self, from: &Value, to: &Value, run: &mut Run<'_>) -> Result<(), Fault> {
        let (old, new) = (from.to_string(), to.to_string());
        let sure = from.known().is_some() && to.known().is_some() && !self.open;
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
        if fresh { Err(Fault::Unfinished) } else { Ok(()) }
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
            if let Some(at) = self.index.get(&old).copied().filter(|_| self.may_exist(&old, run)) {
                self.move_chain(at, (&old, &new), run);
            }
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

    /// Adds the renamed chain, or joins it with one that may have its name already; that both are there at once is known
    /// of iptables-nft.
    fn join_or_push(&mut self, chain: Chain, run: &mut Run<'_>) {
        let (guard, nft) = (chain.exists, run.variant == Some(Variant::Nft));
        let apart = |at: &usize| !(nft && run.formulas.implies(guard, self.chains[*at].exists));
        match self.index.get(&chain.name).copied().filter(apart) {
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

    /// `-P`.
    pub(super) fn set_policy(&mut self, chain: &Value, target: &Value, run: &mut Run<'_>) -> Result<(), Fault> {
        let Some(at) = self.index.get(&chain.to_string()).copied() else {
            return match chain.known() {
                Some(_) if !self.open => {
                    Err(if run.dialect == Dialect::Ipchains { Fault::NoChain } else { Fault::NotBuiltin })
                }
                _ => Ok(()),
            };
        };
        let found = &mut self.chains[at];
        if !found.builtin {
            return if chain.known().is_some() { Err(Fault::NotBuiltin) } else { Ok(()) };
        }
        let known = target.known().is_none_or(|name| IPTABLES_POLICIES.contains(&name));
        if run.dialect == Dialect::Iptables && !known {
            return Err(Fault::NoPolicy);
        }
        found.set_policy(target, run);
        found.fresh |= self.section;
        Ok(())
    }

    /// Gives those of the built-in chains the policy that they have in a new kernel.
    pub(super) fn forget_policies(&mut self, which: impl Fn(&Chain) -> bool, run: &mut Run<'_>) {
        let chains = self.chains.iter_mut().filter(|chain| chain.builtin && which(chain));
        chains.for_each(|chain| chain.set_policy(&"ACCEPT".into(), run));
    }

    /// iptables-nft-restore forgets a policy that it has not set yet when it sets the counters of the chain to zero:
    /// the chain keeps the one that it had before.
    pub(super) fn zero_policies(&mut self, chain: Option<&Value>, run: &mut Run<'_>) {
        if run.variant == Some(Variant::Nft) {
            let zeroed = |own: &&mut Chain| own.builtin && own.fresh && chain.is_none_or(|name| name.is(&own.name));
            self.chains.iter_mut().filter(zeroed).for_each(|own| own.take_back_policy(run));
        }
    }

    /// Adds a chain and returns its index.
    pub(super) fn push(&mut self, chain: Chain) -> usize {
        self.index.insert(chain.name.clone(), self.chains.len());
        self.chains.push(chain);
        self.chains.len() - 1
    }
}

impl Chain {
    /// Gives the chain the policy that it had when the section began.
    fn take_back_policy(&mut self, run: &mut Run<'_>) {
        self.policies.retain_mut(|policy| {
            policy.guard = run.formulas.and_not(policy.guard, run.guard);
            !policy.guard.is_false()
        });
        for policy in &self.before {
            let guard = run.formulas.and(policy.guard, run.guard);
            if !guard.is_false() {
                self.policies.push(Policy { guard, ..policy.clone() });
            }
        }
    }

    pub(super) fn set_policy(&mut self, target: &Value, run: &mut Run<'_>) {
        let guard = if run.many { Formula::UNDECIDED } else { run.guard };
        self.policies.retain_mut(|policy| {
            policy.guard = run.formulas.and_not(policy.guard, guard);
            !policy.guard.is_false()
        });
        self.policies.push(Policy { target: target.clone(), guard, place: Some(run.place) });
    }
}

/// The chain that the rule may jump to.
fn jump(rule: &Rule, dialect: Dialect) -> Option<&str> {
    rule.target
        .as_ref()
        .filter(|target| !target.extension)?
        .name
        .known()
        .filter(|name| !kernel::is_target(dialect, name))
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

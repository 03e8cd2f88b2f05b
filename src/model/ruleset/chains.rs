//! Chains made, deleted, renamed and given policies, under a condition.

use std::collections::HashMap;

use super::refusal::Fault;
use super::run::Run;
use super::{Chain, Policy, Table, kernel};
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
        self.reveal(run);
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
    pub(super) fn sweep(&mut self) {
        self.chains.retain(|chain| !chain.exists.is_false());
        self.index = self.chains.iter().enumerate().map(|(at, chain)| (chain.name.clone(), at)).collect();
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

//! How one command runs: under which condition, how often, on which chain.

use std::sync::Arc;

use super::refusal::Fault;
use super::{Chain, FORWARDING, Table, kernel};
use crate::diag::Variant;
use crate::logic::{Formula, Formulas};
use crate::model::{Action, Dialect, Rounds, Rule, Value};
use crate::text::Place;

/// The circumstances of one command.
pub(super) struct Run<'a> {
    pub(super) dialect: Dialect,
    /// The variant of iptables that is asked, where one is meant.
    pub(super) variant: Option<Variant>,
    /// The rules that it makes wait for the `COMMIT` of a section.
    pub(super) fresh: bool,
    /// When it runs.
    pub(super) guard: Formula,
    /// It runs any number of times.
    pub(super) many: bool,
    /// The rounds in which it does.
    pub(super) rounds: Option<&'a Rounds>,
    pub(super) place: Place,
    pub(super) formulas: &'a mut Formulas,
}

impl Table {
    /// Runs `action`, or changes nothing.
    pub(super) fn run(&mut self, action: &Action, run: &mut Run<'_>) -> Result<(), Fault> {
        match action {
            Action::Append { chain, rules } => self.with_rules(chain, rules, run, |chain, guard, run| {
                chain.append(rules, guard, run);
                Ok(())
            }),
            Action::Insert { chain, position, rules } => {
                self.with_rules(chain, rules, run, |chain, guard, run| chain.insert(position, rules, guard, run))
            }
            Action::Replace { chain, position, rule } => {
                self.with_rules(chain, std::slice::from_ref(rule), run, |chain, guard, run| {
                    chain.replace(position, rule, guard, run)
                })
            }
            Action::DeleteNumber { chain, position } => {
                self.with_rules(chain, &[], run, |chain, guard, run| chain.delete_number(position, guard, run))
            }
            Action::DeleteRule { chain, rules } => {
                self.with_rules(chain, rules, run, |chain, guard, run| chain.delete_rules(rules, guard, run))
            }
            Action::Flush { chain: Some(chain) } => self.with_rules(chain, &[], run, |chain, guard, run| {
                chain.flush(guard, run);
                Ok(())
            }),
            Action::Flush { chain: None } => {
                // iptables-nft-restore leaves this out where the kernel does not have the table yet, and otherwise
                // does it behind what the section has added before.
                let of_section = match run.variant {
                    Some(Variant::Nft) => run.formulas.and(run.guard, self.met),
                    _ => run.guard,
                };
                for chain in &mut self.chains {
                    chain.flush_some(run.guard, run, |entry| !entry.fresh);
                    chain.flush_some(of_section, run, |entry| entry.fresh);
                }
                Ok(())
            }
            Action::Check { chain, rule } if run.dialect == Dialect::Iptables => {
                self.with_rules(chain, std::slice::from_ref(rule), run, |chain, guard, run| {
                    chain.check(rule, guard, run)
                })
            }
            Action::Zero { chain: Some(chain), position: Some(position), .. } => {
                self.with_rules(chain, &[], run, |chain, guard, run| chain.zero(position, guard, run))
            }
            Action::List { chain, rules: true, .. } if self.section && self.is_unwritable(chain.as_ref(), run) => {
                Err(Fault::Unwritable)
            }
            Action::Zero { chain, .. } | Action::List { chain, zero: true, .. } => {
                chain.as_ref().map_or(Ok(()), |chain| self.known_chain(chain, run))?;
                self.zero_policies(chain.as_ref(), run);
                Ok(())
            }
            Action::Check { chain, .. } | Action::List { chain: Some(chain), .. } => self.known_chain(chain, run),
            Action::NewChain { chain } => self.new_chain(chain, run),
            Action::DeleteChain { chain } => self.delete_chain(chain.as_ref(), run),
            Action::RenameChain { from, to } => self.rename_chain(from, to, run),
            Action::Policy { chain, target } => self.set_policy(chain, target, run),
            Action::List { chain: None, .. } => Ok(()),
            Action::Skipped { target: Some(target) } => self.sought_target(target, run),
            Action::ListMasquerading
            | Action::MasqueradeTimeouts { .. }
            | Action::Information
            | Action::Skipped { target: None } => Ok(()),
            Action::Unknown => {
                self.lose_track();
                Ok(())
            }
        }
    }

    /// Lets `change` work on the chain under the condition that the command runs and the chain is there.
    fn with_rules(
        &mut self,
        chain: &Value,
        rules: &[Arc<Rule>],
        run: &mut Run<'_>,
        change: impl FnOnce(&mut Chain, Formula, &mut Run<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.known_chain(chain, run)?;
        for rule in rules {
            self.known_target(rule, run)?;
        }
        let (at, guard) = self.reach(chain, run);
        run.fresh = self.section;
        change(&mut self.chains[at], guard, run)
    }

    /// Refuses a chain that is certainly not there.
    fn known_chain(&self, name: &Value, run: &mut Run<'_>) -> Result<(), Fault> {
        if self.open || name.known().is_none_or(|name| self.may_exist(name, run)) {
            Ok(())
        } else {
            Err(Fault::NoChain)
        }
    }

    /// Whether the chain may be there when the command runs.
    pub(super) fn may_exist(&self, name: &str, run: &mut Run<'_>) -> bool {
        let guard = run.guard;
        self.chain(name).is_some_and(|chain| run.formulas.compatible(chain.exists, guard))
    }

    fn known_target(&self, rule: &Rule, run: &mut Run<'_>) -> Result<(), Fault> {
        let Some(target) = &rule.target else { return Ok(()) };
        let Some(name) = target.name.known() else { return Ok(()) };
        let extension = run.dialect == Dialect::Iptables && (target.extension || !target.options.is_empty());
        // `-g` goes to chains only.
        if self.open || self.name == FORWARDING || !target.goto && (extension || kernel::is_target(run.dialect, name)) {
            return Ok(());
        }
        let builtin = self.chain(name).is_some_and(|chain| chain.builtin);
        if !builtin && self.may_exist(name, run) { Ok(()) } else { Err(Fault::NoTarget) }
    }

    /// Refuses what rules for the other family jump to, if nothing is called so.
    fn sought_target(&self, target: &Value, run: &mut Run<'_>) -> Result<(), Fault> {
        let there = |name: &str| kernel::is_target(run.dialect, name) || self.may_exist(name, run);
        if self.open || target.known().is_none_or(there) { Ok(()) } else { Err(Fault::NoSoughtTarget) }
    }

    /// The chain's index, and when both the command runs and the chain is there.
    ///
    /// A chain that may have come about under a name that is not known is made here; nothing is
    /// certain of its order.
    fn reach(&mut self, name: &Value, run: &mut Run<'_>) -> (usize, Formula) {
        let text = name.to_string();
        let may_exist = self.may_exist(&text, run);
        let Some(at) = self.index.get(&text).copied() else {
            let mut chain = Chain::user(text, run.guard, Some(run.place));
            chain.ordering_uncertain = true;
            return (self.push(chain), run.guard);
        };
        let chain = &mut self.chains[at];
        if name.known().is_none() || !may_exist {
            chain.exists = run.formulas.or(chain.exists, run.guard);
            chain.ordering_uncertain = true;
        }
        (at, run.formulas.and(run.guard, chain.exists))
    }

    /// A chain line of a save file.
    pub(super) fn declare(&mut self, name: &Value, policy: Option<&Value>, run: &mut Run<'_>) -> Result<(), Fault> {
        let builtin = self.chain(&name.to_string()).is_some_and(|chain| chain.builtin);
        if builtin {
            self.make_again(name, run);
            policy.map_or(Ok(()), |policy| self.set_policy(name, policy, run))?;
            self.make(name, run);
            return Ok(());
        }
        self.made = run.formulas.or(self.made, run.guard);
        let (at, guard) = match self.index.get(&name.to_string()).copied() {
            Some(at) => (at, run.guard),
            None => return self.new_chain(name, run),
        };
        self.chains[at].exists = run.formulas.or(self.chains[at].exists, guard);
        if run.dialect == Dialect::Iptables {
            self.chains[at].fresh |= self.section;
            self.chains[at].flush(guard, run);
        }
        Ok(())
    }

    /// A command is unknown: any chain may be there, and rules may have moved.
    fn lose_track(&mut self) {
        self.open = true;
        self.chains.iter_mut().for_each(|chain| chain.ordering_uncertain = true);
    }
}

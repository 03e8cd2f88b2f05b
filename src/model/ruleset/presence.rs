//! Which tables and built-in chains are in the kernel for iptables-nft, which makes each of them when a command
//! needs it for the first time (`nft_xt_builtin_init` in `iptables/nft.c` of iptables 1.8.9).

use super::refusal::Fault;
use super::run::Run;
use super::{Chain, Table, kernel};
use crate::diag::Variant;
use crate::logic::Formula;
use crate::model::{Action, Dialect, Value};

impl Table {
    /// Refuses what iptables-nft cannot do where nothing has made the table or the chain yet.
    pub(super) fn present(&self, action: &Action, run: &mut Run<'_>) -> Result<(), Fault> {
        if self.open || run.dialect != Dialect::Iptables || run.variant == Some(Variant::Legacy) {
            return Ok(());
        }
        let listed = || self.chains.iter().any(|chain| chain.listed);
        let refused = match action {
            Action::Zero { chain: Some(chain), .. } if self.builtin(chain).is_some_and(|own| own.forgotten) => true,
            Action::Zero { chain: Some(chain), listed: false, .. } => {
                self.builtin(chain).is_some_and(|own| match own.listed {
                    true => self.is_absent(run),
                    false => own.is_absent(run),
                })
            }
            // Nobody but iptables-nft deletes a built-in chain.
            Action::DeleteChain { chain: Some(chain) } if run.variant.is_some() => {
                self.builtin(chain).is_some_and(|own| own.listed || own.is_absent(run))
            }
            Action::Append { chain, .. } | Action::Insert { chain, .. } | Action::Flush { chain: Some(chain) } => {
                self.builtin(chain).is_some_and(|own| own.listed)
            }
            Action::DeleteChain { chain: None } => listed(),
            Action::Zero { chain: None, .. } => listed() && self.is_absent(run),
            Action::List { zero: true, .. } => self.is_absent(run),
            _ => false,
        };
        if refused { Err(Fault::NotMade) } else { Ok(()) }
    }

    /// Makes what a command needs that iptables-nft-restore has forgotten.
    pub(super) fn make_for(&mut self, action: &Action, run: &mut Run<'_>) {
        if let Action::Append { chain, .. }
        | Action::Insert { chain, .. }
        | Action::Policy { chain, .. }
        | Action::Flush { chain: Some(chain) } = action
        {
            self.make_again(chain, run);
        }
    }

    /// Makes a built-in chain anew that iptables-nft-restore has taken for deleted since `-X`, with its first policy; the
    /// rules in the kernel stay.
    pub(super) fn make_again(&mut self, chain: &Value, run: &mut Run<'_>) {
        let own = chain.known().and_then(|name| self.index.get(name)).and_then(|at| self.chains.get_mut(*at));
        if let Some(own) = own.filter(|own| own.forgotten) {
            own.forgotten = false;
            own.set_policy(&"ACCEPT".into(), run);
        }
    }

    /// Remembers what a command has made in the kernel, or has taken away.
    pub(super) fn follow(&mut self, action: &Action, run: &mut Run<'_>) {
        match action {
            Action::Append { chain, .. }
            | Action::Insert { chain, .. }
            | Action::Policy { chain, .. }
            | Action::Flush { chain: Some(chain) } => self.make(chain, run),
            Action::NewChain { .. } => self.made = after(self.made, run),
            Action::Zero { chain, listed: false, .. } => {
                let fits = |own: &Chain| chain.as_ref().is_none_or(|name| name.is(&own.name));
                self.settle_listed(|own| own.listed && fits(own), run);
            }
            Action::List { chain, zero: true, .. } => {
                let fits = |own: &Chain| chain.as_ref().is_none_or(|name| name.is(&own.name));
                self.settle_listed(|own| own.builtin && fits(own), run);
            }
            Action::List { chain, .. } | Action::Zero { chain, listed: true, .. } if self.section => {
                let fits = |own: &&mut Chain| chain.as_ref().is_none_or(|name| name.is(&own.name));
                let (guard, formulas) = (run.guard, &mut *run.formulas);
                let chains = self.chains.iter_mut().filter(|own| own.builtin).filter(fits);
                chains.for_each(|own| own.listed |= !formulas.compatible(own.made, guard));
            }
            Action::DeleteChain { chain: None } => {
                let in_section = self.section;
                let chains = self.chains.iter_mut().filter(|own| own.builtin && own.entries.is_empty());
                for own in chains.filter(|own| in_section || own.accepts()) {
                    own.made = run.formulas.and_not(own.made, run.guard);
                }
            }
            _ => {}
        }
    }

    /// The chain, if it is built in, is in the kernel from now on, and so is the table.
    pub(super) fn make(&mut self, chain: &Value, run: &mut Run<'_>) {
        self.made = after(self.made, run);
        let own = chain.known().and_then(|name| self.index.get(name)).and_then(|at| self.chains.get_mut(*at));
        if let Some(own) = own.filter(|own| own.builtin) {
            own.made = after(own.made, run);
            own.listed = false;
        }
    }

    /// The kernel makes a chain when its counters are set to zero, if it has the table.
    fn settle_listed(&mut self, which: impl Fn(&Chain) -> bool, run: &mut Run<'_>) {
        for own in self.chains.iter_mut().filter(|own| which(own)) {
            own.made = after(own.made, run);
            own.listed = false;
        }
    }

    /// A section that keeps nothing begins with a table that has no chains.
    pub(super) fn take_away(&mut self, run: &mut Run<'_>) {
        self.made = run.formulas.and_not(self.made, run.guard);
        for own in self.chains.iter_mut().filter(|own| own.builtin) {
            own.made = run.formulas.and_not(own.made, run.guard);
        }
    }

    fn builtin(&self, name: &Value) -> Option<&Chain> {
        self.chain(name.known()?).filter(|own| own.builtin)
    }

    fn is_absent(&self, run: &mut Run<'_>) -> bool {
        !run.formulas.compatible(self.made, run.guard)
    }

    /// Whether iptables-legacy-restore fails to write down a rule of the chain, or of any: until the `COMMIT`, it looks
    /// for a target of the name that a rule jumps to.
    pub(super) fn is_unwritable(&self, chain: Option<&Value>, run: &mut Run<'_>) -> bool {
        let shown = self.chains.iter().filter(|own| chain.is_none_or(|name| name.is(&own.name)));
        let jumps = |entry: &super::Entry| {
            let target = entry.rule.target.as_ref().filter(|target| !target.extension);
            target.and_then(|target| target.name.known()).is_some_and(|name| !kernel::is_target(run.dialect, name))
        };
        let mut entries = shown.flat_map(|own| &own.entries).filter(|entry| jumps(entry) && entry.fresh && !entry.many);
        entries.any(|entry| run.formulas.implies(run.guard, entry.guard))
    }
}

impl Chain {
    /// Whether iptables-nft has certainly not made the chain.
    pub(super) fn is_absent(&self, run: &mut Run<'_>) -> bool {
        !run.formulas.compatible(self.made, run.guard)
    }

    /// Whether its policy may be ACCEPT.
    pub(super) fn accepts(&self) -> bool {
        self.policies.iter().any(|policy| policy.target.known().is_none_or(|name| name == "ACCEPT"))
    }
}

/// When something is there that was there under `before`, and is made by a run.
fn after(before: Formula, run: &mut Run<'_>) -> Formula {
    let guard = if run.many { Formula::UNDECIDED } else { run.guard };
    run.formulas.or(before, guard)
}

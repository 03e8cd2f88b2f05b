//! Scripts for two kernels: under which condition their rules are those of ipchains, and when of iptables.

use crate::analysis::{Analysis, Reading};
use crate::eval::{Act, Program};
use crate::logic::Formula;
use crate::model::{Action, Dialect, Family, Table};

/// A language, and the runs in which the rules are of it, as a formula over the conditions of the script.
pub(super) type Arm = (Dialect, Formula);

/// The arms of a script; none where a run may use both languages.
pub(super) fn arms(analysis: &mut Analysis<'_>, dialect: Dialect) -> Option<Vec<Arm>> {
    let has = |dialect| analysis.ruleset(dialect, Family::V4).is_some_and(|own| own.tables.iter().any(is_used));
    if !has(Dialect::Ipchains) || !has(Dialect::Iptables) {
        return Some(vec![(dialect, Formula::TRUE)]);
    }
    let old = runs(analysis, Dialect::Ipchains);
    let new = runs(analysis, Dialect::Iptables);
    let apart = !analysis.evaluation.conditions.formulas.compatible(old, new);
    apart.then(|| vec![(Dialect::Ipchains, old), (Dialect::Iptables, old.opposite())])
}

/// The runs in which some command of a language makes rules; what is only emptied leaves none.
fn runs(analysis: &mut Analysis<'_>, dialect: Dialect) -> Formula {
    let mut any = Formula::FALSE;
    let formulas = &mut analysis.evaluation.conditions.formulas;
    for (step, reading) in analysis.evaluation.steps.iter().zip(&analysis.readings) {
        let Act::Run(invocation) = &step.act else { continue };
        let command = reading.as_ref().and_then(Reading::command);
        let changes = command
            .is_some_and(|own| own.dialect == dialect && own.family == Family::V4 && makes(&own.action))
            || invocation.program == Program::Ipmasqadm && dialect == Dialect::Ipchains;
        if changes && !step.uncalled {
            any = formulas.or(any, step.guard);
        }
    }
    any
}

/// Whether a command may leave a kernel that had no rules with some.
fn makes(action: &Action) -> bool {
    is_change(action) && !matches!(action, Action::Flush { .. } | Action::DeleteChain { .. })
}

/// Whether a command makes rules other than they were.
pub(super) fn is_change(action: &Action) -> bool {
    !matches!(
        action,
        Action::Check { .. }
            | Action::List { .. }
            | Action::Zero { .. }
            | Action::ListMasquerading
            | Action::Information
            | Action::Skipped { .. }
    )
}

/// Whether a table is other than the kernel makes it.
pub(super) fn is_used(table: &Table) -> bool {
    table.chains.iter().any(|chain| !chain.builtin || !chain.entries.is_empty() || chain.policies.len() != 1)
}

//! `table-not-flushed`: rules that pile up.

use crate::analysis::Reading;
use crate::diag::{Diagnostic, Severity};
use crate::eval::Program;
use crate::lint::{Category, Context, lint};
use crate::model::{Action, Command, Dialect, Family, builtin_chains};

lint! {
    /// Finds tables that a script fills but never empties, though it empties filter.
    ///
    /// # What it does
    /// Looks for scripts that flush all of filter, set a policy there, and append rules to built-in chains of nat, mangle or raw, and
    /// that have no command which flushes that table. Scripts that restore save files or read files that are not
    /// known are left alone.
    ///
    /// # Why it is bad
    /// `iptables -F` empties only filter. Run a second time, the script puts every rule of the other table there
    /// once more, and rules that were deleted from the script stay in force.
    ///
    /// # Example
    /// ```sh
    /// iptables -F
    /// iptables -P INPUT DROP
    /// iptables -t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 3128
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -F
    /// iptables -t nat -F
    /// iptables -P INPUT DROP
    /// iptables -t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 3128
    /// ```
    pub(super) static LINT = {
        name: "table-not-flushed",
        category: Category::Script,
        severity: Severity::Warning,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let script = context.is_script();
    if !script || !context.is_whole() || !all_understood(context) {
        return Vec::new();
    }
    let families = [Family::V4, Family::V6]
        .into_iter()
        .filter(|family| flushes(context, *family, "filter", true) && sets_policies(context, *family));
    let tables = families.flat_map(|family| ["nat", "mangle", "raw"].map(|table| (family, table)));
    let piling = tables.filter(|(family, table)| !flushes(context, *family, table, false));
    piling.filter_map(|(family, table)| report(context, family, table)).collect()
}

/// Whether every command of iptables in the file is read, and nothing restores a file.
fn all_understood(context: &Context<'_>) -> bool {
    context.analysis.invocations().all(|(number, _, own)| {
        let reading = context.analysis.readings.get(number).and_then(Option::as_ref);
        let command = reading.and_then(Reading::command);
        let known = command.is_some_and(|command| command.table.known().is_some() && command.action != Action::Unknown);
        match own.program.filter() {
            Some(_) => known || reading.is_some_and(|reading| !reading.problems().is_empty()),
            None => !matches!(own.program, Program::IptablesRestore | Program::Ip6tablesRestore),
        }
    })
}

/// Whether some command empties the table, or without `whole` at least a part of it.
fn flushes(context: &Context<'_>, family: Family, table: &str, whole: bool) -> bool {
    context.analysis.commands().any(|(_, command)| {
        let flushed = match &command.action {
            Action::Flush { chain } => !whole || chain.is_none(),
            Action::DeleteRule { .. } | Action::DeleteNumber { .. } | Action::Check { .. } => !whole,
            _ => false,
        };
        command.dialect == Dialect::Iptables && command.family == family && command.table.is(table) && flushed
    })
}

/// Whether the script sets a policy of filter, as one does that owns the firewall.
fn sets_policies(context: &Context<'_>, family: Family) -> bool {
    context.analysis.commands().any(|(_, command)| {
        let own = command.dialect == Dialect::Iptables && command.family == family && command.table.is("filter");
        own && matches!(command.action, Action::Policy { .. })
    })
}

fn report(context: &Context<'_>, family: Family, table: &str) -> Option<Diagnostic> {
    let appends = |command: &Command| {
        let Action::Append { chain, .. } = &command.action else { return false };
        let builtin = chain.known().is_some_and(|name| {
            builtin_chains(command.dialect, table).is_some_and(|mut all| all.any(|own| own == name))
        });
        command.dialect == Dialect::Iptables && command.family == family && command.table.is(table) && builtin
    };
    let (step, _) = context.live_commands().find(|(_, command)| appends(command))?;
    let program = if family == Family::V4 { "iptables" } else { "ip6tables" };
    let finding = context.finding(
        context.analysis.written_at(step),
        format!("the table {table} is never flushed: each run of the script adds its rules once more"),
    );
    Some(finding.with_help(format!("put `{program} -t {table} -F` before this rule")))
}

//! `wrong-table`: a target or chain its table does not have.

use crate::diag::{Diagnostic, Severity};
use crate::lint::{Category, Context, lint};
use crate::lint::{absent, hooks};

lint! {
    /// Finds targets and built-in chains that the table of the command does not have.
    ///
    /// # What it does
    /// Compares the chain and the target of every rule with its table: `SNAT` belongs into nat, `PREROUTING`
    /// does not exist in filter, `DROP` has no business in nat. Rules in chains of your own are compared with
    /// the built-in chains that packets come from.
    ///
    /// # Why it is bad
    /// The kernel refuses the rule. Where it does not, as with `DROP` in nat, the rule sees only the first
    /// packet of each connection, so that it filters nothing one could rely on.
    ///
    /// # Example
    /// ```sh
    /// iptables -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 3128
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 3128
    /// ```
    pub(super) static LINT = {
        name: "wrong-table",
        category: Category::Correctness,
        severity: Severity::Error,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let absent = absent::find(context).into_iter().filter(|absent| absent.elsewhere);
    let in_other_tables = absent.map(|absent| {
        let table = &absent.command.table;
        context
            .finding(absent.place, format!("the table {table} has no chain {}", absent.name))
            .with_help("name the table that has it with `-t`")
    });
    let in_own_chains = context.with_formulas(|formulas| hooks::find(context.analysis, formulas));
    context.problems().into_iter().chain(in_other_tables).chain(in_own_chains).collect()
}

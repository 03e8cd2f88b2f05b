//! `flush-keeps-policy`: a stop that locks out.

use crate::diag::{Diagnostic, Severity};
use crate::eval::{Program, Step};
use crate::lint::policies::closes;
use crate::lint::{Category, Context, lint};
use crate::logic::Formula;
use crate::model::{Action, Chain, Command, Ruleset};

lint! {
    /// Finds runs that take all rules away but leave a closed policy.
    ///
    /// # What it does
    /// Looks for built-in filter chains that one run of the script closes by policy, and that another run
    /// flushes without setting the policy.
    ///
    /// # Why it is bad
    /// Flushing takes the rules away, not the policy. After `start` and then `stop` the chain drops everything:
    /// the host cannot be reached any more.
    ///
    /// # Example
    /// ```sh
    /// case "$1" in
    /// start)
    ///   iptables -P INPUT DROP
    ///   iptables -A INPUT -p tcp --dport 22 -j ACCEPT
    ///   ;;
    /// stop)
    ///   iptables -F
    ///   ;;
    /// esac
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// case "$1" in
    /// start)
    ///   iptables -P INPUT DROP
    ///   iptables -A INPUT -p tcp --dport 22 -j ACCEPT
    ///   ;;
    /// stop)
    ///   iptables -P INPUT ACCEPT
    ///   iptables -F
    ///   ;;
    /// esac
    /// ```
    pub(super) static LINT = {
        name: "flush-keeps-policy",
        category: Category::Script,
        severity: Severity::Warning,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    // A file that is restored or that is not read may set the policy, and so does the end of the module.
    let changes = |program: Program| program.restores() || program == Program::UnloadModule;
    let replaced = context.analysis.invocations().any(|(_, _, own)| changes(own.program));
    if replaced || !context.is_whole() {
        return Vec::new();
    }
    let filters = context.analysis.rulesets.iter().filter_map(|ruleset| Some((ruleset, ruleset.table("filter")?)));
    let chains = filters.flat_map(|(ruleset, table)| table.chains.iter().map(move |chain| (ruleset, chain)));
    chains.filter(|(_, chain)| chain.builtin).filter_map(|(ruleset, chain)| judge(context, ruleset, chain)).collect()
}

fn judge(context: &Context<'_>, ruleset: &Ruleset, chain: &Chain) -> Option<Diagnostic> {
    let closing = chain.policies.iter().find(|policy| policy.place.is_some() && closes(policy.target.known()))?;
    let untouched = chain.policies.iter().find(|policy| policy.place.is_none())?.guard;
    let filled = chain.entries.iter().fold(Formula::FALSE, |any, entry| context.or(any, entry.guard));
    let emptied = context.and_not(untouched, filled);
    if chain.entries.iter().any(|entry| entry.many) || !context.possible(closing.guard) {
        return None;
    }
    let flushes = |(step, command): &(&Step, &Command)| {
        let own = (command.dialect, command.family) == (ruleset.dialect, ruleset.family) && command.table.is("filter");
        let all = matches!(&command.action, Action::Flush { chain: own } if own.as_ref().is_none_or(|own| own.is(&chain.name)));
        let apart = context.and(step.guard, closing.guard).is_false();
        own && all && apart && !step.many && context.compatible(step.guard, emptied)
    };
    let (step, _) = context.live_commands().find(flushes)?;
    let name = &chain.name;
    let target = &closing.target;
    let finding = context.finding(
        context.analysis.written_at(step),
        format!("this flush leaves the policy of {name} at {target} where the script has set it before: nothing gets through"),
    );
    let finding = finding.with_help(format!("set the policy of {name} to ACCEPT before the flush"));
    Some(match closing.place {
        Some(place) => finding.with_related(place, "the policy that stays"),
        None => finding,
    })
}

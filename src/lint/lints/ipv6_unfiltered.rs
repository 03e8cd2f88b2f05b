//! `ipv6-unfiltered`: the other door.

use crate::diag::{Confidence, Diagnostic, Severity};
use crate::eval::{Act, Program, Step};
use crate::lint::policies::closes;
use crate::lint::{Category, Context, lint};
use crate::model::{Action, Command, Dialect, Family};

lint! {
    /// Finds scripts that close INPUT for IPv4 and do nothing about IPv6.
    ///
    /// # What it does
    /// Looks for scripts that set the policy of INPUT to DROP with `iptables`, and that neither call
    /// `ip6tables` or one of its companions nor switch IPv6 off (`disable_ipv6`). It is off unless it is asked
    /// for: many scripts leave the other family to another one.
    ///
    /// # Why it is bad
    /// `iptables` sees IPv4 alone. A host that also has an IPv6 address, and nearly every network gives it one,
    /// is open there.
    ///
    /// # Example
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -i lo -j ACCEPT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// for program in iptables ip6tables; do
    ///   $program -P INPUT DROP
    ///   $program -A INPUT -i lo -j ACCEPT
    /// done
    /// ```
    pub(super) static LINT = {
        name: "ipv6-unfiltered",
        category: Category::Hazard,
        severity: Severity::Info,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let analysis = context.analysis;
    let cared_for = analysis.evaluation.steps.iter().any(cares_for_ipv6);
    if !context.is_script() || cared_for || !context.is_whole() {
        return Vec::new();
    }
    let closing = |(_, command): &(&Step, &Command)| {
        let closed =
            matches!(&command.action, Action::Policy { chain, target } if chain.is("INPUT") && closes(target.known()));
        closed && (command.dialect, command.family) == (Dialect::Iptables, Family::V4) && command.table.is("filter")
    };
    let first = context.live_commands().find(closing);
    let finding = |(step, _): (&Step, &Command)| {
        let message = "this script closes INPUT for IPv4 and leaves IPv6 as it is";
        let finding = context.finding(analysis.written_at(step), message).with_confidence(Confidence::Likely);
        finding.with_help("give ip6tables its rules too, or switch IPv6 off with net.ipv6.conf.all.disable_ipv6")
    };
    first.map(finding).into_iter().collect()
}

fn cares_for_ipv6(step: &Step) -> bool {
    let Act::Run(own) = &step.act else { return false };
    match own.program {
        Program::Ip6tables | Program::Ip6tablesRestore | Program::Ip6tablesSave => true,
        Program::ProcWrite | Program::Sysctl => {
            own.arguments.iter().any(|word| word.value.to_string().contains("disable_ipv6"))
        }
        // The name of the service says which of both it is.
        Program::Service | Program::UnloadModule => {
            own.name_value.to_string().contains("ip6")
                || own
                    .arguments
                    .iter()
                    .any(|word| word.value.to_string().contains("v6") || word.value.to_string().contains("ip6"))
        }
        _ => false,
    }
}

//! `unlimited-log`: a log that others can fill.

use crate::diag::{Confidence, Diagnostic, Severity};
use crate::eval::Step;
use crate::lint::{Category, Context, lint};
use crate::model::{Match, Rule, Test};

lint! {
    /// Finds `LOG` rules without a limit.
    ///
    /// # What it does
    /// Looks for rules with the targets `LOG` and `NFLOG` that have none of the matches `limit`, `hashlimit`,
    /// `recent`, `statistic` and `quota`. It is off unless it is asked for: many hosts limit elsewhere.
    ///
    /// # Why it is bad
    /// Whoever sends packets decides how much is written. A flood fills the disk and slows down the host,
    /// and what matters drowns in it.
    ///
    /// # Example
    /// ```sh
    /// iptables -P OUTPUT ACCEPT
    /// iptables -A OUTPUT -p tcp --dport 25 -j LOG
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P OUTPUT ACCEPT
    /// iptables -A OUTPUT -p tcp --dport 25 -m limit --limit 6/minute -j LOG
    /// ```
    pub(super) static LINT = {
        name: "unlimited-log",
        category: Category::Hazard,
        severity: Severity::Info,
        fixable: false,
        check: check,
    };
}

/// Matches that let only some of many equal packets through.
const LIMITS: [&str; 5] = ["limit", "hashlimit", "recent", "statistic", "quota"];

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let rules = context.live_commands().flat_map(|(step, command)| command.added_rules().map(move |rule| (step, rule)));
    let unlimited =
        rules.filter(|(_, rule)| logs(rule) && rule.undecided.is_empty() && !rule.matches.iter().any(limits));
    let finding = |(step, _): (&Step, &Rule)| {
        context
            .finding(context.analysis.written_at(step), "this rule logs as many packets as there are")
            .with_help("add `-m limit --limit 6/minute`, or what your log can bear")
            .with_confidence(Confidence::Heuristic)
    };
    unlimited.map(finding).collect()
}

fn logs(rule: &Rule) -> bool {
    let target = rule.target.as_ref().and_then(|target| target.name.known());
    target.is_some_and(|name| matches!(name, "LOG" | "NFLOG"))
}

fn limits(own: &Match) -> bool {
    matches!(&own.test, Test::Module(module) if LIMITS.contains(&module.name.as_str()))
}

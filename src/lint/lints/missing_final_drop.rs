//! `missing-final-drop`: a chain that ends in accept.

use crate::diag::{Confidence, Diagnostic, Severity};
use crate::lint::reach::{is_unconditional, keeps_out, open_runs, opens};
use crate::lint::routing::routed;
use crate::lint::setup::{Setup, filters, setup};
use crate::lint::{Category, Context, lint};
use crate::logic::Formula;
use crate::model::{Action, Chain, Command, Dialect, Ruleset, Table};
use crate::text::Place;

lint! {
    /// Finds built-in filter chains that have rules but end in accept.
    ///
    /// # What it does
    /// Looks at `INPUT`, `FORWARD` and `OUTPUT`, and at those of ipchains, as the script leaves
    /// them: there are rules, the policy is not to drop, and no last rule drops or rejects everything.
    /// `FORWARD` without rules counts where the script turns this host into a router: it switches
    /// forwarding on, or translates source addresses beside filtering, unless it is declared that it does
    /// not route. Runs that end without rules,
    /// such as `stop` of an init script, do not count, nor do scripts that only insert rules into a
    /// firewall that another one loads. What a host sends itself is often let through on purpose: an
    /// `OUTPUT` for which the script says ACCEPT, by its policy or by a rule for every packet, is only `info`.
    ///
    /// # Why it is bad
    /// The rules then only list exceptions: every packet that none of them is about gets in. A port
    /// that is opened next year by a new program is open to everyone.
    ///
    /// # Example
    /// ```sh
    /// iptables -A INPUT -p tcp --dport 22 -j ACCEPT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -p tcp --dport 22 -j ACCEPT
    /// ```
    pub(super) static LINT = {
        name: "missing-final-drop",
        category: Category::Hazard,
        severity: Severity::Warning,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if context.analysis.evaluation.cut_short.is_some() {
        return found;
    }
    for ruleset in &context.analysis.rulesets {
        let routed = routed(context, ruleset);
        let filter = ruleset.table("filter");
        if let Some(filter) = filter {
            let judged = filter.chains.iter().filter(|chain| chain.builtin);
            found.extend(judged.filter_map(|chain| judge(context, ruleset, filter, chain, routed)));
        } else if let Some((runs, place)) = routed.filter(|(runs, _)| context.possible(*runs)) {
            found.push(report_routed(context, ruleset, place).only_in(runs));
        }
    }
    found
}

fn judge(
    context: &Context<'_>,
    ruleset: &Ruleset,
    table: &Table,
    chain: &Chain,
    routed: Option<(Formula, Place)>,
) -> Option<Diagnostic> {
    // Commands that another shell is handed may close the chain.
    context.analysis.evaluation.shells_fed.is_empty().then_some(())?;
    let forwards = chain.name.eq_ignore_ascii_case("forward");
    let open = open_runs(context, table, chain);
    let with_rules = context.and(open, filtering(context, chain));
    if context.possible(with_rules) && governs(context, ruleset, chain) {
        return Some(report(context, chain, with_rules));
    }
    let may_route = context.facts().routes != Some(false);
    let (runs, place) = routed.filter(|_| forwards && may_route)?;
    let runs = context.and(open, runs);
    context.possible(runs).then(|| report_routed(context, ruleset, place).only_in(runs))
}

/// Whether the file is meant to say all there is in the chain.
///
/// Where a script flushes the chain or sets its policy, the chain is its own. A script that only puts rules before
/// others, or takes some out again, works on a firewall that another one has loaded; so does one that sets up no
/// chain at all and only keeps packets out.
fn governs(context: &Context<'_>, ruleset: &Ruleset, chain: &Chain) -> bool {
    if context.is_fragment() {
        return false;
    }
    let (mut adapts, mut sets_up) = (false, false);
    for (_, command) in context.live_commands() {
        match setup(command, ruleset, chain) {
            Some(Setup::Flush | Setup::Policy) => return true,
            Some(Setup::Elsewhere) => sets_up = true,
            None => adapts |= changes(command, ruleset, chain),
        }
    }
    let declared = chain.policies.iter().any(|policy| policy.place.is_some());
    let opens = sets_up || !chain.entries.iter().all(|entry| keeps_out(&entry.rule));
    declared || !adapts && opens
}

/// Whether a command puts rules before those that are there, or takes some out.
fn changes(command: &Command, ruleset: &Ruleset, chain: &Chain) -> bool {
    let (Action::Insert { chain: name, .. }
    | Action::DeleteRule { chain: name, .. }
    | Action::DeleteNumber { chain: name, .. }) = &command.action
    else {
        return false;
    };
    filters(command, ruleset) && name.is(&chain.name)
}

/// The runs in which the chain has rules that send packets somewhere; rules that only count are no filter.
fn filtering(context: &Context<'_>, chain: &Chain) -> Formula {
    let filters = chain.entries.iter().filter(|entry| entry.rule.target.is_some() && !entry.many);
    filters.fold(Formula::FALSE, |runs, entry| context.or(runs, entry.guard))
}

fn report(context: &Context<'_>, chain: &Chain, runs: Formula) -> Diagnostic {
    let (place, what) = culprit(context, chain, runs);
    let name = &chain.name;
    let meant = name.eq_ignore_ascii_case("output") && what != LAST_RULE;
    let finding = context
        .finding(place, format!("{name} ends in accept {what}: packets that no rule decides are let through"))
        .with_help(format!("set the policy of {name} to {}, or end it with a rule that drops the rest", closed(name)))
        .with_confidence(confidence(context))
        .only_in(runs);
    Diagnostic { severity: if meant { Severity::Info } else { finding.severity }, ..finding }
}

/// Nobody said what becomes of the rest.
const LAST_RULE: &str = "after this last rule";

/// What lets packets through in those runs, and where it is written.
fn culprit(context: &Context<'_>, chain: &Chain, runs: Formula) -> (Place, &'static str) {
    let in_those = |guard: Formula| context.compatible(guard, runs);
    let entries = || chain.entries.iter().filter(|entry| in_those(entry.guard));
    if let Some(rule) = entries().map(|entry| &entry.rule).find(|rule| is_unconditional(rule) && opens(rule)) {
        return (rule.place, "by this rule");
    }
    let policies = chain.policies.iter().filter(|policy| in_those(policy.guard));
    if let Some(place) = policies.filter_map(|policy| policy.place).next() {
        return (place, "by this policy");
    }
    let last = entries().next_back().map(|entry| entry.rule.place);
    (last.unwrap_or_default(), LAST_RULE)
}

/// A file that was not read may set the policy.
fn confidence(context: &Context<'_>) -> Confidence {
    if context.analysis.evaluation.sources_unread.is_empty() { Confidence::Proved } else { Confidence::Likely }
}

fn report_routed(context: &Context<'_>, ruleset: &Ruleset, place: Place) -> Diagnostic {
    let name = if ruleset.dialect == Dialect::Ipchains { "forward" } else { "FORWARD" };
    context
        .finding(place, format!("this host becomes a router here, but {name} lets every packet through"))
        .with_help(format!("set the policy of {name} to {}, and accept what shall pass", closed(name)))
        .with_confidence(confidence(context))
}

/// The policy that closes a chain.
fn closed(chain: &str) -> &'static str {
    if chain.starts_with(|c: char| c.is_ascii_lowercase()) { "DENY" } else { "DROP" }
}

//! `missing-final-drop`: a chain that lets through what no rule is about.

use crate::diag::{Diagnostic, Severity};
use crate::eval::{Act, Invocation, Program, Step};
use crate::lint::reach::{is_unconditional, open_runs, opens};
use crate::lint::{Category, Context, lint};
use crate::logic::Formula;
use crate::model::{Action, Chain, Command, Dialect, Family, Ruleset, Table};
use crate::text::Place;

lint! {
    /// Finds built-in filter chains that have rules but end in accept.
    ///
    /// # What it does
    /// Looks at `INPUT` and `FORWARD`, and at `input` and `forward` of ipchains, as the script leaves
    /// them: there are rules, the policy is not to drop, and no last rule drops or rejects everything.
    /// `FORWARD` without rules counts where the script turns this host into a router: it switches
    /// forwarding on, or translates source addresses beside filtering. Runs that end without rules,
    /// such as `stop` of an init script, do not count, nor do scripts that only insert rules into a
    /// firewall that another one loads.
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
    for ruleset in &context.analysis.rulesets {
        let routed = routed(context, ruleset);
        let filter = ruleset.table("filter");
        if let Some(filter) = filter {
            let judged = filter.chains.iter().filter(|chain| chain.builtin);
            found.extend(judged.filter_map(|chain| judge(context, ruleset, filter, chain, routed)));
        } else if let Some((_, place)) = routed.filter(|(runs, _)| context.possible(*runs)) {
            found.push(report_routed(context, ruleset, place));
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
    let forwards = chain.name.eq_ignore_ascii_case("forward");
    if !forwards && !chain.name.eq_ignore_ascii_case("input") {
        return None;
    }
    let open = open_runs(context, table, chain);
    let with_rules = context.and(open, filtering(context, chain));
    if context.possible(with_rules) && governs(context, ruleset, chain) {
        return Some(report(context, chain, with_rules));
    }
    let (runs, place) = routed.filter(|_| forwards)?;
    let runs = context.and(open, runs);
    context.possible(runs).then(|| report_routed(context, ruleset, place))
}

/// Whether the file is meant to say all there is in the chain.
///
/// A script that puts rules before others, or takes some out again, and neither flushes the chain
/// nor sets its policy, works on a firewall that another script has loaded.
fn governs(context: &Context<'_>, ruleset: &Ruleset, chain: &Chain) -> bool {
    if chain.policies.iter().any(|policy| policy.place.is_some()) {
        return true;
    }
    let mut adapts = false;
    let own = |command: &Command| (command.dialect, command.family) == (ruleset.dialect, ruleset.family);
    for (_, command) in context.live_commands().filter(|(_, command)| own(command) && command.table.is("filter")) {
        match &command.action {
            Action::Flush { chain: None } => return true,
            Action::Flush { chain: Some(name) } if name.is(&chain.name) => return true,
            Action::Insert { chain: name, .. }
            | Action::DeleteRule { chain: name, .. }
            | Action::DeleteNumber { chain: name, .. } => adapts |= name.is(&chain.name),
            _ => {}
        }
    }
    !adapts
}

/// The runs in which the chain has rules that send packets somewhere; rules that only count are no filter.
fn filtering(context: &Context<'_>, chain: &Chain) -> Formula {
    let filters = chain.entries.iter().filter(|entry| entry.rule.target.is_some() && !entry.many);
    filters.fold(Formula::FALSE, |runs, entry| context.or(runs, entry.guard))
}

fn report(context: &Context<'_>, chain: &Chain, runs: Formula) -> Diagnostic {
    let in_those = |guard: Formula| context.compatible(guard, runs);
    let policy = chain.policies.iter().find(|policy| policy.place.is_some() && in_those(policy.guard));
    let last = chain.entries.iter().rev().find(|entry| in_those(entry.guard));
    let everything = last.filter(|entry| is_unconditional(&entry.rule) && opens(&entry.rule));
    let (place, what) = match (everything, policy.and_then(|policy| policy.place), last) {
        (Some(entry), ..) => (entry.rule.place, "by this rule"),
        (None, Some(place), _) => (place, "by this policy"),
        (None, None, last) => (last.map(|entry| entry.rule.place).unwrap_or_default(), "after this last rule"),
    };
    let name = &chain.name;
    context
        .finding(place, format!("{name} lets through what none of its rules is about, {what}"))
        .with_help(format!("set the policy of {name} to {}, or end it with a rule that drops the rest", closed(name)))
}

fn report_routed(context: &Context<'_>, ruleset: &Ruleset, place: Place) -> Diagnostic {
    let name = if ruleset.dialect == Dialect::Ipchains { "forward" } else { "FORWARD" };
    context
        .finding(place, format!("this host becomes a router here, but {name} lets every packet through"))
        .with_help(format!("set the policy of {name} to {}, and accept what shall pass", closed(name)))
}

/// The policy that closes a chain.
fn closed(chain: &str) -> &'static str {
    if chain.starts_with(|c: char| c.is_ascii_lowercase()) { "DENY" } else { "DROP" }
}

/// The runs that end with this host as a router, and the step that makes it one.
fn routed(context: &Context<'_>, ruleset: &Ruleset) -> Option<(Formula, Place)> {
    let switched = switched_on(context, ruleset.family);
    let translated = ruleset.table("nat").into_iter().flat_map(|table| &table.chains);
    // Where the file is about translation alone, the filter is another one's business.
    if switched.is_none() && ruleset.table("filter").is_none() {
        return None;
    }
    let mut found = switched;
    for entry in translated.filter(|chain| chain.name == "POSTROUTING").flat_map(|chain| &chain.entries) {
        let target = entry.rule.target.as_ref().and_then(|target| target.name.known());
        if matches!(target, Some("MASQUERADE" | "SNAT")) && !entry.many {
            let (runs, place) = found.unwrap_or((Formula::FALSE, entry.rule.place));
            found = Some((context.or(runs, entry.guard), place));
        }
    }
    let (runs, place) = found?;
    Some((context.and(runs, alone(context, ruleset)), place))
}

/// The runs that use this program, and not the one of the other dialect.
fn alone(context: &Context<'_>, ruleset: &Ruleset) -> Formula {
    let (mut own, mut other) = (Formula::FALSE, Formula::FALSE);
    for (step, command) in context.live_commands().filter(|(_, command)| command.family == ruleset.family) {
        let used = if command.dialect == ruleset.dialect { &mut own } else { &mut other };
        *used = context.or(*used, step.guard);
    }
    context.and_not(own, other)
}

fn switched_on(context: &Context<'_>, family: Family) -> Option<(Formula, Place)> {
    let mut found: Option<(Formula, Place)> = None;
    for (step, _) in context.live_steps() {
        let switch = switch(step, family);
        let (runs, place) = found.unwrap_or((Formula::FALSE, context.switch_place(step)));
        found = match switch {
            Some(true) => Some((context.or(runs, step.guard), place)),
            Some(false) if found.is_some() => Some((context.and_not(runs, step.guard), place)),
            _ => found,
        };
    }
    found
}

/// Whether the step turns forwarding on or off.
fn switch(step: &Step, family: Family) -> Option<bool> {
    let Act::Run(invocation) = &step.act else { return None };
    let (key, value) = setting(invocation)?;
    let own = match family {
        Family::V4 => ["net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding"].contains(&key.as_str()),
        Family::V6 => key == "net.ipv6.conf.all.forwarding",
    };
    own.then_some(())?;
    match value.trim() {
        "1" => Some(true),
        "0" => Some(false),
        _ => None,
    }
}

/// A kernel parameter and what it is set to.
fn setting(invocation: &Invocation) -> Option<(String, &str)> {
    match (invocation.program, invocation.arguments.as_slice()) {
        (Program::ProcWrite, [file, text]) => {
            Some((file.known()?.strip_prefix("/proc/sys/")?.replace('/', "."), text.known()?))
        }
        (Program::Sysctl, words) => {
            let (key, value) = words.iter().filter_map(|word| word.known()).find_map(|word| word.split_once('='))?;
            Some((key.trim().replace('/', "."), value))
        }
        _ => None,
    }
}

//! `limit-then-accept`: slowly, but everything.

use crate::diag::{Diagnostic, Severity};
use crate::lint::openings::{modules, openings, protocol};
use crate::lint::{Category, Context, lint};
use crate::model::{Argument, Match, OptionUse, Protocol, Rule, Test};

lint! {
    /// Finds rules that accept whatever comes, as long as it comes slowly.
    ///
    /// # What it does
    /// Looks for rules in INPUT and FORWARD that accept TCP or UDP packets under a limit, and that name neither
    /// port nor address, interface or state.
    ///
    /// # Why it is bad
    /// The rule was to stop a flood, but it lets in: one connection after the other to any port, also to those
    /// that no other rule opens. To stop a flood, drop what exceeds the limit.
    ///
    /// # Example
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -p tcp --syn -m limit --limit 5/second -j ACCEPT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -p tcp --syn --dport 80 -m limit --limit 5/second -j ACCEPT
    /// ```
    pub(super) static LINT = {
        name: "limit-then-accept",
        category: Category::Hazard,
        severity: Severity::Warning,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let slow = openings(context).filter(|(_, rule)| is_open_but_limited(rule));
    let findings = slow.map(|(step, _)| {
        let message = "this limit lets in packets to any port, if only they come slowly";
        let finding = context.finding(context.analysis.written_at(step), message);
        finding.with_help("name the port, or drop what exceeds the limit")
    });
    findings.collect()
}

fn is_open_but_limited(rule: &Rule) -> bool {
    let limited = modules(rule).any(|module| module.name == "limit");
    let ported = matches!(protocol(rule), Some(Protocol::TCP | Protocol::UDP));
    limited && ported && rule.matches.iter().all(is_loose)
}

/// Whether the test leaves every port, address and interface.
fn is_loose(own: &Match) -> bool {
    match &own.test {
        Test::Protocol(_) => true,
        Test::Module(module) if matches!(module.name.as_str(), "limit" | "comment") => true,
        Test::Module(module) => module.name == "tcp" && module.options.iter().all(is_of_first_packet),
        _ => false,
    }
}

/// Whether the option asks for TCP flags as the first packet of a connection has them.
fn is_of_first_packet(option: &OptionUse) -> bool {
    match &option.argument {
        Some(Argument::Set { among: Some(among), chosen }) if option.name == "--tcp-flags" => {
            !option.negated && among.iter().all(|flag| (flag == "SYN") == chosen.contains(flag))
        }
        _ => false,
    }
}

//! `limit-without-drop`: a limit that holds nothing back.

use crate::diag::{Diagnostic, Severity};
use crate::lint::openings::{accepts, modules};
use crate::lint::{Category, Context, lint};
use crate::model::{Entry, Family, Match, Rule, Ruleset, Test};
use crate::packet::{Hook, Passage};

lint! {
    /// Finds limits on accepted packets of which the rest is accepted as well.
    ///
    /// # What it does
    /// Looks for rules in INPUT, FORWARD and OUTPUT that accept packets up to a limit, and works out what becomes
    /// of those beyond it: the rules behind it, or the policy, accept every one of them.
    ///
    /// # Why it is bad
    /// A limit only says when the rule matches. Packets that are too many go on to the next rule, and if that
    /// accepts them, nothing is limited.
    ///
    /// # Example
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -p tcp --dport 22 -m limit --limit 3/minute -j ACCEPT
    /// iptables -A INPUT -p tcp --dport 22 -j ACCEPT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -p tcp --dport 22 -m limit --limit 3/minute -j ACCEPT
    /// iptables -A INPUT -p tcp --dport 22 -j DROP
    /// ```
    pub(super) static LINT = {
        name: "limit-without-drop",
        category: Category::Hazard,
        severity: Severity::Warning,
        fixable: false,
        check: check,
    };
}

/// So many limited rules of a chain are looked at.
const MOST: usize = 20;

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for ruleset in context.analysis.rulesets.iter().filter(|ruleset| ruleset.family == Family::V4) {
        for hook in [Hook::Input, Hook::Forward, Hook::Output] {
            let chain = ruleset.table("filter").and_then(|filter| filter.chain(hook.chain(ruleset.dialect)));
            let Some(chain) = chain.filter(|chain| !chain.ordering_uncertain) else { continue };
            let limited = chain.entries.iter().enumerate().filter(|(_, entry)| is_limited(&entry.rule));
            for (at, entry) in limited.take(MOST) {
                if !entry.many && context.possible(entry.guard) && excess_passes(context, (ruleset, hook), (at, entry))
                {
                    let message = "what exceeds this limit is accepted all the same, by a later rule or the policy";
                    let finding = context.finding(entry.rule.place, message);
                    found.push(finding.with_help("drop the rest behind this rule"));
                }
            }
        }
    }
    found
}

fn is_limited(rule: &Rule) -> bool {
    accepts(rule) && rule.matches.iter().any(is_limit)
}

/// Whether the match holds as long as there are few packets.
fn is_limit(own: &Match) -> bool {
    let Test::Module(module) = &own.test else { return false };
    let upto = || module.options.iter().any(|option| option.name == "--hashlimit-upto" && !option.negated);
    module.name == "limit" || module.name == "hashlimit" && upto()
}

/// Whether all packets that the rule is for, but for its limit, pass what stands behind it.
fn excess_passes(context: &Context<'_>, (ruleset, hook): (&Ruleset, Hook), (at, limited): (usize, &Entry)) -> bool {
    // Several limits in one rule, or another test that remembers, say more than that there are many packets.
    let remembering = modules(&limited.rule).filter(|module| REMEMBERS.contains(&module.name.as_str()));
    remembering.count() == 1 && context.gate(ruleset, limited.guard).ask_behind(hook, at) == Some(Passage::Everything)
}

/// Matches whose answer depends on earlier packets.
const REMEMBERS: [&str; 6] = ["limit", "hashlimit", "recent", "connlimit", "quota", "statistic"];

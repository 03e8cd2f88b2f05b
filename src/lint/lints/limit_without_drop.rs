//! `limit-without-drop`: a limit that holds nothing back.

use crate::diag::{Diagnostic, Severity};
use crate::lint::openings::{accepts, modules};
use crate::lint::{Category, Context, lint};
use crate::logic::Formula;
use crate::model::{Chain, Entry, Family, Match, Rule, Ruleset, Target, Test};
use crate::packet::{Class, Hook, Passage};
use crate::text::Place;

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

/// The name of the chain that picks out the packets of the limited rule.
const PICK: &str = "beyond the limit";

/// So many limited rules of a chain are looked at: for each the chain is made anew.
const MOST: usize = 20;

/// Longer chains take too much work.
const LONGEST: usize = 300;

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for ruleset in context.analysis.rulesets.iter().filter(|ruleset| ruleset.family == Family::V4) {
        for hook in [Hook::Input, Hook::Forward, Hook::Output] {
            let chain = ruleset.table("filter").and_then(|filter| filter.chain(hook.chain(ruleset.dialect)));
            let Some(chain) = chain.filter(|chain| !chain.ordering_uncertain && chain.entries.len() <= LONGEST) else {
                continue;
            };
            let limited = chain.entries.iter().enumerate().filter(|(_, entry)| is_limited(&entry.rule));
            for (at, entry) in limited.take(MOST) {
                if !entry.many && context.possible(entry.guard) && excess_passes(context, (ruleset, chain, hook), at) {
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
///
/// That is asked of a chain in which every other packet is accepted first.
fn excess_passes(context: &Context<'_>, (ruleset, chain, hook): (&Ruleset, &Chain, Hook), at: usize) -> bool {
    let limited = &chain.entries[at];
    // Several limits in one rule, or another test that remembers, say more than that there are many packets.
    if modules(&limited.rule).filter(|module| REMEMBERS.contains(&module.name.as_str())).count() > 1 {
        return false;
    }
    let matches = limited.rule.matches.iter().filter(|own| !is_limit(own)).cloned().collect();
    let picked = Rule { matches, ..jump(limited.rule.place, "RETURN") };
    let entry = |rule: Rule| Entry { rule: rule.into(), guard: Formula::TRUE, many: false };
    let mut own = ruleset.clone();
    let Some(filter) = own.tables.iter_mut().find(|table| table.name == "filter") else { return false };
    filter.add_chain(PICK, vec![entry(picked), entry(jump(limited.rule.place, "ACCEPT"))]);
    let Some(rest) = filter.chains.iter_mut().find(|own| own.name == chain.name) else { return false };
    rest.entries.drain(..=at);
    rest.entries.insert(0, entry(jump(limited.rule.place, PICK)));
    context.gate(&own, limited.guard).ask(hook, &Class::default()) == Some(Passage::Everything)
}

/// Matches whose answer depends on earlier packets.
const REMEMBERS: [&str; 6] = ["limit", "hashlimit", "recent", "connlimit", "quota", "statistic"];

fn jump(place: Place, name: &str) -> Rule {
    let target = Target { name: name.into(), goto: false, extension: false, options: Vec::new(), place };
    Rule { target: Some(target), ..Rule::new(place) }
}

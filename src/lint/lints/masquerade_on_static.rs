//! `masquerade-on-static`: looking up an address that never changes.

use crate::diag::{Confidence, Diagnostic, Severity};
use crate::lint::translations::{new_end, translations, way_out};
use crate::lint::{Category, Context, Facts, lint};
use crate::model::{Entry, Interface, Ruleset};

lint! {
    /// Finds MASQUERADE out of interfaces whose address stays the same.
    ///
    /// # What it does
    /// Looks for MASQUERADE rules with `-o` for an interface that `static-interfaces` in `iptlint.toml` declares,
    /// or that the same file also translates to a fixed address with SNAT. It is off unless it is asked for.
    ///
    /// # Why it is bad
    /// MASQUERADE looks up the address of the interface for each connection, and forgets all connections when
    /// the interface goes down for a moment. With SNAT they survive.
    ///
    /// # Example
    /// ```sh
    /// iptables -P FORWARD DROP
    /// iptables -t nat -A POSTROUTING -o eth0 -s 10.1.0.0/16 -j SNAT --to-source 203.0.113.5
    /// iptables -t nat -A POSTROUTING -o eth0 -s 10.2.0.0/16 -j MASQUERADE
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P FORWARD DROP
    /// iptables -t nat -A POSTROUTING -o eth0 -s 10.1.0.0/16 -j SNAT --to-source 203.0.113.5
    /// iptables -t nat -A POSTROUTING -o eth0 -s 10.2.0.0/16 -j SNAT --to-source 203.0.113.5
    /// ```
    pub(super) static LINT = {
        name: "masquerade-on-static",
        category: Category::Hazard,
        severity: Severity::Info,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    context.analysis.rulesets.iter().flat_map(|ruleset| of_ruleset(context, ruleset)).collect()
}

fn of_ruleset(context: &Context<'_>, ruleset: &Ruleset) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let fixed = translations(ruleset, "POSTROUTING", &["SNAT"]);
    for entry in translations(ruleset, "POSTROUTING", &["MASQUERADE"]) {
        let Some(interface) = way_out(&entry.rule) else { continue };
        let message = format!("the address of `{interface}` stays the same, so it need not be looked up");
        let finding =
            context.finding(entry.rule.place, message).with_help("use `-j SNAT --to-source` with the address");
        if Facts::covers(&context.facts().fixed, interface) {
            found.push(finding);
        } else if let Some(other) = fixed.iter().find(|other| names_address(context, other, entry, interface)) {
            let finding = finding.with_related(other.rule.place, "this rule names the address");
            found.push(finding.with_confidence(Confidence::Likely));
        }
    }
    found
}

fn names_address(context: &Context<'_>, other: &Entry, entry: &Entry, interface: &Interface) -> bool {
    way_out(&other.rule) == Some(interface)
        && !interface.prefix
        && new_end(&other.rule, "--to-source").is_some()
        && context.compatible(other.guard, entry.guard)
}

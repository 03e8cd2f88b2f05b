//! `missing-mss-clamp`: packets too long for DSL.

use crate::diag::{Confidence, Diagnostic, Severity};
use crate::lint::translations::{translations, way_out};
use crate::lint::{Category, Context, lint};
use crate::model::{Dialect, Entry, Rule, Ruleset};

lint! {
    /// Finds routers that send out by `ppp` devices and leave the segment size of connections as it is.
    ///
    /// # What it does
    /// Looks for files that translate the source addresses of what leaves by a `ppp` device, and that have no
    /// rule with the target TCPMSS. It is off unless it is asked for: programs that dial in can do the same.
    ///
    /// # Why it is bad
    /// Over PPPoE a packet has eight bytes less than in an Ethernet. Hosts inside do not know that, and many
    /// servers outside never hear of it. Connections open, and hang with the first long packet.
    ///
    /// # Example
    /// ```sh
    /// iptables -P FORWARD DROP
    /// iptables -t nat -A POSTROUTING -o ppp0 -j MASQUERADE
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P FORWARD DROP
    /// iptables -t mangle -A FORWARD -o ppp0 -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
    /// iptables -t nat -A POSTROUTING -o ppp0 -j MASQUERADE
    /// ```
    pub(super) static LINT = {
        name: "missing-mss-clamp",
        category: Category::Hazard,
        severity: Severity::Info,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    if !context.is_whole() {
        return Vec::new();
    }
    let rulesets = context.analysis.rulesets.iter().filter(|ruleset| ruleset.dialect == Dialect::Iptables);
    rulesets.filter(|ruleset| !clamps(ruleset)).filter_map(|ruleset| report(context, ruleset)).collect()
}

/// Whether some rule changes the segment size, or may for all that is known.
fn clamps(ruleset: &Ruleset) -> bool {
    let clamps = |rule: &Rule| match rule.target.as_ref().map(|target| target.name.known()) {
        Some(name) => name.is_none_or(|name| name == "TCPMSS"),
        None => !rule.undecided.is_empty(),
    };
    let chains = ruleset.tables.iter().flat_map(|table| &table.chains);
    chains.flat_map(|chain| &chain.entries).any(|entry| clamps(&entry.rule))
}

fn report(context: &Context<'_>, ruleset: &Ruleset) -> Option<Diagnostic> {
    let over_ppp = |entry: &&Entry| {
        let name = way_out(&entry.rule).map(|interface| interface.name.as_str());
        name.is_some_and(|name| name.starts_with("ppp")) && context.possible(entry.guard)
    };
    let entry = translations(ruleset, "POSTROUTING", &["MASQUERADE", "SNAT"]).into_iter().find(over_ppp)?;
    let message = "connections leave by a `ppp` device here, and nothing makes their segments fit";
    let finding = context.finding(entry.rule.place, message).with_confidence(Confidence::Heuristic);
    let help = "`-t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu`";
    Some(finding.with_help(format!("unless the dialling program does it: {help}")))
}

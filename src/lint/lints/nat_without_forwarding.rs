//! `nat-without-forwarding`: a router that does not route.

use crate::diag::{Confidence, Diagnostic, Severity};
use crate::lint::routing::may_switch_on;
use crate::lint::translations::translations;
use crate::lint::{Category, Context, lint};
use crate::model::{Dialect, Entry, Ruleset};

lint! {
    /// Finds scripts that translate the addresses of forwarded packets but never switch forwarding on.
    ///
    /// # What it does
    /// Looks for scripts with MASQUERADE or SNAT in POSTROUTING, or MASQ in ipchains, that neither write to
    /// `/proc/sys/net/ipv4/ip_forward` nor call `sysctl`. Where `iptlint.toml` says `routes = true`, somebody
    /// else is known to do so. It is off unless it is asked for, since many systems keep the switch in a file.
    ///
    /// # Why it is bad
    /// The kernel forwards nothing by default. The rules are there, and no packet ever comes to them.
    ///
    /// # Example
    /// ```sh
    /// iptables -P FORWARD DROP
    /// iptables -A FORWARD -i eth1 -o ppp0 -j ACCEPT
    /// iptables -t nat -A POSTROUTING -o ppp0 -j MASQUERADE
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P FORWARD DROP
    /// iptables -A FORWARD -i eth1 -o ppp0 -j ACCEPT
    /// iptables -t nat -A POSTROUTING -o ppp0 -j MASQUERADE
    /// echo 1 > /proc/sys/net/ipv4/ip_forward
    /// ```
    pub(super) static LINT = {
        name: "nat-without-forwarding",
        category: Category::Hazard,
        severity: Severity::Info,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let analysis = context.analysis;
    let elsewhere = !context.is_whole() || context.facts().routes == Some(true);
    if !context.is_script() || elsewhere || may_switch_on(context) {
        return Vec::new();
    }
    let entry = analysis.rulesets.iter().find_map(|ruleset| source_translation(context, ruleset));
    let finding = |entry: &Entry| {
        let message = "this rule is for forwarded packets, but the script never switches forwarding on";
        let finding = context.finding(entry.rule.place, message).with_confidence(Confidence::Likely);
        finding.with_help("write 1 to /proc/sys/net/ipv4/ip_forward once the rules are there")
    };
    entry.map(finding).into_iter().collect()
}

fn source_translation<'a>(context: &Context<'_>, ruleset: &'a Ruleset) -> Option<&'a Entry> {
    let live = |entry: &&Entry| context.possible(entry.guard);
    match ruleset.dialect {
        Dialect::Iptables => translations(ruleset, "POSTROUTING", &["MASQUERADE", "SNAT"]).into_iter().find(live),
        Dialect::Ipchains => {
            let forward = ruleset.table("filter")?.chain("forward")?;
            let masquerades = |entry: &&Entry| entry.rule.target.as_ref().is_some_and(|target| target.name.is("MASQ"));
            forward.entries.iter().filter(masquerades).find(live)
        }
    }
}

//! `snat-on-dynamic`: yesterday's address.

use crate::diag::{Confidence, Diagnostic, Severity};
use crate::lint::translations::{new_end, option, translations, way_out};
use crate::lint::{Category, Context, Facts, lint};
use crate::model::{Argument, Interface, Rule, Unknown};
use crate::syntax::Kind;

lint! {
    /// Finds SNAT to the address that an interface happens to have.
    ///
    /// # What it does
    /// Looks for SNAT rules whose `--to-source` the script cuts out of the output of `ifconfig` or `ip`, and for
    /// SNAT with a fixed address out of `ppp` devices and of interfaces that `dynamic-interfaces` in
    /// `iptlint.toml` declares. Interfaces declared as static are left alone. It is off unless it is asked for.
    ///
    /// # Why it is bad
    /// The rule keeps the address of the moment when it was loaded. With the next address nobody inside gets an
    /// answer any more, until somebody runs the script again.
    ///
    /// # Example
    /// ```sh
    /// iptables -P FORWARD DROP
    /// address=$(ip -4 addr show dev eth0 | sed -n 's/.*inet \([0-9.]*\).*/\1/p')
    /// iptables -t nat -A POSTROUTING -o eth0 -j SNAT --to-source $address
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P FORWARD DROP
    /// iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE
    /// ```
    pub(super) static LINT = {
        name: "snat-on-dynamic",
        category: Category::Hazard,
        severity: Severity::Info,
        fixable: false,
        check: check,
    };
}

/// Beginnings of the names of devices that get their address anew with each call.
const DIALLED: [&str; 3] = ["ppp", "ippp", "wwan"];

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let rulesets = context.analysis.rulesets.iter();
    let rules = rulesets.flat_map(|ruleset| translations(ruleset, "POSTROUTING", &["SNAT"])).map(|entry| &entry.rule);
    rules.filter_map(|rule| judge(context, rule)).collect()
}

fn judge(context: &Context<'_>, rule: &Rule) -> Option<Diagnostic> {
    let interface = way_out(rule);
    let declared = |list| interface.is_some_and(|interface| Facts::covers(list, interface));
    if declared(&context.facts().fixed) {
        return None;
    }
    let fixed = new_end(rule, "--to-source").is_some();
    let finding = |why: &str, confidence| {
        let message = format!("{why}, but SNAT keeps the one that it was given");
        context.finding(rule.place, message).with_help("use `-j MASQUERADE`").with_confidence(confidence)
    };
    match interface {
        Some(interface) if fixed && declared(&context.facts().dynamic) => {
            Some(finding(&format!("the address of `{interface}` changes"), Confidence::Proved))
        }
        Some(interface) if fixed && is_dialled(interface) => {
            Some(finding(&format!("the address of `{interface}` may change with each call"), Confidence::Heuristic))
        }
        _ if looked_up(context, rule) => {
            Some(finding("the script looks up the address, which may change later", Confidence::Heuristic))
        }
        _ => None,
    }
}

fn is_dialled(interface: &Interface) -> bool {
    DIALLED.iter().any(|start| interface.name.starts_with(start))
}

/// Whether the new address is what a program says of an interface.
fn looked_up(context: &Context<'_>, rule: &Rule) -> bool {
    match option(rule, "--to-source").and_then(|option| option.argument.as_ref()) {
        Some(Argument::Unknown(value)) => value.unknowns().any(|unknown| asks_for_address(context, unknown)),
        _ => false,
    }
}

fn asks_for_address(context: &Context<'_>, unknown: &Unknown) -> bool {
    let Some(tree) = context.analysis.tree() else { return false };
    let source = context.analysis.sources.get(context.analysis.file);
    let assignments = tree.root().walk().filter(|node| node.kind == Kind::Assignment);
    let mut texts = assignments.map(|node| source.text(node.span));
    let start = format!("{}=", unknown.name);
    says_address(&unknown.name) || texts.any(|text| text.starts_with(&start) && says_address(&text))
}

fn says_address(text: &str) -> bool {
    (text.contains('`') || text.contains("$("))
        && ["ifconfig", "ip addr", "ip -4 addr", "ip a ", "ip -o", "ip -f inet addr"]
            .iter()
            .any(|own| text.contains(own))
}

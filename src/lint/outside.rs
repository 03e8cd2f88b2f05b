//! The interface that leads outside, as far as a script or the user's facts name one.

use std::collections::BTreeMap;

use super::Context;
use super::translations::{translations, way_out};
use crate::model::{Dialect, Family};
use crate::syntax::{Kind, Node};
use crate::text::Place;

/// What the names of variables that hold such an interface have in them.
const SIGNS: [&str; 7] = ["EXT", "WAN", "INET", "INTERNET", "OUTSIDE", "PUBLIC", "UPLINK"];

/// The only interface that leads outside, as a command at `place` would name it; `None` where there are several.
///
/// It is declared, or other translations are for it, or it stands in a variable whose name says so.
pub(super) fn interface(context: &Context<'_>, place: Place) -> Option<String> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let declared = context.facts().outside.iter().map(ToString::to_string);
    let used = translated(context).into_iter();
    found.extend(declared.chain(used).map(|name| (name.clone(), name)));
    // Where a variable holds it, that is how the script calls it.
    found.extend(variables(context, place).into_iter().map(|(variable, name)| (name, format!("${variable}"))));
    let mut all = found.into_values();
    all.next().filter(|_| all.next().is_none())
}

/// The ways out of the translations that name one.
fn translated(context: &Context<'_>) -> Vec<String> {
    let Some(ruleset) = context.analysis.ruleset(Dialect::Iptables, Family::V4) else { return Vec::new() };
    let rules = translations(ruleset, "POSTROUTING", &["MASQUERADE", "SNAT"]);
    rules.into_iter().filter_map(|entry| way_out(&entry.rule)).map(ToString::to_string).collect()
}

/// Variables that are set before `place`, with the interface that each holds.
fn variables(context: &Context<'_>, place: Place) -> Vec<(String, String)> {
    let Some(tree) = context.analysis.tree().filter(|_| place.file == context.analysis.file) else { return Vec::new() };
    let before = |node: &Node<'_>| node.kind == Kind::Assignment && node.span.end <= place.span.start;
    let source = context.analysis.sources.get(place.file);
    let set = tree.root().walk().filter(before).filter_map(|node| {
        let text = source.text(node.span);
        let (name, value) = text.split_once('=')?;
        let value = value.trim_matches(['"', '\'']);
        (says_outside(name) && is_interface(value)).then(|| (name.to_owned(), value.to_owned()))
    });
    set.collect()
}

fn says_outside(variable: &str) -> bool {
    let variable = variable.to_ascii_uppercase();
    SIGNS.iter().any(|sign| variable.contains(sign))
}

/// Names such as eth0, ppp0 and enp3s0, but no addresses and no words.
fn is_interface(text: &str) -> bool {
    let letters = text.starts_with(|c: char| c.is_ascii_lowercase());
    letters
        && text.len() <= 15
        && text.ends_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::judging::fixed;

    /// The rule after the repair of a script in which it is the last line.
    fn masquerade(before: &str) -> String {
        let script = format!("iptables -P FORWARD DROP\n{before}\niptables -t nat -A POSTROUTING -j MASQUERADE\n");
        let fixed = fixed("bare-masquerade", &script);
        fixed.lines().last().and_then(|line| line.split_once("POSTROUTING ")).unwrap().1.to_owned()
    }

    #[test]
    fn the_only_interface_that_leads_outside_is_named() {
        let other = "iptables -t nat -A POSTROUTING -o ppp0 -s 10.0.0.0/8 -j MASQUERADE";
        assert_eq!(masquerade(other), "-o ppp0 -j MASQUERADE");
        assert_eq!(masquerade("LAN=eth1\nEXTIF=\"eth0\""), "-o $EXTIF -j MASQUERADE");
        assert_eq!(masquerade(&format!("WAN=ppp0\n{other}")), "-o $WAN -j MASQUERADE");
        let nobody_knows = ["", "LAN=eth1", "EXTIF=$1", "EXT_IP=192.0.2.1", "EXT1=eth0 EXT2=eth1"];
        for before in nobody_knows.map(str::to_owned).into_iter().chain([format!("EXTIF=eth0\n{other}")]) {
            assert_eq!(masquerade(&before), "-j MASQUERADE", "{before}");
        }
    }

    #[test]
    fn interfaces_are_told_by_the_names_of_their_variables() {
        for name in ["EXTIF", "IF_EXT", "wan_if", "INET_IFACE"] {
            assert!(says_outside(name), "{name}");
        }
        for name in ["LAN_IF", "INTIF", "IF"] {
            assert!(!says_outside(name), "{name}");
        }
        for name in ["eth0", "ppp0", "enp3s0"] {
            assert!(is_interface(name), "{name}");
        }
        for text in ["192.0.2.1", "", "yes", "10", "$1", "/etc/rc0"] {
            assert!(!is_interface(text), "{text}");
        }
    }
}

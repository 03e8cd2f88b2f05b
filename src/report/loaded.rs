//! What a file would load, as one JSON object: rules, chains, and commands that are refused.
//!
//! Rules of ipchains come with all their fields; those of iptables, which may have any
//! extension, as the words of their line in a save file.

use serde_json::{Map, Value as Json, json};

use super::rules_json;
use crate::diag::Variant;
use crate::model::{Dialect, Family, Ruleset, Table, shown_name};
use crate::print::iptables::{Style, specification};

/// A command that the program or the kernel would refuse.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Refused {
    /// Its line in the file.
    pub line: usize,
    /// What the program would say; empty where it only hints at its help.
    pub message: String,
}

/// A restore program that stops, so that some lines are not loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// The line at which it stops.
    pub line: usize,
    /// The first line that is not loaded.
    pub from: usize,
}

/// The object for the rulesets of one dialect, as the variant of iptables words them, and what was refused on the way
/// there; where restore programs stop is only there where one does.
pub fn loaded(rulesets: &[&Ruleset], (refused, stopped): (&[Refused], &[Stopped]), variant: Option<Variant>) -> String {
    let mut object = json!({ "rules": [], "chains": {} });
    for ruleset in rulesets {
        let own = match ruleset.dialect {
            Dialect::Ipchains => rules_json(ruleset),
            Dialect::Iptables => iptables(ruleset, variant),
        };
        merge(&mut object, own);
    }
    let line = |refused: &Refused| json!({ "line": refused.line, "message": refused.message });
    object["refused"] = refused.iter().map(line).collect();
    if !stopped.is_empty() {
        let stop = |stop: &Stopped| json!({ "line": stop.line, "from": stop.from });
        object["stopped"] = stopped.iter().map(stop).collect();
    }
    format!("{object:#}\n")
}

fn merge(object: &mut Json, own: Json) {
    let Json::Object(own) = own else { return };
    for (key, value) in own {
        match (&mut object[&key], value) {
            (Json::Array(all), Json::Array(more)) => all.extend(more),
            (Json::Object(all), Json::Object(more)) => all.extend(more),
            _ => {}
        }
    }
}

fn iptables(ruleset: &Ruleset, variant: Option<Variant>) -> Json {
    let style = Style { family: ruleset.family, variant };
    let rules: Vec<Json> = ruleset.tables.iter().flat_map(|table| rules(table, style)).collect();
    let chains: Map<String, Json> = ruleset.tables.iter().flat_map(|table| chains(table, ruleset.family)).collect();
    json!({ "rules": rules, "chains": chains })
}

fn rules(table: &Table, style: Style) -> Vec<Json> {
    let entries = table.chains.iter().flat_map(|chain| chain.entries.iter().map(move |entry| (chain, entry)));
    entries
        .map(|(chain, entry)| {
            let target = entry.rule.target.as_ref().map(|target| shown_name(&target.name.to_string()).to_owned());
            json!({
                "family": family_name(style.family),
                "table": table.name,
                "chain": shown_name(&chain.name),
                "rule": specification(&entry.rule, style),
                "target": target.unwrap_or_default(),
            })
        })
        .collect()
}

/// Chains with their policies; the name of a table other than filter, and of IPv6, stands before the chain's.
fn chains(table: &Table, family: Family) -> Vec<(String, Json)> {
    let table_name = if table.name == "filter" { String::new() } else { format!("{}:", table.name) };
    let prefix = if family == Family::V6 { format!("ipv6:{table_name}") } else { table_name };
    let policy = |policies: &[crate::model::Policy]| match policies.last() {
        Some(policy) => json!(policy.target.to_string()),
        None => json!("-"),
    };
    table.chains.iter().map(|chain| (format!("{prefix}{}", shown_name(&chain.name)), policy(&chain.policies))).collect()
}

fn family_name(family: Family) -> &'static str {
    match family {
        Family::V4 => "ipv4",
        Family::V6 => "ipv6",
    }
}

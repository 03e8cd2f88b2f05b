//! The rules of an ipchains ruleset as JSON: what the kernel would hold.
//!
//! The shape is that of the conformance data: every field of every rule, whether set or not.
//! Conditions of rules are not part of it.

use std::net::Ipv4Addr;

use serde_json::{Map, Value as Json, json};

use crate::model::{
    Address, Argument, Chain, Effect, Interface, Known, MarkChange, Match, Network, PortRange, Protocol, Rule, Ruleset,
    Test,
};

/// `{"rules": [...], "chains": {...}}`; unknown values are texts like `${NAME}`.
pub fn rules_json(ruleset: &Ruleset) -> Json {
    let chains = || ruleset.tables.iter().flat_map(|table| &table.chains);
    let rules: Vec<Json> =
        chains().flat_map(|chain| chain.entries.iter().map(move |entry| rule(chain, &entry.rule))).collect();
    let policies: Map<String, Json> = chains().map(|chain| (chain.name.clone(), policy(chain))).collect();
    json!({ "rules": rules, "chains": policies })
}

fn policy(chain: &Chain) -> Json {
    chain.policies.last().map_or(json!("-"), |policy| json!(policy.target.to_string()))
}

fn rule(chain: &Chain, rule: &Rule) -> Json {
    let mut object = Map::new();
    object.insert("chain".to_owned(), json!(chain.name));
    tests(&mut object, rule);
    effects(&mut object, rule);
    let option = rule.target.as_ref().and_then(|target| target.options.first());
    if let Some(argument) = option.and_then(|option| option.argument.as_ref()) {
        object.insert("redirect_port".to_owned(), port_argument(argument));
    }
    object.insert("not".to_owned(), json!(negated(rule)));
    if !rule.undecided.is_empty() {
        let words: Vec<String> = rule.undecided.iter().map(ToString::to_string).collect();
        object.insert("undecided".to_owned(), json!(words));
    }
    Json::Object(object)
}

/// The fields from `src` to `frag`, each with its value for a test that is not there.
fn tests(object: &mut Map<String, Json>, rule: &Rule) {
    let find = |test: fn(&Test) -> Option<Json>, absent: Json| {
        rule.matches.iter().find_map(|found| test(&found.test)).unwrap_or(absent)
    };
    let any = || json!(["0.0.0.0", "0.0.0.0"]);
    let all = || json!([PortRange::ANY.low, PortRange::ANY.high]);
    let source = find(|test| if let Test::Source(address) = test { Some(network(address)) } else { None }, any());
    let destination =
        find(|test| if let Test::Destination(address) = test { Some(network(address)) } else { None }, any());
    let interface =
        find(|test| if let Test::Interface(name) = test { Some(device(name)) } else { None }, json!(["", true]));
    let protocol = find(|test| if let Test::Protocol(known) = test { Some(protocol(known)) } else { None }, json!(0));
    let sport = find(|test| if let Test::SourcePort(range) = test { Some(ports(range)) } else { None }, all());
    let dport = find(|test| if let Test::DestinationPort(range) = test { Some(ports(range)) } else { None }, all());
    let mut insert = |name: &str, value: &Json| object.insert(name.to_owned(), value.clone());
    insert("src", &source[0]);
    insert("smask", &source[1]);
    insert("dst", &destination[0]);
    insert("dmask", &destination[1]);
    insert("iface", &interface[0]);
    insert("iface_prefix", &interface[1]);
    insert("proto", &protocol);
    insert("sport", &sport);
    insert("dport", &dport);
    insert("syn", &find(|test| (*test == Test::Syn).then_some(json!(true)), json!(false)));
    insert("frag", &find(|test| (*test == Test::Fragment).then_some(json!(true)), json!(false)));
}

fn effects(object: &mut Map<String, Json>, rule: &Rule) {
    let tos = rule
        .effects
        .iter()
        .find_map(|effect| if let Effect::Tos { and, xor } = effect { Some((*and, *xor)) } else { None });
    let (and, xor) = tos.unwrap_or((0xFF, 0));
    object.insert("log".to_owned(), json!(rule.effects.contains(&Effect::Log)));
    object.insert("tos_and".to_owned(), json!(and));
    object.insert("tos_xor".to_owned(), json!(xor));
    let target = rule.target.as_ref().map(|target| target.name.to_string());
    object.insert("target".to_owned(), json!(target.unwrap_or_default()));
    for effect in &rule.effects {
        let (key, value) = match effect {
            Effect::Mark(Known::Is(MarkChange::Set(mark))) => ("mark", json!(mark)),
            Effect::Mark(Known::Is(MarkChange::Add(mark))) => ("mark_add", json!(mark)),
            Effect::Mark(Known::Unknown(mark)) => ("mark", json!(mark.to_string())),
            Effect::Netlink(size) => ("output", known(size, |size| json!(size))),
            Effect::Log | Effect::Tos { .. } => continue,
        };
        object.insert(key.to_owned(), value);
    }
}

fn port_argument(argument: &Argument) -> Json {
    match argument {
        Argument::Number(port) => json!(port),
        Argument::Unknown(port) => json!(port.to_string()),
        _ => Json::Null,
    }
}

fn known<T>(value: &Known<T>, json: impl Fn(&T) -> Json) -> Json {
    match value {
        Known::Is(value) => json(value),
        Known::Unknown(value) => json!(value.to_string()),
    }
}

/// Address and mask; an unknown text keeps its mask, and the mask is empty.
fn network(address: &Known<Address>) -> Json {
    match address {
        Known::Is(Address::V4(Network { address, mask })) => {
            json!([Ipv4Addr::from(*address).to_string(), Ipv4Addr::from(*mask).to_string()])
        }
        Known::Is(Address::Name(name, mask)) => json!([name, Ipv4Addr::from(*mask).to_string()]),
        Known::Is(Address::V6(network)) => json!([network.to_string(), ""]),
        Known::Unknown(value) => json!([value.to_string(), ""]),
    }
}

fn device(interface: &Known<Interface>) -> Json {
    match interface {
        Known::Is(interface) => json!([interface.name.as_str(), interface.prefix]),
        Known::Unknown(value) => json!([value.to_string(), false]),
    }
}

fn protocol(value: &Known<Protocol>) -> Json {
    known(value, |protocol| json!(protocol.0))
}

fn ports(range: &Known<PortRange>) -> Json {
    known(range, |range| json!([range.low, range.high]))
}

/// The names of the negated fields, in a fixed order.
fn negated(rule: &Rule) -> Vec<&'static str> {
    const ORDER: &[&str] = &["src", "dst", "proto", "sport", "dport", "iface", "syn", "frag"];
    let negated: Vec<&str> = rule.matches.iter().filter(|found| found.negated).map(field).collect();
    ORDER.iter().copied().filter(|name| negated.contains(name)).collect()
}

fn field(found: &Match) -> &'static str {
    match found.test {
        Test::Source(_) => "src",
        Test::Destination(_) => "dst",
        Test::Protocol(_) => "proto",
        Test::SourcePort(_) => "sport",
        Test::DestinationPort(_) => "dport",
        Test::Interface(_) => "iface",
        Test::Syn => "syn",
        Test::Fragment => "frag",
        Test::InInterface(_) | Test::OutInterface(_) | Test::Module(_) => "",
    }
}

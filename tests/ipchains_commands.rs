//! Single ipchains commands, and what the firewall holds after them.
//!
//! `ipchains-commands.jsonl` was recorded from the real program; `ipchains-commands-more.jsonl` is
//! worked out by hand from the documented behaviour. Both run in an empty firewall with the user
//! chain `usr`. The second file leaves fields out that have their usual value.

#![allow(clippy::unwrap_used, clippy::panic)]

use iptlint::dialect::ipchains::parse;
use iptlint::logic::{Formula, Formulas};
use iptlint::model::{Dialect, Family, Ruleset, Word};
use iptlint::print::ipchains_save;
use iptlint::report::rules_json;
use iptlint::text::Place;
use serde_json::{Map, Value, json};

const RECORDED: &str = include_str!("data/ipchains-commands.jsonl");
const WORKED_OUT: &str = include_str!("data/ipchains-commands-more.jsonl");

/// Runs the words after the program name.
fn run(ruleset: &mut Ruleset, arguments: &str) -> Result<(), String> {
    let words: Vec<Word> = arguments.split_whitespace().map(|word| Word::new(word, Place::default())).collect();
    let parsed = parse(&words, Place::default());
    let Some(command) = parsed.command else { return Err(parsed.refusal.unwrap_or_default()) };
    ruleset.apply(&command, Formula::TRUE, false, &mut Formulas::new(100)).map_err(|refusal| refusal.message)
}

fn with_user_chain() -> Ruleset {
    let mut ruleset = Ruleset::new(Dialect::Ipchains, Family::V4);
    run(&mut ruleset, "-N usr").unwrap();
    ruleset
}

/// The lines of a data file, each run.
fn results(data: &str) -> impl Iterator<Item = (Value, Ruleset, Result<(), String>)> {
    data.lines().map(|line| {
        let case: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        let mut ruleset = with_user_chain();
        let arguments = case["command"].as_str().and_then(|command| command.strip_prefix("ipchains ")).unwrap();
        let result = run(&mut ruleset, arguments);
        (case, ruleset, result)
    })
}

#[test]
fn recorded_commands_come_out_as_in_the_real_program() {
    let mut wrong = Vec::new();
    for (case, ruleset, result) in results(RECORDED) {
        let got = match result {
            Ok(()) => {
                json!({"command": case["command"], "accepted": true, "rules": rules_json(&ruleset)["rules"], "chains": rules_json(&ruleset)["chains"]})
            }
            Err(message) => json!({"command": case["command"], "accepted": false, "message": message}),
        };
        // As texts, so that the order of the keys counts.
        let (got, case) = (got.to_string(), case.to_string());
        if got != case {
            wrong.push(format!("expected {case}\ngot      {got}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The fields of `rule` that do not have their usual value.
fn unusual(rule: &Value) -> Value {
    let usual = json!({"src": "0.0.0.0", "smask": "0.0.0.0", "dst": "0.0.0.0", "dmask": "0.0.0.0", "iface": "",
        "iface_prefix": true, "proto": 0, "sport": [0, 65535], "dport": [0, 65535], "syn": false, "frag": false,
        "log": false, "tos_and": 255, "tos_xor": 0, "target": "", "not": []});
    let fields = rule.as_object().into_iter().flatten().filter(|(key, value)| usual.get(key) != Some(value));
    Value::Object(fields.map(|(key, value)| (key.clone(), value.clone())).collect::<Map<_, _>>())
}

#[test]
fn worked_out_commands_come_out_as_documented() {
    let mut wrong = Vec::new();
    for (case, ruleset, result) in results(WORKED_OUT) {
        let shown = rules_json(&ruleset);
        let rules: Vec<Value> = shown["rules"].as_array().into_iter().flatten().map(unusual).collect();
        let right = match (&result, case.get("rules")) {
            (Ok(()), Some(expected)) => {
                *expected == json!(rules) && case.get("chains").is_none_or(|c| *c == shown["chains"])
            }
            (Err(message), None) => case["message"].as_str().is_none_or(|expected| expected == message),
            _ => false,
        };
        if !right {
            wrong.push(format!("expected {case}\ngot      {result:?} {} {}", json!(rules), shown["chains"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn saved_rules_are_read_back_as_they_were() {
    for (case, ruleset, result) in results(RECORDED).chain(results(WORKED_OUT)) {
        if result.is_err() {
            continue;
        }
        let saved = ipchains_save(&ruleset);
        let mut restored = with_user_chain();
        for line in saved.lines().filter(|line| line.starts_with("-A")) {
            run(&mut restored, line).unwrap_or_else(|message| panic!("{}: {line}: {message}", case["command"]));
        }
        assert_eq!(rules_json(&restored)["rules"], rules_json(&ruleset)["rules"], "{saved}");
    }
}

//! The JSON output against its published schema, and its positions against the bytes of the file.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn schema() -> Value {
    let text = fs::read_to_string(root().join("tests/data/iptlint-output-1.schema.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn output(arguments: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iptlint"));
    let output = command.current_dir(root()).args(["--format", "json"]).args(arguments).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What of `value` is not as `schema` says; knows the keywords that our schema uses.
fn violations(schema: &Value, value: &Value, root: &Value, at: &str, found: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root.pointer(reference.trim_start_matches('#')).unwrap();
        return violations(target, value, root, at, found);
    }
    if let Some(arms) = schema["oneOf"].as_array() {
        let fits = |arm: &&Value| {
            let mut wrong = Vec::new();
            violations(arm, value, root, at, &mut wrong);
            wrong.is_empty()
        };
        if arms.iter().filter(fits).count() != 1 {
            found.push(format!("{at}: {value} fits not exactly one of the alternatives"));
        }
    }
    let types = match &schema["type"] {
        Value::Array(types) => types.clone(),
        Value::Null => vec![],
        one => vec![one.clone()],
    };
    if !types.is_empty() && !types.iter().any(|kind| is_a(value, kind.as_str().unwrap())) {
        found.push(format!("{at}: {value} is no {}", schema["type"]));
    }
    if schema["enum"].as_array().is_some_and(|allowed| !allowed.contains(value)) {
        found.push(format!("{at}: {value} is none of {}", schema["enum"]));
    }
    if schema.get("const").is_some_and(|only| only != value) {
        found.push(format!("{at}: {value} is not {}", schema["const"]));
    }
    if let (Some(least), Some(number)) = (schema["minimum"].as_i64(), value.as_i64())
        && number < least
    {
        found.push(format!("{at}: {number} is below {least}"));
    }
    inside(schema, value, root, at, found);
}

fn inside(schema: &Value, value: &Value, root: &Value, at: &str, found: &mut Vec<String>) {
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.is_object() && value.get(name).is_none() {
            found.push(format!("{at}: no {name}"));
        }
    }
    for (name, own) in schema["properties"].as_object().into_iter().flatten() {
        if let Some(value) = value.get(name) {
            violations(own, value, root, &format!("{at}/{name}"), found);
        }
    }
    let items = value.as_array().filter(|_| schema.get("items").is_some());
    for (number, item) in items.into_iter().flatten().enumerate() {
        violations(&schema["items"], item, root, &format!("{at}/{number}"), found);
    }
    let least = schema["minItems"].as_u64().unwrap_or(0) as usize;
    if value.as_array().is_some_and(|items| items.len() < least) {
        found.push(format!("{at}: too few items"));
    }
}

fn is_a(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        _ => panic!("the test does not know the type {kind}"),
    }
}

fn assert_valid(value: &Value) {
    let schema = schema();
    let mut found = Vec::new();
    violations(&schema, value, &schema, "", &mut found);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

fn corpus() -> Vec<String> {
    let mut found = Vec::new();
    for directory in ["corpus/ipchains", "corpus/iptables", "corpus/lint"] {
        let entries = fs::read_dir(root().join(directory)).unwrap();
        found.extend(entries.map(|entry| format!("{directory}/{}", entry.unwrap().file_name().to_str().unwrap())));
    }
    found.sort();
    found
}

#[test]
fn the_whole_corpus_and_a_missing_file_follow_the_schema() {
    let mut paths = corpus();
    paths.push("corpus/there-is-no-such-file.sh".to_owned());
    let output = output(&paths.iter().map(String::as_str).collect::<Vec<_>>());
    assert_valid(&output);
    assert!(output["diagnostics"].as_array().unwrap().len() > 50);
    assert_eq!(output["errors"].as_array().unwrap().len(), 1);
    assert_eq!(output["files"].as_array().unwrap().len(), paths.len() - 1);
    assert_eq!(output["summary"]["files"], paths.len() - 1);
}

#[test]
fn nothing_found_is_a_whole_document_too() {
    let output = output(&["corpus/iptables/well-kept-host.sh"]);
    assert_valid(&output);
    assert_eq!(output["diagnostics"].as_array().unwrap().len(), 0);
}

/// Line, columns and offset speak of the same place, whatever the encoding of the file.
#[test]
fn positions_are_consistent() {
    let checked = output(&corpus().iter().map(String::as_str).collect::<Vec<_>>());
    for finding in checked["diagnostics"].as_array().unwrap() {
        let bytes = fs::read(root().join(finding["path"].as_str().unwrap())).unwrap();
        for end in ["start", "end"] {
            let position = &finding["range"][end];
            let before = bytes.get(..position["offset"].as_u64().unwrap() as usize).unwrap();
            let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            let lines = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            assert_eq!(position["line"], lines, "{finding}");
            let column: usize =
                before[line_start..].utf8_chunks().map(|c| c.valid().chars().count() + c.invalid().len()).sum();
            assert_eq!(position["column"], column + 1, "{finding}");
        }
    }
}

#[test]
fn fingerprints_are_unique_and_survive_a_moved_line() {
    let script = |before: &str| format!("{before}ipchains -A input -s 10/8\nipchains -A input -s 10/8\nfi\n");
    let fingerprints = |text: String| {
        let path = std::env::temp_dir().join(format!("iptlint-fingerprint-{}.sh", std::process::id()));
        fs::write(&path, text).unwrap();
        let output = output(&[path.to_str().unwrap()]);
        fs::remove_file(path).unwrap();
        let all = output["diagnostics"].as_array().unwrap().clone();
        all.iter().map(|finding| finding["fingerprint"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let first = fingerprints(script(""));
    assert_eq!(first, fingerprints(script("# one line more\n")));
    let mut unique = first.clone();
    unique.sort();
    unique.dedup();
    assert_eq!((first.len(), unique.len()), (3, 3));
}

/// The report of a migration, after a look at its form.
fn migration(script: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fw.sh");
    fs::write(&path, script).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_iptmigrate"));
    let output = command.args(["--format", "json"]).arg(&path).output().unwrap();
    let report = serde_json::from_slice(&output.stderr).unwrap();
    assert_valid(&report);
    report
}

#[test]
fn a_migration_that_is_equal_carries_its_proof() {
    let report = migration("ipchains -A forward -s 10.0.0.0/8 -j MASQ\n");
    assert_eq!(report["proof"]["result"], "equal");
    let assumptions = report["proof"]["assumptions"].as_array().unwrap();
    assert!(assumptions.contains(&"fragments are put together first".into()), "{assumptions:?}");
    assert_eq!(report["diagnostics"].as_array().unwrap().len(), 0);
    assert_eq!(report["summary"]["info"], 0);
}

#[test]
fn a_migration_that_cannot_be_decided_says_why() {
    let entry = "ipmasqadm portfw -a -P tcp -L 192.0.2.1 80 -R";
    let report = migration(&format!("{entry} 10.0.0.1 80\n{entry} 10.0.0.2 80\nipchains -A forward -j MASQ\n"));
    assert_eq!(report["proof"]["result"], "not-decided");
    let reasons = report["proof"]["reasons"].as_array().unwrap();
    assert_eq!(reasons.len(), 1);
    assert!(reasons[0].as_str().unwrap().contains("take turns"), "{reasons:?}");
}

#[test]
fn a_comparison_has_the_fields_of_a_proof() {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["22", "23"].map(|port| {
        let path = folder.path().join(port);
        fs::write(&path, format!("iptables -A INPUT -p tcp --dport {port} -j DROP\n")).unwrap();
        path
    });
    let mut command = Command::new(env!("CARGO_BIN_EXE_iptlint"));
    let output = command.args(["compare", "--format", "json"]).args(&paths).output().unwrap();
    let proof: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(proof["result"], "different");
    assert_eq!(proof["differences"].as_array().map(Vec::len), Some(2));
    let (schema, mut found) = (schema(), Vec::new());
    violations(&schema["$defs"]["proof"], &proof, &schema, "", &mut found);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_file_that_stays_as_it_is_has_no_proof() {
    assert_eq!(migration("iptables -F\n").get("proof"), None);
}

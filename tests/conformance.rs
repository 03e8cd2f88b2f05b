//! The verdicts that Linux's own ipchains code gave: every one must come out.

#![allow(clippy::unwrap_used, clippy::panic)]
use std::fs;
use std::path::{Path as FilePath, PathBuf};

use iptlint::analysis;
use iptlint::eval::Settings;
use iptlint::logic::Formula;
use iptlint::model::{Dialect, Family, Ruleset};
use iptlint::packet::{
    Connection, Decision, Direction, Flags, Header, Hook, Host, Outcome, Packet, Path, State, Verdict, ipchains,
};
use iptlint::text::{FileId, Source, Sources};
use serde_json::{Value as Json, json};

fn data() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/conformance")
}

fn filter(path: &FilePath) -> ipchains::Filter {
    let mut sources = Sources::default();
    let source = Source::new(path.to_string_lossy(), fs::read(path).unwrap());
    let trees = [analysis::parse(&source, FileId(0), None)];
    sources.add(source);
    let mut analysis = analysis::analyse(&sources, &trees, FileId(0), &Settings::default());
    let fresh = Ruleset::new(Dialect::Ipchains, Family::V4);
    let rulesets = analysis.rulesets;
    let ruleset = rulesets.iter().find(|own| own.dialect == Dialect::Ipchains).unwrap_or(&fresh);
    ipchains::Filter::new(ruleset, &mut analysis.evaluation.conditions.formulas, Formula::TRUE)
}

fn packet(vector: &Json) -> Packet {
    let text = |key: &str| vector[key].as_str().unwrap_or_default().to_owned();
    let number = |key: &str| vector[key].as_u64().unwrap_or_default();
    let (source, destination) = (number("sport") as u16, number("dport") as u16);
    let named = |letter: char| Flags::named(&letter.to_string()).unwrap();
    let flags = text("tcp_flags").chars().map(named).fold(Flags::default(), Flags::with);
    let header = match number("proto") {
        _ if vector["frag"] == true => Header::Hidden,
        1 => Header::Icmp { kind: number("icmp_type") as u8, code: number("icmp_code") as u8 },
        6 => Header::Tcp { source, destination, flags },
        17 => Header::Ports { source, destination },
        _ => Header::Hidden,
    };
    Packet {
        path: match vector["path"].as_str() {
            Some("out") => Path::Sent,
            Some("fwd") => Path::Forwarded,
            _ => Path::Received,
        },
        arrival: text("iif"),
        departure: text("oif"),
        own_address: vector["oif_addr"].as_str().map(|address| address.parse().unwrap()),
        source: text("src").parse().unwrap(),
        destination: text("dst").parse().unwrap(),
        protocol: number("proto") as u8,
        header,
        fragment: vector["frag"] == true,
        tos: number("tos") as u8,
        mark: 0,
        length: None,
        connection: Connection { direction: Direction::Original, ..Connection::new(State::New) },
    }
}

fn hook(name: &str) -> Hook {
    match name {
        "input" => Hook::Input,
        "forward" => Hook::Forward,
        _ => Hook::Output,
    }
}

/// The fields of the answer, as the vectors have them.
fn answer(decision: &Decision, host: bool) -> Json {
    let outcome: &Outcome = decision.known().expect("everything is known here");
    let (verdict, passes) = match outcome.verdict {
        Verdict::Accept => ("accept", true),
        Verdict::Deny => ("deny", false),
        Verdict::Reject(_) => ("reject", false),
        Verdict::Masquerade { .. } => ("masq", true),
        Verdict::Redirect { .. } => ("redirect", true),
    };
    let mut answer = json!({ "verdict": verdict, "at": outcome.at.name().to_lowercase() });
    if passes {
        answer["mark"] = json!(outcome.mark);
        answer["tos_out"] = json!(outcome.tos);
    }
    match outcome.verdict {
        Verdict::Masquerade { rewritten } if host => answer["snat"] = json!(rewritten),
        Verdict::Redirect { port } => answer["redirect_port"] = json!(port),
        _ => {}
    }
    answer
}

fn expected(vector: &Json) -> Json {
    let mut expected = json!({});
    for key in ["verdict", "at", "mark", "tos_out", "snat", "redirect_port"] {
        if let Some(value) = vector.get(key) {
            expected[key] = value.clone();
        }
    }
    expected
}

#[test]
fn all_vectors_come_out_equal() {
    let (mut count, mut wrong, mut files) = (0, Vec::new(), 0);
    let mut rulesets: Vec<_> =
        fs::read_dir(data().join("rulesets")).unwrap().map(|file| file.unwrap().path()).collect();
    rulesets.sort();
    for path in rulesets {
        files += 1;
        let filter = filter(&path);
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let vectors = fs::read_to_string(data().join("vectors").join(format!("{name}.jsonl"))).unwrap();
        for (at, line) in vectors.lines().enumerate() {
            let vector: Json = serde_json::from_str(line).unwrap();
            let packet = packet(&vector);
            let host = vector["level"] == "host";
            let decision = match host {
                true => filter.pass(&packet, &Host::default(), None),
                false => filter.ask(hook(vector["chain"].as_str().unwrap()), &packet, None),
            };
            count += 1;
            if answer(&decision, host) != expected(&vector) {
                wrong.push(format!("{name}:{}: {line}\n   got {:?}", at + 1, decision));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong[..wrong.len().min(5)].join("\n"));
    assert_eq!((files, count), (45, 23_500));
}

/// The same through the program, for one ruleset with every kind of answer.
#[test]
fn the_program_answers_line_by_line() {
    let name = "039-masq-output-filter";
    let vectors = data().join("vectors").join(format!("{name}.jsonl"));
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_iptlint"));
    command.arg("trace").arg(data().join("rulesets").join(format!("{name}.ipchains")));
    let output = command.arg("--packets").arg(&vectors).output().unwrap();
    let lines = fs::read_to_string(vectors).unwrap();
    let answers = String::from_utf8(output.stdout).unwrap();
    assert_eq!((output.status.code(), answers.lines().count()), (Some(0), lines.lines().count()));
    for (line, answer) in lines.lines().zip(answers.lines()) {
        let vector: Json = serde_json::from_str(line).unwrap();
        assert_eq!(serde_json::from_str::<Json>(answer).unwrap(), expected(&vector), "{line}");
    }
}

//! Single iptables rules: what is accepted, what is refused, and the canonical text,
//! compared with tables of what the real programs say and with the programs themselves.

// A skipped test says why.
#![allow(clippy::print_stderr)]

#[path = "random/dice.rs"]
mod dice;

use std::process::Command;

use dice::Dice;
use iptlint::diag::{Diagnostic, Severity, Variant};
use iptlint::dialect::iptables::{Context, Parsed, parse};
use iptlint::logic::{Formula, Formulas};
use iptlint::model::{Action, Dialect, Family, Ruleset, Unknown, Value, Word};
use iptlint::print::iptables::{append, save};
use iptlint::text::{FileId, Place, Span};

const OWN: &str = include_str!("data/iptables-rules.txt");

/// Whole commands with `OK`, `REFUSED` or `STATE`.
const COMMANDS: &str = include_str!("data/iptables-commands.txt");

/// One line of the table.
struct Case {
    family: Family,
    table: String,
    chain: String,
    rule: String,
    /// What `iptables-save` prints of it; `None` where both variants refuse it.
    saved: Option<Vec<String>>,
    /// The only variant that takes it.
    only: Option<Variant>,
    /// Whether iptables reads what it prints otherwise, or not at all.
    once: bool,
    /// Whether only versions later than 1.8.9 take it.
    later: bool,
}

/// The words of a line as a shell would cut them.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut letters = line.chars();
    while let Some(c) = letters.next() {
        match (quote, c) {
            (None, ' ' | '\t') => words.extend(word.take()),
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (Some(open), _) if c == open => quote = None,
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(letters.next()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

fn placed(words: &[String]) -> Vec<Word> {
    let mut at = 0;
    let place = |word: &String| {
        let start = at;
        at += word.len() + 1;
        Word::new(word.clone(), Place::new(FileId(0), Span::new(start, start + word.len())))
    };
    words.iter().map(place).collect()
}

fn read(case: &Case, rule: &str) -> Parsed {
    let mut line: Vec<String> = ["-t", &case.table, "-A", &case.chain].map(str::to_owned).to_vec();
    line.extend(words(rule));
    parse(&placed(&line), Place::default(), Context::command_line(case.family))
}

/// Whether the variant refuses the rule.
fn is_refused_by(parsed: &Parsed, variant: Variant) -> bool {
    let counts = |problem: &Diagnostic| problem.only.is_none_or(|only| only == variant);
    parsed.problems.iter().any(|problem| problem.severity == Severity::Error && counts(problem))
}

/// The canonical lines, or `None` where the rule is refused by a variant that takes it if any does.
fn canonical(parsed: &Parsed, case: &Case) -> Option<Vec<String>> {
    if is_refused_by(parsed, case.only.unwrap_or(Variant::Nft)) {
        return None;
    }
    let Some(Action::Append { rules, .. }) = parsed.command.as_ref().map(|command| &command.action) else {
        return Some(Vec::new());
    };
    Some(rules.iter().map(|rule| append(&case.chain, rule, case.family)).collect())
}

fn said(parsed: &Parsed) -> String {
    let problems = parsed.problems.iter().map(|problem| format!("[{}] {}", problem.code, problem.message));
    problems.collect::<Vec<_>>().join("; ")
}

/// Skips a test, or fails where skipping is forbidden.
fn skip(why: &str) {
    eprintln!("skipped: {why}");
    assert!(std::env::var_os("IPTLINT_REQUIRE_KERNEL").is_none(), "skipping is forbidden: {why}");
}

fn own_cases() -> Vec<Case> {
    let lines = OWN.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(own_case).collect()
}

/// `table CHAIN ; rule ; canonical`, where `=` means the rule itself and several lines are parted by ` & `.
/// `NFT` before it says that only the nf_tables variant takes the rule, `LATER` that only later versions do.
fn own_case(line: &str) -> Case {
    let parts: Vec<&str> = line.split(" ; ").collect();
    let [place, rule, expected]: [&str; 3] = parts.try_into().expect(line);
    let (family, place) = match place.strip_prefix("v6 ") {
        Some(place) => (Family::V6, place),
        None => (Family::V4, place),
    };
    let (table, chain) = place.split_once(' ').expect(line);
    let full = |text: &str| format!("-A {chain} {text}").trim_end().to_owned();
    let (only, expected) = match (expected.strip_prefix("NFT "), expected.strip_prefix("LEGACY ")) {
        (Some(expected), _) => (Some(Variant::Nft), expected),
        (_, Some(expected)) => (Some(Variant::Legacy), expected),
        _ => (None, expected),
    };
    let marked = |mark| expected.strip_prefix(mark).map_or((false, expected), |expected| (true, expected));
    let ((later, expected), (once, behind)) = (marked("LATER "), marked("ONCE "));
    let expected = if once { behind } else { expected };
    let saved = match expected {
        "REFUSED" => None,
        "=" => Some(vec![full(rule)]),
        "-" => Some(vec![full("")]),
        several => Some(several.split(" & ").map(full).collect()),
    };
    Case { family, table: table.to_owned(), chain: chain.to_owned(), rule: rule.to_owned(), saved, only, once, later }
}

fn compare(cases: &[Case]) -> Vec<String> {
    let mut wrong = Vec::new();
    for case in cases {
        let parsed = read(case, &case.rule);
        let ours = canonical(&parsed, case);
        let takes = |variant| case.saved.is_some() && case.only.is_none_or(|only| only == variant);
        let judged = [Variant::Nft, Variant::Legacy].iter().all(|own| is_refused_by(&parsed, *own) != takes(*own));
        if ours != case.saved || !judged {
            wrong.push(format!(
                "{} {}: {}\n  ours {ours:?}\n  real {:?}\n  said {}",
                case.table,
                case.chain,
                case.rule,
                case.saved,
                said(&parsed)
            ));
        }
    }
    wrong
}

#[test]
fn own_rules_agree_with_what_iptables_said() {
    let cases = own_cases();
    assert!(cases.len() >= 150, "only {} rules", cases.len());
    let wrong = compare(&cases);
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn commands_are_refused_where_iptables_refuses_them() {
    let mut wrong = Vec::new();
    for line in COMMANDS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (command, expected) = line.rsplit_once(" ; ").unwrap_or(("", line.trim_start_matches("; ")));
        let parsed = parse(&placed(&words(command)), Place::default(), Context::command_line(Family::V4));
        if parsed.is_refused() != (expected == "REFUSED") {
            wrong.push(format!("{command}: {expected}, we say {}", said(&parsed)));
        } else if !parsed.is_refused() && parsed.command.is_none() {
            wrong.push(format!("{command}: no command"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Commands that not every version of iptables takes.
const VERSIONS: &str = include_str!("data/iptables-versions.txt");

/// The lines of the table of versions: command, and which of 1.8.9, 1.8.10 and 1.8.11 take it.
fn versions() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = VERSIONS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.rsplit_once(" ; ").expect(line))
}

/// The versions that a warning may name where these take a command: the first that is of another mind, or the last before.
fn boundary(taken: &str) -> &'static [&'static str] {
    match taken {
        "-++" | "+--" => &["1.8.9 ", "1.8.10 "],
        "--+" | "++-" => &["1.8.11 "],
        _ => &[],
    }
}

#[test]
fn what_one_version_refuses_is_no_error_and_names_the_version() {
    let mut wrong = Vec::new();
    for (command, taken) in versions() {
        let (program, words_of) = command.split_once(' ').expect(command);
        let family = if program == "ip6tables" { Family::V6 } else { Family::V4 };
        let parsed = parse(&placed(&words(words_of)), Place::default(), Context::command_line(family));
        let names = |problem: &Diagnostic| boundary(taken).iter().any(|version| problem.message.contains(version));
        if parsed.is_refused() || !parsed.problems.iter().any(names) {
            wrong.push(format!("{command}: {taken}, we say {}", said(&parsed)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Refusals for want of an object that another program makes. The rule itself is right, so we take it as it stands.
const OUTSIDE: [(&str, &str); 2] = [
    ("-j SET --add-set foo src,dst", "the set is made by ipset(8)"),
    ("-m nfacct --nfacct-name wrong", "the counter is made by nfacct(8)"),
];

/// Rules with what both variants of iptables 1.8.9 said of them.
const RECORDED: &str = include_str!("data/iptables-recorded-rules.jsonl");

fn recorded_cases() -> Vec<Case> {
    let values = RECORDED.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect(line));
    values.filter_map(|value| recorded_case(&value)).collect()
}

fn text_of(value: &serde_json::Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

fn recorded_case(value: &serde_json::Value) -> Option<Case> {
    let accepted = value["accepted"].as_bool()?;
    let rule = text_of(value, "rule");
    let outside = !accepted && OUTSIDE.iter().any(|(outside, _)| *outside == rule);
    let lines = || value["saved"].as_array().into_iter().flatten().filter_map(|line| line.as_str().map(str::to_owned));
    Some(Case {
        family: Family::V4,
        table: text_of(value, "table"),
        chain: text_of(value, "chain"),
        saved: if outside {
            let doubled = rule.replace("--nfacct-name ", "--nfacct-name  ");
            Some(vec![format!("-A {} {doubled}", text_of(value, "chain"))])
        } else {
            accepted.then(|| lines().collect())
        },
        rule,
        only: None,
        once: false,
        later: false,
    })
}

#[test]
fn recorded_rules_agree_with_what_iptables_said() {
    let cases = recorded_cases();
    assert_eq!(cases.len(), 291);
    let wrong = compare(&cases);
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// The tables that are loaded; `security` is missing in many kernels.
const TABLES: [&str; 4] = ["mangle", "raw", "filter", "nat"];

/// The accepted rules as a save file, a table after the other.
fn save_file(cases: &[Case]) -> String {
    let mut text = String::new();
    for table in TABLES {
        text.push_str(&format!("*{table}\n"));
        for case in cases.iter().filter(|case| case.table == table && case.saved.is_some()) {
            text.push_str(&format!("-A {} {}\n", case.chain, case.rule));
        }
        text.push_str("COMMIT\n");
    }
    text
}

/// A save file has no shell (single quotes) and refuses some options; `-h` would end the program. What
/// makes an object of the kernel by a name is refused beside a rule that makes another by that name.
fn may_be_restored(case: &Case) -> bool {
    if case.later
        || case.only == Some(Variant::Legacy)
        || !TABLES.contains(&case.table.as_str())
        || case.rule.contains("-j RATEEST")
        || case.rule.contains("-j IDLETIMER")
    {
        return false;
    }
    let mut line: Vec<String> = ["-A", &case.chain].map(str::to_owned).to_vec();
    line.extend(words(&case.rule));
    let parsed = parse(&placed(&line), Place::default(), Context::restore(case.family, case.table.as_str()));
    let appends = parsed.command.as_ref().is_some_and(|command| matches!(command.action, Action::Append { .. }));
    case.family == Family::V4 && case.saved.is_some() && !case.rule.contains('\'') && !parsed.is_refused() && appends
}

#[test]
fn the_real_program_prints_our_canonical_text() {
    let cases: Vec<Case> = own_cases().into_iter().filter(may_be_restored).collect();
    assert!(cases.len() >= 150, "only {} rules", cases.len());
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("rules");
    std::fs::write(&file, save_file(&cases)).expect("a file");
    let script = format!("iptables-restore {} && iptables-save", file.display());
    let run = Command::new("unshare").args(["-n", "sh", "-c", &script]).output();
    let Ok(run) = run else { return skip("there is no unshare") };
    if !run.status.success() {
        let (said, given) = (String::from_utf8_lossy(&run.stderr).into_owned(), save_file(&cases));
        let numbers = said.lines().filter_map(|line| line.strip_prefix("line ")?.split(':').next()?.parse().ok());
        let refused: Vec<&str> = numbers.filter_map(|number: usize| given.lines().nth(number - 1)).collect();
        return skip(&format!("{said}\n{}", refused.join("\n")));
    }
    let text = String::from_utf8_lossy(&run.stdout).into_owned();
    let mut printed: Vec<&str> = text.lines().filter(|line| line.starts_with("-A")).map(str::trim_end).collect();
    let mut ours: Vec<String> = cases.iter().filter_map(|case| case.saved.clone()).flatten().collect();
    printed.sort_unstable();
    ours.sort_unstable();
    let only = |these: &[String], those: &[String]| {
        these.iter().filter(|line| !those.contains(line)).cloned().collect::<Vec<_>>().join("\n")
    };
    let printed: Vec<String> = printed.into_iter().map(str::to_owned).collect();
    assert!(printed == ours, "only printed:\n{}\nonly ours:\n{}", only(&printed, &ours), only(&ours, &printed));
}

#[test]
fn canonical_text_is_read_as_itself() {
    for case in own_cases().iter().filter(|case| !case.once) {
        for line in case.saved.iter().flatten() {
            let rule = line.strip_prefix(&format!("-A {}", case.chain)).unwrap_or_default();
            let again = canonical(&read(case, rule), case);
            assert_eq!(again, Some(vec![line.clone()]));
        }
    }
}

/// A script that touches every table; chains are made in another order than they are printed in.
const SCRIPT: &str = "\
-t nat -A POSTROUTING -o ppp0 -j MASQUERADE
-P INPUT DROP
-N zebra
-N apple
-A INPUT -i lo -j ACCEPT
-A INPUT -p tcp --syn -j zebra
-A zebra -m state --state ESTABLISHED,RELATED -j RETURN
-A zebra -g apple
-I INPUT 2 -s 10.0.0.0/8,192.168.0.0/16 -j DROP
-A apple -m comment --comment x_y -j LOG --log-level debug
-D INPUT 1
-t mangle -A FORWARD -p tcp --syn -j TCPMSS --clamp-mss-to-pmtu
-t raw -A PREROUTING -p udp --dport 53 -j NOTRACK
";

#[test]
fn a_whole_ruleset_prints_as_the_real_program_saves_it() {
    let mut ruleset = Ruleset::new(Dialect::Iptables, Family::V4);
    let mut formulas = Formulas::new(1000);
    for line in SCRIPT.lines() {
        let parsed = parse(&placed(&words(line)), Place::default(), Context::command_line(Family::V4));
        assert!(!parsed.is_refused(), "{line}: {}", said(&parsed));
        let command = parsed.command.expect(line);
        ruleset.apply(&command, Formula::TRUE, false, &mut formulas).expect(line);
    }
    let commands: String = SCRIPT.lines().map(|line| format!("iptables {line}\n")).collect();
    let run = Command::new("unshare").args(["-n", "sh", "-e", "-c", &format!("{commands}iptables-save")]).output();
    let Ok(run) = run else { return skip("there is no unshare") };
    if !run.status.success() {
        return skip(&String::from_utf8_lossy(&run.stderr));
    }
    let text = String::from_utf8_lossy(&run.stdout).into_owned();
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).map(without_counters).collect();
    let ours = save(&ruleset);
    assert_eq!(ours.lines().map(without_counters).collect::<Vec<_>>(), lines);
}

/// A line without the counters of a chain, which the kernel may already have counted.
fn without_counters(line: &str) -> &str {
    line.split_once(" [").map_or(line, |(chain, _)| chain)
}

#[test]
fn no_sequence_of_fragments_panics() {
    let cases = own_cases();
    let mut fragments: Vec<String> = cases.iter().flat_map(|case| words(&case.rule)).collect();
    let odd = [
        "!",
        "--",
        "-",
        "",
        "-j",
        "-m",
        "-A",
        "-I",
        "-D",
        "-R",
        "-P",
        "-E",
        "-L",
        "-Z",
        "-t",
        "-c",
        "-w",
        "--=",
        "é",
        "-é",
        "\u{10FF41}",
        "[1:2]",
        "-y",
        "-h",
    ];
    fragments.extend(odd.map(str::to_owned));
    let mut dice = Dice(7);
    for _ in 0..20_000 {
        let count = dice.roll(9);
        let chosen: Vec<String> = (0..count).map(|_| fragments[dice.roll(fragments.len())].clone()).collect();
        let mut line = placed(&chosen);
        if !line.is_empty() && dice.one_in(3) {
            let at = dice.roll(line.len());
            let mut value = Value::from(["", "-", "--", "-s", "--dport=", "eth"][dice.roll(6)]);
            value.push(&Value::unknown(Unknown { name: "X".into(), id: 0, single: false }));
            line[at].value = value;
            line[at].splits = dice.one_in(2);
        }
        let family = if dice.one_in(2) { Family::V4 } else { Family::V6 };
        let context = if dice.one_in(2) { Context::command_line(family) } else { Context::restore(family, "filter") };
        let parsed = parse(&line, Place::default(), context);
        if let Some(Action::Append { rules, .. }) = parsed.command.map(|command| command.action) {
            rules.iter().for_each(|rule| drop(append("INPUT", rule, family)));
        }
    }
}

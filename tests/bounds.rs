//! Small files that ask for much work are cut short, honestly; large files that ask for little are not.

use iptlint::analysis::{Analysis, analyse, parse};
use iptlint::eval::Settings;
use iptlint::lint::check;
use iptlint::logic::Formula;
use iptlint::migrate::{Migration, migrate};
use iptlint::packet::Kernel;
use iptlint::text::{FileId, Source, Sources};
use iptlint::verify::{self, Proof};

/// What `look` sees of the analysis of a script.
fn analysed<T>(script: &str, look: impl FnOnce(&mut Analysis<'_>) -> T) -> T {
    let mut sources = Sources::default();
    let file = sources.add(Source::new("fw.sh", script.as_bytes().to_vec()));
    let tree = parse(sources.get(file), file, None);
    look(&mut analyse(&sources, &[tree], FileId(0), &Settings::default()))
}

/// How many steps there are, and whether the script was cut short.
fn steps(script: &str) -> (usize, bool) {
    analysed(script, |analysis| (analysis.evaluation.steps.len(), analysis.evaluation.cut_short.is_some()))
}

fn migrated(script: &str) -> Migration {
    analysed(script, |analysis| migrate(analysis).ok()).expect("ipchains is not refused")
}

/// Functions that each call the next one twice: the last one's body runs 2^`depth` times.
fn doubling(depth: usize, body: &str) -> String {
    let calls: String = (0..depth).map(|at| format!("f{at}() {{\n f{0} $1\n f{0} $1\n}}\n", at + 1)).collect();
    format!("{calls}f{depth}() {{\n {body}\n}}\nf0 $X\n")
}

const RULE: &str = "ipchains -A input -s 10.0.0.1 -j ACCEPT";

#[test]
fn no_small_file_asks_for_much() {
    let nested = |body: &str| {
        let heads: String = (0..5).map(|at| format!("for v{at} in 1 2 3 4 5 6 7 8 9 10 11 12; do\n")).collect();
        format!("{heads}{body}\n{}", "done\n".repeat(5))
    };
    let long = format!("a={}\n{}", "x".repeat(16), "a=$a$a\n".repeat(10));
    for script in [
        doubling(20, RULE),
        doubling(20, ":"),
        nested(RULE),
        // Compound commands and definitions are work, too.
        nested("f() { :; }"),
        nested("[[ a = b ]]"),
        nested("(( 1 ))"),
        // So are long words, and texts that are parsed.
        format!("a='{RULE}'\n{}eval \"{}\"\n", "a=\"$a;$a\"\n".repeat(8), "$a;".repeat(2000)),
        format!("a='1 2'\n{}{RULE} {}\n", "a=\"$a $a\"\n".repeat(12), "$a ".repeat(2000)),
        format!("{long}for i in $(seq 1 1000); do ipchains -A input -s {}; done\n", "$a".repeat(500)),
        format!("{long}for i in $(seq 1 1000); do echo {}; done\n{RULE}\n", "$a".repeat(500)),
        format!("a='{RULE}'\n{}for i in $(seq 1 1000); do eval \"$a\"; done\n", "a=\"$a;$a\"\n".repeat(8)),
        format!(
            "f() {{ f2 \"$@\" \"$@\"; }}\n{}f30() {{ {RULE}; }}\n{RULE}\nset -- a b\n{}",
            "",
            "set -- \"$@\" \"$@\"\n".repeat(40)
        ),
    ] {
        let (steps, cut) = steps(&script);
        assert!(cut && steps < 40_000, "{steps} steps of {}", &script[..script.len().min(300)]);
    }
}

#[test]
fn many_conditions_in_a_row_stay_decided() {
    let many = |arm: &dyn Fn(usize) -> String| (0..2_500).map(arm).collect::<String>();
    for script in [
        format!("case $1 in\n{}esac\n{RULE}\n", many(&|at| format!("a{at}) {RULE};;\n"))),
        format!("if [ -f /a ]; then :\n{}fi\n{RULE}\n", many(&|at| format!("elif [ -f /{at} ]; then {RULE}\n"))),
        format!("{}{RULE}\n", many(&|at| format!("[ -f /{at} ] || exit 1\n"))),
        format!("{}{RULE}\n", many(&|at| format!("[ -f /{at} ] && "))),
    ] {
        let guards: Vec<Formula> =
            analysed(&script, |analysis| analysis.evaluation.steps.iter().map(|step| step.guard).collect());
        assert!(!guards.contains(&Formula::UNDECIDED) && !guards.contains(&Formula::FALSE), "{}", &script[..100]);
    }
}

#[test]
fn no_large_file_is_cut_short() {
    let words = |count: usize| {
        (0..count).map(|at| format!("10.{}.{}.{} ", at >> 16, at >> 8 & 255, at & 255)).collect::<String>()
    };
    let rule = format!("{RULE}\n");
    for (script, expected) in [
        (rule.repeat(30_000), 30_000),
        (format!("for i in {}; do\n{rule}{rule}done\n", words(5_000)), 10_000),
        (format!("f() {{\n{}}}\n{}", rule.repeat(7_000), "f\n".repeat(4)), 28_000),
        (format!("while read i; do\n{rule}done <<END\n{}\nEND\n", words(3_000).replace(' ', "\n").trim_end()), 3_000),
        (
            format!(
                "f() {{ ipchains -A input -s $1 -j DENY; }}\n{}",
                words(20_000).split(' ').map(|word| format!("f {word}\n")).collect::<String>()
            ),
            20_000,
        ),
    ] {
        let (steps, cut) = steps(&script);
        assert!(!cut && steps >= expected, "{steps} steps, not {expected}, cut short: {cut}");
    }
}

#[test]
fn sequences_are_whole_or_unknown() {
    let rounds = |list: &str| steps(&format!("for i in {list}; do {RULE}; done\n"));
    assert_eq!(rounds("$(seq 1 2000)"), (2_000, false));
    assert_eq!(rounds("$(seq 9 5 10)"), (1, false));
    // Nothing is printed; the body is looked at once all the same.
    assert_eq!(rounds("$(seq 10 5 9)"), (1, false));
    analysed(&format!("for i in $(seq 1 200000); do {RULE}; done\n"), |analysis| {
        assert!(analysis.evaluation.steps.iter().all(|step| step.many));
    });
}

#[test]
fn nothing_is_said_to_be_missing_behind_a_cut() {
    let end = "iptables -P FORWARD DROP\niptables -A INPUT -j DROP\niptables -A INPUT -j log\niptables -N log\n";
    let begin = "echo 1 > /proc/sys/net/ipv4/ip_forward\niptables -F\niptables -X\n";
    let script = format!("{begin}{}{end}", doubling(20, "iptables -A INPUT -s 10.0.0.1 -j ACCEPT"));
    let findings = |script: &str| analysed(script, check);
    let codes: Vec<&str> = findings(&script).iter().map(|finding| finding.code).collect();
    assert!(codes.is_empty(), "{codes:?}");
    // What is certain of a command by itself is still said.
    let script = script.replace("iptables -F\n", "iptables --flusch\n");
    assert!(findings(&script).iter().any(|finding| finding.code == "unknown-option"));
}

#[test]
fn commands_behind_a_cut_are_listed() {
    let script = format!("{}ipchains -A forward -j DENY -l\n", doubling(20, RULE));
    let migration = migrated(&script);
    let text = String::from_utf8(migration.text.clone()).unwrap();
    assert!(text.lines().all(|line| !line.trim_start().starts_with("ipchains")), "{text}");
    let last = script.lines().count();
    let listed = migration
        .items
        .iter()
        .any(|item| item.person && script[..item.place.span.start as usize].lines().count() + 1 == last);
    assert!(listed, "{:?}", migration.items);
}

#[test]
fn commands_that_are_not_known_are_told_apart_in_no_time() {
    let pipeline = format!("{}{RULE}\n", "x | ".repeat(1_000));
    let commands: String = (0..3_000).map(|at| format!("./x{at}\n")).collect();
    for script in [pipeline, format!("{commands}{RULE}\n")] {
        let migration = migrated(&script);
        let text = String::from_utf8_lossy(&migration.text).into_owned();
        let proof =
            analysed(&script, |old| analysed(&text, |new| verify::migration(old, new, &migration.edits, Kernel::V2_2)));
        assert!(matches!(proof, Proof::Equal { .. } | Proof::NotDecided { .. }), "{}", proof.summary());
    }
}

#[test]
fn what_nothing_closes_is_looked_through_once() {
    for open in ["(", "( ", "((", "{ ", "$((", "$(", "${a:-", "${a[", "a=(", "[[ ( ", "\"$(", "`", "if x; then "] {
        let text = format!("{RULE}\necho {}\n{RULE}\n", open.repeat(20_000));
        let source = Source::new("fw.sh", text.clone().into_bytes());
        assert_eq!(parse(&source, FileId(0), None).root().print(&source), text.as_bytes());
    }
}

#[test]
fn many_jumps_in_a_row_are_judged_without_copying_all_chains() {
    let new: String = (0..1_000).map(|at| format!("iptables -N c{at}\n")).collect();
    let jumps: String = (1..1_000).map(|at| format!("iptables -A c{} -s 10.0.0.1 -j c{at}\n", at - 1)).collect();
    let (steps, cut) = steps(&format!("{new}{jumps}iptables -A INPUT -j c0\n"));
    assert!(steps == 2_000 && !cut);
}

#[test]
fn commands_in_long_texts_are_found_by_their_numbers() {
    let rules: String =
        (0..700).map(|at| format!("ipchains -A input -s 10.0.{}.{} -j DENY\n", at >> 8, at & 255)).collect();
    let text = String::from_utf8(migrated(&format!("sh <<E\n{rules}E\neval '{rules}'\n")).text).unwrap();
    assert_eq!(text.matches("iptables -A INPUT -s 10.0.2.187 -j DROP\n").count(), 2);
}

/// Chains that each lead to the next one by two rules, of which a packet may meet both.
fn forked(chains: usize) -> String {
    let new = (0..chains).map(|at| format!("ipchains -N c{at}\n"));
    let jumps = (1..chains).map(|at| {
        let jump = |rest: &str| format!("ipchains -A c{} {rest} -j c{at}\n", at - 1);
        jump("-s 10.0.0.1") + &jump("-d 10.0.0.2")
    });
    let end = "ipchains -A input -j c0\nipchains -A forward -j c0\n".to_owned();
    new.chain(jumps).chain([end]).collect()
}

#[test]
fn packets_that_come_to_a_chain_by_many_ways_are_followed_once() {
    let script = format!("{}ipchains -A c39 -p tcp -j DENY\n", forked(40));
    let migration = migrated(&script);
    let proof = analysed(&script, |old| {
        let text = String::from_utf8(migration.text).expect("no bytes of others");
        analysed(&text, |new| verify::migration(old, new, &migration.edits, Kernel::V2_2))
    });
    assert!(matches!(proof, Proof::Equal { .. }), "{}", proof.summary());
}

#[test]
fn a_cut_before_any_command_of_ipchains_hides_none() {
    for last in ["ipchains -A input -j DENY", "eval 'ipchains -A input -j DENY'", "W=ipchains\n$W -A input -j DENY"] {
        let script = format!("{}{last}\n", doubling(20, ":"));
        let migration = migrated(&script);
        let text = String::from_utf8_lossy(&migration.text);
        assert!(migration.items.iter().any(|item| item.person), "{last}: {text}");
        assert!(!text.contains("\neval"), "{text}");
    }
}

#[test]
fn functions_are_written_out_within_bounds() {
    let add = "add() { p=$1; shift; ipchains -A input -p $p \"$@\" -l; }\n";
    let calls = |count: usize| {
        (0..count).map(|at| format!("add tcp -d 10.0.0.{} 2{at} -j DENY\n", at % 200)).collect::<String>()
    };
    assert!(String::from_utf8_lossy(&migrated(&format!("{add}{}", calls(10))).text).contains("--dport 29"));
    // A word that grows with each variable, and a body that hands on all its words many times.
    let grows: String = (1..40).map(|at| format!("a{at}=$a{0}$a{0}; ", at - 1)).collect();
    let many = "ipchains -A input \"$@\" -j DENY; ".repeat(300);
    for script in [
        format!("add() {{ a0=$1; {grows} shift; ipchains -A input -s $a39 \"$@\" -l; }}\n{}", calls(20)),
        format!("add() {{ {many} }}\n{}", format!("add -s 10.0.0.1 -p tcp {}\n", "-y ".repeat(100)).repeat(60)),
    ] {
        let size = migrated(&script).text.len();
        assert!(size < 12 * script.len() + 500_000, "{size} bytes out of {}", script.len());
    }
}

#[test]
fn addresses_by_addresses_are_not_written_out() {
    let list =
        |count: usize| (0..count).map(|at| format!("10.0.{}.{}", at >> 8, at & 255)).collect::<Vec<_>>().join(",");
    let rules = |sources: usize, destinations: usize| {
        let script = format!("iptables -A INPUT -s {} -d {} -j DROP\n", list(sources), list(destinations));
        analysed(&script, |analysis| {
            analysis
                .rulesets
                .iter()
                .flat_map(|own| own.tables.iter().flat_map(|table| &table.chains))
                .map(|chain| chain.entries.len())
                .sum::<usize>()
        })
    };
    assert_eq!(rules(16, 16), 256);
    assert_eq!(rules(2_000, 2), 4_000);
    assert_eq!(rules(3_000, 3_000), 1);
}

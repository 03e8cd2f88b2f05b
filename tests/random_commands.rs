//! Scripts of random commands and save files for an empty kernel: which of them both variants of iptables take, and
//! what they leave there, compared with what `iptlint rules` says.

// A skipped test says why.
#![allow(clippy::print_stderr, clippy::unwrap_used)]

#[path = "random/dice.rs"]
mod dice;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use dice::Dice;

/// How many scripts there are, and the seed; `IPTLINT_RULES` and `IPTLINT_SEED` are others.
const SCRIPTS: usize = 120;
const SEED: u64 = 20_261_126;

const TABLES: [(&str, &[&str]); 3] = [
    ("filter", &["INPUT", "FORWARD", "OUTPUT"]),
    ("nat", &["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"]),
    ("mangle", &["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"]),
];

const OWN: [&str; 3] = ["a", "b", "c"];

const RULES: [&str; 11] = [
    "-j ACCEPT",
    "-s 10.0.0.1 -j ACCEPT",
    "-p tcp --dport 22 -j RETURN",
    "-j a",
    "-j b",
    "-g a",
    "-m comment --comment x",
    "-s 10.0.0.1,10.0.0.2 -j RETURN",
    "-c 5 6 -j ACCEPT",
    "-i lo",
    "-j d",
];

type Table = (&'static str, &'static [&'static str]);

/// A command, or the lines of a save file with the options of the program that reads it.
enum Statement {
    Command(String),
    Restore(&'static str, Vec<String>),
}

impl Statement {
    /// How a script says it, with the name of the program.
    fn text(&self, program: &str) -> String {
        match self {
            Self::Command(words) => format!("{program} {words}"),
            Self::Restore(options, lines) => {
                format!("{program}-restore {options} <<'EOF'\n{}\nEOF", lines.join("\n"))
            }
        }
    }
}

fn chain(table: Table, own: usize, dice: &mut Dice) -> &'static str {
    if dice.percent(own) { dice.pick(&OWN) } else { dice.pick(table.1) }
}

fn command(table: Table, asks: bool, dice: &mut Dice) -> String {
    let own = dice.pick(&OWN);
    let (some, other) = (chain(table, 50, dice), chain(table, 90, dice));
    let rule = dice.pick(&RULES);
    let number = 1 + dice.roll(2);
    let policy = dice.pick(&["ACCEPT", "DROP"]);
    let builtin = dice.pick(table.1);
    match dice.roll(if asks { 27 } else { 26 }) {
        0..7 => format!("-A {some} {rule}"),
        7 => format!("-I {some} {rule}"),
        8 => format!("-I {some} {number} {rule}"),
        9 => format!("-D {some} {number}"),
        10 => format!("-D {some} {rule}"),
        11 => format!("-R {some} {number} {rule}"),
        12..15 => format!("-N {own}"),
        15 => format!("-X {other}"),
        16 => "-X".to_owned(),
        17 if dice.one_in(4) => format!("-E {builtin} {}", dice.pick(&["d", "e"])),
        17 => format!("-E {own} {}", dice.pick(&["d", "d", "e", "a"])),
        18 => format!("-P {builtin} {policy}"),
        19 => format!("-Z {some}"),
        20 => dice.pick(&["-Z", "-F"]).to_owned(),
        21 => format!("-Z {some} {number}"),
        22 => format!("-F {some}"),
        23 => format!("-{} {some}", dice.pick(&["L", "S"])),
        24 => dice.pick(&["-L -n", "-S", "-L -Z", "-S -v"]).to_owned(),
        25 => format!("-L {some} {}", dice.pick(&["-v", "-x", "-Z", "--line-numbers"])),
        // A script asks with `-C` what it does next; a save file fails.
        _ => format!("-C {some} {rule}"),
    }
}

fn section(table: Table, dice: &mut Dice) -> Vec<String> {
    let mut lines = vec![format!("*{}", table.0)];
    for builtin in table.1 {
        if dice.one_in(2) {
            lines.push(format!(":{builtin} {} [{}:0]", dice.pick(&["ACCEPT", "DROP", "-"]), dice.roll(3)));
        }
    }
    lines.extend(OWN.iter().filter(|_| !dice.one_in(5)).map(|own| format!(":{own} - [0:0]")));
    for _ in 0..1 + dice.roll(3) {
        let counters = if dice.one_in(6) { "[3:4] " } else { "" };
        lines.push(format!("{counters}{}", command(table, true, dice)));
    }
    lines.push("COMMIT".to_owned());
    lines
}

fn script(dice: &mut Dice) -> Vec<Statement> {
    let table = dice.pick(&TABLES);
    let statement = |dice: &mut Dice| {
        let table = if dice.one_in(4) { dice.pick(&TABLES) } else { table };
        if dice.one_in(2) {
            return Statement::Command(format!("-t {} {}", table.0, command(table, false, dice)));
        }
        let options = ["", "--noflush", "-n", "--counters", "-nc", "-T filter"];
        let second = if dice.one_in(4) { section(table, dice) } else { Vec::new() };
        Statement::Restore(dice.pick(&options), [section(table, dice), second].concat())
    };
    (0..1 + dice.roll(4)).map(|_| statement(dice)).collect()
}

/// What is there in the end: for each table, what differs from a new one.
type Left = BTreeMap<String, Vec<String>>;

fn left(saved: &str) -> Left {
    let mut left = Left::new();
    let mut table = String::new();
    for line in saved.lines().map(str::trim_end).filter(|line| !line.starts_with('#') && *line != "COMMIT") {
        match line.strip_prefix('*') {
            Some(name) => table = name.to_owned(),
            None if line.starts_with(':') && line.contains(" ACCEPT ") => {}
            None => {
                let line = if line.starts_with(':') { line.split(" [").next().unwrap_or(line) } else { line };
                left.entry(table.clone()).or_default().push(line.to_owned());
            }
        }
    }
    left
}

/// Which statements are taken, and what is there in the end.
#[derive(Debug, PartialEq)]
struct Outcome {
    taken: Vec<bool>,
    left: Left,
}

fn real(script: &[Statement], variant: &str, directory: &Path) -> Option<Outcome> {
    let program = format!("iptables-{variant}");
    let run = |own: &Statement| {
        let text = own.text(&program);
        let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
        let (redirected, here) = first.split_once(" <<").map_or((first, ""), |(own, _)| (own, " <<'EOF'"));
        format!("{redirected} >/dev/null 2>&1{here}\n{rest}\necho $?\n")
    };
    let text: String = script.iter().map(run).collect();
    let file = directory.join("real.sh");
    std::fs::write(&file, format!("{text}echo ==\n{program}-save 2>/dev/null\n")).ok()?;
    let mut shell = Command::new("unshare");
    shell.args(["-n", "sh"]).arg(&file).env("XTABLES_LOCKFILE", directory.join("lock"));
    let output = String::from_utf8(shell.output().ok()?.stdout).ok()?;
    let (statuses, saved) = output.split_once("==\n")?;
    let taken = statuses.lines().map(|status| status == "0").collect();
    Some(Outcome { taken, left: left(saved) })
}

fn ours(script: &[Statement], variant: &str, directory: &Path) -> Outcome {
    let file = directory.join("ours.sh");
    let texts: Vec<String> = script.iter().map(|own| own.text("iptables") + "\n").collect();
    std::fs::write(&file, texts.concat()).unwrap();
    let mut iptlint = Command::new(env!("CARGO_BIN_EXE_iptlint"));
    let output = iptlint.args(["rules", "--variant", variant]).arg(&file).output().unwrap();
    let complaints = String::from_utf8(output.stderr).unwrap();
    let line = |complaint: &str| complaint.split(':').nth(2).and_then(|line| line.parse::<usize>().ok());
    let refused: Vec<usize> = complaints.lines().filter_map(line).collect();
    let mut first = 1;
    let mut taken = Vec::new();
    for text in &texts {
        let lines = first..first + text.lines().count();
        taken.push(!refused.iter().any(|line| lines.contains(line)));
        first = lines.end;
    }
    Outcome { taken, left: left(&String::from_utf8(output.stdout).unwrap()) }
}

/// Says that the programs take no rule here, which is forbidden where the kernel must be asked.
fn skipped() {
    eprintln!("skipped: the programs take no rule here");
    assert!(std::env::var_os("IPTLINT_REQUIRE_KERNEL").is_none(), "skipping is forbidden");
}

/// Holds both variants to what we say of a script, whose first statement they take; `false` where they take no rule here.
fn agree(script: &[Statement], directory: &Path, named: &str) -> bool {
    for variant in ["nft", "legacy"] {
        let Some(real) = real(script, variant, directory).filter(|real| real.taken[0]) else {
            skipped();
            return false;
        };
        assert_eq!(ours(script, variant, directory), real, "{variant}: {named}");
    }
    true
}

/// Sections that give a chain a name which another one gets as well.
const RENAMED: [&str; 18] = [
    "-E a c\n-N c",
    "-E a c\n-N c\n-A c -j DROP",
    "-E a c\n:c - [0:0]\n-A c -j DROP",
    "-N c\n-E a c",
    "-E a c\n-E b c",
    "-E a c\n-E b a",
    "-E a c\n-N c\n-A INPUT -j a\n-A INPUT -j c",
    "-E a c\n-N c\n-A INPUT -j a\nCOMMIT\n*filter\n-A c -i lo\n-I c -i eth0",
    "-E a c\n-N c\n-A c -j DROP\nCOMMIT\n*filter\n-F c\n-X c",
    "-E a c\n-X a",
    "-E a c\n-N c\n-A c -i lo\n-A INPUT -j a\n-A INPUT -j c\nCOMMIT\n*filter\n-E c d",
    "-E a c\n-N c\n-A c -i lo\n-A INPUT -j a\n-A INPUT -j c\nCOMMIT\n*filter\n-E c d\nCOMMIT\n*filter\n-E c e",
    "-E a c\n-N c\n-A c -i lo\n-A INPUT -j a\n-A INPUT -j c\nCOMMIT\n*filter\n-F c\n-A INPUT -i eth0 -j c\n-E c d",
    "-E a c\n-N c\n-A c -i lo\n-A INPUT -j a\n-A INPUT -j c\nCOMMIT\n*filter\n-D INPUT 1\n-F c\n-X c\nCOMMIT\n*filter\n-A c -i eth1\n-E c d",
    "-E a c\n-N c\n-A c -i lo\n-A INPUT -j a\n-A INPUT -j c\nCOMMIT\n*filter\n-E b c\nCOMMIT\n*filter\n-E c d\nCOMMIT\n*filter\n-E c e",
    "-E a c\n-N c\n-A c -i lo\n-A INPUT -j a\n-A INPUT -j c\nCOMMIT\n*filter\n-D INPUT -j c",
    "-E a c\n-N c\n-A c -i lo\n-A INPUT -j a\n-A INPUT -j c\nCOMMIT\n*filter\n-D INPUT -j c\nCOMMIT\n*filter\n-E c d",
    "-E a c\n-N c\n-A c -i lo\n-A INPUT -j a\n-A INPUT -j c\nCOMMIT\n*filter\n-X",
];

#[test]
fn chains_of_one_name_are_what_each_variant_makes_of_them() {
    let directory = tempfile::tempdir().unwrap();
    let restore = |options, text: &str| Statement::Restore(options, text.lines().map(str::to_owned).collect());
    let before = "*filter\n:a - [0:0]\n:b - [0:0]\n-A a -j ACCEPT\n-A b -j DROP\nCOMMIT";
    for section in RENAMED {
        let script = [restore("", before), restore("-n", &format!("*filter\n{section}\nCOMMIT"))];
        if !agree(&script, directory.path(), section) {
            return;
        }
    }
}

/// Sections that delete all chains while they keep what is there.
const EMPTIED: [&str; 18] = [
    ":INPUT DROP\n-X",
    ":INPUT ACCEPT\n-X",
    ":INPUT DROP\n-X\n-F INPUT",
    ":INPUT -\n-X",
    ":INPUT DROP\n-F INPUT\n-X",
    ":INPUT DROP\n-X\n-F",
    "-X\n-F INPUT",
    "-X\n-A INPUT -i lo",
    "-X\n-I INPUT -i lo",
    "-X\n-N c",
    ":INPUT DROP\n-X\n-A INPUT -i lo",
    ":INPUT DROP\n-X\n-A FORWARD -i lo",
    ":INPUT DROP\n-X\n-Z INPUT",
    ":INPUT DROP\n-X\n:INPUT -",
    ":INPUT DROP\n-X\n-P INPUT DROP",
    "-A INPUT -i lo\n-X",
    "-A INPUT -i lo\n-X\n-F INPUT",
    ":a - [0:0]\n-X a\n-F INPUT",
];

#[test]
fn policies_behind_a_deletion_of_all_chains_are_those_of_each_variant() {
    let directory = tempfile::tempdir().unwrap();
    let restore = |options, text: &str| Statement::Restore(options, text.lines().map(str::to_owned).collect());
    for before in
        [":INPUT DROP", ":INPUT DROP\n-A INPUT -j ACCEPT", ":INPUT ACCEPT\n-A INPUT -j ACCEPT", ":INPUT ACCEPT"]
    {
        for section in EMPTIED {
            let file = |lines: &str| format!("*filter\n{lines}\nCOMMIT");
            let script = [restore("", &file(before)), restore("-n", &file(section))];
            if !agree(&script, directory.path(), &format!("{before} / {section}")) {
                return;
            }
        }
    }
}

#[test]
fn several_rules_are_deleted_where_all_are_there() {
    let directory = tempfile::tempdir().unwrap();
    let command = |words: &str| Statement::Command(words.to_owned());
    for before in ["10.0.0.1", "10.0.0.2", "10.0.0.1,10.0.0.2", "10.0.0.1,10.0.0.1", "10.0.0.3"] {
        for deleted in ["10.0.0.1,10.0.0.2", "10.0.0.2,10.0.0.1", "10.0.0.1,10.0.0.1", "10.0.0.1"] {
            let script = [command(&format!("-A INPUT -s {before}")), command(&format!("-D INPUT -s {deleted}"))];
            if !agree(&script, directory.path(), &format!("{before} / {deleted}")) {
                return;
            }
        }
    }
}

/// Sections that empty all chains behind rules of their own.
const FLUSHED: [&str; 6] = [
    "-A INPUT -i lo\n-F",
    "-A INPUT -i lo\n-F\n-A INPUT -i eth0",
    ":a - [0:0]\n-A a -i lo\n-F",
    "-N b\n-A b -i lo\n-F",
    "-A OUTPUT -o lo\n-F\nCOMMIT\n*filter\n-A FORWARD -i lo\n-F",
    ":INPUT DROP\n-I INPUT -i lo\n-F",
];

#[test]
fn rules_before_a_flush_of_all_chains_stay_where_the_table_is_new() {
    let directory = tempfile::tempdir().unwrap();
    let command = || Statement::Command("-t raw -A OUTPUT -j ACCEPT".to_owned());
    let restore = |options, text: &str| Statement::Restore(options, text.lines().map(str::to_owned).collect());
    for options in ["", "-n"] {
        for section in FLUSHED {
            let loads = || restore(options, &format!("*filter\n{section}\nCOMMIT"));
            let first = |words: &str| Statement::Command(words.to_owned());
            for script in [
                vec![command(), loads()],
                vec![first("-N c"), loads()],
                vec![first("-P INPUT DROP"), loads()],
                vec![restore("", "*filter\n-A INPUT -i eth1\nCOMMIT"), loads()],
                vec![restore("-n", "*filter\nCOMMIT"), loads()],
            ] {
                let named = format!("{options} {section} behind {}", script[0].text("iptables"));
                if !agree(&script, directory.path(), &named) {
                    return;
                }
            }
        }
    }
}

#[test]
fn listing_and_zeroing_are_for_the_chain_that_is_named_last() {
    let directory = tempfile::tempdir().unwrap();
    let command = |words: &str| Statement::Command(words.to_owned());
    for words in [
        "-Z a -L",
        "-L a -Z",
        "-L INPUT -Z a",
        "-L a -Z INPUT",
        "-Z INPUT -L a",
        "-Z a -L INPUT",
        "-Z INPUT 1 -L",
        "-Z a 1 -L",
        "-L -Z a",
        "-Z -L a",
        "-Z -L a 2",
        "-L INPUT 5 -Z",
        "-S a -Z",
        "-Z a -S",
        "-Z INPUT 7 -L",
        "-Z INPUT 7 -S",
        "-L -Z INPUT 7",
        "-L -Z INPUT 1",
        "-L INPUT -Z -S",
        "-Z -Z",
        "-L -L",
        "-Z INPUT -A INPUT",
        "-Z FORWARD 1 -L",
        "-Z FORWARD 7 -S",
        "-Z FORWARD 1 -L INPUT",
        "-Z nope 1 -L",
        "-Z FORWARD 1",
        "-L -Z FORWARD 1",
        "-S -Z FORWARD 1",
        "-L -n -Z INPUT 1",
        "-n -L -Z INPUT 1",
        "-S -v -Z INPUT 1",
        "-L -n -Z INPUT",
        "-Z INPUT 1 -L -n",
        "-L --line-numbers -Z INPUT 1",
    ] {
        let script = [command("-A INPUT -j ACCEPT"), command(words)];
        if !agree(&script, directory.path(), words) {
            return;
        }
    }
}

#[test]
fn a_chain_that_is_listed_for_its_counters_is_made_for_them_alone() {
    let directory = tempfile::tempdir().unwrap();
    for section in [
        "-Z FORWARD 1 -L",
        "-Z FORWARD 1 -S",
        "-L -Z FORWARD 1",
        "-Z FORWARD 1 -L\n-Z FORWARD",
        "-Z FORWARD 1 -L\n-A FORWARD",
        "-Z FORWARD 1 -L\n-F FORWARD",
        ":FORWARD - [0:0]\n-Z FORWARD 1 -L",
    ] {
        for options in ["", "-n"] {
            let lines = format!("*filter\n{section}\nCOMMIT").lines().map(str::to_owned).collect();
            let script = [Statement::Command("-A INPUT".to_owned()), Statement::Restore(options, lines)];
            if !agree(&script, directory.path(), &format!("{options} {section}")) {
                return;
            }
        }
    }
}

#[test]
fn a_built_in_chain_that_a_section_renames_is_made_anew() {
    let directory = tempfile::tempdir().unwrap();
    let command = |words: &str| Statement::Command(words.to_owned());
    for before in ["-P FORWARD DROP", "-A FORWARD -j DROP"] {
        for section in [":FORWARD - [0:0]\n-E FORWARD e", "-E FORWARD e"] {
            let lines = format!("*filter\n{section}\nCOMMIT").lines().map(str::to_owned).collect();
            let script = [command(before), Statement::Restore("-n", lines), command("-A FORWARD -j ACCEPT")];
            if !agree(&script, directory.path(), &format!("{before} / {section}")) {
                return;
            }
        }
    }
}

#[test]
fn jumps_to_a_chain_with_an_empty_name_are_not_printed() {
    let directory = tempfile::tempdir().unwrap();
    for rule in ["-j c", "-g c", "-i lo -j c"] {
        let commands = ["-N c".to_owned(), format!("-A INPUT {rule}"), "-E c ''".to_owned()];
        if !agree(&commands.map(Statement::Command), directory.path(), rule) {
            return;
        }
    }
}

#[test]
fn both_variants_take_and_leave_what_we_say() {
    let number = |name| std::env::var(name).ok().and_then(|number: String| number.parse().ok());
    let mut dice = Dice(number("IPTLINT_SEED").unwrap_or(SEED));
    let count = number("IPTLINT_RULES").map_or(SCRIPTS, |count| count as usize);
    let directory = tempfile::tempdir().unwrap();
    let simple = [Statement::Command("-A INPUT -j ACCEPT".to_owned())];
    let works = |variant| real(&simple, variant, directory.path()).is_some_and(|own| own.taken == [true]);
    if !["nft", "legacy"].into_iter().all(works) {
        skipped();
        return;
    }
    let mut wrong = Vec::new();
    let (mut taken, mut asked) = (0, 0);
    for _ in 0..count {
        let script = script(&mut dice);
        for variant in ["nft", "legacy"] {
            let real = real(&script, variant, directory.path()).unwrap();
            let ours = ours(&script, variant, directory.path());
            taken += real.taken.iter().filter(|taken| **taken).count();
            asked += real.taken.len();
            if ours != real {
                let text: Vec<String> = script.iter().map(|own| own.text("iptables")).collect();
                wrong.push(format!("{variant}:\n{}\n  ours {ours:?}\n  real {real:?}", text.join("\n")));
            }
        }
    }
    assert!(taken > asked / 3, "only {taken} of {asked} statements are taken");
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), 2 * count, wrong.join("\n\n"));
}

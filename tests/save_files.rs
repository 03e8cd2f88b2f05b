//! Whole save files: what iptables-restore takes and refuses besides the rules themselves,
//! compared with a table of what the real programs say and with the programs themselves.

// A skipped test says why.
#![allow(clippy::print_stderr, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use iptlint::analysis;
use iptlint::diag::{Diagnostic, Severity, Variant};
use iptlint::dialect::iptables::Installed;
use iptlint::eval::Settings;
use iptlint::lint::{self, Facts, Selection};
use iptlint::syntax::Form;
use iptlint::text::{FileId, Source, Sources};

const FILES: &str = include_str!("data/save-files.txt");

/// Files of which the lints say more, or less, than that a line is refused.
const LINES: &str = include_str!("data/save-file-lines.txt");

struct Case {
    name: &'static str,
    verdict: &'static str,
    /// The version of iptables that is of another mind than 1.8.9.
    until: Option<&'static str>,
    text: String,
}

fn cases(files: &'static str) -> Vec<Case> {
    let parts = files.split("\n== ").skip(1);
    let case = |part: &'static str| {
        let (head, body) = part.split_once('\n').unwrap();
        let (name, verdict) = head.split_once(" ; ").unwrap();
        let (verdict, until) = verdict.split_once(", not ").map_or((verdict, None), |(own, from)| (own, Some(from)));
        let text = body.lines().map(|line| with_blanks(line) + "\n").collect();
        Case { name, verdict, until, text }
    };
    parts.map(case).collect()
}

/// The line with `_` at its ends turned into the blanks that it stands for, `␍` into a carriage return, and `␀` into a NUL byte.
fn with_blanks(line: &str) -> String {
    let inner = line.trim_matches('_');
    let begin = line.find(inner).filter(|_| !inner.is_empty()).unwrap_or(line.len());
    let blanks = |count: usize| " ".repeat(count);
    blanks(begin) + &inner.replace('␍', "\r").replace('␀', "\0") + &blanks(line.len() - begin - inner.len())
}

/// The errors found in a save file.
fn errors(text: &str) -> Vec<Diagnostic> {
    findings(text).into_iter().filter(|own| own.severity == Severity::Error).collect()
}

/// What is found in a save file.
fn findings(text: &str) -> Vec<Diagnostic> {
    findings_in(Form::IptablesSave, text)
}

fn findings_in(form: Form, text: &str) -> Vec<Diagnostic> {
    let mut sources = Sources::default();
    let source = Source::new("file", text.as_bytes().to_vec());
    let trees = [analysis::parse(&source, FileId(0), Some(form))];
    sources.add(source);
    let mut analysis = analysis::analyse(&sources, &trees, FileId(0), &Settings::default());
    lint::judge(&mut analysis, &Selection::default(), &Facts::default()).findings
}

/// Whether the real program takes the file; `None` where it cannot be asked.
fn restores(variant: &str, text: &str) -> Option<bool> {
    restores_with(variant, "", text)
}

fn restores_with(variant: &str, options: &str, text: &str) -> Option<bool> {
    let program = format!("iptables-{variant}-restore");
    let run = Command::new("unshare")
        .args(["-n", &program])
        .args(options.split_whitespace())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let mut run = run.ok()?;
    // A program that refuses an early line reads no further.
    drop(run.stdin.take()?.write_all(text.as_bytes()));
    Some(run.wait().ok()?.success())
}

#[test]
fn save_files_are_refused_where_iptables_restore_refuses_them() {
    let cases = cases(FILES);
    assert!(cases.len() >= 80, "only {} files", cases.len());
    let mut wrong = Vec::new();
    for Case { name, verdict, until, text } in cases {
        // What some version takes is no error.
        let verdict = if until.is_some() { "OK" } else { verdict };
        let errors = errors(&text);
        let by = |variant: Variant| errors.iter().any(|error| error.only.is_none_or(|only| only == variant));
        let said = match (by(Variant::Nft), by(Variant::Legacy)) {
            (false, false) => "OK",
            (true, false) => "REFUSED by nft",
            (false, true) => "REFUSED by legacy",
            (true, true) => "REFUSED",
        };
        if said != verdict {
            let messages: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
            wrong.push(format!("{name}: {verdict}, we say {said}: {messages:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_one_version_alone_refuses_is_a_warning_that_names_it() {
    for Case { name, until, text, .. } in cases(FILES) {
        let warnings = findings(&text).into_iter().filter(|own| own.severity == Severity::Warning);
        let named: Vec<String> = warnings.map(|own| own.message).filter(|message| message.contains("1.8.")).collect();
        match until {
            Some(version) => assert!(named.iter().any(|message| message.contains(version)), "{name}: {named:?}"),
            None => assert!(named.is_empty(), "{name}: {named:?}"),
        }
    }
}

#[test]
fn the_table_says_what_the_real_programs_say() {
    let simple = "*filter\nCOMMIT\n";
    if ["nft", "legacy"].iter().any(|variant| restores(variant, simple) != Some(true)) {
        eprintln!("skipped: iptables-restore cannot be run");
        assert!(std::env::var_os("IPTLINT_REQUIRE_KERNEL").is_none(), "skipping is forbidden");
        return;
    }
    let mut wrong = Vec::new();
    for Case { name, verdict, text, .. } in cases(FILES) {
        let said = match [restores("nft", &text), restores("legacy", &text)] {
            [Some(true), Some(true)] => "OK",
            [Some(false), Some(true)] => "REFUSED by nft",
            [Some(true), Some(false)] => "REFUSED by legacy",
            _ => "REFUSED",
        };
        if said != verdict {
            wrong.push(format!("{name}: {said}, not {verdict}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_only_tested_is_looked_at_and_not_loaded() {
    let script = |options: &str, rule: &str| {
        format!(
            "iptables-restore {options} <<'EOF'\n*filter\n:INPUT DROP [0:0]\n-A INPUT {rule}\nCOMMIT\nEOF\niptables -A INPUT -i lo -j ACCEPT\n"
        )
    };
    for (options, loads) in
        [("", true), ("-w", true), ("--test", false), ("-nt", false), ("-t -T filter", false), ("-V", false)]
    {
        let (_, left) = ours("nft", &script(options, "-i eth0 -j ACCEPT"));
        let rules = left.get("filter").map_or(0, |lines| lines.iter().filter(|line| line.starts_with("-A")).count());
        assert_eq!(rules, 1 + usize::from(loads), "{options}: {left:?}");
    }
    let found = |text: &str| findings_in(Form::Script, text).into_iter().map(|own| own.code).collect::<Vec<_>>();
    assert!(found(&script("--test", "--dprot 22")).contains(&"unknown-option"));
    assert!(!found("iptables-restore --test <rules\n").contains(&"missing-wait-lock"));
}

#[test]
fn options_of_the_restore_program_count_in_scripts() {
    // The options, the commands in the table, and whether the file is refused.
    let cases = [
        ("", "[1:2] -D INPUT -j ACCEPT", false),
        ("--counters", "[1:2] -D INPUT -j ACCEPT", true),
        ("--counters", "[1:2] -A INPUT -j ACCEPT", false),
        ("-c", "[1:2] -P INPUT ACCEPT", false),
        ("-cn", "[1:2] -F INPUT", true),
        ("-n", "[1:2] -F INPUT", false),
        ("-c", "[1:2] -A INPUT -c 1 2 -j ACCEPT", true),
        ("-c", "[5] -A INPUT -p tcp --dport 1:2", false),
        ("-c", "[5] -A INPUT -p tcp --dport 1:", true),
        ("", "[5] -A INPUT -p tcp --dport 1:", false),
        ("-c", "[5:] -A INPUT -m comment --comment 6]", true),
        ("-c", "[::6] -A INPUT -p tcp --dport 7:8", false),
        ("", ":a - [0:0]\n:INPUT ACCEPT x", false),
        ("-c", ":a - [0:0]\n:INPUT ACCEPT", true),
        ("-c", ":a - [0:0]\n:INPUT ACCEPT [1]", true),
        ("-c", ":a - [0:0]\n:INPUT ACCEPT [1:2", false),
        ("-c", ":a -", false),
        ("-n", ":a - [0:0]\n:a - [0:0]", false),
        ("-n", ":a - [0:0]\n-A a -j DROP\n:a - [0:0]", false),
        ("-T filter", "--nosuchoption", true),
        ("-T nat", "--nosuchoption", false),
        ("-Tnat", "--nosuchoption", false),
        ("--table nat", "--nosuchoption", false),
        ("--table=filter", "--nosuchoption", true),
    ];
    let can_ask = restores("legacy", "*filter\nCOMMIT\n") == Some(true);
    assert!(can_ask || std::env::var_os("IPTLINT_REQUIRE_KERNEL").is_none(), "iptables-restore cannot be run");
    for (options, command, refused) in cases {
        let begin = if command.starts_with(':') { "" } else { ":INPUT ACCEPT [0:0]\n-A INPUT -j ACCEPT\n" };
        let text = format!("*filter\n{begin}{command}\nCOMMIT\n");
        let script = format!("iptables-restore {options} <<'EOF'\n{text}EOF\n");
        let errors = findings_in(Form::Script, &script).into_iter().filter(|own| own.severity == Severity::Error);
        let errors: Vec<String> = errors.map(|own| own.message).collect();
        assert_eq!(!errors.is_empty(), refused, "{options} {command}: {errors:?}");
        for variant in ["nft", "legacy"].into_iter().filter(|_| can_ask) {
            assert_eq!(restores_with(variant, options, &text), Some(!refused), "{variant} {options} {command}");
        }
    }
}

#[test]
fn options_that_the_restore_program_refuses_are_errors() {
    // `refused` where both variants refuse them, `legacy` where that one does.
    let cases = [
        ("-x", "refused"),
        ("--foo", "refused"),
        ("-4", "refused"),
        ("--ipv6", "refused"),
        ("-I", "refused"),
        ("-b", ""),
        ("--binary", "refused"),
        ("-T", "refused"),
        ("-tT", "refused"),
        ("-T filter", ""),
        ("-Tfilter", ""),
        ("--table", "refused"),
        ("--table -n", ""),
        ("-M", "refused"),
        ("-M /bin/true", ""),
        ("--t", "refused"),
        ("--te", ""),
        ("--v", "refused"),
        ("--wa", "refused"),
        ("--wait", ""),
        ("--wait=5", ""),
        ("--wait=x", "legacy"),
        ("-w", ""),
        ("-w 5", ""),
        ("-w 5x", ""),
        ("-w5", "refused"),
        ("-w x", "legacy"),
        ("-w /dev/null", "legacy"),
        ("-w -n", ""),
        ("-wn -T filter", ""),
        ("-nw 5", ""),
        ("-w -W 10", ""),
        ("-W 10 -w", ""),
        ("-W 10", "legacy"),
        ("-W", "legacy"),
        ("-w -W", "legacy"),
        ("-w -W x", "legacy"),
        ("-w -W 1000000", "legacy"),
        ("--noflush=yes", "refused"),
        ("--nofl", ""),
        ("-- /dev/null", ""),
        ("/dev/null -n", ""),
        ("/dev/null /dev/null", "refused"),
        ("-w 5 /dev/null", ""),
        ("/dev/null -x", "refused"),
        ("-V -x", ""),
        ("-Vx", ""),
        ("-x -V", "refused"),
    ];
    let file = "*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n";
    let can_ask = restores("legacy", file) == Some(true);
    assert!(can_ask || std::env::var_os("IPTLINT_REQUIRE_KERNEL").is_none(), "iptables-restore cannot be run");
    for (options, refused) in cases {
        let script = format!("iptables-restore {options} <<'EOF'\n{file}EOF\n");
        let errors = findings_in(Form::Script, &script).into_iter().filter(|own| own.severity == Severity::Error);
        let errors: Vec<Diagnostic> = errors.collect();
        for (variant, only) in [("nft", Variant::Nft), ("legacy", Variant::Legacy)] {
            let expected = refused == "refused" || refused == variant;
            let counts = |own: &Diagnostic| own.only.is_none_or(|own| own == only);
            assert_eq!(errors.iter().any(counts), expected, "{variant} {options}: {errors:?}");
            // Where it is refused, nothing of the table is loaded.
            let drops = script.replace("INPUT ACCEPT", "INPUT DROP");
            let (taken, left) = ours(variant, &drops);
            assert_eq!(taken, !expected, "{variant} {options}");
            assert!(taken || left.is_empty(), "{variant} {options}: {left:?}");
            if can_ask {
                assert_eq!(restores_with(variant, options, file), Some(!expected), "{variant} {options}");
            }
        }
    }
}

/// The tables of what iptables-save prints that differ from those of a new kernel, without counters.
fn tables(saved: &str) -> BTreeMap<String, Vec<String>> {
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut table = String::new();
    for line in saved.lines().filter(|line| !line.starts_with('#') && *line != "COMMIT") {
        match line.strip_prefix('*') {
            Some(name) => table = name.to_owned(),
            None => {
                let line = if line.starts_with(':') { line.split(" [").next().unwrap_or(line) } else { line };
                tables.entry(table.clone()).or_default().push(line.trim_end().to_owned());
            }
        }
    }
    let is_new = |line: &String| line.starts_with(':') && line.ends_with(" ACCEPT");
    // iptables-nft prints no built-in chain that it has deleted, which is as good as a new one.
    tables.values_mut().for_each(|lines| lines.retain(|line| !is_new(line)));
    tables.retain(|_, lines| !lines.is_empty());
    tables
}

/// Whether a variant takes a file, and what is there then.
type Outcome = (bool, BTreeMap<String, Vec<String>>);

fn real(variant: &str, text: &str, directory: &Path) -> Option<Outcome> {
    let file = directory.join("rules");
    std::fs::write(&file, text).ok()?;
    let restore = format!("iptables-{variant}-restore {} >/dev/null", file.display());
    let script = format!("{restore}; echo $?; iptables-{variant}-save");
    let run = Command::new("unshare").args(["-n", "sh", "-c", &script]).stderr(Stdio::null()).output().ok()?;
    let output = String::from_utf8_lossy(&run.stdout).into_owned();
    let (status, saved) = output.split_once('\n')?;
    Some((status == "0", tables(saved)))
}

/// The same as `iptlint rules` says it.
fn ours(variant: &str, text: &str) -> Outcome {
    let mut iptlint = Command::new(env!("CARGO_BIN_EXE_iptlint"));
    let iptlint = iptlint.args(["rules", "--variant", variant, "-"]);
    let mut run = iptlint.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    run.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = run.wait_with_output().unwrap();
    let refused = String::from_utf8_lossy(&output.stderr).contains(": refused: ");
    (!refused, tables(&String::from_utf8_lossy(&output.stdout)))
}

#[test]
fn each_variant_takes_and_loads_what_we_say() {
    let directory = tempfile::tempdir().unwrap();
    let simple = |variant| real(variant, "*filter\nCOMMIT\n", directory.path()).is_some_and(|(taken, _)| taken);
    if !["nft", "legacy"].into_iter().all(simple) {
        eprintln!("skipped: iptables-restore cannot be run");
        assert!(std::env::var_os("IPTLINT_REQUIRE_KERNEL").is_none(), "skipping is forbidden");
        return;
    }
    let mut wrong = Vec::new();
    let mut asked = 0;
    // What stands before a section that is refused is loaded, and what stands behind it is not.
    let around = |text: &str| format!("*raw\n-A OUTPUT\nCOMMIT\n{text}*security\n-A INPUT\nCOMMIT\n");
    let lines = cases(LINES).into_iter().map(|case| Case { text: around(&case.text), ..case });
    for Case { name, text, .. } in cases(FILES).into_iter().chain(lines) {
        for variant in ["nft", "legacy"] {
            asked += 1;
            let (ours, real) = (ours(variant, &text), real(variant, &text, directory.path()).unwrap());
            if ours != real {
                wrong.push(format!("{name} by {variant}:\n{text}\n  ours {ours:?}\n  real {real:?}"));
            }
        }
    }
    assert!(asked >= 400, "only {asked} files are asked for");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_a_nul_byte_hides_is_reported() {
    for Case { name, text, .. } in cases(FILES).into_iter().filter(|case| case.text.contains('\0')) {
        let reported = findings(&text).iter().any(|own| own.message.ends_with("than up to the NUL byte"));
        assert!(reported, "{name}");
    }
}

#[test]
fn lines_of_a_here_document_are_refused_as_those_of_a_file() {
    let mut asked = 0;
    // The shell takes NUL bytes away, and the lints do not count carriage returns.
    let plain = |case: &Case| !case.text.contains(['\0', '\r']);
    for Case { name, text, .. } in cases(FILES).into_iter().filter(plain) {
        let script = format!("iptables-restore <<'EOF'\n{text}EOF\n");
        for variant in ["nft", "legacy"] {
            asked += 1;
            assert_eq!(ours(variant, &script), ours(variant, &text), "{name} by {variant}");
        }
        let form_of = |own: &Diagnostic| own.code == "syntax-error" && own.severity == Severity::Error;
        let here = findings_in(Form::Script, &script).into_iter().filter(form_of);
        let file = findings(&text).into_iter().filter(form_of).map(|own| own.message);
        assert_eq!(here.map(|own| own.message).collect::<Vec<_>>(), file.collect::<Vec<_>>(), "{name}");
    }
    assert!(asked >= 300, "only {asked} files are asked for");
}

#[test]
fn what_the_shell_makes_of_a_here_document_is_no_fault_of_its_lines() {
    let rules = "\t*filter\n\t:INPUT DROP [0:0]\n\t\n\t\t-A INPUT -j ACCEPT\n\tCOMMIT\n";
    for (script, wrong) in [
        (format!("iptables-restore <<-EOF\n{rules}\tEOF\n"), false),
        (format!("iptables-restore <<EOF\n{rules}EOF\n"), true),
        (format!("iptables-restore <<EOF\n{}$MORE\nCOMMIT\nEOF\n", "*filter\n:INPUT DROP [0:0]\n"), false),
        (format!("iptables-restore <<'EOF'\n{}$MORE\nCOMMIT\nEOF\n", "*filter\n:INPUT DROP [0:0]\n"), true),
        (format!("iptables-restore <<EOF\n{}EOF\n", "*filter\n:$CHAIN - [0:0]\n-A INPUT -j $CHAIN\nCOMMIT\n"), false),
        (format!("iptables-restore <<EOF\n{}EOF\n", "*filter\n-A INPUT -s $(own\naddress) -j DROP\nCOMMIT\n"), false),
        (format!("iptables-restore -T nat <<EOF\n{}EOF\n", "*filter\nrules\nCOMMIT\n"), false),
    ] {
        let found = findings_in(Form::Script, &script).into_iter().any(|own| own.code == "syntax-error");
        assert_eq!(found, wrong, "{script}");
    }
}

#[test]
fn what_cat_hands_on_is_read_as_a_here_document() {
    let rules = "*filter\n:INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n";
    let (taken, left) = ours("nft", &format!("iptables-restore <<'EOF'\n{rules}EOF\n"));
    assert!(taken && !left.is_empty());
    for program in ["iptables-restore", "sudo iptables-restore -w 5", "/sbin/iptables-restore --counters"] {
        assert_eq!(ours("nft", &format!("cat <<EOF | {program}\n{rules}EOF\n")), (true, left.clone()), "{program}");
        assert!(!ours("nft", &format!("cat <<EOF | {program}\n{rules}x\nEOF\n")).0, "{program}");
    }
    for other in ["cat /etc/rules - <<EOF | iptables-restore", "cat <<EOF | sort | iptables-restore"] {
        assert_eq!(ours("nft", &format!("{other}\n{rules}EOF\n")), (true, BTreeMap::new()), "{other}");
    }
    assert_eq!(ours("nft", &format!("cat <<EOF | iptables-restore </etc/rules\n{rules}EOF\n")).1, BTreeMap::new());
}

#[test]
fn a_here_document_is_not_read_where_a_file_is_named() {
    let rules = "*filter\n:INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n";
    for (words, reads) in [
        ("", true),
        ("/dev/null", false),
        ("-- /dev/null", false),
        ("-n -w 5 /dev/null", false),
        ("/dev/stdin", true),
        ("-w 5 /dev/fd/0", true),
        ("/proc/self/fd/0", true),
        ("\"$FILE\"", false),
        ("$OPTIONS", true),
    ] {
        let script = format!("iptables-restore {words} <<'EOF'\n{rules}EOF\n");
        for variant in ["nft", "legacy"] {
            assert_eq!(!ours(variant, &script).1.is_empty(), reads, "{words} by {variant}");
            let script = script.replace("iptables-restore", &format!("iptables-{variant}-restore"));
            let script = format!("FILE=/dev/null\n{script}iptables-{variant}-save");
            let run = Command::new("unshare").args(["-n", "sh", "-c", &script]).stderr(Stdio::null()).output();
            let saved = String::from_utf8_lossy(&run.unwrap().stdout).into_owned();
            if restores(variant, "*filter\nCOMMIT\n") == Some(true) {
                assert_eq!(saved.contains("-A INPUT"), reads, "{words} by {variant}");
            } else {
                assert!(std::env::var_os("IPTLINT_REQUIRE_KERNEL").is_none(), "iptables-restore cannot be run");
            }
        }
        let wrong = script.replace("-i lo", "--dprot");
        let said = findings_in(Form::Script, &wrong).iter().any(|own| own.code == "unknown-option");
        assert_eq!(said, reads, "{words}");
    }
}

/// Files with lines that are too long for the buffer of the program, of 10240 bytes.
fn overlong() -> Vec<String> {
    let of = |lines: &str| format!("*filter\n:INPUT ACCEPT [0:0]\n{lines}\nCOMMIT\n");
    let long = |begin: &str, end: &str| begin.to_owned() + &"x".repeat(10_239 - begin.len()) + end;
    let blanks = |begin: &str, end: &str| begin.to_owned() + &" ".repeat(10_239 - begin.len()) + end;
    vec![
        of(&long("#", "")),
        of(&long("#", "-A INPUT -j DROP")),
        of(&long("#", " -A INPUT -j DROP")),
        of(&long("#", ":INPUT DROP [0:0]")),
        of(&long("#", "#")),
        of(&long("#", "x")),
        of(&long("#", "  ")),
        of(&blanks("-A INPUT", "-j DROP")),
        of(&blanks("-A INPUT", "-P INPUT DROP")),
        of(&blanks("-A INPUT -m comment --comment \"a", "b\"")),
        of(&long("#", &long("#", "-A INPUT -j DROP"))),
        long("#", "*filter\nCOMMIT\n"),
        of("-A INPUT -j DROP") + &long("#", "COMMIT\n"),
    ]
}

#[test]
fn lines_that_are_too_long_are_several() {
    let directory = tempfile::tempdir().unwrap();
    for (number, text) in overlong().into_iter().enumerate() {
        for variant in ["nft", "legacy"] {
            let Some(real) = real(variant, &text, directory.path()) else {
                eprintln!("skipped: iptables-restore cannot be run");
                assert!(std::env::var_os("IPTLINT_REQUIRE_KERNEL").is_none(), "skipping is forbidden");
                return;
            };
            assert_eq!(ours(variant, &text), real, "{number} by {variant}");
        }
        assert_eq!(number == 0, findings(&text).iter().all(|own| own.code != "syntax-error"), "{number}");
    }
}

/// Tables of so many jumps, or so deep, that nobody follows them one by one.
fn tangles() -> Vec<String> {
    let table = |chains: usize, rules: &str| {
        let chains: String = (0..chains).map(|at| format!(":c{at} - [0:0]\n")).collect();
        format!("*filter\n:INPUT ACCEPT [0:0]\n{chains}{rules}COMMIT\n")
    };
    let ladder = |rungs: usize, each: usize| -> String {
        let rung = |at: usize| format!("-A c{at} -j c{}\n", at + 1).repeat(each);
        (0..rungs).map(rung).collect()
    };
    let many = "-A INPUT -j c0\n".repeat(21_000);
    vec![
        table(3, &format!("{many}-A c1 -j c0\n-A c0 -j c1\n")),
        table(3, "-A INPUT -j c0\n-A c1 -j c0\n-A c2 -j c1\n"),
        table(101, &format!("-A INPUT -j c0\n{}-A c100 -j c7\n", ladder(100, 1))),
        table(101, &format!("-A INPUT -j c0\n{}", ladder(100, 1))),
        table(101, &format!("-A INPUT -j c90\n{}-A c100 -j c7\n", ladder(100, 1))),
        table(13, &format!("-A INPUT -j c0\n{}-A c12 -j c0\n", ladder(12, 3))),
        table(16, &format!("-A INPUT -j c0\n{}", ladder(14, 2))),
        table(16, &format!("-A INPUT -j c0\n{}", ladder(15, 2))),
    ]
}

#[test]
fn tangles_of_jumps_are_refused_where_each_variant_refuses_them() {
    let directory = tempfile::tempdir().unwrap();
    for (number, text) in tangles().into_iter().enumerate() {
        for variant in ["nft", "legacy"] {
            let Some((taken, _)) = real(variant, &text, directory.path()) else {
                eprintln!("skipped: iptables-restore cannot be run");
                assert!(std::env::var_os("IPTLINT_REQUIRE_KERNEL").is_none(), "skipping is forbidden");
                return;
            };
            assert_eq!(ours(variant, &text).0, taken, "{number} by {variant}");
        }
    }
}

#[test]
fn rules_refuses_the_lines_that_iptables_restore_refuses() {
    for Case { name, verdict, text, .. } in cases(LINES) {
        let said = match (ours("nft", &text).0, ours("legacy", &text).0) {
            (true, true) => "OK",
            (false, true) => "REFUSED by nft",
            (true, false) => "REFUSED by legacy",
            (false, false) => "REFUSED",
        };
        assert_eq!(said, verdict, "{name}");
    }
}

#[test]
fn an_address_says_of_which_family_a_save_file_is() {
    for rule in
        ["-A INPUT -s 2001:db8::1/64 -j ACCEPT", "-A OUTPUT ! -d ::1/128 -j DROP", "-A INPUT -d fe80::1 -j DROP"]
    {
        let file =
            |header: &str| format!("{header}*filter\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{rule}\nCOMMIT\n");
        assert!(errors(&file("")).is_empty(), "{rule}: {:?}", errors(&file("")));
        assert!(!errors(&file("# Generated by iptables-save v1.8.9\n")).is_empty(), "{rule}");
    }
}

#[test]
fn lines_of_a_here_document_go_on_where_the_shell_lets_them() {
    let rules = "*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp \\\n  --dport 22 \\\n-j ACCEPT\n\
                 -A INPUT -s 10.0.0.1,\\\n10.0.0.2 -j ACCEPT\n-A INPUT -p tcp --dp\\\nort 23 -j ACCEPT\n\
                 -A INPUT -p \\\nudp -m comment --comment \"a \\\nb\" -j DROP\n\\\n-A INPUT\\\n -j DROP\nCOMMIT\n";
    let script = |delimiter: &str| format!("iptables-restore <<{delimiter}\n{rules}EOF\n");
    let left = "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n-A INPUT -s 10.0.0.1/32 -j ACCEPT\n\
                -A INPUT -s 10.0.0.2/32 -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 23 -j ACCEPT\n\
                -A INPUT -p udp -m comment --comment \"a b\" -j DROP\n-A INPUT -j DROP";
    for variant in ["nft", "legacy"] {
        let (taken, tables) = ours(variant, &script("EOF"));
        let rules = tables.get("filter").map(|lines| lines[1..].join("\n"));
        assert_eq!((taken, rules.as_deref()), (true, Some(left)), "{variant}");
        assert!(!ours(variant, &script("'EOF'")).0, "{variant}");
        let run = |delimiter: &str| {
            let script = script(delimiter).replace("iptables-restore", &format!("iptables-{variant}-restore"));
            let script = format!("{script}iptables-{variant}-save");
            let run = Command::new("unshare").args(["-n", "sh", "-c", &script]).stderr(Stdio::null()).output();
            String::from_utf8_lossy(&run.unwrap().stdout).into_owned()
        };
        if restores(variant, "*filter\nCOMMIT\n") == Some(true) {
            assert!(run("EOF").contains(left) && !run("'EOF'").contains("-A INPUT"), "{variant}");
        } else {
            assert!(std::env::var_os("IPTLINT_REQUIRE_KERNEL").is_none(), "iptables-restore cannot be run");
        }
    }
}

#[test]
fn options_that_routers_have_added_are_printed_as_they_stand() {
    for (table, rule) in [
        ("mangle", "-A PREROUTING -j CONNMARK --set-dscpmark 0xfc000000/0x01000000"),
        ("mangle", "-A PREROUTING -m length --length 0:512 -j MARK --set-mark-return 0x100/0xf00"),
        ("nat", "-A POSTROUTING ! -s 192.0.2.1/32 -o ppp0 -j MASQUERADE --mode fullcone"),
    ] {
        let text = format!("*{table}\n{rule}\nCOMMIT\n");
        assert!(errors(&text).is_empty(), "{rule}: {:?}", errors(&text));
        assert!(saved(&text).contains(&format!("{rule}\n")), "{rule}");
    }
}

#[test]
fn words_are_cut_as_iptables_restore_cuts_them() {
    // The comment as written, and as iptables-save prints it; `None` where the line is refused.
    let words = [
        (r"a\b", Some(r#""a\\b""#)),
        (r#""a\b""#, Some("ab")),
        (r#""a\\b""#, Some(r#""a\\b""#)),
        (r#"a"b c""#, Some(r#""ab c""#)),
        (r#""a"-j DROP"#, Some("a -j DROP")),
        (r#""a\"b""#, Some(r#""a\"b""#)),
        (r"'a'", Some(r#""\'a\'""#)),
        (r#"a"b c"d"#, None),
        (r"a\ b", None),
    ];
    for (written, expected) in words {
        let text = format!("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m comment --comment {written}\nCOMMIT\n");
        assert_eq!(errors(&text).is_empty(), expected.is_some(), "{written}: {:?}", errors(&text));
        let Some(expected) = expected else { continue };
        assert!(saved(&text).contains(&format!("-A INPUT -m comment --comment {expected}\n")), "{written}");
    }
}

#[test]
fn the_rest_of_the_line_and_its_end_are_in_an_open_quote() {
    // As iptables-save prints the rule; `None` where the program refuses it.
    let rules = [
        ("-m comment --comment \"open -j ACCEPT", Some("-m comment --comment \"open -j ACCEPT\n\"")),
        ("-j ACCEPT -m comment --comment a\"b c", Some("-m comment --comment \"ab c\n\" -j ACCEPT")),
        ("-j ACCEPT -m comment --comment \"x y\\\"", Some("-m comment --comment \"x y\\\"\n\" -j ACCEPT")),
        ("-j ACCEPT -m comment --comment \"x\\", Some("-m comment --comment \"x\n\" -j ACCEPT")),
        ("-j LOG --log-prefix \"a b", None),
        ("-p tcp --dport \"22", None),
        ("-j \"ACCEPT", None),
        ("-j ACCEPT \"", None),
    ];
    for (written, expected) in rules {
        let text = format!("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT {written}\nCOMMIT\n");
        let rule = |saved: String| saved.split_once("-A INPUT ").map(|(_, rest)| rest.replace("\nCOMMIT\n", ""));
        assert_eq!(rule(saved(&text)).as_deref(), expected, "{written}");
        // The quote is reported all the same: nobody means a word to hold the end of its line.
        let quote = |own: &Diagnostic| own.message.starts_with("this quote is never closed");
        let said = findings(&text).into_iter().find(quote).map(|own| own.severity);
        assert_eq!((said, errors(&text).is_empty()), (Some(Severity::Warning), expected.is_some()), "{written}");
    }
}

/// What the file loads, as iptables-save prints it.
fn saved(text: &str) -> String {
    saved_by(text, None)
}

/// The same as the variant loads and prints it.
fn saved_by(text: &str, variant: Option<Variant>) -> String {
    let mut sources = Sources::default();
    let source = Source::new("file", text.as_bytes().to_vec());
    let trees = [analysis::parse(&source, FileId(0), Some(Form::IptablesSave))];
    sources.add(source);
    let installed = Installed { variant, ..Installed::default() };
    let analysis = analysis::analyse_with(&sources, &trees, FileId(0), &Settings::default(), &installed);
    analysis.rulesets.iter().map(|ruleset| iptlint::print::iptables::save_for(ruleset, variant)).collect()
}

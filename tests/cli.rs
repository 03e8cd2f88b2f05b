//! The command line of `iptlint`: exit statuses, streams, formats.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

const OPEN: &str = "iptables -t nat -A POSTROUTING -j MASQUERADE\n";
const HINTLESS: &str = "iptables -P INPUT DROP\n";

fn run(arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iptlint"));
    command.current_dir(PathBuf::from(env!("CARGO_MANIFEST_DIR"))).args(arguments).env_remove("NO_COLOR");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A program that needs no input may have ended already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn status(arguments: &[&str], input: &str) -> i32 {
    run(arguments, input).status.code().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn the_exit_status_tells_what_was_found() {
    assert_eq!(status(&["-"], HINTLESS), 0);
    assert_eq!(status(&["-"], OPEN), 1);
    assert_eq!(status(&["--fail-on", "error", "-"], OPEN), 0);
    assert_eq!(status(&["--fail-on", "never", "-"], "fi\n"), 0);
    assert_eq!(status(&["-"], "fi\n"), 1);
    assert_eq!(status(&["no-such-file", "-"], OPEN), 2);
    assert_eq!(status(&[], ""), 2);
    assert_eq!(status(&["--no-such-option", "-"], ""), 2);
    assert_eq!(status(&["--help"], ""), 0);
}

#[test]
fn a_missing_file_does_not_stop_the_others() {
    let output = run(&["--format", "concise", "no-such-file", "-", "--stdin-filename", "etc/fw.sh"], OPEN);
    assert!(text(&output.stdout).starts_with("etc/fw.sh:1:1: warning: "), "{}", text(&output.stdout));
    assert!(text(&output.stderr).starts_with("iptlint: no-such-file: No such file or directory"));
}

#[test]
fn a_file_called_like_a_subcommand_is_given_with_its_directory() {
    assert!(text(&run(&["lints"], "").stdout).contains("bare-masquerade"));
    let output = run(&["./lints"], "");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("./lints: No such file"));
}

#[test]
fn what_only_one_variant_refuses_is_left_out_for_the_other() {
    let twice = "*filter\n:own - [0:0]\n:own - [0:0]\nCOMMIT\n";
    let command = "iptables -N own\niptables -E own DROP\n";
    for (input, refusing, taking) in [(twice, "legacy", "nft"), (command, "legacy", "nft")] {
        assert_eq!(status(&["-"], input), 1, "{input}");
        assert_eq!(status(&["--variant", refusing, "-"], input), 1, "{input}");
        assert_eq!(status(&["--variant", taking, "-"], input), 0, "{input}");
    }
    // iptables-nft-restore renames at the `COMMIT`, and finds the chain by its old name up to there.
    let renamed = |rest: &str| {
        format!("iptables -N own\niptables-restore -n <<EOF\n*filter\n-E own other\n{rest}\nCOMMIT\nEOF\n")
    };
    for (rest, refusing) in [("-N other", "legacy"), ("-A own -j DROP", "legacy"), ("-A other -j DROP", "nft")] {
        let told = text(&run(&["rules", "-"], &renamed(rest)).stderr);
        assert!(told.contains(&format!("-:5: refused: iptables-{refusing}: ")), "{rest}: {told}");
        for (variant, status) in [("legacy", i32::from(refusing == "legacy")), ("nft", i32::from(refusing == "nft"))] {
            let output = run(&["rules", "--variant", variant, "-"], &renamed(rest));
            assert_eq!(output.status.code(), Some(status), "{rest} by {variant}");
        }
    }
    // iptables-legacy keeps 29 bytes of a new name, and takes up to 31.
    let long = |length: usize| format!("iptables -N own\niptables -E own {}\n", "x".repeat(length));
    for (length, legacy, nft) in [(29, 29, 29), (31, 29, 31), (32, 0, 32), (255, 0, 255), (256, 0, 0)] {
        for (variant, kept) in [("legacy", legacy), ("nft", nft)] {
            let shown = text(&run(&["rules", "--variant", variant, "-"], &long(length)).stdout);
            assert_eq!(shown.contains(&format!(":{} -", "x".repeat(kept))), kept > 0, "{length} by {variant}: {shown}");
        }
    }
    let dashed = "*filter\n:-own - [0:0]\nCOMMIT\n";
    assert_eq!(status(&["--variant", "nft", "-"], dashed), 1);
    assert_eq!(status(&["--variant", "legacy", "-"], dashed), 0);
}

#[test]
fn rules_are_loaded_and_worded_as_by_the_variant() {
    let twice = "*filter\n:own - [0:0]\n:own - [0:0]\nCOMMIT\n";
    let trace = "iptables -A INPUT -j TRACE\n";
    let rules = |arguments: &[&str], input: &str| {
        let output = run(&[&["rules"], arguments, &["-"]].concat(), input);
        let rule = text(&output.stdout).lines().find(|line| line.starts_with("-A")).unwrap_or_default().to_owned();
        (rule, output.status.code())
    };
    assert_eq!(rules(&[], twice).1, Some(1));
    assert_eq!(rules(&["--variant", "legacy"], twice).1, Some(1));
    assert_eq!(rules(&["--variant", "nft"], twice).1, Some(0));
    assert_eq!(rules(&[], trace), (String::new(), Some(1)));
    assert_eq!(rules(&["--variant", "legacy"], trace), (String::new(), Some(1)));
    assert_eq!(rules(&["--variant", "nft"], trace), ("-A INPUT -j TRACE".to_owned(), Some(0)));
    let (short, long) = ("x".repeat(63), "x".repeat(127));
    let log = |prefix: &str| format!("-A INPUT -j NFLOG --nflog-prefix {prefix}");
    for (rule, legacy, nft) in [
        (
            "-A INPUT -p tcp ! --dport :80",
            "-A INPUT -p tcp -m tcp ! --dport 0:80",
            "-A INPUT -p tcp -m tcp --dport 81:65535",
        ),
        (
            "-A INPUT -p udp ! --sport 0:65534",
            "-A INPUT -p udp -m udp ! --sport 0:65534",
            "-A INPUT -p udp -m udp --sport 65535",
        ),
        ("-A INPUT -p udp ! --sport 0:", "-A INPUT -p udp -m udp", "-A INPUT -p udp"),
        ("-A INPUT -p tcp --tcp-flags NONE SYN", "-A INPUT -p tcp -m tcp", "-A INPUT -p tcp"),
        ("-A INPUT ! -i + -j DROP", "-A INPUT -j DROP", "-A INPUT ! -i + -j DROP"),
        ("-A INPUT -j NFLOG --nflog-range 9", "-A INPUT -j NFLOG --nflog-range 9", "-A INPUT -j NFLOG"),
        (&log(&format!("{long}x")), &log(&short), &log(&long)),
    ] {
        let script = format!("iptables {rule}\n");
        assert_eq!(rules(&["--variant", "legacy"], &script).0, legacy);
        assert_eq!(rules(&["--variant", "nft"], &script).0, nft);
    }
}

#[test]
fn a_save_file_with_addresses_of_one_family_is_for_that_family() {
    let files = [
        "*filter\n-A INPUT -s 192.0.2.1 -j ACCEPT\n-A INPUT -p ipv6-icmp -j ACCEPT\nCOMMIT\n",
        "# Generated by iptables-save v1.8.9 (nf_tables)\n*filter\n-A INPUT -p ipv6-icmp -j ACCEPT\nCOMMIT\n",
        "*filter\n-A INPUT -s 2001:db8::/32 -j ACCEPT\n-A INPUT -p ipv6-icmp -j ACCEPT\nCOMMIT\n",
    ];
    let outputs = files.map(|file| run(&["rules", "-"], file));
    assert!(outputs.iter().all(|output| output.status.success()));
    let six = outputs.map(|output| text(&output.stdout).contains("ip6tables-restore"));
    assert_eq!(six, [false, false, true]);
}

#[test]
fn rules_of_a_save_file_end_where_iptables_restore_stops() {
    let file = "*nat\n-A OUTPUT -j ACCEPT\nCOMMIT\n*filter\n:INPUT DROP [0:0]\n-A INPUT -j NOWHERE\nCOMMIT\n*raw\n-A OUTPUT -j NOWHERE\nCOMMIT\n";
    let output = run(&["rules", "-"], file);
    let (shown, complaints) = (text(&output.stdout), text(&output.stderr));
    assert!(shown.starts_with("*nat\n") && shown.contains("-A OUTPUT -j ACCEPT\nCOMMIT\n"), "{shown}");
    assert!(
        shown.ends_with("\n# iptables-restore stops at line 6: what it reads from line 4 on is not loaded\n"),
        "{shown}"
    );
    assert!(!shown.contains("*filter") && !shown.contains("*raw"), "{shown}");
    // What is wrong behind that is told all the same.
    assert!(complaints.contains("-:6: refused: ") && complaints.contains("-:9: refused: "), "{complaints}");
    let output = run(&["rules", "--format", "json", "-"], &file.replace("-A INPUT -j NOWHERE", "--version"));
    let object: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(object["stopped"], serde_json::json!([{ "line": 6, "from": 4 }]));
    assert_eq!(object["rules"].as_array().map(Vec::len), Some(1));
    assert_eq!(output.status.code(), Some(1));
    // A script goes on behind a command that is refused, and behind a restore program that stops.
    let script = "iptables -A INPUT -j NOWHERE\niptables-restore -n <<EOF\n*filter\n-A INPUT -i lo\n-A INPUT -j NOWHERE\nCOMMIT\nEOF\niptables -A INPUT -i eth0\n";
    let shown = text(&run(&["rules", "-"], script).stdout);
    let rules: Vec<&str> = shown.lines().filter(|line| line.starts_with("-A")).collect();
    assert_eq!(rules, ["-A INPUT -i eth0"]);
}

#[test]
fn lines_that_iptables_restore_refuses_are_among_what_is_refused() {
    let refused = |input: &str| {
        let output = run(&["rules", "--format", "json", "-"], input);
        let object: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let lines = object["refused"].as_array().unwrap().iter().map(|own| own["line"].as_u64().unwrap());
        (lines.collect::<Vec<_>>(), output.status.code())
    };
    assert_eq!(refused("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j ACCEPT\n"), (vec![1], Some(1)));
    assert_eq!(refused("*filter\nwhat is this\n:own\nCOMMIT\n-A INPUT -j DROP\n"), (vec![2, 3, 5], Some(1)));
    assert_eq!(refused("*filter\n-A INPUT -m comment --comment \"open\nCOMMIT\n"), (Vec::new(), Some(0)));
    assert_eq!(refused("iptables-restore <<E\n*filter\n-A INPUT -j ACCEPT\nE\n"), (vec![2], Some(1)));
}

#[test]
fn explain_prints_the_page() {
    let page = text(&run(&["explain", "short-network"], "").stdout);
    assert!(page.starts_with("# short-network\n"));
    assert!(page.contains("\n## Why it is bad\n") && page.contains("\nipchains -A output -d 10/8 -j REJECT\n"));
    assert_eq!(status(&["explain", "no-such-lint"], ""), 2);
}

#[test]
fn the_list_of_lints_is_json_on_demand() {
    let output = run(&["lints", "--format", "json"], "");
    let rows: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), iptlint::lint::LINTS.len());
}

#[test]
fn no_input_drives_the_terminal() {
    let nasty = "echo \"\u{1B}]0;title\u{7}\u{9B}31m\u{202E}\u{7F}\n\techo $(\u{1B}[2J\n";
    for format in ["human", "concise", "json"] {
        let output = run(&["--format", format, "--stdin-filename", "a\u{1B}[31mb", "-"], nasty);
        let shown = text(&output.stdout) + &text(&output.stderr);
        let harmless = |c: char| c == '\n' || !c.is_control() && c != '\u{202E}';
        // JSON escapes what is a control character of ASCII, and is no text for a terminal.
        assert!(shown.chars().all(|c| harmless(c) || format == "json" && c > '\u{7E}'), "{shown:?}");
    }
}

#[test]
fn colour_is_as_asked_for() {
    let coloured = |arguments: &[&str]| text(&run(arguments, OPEN).stdout).contains('\u{1B}');
    assert!(coloured(&["--color", "always", "-"]));
    assert!(!coloured(&["--color", "never", "-"]));
    assert!(!coloured(&["-"]), "standard output is no terminal here");
}

#[test]
fn human_output_shows_lines_with_tabs_and_bytes_that_are_not_utf8() {
    let output = run(&["corpus/ipchains/latin1-comments.sh", "corpus/iptables/both-modules.sh"], "");
    insta::assert_snapshot!("human", text(&output.stdout));
}

#[test]
fn rules_are_printed_with_the_bytes_that_they_have() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("latin1.rules");
    let rule = b"-A INPUT -m comment --comment \"caf\xE9\" -j ACCEPT\n";
    std::fs::write(&file, [b"*filter\n:INPUT ACCEPT [0:0]\n".as_slice(), rule, b"COMMIT\n"].concat()).unwrap();
    let printed = run(&["rules", file.to_str().unwrap()], "").stdout;
    assert!(printed.windows(rule.len()).any(|own| own == rule), "{}", text(&printed));
}

#[test]
fn the_element_of_a_list_is_marked_that_is_wrong() {
    for (arguments, wrong) in [
        ("-p tcp -m multiport --dports 80,foo,90", "foo"),
        ("-p tcp -m multiport --dports=80,90:85,x", "90:85"),
        ("-m conntrack --ctstate NEW,FOO", "FOO"),
        ("-p tcp --tcp-flags SYN,AKC SYN", "AKC"),
        ("-p tcp --tcp-flags SYN,ACK SYN,BAR", "BAR"),
        ("-p tcp --tcp-flags \"SYN,ACK\" \"SYN,BAR\"", "BAR"),
        ("-s 10.0.0.1,10.0.0.256", "10.0.0.256"),
        ("-m set --match-set x src,foo", "foo"),
        ("-p sctp --chunk-types any DATA,FOO:x", "FOO"),
        ("-m time --weekdays 'Mon,Xx'", "Xx"),
        // What a variable holds is not written at its place.
        ("-p tcp -m multiport --dports $PORTS", "$PORTS"),
        ("-p tcp -m multiport --dports 80,,90", "80,,90"),
    ] {
        let line = format!("iptables -A INPUT {arguments} -j ACCEPT");
        let found = run(&["--select", "invalid-value", "--format", "concise", "-"], &format!("PORTS=80,foo\n{line}\n"));
        let column = line.find(wrong).unwrap() + 1;
        assert!(text(&found.stdout).starts_with(&format!("-:2:{column}: error: ")), "{line}\n{}", text(&found.stdout));
    }
}

#[test]
fn lines_that_nobody_could_read_are_not_shown() {
    let human = |options: usize| {
        let script = format!("iptables -P INPUT DROP\niptables -A INPUT --foo {}-j ACCEPT\n", "-f ".repeat(options));
        text(&run(&["--select", "unknown-option", "-"], &script).stdout)
    };
    let (short, long) = (human(1), human(1_000));
    assert!(short.contains("2 \u{2502} iptables -A INPUT --foo -f -j ACCEPT"), "{short}");
    assert!(!long.contains(" -f -f "), "{long}");
    assert!(long.contains("-:2:19: error[unknown-option]: there is no option `--foo`"), "{long}");
}

#[test]
fn a_closed_pipe_is_quiet() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iptlint"));
    command.arg("lints").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
}

#[test]
fn sourced_files_are_read_on_demand_only() {
    let directory = std::env::temp_dir().join(format!("iptlint-follow-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("conf"), "POLICY=ACCEPT\n. ./conf2\n").unwrap();
    std::fs::write(directory.join("conf2"), "PORT=99999\n").unwrap();
    let script = ". ./conf\niptables -P INPUT $POLICY\niptables -A INPUT -p tcp --dport $PORT -j ACCEPT\n\
                  iptables -A INPUT -p udp -j ACCEPT\n";
    std::fs::write(directory.join("fw.sh"), script).unwrap();
    let path = directory.join("fw.sh");
    let path = path.to_str().unwrap();
    let without = text(&run(&["--format", "concise", path], "").stdout);
    let with = text(&run(&["--format", "concise", "--follow", path], "").stdout);
    std::fs::remove_dir_all(directory).unwrap();
    assert_eq!(without, "");
    assert!(with.contains(":2:1: warning: ") && with.contains("`99999` is no port"), "{with}");
}

#[test]
fn rules_prints_what_would_be_loaded() {
    let script =
        "ipchains -P input DENY\nipchains -A input -p tcp -s $1 -d $ME 22 -j ACCEPT\nipchains -A none -j DENY\n";
    let output = run(&["rules", "-", "--arg", "10.0.0.0/8", "--define", "ME=192.0.2.1"], script);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!("rules-ipchains", text(&output.stdout) + &text(&output.stderr));
    let output = run(&["rules", "-", "--format", "json"], script);
    let object: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(object["refused"][0]["line"], 3);
    assert_eq!(object["refused"][0]["message"], "No chain by that name");
    assert_eq!(object["chains"]["input"], "DENY");
    assert_eq!(object["rules"][0]["src"], "${1}");
    let output = run(&["rules", "-"], "iptables -P INPUT DROP\niptables -A INPUT -i lo -j ACCEPT\n");
    assert_eq!(output.status.code(), Some(0));
    insta::assert_snapshot!("rules-iptables", text(&output.stdout));
}

#[test]
fn rules_that_are_missing_since_the_script_goes_on_for_too_long_are_told() {
    let calls: String = (0..20).map(|at| format!("f{at}() {{ f{0}; f{0}; }}\n", at + 1)).collect();
    let script = format!("{calls}f20() {{ iptables -A INPUT -i lo -j ACCEPT; }}\nf0\n");
    for arguments in ["rules -", "rules - --format json", "trace - --in lo --src 127.0.0.1 --dst 127.0.0.1 --dport 80"]
    {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let output = run(&arguments, &script);
        let said = text(&output.stderr);
        assert!(said.contains("goes on for too long to follow; what comes behind is not among the rules"), "{said}");
        assert_eq!(output.status.code() == Some(1), arguments[0] == "rules", "{arguments:?}");
    }
}

#[test]
fn a_refusal_without_words_is_said_in_words() {
    let output = run(&["rules", "-"], "ipchains -A input extra -j DENY\n");
    assert_eq!(text(&output.stderr), "iptlint: -:1: refused: the program only hints at its help\n");
}

#[test]
fn rules_of_both_families_can_be_told_apart() {
    let script = "ip6tables -A INPUT -i lo -j ACCEPT\niptables -P INPUT DROP\n";
    let listed = text(&run(&["rules", "-"], script).stdout);
    let (four, six) = listed.split_once("# To be loaded by ip6tables-restore\n").unwrap();
    assert!(four.contains(":INPUT DROP") && !four.contains("-A"), "{four}");
    assert!(six.contains(":INPUT ACCEPT") && six.contains("-A INPUT -i lo -j ACCEPT"), "{six}");
    // So can the text of one family, when it is read again.
    assert_eq!(
        text(&run(&["rules", "-"], &format!("# To be loaded by ip6tables-restore\n{six}")).stdout).find("# To"),
        Some(0)
    );
}

/// A directory of its own for one test, with these files.
fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    directory
}

fn path(directory: &tempfile::TempDir, name: &str) -> String {
    directory.path().join(name).to_str().unwrap().to_owned()
}

#[test]
fn lints_are_chosen_by_name_category_and_preset() {
    assert_eq!(status(&["--ignore", "bare-masquerade", "-"], OPEN), 0);
    assert_eq!(status(&["--select", "script,deprecated", "-"], OPEN), 0);
    assert_eq!(status(&["--select", "script", "--extend-select", "hazard", "-"], OPEN), 1);
    assert_eq!(status(&["--select", "no-such-lint", "-"], OPEN), 2);
    let by = |preset| text(&run(&["--preset", preset, "--format", "concise", "-"], HINTLESS).stdout);
    assert_eq!(by("default"), "");
    assert!(by("strict").contains(": info: ") && by("all").contains(&by("strict")));
    assert_eq!(status(&["--exit-zero", "-"], OPEN), 0);
    assert_eq!(text(&run(&["--min-severity", "error", "-"], OPEN).stdout), "");
    assert_eq!(text(&run(&["--statistics", "-"], OPEN).stdout), "     1  bare-masquerade\n");
}

#[test]
fn what_iptables_takes_in_spite_of_its_look_is_a_warning() {
    let slashed = "iptables -A OUTPUT -o eth0/1 -j ACCEPT\n";
    let found = run(&["--select", "invalid-value", "--format", "concise", "-"], slashed);
    assert!(text(&found.stdout).starts_with("-:1:23: warning: "), "{}", text(&found.stdout));
    let directory = directory(&[("iptlint.toml", "[severity]\ninvalid-value = \"hint\"\n")]);
    let graded = run(
        &["--config", &path(&directory, "iptlint.toml"), "--select", "invalid-value", "--format", "concise", "-"],
        slashed,
    );
    assert!(text(&graded.stdout).contains(": hint: "), "{}", text(&graded.stdout));
}

#[test]
fn the_nearest_configuration_counts() {
    let files = [
        ("iptlint.toml", "ignore = [\"bare-masquerade\"]\n"),
        ("a.sh", OPEN),
        ("inner/iptlint.toml", "[severity]\nhazard = \"info\"\n"),
        ("inner/b.sh", OPEN),
        ("wrong/iptlint.toml", "preset = \"all\"\n\nignored = []\n"),
        ("wrong/c.sh", OPEN),
    ];
    let directory = directory(&files);
    assert_eq!(status(&[&path(&directory, "a.sh")], ""), 0);
    assert_eq!(status(&["--isolated", &path(&directory, "a.sh")], ""), 1);
    let inner = run(&["--format", "concise", &path(&directory, "inner/b.sh")], "");
    assert!(text(&inner.stdout).contains(": info: "), "{}", text(&inner.stdout));
    let wrong = run(&[&path(&directory, "wrong/c.sh")], "");
    assert_eq!(wrong.status.code(), Some(2));
    let said = text(&wrong.stderr);
    assert!(said.contains("line 3") && said.contains("ignored"), "{said}");
}

#[test]
fn files_have_exceptions_and_variables_have_values() {
    let config = "exclude = [\"old/\"]\n[per-file-ignores]\n\"*.save.sh\" = [\"hazard\"]\n[variables]\nT = \"nat\"\n";
    let unknown = "iptables -t $T -A POSTROUTING -j MASQUERADE\n";
    let files = [("iptlint.toml", config), ("x.save.sh", OPEN), ("y.sh", unknown), ("old/z.sh", OPEN)];
    let directory = directory(&files);
    assert_eq!(status(&[&path(&directory, "x.save.sh")], ""), 0);
    assert_eq!(status(&[&path(&directory, "y.sh")], ""), 1);
    assert_eq!(
        status(&["--isolated", "--select", "hazard", &path(&directory, "y.sh")], ""),
        0,
        "a variable stays unknown without its value"
    );
    assert_eq!(status(&[&path(&directory, "old/z.sh")], ""), 1);
    assert_eq!(status(&["--force-exclude", &path(&directory, "old/z.sh")], ""), 0);
    let all = run(&["--format", "concise", directory.path().to_str().unwrap()], "");
    assert_eq!(text(&all.stdout).lines().count(), 1, "{}", text(&all.stdout));
}

#[test]
fn facts_are_declared_shown_and_checked() {
    let facts = "[facts]\nown-addresses = [\"203.0.113.5\"]\noutside-interfaces = [\"ppp+\"]\nroutes = true\n";
    let files = [
        ("iptlint.toml", facts),
        ("a.sh", OPEN),
        ("key/iptlint.toml", "[facts]\noutside = [\"ppp0\"]\n"),
        ("key/a.sh", OPEN),
        ("address/iptlint.toml", "[facts]\n\nown-addresses = [\"203.0.113\"]\n"),
        ("address/a.sh", OPEN),
        ("both/iptlint.toml", "[facts]\noutside-interfaces = [\"eth0\"]\ninside-interfaces = [\"eth1\", \"eth0\"]\n"),
        ("both/a.sh", OPEN),
    ];
    let directory = directory(&files);
    let shown = run(&["--show-settings", &path(&directory, "a.sh")], "");
    for line in facts.lines() {
        assert!(text(&shown.stdout).contains(line), "{line}\n{}", text(&shown.stdout));
    }
    for (file, line, word) in
        [("key/a.sh", "line 2", "outside"), ("address/a.sh", "line 3", "IP address"), ("both/a.sh", "line 2", "`eth0`")]
    {
        let wrong = run(&[&path(&directory, file)], "");
        let said = text(&wrong.stderr);
        assert_eq!(wrong.status.code(), Some(2));
        assert!(said.contains(line) && said.contains(word), "{said}");
    }
}

#[test]
fn declared_extensions_are_understood() {
    let config = "[matches]\nfrob = [\"[!] --frob-level N\", \"--pair ONE TWO\", \"--maybe [WORD]\"]\n\
        [targets]\nFROBNICATE = [\"--how WORD\"]\nDONE = []\n";
    let rule =
        "-A INPUT -p tcp -m frob ! --frob-level 5 --pair \"a b\" c --maybe -m tcp --dport 22 -j FROBNICATE --how fast";
    let good = format!(
        "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT DROP [0:0]\n{rule}\n-A INPUT -j DONE\nCOMMIT\n"
    );
    let bad = "iptables -A INPUT -m frob --frob-levl 5\niptables -A INPUT -m frob ! --maybe\niptables -A INPUT -m frob --pair a\n\
        iptables -A INPUT -m forb --frob-level 5\n";
    let files = [
        ("iptlint.toml", config),
        ("good.rules", &good),
        ("bad.sh", bad),
        ("wrong/iptlint.toml", "[matches]\nfrob = [\"frob-level\"]\n"),
        ("wrong/x.sh", OPEN),
    ];
    let directory = directory(&files);
    let lint = run(&["--format", "concise", &path(&directory, "good.rules")], "");
    assert_eq!(text(&lint.stdout), "");
    assert_ne!(status(&["--isolated", &path(&directory, "good.rules")], ""), 0);
    let rules = run(&["rules", &path(&directory, "good.rules")], "");
    assert!(text(&rules.stdout).contains(&format!("{rule}\n")), "{}", text(&rules.stdout));
    let lint = run(&["--format", "concise", "--select", "correctness", &path(&directory, "bad.sh")], "");
    let said = text(&lint.stdout);
    let codes = ["unknown-option", "invalid-value", "missing-argument", "perhaps `frob` is meant [unknown-extension]"];
    assert_eq!(said.lines().count(), codes.len(), "{said}");
    assert!(said.lines().zip(codes).all(|(line, code)| line.contains(code)), "{said}");
    let wrong = run(&[&path(&directory, "wrong/x.sh")], "");
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("line 2: `frob-level`"), "{}", text(&wrong.stderr));
}

#[test]
fn what_is_declared_of_the_host_decides_findings() {
    let nat = "iptables -P FORWARD DROP\niptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE\niptables -t nat -A POSTROUTING -o eth1 -j SNAT --to-source 203.0.113.5\n";
    let trusting = "iptables -P FORWARD DROP\niptables -A FORWARD -i eth0 -p tcp --dport 80 -j ACCEPT\niptables -A FORWARD -s 10.0.0.0/8 -j ACCEPT\n";
    let closed = "iptables -F\niptables -P INPUT DROP\niptables -P FORWARD DROP\niptables -A FORWARD -i eth1 -s 10.0.0.0/8 -j ACCEPT\niptables -t nat -A PREROUTING -i eth0 -p tcp --dport 80 -j DNAT --to-destination 10.0.0.1\n";
    let found = |facts: &str, lint: &str, script: &str| {
        let directory = directory(&[("iptlint.toml", facts), ("a.sh", script)]);
        let output = run(&["--select", lint, "--format", "concise", &path(&directory, "a.sh")], "");
        text(&output.stdout).lines().count()
    };
    for (lint, script, facts, without, with) in [
        ("masquerade-on-static", nat, "static-interfaces = [\"eth+\"]", 0, 1),
        ("snat-on-dynamic", nat, "dynamic-interfaces = [\"eth1\"]", 0, 1),
        ("nat-without-forwarding", nat, "routes = true", 1, 0),
        ("dnat-without-forward", closed, "own-addresses = [\"10.0.0.1\"]", 1, 0),
        ("spoofable-trust", trusting, "outside-interfaces = [\"eth0\"]", 0, 1),
    ] {
        assert_eq!(found("", lint, script), without, "{lint} without facts");
        assert_eq!(found(&format!("[facts]\n{facts}\n"), lint, script), with, "{lint} given {facts}");
    }
}

#[test]
fn a_directory_gives_its_firewall_files_in_order() {
    let files = [
        (".gitignore", "built/\n"),
        ("built/x.sh", OPEN),
        ("b/y.sh", OPEN),
        ("a", "#!/bin/sh\niptables -t nat -A POSTROUTING -j MASQUERADE\n"),
        ("readme.txt", OPEN),
        ("other.sh", "echo hello\n"),
    ];
    let directory = directory(&files);
    let output = run(&["--format", "concise", directory.path().to_str().unwrap()], "");
    let names: Vec<String> = text(&output.stdout)
        .lines()
        .map(|line| line.split(':').next().unwrap().rsplit('/').next().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["a", "y.sh"]);
}

#[test]
fn a_baseline_silences_what_it_lists_and_survives_other_edits() {
    let directory = directory(&[("a.sh", OPEN)]);
    let (file, known) = (path(&directory, "a.sh"), path(&directory, "known.json"));
    assert_eq!(status(&["--write-baseline", &known, &file], ""), 0);
    assert_eq!(status(&["--baseline", &known, &file], ""), 0);
    std::fs::write(&file, format!("# a new line\n{OPEN}")).unwrap();
    assert_eq!(status(&["--baseline", &known, &file], ""), 0);
    std::fs::write(&file, format!("{OPEN}{OPEN}")).unwrap();
    assert_eq!(status(&["--baseline", &known, &file], ""), 1, "a second one is new");
    assert_eq!(status(&["--baseline", &path(&directory, "none.json"), &file], ""), 2);
}

#[test]
fn a_comment_silences_a_lint_in_the_whole_file() {
    let rule = "iptables -A OUTPUT -p tcp --dport 25 -j DROP\n";
    let twice = format!("iptables -P OUTPUT ACCEPT\n{rule}{rule}");
    assert!(text(&run(&["-"], &twice).stdout).contains("duplicate-rule"));
    let silent = format!("{twice}# iptlint: disable-file=duplicate-rule -- the second is for a later kernel\n");
    assert_eq!((status(&["-"], &silent), text(&run(&["-"], &silent).stdout)), (0, String::new()));
    let idle = format!("{twice}# iptlint: disable-file=old-negation\n");
    let found = text(&run(&["--format", "concise", "-"], &idle).stdout);
    assert!(found.contains("[duplicate-rule]") && found.contains(":4:25: warning: "), "{found}");
}

#[test]
fn the_report_may_go_to_a_file() {
    let directory = directory(&[]);
    let report = path(&directory, "report.txt");
    let output = run(&["--format", "concise", "--output-file", &report, "-"], OPEN);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), String::new()));
    assert_eq!(std::fs::read(&report).unwrap(), run(&["--format", "concise", "-"], OPEN).stdout);
    let nowhere = path(&directory, "no/such/directory");
    let output = run(&["--output-file", &nowhere, "-"], OPEN);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains(&nowhere), "{}", text(&output.stderr));
}

#[test]
fn no_repair_writes_down_what_a_variable_holds_in_one_run() {
    let script = "for not in ! ''; do iptables -A INPUT -s $not 10.0.0.1 -j ACCEPT; done\n\
        for flag in -y ''; do iptables -A INPUT -p tcp $flag -j ACCEPT; done\n\
        for chain in input own; do iptables -A $chain -j DENY; done\n";
    let diff =
        text(&run(&["--unsafe-fixes", "--diff", "--select", "old-negation,ipchains-leftover", "-"], script).stdout);
    let changed: Vec<&str> = diff.lines().filter(|line| line.starts_with(['+', '-'])).skip(2).collect();
    assert_eq!(
        changed,
        [
            "-for chain in input own; do iptables -A $chain -j DENY; done",
            "+for chain in input own; do iptables -A $chain -j DROP; done"
        ]
    );
}

#[test]
fn repairs_are_shown_or_made() {
    let old = "#!/bin/sh\niptables -P INPUT DROP # first\niptables -A INPUT -s ! 192.0.2.1 -j DROP # second\n";
    let new = old.replace("-s ! 192", "! -s 192");
    let directory = directory(&[("a.sh", old)]);
    let file = path(&directory, "a.sh");
    let diff = run(&["--unsafe-fixes", "--diff", &file], "");
    assert_eq!(diff.status.code(), Some(1));
    assert!(text(&diff.stdout).contains("+iptables -A INPUT ! -s 192.0.2.1"), "{}", text(&diff.stdout));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), old);
    assert_eq!(text(&run(&["--unsafe-fixes", "--fix", "-"], old).stdout), new);
    assert_eq!(text(&run(&["--fix", "-"], &new).stdout), new, "a filter loses nothing where nothing is to be repaired");
    assert_eq!(status(&["--unsafe-fixes", "--fix", "--show-fixes", &file], ""), 0);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), new);
    assert_eq!(status(&["--diff", &file], ""), 0);
}

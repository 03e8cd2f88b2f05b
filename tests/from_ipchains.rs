//! Runs the shell function that migrated scripts call for commands known only at run time.
//!
//! The cases are in `tests/data/from_ipchains.txt`. Each runs in every shell of this machine
//! that a firewall script may meet, with and without `set -eu`, and what it should run is
//! loaded into the real iptables. A missing program skips its test, unless the environment
//! variable `IPTLINT_REQUIRE_KERNEL` is 1.

use std::process::Command;

const FUNCTION: &str = include_str!("../src/migrate/runtime/from_ipchains.sh");
const CASES: &str = include_str!("data/from_ipchains.txt");

/// Programs that print their words instead of changing the machine.
const RECORDERS: &str = r#"
show() {
    _name=$1
    shift
    printf %s "$_name"
    for _word; do
        case $_word in
        '' | *[!A-Za-z0-9_./:,=!+-]*) printf " '%s'" "$_word" ;;
        *) printf ' %s' "$_word" ;;
        esac
    done
    echo
}
iptables() {
    for _last; do :; done
    case $_last in '' | -j) echo "iptables: no target"; return 2 ;; esac
    show iptables "$@"
}
iptables_target() {
    case $1,$2 in
    input,ACCEPT | forward,ACCEPT | output,ACCEPT | reply,ACCEPT | masqueraded,ACCEPT | policy,ACCEPT) echo ACCEPT ;;
    entry,ACCEPT) echo to-forward ;;
    *,RETURN) echo RETURN ;;
    input,web | input,a-longer-target-name) echo "$2" ;;
    entry,web) echo web-fwd-in ;;
    *,DENY | output,REJECT | policy,REJECT) echo DROP ;;
    input,REJECT | entry,REJECT | reply,REJECT) echo REJECT ;;
    forward,REJECT) echo REJECT --reject-with icmp-host-unreachable ;;
    forward,MASQ) echo masquerade ;;
    *) echo "iptables_target: no translation for the target '$2'" >&2 ;;
    esac
}
"#;

/// What a migration puts in the places that begin with `#: `: chains for scripts that say by variables what they need.
const PLACES: [(&str, &str); 5] = [
    (
        "#: chains",
        r#"
    each() {
        case $chain in
        input)
            [ -z "${lays-}" ] || lay nat INPUT PREROUTING
            [ -z "${lays-}" ] || lay mangle INPUT PREROUTING
            run INPUT input '' ${head:+2}
            [ -z "${redirects-}" ] || elsewhere nat PREROUTING '' '' 'web:web-nat'
            [ -z "${marks-}" ] || elsewhere mangle PREROUTING '' '' web:web
            [ -z "${forwarded-}" ] || run fwd-input entry
            [ -z "${replies-}" ] || run fwd-replies reply '-d:--ctrepldst --dport:--ctrepldstport' ;;
        forward) run FORWARD forward -i:-o ;;
        output)
            [ -z "${lays-}" ] || lay mangle OUTPUT POSTROUTING -i:-o
            run OUTPUT output -i:-o
            [ -z "${marks-}" ] || elsewhere mangle POSTROUTING -i:-o 2
            [ -z "${masqueraded-}" ] || masqueraded run fwd-masqueraded masqueraded -i:-o || exit ;;
        web)
            case ${web-} in forward | output) run web $web -i:-o ;; *) run web input ;; esac
            [ -z "${forwarded-}" ] || run web-fwd-in entry ;;
        a-very-long-chain-name) run a-very-long-chain-name input ;;
        *) refuse "the chain $chain is not known" ;;
        esac
    }"#,
    ),
    ("#: heads", "        -FINPUT) [ -z \"${head-}\" ] || echo again; iptables -F INPUT || exit; return ;;"),
    (
        "#: served",
        r#"    case $target,$chain${redirects-}${lays-} in REDIRECT,inputy*) ;; REDIRECT,*) refuse "not in the chain $chain" ;; esac
    case $mark$tos,${marks-}${lays-} in ,* | *,y) ;; *) refuse "not in the chain $chain" ;; esac"#,
    ),
    ("#: own", "            case $chain in fwd-input | to-forward) continue ;; esac"),
    (
        "#: policies",
        r#"    case $command in -P)
        policy=$(iptables_target policy "$target")
        case $chain,$target in
        input,REJECT) refuse "no translation for the policy REJECT of input" ;;
        input,*) $FROM_IPCHAINS -P INPUT "$policy" || exit ;;
        *) $FROM_IPCHAINS -P FORWARD "$policy" || exit ;;
        esac
        exit ;;
    esac"#,
    ),
];

/// The parts for scripts that need less than all, where others take their place.
const ALTERNATIVES: [&str; 5] = ["asks", "all_filter", "uncounted", "unredirected", "redirect_at_the_end"];

/// The function for scripts that need all of it.
fn function() -> String {
    let line = |line: &str| {
        let (text, parts) = line.split_once(" #: ").unwrap_or((line, ""));
        let place = PLACES.iter().find(|(place, _)| *place == line);
        (!parts.starts_with('!') && !ALTERNATIVES.contains(&parts))
            .then(|| format!("{}\n", place.map_or(text, |(_, text)| text)))
    };
    FUNCTION.lines().filter_map(line).collect()
}

/// Chains and rules for the commands that name existing ones; loading it flushes the rest.
const FURNISHED: &str = "\
*nat\nCOMMIT\n*mangle\nCOMMIT\n*filter\n:web -\n:masquerade -\n:fwd-input -\n:fwd-replies -\n:fwd-masqueraded -\n:web-fwd-in -\n:to-forward -\n:a-very-long-chain-name -\n:a-longer-target-name -
-A INPUT -s 192.0.2.1\n-A INPUT -s 192.0.2.2\n-A INPUT -s 192.0.2.3\n-A INPUT -s 192.0.2.4
-A FORWARD -s 192.0.2.1\n-A FORWARD -s 192.0.2.2
-A OUTPUT -s 192.0.2.1\n-A OUTPUT -s 192.0.2.2\n-A OUTPUT -s 192.0.2.3\n-A OUTPUT -s 192.0.2.4
COMMIT";

/// One call and what it must print.
struct Case<'a> {
    call: &'a str,
    expected: String,
}

fn cases() -> Vec<Case<'static>> {
    let mut cases: Vec<Case<'static>> = Vec::new();
    for line in CASES.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match (line.starts_with("> ") || line.starts_with("$ "), cases.last_mut()) {
            (false, Some(case)) => case.expected.extend([line, "\n"]),
            _ => cases.push(Case { call: line, expected: String::new() }),
        }
    }
    cases
}

/// The commands of a case, as shell text.
fn commands(call: &str) -> String {
    match call.strip_prefix("> ") {
        Some(words) => format!("from_ipchains {words}"),
        None => call.trim_start_matches("$ ").to_owned(),
    }
}

/// What a program prints, or nothing if it is not there.
fn output(program: &[&str], last: &str) -> Option<String> {
    let output = Command::new(program[0]).args(&program[1..]).arg(last).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Says that a test cannot run here, which is a failure where it must.
#[allow(clippy::print_stdout, reason = "a skipped test must be seen in its output")]
fn skip(what: &str) {
    let required = std::env::var("IPTLINT_REQUIRE_KERNEL").is_ok_and(|value| value == "1");
    assert!(!required, "{what} is missing");
    println!("skipped: {what} is missing");
}

fn check(shell: &[&str], options: &str) {
    let (mut printed_all, mut expected_all) = (String::new(), String::new());
    for case in cases() {
        // A plain `|| ...` would switch `set -e` off inside the call.
        let call = commands(case.call);
        let run = format!("({options}\n{call}\n) 2>&1\nstatus=$?\n[ $status = 0 ] || echo \"= $status\"\n");
        let Some(printed) = output(shell, &format!("{}\n{RECORDERS}\n{run}", function())) else {
            return skip(shell[0]);
        };
        printed_all.push_str(&format!("{}\n{printed}\n", case.call));
        expected_all.push_str(&format!("{}\n{}\n", case.call, case.expected));
    }
    assert_eq!(printed_all, expected_all, "{} {options:?}", shell.join(" "));
}

#[test]
fn dash_runs_every_case() {
    check(&["dash", "-c"], "");
    check(&["dash", "-c"], "set -eu");
}

#[test]
fn bash_runs_every_case() {
    check(&["bash", "-c"], "");
    check(&["bash", "--posix", "-c"], "set -eu");
    check(&["bash", "-c"], "set -euo pipefail");
}

#[test]
fn busybox_runs_every_case() {
    if Command::new("busybox").arg("true").status().is_err() {
        println!("skipped: busybox is missing");
        return;
    }
    check(&["busybox", "sh", "-c"], "");
    check(&["busybox", "sh", "-c"], "set -eu");
}

#[test]
fn ports_of_masqueraded_packets_are_known() {
    let function = include_str!("../src/migrate/runtime/masqueraded_port.sh");
    // All of 61000 to 65095 must be among them; of which only some are, a message says so.
    let (all, some, none) = (
        ["", ":", "1024:", ":65535", "61000:65095", "0:65535", "ssh:", "ssh:65535"],
        ["61000", "61001:65095", ":61000", "65095:"],
        ["22", "ssh", "65096:", ":1023", ":ssh", "ssh:telnet", "22:telnet", "60999"],
    );
    let ask = |ports: &[&str]| -> String {
        ports.iter().map(|own| format!("masqueraded_port '{own}' 2>&1 && echo yes\n")).collect()
    };
    let line =
        |own: &&str| format!("masqueraded_port: whether a masqueraded packet has the source port {own} is not known\n");
    let expected = format!("{}--\n{}--\n", "yes\n".repeat(all.len()), some.iter().map(line).collect::<String>());
    for shell in ["dash", "bash"] {
        let script = format!("{function}{}echo --\n{}echo --\n{}", ask(&all), ask(&some), ask(&none));
        match output(&[shell, "-c"], &script) {
            Some(printed) => assert_eq!(printed, expected, "{shell}"),
            None => skip(shell),
        }
    }
}

#[test]
fn shellcheck_has_no_complaint() {
    // A rule is several words on purpose; the chains tell what calls the functions.
    let file = std::env::temp_dir().join(format!("from_ipchains-{}.sh", std::process::id()));
    std::fs::write(&file, function()).unwrap();
    let complaints = output(&["shellcheck", "-s", "sh", "-e", "SC2046,SC2086"], &file.display().to_string());
    std::fs::remove_file(&file).unwrap();
    match complaints {
        Some(complaints) => assert_eq!(complaints, ""),
        None => skip("shellcheck"),
    }
}

/// Loads what the cases expect; a rule to be deleted is added first.
fn load(program: &str) {
    let ready =
        Command::new("unshare").args(["-n", program, "-L"]).output().is_ok_and(|output| output.status.success());
    if !ready {
        return skip(program);
    }
    let mut script = format!("iptables() {{ {program} \"$@\"; }}\nexec 2>&1\n");
    for case in cases().iter().filter(|case| !case.expected.contains("= ") && case.call.starts_with("> ")) {
        script.push_str(&format!("{program}-restore <<'END'\n{FURNISHED}\nEND\n"));
        for line in case.expected.lines().filter(|line| line.starts_with("iptables ")) {
            let spec = line.contains(" -D ") && !line.ends_with(|last: char| last.is_ascii_digit());
            let first = if spec { line.replace(" -D ", " -A ") } else { String::new() };
            script.push_str(&format!("{first}\n{line} >/dev/null || echo {:?}\n", case.call));
        }
    }
    assert_eq!(output(&["unshare", "-n", "sh", "-c"], &script), Some(String::new()), "{program}");
}

#[test]
fn iptables_nft_loads_what_the_cases_expect() {
    load("iptables-nft");
}

#[test]
fn iptables_legacy_loads_what_the_cases_expect() {
    load("iptables-legacy");
}

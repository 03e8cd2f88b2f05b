//! `iptlint trace`: the way of a packet as people see it, and what wrong arguments give.

#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

const WEB: &str = "tests/data/trace/web.ipchains.sh";
const GATEWAY: &str = "tests/data/trace/gateway.iptables.sh";

fn run(arguments: &str, input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iptlint"));
    command.current_dir(PathBuf::from(env!("CARGO_MANIFEST_DIR"))).arg("trace").args(arguments.split(' '));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A program that needs no input may have ended already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// Status, standard output and standard error together.
fn told(arguments: &str, input: &str) -> String {
    let output = run(arguments, input);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    format!("{}{}status {}\n", text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

#[test]
fn an_ipchains_packet_goes_through_chains_and_back() {
    let packet = "--in eth0 --src 192.0.2.1 --dst 198.51.100.1 --dport 80 --syn";
    insta::assert_snapshot!("ipchains-in", told(&format!("{WEB} {packet}"), ""));
}

#[test]
fn a_masqueraded_packet_passes_three_chains() {
    let packet =
        "--in eth1 --out ppp0 --proto udp --src 10.0.2.1 --dst 198.51.100.1 --dport domain --address ppp0=203.0.113.9";
    insta::assert_snapshot!("ipchains-masq", told(&format!("{WEB} {packet}"), ""));
}

#[test]
fn an_iptables_packet_is_translated_on_its_way() {
    let packet = "--in ppp0 --out eth0 --src 192.0.2.1 --dst 198.51.100.1 --dport www --syn";
    insta::assert_snapshot!("iptables-dnat", told(&format!("{GATEWAY} {packet}"), ""));
}

#[test]
fn what_is_not_known_is_said() {
    let packet = "--in eth0 --out ppp0 --proto icmp --icmp-type ping --src 10.2.0.1 --dst 198.51.100.1";
    insta::assert_snapshot!("iptables-depends", told(&format!("{GATEWAY} {packet}"), ""));
}

#[test]
fn packets_may_come_by_standard_input() {
    let line = "{\"path\":\"in\",\"iif\":\"eth0\",\"proto\":17,\"src\":\"192.0.2.1\",\"dst\":\"10.0.0.1\",\"sport\":1,\"dport\":2}";
    let input = format!("{line}\n\n{line}\nnonsense\n");
    let told = told(&format!("{GATEWAY} --packets -"), &input);
    let mistake = "column 2: expected ident; a packet is a JSON object, see `iptlint trace --help`";
    let answer = "{\"verdict\":\"accept\",\"at\":\"INPUT\",\"mark\":0,\"tos_out\":0}\n";
    assert_eq!(told, format!("{answer}{answer}iptlint: -:4: {mistake}\nstatus 2\n"));
}

#[test]
fn wrong_arguments_are_refused() {
    let status = |arguments: &str| run(arguments, "").status.code();
    let whole = format!("{WEB} --in eth0 --src 192.0.2.1 --dst 192.0.2.2");
    assert_eq!(status(&whole), Some(2), "a port is missing");
    assert_eq!(status(&format!("{whole} --dport 80")), Some(0));
    assert_eq!(status(&format!("{whole} --dport 80 --path fwd")), Some(2), "a device is missing");
    assert_eq!(status(&format!("{whole} --dport 80 --tos 256")), Some(2));
    assert_eq!(status(&format!("{whole} --dport 80 --packets -")), Some(2));
    assert_eq!(status(&format!("{whole} --dport 80 --tcp-flags S,X")), Some(2));
    assert_eq!(status(&format!("{whole} --fragment")), Some(0));
    for wrong in [
        "--fragment --dport 80",
        "--proto icmp --dport 80",
        "--proto udp --dport 53 --syn",
        "--dport 80 --icmp-type 8",
        "--proto 50 --sport 1",
    ] {
        let output = run(&format!("{whole} {wrong}"), "");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && told.contains(" says nothing of a "), "{wrong}: {told}");
    }
    assert_eq!(status("no-such-file --in eth0 --src 192.0.2.1 --dst 192.0.2.2 --dport 1"), Some(2));
}

/// What a packet lacks is not made up.
#[test]
fn packets_that_lack_something_are_refused() {
    let cases = [
        (r#""path":"in","proto":50"#, "`iif` is missing"),
        (r#""path":"fwd","iif":"eth0","proto":50"#, "`oif` is missing"),
        (r#""level":"chain","chain":"forward","iif":"eth0","proto":50"#, "`oif` is missing"),
        (r#""path":"in","iif":"eth0","proto":17,"sport":1"#, "`sport` or `dport` is missing"),
        (r#""path":"in","iif":"eth0","proto":6,"sport":1,"dport":2"#, "`tcp_flags` is missing"),
        (r#""path":"in","iif":"eth0","proto":6,"sport":1,"dport":2,"tcp_flags":"SX""#, "`tcp_flags`: `X` is none of"),
        (r#""path":"in","iif":"eth0","proto":1"#, "`icmp_type` is missing"),
        (r#""path":"in","iif":"eth0","proto":1,"icmp_type":3"#, "`icmp_code` is missing"),
        (r#""path":"up","iif":"eth0","proto":50"#, "`path`: it is none of in, out and fwd"),
        (r#""level":"chain","iif":"eth0","proto":50"#, "`chain` is none of input, forward and output"),
    ];
    for (fields, expected) in cases {
        let line = format!("{{{fields},\"src\":\"192.0.2.1\",\"dst\":\"10.0.0.1\"}}\n");
        let told = told(&format!("{WEB} --packets -"), &line);
        assert!(told.starts_with(&format!("iptlint: -:1: {expected}")) && told.ends_with("status 2\n"), "{told}");
    }
}

/// What the sender of a rejected packet is told differs between the kernels that had ipchains.
#[test]
fn the_answer_to_a_rejected_packet_hangs_on_the_kernel() {
    let packet = "--out ppp0 --src 203.0.113.9 --dst 198.51.100.1 --dport 6667 --syn";
    let script = "corpus/ipchains/no-final-newline.sh";
    let old = told(&format!("{script} {packet}"), "");
    let new = told(&format!("{script} {packet} --kernel 2.4"), "");
    assert!(old.contains("the sender gets: an error for the program"), "{old}");
    assert!(new.contains("the sender gets: ICMP port unreachable"), "{new}");
}

#[test]
fn what_iptables_restore_does_not_load_has_no_say() {
    let packet = "--in eth0 --src 192.0.2.1 --dst 198.51.100.1 --dport 80";
    let file = |rule: &str| {
        format!("*raw\n-A PREROUTING -j ACCEPT\nCOMMIT\n*filter\n:INPUT DROP [0:0]\n-A INPUT -j DROP\n{rule}\nCOMMIT\n")
    };
    let stop = "iptlint: -:7: iptables-restore stops here (there is no option `--nosuch` here): what it reads from line 4 on is not loaded\n";
    let wrong = run(&format!("{packet} -"), &file("-A INPUT --nosuch"));
    let told = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    assert_eq!(told(&wrong.stderr), stop);
    let (shown, right) = (told(&wrong.stdout), told(&run(&format!("{packet} -"), &file("")).stdout));
    assert!(shown.contains("verdict: accept") && right.contains("verdict: deny"), "{shown}{right}");
    // iptables-nft-restore crashes at `-R` for a rule of the same section.
    for (variant, loaded) in [("--variant legacy ", true), ("--variant nft ", false), ("", false)] {
        let output = run(&format!("{variant}{packet} -"), &file("-R INPUT 1 -j DROP"));
        assert_eq!(
            (output.stderr.is_empty(), told(&output.stdout).contains("verdict: deny")),
            (loaded, loaded),
            "{variant}"
        );
    }
}

#[test]
fn files_are_compared_by_what_is_loaded() {
    let file = |name: &str, rule: &str| {
        let path = std::env::temp_dir().join(format!("iptlint-{}-{name}.rules", std::process::id()));
        std::fs::write(&path, format!("*filter\n:INPUT ACCEPT [0:0]\n{rule}\nCOMMIT\n")).unwrap();
        path
    };
    let [wrong, empty, drops] =
        [("wrong", "-A INPUT -j DROP\n-A INPUT --nosuch"), ("empty", ""), ("drops", "-A INPUT -j DROP")]
            .map(|(name, rule)| file(name, rule));
    let equal = |other: &std::path::Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_iptlint"));
        let output = command.arg("compare").arg(&wrong).arg(other).output().unwrap();
        assert!(String::from_utf8(output.stderr).unwrap().contains(":4: iptables-restore stops here"));
        output.status.success()
    };
    assert_eq!((equal(&empty), equal(&drops)), (true, false));
    for path in [wrong, empty, drops] {
        std::fs::remove_file(path).unwrap();
    }
}

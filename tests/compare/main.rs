//! `iptlint compare`: answers worked out by hand, for both languages.

#![allow(clippy::unwrap_used, clippy::panic)]

mod effort;
mod loops;
mod outside;

use std::path::PathBuf;
use std::process::Command;

use iptlint::analysis;
use iptlint::eval::Settings;
use iptlint::packet::{Kernel, Rejection, Verdict};
use iptlint::syntax::Tree;
use iptlint::text::{Edits, FileId, Source, Sources};
use iptlint::verify::{self, Kind, Proof};

fn read(name: &str, text: &str) -> (Sources, Vec<Tree>) {
    let mut sources = Sources::default();
    let source = Source::new(name, text.as_bytes().to_vec());
    let trees = vec![analysis::parse(&source, FileId(0), None)];
    sources.add(source);
    (sources, trees)
}

/// What is said of two scripts, with so many nodes.
fn within(left: &str, right: &str, kernel: Kernel, budget: usize) -> Proof {
    let (a, b) = (read("left.sh", left), read("right.sh", right));
    let mut left = analysis::analyse(&a.0, &a.1, FileId(0), &Settings::default());
    let mut right = analysis::analyse(&b.0, &b.1, FileId(0), &Settings::default());
    for analysis in [&left, &right] {
        for reading in analysis.readings.iter().flatten() {
            assert!(reading.command().is_some(), "{:?}", reading.problems());
        }
        assert_eq!(analysis.refusals, []);
    }
    verify::compare_within(&mut left, &mut right, kernel, budget)
}

fn compare(left: &str, right: &str) -> Proof {
    within(left, right, Kernel::V2_2, 2_000_000)
}

#[track_caller]
fn equal(left: &str, right: &str) {
    let proof = compare(left, right);
    assert!(matches!(proof, Proof::Equal { .. }), "{proof:?}");
    // Which comes first does not matter.
    let proof = compare(right, left);
    assert!(matches!(proof, Proof::Equal { .. }), "{proof:?}");
}

/// The kinds of difference and the sets, one a line.
#[track_caller]
fn different(left: &str, right: &str) -> Vec<(Kind, String)> {
    match compare(left, right) {
        Proof::Different { differences } => differences.into_iter().map(|own| (own.kind, own.set)).collect(),
        proof => panic!("{proof:?}"),
    }
}

#[track_caller]
fn not_decided(left: &str, right: &str) -> String {
    match compare(left, right) {
        Proof::NotDecided { reasons } => reasons.join("\n"),
        proof => panic!("{proof:?}"),
    }
}

const WEB: &str = "iptables -P INPUT DROP\niptables -A INPUT -p tcp --dport 80 -j ACCEPT\n";

#[test]
fn the_order_of_rules_that_do_not_meet_is_no_difference() {
    let one = "iptables -A INPUT -p tcp --dport 80 -j DROP\niptables -A INPUT -p udp --dport 53 -j DROP\n";
    let other = "iptables -A INPUT -p udp --dport 53 -j DROP\niptables -A INPUT -p tcp --dport 80 -j DROP\n";
    equal(one, other);
    equal(WEB, &format!("{WEB}iptables -A INPUT -p tcp --dport 80 -s 10.0.0.0/8 -j REJECT\n"));
    equal(WEB, &format!("iptables -N web\n{}iptables -A web -j ACCEPT\n", WEB.replace("-j ACCEPT", "-j web")));
}

#[test]
fn an_edit_is_shown_by_packets() {
    let edited = WEB.replace("--dport 80", "--dport 80:81");
    assert_eq!(different(WEB, &edited), [(Kind::Passing, "received TCP packets to port 81".to_owned())]);
    let narrower = WEB.replace("-p tcp", "-s 10.0.0.0/8 -p tcp");
    let found = different(WEB, &narrower);
    assert_eq!(found[0], (Kind::Passing, "received TCP packets from 128.0.0.0/1 to port 80".to_owned()));
    let told = "iptables -A INPUT -p tcp --dport 113 -j REJECT\n";
    let found = different(told, &told.replace("REJECT", "REJECT --reject-with tcp-reset"));
    assert_eq!(found, [(Kind::Answer, "received TCP packets to port 113".to_owned())]);
    let marked = "iptables -t mangle -A PREROUTING -p udp -j MARK --set-mark 1\n";
    let kinds: Vec<Kind> = different(marked, &marked.replace("mark 1", "mark 2")).iter().map(|own| own.0).collect();
    assert_eq!(kinds, [Kind::Mark, Kind::Mark], "received and forwarded");
}

#[test]
fn devices_are_names_with_wildcards() {
    let rule = |device: &str| format!("iptables -A INPUT -i {device} -j DROP\n");
    equal(&(rule("ppp0") + &rule("ppp+")), &rule("ppp+"));
    equal(&rule("+"), "iptables -A INPUT -j DROP\n");
    let set = |left: &str, right: &str| different(left, right).remove(0).1;
    assert_eq!(set(&rule("ppp+"), &rule("ppp0")), "received packets in by ppp1");
    assert_eq!(set(&rule("eth0"), &(rule("eth0") + &rule("eth1"))), "received packets in by eth1");
}

#[test]
fn questions_for_ipchains_are_those_for_iptables() {
    let rule = "ipchains -A input -s 10.0.0.1 -j DENY\n";
    let new = "iptables -A INPUT -s 10.0.0.1 -j DROP\niptables -A FORWARD -s 10.0.0.1 -j DROP\n";
    for (old, now) in [
        ("modprobe ipchains", "modprobe ip_tables"),
        ("/sbin/insmod -k ipchains", "/sbin/insmod -k ip_tables"),
        ("[ -e /proc/net/ip_fwchains ]", "[ -e /proc/net/ip_tables_names ]"),
        ("test -x /sbin/ipchains", "test -x /sbin/iptables"),
    ] {
        equal(&format!("{old} || exit 1\n{rule}"), &format!("{now} || exit 1\n{new}"));
    }
}

#[test]
fn a_hand_made_iptables_version_is_equal() {
    let ipchains = "ipchains -P input DENY\nipchains -A input -i lo -j ACCEPT\nipchains -A input -p tcp ! -y -j ACCEPT\n\
        ipchains -A input -p icmp --icmp-type ping -j REJECT\nipchains -P forward DENY\n\
        ipchains -A output -p tcp -d 0/0 6667 -j REJECT\nipchains -A output -p udp -m 7 -t 01 10\n";
    let iptables = "iptables -P INPUT DROP\niptables -A INPUT -i lo -j ACCEPT\n\
        iptables -A INPUT -p tcp ! --tcp-flags SYN,RST,ACK SYN -j ACCEPT\n\
        iptables -A INPUT -p icmp --icmp-type 8 -j REJECT\niptables -P FORWARD DROP\n\
        iptables -A FORWARD -p icmp --icmp-type 8 -i lo -j DROP\n\
        iptables -A OUTPUT -p tcp --dport 6667 -j DROP\n\
        iptables -t mangle -A OUTPUT -p udp -j MARK --set-mark 7\n\
        iptables -t mangle -A OUTPUT -p udp -j TOS --set-tos 0x10/0xfe\n";
    // A forwarded ping that input rejects is told so before forward drops it.
    let found = different(ipchains, iptables);
    assert_eq!(found[0].0, Kind::Answer);
    let exact = iptables.replace("-p icmp --icmp-type 8 -i lo -j DROP", "-p icmp --icmp-type 8 -j REJECT");
    equal(ipchains, &exact);
    // --syn looks at FIN too.
    let renamed = exact.replace("! --tcp-flags SYN,RST,ACK SYN", "! --syn");
    assert_eq!(different(ipchains, &renamed)[0].0, Kind::Passing);
    // Linux 2.4 tells programs of the host, and other hosts, in the same way.
    assert!(matches!(within(ipchains, &exact, Kernel::V2_4, 2_000_000), Proof::Different { .. }));
    let newer = exact.replace("--dport 6667 -j DROP", "--dport 6667 -j REJECT");
    assert!(matches!(within(ipchains, &newer, Kernel::V2_4, 2_000_000), Proof::Equal { .. }));
}

#[test]
fn conditions_of_the_script_are_compared_for_every_outcome() {
    let old = "case \"$1\" in\nstart) ipchains -P input DENY\n  if [ -n \"$WEB\" ]; then ipchains -A input -p tcp -d 0/0 80 -j ACCEPT; fi;;\n\
        stop) ipchains -P input ACCEPT;;\nesac\nipchains -P forward DENY\n";
    let new = "case \"$1\" in\nstart) iptables -P INPUT DROP\n  if [ -n \"$WEB\" ]; then iptables -A INPUT -p tcp --dport 80 -j ACCEPT; fi;;\n\
        stop) iptables -P INPUT ACCEPT;;\nesac\niptables -P FORWARD DROP\n";
    equal(old, new);
    // The arms may stand in another order.
    let turned = "case \"$1\" in\nstop) iptables -P INPUT ACCEPT;;\n\
        start) iptables -P INPUT DROP\n  if [ -n \"$WEB\" ]; then iptables -A INPUT -p tcp --dport 80 -j ACCEPT; fi;;\n\
        esac\niptables -P FORWARD DROP\n";
    equal(old, turned);
    let forgotten = new.replace("if [ -n \"$WEB\" ]; then ", "").replace("; fi;;", ";;");
    let found = different(old, &forgotten);
    assert_eq!(found[0], (Kind::Passing, "received TCP packets to port 80".to_owned()));
}

/// The loopback device has one address, so that nothing hangs on which the host has.
#[test]
fn packets_of_the_loopback_device_are_told_apart() {
    let new = "iptables -P FORWARD DROP\niptables -A OUTPUT -o lo -p udp -j DROP\n";
    let old = "ipchains -P forward DENY\nipchains -A output -i lo -p udp -j DENY\n";
    equal(old, new);
    assert_eq!(different(old, &new.replace("udp", "tcp"))[0].0, Kind::Passing);
}

/// A deletion under a condition takes nothing from chains that are then empty, whatever its rule says.
#[test]
fn what_is_deleted_on_other_runs_leaves_the_order_alone() {
    let script = |body: &str| {
        format!("case \"$1\" in start) A=-A;; stop) A=-D;; *) exit 1;; esac\niptables -P FORWARD DROP\n{body}")
    };
    let (tcp, all) = ("iptables $A INPUT -s $GUEST -p tcp -j ACCEPT\n", "iptables $A INPUT -s $GUEST -j DROP\n");
    let old = script(&format!("{tcp}{all}"))
        .replace("iptables", "ipchains")
        .replace("INPUT", "input")
        .replace("FORWARD DROP", "forward DENY")
        .replace("DROP", "DENY");
    equal(&old, &script(&format!("{tcp}{all}")));
    not_decided(&old, &script(&format!("{all}{tcp}")));
    not_decided(&old, &script(&format!("{tcp}{all}iptables -D INPUT -s $OTHER -j DROP\n")));
}

#[test]
fn functions_for_other_files_are_compared() {
    let library = |rules: &str| format!("start() {{\niptables -F\n{rules}}}\nstop() {{\niptables -F\n}}\n");
    equal(&library(WEB), &library(WEB));
    assert_eq!(different(&library(WEB), &library("iptables -P INPUT DROP\n")).len(), 1);
    // What the file calls itself counts where it is called.
    assert_eq!(different(&format!("{}start\n", library(WEB)), &library(WEB)).len(), 1);
}

#[test]
fn an_unknown_value_is_itself_and_nothing_else() {
    let old = "ipchains -A input -s $NET -p tcp -d 0/0 \"$PORT\" -i $EXT -j DENY\nipchains -P forward DENY\n";
    let new = "iptables -A INPUT -s $NET -p tcp --dport \"$PORT\" -i $EXT -j DROP\niptables -P FORWARD DROP\n";
    equal(old, new);
    assert!(not_decided(old, &new.replace("$NET", "$LAN")).contains("${NET}"));
    assert!(not_decided(old, &new.replace("-i $EXT ", "")).contains("${EXT}"));
}

#[test]
fn arguments_of_functions_are_those_that_are_given() {
    let drops = |call: &str| format!("f() {{ iptables -A INPUT -s $1 -j DROP; }}\nf {call}\n");
    equal(&drops("$HOST"), &drops("$HOST"));
    assert!(not_decided(&drops("$HOST"), &drops("$OTHER")).contains("${OTHER}"));
    let shifted =
        |test: &str, call: &str| format!("f() {{ {test} && shift; iptables -A INPUT -s $1 -j DROP; }}\nf {call}\n");
    let first = shifted("[ $V = y ]", "10.0.0.1 10.0.0.2");
    equal(&first, &first);
    for other in [shifted("[ $V = y ]", "10.0.0.3 10.0.0.4"), shifted("[ $V = n ]", "10.0.0.1 10.0.0.2")] {
        assert!(!matches!(compare(&first, &other), Proof::Equal { .. }), "{other}");
    }
}

/// Arguments of which any number may be taken away are those of the call, too.
#[test]
fn arguments_that_are_lost_are_not_those_of_another_call() {
    let body = |lose: &str| format!("f() {{ {lose}; iptables -A INPUT -s \"$1\" -j DROP; }}\n");
    for lose in [
        "while [ \"$1\" != \"$END\" ]; do shift; done",
        "for i in $LIST; do shift; done",
        "for i in $LIST; do set -- \"$2\" \"$1\"; done",
    ] {
        let first = format!("{}f 10.0.0.1 10.0.0.2\n", body(lose));
        let other = format!("{}f 10.0.0.3 10.0.0.4\n", body(lose));
        equal(&first, &first);
        assert!(!matches!(compare(&first, &other), Proof::Equal { .. }), "{lose}");
    }
    let set = |words: &str| {
        format!("f() {{ [ -e flag ] && set -- {words}; iptables -A INPUT -s \"$1\" -j DROP; }}\nf 10.0.0.1\n")
    };
    equal(&set("10.0.0.2"), &set("10.0.0.2"));
    assert!(!matches!(compare(&set("10.0.0.2"), &set("10.0.0.3")), Proof::Equal { .. }));
}

#[test]
fn what_is_not_modelled_is_not_decided() {
    let rule = "ipchains -A input -p tcp -d 0/0 80 -j DENY\n";
    let forwarding = format!("{rule}ipmasqadm autofw -A -r tcp 80 81 -h 10.0.0.7 -c tcp 21\n");
    assert!(not_decided(rule, &forwarding).contains("ipmasqadm"));
    let both = format!("{rule}iptables -A INPUT -p tcp --dport 80 -j DROP\n");
    assert!(not_decided(rule, &both).contains("both ipchains and iptables"));
    // A rule that is made for each of a list that nobody knows.
    let each = "for host in $HOSTS; do iptables -A INPUT -s $host -j DROP; done\n";
    assert!(not_decided(each, "iptables -A INPUT -s 10.0.0.1 -j ACCEPT\n").contains("${host}"));
}

const FORWARDED: &str = "ipchains -P input DENY\nipchains -P forward DENY\n\
    ipchains -A input -i ppp0 -p tcp -d 203.0.113.1 80 -j ACCEPT\n\
    ipchains -A output -i eth1 -p tcp -d 10.0.0.8 8080 -j REJECT\n\
    ipmasqadm portfw -a -P tcp -L 203.0.113.1 80 -R 10.0.0.7 8080\n";

/// Input with the old destination, no forward, output with the new one.
const DIVERTED: &str = "iptables -P INPUT DROP\niptables -P FORWARD DROP\n\
    iptables -A INPUT -i ppp0 -p tcp -d 203.0.113.1 --dport 80 -j ACCEPT\n\
    iptables -A FORWARD -i ppp0 -p tcp -m conntrack --ctstate DNAT \
    -m conntrack --ctorigdst 203.0.113.1 -m conntrack --ctorigdstport 80 -j ACCEPT\n\
    iptables -A OUTPUT -o eth1 -p tcp -d 10.0.0.8 --dport 8080 -j DROP\n\
    iptables -t nat -A PREROUTING -d 203.0.113.1 -p tcp --dport 80 -j DNAT --to-destination 10.0.0.7:8080\n";

#[test]
fn forwarded_ports_are_compared() {
    equal(FORWARDED, DIVERTED);
    let kinds = |right: &str| different(FORWARDED, right).iter().map(|own| own.0).collect::<Vec<_>>();
    assert_eq!(kinds(&DIVERTED.replace("10.0.0.7:8080", "10.0.0.7:80")), [Kind::Destination]);
    assert!(kinds(&DIVERTED.replace("10.0.0.7", "10.0.0.6")).contains(&Kind::Destination));
    assert!(
        kinds(&DIVERTED.replace("-p tcp --dport 80 -j DNAT", "-p tcp --dport 81 -j DNAT")).contains(&Kind::Delivery)
    );
    for line in DIVERTED.lines().filter(|line| line.contains("DNAT")) {
        assert!(!kinds(&DIVERTED.replace(line, ":")).is_empty(), "{line}");
    }
    // The packets meet output with their new destination, and its answer is that for forwarded packets.
    let closed = FORWARDED.replace("-d 10.0.0.8", "-d 10.0.0.7");
    assert_eq!(different(&closed, DIVERTED)[0].0, Kind::Passing);
    let reject = "iptables -I FORWARD -o eth1 -p tcp -d 10.0.0.7 --dport 8080 -i ppp0 -m conntrack --ctstate DNAT \
        -j REJECT --reject-with icmp-host-unreachable\n";
    equal(&closed, &(DIVERTED.replace("10.0.0.8", "10.0.0.7") + reject));
    // A flush forgets the entry, and the packets stay here.
    let flushed = different(&format!("{FORWARDED}ipmasqadm portfw -f\n"), DIVERTED);
    assert!(flushed.iter().any(|own| own.0 == Kind::Delivery));
    // Two entries take turns.
    let turns = format!("{FORWARDED}ipmasqadm portfw -a -P tcp -L 203.0.113.1 80 -R 10.0.0.9 8080\n");
    assert!(not_decided(&turns, DIVERTED).contains("take turns"));
}

#[test]
fn forwarded_marks_are_compared() {
    let old = "ipchains -A input -i ppp0 -p tcp -y -d 203.0.113.1 80 -m 80\nipchains -P forward DENY\n\
        ipmasqadm mfw -A -m 80 -r 10.0.0.7 8080\n";
    let new = "iptables -t mangle -A PREROUTING -i ppp0 -p tcp --tcp-flags SYN,RST,ACK SYN -d 203.0.113.1 --dport 80 \
        -j MARK --set-mark 80\niptables -P FORWARD DROP\niptables -A FORWARD -m conntrack --ctstate DNAT -j ACCEPT\n\
        iptables -t nat -A PREROUTING -p tcp -m mark --mark 80 -m addrtype --dst-type LOCAL -j DNAT --to-destination 10.0.0.7:8080\n";
    equal(old, new);
    assert_eq!(different(old, &new.replace("--mark 80", "--mark 81"))[0].0, Kind::Delivery);
    assert_eq!(different(old, &new.replace("0.7:8080", "0.7"))[0].0, Kind::Destination);
}

#[test]
fn unknown_ends_of_forwarded_ports_are_themselves() {
    let unknown = |text: &str| {
        let known = text.lines().filter(|line| !line.contains("10.0.0.8")).collect::<Vec<_>>().join("\n");
        known.replace("203.0.113.1", "$PUB").replace("10.0.0.7", "$SERVER")
    };
    equal(&unknown(FORWARDED), &unknown(DIVERTED));
    // The inside host may be the one that output holds back.
    let whole = |text: &str| text.replace("203.0.113.1", "$PUB").replace("10.0.0.7", "$SERVER");
    assert!(not_decided(&whole(FORWARDED), &whole(DIVERTED)).contains("${SERVER}"));
    not_decided(&unknown(FORWARDED), &unknown(DIVERTED).replace("$SERVER", "$OTHER"));
    let known = unknown(DIVERTED).replace("$PUB", "203.0.113.1");
    assert!(not_decided(&unknown(FORWARDED), &known).contains("${PUB}"));
}

#[test]
fn each_arm_of_a_script_for_two_kernels_is_compared() {
    let script = |old: &str, new: &str| format!("if [ -x /sbin/ipchains ]; then\n{old}else\n{new}fi\n");
    let (deny, drop) =
        ("ipchains -A input -p tcp -d 0/0 80 -j DENY\n", "iptables -A INPUT -p tcp --dport 80 -j DROP\n");
    let old = script(&format!("{deny}ipchains -P forward DENY\n"), "iptables -A INPUT -p tcp --dport 25 -j DROP\n");
    let new = script(&format!("{drop}iptables -P FORWARD DROP\n"), "iptables -A INPUT -p tcp --dport 25 -j DROP\n");
    equal(&old, &new);
    assert_eq!(different(&old, &new.replace("25", "26"))[0].0, Kind::Passing);
    assert_eq!(different(&old, &new.replace("80", "81"))[0].0, Kind::Passing);
    // What the other language only empties is no rule of it.
    let emptied = |text: &str, program: &str| text.replace("else\n", &format!("else\n{program} -F\n{program} -X\n"));
    equal(&emptied(&old, "ipchains"), &emptied(&new, "iptables"));
    let used = old.replace("else\n", "else\nipchains -P input DENY\n");
    assert!(not_decided(&used, &new).contains("both ipchains and iptables"));
}

#[test]
fn a_late_kernel_answers_in_its_own_way() {
    let old = "ipchains -A forward -p tcp -d 0/0 80 -j REJECT\n";
    let new = "iptables -A FORWARD -p tcp --dport 80 -j REJECT --reject-with icmp-host-unreachable\n";
    equal(old, new);
    let Proof::Different { differences } = within(old, new, Kernel::V2_4, 2_000_000) else { panic!() };
    let verdict = |side: usize| differences[0].sides[side].decision.known().map(|own| own.verdict);
    assert_eq!(verdict(0), Some(Verdict::Reject(Rejection::PORT_UNREACHABLE)));
    assert_eq!(verdict(1), Some(Verdict::Reject(Rejection::HOST_UNREACHABLE)));
}

#[test]
fn opaque_matches_are_equal_to_themselves() {
    let rule = "iptables -A INPUT -m string --algo bm --string GET -j DROP\n";
    equal(rule, rule);
    assert_eq!(different(rule, &rule.replace("GET", "PUT"))[0].0, Kind::Passing);
}

#[test]
fn limits_are_equal_where_the_same_packets_come_to_them() {
    let rule = "iptables -A INPUT -p icmp -m limit --limit 1/s -j ACCEPT\niptables -A INPUT -p icmp -j DROP\n";
    equal(rule, rule);
    equal(rule, &format!("iptables -A INPUT -p udp -j ACCEPT\n{rule}"));
    let fewer = format!("iptables -A INPUT -p icmp -s 10.0.0.0/8 -j DROP\n{rule}");
    assert!(not_decided(rule, &fewer).contains("limit"));
}

#[test]
fn what_is_kept_for_other_rules_has_to_be_the_same() {
    let asked = "iptables -P INPUT DROP\niptables -A INPUT -m recent --name own --rcheck -j ACCEPT\n";
    let kept = format!("{asked}iptables -A INPUT -p tcp --dport 22 -m recent --name own --set\n");
    equal(&kept, &kept);
    equal(&kept, &format!("{kept}iptables -A INPUT -s 10.0.0.1 -j DROP\n"));
    assert!(not_decided(asked, &kept).contains("recent"));
    assert!(not_decided(&kept, &kept.replace("22", "23")).contains("recent"));
    assert!(not_decided(&kept, &kept.replace("--set", "--remove")).contains("recent"));
    let clamped = "iptables -A FORWARD -p tcp --syn -j TCPMSS --clamp-mss-to-pmtu\n";
    equal(clamped, clamped);
    assert!(not_decided(clamped, "iptables -P INPUT ACCEPT\n").contains("TCPMSS"));
}

#[test]
fn rules_for_ipv6_are_compared_by_how_they_are_written() {
    let old = "ip6tables -P INPUT DROP\nip6tables -A INPUT -s fe80::/10 -p tcp --dport 22 -j ACCEPT\n\
        ip6tables -A INPUT -p icmpv6 --icmpv6-type 1 -j ACCEPT\n";
    equal(old, old);
    equal(old, &format!("{old}ip6tables -A INPUT -s fe80::/10 -p tcp --dport 22 -i eth0 -j DROP\n"));
    assert!(not_decided(old, &old.replace("22", "23")).contains("IPv6"));
    assert!(not_decided(old, &old.replace("fe80::/10", "fe80::/16")).contains("IPv6"));
    assert!(not_decided(old, "iptables -P INPUT ACCEPT\n").contains("IPv6"));
}

#[test]
fn connections_are_told_apart_by_their_state() {
    let old = "iptables -P INPUT DROP\niptables -A INPUT -m state --state ESTABLISHED,RELATED -j ACCEPT\n";
    equal(old, &old.replace("-m state --state", "-m conntrack --ctstate"));
    let found = different(old, &old.replace("ESTABLISHED,RELATED", "ESTABLISHED"));
    assert_eq!(found, [(Kind::Passing, "received packets in state RELATED".to_owned())]);
}

#[test]
fn a_budget_that_is_used_up_decides_nothing() {
    let other = WEB.replace("80", "81");
    for budget in [10, 100, 1_000, 2_000] {
        for right in [WEB, &other] {
            let proof = within(WEB, right, Kernel::V2_2, budget);
            let possible =
                matches!(proof, Proof::Equal { .. }) == (right == WEB) || matches!(proof, Proof::NotDecided { .. });
            assert!(possible, "{budget}: {proof:?}");
        }
    }
    let twice = format!("{WEB}iptables -A INPUT -p tcp --dport 80 -j ACCEPT\n");
    assert!(matches!(within(WEB, &twice, Kernel::V2_2, 10), Proof::NotDecided { .. }));
}

/// Rules for many hosts and ports.
fn large() -> String {
    let mut script =
        String::from("iptables -P FORWARD DROP\niptables -N hosts\niptables -A FORWARD -i eth0 -j hosts\n");
    for number in 0_u32..600 {
        let (address, port) = (number.wrapping_mul(2_654_435_761), number * 97 % 60_000 + 1);
        let [_, b, c, d] = address.to_be_bytes();
        let protocol = if number % 3 == 0 { "udp" } else { "tcp" };
        let rule = format!("-s 10.{b}.{c}.{d} -p {protocol} --dport {port}:{} -j ACCEPT", port + 500);
        script += &format!("iptables -A hosts {rule}\n");
    }
    script + "iptables -A hosts -m limit --limit 1/s -j LOG\n"
}

#[test]
fn an_edit_of_a_large_firewall_is_judged_by_the_packets_that_it_is_about() {
    let old = large();
    let rule = old.lines().nth(300).unwrap();
    let repeated = format!("{old}{rule}\n");
    let proof = within(&old, &repeated, Kernel::V2_2, 200_000);
    assert_eq!(
        proof.summary(),
        "equal for all packets, given that limits and the like that get the same packets answer alike"
    );
    let without = old.replace(&format!("{rule}\n"), "");
    let proof = within(&old, &without, Kernel::V2_2, 200_000);
    let Proof::Different { differences } = proof else { panic!("{proof:?}") };
    assert!(
        differences.iter().all(|own| own.kind == Kind::Passing && own.set.contains("forwarded")),
        "{differences:?}"
    );
}

const GATEWAY: &str = "ipchains -P forward DENY\nipchains -A forward -i ppp0 -s 10.0.0.0/8 -j MASQ\n\
    ipchains -A input -i eth0 -p tcp -d 0/0 80 -j REDIRECT 3128\nipchains -A output -i ppp0 -p tcp -d 0/0 25 -j REJECT\n\
    ipchains -A input -i ppp0 -s 10.0.0.0/8 -j DENY\n";

/// The three stages, written by hand.
const STAGED: &str = "\
iptables -N fwd\niptables -N out\niptables -N masq\n\
iptables -A INPUT -m conntrack --ctstate DNAT --ctdir ORIGINAL -j ACCEPT\n\
iptables -A INPUT -i eth0 -p tcp --dport 80 -j ACCEPT\n\
iptables -A INPUT -i ppp0 -s 10.0.0.0/8 -j DROP\n\
iptables -A FORWARD -i eth0 -p tcp --dport 80 -j DROP\n\
iptables -A FORWARD -i ppp0 -s 10.0.0.0/8 -j DROP\n\
iptables -A FORWARD -g fwd\n\
iptables -A fwd -o ppp0 -s 10.0.0.0/8 -g masq\n\
iptables -A fwd -j DROP\n\
iptables -A masq -p tcp -j CONNMARK --set-xmark 1/1\n\
iptables -A masq -p tcp -g out\n\
iptables -A masq -p udp -j CONNMARK --set-xmark 1/1\n\
iptables -A masq -p udp -g out\n\
iptables -A masq -p icmp -m u32 --u32 \"0>>22&0x3C@0>>24=8,13,15,17\" -j CONNMARK --set-xmark 1/1\n\
iptables -A masq -p icmp -g out\n\
iptables -A masq -j DROP\n\
iptables -A out -o ppp0 -p tcp --dport 25 -j REJECT --reject-with icmp-host-unreachable\n\
iptables -A out -j ACCEPT\n\
iptables -A OUTPUT -o ppp0 -p tcp --dport 25 -j DROP\n\
iptables -t nat -A PREROUTING -i eth0 -p tcp --dport 80 -j REDIRECT --to-ports 3128\n\
iptables -t nat -A POSTROUTING -p tcp -m connmark --mark 1/1 -j MASQUERADE --to-ports 61000-65095\n\
iptables -t nat -A POSTROUTING -p udp -m connmark --mark 1/1 -j MASQUERADE --to-ports 61000-65095\n\
iptables -t nat -A POSTROUTING -m connmark --mark 1/1 -j MASQUERADE\n";

#[test]
fn three_stages_are_what_a_gateway_was() {
    equal(GATEWAY, STAGED);
    let kinds = |right: &str| different(GATEWAY, right).iter().map(|own| own.0).collect::<Vec<_>>();
    // The output stage is forgotten.
    assert!(kinds(&STAGED.replace("iptables -A out -o ppp0", "iptables -A out -o ppp1")).contains(&Kind::Passing));
    // Packets that nobody marked are masqueraded as well.
    assert!(kinds(&STAGED.replace("POSTROUTING -m connmark --mark 1/1", "POSTROUTING")).contains(&Kind::Source));
    // UDP is not masqueraded.
    assert!(
        kinds(&STAGED.replace("iptables -A masq -p udp -j CONNMARK --set-xmark 1/1\n", "")).contains(&Kind::Source)
    );
    // The proxy listens elsewhere.
    assert!(kinds(&STAGED.replace("--to-ports 3128", "--to-ports 8080")).contains(&Kind::Destination));
    // Another answer for rejected packets.
    assert!(kinds(&STAGED.replace(" --reject-with icmp-host-unreachable", "")).contains(&Kind::Answer));
    // Protocols that masquerading does not know pass.
    assert!(kinds(&STAGED.replace("iptables -A masq -j DROP", "iptables -A masq -g out")).contains(&Kind::Passing));
}

/// Each rule has to be there: without one of them, some packet fares otherwise.
#[test]
fn no_rule_can_be_forgotten() {
    let mut idle = Vec::new();
    for (old, new) in [(GATEWAY, STAGED), (FORWARDED, DIVERTED)] {
        let lines: Vec<&str> = new.lines().collect();
        for at in 0..lines.len() {
            let rest = [&lines[..at], &lines[at + 1..]].concat().join("\n");
            // A chain that nobody makes is another fault.
            if !lines[at].contains(" -N ") && matches!(compare(old, &rest), Proof::Equal { .. }) {
                idle.push(lines[at]);
            }
        }
    }
    let expected = [
        // What is redirected came by eth0, where nothing is dropped.
        "iptables -A INPUT -m conntrack --ctstate DNAT --ctdir ORIGINAL -j ACCEPT",
        "iptables -A INPUT -i eth0 -p tcp --dport 80 -j ACCEPT",
        // It is for packets of no connection, which are taken to belong to one.
        "iptables -A FORWARD -i eth0 -p tcp --dport 80 -j DROP",
        // The policy says the same.
        "iptables -A out -j ACCEPT",
        // The last rule masquerades them as well, and which port is picked is not compared.
        "iptables -t nat -A POSTROUTING -p tcp -m connmark --mark 1/1 -j MASQUERADE --to-ports 61000-65095",
        "iptables -t nat -A POSTROUTING -p udp -m connmark --mark 1/1 -j MASQUERADE --to-ports 61000-65095",
        // All that it is for is forwarded.
        "iptables -A INPUT -i ppp0 -p tcp -d 203.0.113.1 --dport 80 -j ACCEPT",
    ];
    assert_eq!(idle, expected);
}

/// What the end of a migration's report says.
#[test]
fn a_migration_is_summed_up_in_one_line() {
    let summary = |right: &str| {
        let (a, b) = (read("fw.sh", GATEWAY), read("new.sh", right));
        let mut left = analysis::analyse(&a.0, &a.1, FileId(0), &Settings::default());
        let mut right = analysis::analyse(&b.0, &b.1, FileId(0), &Settings::default());
        verify::migration(&mut left, &mut right, &Edits::default(), Kernel::V2_2).summary()
    };
    assert_eq!(
        summary(STAGED),
        "equal for all packets, given that fragments are put together first; packets that begin no connection belong \
         to one; later packets of a connection, its answers and errors fare like its first packet"
    );
    let wrong = summary(&STAGED.replace("--reject-with icmp-host-unreachable", ""));
    assert!(wrong.starts_with("not equal: forwarded TCP packets"), "{wrong}");
    // A script that is empty by mistake is not equal to anything.
    assert!(summary("").starts_with("not equal: "));
}

/// A word behind an address whose value another file sets is a port or nothing, and is one on both sides.
#[test]
fn a_migration_is_proved_for_ports_that_may_be_missing() {
    let old =
        "ipchains -P forward DENY\nPORT=25\n. /etc/fw.conf\nipchains -A output -p tcp -d 10.0.0.1 $PORT -j DENY\n";
    let summary = |words: &str| {
        let new = format!(
            "iptables -P FORWARD DROP\nPORT=25\n. /etc/fw.conf\niptables -A OUTPUT -p tcp -d 10.0.0.1 {words} -j DROP\n"
        );
        let (a, b) = (read("fw.sh", old), read("new.sh", &new));
        let mut left = analysis::analyse(&a.0, &a.1, FileId(0), &Settings::default());
        let mut right = analysis::analyse(&b.0, &b.1, FileId(0), &Settings::default());
        verify::migration(&mut left, &mut right, &Edits::default(), Kernel::V2_2).summary()
    };
    let equal = summary("${PORT:+--dport $PORT}");
    assert!(
        equal.starts_with("equal for all packets, given that ${PORT} is a port, an ICMP type or nothing"),
        "{equal}"
    );
    for wrong in ["", "--dport $PORT", "--dport 25", "${PORT:+--sport $PORT}", "${PORT:+! --dport $PORT}"] {
        assert!(!summary(wrong).starts_with("equal"), "{wrong}: {}", summary(wrong));
    }
}

/// Words that are not known are what ipchains takes in their place, and the proof holds for all of them.
#[test]
fn a_migration_is_proved_for_all_that_a_word_can_be() {
    let old = "ipchains -P forward DENY\nipchains -A output -d 10.0.0.1 $LOG -j $NO\n";
    let summary = |right: &str| {
        let (a, b) = (read("fw.sh", old), read("new.sh", right));
        let mut left = analysis::analyse(&a.0, &a.1, FileId(0), &Settings::default());
        let mut right = analysis::analyse(&b.0, &b.1, FileId(0), &Settings::default());
        verify::migration(&mut left, &mut right, &Edits::default(), Kernel::V2_2).summary()
    };
    let new = "iptables -P FORWARD DROP\ncase $NO in ACCEPT) t=ACCEPT ;; DENY | REJECT) t=DROP ;; *) t= ;; esac\n\
               iptables -A OUTPUT -d 10.0.0.1 -j $t${LOG#-l}\n";
    let equal = summary(new);
    assert!(
        equal.starts_with(
            "equal for all packets, given that ${NO} is ACCEPT or DENY or REJECT; ${LOG} is nothing or -l"
        ),
        "{equal}"
    );
    // Each of them counts.
    for wrong in [
        new.replace("DENY | REJECT) t=DROP", "DENY) t=DROP ;; REJECT) t=ACCEPT"),
        new.replace("DENY | REJECT", "DENY"),
        new.replace("$t${LOG#-l}", "$t${LOG#-y}"),
    ] {
        assert!(!summary(&wrong).starts_with("equal"), "{wrong}");
    }
}

#[test]
fn the_program_says_which_rules_decide() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("a.sh"), WEB).unwrap();
    std::fs::write(path("b.sh"), WEB.replace("80", "443")).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(PathBuf::from(env!("CARGO_BIN_EXE_iptlint")));
        let output = command.current_dir(folder.path()).arg("compare").args(arguments).output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), output.status.code())
    };
    assert_eq!(run(&["a.sh", "a.sh"]), ("equal for all packets\n".to_owned(), Some(0)));
    let (text, status) = run(&["a.sh", "b.sh"]);
    assert_eq!(status, Some(1));
    insta::assert_snapshot!("compare-ports", text);
    let (text, status) = run(&["--format", "json", "a.sh", "b.sh"]);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((status, &json["result"]), (Some(1), &"different".into()));
    let rules = |side: usize| json["differences"][0]["sides"][side]["rule"]["line"].as_u64();
    assert_eq!((rules(0), rules(1)), (Some(2), Some(1)));
    assert_eq!(run(&["a.sh", "missing"]).1, Some(2));
}

//! Commands of which only the words are known: what they do with the rules is not, so both sides must run them
//! alike.

use super::{compare, equal, not_decided};
use iptlint::verify::{Assumption, Proof};

const RULES: &str = "iptables -P INPUT DROP\niptables -A INPUT -p tcp --dport 80 -j ACCEPT\n";

/// Any of them may change any rule.
const OPEN: [&str; 27] = [
    "eval \"$X\"",
    "eval $X",
    "$CMD x",
    "\"$CMD\" x",
    "$(choose) x",
    "sh /etc/firewall.local",
    "bash -x ./more",
    "sh $MORE",
    "sh -c \"$X\"",
    "sh < more",
    "generate | sh",
    ". /etc/firewall.conf",
    "./more.sh",
    "/etc/firewall/more start",
    "drop_all",
    "nft flush ruleset",
    "/usr/sbin/nft -f /etc/nftables.conf",
    "ipset add blocked 10.0.0.1",
    "iptables-restore < /etc/iptables.rules",
    "service iptables restart",
    "/etc/init.d/iptables start",
    "xargs -n 1 iptables -F < chains",
    "find . -name 'x*' -exec {} \\;",
    "awk '{ system(\"iptables -F \" $1) }' chains",
    "trap 'iptables -F' EXIT",
    "perform 'Flushing' iptables -F",
    "[ -e /etc/more ] && sh /etc/more",
];

#[test]
fn what_one_side_alone_runs_leaves_it_open() {
    for open in OPEN {
        for with in
            [format!("{RULES}{open}\n"), format!("{open}\n{RULES}"), format!("more() {{ {open}; }}\nmore\n{RULES}")]
        {
            let reasons = not_decided(RULES, &with);
            assert!(reasons.contains("only one side runs"), "{open}: {reasons}");
            not_decided(&with, RULES);
        }
    }
}

#[test]
fn what_both_sides_run_is_the_same_in_the_same_place_alone() {
    for open in OPEN {
        let (before, after) = (format!("{open}\n{RULES}"), format!("{RULES}{open}\n"));
        equal(&before, &before);
        equal(&before, &format!("{before}iptables -A INPUT -p tcp --dport 80 -j REJECT\n"));
        assert!(not_decided(&before, &after).contains("at another place"), "{open}");
        let asked = |yes: &str| format!("if [ -n \"$MORE\" ]; then {yes}\nfi\n{RULES}");
        equal(&asked(open), &asked(open));
        not_decided(&asked(open), &asked(&format!(":\nelse {open}")));
        not_decided(&asked(open), &before);
    }
    let both = |first: &str, second: &str| format!("{first}\n{second}\n{RULES}");
    not_decided(&both("sh a", "sh b"), &both("sh b", "sh a"));
    not_decided(&both("sh a", "sh a"), &both("sh a", ":"));
}

/// Where anything else differs, the same command need not do the same.
#[test]
fn what_both_sides_run_is_named() {
    let before = format!("sh /etc/more\n{RULES}");
    let Proof::Equal { assumptions } = compare(&before, &before.replace("80", "80:80")) else { panic!() };
    assert_eq!(assumptions, [Assumption::SameElsewhere(vec!["sh /etc/more".to_owned()])]);
    let proof = compare(&before, &before).summary();
    assert_eq!(
        proof,
        "equal for all packets, given that what `sh /etc/more` does to the rules is the same on both sides"
    );
}

#[test]
fn programs_that_leave_the_rules_alone_do_not_matter() {
    for line in [
        "echo iptables -F",
        "$LOGGER started",
        "${ECHO_CMD} started",
        "/usr/bin/logger -t firewall started",
        "logger started",
        "touch /var/lock/subsys/firewall",
        "grep iptables /proc/modules > /dev/null",
        "ip route add 10.0.0.0/8 dev eth0",
        "EXT=$(ifconfig eth0 | awk '/inet/ { print $2 }')",
        ". /etc/rc.d/init.d/functions",
        "modprobe ip_conntrack",
        "iptables -L -n",
        "iptables-save > /etc/iptables.save",
        "service network reload",
        "service iptables save",
        "service network stop",
        "trap '' INT",
        "trap 'rm -f /tmp/lock' EXIT",
        "find /tmp -name 'x*' > /dev/null",
        "never() { sh /etc/more; }",
        "sh -c 'echo done'",
        "eval echo \"$X\"",
        "eval NAME=\"$X\"",
    ] {
        equal(RULES, &format!("{line}\n{RULES}"));
        equal(RULES, &format!("{RULES}{line}\n"));
    }
}

/// A service that stops takes with it what was there before.
#[test]
fn a_service_that_stops_leaves_no_rules() {
    for stop in ["service iptables stop", "/etc/init.d/iptables stop"] {
        equal(RULES, &format!("{stop}\n{RULES}"));
        not_decided(RULES, &format!("{RULES}{stop}\n"));
    }
}

/// A script that ends itself does nothing more.
#[test]
fn a_script_may_kill_itself() {
    for kill in ["kill $$", "kill -9 $$", "kill -TERM $$", "kill -s KILL $$"] {
        let ends = format!("{kill}\n{RULES}");
        not_decided(RULES, &ends);
        equal(&ends, &ends);
    }
    equal(RULES, &format!("kill -HUP $(cat /var/run/syslogd.pid)\nkill -0 $$\n{RULES}"));
}

/// What a program says of chains that the other one does not have is not known there.
#[test]
fn questions_to_one_program_alone_decide_nothing() {
    let old = |question: &str| format!("{question} && ipchains -A input -s 10.0.0.1 -j DENY\n");
    let new = |question: &str| {
        format!("{question} && {{ iptables -A INPUT -s 10.0.0.1 -j DROP; iptables -A FORWARD -s 10.0.0.1 -j DROP; }}\n")
    };
    let listed = compare(&old("ipchains -L input -n >/dev/null"), &new("iptables -L INPUT -n >/dev/null"));
    assert!(matches!(listed, Proof::Equal { .. }), "{listed:?}");
    let others = compare(
        &format!("ipchains -N acct\n{}", old("ipchains -L acct -n")),
        &format!("iptables -N acct-out\n{}", new("iptables -L acct-out -n")),
    );
    let Proof::NotDecided { reasons } = &others else { panic!("{others:?}") };
    assert!(reasons.iter().any(|reason| reason.contains("-L acct")), "{reasons:?}");
    // Other questions that only one side asks are differences.
    let asked = compare("ipchains -A input -s 10.0.0.1 -j DENY\n", &new("[ -f /etc/on ]"));
    assert!(matches!(asked, Proof::Different { .. }), "{asked:?}");
}

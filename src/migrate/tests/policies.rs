//! Policies, those among them that iptables lacks, and where they stand.

use super::{closed, migrated, run};
use crate::packet::Kernel;

#[test]
fn a_policy_that_iptables_lacks_is_the_last_rule() {
    let text = migrated("ipchains -P input REJECT\nipchains -A input -s 10.0.0.1 -j ACCEPT\necho done\n");
    assert!(text.contains("iptables -A INPUT -s 10.0.0.1 -j ACCEPT\n"), "{text}");
    assert!(text.ends_with("iptables -A INPUT -j REJECT\necho done\n"), "{text}");
    // The way is laid when the policies are known.
    assert!(text.contains("iptables -P FORWARD DROP\n# Forwarded packets"), "{text}");
    assert!(text.contains("iptables -A FORWARD -j fwd-input\niptables -A FORWARD -j REJECT\n"), "{text}");
    let text = migrated("sudo ipchains -P input REJECT\nsudo ipchains -A input -s 10.0.0.1 -j ACCEPT\n");
    assert!(text.ends_with("\nsudo iptables -A INPUT -j REJECT\n"), "{text}");
}

#[test]
fn the_late_kernel_answers_what_the_policy_of_output_rejects() {
    let script = "ipchains -P output REJECT\nipchains -A output -d 10.0.0.1 -j ACCEPT\necho done\n";
    let late = super::migrated_for(Kernel::V2_4, script);
    assert!(late.contains("iptables -P OUTPUT DROP\n"), "{late}");
    assert!(late.ends_with("iptables -A OUTPUT -j REJECT\necho done\n"), "{late}");
    assert!(!migrated(script).contains("-A OUTPUT -j REJECT"));
    let emptied = super::migrated_for(Kernel::V2_4, "ipchains -P output REJECT\nipchains -F output\n");
    assert!(emptied.contains("iptables -A OUTPUT -j REJECT\n"), "{emptied}");
}

#[test]
fn what_forward_keeps_out_already_is_not_said_again() {
    let begin =
        |forward: &str| format!("ipchains -P input DENY\nipchains -P forward {forward}\nipchains -P output ACCEPT\n");
    let rules = "ipchains -A input -i eth1 -j ACCEPT\nipchains -A forward -i eth0 -j MASQ\n";
    let closed = migrated(&format!("{}{rules}", begin("DENY")));
    assert_eq!(closed.matches("-P FORWARD DROP").count(), 1, "{closed}");
    let opened =
        migrated("ipchains -P forward ACCEPT\nipchains -P output DENY\nipchains -A output -d 10.0.0.1 -j ACCEPT\n");
    assert!(opened.contains("iptables -P OUTPUT DROP\niptables -P FORWARD DROP\n"), "{opened}");
}

#[test]
fn a_policy_that_is_a_rule_follows_loops_and_conditions() {
    let tail = "iptables -A INPUT -j REJECT";
    let begin = "ipchains -F\nipchains -P forward DENY\nipchains -P input REJECT\n";
    let placed = |script: &str| {
        let text = migrated(&format!("{begin}{script}"));
        assert_eq!(text.matches(tail).count(), 1, "{text}");
        text
    };
    for (script, before) in [
        ("for p in 22 25; do\nipchains -A input -p tcp -d 0/0 $p -j ACCEPT\ndone\n", "done\n"),
        (
            "for d in $WORLD; do\nif [ $d != eth0 ]; then\nipchains -A input -i $d -j ACCEPT\nfi\ndone # all\n",
            "done # all\n",
        ),
        ("if [ -f /etc/on ]; then ipchains -A input -i eth0 -j ACCEPT; fi; echo\n", "; fi; "),
        ("while read a; do\nipchains -A input -s $a -j ACCEPT\ndone <<EOF\n10.0.0.1\nEOF\n", "\nEOF\n"),
        ("f() {\n  for d in $WORLD; do\n    ipchains -A input -i $d -j ACCEPT\n  done\n}\nf\n", "  done\n  "),
        ("ipchains -A input -i eth0 -j ACCEPT\nif true; then echo; fi\n", "-i eth0 -j DROP\n"),
        ("f() {\n  ipchains -A input -i $1 -j ACCEPT\n}\nf eth0\n", "DROP\n  "),
        ("f() {\n  ipchains -A input -i $1 -j ACCEPT\n}\nf eth0\nif f eth1; then echo; fi\n", "echo; fi\n"),
    ] {
        let text = placed(script);
        assert!(text.contains(&format!("{before}{tail}")), "{text}");
    }
}

/// A rule that a function adds is there once it is called, and one of another run never.
#[test]
fn a_policy_that_is_a_rule_follows_calls_and_stays_in_its_runs() {
    let text = migrated(
        "ipchains -P input REJECT\nallow() { ipchains -A \"$1\" -s $2 -j ACCEPT; }\nallow input 10.0.0.1\n\
         if allow input 10.0.0.2; then echo; fi\necho done\n",
    );
    assert!(text.ends_with("then echo; fi\niptables -A INPUT -j REJECT\necho done\n"), "{text}");
    let text = migrated(
        "case $1 in\nstart)\nipchains -P input REJECT\nipchains -A input -s 10.0.0.1 -j ACCEPT\n;;\n\
         stop)\nipchains -P input ACCEPT\nipchains -A input -s 10.0.0.2 -j DENY\n;;\nesac\n",
    );
    let tail = "iptables -A INPUT -j REJECT";
    assert_eq!(text.matches(tail).count(), 1, "{text}");
    assert!(
        text.contains(&format!("10.0.0.1 -j ACCEPT\niptables -A fwd-input -s 10.0.0.1 -j ACCEPT\n{tail}\n;;\n")),
        "{text}"
    );
}

#[test]
fn a_policy_that_is_a_rule_outlives_the_rules_of_its_chain() {
    let rejects = |script: &str| {
        let text = closed(script);
        let lines = text.lines().skip_while(|line| *line != "iptables -F INPUT");
        lines.filter(|line| line.contains(" INPUT")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        rejects("ipchains -P input REJECT\nipchains -A input -s 1.1.1.1 -j ACCEPT\nipchains -F input\n"),
        ["iptables -F INPUT", "iptables -A INPUT -j REJECT"]
    );
    assert_eq!(
        rejects("ipchains -P input REJECT\nipchains -F input\nipchains -A input -s 1.1.1.1 -j ACCEPT\n"),
        ["iptables -F INPUT", "iptables -A INPUT -s 1.1.1.1 -j ACCEPT", "iptables -A INPUT -j REJECT"]
    );
}

#[test]
fn a_packet_that_leaves_input_meets_its_policy() {
    let text = closed("ipchains -P input REJECT\nipchains -A input -i eth0 -j RETURN\n");
    assert!(text.contains("\niptables -A INPUT -i eth0 -j REJECT\n"), "{text}");
    let text = closed("ipchains -P input DENY\nipchains -A input -i eth0 -j RETURN\n");
    assert!(text.contains("\niptables -A INPUT -i eth0 -j RETURN\n"), "{text}");
}

#[test]
fn a_policy_that_does_not_last_needs_no_chain() {
    let text = migrated(
        "ipchains -P forward MASQ\nipchains -P output DENY\nipchains -A forward -s 10.0.0.1 -j REJECT\n\
         ipchains -P forward ACCEPT\n",
    );
    assert!(text.contains("to-output") && !text.contains("masquerade"), "{text}");
}

/// What closes one chain closes FORWARD, whatever else of our own making is there.
#[test]
fn a_policy_holds_for_forwarded_packets_beside_chains_for_marks() {
    let text = migrated(
        "ipchains -N marks\nipchains -A marks -m +3\nipchains -A input -j marks\n\
         ipchains -A output -s 10.0.0.1 -j ACCEPT\nipchains -P output DENY\n",
    );
    assert!(text.contains("\niptables -A FORWARD -s 10.0.0.1 -j ACCEPT\n"), "{text}");
    assert!(text.contains("\niptables -P OUTPUT DROP\niptables -P FORWARD DROP\n"), "{text}");
}

#[test]
fn a_policy_beside_no_rules_needs_no_way() {
    let start = "start)\nipchains -F\nipchains -A forward -s 10.0.0.1 -j ACCEPT\nipchains -P forward DENY\n;;\n";
    let stop = |policy: &str| {
        let text =
            migrated(&format!("case $1 in\n{start}stop)\nipchains -F\nipchains -P forward {policy}\n;;\nesac\n"));
        text[text.find("stop)").unwrap()..].to_owned()
    };
    let reject = "iptables -A FORWARD -j REJECT --reject-with icmp-host-unreachable";
    assert_eq!(
        stop("REJECT"),
        format!(
            "stop)\niptables -F\niptables -X fwd-forward 2>/dev/null || :\niptables -P FORWARD DROP\n{reject}\n;;\nesac\n"
        )
    );
    let asked = stop("$POLICY");
    let case = format!("case $POLICY in\n    REJECT) {reject} ;;\nesac\n");
    assert!(
        asked.ends_with(&format!("iptables -P FORWARD $(iptables_target policy \"$POLICY\")\n{case};;\nesac\n")),
        "{asked}"
    );
}

#[test]
fn values_stay_that_tell_more_than_what_they_become() {
    // Either is the policy DROP of FORWARD; where forwarded packets go on tells them apart.
    let begin = "case $1 in\n0) V=ACCEPT ;;\n1) V=DENY ;;\n";
    let rest = "ipchains -F\nipchains -P output REJECT\nipchains -P forward $V\nipchains -A forward -p udp -j DENY\n";
    let text = migrated(&format!("{begin}*) V=REJECT ;;\nesac\n{rest}"));
    assert!(text.contains(begin) && text.contains("\ncase $V in\n"), "{text}");
    let text = migrated(&format!("{begin}*) V=MASQ ;;\nesac\n{}", rest.replace("-A forward", "-A input")));
    assert!(text.contains(begin), "{text}");
}

#[test]
fn a_policy_that_is_read_is_asked_for_again_where_the_way_is_laid() {
    let script = "METHOD=${METHOD:-DENY}\nipchains -P input $METHOD\nipchains -F\n\
                  ipchains -A input -s 10.0.0.1 -j ACCEPT\n";
    let text = migrated(script);
    assert_eq!(text.matches("# Forwarded packets").count(), 1, "{text}");
    assert!(
        text.contains(
            "iptables -A FORWARD -j fwd-input\niptables -A FORWARD -j $(iptables_target entry-policy \"$METHOD\")\n"
        ),
        "{text}"
    );
    // A policy neither redirects nor logs.
    assert!(!text.contains("DNAT") && !text.contains("logged"), "{text}");
    // Another value by then is another policy.
    let (text, items) = run(&script.replace("ipchains -F\n", "METHOD=$1\nipchains -F\n"));
    assert!(items.iter().any(|item| item.message.starts_with("which policies hold here")), "{text}");
}

/// What stands at the end of a chain in some runs must not stand there in others.
#[test]
fn a_policy_that_is_a_rule_stands_where_its_runs_end() {
    let text = migrated(
        "case $1 in\nstart)\n  ipchains -F\n  ipchains -P input REJECT\n  ipchains -A input -i lo -j ACCEPT\n  ;;\n\
         ban)\n  ipchains -A input -s $2 -j DENY\n  ;;\nesac\n",
    );
    assert_eq!(text.matches("iptables -A INPUT -j REJECT\n").count(), 1, "{text}");
    assert!(text.contains("-i lo -j ACCEPT\n  iptables -A INPUT -j REJECT\n"), "{text}");
    // Another run takes it away with the policy, since no flush does.
    let text = migrated(
        "case $1 in\nlock)\n  ipchains -P input REJECT\n  ;;\nunlock)\n  ipchains -P input ACCEPT\n  ;;\n\
         ban)\n  ipchains -A input -s $2 -j DENY\n  ;;\nesac\n",
    );
    assert_eq!(text.matches("iptables -A INPUT -j REJECT\n").count(), 1, "{text}");
    assert!(text.find("-A INPUT -j REJECT") < text.find("unlock)"), "{text}");
    for policy in ["DROP", "ACCEPT"] {
        let set = format!("  iptables -P INPUT {policy}\n  iptables -D INPUT -j REJECT 2>/dev/null || :\n");
        assert!(text.contains(&set), "{text}");
    }
    let (text, items) =
        run("if [ -f /etc/strict ]; then ipchains -P input REJECT; fi\nipchains -A input -s 10.0.0.1 -j DENY\n");
    assert!(items.iter().any(|item| item.person && item.message.contains("only as the last rule")), "{items:?}");
    assert!(!text.contains("-j REJECT\n"), "{text}");
}

/// One command may set this policy in some runs and others in the rest.
#[test]
fn a_policy_that_is_a_rule_is_for_its_own_values() {
    let begin = "case $1 in 0) V=ACCEPT ;; 2) V=REJECT ;; *) V=DENY ;; esac\nipchains -F\nipchains -P input $V\n";
    for (rest, before) in
        [("echo done\n", "\nesac\n"), ("ipchains -A input -s 10.0.0.1 -j DENY\necho done\n", " -j DROP\n")]
    {
        let text = migrated(&format!("{begin}{rest}"));
        assert_eq!(text.matches("-A INPUT -j REJECT").count(), 1, "{text}");
        let last = "case $V in REJECT) iptables -A INPUT -j REJECT ;; esac\necho done\n";
        assert!(text.ends_with(&format!("{before}{last}")), "{text}");
    }
}

#[test]
fn a_policy_that_masquerades_keeps_forward_closed_as_well() {
    let text = migrated(
        "ipchains -P input DENY\nipchains -P forward MASQ\nipchains -P output DENY\n\
         ipchains -A input -i eth1 -j ACCEPT\nipchains -A output -i eth0 -j ACCEPT\n",
    );
    assert_eq!(text.matches("-P FORWARD DROP").count(), 1, "{text}");
}

#[test]
fn a_policy_that_finds_the_way_of_another_run_in_some_runs_only_is_set_in_place() {
    let text = migrated(
        "start() {\nipmasqadm portfw -a -P tcp -L 203.0.113.9 80 -R 192.168.1.10 80\nipchains -P forward DENY\n\
         ipchains -A forward -s 192.168.1.0/24 -j MASQ\n}\nstop() {\nipchains -F forward\nipchains -P forward ACCEPT\n}\n\
         case $1 in\nstart|stop) $1 ;;\nrestart) stop; start ;;\nesac\n",
    );
    assert!(
        text.contains(
            "\niptables -P FORWARD DROP\niptables -R FORWARD 4 -j DROP 2>/dev/null || :\nif ! iptables -C FORWARD"
        ),
        "{text}"
    );
}

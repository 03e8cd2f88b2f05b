//! Chains of which there are several, and those of the mangle and nat tables.

use super::{closed, migrated, run};

#[test]
fn user_chains_are_copied_where_they_mean_two_things() {
    assert_eq!(
        closed("ipchains -N a\nipchains -A a -i eth0 -j DENY\nipchains -A input -j a\nipchains -A output -j a\n"),
        "iptables -N a\niptables -N a-out\niptables -A a -i eth0 -j DROP\niptables -A a-out -o eth0 -j DROP\niptables -A INPUT -j a\niptables -A OUTPUT -j a-out\n"
    );
    assert_eq!(
        closed("ipchains -N a\nipchains -A a -s 10.0.0.1 -j DENY\nipchains -A input -j a\nipchains -A output -j a\n"),
        "iptables -N a\niptables -A a -s 10.0.0.1 -j DROP\niptables -A INPUT -j a\niptables -A OUTPUT -j a\n"
    );
}

#[test]
fn copies_that_no_forwarded_packet_notices_are_left_out() {
    // Whatever input lets pass, forward drops.
    let text = closed(
        "ipchains -P input DENY\nipchains -A input -s 10.0.0.1 -j ACCEPT\nipchains -A input -s 10.0.0.2 -l -j DENY\n",
    );
    assert_eq!(text.matches("-A fwd-input").count(), 0, "{text}");
    // What is answered, or logged, still is.
    let text = closed(
        "ipchains -A forward -s 10.0.0.0/8 -j ACCEPT\nipchains -A input -s 10.0.0.2 -l -j DENY\n\
         ipchains -A input -s 10.0.0.3 -j REJECT # nobody\nipchains -A input -s 10.0.0.3 -j DENY\n",
    );
    assert!(text.contains("-A fwd-input -s 10.0.0.2 -j LOG"), "{text}");
    assert!(text.contains("-A fwd-input -s 10.0.0.3 -j REJECT"), "{text}");
    assert!(!text.contains("-A fwd-input -s 10.0.0.3 -j DROP"), "{text}");
    // What is counted still is.
    let text = migrated("ipchains -N acct\nipchains -A acct -s 10.0.0.1\nipchains -I forward 1 -j acct\n");
    assert!(text.contains("iptables -A acct -s 10.0.0.1\n") && text.contains("-I FORWARD 1 -j acct\n"), "{text}");
    // A rule that is there in some runs only does not become one of all runs.
    let text = closed("if [ -e /a ]; then ipchains -A input -j DENY; fi\nipchains -A forward -s 10.0.0.1 -j ACCEPT\n");
    assert!(text.contains("-A FORWARD -j fwd-input"), "{text}");
}

/// Forward and output mean the same by a chain, so they share it: what forwarded packets do not notice, the host's may.
#[test]
fn a_copy_that_packets_of_the_host_meet_too_keeps_its_rules() {
    let text = migrated(
        "ipchains -N a\nipchains -A forward -s ! 10.1.0.0/16 -j a\nipchains -A a -i lo -j DENY\n\
         ipchains -A output -s 10.1.0.0/16 -j a\n",
    );
    assert!(text.contains("iptables -A a -o lo -j DROP\n"), "{text}");
    let text = migrated(
        "ipchains -N c\nipchains -A c -i eth1 -p tcp -j DENY\nipchains -A c -p udp -j DENY\n\
         ipchains -A input -s 10.0.0.1 -j c\nipchains -A input -p udp -j DENY\n\
         ipchains -A forward -j c\nipchains -A output -j c\n",
    );
    assert!(text.contains("\niptables -A OUTPUT -j c-fwd\n") && text.contains("-A c-fwd -p udp -j DROP\n"), "{text}");
}

/// A rule that another rule counts as well, or whose packets it changes, is none without a target of its own.
#[test]
fn packets_are_counted_once() {
    assert_eq!(
        closed("ipchains -A input -p tcp -l\nipchains -A input -p udp -t 01 10\nipchains -A input -p udp -d 0/0 53\n"),
        "iptables -A INPUT -p tcp -j LOG --log-level info --log-prefix \"input - \"\n\
         iptables -t mangle -A PREROUTING -p udp -j TOS --set-tos 0x10/0xfe\niptables -A INPUT -p udp --dport 53\n"
    );
    // No packet comes to a chain that nothing jumps to, but its rule is not lost.
    assert!(migrated("ipchains -N idle\nipchains -A idle -m 5\n").contains("iptables -A idle\n"));
}

#[test]
fn rules_before_redirection_keep_their_packets() {
    let text = closed(
        "ipchains -A input -s 10.0.0.1 -j ACCEPT\nipchains -A input -p udp -j DENY\nipchains -A input -p tcp -d 0/0 80 -j REDIRECT 3128\n",
    );
    assert_eq!(
        text.lines().filter(|line| line.contains("nat")).collect::<Vec<_>>(),
        [
            "iptables -t nat -A PREROUTING -s 10.0.0.1 -j ACCEPT",
            "iptables -t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 3128"
        ]
    );
}

#[test]
fn a_jump_that_closes_a_loop_keeps_packets_from_redirection() {
    let text = closed(
        "ipchains -N c\nipchains -A c -s 10.0.0.0/8 -j c\nipchains -A input -j c\n\
         ipchains -A input -p tcp -d 0/0 80 -j REDIRECT 3128\n",
    );
    let nat: Vec<&str> = text.lines().filter(|line| line.starts_with("iptables -t nat -A ")).collect();
    let wanted = [
        "iptables -t nat -A c -s 10.0.0.0/8 -j ACCEPT",
        "iptables -t nat -A PREROUTING -j c",
        "iptables -t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 3128",
    ];
    assert_eq!(nat, wanted);
}

#[test]
fn only_the_jump_that_closes_a_loop_drops_packets_and_forwarded_ones_too() {
    let (text, items) = run("ipchains -N a\nipchains -N b\nipchains -A a -s 10.0.0.0/8 -j b\n\
                             ipchains -A b -s 10.1.0.0/16 -j a\nipchains -A input -j a\n");
    let rules: Vec<&str> = text.lines().filter(|line| line.contains(" -A ")).collect();
    let wanted = [
        "iptables -A a -s 10.0.0.0/8 -j b",
        "iptables -A b -s 10.1.0.0/16 -j DROP",
        "iptables -A INPUT -j a",
        "iptables -A FORWARD -j a",
    ];
    assert_eq!(rules, wanted);
    assert!(items.is_empty(), "{items:?}");
}

#[test]
fn a_line_that_does_more_than_make_a_chain_stays() {
    let stop = "ipchains -F; for c in a b; do ipchains -F $c; ipchains -X $c; done; ipchains -P input ACCEPT";
    let start = "ipchains -N a; ipchains -N b; ipchains -P input DENY; ipchains -P output REJECT; ipchains -P forward DENY; \
                 ipchains -A input -i eth1 -j a; ipchains -A output -i eth1 -j b; ipchains -A a -s 10.0.0.0/8 -j ACCEPT; \
                 ipchains -A b -d 10.0.0.0/8 -j ACCEPT; ipchains -A forward -i eth0 -j MASQ";
    let text = migrated(&format!(
        "stop() {{ {stop}; }}\nstart() {{ stop; {start}; }}\ncase $1 in start) start ;; stop) stop ;; esac\n"
    ));
    assert!(text.lines().any(|line| line.starts_with("start() { ") && line.ends_with("; }")), "{text}");
    let cases = closed(&format!("case $1 in\na) {start} ;;\nb) {stop} ;;\nesac\n"));
    assert!(cases.contains("\na) ") && cases.contains("\nb) "), "{cases}");
}

#[test]
fn what_leads_to_chains_of_the_way_is_emptied_before_they_are_removed() {
    let start = "ipchains -N u; ipchains -P input DENY; ipchains -A input -j u; ipchains -A u -s 10.0.0.0/8 -j ACCEPT\n\
                 ipchains -A forward -i eth0 -j MASQ";
    let stop = "ipchains -F input\nipchains -F forward\nipchains -F u\nipchains -X u\nipchains -P input ACCEPT";
    let text = closed(&format!("case $1 in\nstart)\n{start}\n;;\nstop)\n{stop}\n;;\nesac\n"));
    let arm = text.split_once("stop)").unwrap().1;
    let (emptied, removed) = arm.split_once(" -X $chain").unwrap();
    assert!(emptied.contains(" u-fwd-in; do iptables -F $chain ") && !removed.contains(" -j "), "{text}");
}

#[test]
fn forgetting_forwarded_ports_keeps_redirections() {
    let redirect = "ipchains -A input -p tcp -d 0/0 80 -j REDIRECT 3128\n";
    let before = run(&format!("ipmasqadm portfw -f\n{redirect}"));
    assert!(before.0.contains("iptables -t nat -F PREROUTING\n") && before.1.iter().all(|item| !item.person));
    let after = run(&format!("{redirect}ipmasqadm portfw -f\n"));
    assert!(!after.0.contains("-F PREROUTING") && after.1.iter().any(|item| item.person), "{}", after.0);
    // Those that another run left, or that are gone already, are not in the way.
    let stop = |stop| format!("case $1 in\nstart) {redirect};;\nstop) {stop};;\nesac\n").replace("\n;;", " ;;");
    for (script, removes) in [
        (stop("ipmasqadm portfw -f; ipchains -F"), true),
        (stop("ipchains -F input; ipmasqadm portfw -f"), true),
        (stop("ipmasqadm portfw -f"), false),
        (format!("{redirect}ipchains -F\nipmasqadm portfw -f\n"), true),
        (format!("{redirect}[ -f /etc/x ] && ipchains -F\nipmasqadm portfw -f\n"), false),
    ] {
        let (text, items) = run(&script);
        assert_eq!(items.iter().all(|item| !item.person), removes, "{script}{text}{items:?}");
    }
}

#[test]
fn forwarded_ports_and_redirections_leave_each_other_their_packets() {
    let forwarded = |port: u16| format!("ipmasqadm portfw -a -P tcp -L 1.2.3.4 {port} -R 10.0.0.5 {port}\n");
    let redirect = "ipchains -A input -p tcp -d 0/0 80 -j REDIRECT 3128\n";
    let kept = "ipchains -A input -s 10.0.0.0/8 -j ACCEPT\n";
    let entry = |option, port| format!("iptables -t nat {option} PREROUTING -d 1.2.3.4 -p tcp --dport {port} -j DNAT ");
    for (script, expected) in [
        (format!("{redirect}{}", forwarded(25)), Some(entry("-A", 25))),
        (format!("{}{redirect}", forwarded(25)), Some(entry("-A", 25))),
        // What is redirected was never forwarded.
        (format!("{redirect}{}", forwarded(80)), Some(entry("-A", 80))),
        (format!("{}{redirect}", forwarded(80)), None),
        // The rule that keeps packets from being redirected lets the forwarded port have them.
        (format!("{kept}{redirect}{}", forwarded(25)), Some(entry("-I", 25))),
        (format!("{kept}{redirect}{}", forwarded(80)), None),
        (
            format!(
                "ipchains -N u\nipchains -A u -s 10.0.0.0/8 -j ACCEPT\nipchains -A input -j u\n{redirect}{}",
                forwarded(25)
            ),
            Some(entry("-I", 25)),
        ),
        (format!("{kept}{redirect}ipchains -F\n{}", forwarded(80)), Some(entry("-A", 80))),
        (format!("{redirect}ipchains -I input 1 -p tcp -s 10.0.0.0/8 -j ACCEPT\n{}", forwarded(25)), None),
    ] {
        let (text, items) = run(&script);
        assert_eq!(items.iter().all(|item| !item.person), expected.is_some(), "{script}{text}{items:?}");
        assert!(text.contains(&expected.unwrap_or_default()), "{script}{text}");
    }
}

#[test]
fn forgetting_all_rules_keeps_forwarded_ports() {
    let forwarded = "ipmasqadm portfw -a -P tcp -L 1.2.3.4 25 -R 10.0.0.5 25\n";
    let masqueraded = "ipchains -A forward -s 10.0.0.0/8 -j MASQ\n";
    let (text, _) = run(&format!("{forwarded}ipchains -F\n{masqueraded}"));
    assert!(text.contains("\niptables -F\niptables -t nat -F POSTROUTING\n"), "{text}");
    let (text, _) = run(&format!("ipchains -F\n{masqueraded}{forwarded}"));
    assert!(text.contains("iptables -F\niptables -t nat -F\n"), "{text}");
}

#[test]
fn both_rules_of_a_two_way_rule_keep_their_packets() {
    let text = closed("ipchains -A output -b -m +3 -s 10.0.0.1 -j ACCEPT\n");
    assert!(text.contains("iptables -t mangle -A POSTROUTING -s 10.0.0.1 -j ACCEPT\n"), "{text}");
}

#[test]
fn a_packet_that_is_for_both_rules_of_a_two_way_rule_is_marked_once() {
    let text = closed("ipchains -A input -b -p udp -i eth0 -t ff 10 -j ACCEPT\n");
    let mangle: Vec<&str> = text.lines().filter(|line| line.contains(" -t mangle -A PREROUTING ")).collect();
    assert_eq!(mangle[1], "iptables -t mangle -A PREROUTING -p udp -i eth0 -j ACCEPT", "{text}");
}

#[test]
fn chains_that_add_to_marks_go_when_nothing_leads_to_them() {
    let start = "ipchains -A input -m +1\nipchains -A output -p udp -m +64\nipchains -A forward -j ACCEPT\n\
                 ipchains -A output -p tcp -d 10.0.0.1 -j DENY";
    let marked = "while :; do ipchains -A input -s 10.0.0.1 -m +2; done";
    for flushes in ["input forward output", "output forward input", "forward input output"] {
        let stop: String = flushes.split(' ').map(|chain| format!("ipchains -F {chain}\n")).collect();
        let text = closed(&format!("case $1 in\nstart)\n{start}\n{marked}\n;;\nstop)\n{stop};;\nesac\n"));
        let arm = text.split_once("stop)").unwrap().1;
        let removed: Vec<usize> = arm.match_indices("-t mangle -X").map(|(at, _)| at).collect();
        let [removed] = removed.as_slice() else { panic!("{text}") };
        for chain in ["PREROUTING", "POSTROUTING"] {
            assert!(arm.find(&format!("-t mangle -F {chain}")).is_some_and(|at| at < *removed), "{text}");
        }
    }
}

#[test]
fn the_only_rules_of_a_stage_stay_on_the_way() {
    let text = migrated(
        "ipchains -A input -s 10.0.0.0/8 -j DENY\nipchains -A forward -s 10.1.0.0/16 -j ACCEPT\n\
         ipchains -A output -d 10.2.0.0/16 -j DENY\n",
    );
    assert!(text.contains("iptables -A fwd-forward -s 10.1.0.0/16 -j "), "{text}");
    assert!(text.contains(" -j fwd-forward\n"), "{text}");
}

#[test]
fn what_no_packet_comes_to_is_not_asked_of_the_devices() {
    let text = migrated(
        "ipchains -A input -s 10.0.0.0/8 -j DENY\nipchains -A output -d 10.2.0.0/16 -j DENY\n\
         ipchains -A output -s 203.0.113.9 -j ACCEPT\nipchains -A forward -s 192.168.1.0/24 -j MASQ\n",
    );
    assert!(!text.contains("masqueraded_from") && !text.contains("fwd-masqueraded"), "{text}");
    let text = migrated(
        "ipchains -A output -s 203.0.113.9 -j ACCEPT\nipchains -A output -d 10.2.0.0/16 -j DENY\n\
         ipchains -A forward -s 192.168.1.0/24 -j MASQ\n",
    );
    assert!(text.contains("for device in $(masqueraded_from 203.0.113.9)"), "{text}");
    assert!(text.contains("\nmasqueraded_from() {"), "{text}");
}

/// Each of several commands would begin the file anew.
#[test]
fn commands_that_write_a_file_do_so_together() {
    let begin = "ipchains -N acct\nipchains -A input -j acct\nipchains -A output -j acct\n\
                 ipchains -A acct -s 10.0.0.1 -j REJECT\n";
    for (old, new) in [
        (
            "ipchains -L acct -n > /tmp/acct || exit 1\n",
            "{ iptables -L acct -n && iptables -L acct-out -n; } > /tmp/acct || exit 1\n",
        ),
        ("ipchains -L acct -n &>/tmp/acct\n", "{ iptables -L acct -n; iptables -L acct-out -n; } &>/tmp/acct\n"),
        ("ipchains -L acct >>/tmp/acct\n", "iptables -L acct >>/tmp/acct\niptables -L acct-out >>/tmp/acct\n"),
        (
            "ipchains -L acct >/dev/null 2>&1\n",
            "iptables -L acct >/dev/null 2>&1\niptables -L acct-out >/dev/null 2>&1\n",
        ),
        (
            "ipchains -A acct >/tmp/out -s 10.0.0.2 -j REJECT 2>&1\n",
            "{ iptables -A acct -s 10.0.0.2 -j REJECT; iptables -A acct-out -s 10.0.0.2 -j DROP; } >/tmp/out 2>&1\n",
        ),
    ] {
        let text = closed(&format!("{begin}{old}"));
        assert!(text.ends_with(new), "{text}");
    }
}

/// `-j $V-fwd-in` needs a chain of which the text of the script has no name.
#[test]
fn a_copy_that_a_variable_leads_to_is_made() {
    let text = migrated(
        "case $1 in\n0) V=DENY ;;\n*) V=web ;;\nesac\nipchains -N web\nipchains -A web -p udp -s 10.0.0.0/8 -j ACCEPT\n\
         ipchains -A input -p tcp -s 172.16.0.0/12 -j $V\nipchains -A forward -p udp -j DENY\n",
    );
    assert!(text.contains(" -j $V-fwd-in") && text.contains("iptables -N web-fwd-in\n"), "{text}");
}

#[test]
fn what_is_redirected_is_logged_where_that_is_done() {
    let text = migrated("ipchains -P input DENY\nipchains -A input -p tcp -d 0/0 80 -l -j REDIRECT 3128\n");
    let log = "-p tcp --dport 80 -j LOG --log-level info --log-prefix \"input REDIRECT \"\n";
    let redirect = "iptables -t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 3128\n";
    assert!(text.contains(&format!("iptables -t nat -A PREROUTING {log}{redirect}")), "{text}");
    // What only keeps packets from that is logged in the filter table, to which they come.
    let text =
        migrated("ipchains -A input -s 10.0.0.1 -l -j DENY\nipchains -A input -p tcp -d 0/0 80 -j REDIRECT 3128\n");
    assert!(text.contains("-j LOG") && !text.contains("-t nat -A PREROUTING -s 10.0.0.1 -j LOG"), "{text}");
    // A deleted rule takes its log along.
    let text = migrated(
        "ipchains -A input -p tcp -d 0/0 80 -l -j REDIRECT 3128\nipchains -D input -p tcp -d 0/0 80 -l -j REDIRECT 3128\n",
    );
    assert!(text.contains(&format!("iptables -t nat -D PREROUTING {log}")), "{text}");
}

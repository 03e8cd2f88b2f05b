//! What single commands become, and how they are written down.

use super::{closed, migrated, run};

#[test]
fn each_option_has_its_counterpart() {
    let cases = [
        ("-A input -i eth0 -j ACCEPT", "-A INPUT -i eth0 -j ACCEPT"),
        ("-A output -i eth0 -j DENY", "-A OUTPUT -o eth0 -j DROP"),
        ("-A forward -i ! ppp+ -j DENY", "-A FORWARD ! -o ppp+ -j DROP"),
        ("-A input -i + -j ACCEPT", "-A INPUT -j ACCEPT"),
        (
            "-A input -p TCP -s 10.0.0.0/8 1024:65535 -d ! 10.1.2.3 80",
            "-A INPUT -p TCP -s 10.0.0.0/8 --sport 1024:65535 ! -d 10.1.2.3 --dport 80",
        ),
        ("-A input -p tcp -d 0/0 ! 80 -j DENY", "-A INPUT -p tcp ! --dport 80 -j DROP"),
        ("-A input -d 0/0 80 -p tcp -j DENY", "-A INPUT -p tcp --dport 80 -j DROP"),
        ("-A input ! -p udp -s 10/8 -j DENY", "-A INPUT ! -p udp -s 0.0.0.0/8 -j DROP"),
        ("-A input -p tcp --sport 0:65535 -j DENY", "-A INPUT -p tcp -j DROP"),
        ("-A input -p tcp --dport 080 -j DENY", "-A INPUT -p tcp --dport 80 -j DROP"),
        ("-A input -p tcp -y -j DENY", "-A INPUT -p tcp --tcp-flags SYN,RST,ACK SYN -j DROP"),
        ("-A input -p tcp ! -y -j ACCEPT", "-A INPUT -p tcp ! --tcp-flags SYN,RST,ACK SYN -j ACCEPT"),
        ("-A input -f -j DENY", "-A INPUT -f -j DROP"),
        ("-A input ! -f -j DENY", "-A INPUT ! -f -j DROP"),
        ("-A input -p icmp -s 0/0 8 -j DENY", "-A INPUT -p icmp --icmp-type 8 -j DROP"),
        ("-A input --icmp-type 3 -p icmp --dport 4 -j ACCEPT", "-A INPUT -p icmp --icmp-type 3/4 -j ACCEPT"),
        ("-A input -p icmp --icmp-type echo-req -j DENY", "-A INPUT -p icmp --icmp-type 8 -j DROP"),
        (
            "-A input -p icmp --icmp-type host-unreachable -j DENY",
            "-A INPUT -p icmp --icmp-type host-unreachable -j DROP",
        ),
        ("-A input -p icmp ! --icmp-type 8 -j DENY", "-A INPUT -p icmp ! --icmp-type 8 -j DROP"),
        (
            "-A input -p icmp --icmp-type 8:11 -j DENY",
            "-A INPUT -p icmp -m u32 --u32 \"0>>22&0x3C@0>>24=8:11\" -j DROP",
        ),
        ("-A input -j REJECT", "-A INPUT -j REJECT"),
        ("-A forward -j REJECT", "-A FORWARD -j REJECT --reject-with icmp-host-unreachable"),
        ("-A output -j REJECT", "-A OUTPUT -j DROP"),
        ("-A input", "-A INPUT"),
        ("-Ainput -jDENY", "-A INPUT -j DROP"),
        ("--append input --jump DENY --protocol tcp", "--append INPUT --jump DROP --protocol tcp"),
        ("-P input DENY", "-P INPUT DROP"),
        ("-P forward ACCEPT", "-P FORWARD ACCEPT"),
        ("-F input", "-F INPUT"),
        ("-Z", "-Z"),
        ("-L -n -v", "-L -n -v"),
        ("-L input -n", "-L INPUT -n"),
        ("-A input -p 300 ! -s 0/0 -j ACCEPT", ""),
        ("-A input -p tcp -d 0/0 ! :65535 -s 0/0 ! : -j DENY", "-A INPUT -p tcp -f -j DROP"),
        ("-A input -p tcp -d 0/0 ! 9:8 ! -f -j DENY", "-A INPUT -p tcp ! -f -j DROP"),
        ("-A input -p tcp -d 0/0 ! :65535 ! -f -j DENY", ""),
        // The names of devices have up to 15 characters.
        ("-A input -i abcdefghijklmnop -j ACCEPT", ""),
        ("-A input -i ! abcdefghijklmnop -j ACCEPT", "-A INPUT -j ACCEPT"),
        ("-A input -i abcdefghijklmno+ -j ACCEPT", "-A INPUT -i abcdefghijklmno -j ACCEPT"),
    ];
    for (old, new) in cases {
        let text = migrated(&format!("ipchains {old}\n"));
        let expected = if new.is_empty() { ":".to_owned() } else { format!("iptables {new}") };
        assert!(text.lines().any(|line| line == expected), "ipchains {old}: {text}");
    }
}

#[test]
fn one_command_may_become_several() {
    let lines = |script: &str| closed(script).lines().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(
        lines("ipchains -A input -s 10.0.0.1 -l -j DENY\n"),
        [
            "iptables -A INPUT -s 10.0.0.1 -j LOG --log-level info --log-prefix \"input DENY \"",
            "iptables -A INPUT -s 10.0.0.1 -j DROP"
        ]
    );
    assert_eq!(
        lines("ipchains -A input -b -p tcp -s 1.1.1.1 80 -d 2.2.2.2 -j ACCEPT\n"),
        [
            "iptables -A INPUT -p tcp -s 1.1.1.1 --sport 80 -d 2.2.2.2 -j ACCEPT",
            "iptables -A INPUT -p tcp -d 1.1.1.1 --dport 80 -s 2.2.2.2 -j ACCEPT"
        ]
    );
    let masquerading = lines("ipchains -A forward -i ppp0 -s 10.0.0.0/8 -j MASQ\n");
    for line in [
        // Answers went past the forward chain.
        "iptables -A FORWARD -m conntrack --ctstate SNAT --ctdir REPLY -j ACCEPT",
        "iptables -A FORWARD -o ppp0 -s 10.0.0.0/8 -j masquerade",
        "iptables -A masquerade -j CONNMARK --set-xmark 0x80000000/0x80000000",
        "iptables -A masquerade -p tcp -j ACCEPT",
        "iptables -t nat -A POSTROUTING -p udp -m connmark --mark 0x80000000/0x80000000 -j MASQUERADE --to-ports 61000-65095",
    ] {
        assert!(masquerading.iter().any(|found| found == line), "{line}: {masquerading:#?}");
    }
    assert_eq!(
        lines("ipchains -A input -p tcp -d 0/0 80 -j REDIRECT 3128\n"),
        [
            "# What has been redirected is accepted.",
            "iptables -A INPUT -m conntrack --ctstate DNAT --ctdir ORIGINAL -j ACCEPT",
            "iptables -A INPUT -p tcp --dport 80 -j ACCEPT",
            "iptables -t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 3128"
        ]
    );
    // What comes by the loopback device is redirected like anything else.
    let redirected = lines("ipchains -A input -i lo -p tcp -d 0/0 80 -j REDIRECT 3128\nipchains -A input -j DENY\n");
    assert!(
        redirected.contains(&"iptables -A INPUT -m conntrack --ctstate DNAT --ctdir ORIGINAL -j ACCEPT".to_owned())
    );
    assert_eq!(
        lines("ipchains -A input -p tcp -m 5 -t 01 10 -o 64 -j ACCEPT\n"),
        [
            "iptables -A INPUT -p tcp -j NFLOG --nflog-size 64",
            "iptables -A INPUT -p tcp -j ACCEPT",
            "iptables -t mangle -A PREROUTING -p tcp -j TOS --set-tos 0x10/0xfe",
            "iptables -t mangle -A PREROUTING -p tcp -j MARK --set-mark 5"
        ]
    );
    assert_eq!(
        lines("ipchains -M -S 3600 0 60\n"),
        [
            "sysctl -w net.netfilter.nf_conntrack_tcp_timeout_established=3600",
            "sysctl -w net.netfilter.nf_conntrack_udp_timeout=60",
            "sysctl -w net.netfilter.nf_conntrack_udp_timeout_stream=60"
        ]
    );
}

#[test]
fn a_relative_mark_becomes_one_rule_for_each_mark_that_a_packet_can_have() {
    let text = migrated("ipchains -A input -p tcp -m 5\nipchains -A input -s 10.0.0.1 -m +5\n");
    let marks: Vec<&str> = text.lines().filter(|line| line.contains("-m mark")).collect();
    // The mark 10 comes first, so that a packet that had 5 is not counted up twice.
    assert_eq!(
        marks,
        [
            "iptables -t mangle -A PREROUTING -s 10.0.0.1 -m mark --mark 10 -j MARK --set-mark 15",
            "iptables -t mangle -A PREROUTING -s 10.0.0.1 -m mark --mark 5 -j MARK --set-mark 10",
            "iptables -t mangle -A PREROUTING -s 10.0.0.1 -m mark --mark 0 -j MARK --set-mark 5"
        ]
    );
}

#[test]
fn a_word_that_goes_takes_its_continuation_along() {
    for end in ["\n", "\r\n"] {
        let script = format!("ipchains -A input -p tcp \\{end}\t-d 0/0 23 \\{end}\t-l -j DENY{end}");
        let text = closed(&script);
        let rule = format!("iptables -A INPUT -p tcp \\{end}\t--dport 23 \\{end}\t-j DROP{end}");
        assert!(text.ends_with(&rule), "{text:?}");
    }
}

#[test]
fn commands_stay_where_they_stand() {
    assert_eq!(
        closed(
            "if [ $A ]; then\n\tipchains -A input \\\n\t  -p tcp  -d $IP 80 \\\n\t  -l -j DENY 2>/dev/null # why\nfi\n"
        ),
        "if [ $A ]; then\n\tiptables -A INPUT -p tcp -d $IP --dport 80 -j LOG --log-level info --log-prefix \"input DENY \" 2>/dev/null\n\tiptables -A INPUT \\\n\t  -p tcp  -d $IP --dport 80 \\\n\t  -j DROP 2>/dev/null # why\nfi\n"
    );
    assert_eq!(
        closed("[ $A ] && ipchains -A input -l -j DENY || exit 1\n"),
        "[ $A ] && { iptables -A INPUT -j LOG --log-level info --log-prefix \"input DENY \" && iptables -A INPUT -j DROP; } || exit 1\n"
    );
    assert_eq!(
        closed("for p in 1 2; do ipchains -A input -p tcp -d 0/0 $p -j DENY; done; echo ipchains\n"),
        "for p in 1 2; do iptables -A INPUT -p tcp --dport $p -j DROP; done; echo ipchains\n"
    );
}

#[test]
fn new_lines_end_as_the_old_ones_do() {
    assert_eq!(
        migrated("#!/bin/sh\r\nipchains -P forward DENY\r\nipchains -A input -l -j DENY\r\n"),
        "#!/bin/sh\r\niptables -P FORWARD DROP\r\niptables -A INPUT -j LOG --log-level info --log-prefix \"input DENY \"\r\niptables -A INPUT -j DROP\r\n"
    );
}

#[test]
fn several_commands_behind_exec_end_the_script_together() {
    assert_eq!(closed("exec ipchains -A input -j DENY\n"), "exec iptables -A INPUT -j DROP\n");
    assert_eq!(
        closed("exec ipchains -A input -j DENY -l\n"),
        "iptables -A INPUT -j LOG --log-level info --log-prefix \"input DENY \"\niptables -A INPUT -j DROP\nexit\n"
    );
    let text = closed("[ -e /a ] && exec ipchains -A input -l -j DENY\necho done\n");
    assert!(text.contains("[ -e /a ] && { iptables -A INPUT -j LOG"), "{text}");
    assert!(text.ends_with("; iptables -A INPUT -j DROP; exit; }\necho done\n"), "{text}");
    let (text, _) = run("exec ipchains -A $chain -j DENY\n");
    assert!(text.ends_with("\nfrom_ipchains -A $chain -j DENY\nexit\n"), "{text}");
    let text = migrated("ipchains -A input -j DENY\nexec modprobe ip_masq_irc\n");
    assert!(text.contains("\nmodprobe nf_conntrack_irc\nmodprobe nf_nat_irc\n"), "{text}");
    assert!(text.ends_with("\nexit\n"), "{text}");
    let text = migrated("ipchains -A input -j DENY\nexec modprobe ip_masq_portfw\necho\n");
    assert!(text.contains("\n:\nexit\necho\n"), "{text}");
}

#[test]
fn counters_are_forgotten_where_packets_are_counted() {
    let text = migrated(
        "ipchains -Z output\nipchains -A output -p tcp -d 0/0 80 -t 01 10\nipchains -A output -d 10.0.0.1 -j DENY\n\
         ipchains -Z output\nipchains -Z forward\n",
    );
    assert!(text.starts_with("iptables -Z OUTPUT\n"), "{text}");
    assert!(!text.contains("mangle -Z") && text.contains("iptables -Z FORWARD\n"), "{text}");
}

#[test]
fn ipchains_keeps_its_built_in_chains() {
    let (text, items) = run("ipchains -X output\nipchains -N input\n");
    let said: Vec<&str> = items.iter().map(|item| item.message.as_str()).collect();
    assert_eq!(
        said,
        [
            "ipchains refuses this command: output is built in and cannot be deleted",
            "ipchains refuses this command: there is a chain input already"
        ],
        "{text}"
    );
}

#[test]
fn all_of_several_commands_must_succeed_where_the_script_asks_for_one() {
    let log = "iptables -A INPUT -s 10.0.0.1 -j LOG --log-level info --log-prefix \"input DENY \"";
    let deny = "iptables -A INPUT -s 10.0.0.1 -j DROP";
    let old = "ipchains -A input -s 10.0.0.1 -j DENY -l";
    for (before, behind) in
        [("", " || exit 1"), ("[ -f /x ] && ", ""), ("if ! ", "; then exit 1; fi"), ("! ", ""), ("if ", "; then :; fi")]
    {
        assert_eq!(closed(&format!("{before}{old}{behind}\n")), format!("{before}{{ {log} && {deny}; }}{behind}\n"));
    }
    // Nobody asks here, nor for the first one of a pipeline.
    assert_eq!(closed(&format!("{old} 2>&1 | cat\n")), format!("{{ {log} 2>&1; {deny} 2>&1; }} | cat\n"));
    assert_eq!(closed(&format!("if [ -f /x ]; then {old}; fi\n")), format!("if [ -f /x ]; then {log}; {deny}; fi\n"));
}

#[test]
fn a_program_that_no_alias_stands_for_changes_its_name() {
    assert_eq!(closed("\\ipchains -A input -s 10.0.0.1 -j DENY\n"), "\\iptables -A INPUT -s 10.0.0.1 -j DROP\n");
}

//! Small scripts and what becomes of them, as somebody who knows both programs would write it.

use crate::analysis::{analyse, parse};
use crate::eval::Settings;
use crate::text::{Source, Sources};

use super::{Item, migrate, runtime};

fn run(script: &str) -> (String, Vec<Item>) {
    let mut sources = Sources::default();
    let file = sources.add(Source::new("f", script.as_bytes().to_vec()));
    let trees = [parse(sources.get(file), file, None)];
    let analysis = analyse(&sources, &trees, file, &Settings::default());
    let migration = migrate(&analysis).unwrap();
    (String::from_utf8(migration.text).unwrap(), migration.items)
}

/// The output of a script of which nothing is left to a person or to the run.
#[track_caller]
fn migrated(script: &str) -> String {
    let (text, items) = run(script);
    assert!(items.iter().all(|item| !item.person), "{items:?}");
    assert!(!text.contains("from_ipchains"), "{text}");
    text
}

/// The same on a host that forwards nothing, so that input and output are no matter of FORWARD.
#[track_caller]
fn closed(script: &str) -> String {
    let text = migrated(&format!("ipchains -P forward DENY\n{script}"));
    let text = text.replacen(&format!("\n{}\n", runtime::NO_TRANSLATION_FUNCTION), "", 1);
    text.strip_prefix("iptables -P FORWARD DROP\n").unwrap_or(&text).to_owned()
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
        "iptables -A masquerade -j CONNMARK --set-xmark 0x1/0x1",
        "iptables -A masquerade -p tcp -j ACCEPT",
        "iptables -t nat -A POSTROUTING -p udp -m connmark --mark 0x1/0x1 -j MASQUERADE --to-ports 61000-65095",
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
fn commands_stay_where_they_stand() {
    assert_eq!(
        closed(
            "if [ $A ]; then\n\tipchains -A input \\\n\t  -p tcp  -d $IP 80 \\\n\t  -l -j DENY 2>/dev/null # why\nfi\n"
        ),
        "if [ $A ]; then\n\tiptables -A INPUT -p tcp -d $IP --dport 80 -j LOG --log-level info --log-prefix \"input DENY \" 2>/dev/null\n\tiptables -A INPUT \\\n\t  -p tcp  -d $IP --dport 80 \\\n\t  -j DROP 2>/dev/null # why\nfi\n"
    );
    assert_eq!(
        closed("[ $A ] && ipchains -A input -l -j DENY || exit 1\n"),
        "[ $A ] && { iptables -A INPUT -j LOG --log-level info --log-prefix \"input DENY \"; iptables -A INPUT -j DROP; } || exit 1\n"
    );
    assert_eq!(
        closed("for p in 1 2; do ipchains -A input -p tcp -d 0/0 $p -j DENY; done; echo ipchains\n"),
        "for p in 1 2; do iptables -A INPUT -p tcp --dport $p -j DROP; done; echo ipchains\n"
    );
}

#[test]
fn the_program_changes_its_name_wherever_it_is_kept() {
    assert_eq!(
        migrated("IPCHAINS=/sbin/ipchains\n[ -x $IPCHAINS ] || exit 0\n${IPCHAINS} -F\n\"$IPCHAINS\" -X\n"),
        "IPTABLES=/sbin/iptables\n[ -x $IPTABLES ] || exit 0\n${IPTABLES} -F\n\"$IPTABLES\" -X\n"
    );
    assert_eq!(
        migrated("[ -x /sbin/ipchains ] || exit 0\nsudo -n ipchains -F\n"),
        "[ -x /sbin/iptables ] || exit 0\nsudo -n iptables -F\n"
    );
    assert_eq!(
        closed("ipt() { /sbin/ipchains \"$@\"; }\nipt -A input -y -p tcp -j DENY\n"),
        "ipt() { /sbin/iptables \"$@\"; }\nipt -A INPUT -p tcp --tcp-flags SYN,RST,ACK SYN -j DROP\n"
    );
    assert_eq!(
        closed("run() { eval \"$*\"; }\nrun ipchains -A input -l -j DENY\n"),
        "run() { eval \"$*\"; }\nrun iptables -A INPUT -j LOG --log-level info --log-prefix input:DENY:\nrun iptables -A INPUT -j DROP\n"
    );
    let both = "if [ -f /proc/net/ip_fwchains ]; then ipchains -F; else iptables -F; fi\n";
    assert_eq!(migrated(both), "if [ -f /proc/net/ip_tables_names ]; then iptables -F; else iptables -F; fi\n");
}

#[test]
fn variables_keep_their_place_and_change_their_values() {
    assert_eq!(
        closed("for c in input output; do ipchains -P $c DENY; done\n"),
        "for c in INPUT OUTPUT; do iptables -P $c DROP; done\n"
    );
    assert_eq!(
        closed("T=DENY\nipchains -A input -s 10.0.0.1 -j $T\n"),
        "T=DROP\niptables -A INPUT -s 10.0.0.1 -j $T\n"
    );
    let tested = run("T=DENY\n[ \"$T\" = DENY ] && echo closed\nipchains -A input -j $T\n").0;
    assert!(tested.contains("T=DENY\n") && tested.contains("iptables -A INPUT -j DROP"), "{tested}");
}

#[test]
fn what_is_known_at_run_time_is_translated_then() {
    for script in [
        "ipchains -A $chain -j DENY\n",
        "ipchains -A input $A $B -j DENY\n",
        "add() { ipchains -A input \"$@\" -j DENY; }\nwhile read rule; do add $rule; done < /etc/rules\n",
    ] {
        let (text, items) = run(script);
        assert!(items.iter().all(|item| !item.person), "{items:?}");
        assert!(text.contains("from_ipchains() {"), "{text}");
        assert!(!text.lines().any(|line| line.starts_with("ipchains ")), "{text}");
    }
}

#[test]
fn rules_of_which_the_chain_is_not_known_may_forward() {
    for rule in ["ipchains -A $chain -s 10.0.0.1 -j ACCEPT", "ipchains $rule"] {
        let (text, _) = run(&format!("ipchains -P input DENY\nipchains -P forward DENY\n{rule}\n"));
        assert!(text.contains("\niptables -A to-forward -j fwd-forward\n"), "{text}");
        assert!(text.contains(" forward/forward/fwd-forward/1 "), "{text}");
    }
    // One that lets nothing pass needs no way.
    let (text, _) = run("ipchains -P input DENY\nipchains -P forward DENY\nipchains -A $chain -s 10.0.0.1 -j DENY\n");
    assert!(!text.contains("fwd-"), "{text}");
}

#[test]
fn a_target_that_is_not_known_is_asked_for_at_run_time() {
    let text = closed("ipchains -A input -s 10.0.0.1 -j $NO\nipchains -A output -d 10.0.0.1 -j \"$NO\"\n");
    assert!(text.contains("    input,REJECT | entry,REJECT) echo REJECT ;;\n"), "{text}");
    assert!(text.contains("input,DENY | entry,DENY | output,DENY | output,REJECT) echo DROP ;;\n"), "{text}");
    for rule in [
        "\niptables -A INPUT -s 10.0.0.1 -j $(iptables_target input \"$NO\")\n",
        "\niptables -A fwd-input -s 10.0.0.1 -j $(iptables_target entry \"$NO\")\n",
        "\niptables -A OUTPUT -d 10.0.0.1 -j $(iptables_target output \"$NO\")\n",
    ] {
        assert!(text.contains(rule), "{text}");
    }
    // A value that is set here and asked for elsewhere stays what it is.
    let text = closed("[ -f /c ] && . /c || NO=DENY\nipchains -A input -s 10.0.0.1 -j $NO\n");
    assert!(text.contains("|| NO=DENY\n"), "{text}");
    assert!(text.contains("\niptables -A INPUT -s 10.0.0.1 -j $(iptables_target input \"$NO\")\n"), "{text}");
}

#[test]
fn a_word_that_may_be_the_flag_for_the_log_spoils_the_rule_if_it_is_not() {
    assert_eq!(
        closed("ipchains -A input -s 10.0.0.1 $LOG -j DENY\n"),
        "case $LOG in -l) iptables -A INPUT -s 10.0.0.1 -j LOG --log-level info --log-prefix \"input DENY \" ;; esac\niptables -A INPUT -s 10.0.0.1 -j DROP${LOG#-l}\n"
    );
}

#[test]
fn a_device_that_is_the_loopback_one_in_some_runs_only_is_no_case_of_its_own() {
    let script = "ipchains -P input DENY\nfor d in lo $INSIDE; do\nipchains -A input -i $d -j ACCEPT\ndone\n";
    let text = migrated(script);
    assert!(text.contains("iptables -A INPUT -i $d -j ACCEPT\niptables -A FORWARD -i $d -j ACCEPT\ndone\n"), "{text}");
    let text = migrated(&script.replace("$INSIDE", "eth1"));
    assert!(text.contains("iptables -A INPUT -i $d -j ACCEPT\niptables -A FORWARD -i $d -j ACCEPT\ndone\n"), "{text}");
    // No forwarded packet has it.
    let text = migrated(&script.replace(" $INSIDE", ""));
    assert!(text.contains("iptables -A INPUT -i $d -j ACCEPT\ndone\n"), "{text}");
}

#[test]
fn ports_that_may_be_missing_take_their_option_along() {
    assert_eq!(
        closed("while read proto port; do ipchains -A input -p $proto -d 10.0.0.1 $port -j DENY; done\n"),
        "while read proto port; do iptables -A INPUT -p $proto -d 10.0.0.1 ${port:+--dport $port} -j DROP; done\n"
    );
    assert_eq!(
        closed("for t in $TYPES; do ipchains -A input -p icmp -s 0/0 $t -j DENY; done\n"),
        "for t in $TYPES; do iptables -A INPUT -p icmp --icmp-type $t -j DROP; done\n"
    );
}

#[test]
fn ports_of_which_something_is_known_are_ports() {
    for (port, wanted) in [
        ("$LO:$HI", "--dport $LO:$HI"),
        ("$PORT:", "--dport $PORT:"),
        ("${PORT:-22}", "--dport ${PORT:-22}"),
        ("${PORT:-0:65535}", "${PORT:+--dport $PORT}"),
        ("$1", "${1:+--dport $1}"),
        ("@PORT@", "--dport @PORT@"),
    ] {
        let text = closed(&format!("ipchains -A input -p tcp -d 10.0.0.1 {port} -j DENY\n"));
        assert_eq!(text, format!("iptables -A INPUT -p tcp -d 10.0.0.1 {wanted} -j DROP\n"));
    }
    // Only TCP, UDP and ICMP have every port; any protocol has none.
    let open = closed("ipchains -A input -p $PROTO -d 10.0.0.1 ${PORT:-0:65535} -j DENY\n");
    assert_eq!(open, "iptables -A INPUT -p $PROTO -d 10.0.0.1 --dport ${PORT:-0:65535} -j DROP\n");
}

#[test]
fn a_redirection_goes_to_a_port_that_may_be_missing() {
    let text = closed("ipchains -A input -p tcp -d 0/0 80 -j REDIRECT $PROXY\n");
    assert!(
        text.ends_with("\niptables -t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT ${PROXY:+--to-ports $PROXY}\n"),
        "{text}"
    );
    let same = closed("ipchains -A input -p tcp -d 0/0 80 -j REDIRECT 0\n");
    assert!(same.ends_with(" -j REDIRECT\n"), "{same}");
}

#[test]
fn a_flag_that_a_template_leaves_open_is_told_from_others() {
    assert_eq!(
        closed("ipchains -A input -s 10.0.0.1 -j DENY @LOG@\n"),
        "case \"@LOG@\" in\n    -l) iptables -A INPUT -s 10.0.0.1 -j LOG --log-level info --log-prefix \"input DENY \" ;;\n    '') ;;\n    *) no_translation \"@LOG@\" ;;\nesac\niptables -A INPUT -s 10.0.0.1 -j DROP\n"
    );
}

#[test]
fn a_command_with_an_option_that_is_not_known_is_not_refused() {
    let (text, items) = run("rule() { ipchains $1 input -s $2 -j DENY; }\nrule -A 10.0.0.1\nrule $1 $2\n");
    assert!(!text.contains("NOT MIGRATED"), "{text}");
    assert!(items.iter().all(|item| !item.person), "{items:?}");
}

#[test]
fn functions_keep_the_words_that_all_calls_have_in_common() {
    // The same rules in all calls.
    assert_eq!(
        closed(
            "IF=eth0\nadd() { ipchains -A input -i $IF \"$@\" -l -j DENY; }\nadd -p tcp -d 0/0 22\nadd -s 10.0.0.1\n"
        ),
        "IF=eth0\nadd() { iptables -A INPUT -i $IF \"$@\" -j LOG --log-level info --log-prefix \"input DENY \"; \
         iptables -A INPUT -i $IF \"$@\" -j DROP; }\nadd -p tcp --dport 22\nadd -s 10.0.0.1\n"
    );
    // Other rules in one of them.
    assert_eq!(
        closed("add() { ipchains -A input -i eth0 \"$@\"; }\nadd -p tcp -j ACCEPT\nadd -s 10.0.0.1 -l -j DENY\n"),
        "add() { iptables -A INPUT -i eth0 \"$@\"; }\nadd -p tcp -j ACCEPT\n\
         add -s 10.0.0.1 -j LOG --log-level info --log-prefix \"input DENY \"\nadd -s 10.0.0.1 -j DROP\n"
    );
    // What only the function knows moves by its value, behind the words that the function takes for itself.
    assert_eq!(
        closed(
            "add() {\n  c=$1; shift\n  ipchains -A $c -i eth0 \"$@\"\n}\nadd input -j DENY\nadd output -j DENY\nlast=add\n"
        ),
        "add() {\n  c=$1; shift\n  iptables -A \"$@\"\n}\nadd input INPUT -i eth0 -j DROP\nadd output OUTPUT -o eth0 -j DROP\n\
         last=add\n"
    );
    let text = migrated("add() { echo \"$*\"; ipchains -A input \"$@\" -j DENY; }\nadd -i eth0\n");
    assert!(text.starts_with("add() { echo \"$*\"; iptables -A INPUT \"$@\" -j DROP; "), "{text}");
    assert!(text.ends_with("iptables -A FORWARD \"$@\" -j DROP; }\nadd -i eth0\n"), "{text}");
}

#[test]
fn words_of_a_variable_and_of_a_caller_are_left_to_a_person() {
    let (text, items) = run("I=\"ipchains -A input\"\nadd() ( $I \"$@\" )\nadd -s 10.0.0.1 -j DENY\n");
    assert!(items.iter().any(|item| item.person && item.message.contains("stand in a variable")), "{items:?}");
    assert!(text.contains("# iptmigrate: NOT MIGRATED: its first words") && !text.contains("from_ipchains"), "{text}");
}

#[test]
fn functions_that_look_at_the_words_they_pass_on_are_left_to_the_run() {
    for body in [
        "case $1 in -p) echo p ;; esac; ipchains -A input \"$@\"",
        "ipchains -A input \"$@\"; echo \"$2\" >>/tmp/log; cp $2 $1",
        "[ $# -gt 2 ] && ipchains -A input \"$@\"",
    ] {
        // A body that is a subshell is not written out.
        let (text, _) = run(&format!("add() ( {body} )\nadd -p tcp -j DENY\n"));
        assert!(text.contains("from_ipchains -A input \"$@\""), "{text}");
        assert!(text.ends_with("\nadd -p tcp -j DENY\n"), "{text}");
    }
}

#[test]
fn variables_with_several_words_keep_them_or_give_way() {
    assert_eq!(
        closed("fw=\"ipchains\t-A input\"\n$fw -p tcp -d 10.0.0.1 80 -j DENY\n"),
        "fw=\"iptables\t-A INPUT\"\n$fw -p tcp -d 10.0.0.1 --dport 80 -j DROP\n"
    );
    assert_eq!(
        closed("no='-l -j DENY' ok='-j ACCEPT'\nipchains -A input -s 10.0.0.1 $ok\nipchains -A input $no\n"),
        "no='-l -j DENY' ok='-j ACCEPT'\niptables -A INPUT -s 10.0.0.1 $ok\niptables -A INPUT -j LOG --log-level info --log-prefix \"input DENY \"\niptables -A INPUT -j DROP\n"
    );
    assert_eq!(
        closed("I='ipchains -A input'\nJ=${I%input}output\n$J -j DENY\n"),
        "I='iptables -A input'\nJ=${I%input}output\niptables -A OUTPUT -j DROP\n"
    );
}

#[test]
fn words_that_differ_from_run_to_run_choose_among_commands() {
    assert_eq!(
        closed("for a in -A -D; do ipchains $a input -s 10.0.0.1 -j DENY; done\n"),
        "for a in -A -D; do iptables $a INPUT -s 10.0.0.1 -j DROP; done\n"
    );
    assert_eq!(
        closed("[ -f /log ] && L=-l || L=\nipchains -A input -s 10.0.0.1 $L -j DENY\n"),
        "[ -f /log ] && L=-l || L=\ncase $L in\n    -l) iptables -A INPUT -s 10.0.0.1 -j LOG --log-level info --log-prefix \"input DENY \" ;;\n    '') ;;\n    *) no_translation \"$L\" ;;\nesac\niptables -A INPUT -s 10.0.0.1 -j DROP\n"
    );
    assert_eq!(
        closed("for n in 10/8 172.16.0.0/12; do ipchains -A input -s $n -j DENY; done\n"),
        "for n in 0.0.0.0/8 172.16.0.0/12; do iptables -A INPUT -s $n -j DROP; done\n"
    );
}

#[test]
fn commands_in_strings_are_rewritten_there() {
    assert_eq!(
        closed(
            "run() { echo \"$*\"; eval \"$*\"; }\nW=eth0\nrun \"ipchains -F input; ipchains -A input -i $W -p tcp -d 0/0 80 -j ACCEPT\"\n"
        ),
        "run() { echo \"$*\"; eval \"$*\"; }\nW=eth0\nrun \"iptables -F INPUT; iptables -A INPUT -i $W -p tcp --dport 80 -j ACCEPT\"\n"
    );
    assert_eq!(
        closed("do_it() { echo \"$1\"; eval \"$1\"; }\ndo_it 'ipchains -A input -s 10.0.0.1 -j DENY'\n"),
        "do_it() { echo \"$1\"; eval \"$1\"; }\ndo_it 'iptables -A INPUT -s 10.0.0.1 -j DROP'\n"
    );
    let text = migrated(
        "do_it() { eval \"$1\"; }\ndo_it 'ipchains -P forward DENY'\ndo_it 'ipchains -A forward -i eth0 -j MASQ'\n",
    );
    assert!(text.contains("\ndo_it 'iptables -N masquerade'\n"), "{text}");
    assert_eq!(
        closed("[ -f /log ] && L=-l || L=\neval \"ipchains -A input $L -j DENY\"\n"),
        "[ -f /log ] && L=-l || L=\neval \"case '$L' in -l) iptables -A INPUT -j LOG --log-level info --log-prefix input:DENY: ;; '') ;; *) no_translation '$L' ;; esac; iptables -A INPUT -j DROP\"\n"
    );
}

#[test]
fn texts_that_a_shell_reads_are_rewritten_there() {
    let rule = "ipchains -A input -p tcp -d 0/0 22 -j DENY";
    let new = "iptables -A INPUT -p tcp --dport 22 -j DROP";
    for (before, behind) in [
        ("sh <<EOF\n", "\nEOF\n"),
        ("cat <<'EOF' | /bin/sh\nif true; then\n  ", "\nfi\nEOF\n"),
        ("echo '", "' | sh\n"),
        ("/bin/sh -c '", "'\n"),
        ("trap '", "; exit 1' 1 2 15\n"),
    ] {
        assert_eq!(closed(&format!("{before}{rule}{behind}")), format!("{before}{new}{behind}"));
    }
    // What a function of the script runs, it runs in the same shell.
    let text = closed("run() { echo \"$*\"; eval \"$*\"; }\nrun \"ipchains -A output -j $TARGET\"\n");
    assert!(text.contains("\nrun \"iptables -A OUTPUT -j $(iptables_target output \"$TARGET\")"), "{text}");
    // Another shell has no function of this one.
    let (text, items) = run("sh <<EOF\nipchains -A input -j $TARGET\nEOF\n");
    assert!(items.iter().any(|item| item.person && item.message.starts_with("another shell runs this")), "{items:?}");
    assert!(!text.contains("\nipchains -A input"), "{text}");
}

#[test]
fn commands_for_others_are_listed() {
    let list = |script: &str| {
        let (text, items) = run(&format!("ipchains -P forward DENY\n{script}\n"));
        let messages: Vec<String> = items.iter().filter(|item| item.person).map(|item| item.message.clone()).collect();
        (text, messages)
    };
    for (script, receiver) in [
        ("ssh fw \"ipchains -F input\"", "ssh"),
        ("ssh fw /sbin/ipchains -F input", "ssh"),
        ("cat > /etc/rc.fw <<EOF\n#!/bin/sh\nipchains -F input\nEOF", "/etc/rc.fw"),
        ("echo \"ipchains -F input\" >> /etc/rc.fw", "/etc/rc.fw"),
        ("sed s/IF/eth0/ <<EOF | sh\nipchains -A input -i IF -j DENY\nEOF", "sh"),
        ("IPCHAINS=/sbin/ipchains\n$IPCHAINS -F input\nat now <<EOF\n$IPCHAINS -F output\nEOF", "at"),
    ] {
        let (text, messages) = list(script);
        let message = format!("commands of ipchains go to `{receiver}` here; migrate them by hand");
        assert_eq!(messages, [message.as_str()], "{script}");
        assert!(text.contains(&format!("# iptmigrate: NOT MIGRATED: {message}\n")), "{text}");
    }
    let (text, messages) = list("xargs -n 1 ipchains -D input -j DENY -s < /etc/hosts.bad");
    assert_eq!(messages, ["`xargs` runs ipchains here; migrate that by hand"]);
    assert!(text.ends_with("\n#   xargs -n 1 ipchains -D input -j DENY -s < /etc/hosts.bad\n:\n"), "{text}");
    for quiet in [
        "echo \"usage: ipchains -A input\"",
        "echo \"usage: ipchains -A input\" >&2",
        "cat <<EOF\nipchains -F does that\nEOF",
        "grep \"ipchains -A\" /etc/rc.fw | wc -l",
        "cat > /etc/motd <<EOF\nThis host has ipchains.\nEOF",
        "cat > /etc/rc.fw <<EOF\n# ipchains -F\nEOF",
    ] {
        assert_eq!(list(quiet).1, Vec::<String>::new(), "{quiet}");
    }
}

#[test]
fn variables_change_their_names_in_texts_too() {
    let text = closed(
        "IPCHAINS=/sbin/ipchains\n$IPCHAINS -F input\ncat <<EOF\n$IPCHAINS and ${IPCHAINS}\nEOF\ncat <<'EOF'\n$IPCHAINS\nEOF\n",
    );
    assert!(text.ends_with("cat <<EOF\n$IPTABLES and ${IPTABLES}\nEOF\ncat <<'EOF'\n$IPCHAINS\nEOF\n"), "{text}");
}

#[test]
fn functions_of_init_scripts_run_the_first_command() {
    assert_eq!(
        closed(". /etc/rc.d/init.d/functions\naction \"Closing: \" /sbin/ipchains -A input -s 10.0.0.1 -l -j DENY\n"),
        ". /etc/rc.d/init.d/functions\n/sbin/iptables -A INPUT -s 10.0.0.1 -j LOG --log-level info --log-prefix input:DENY:\n\
         action \"Closing: \" /sbin/iptables -A INPUT -s 10.0.0.1 -j DROP\n"
    );
}

#[test]
fn rule_numbers_count_the_new_rules() {
    assert_eq!(
        closed(
            "ipchains -A input -s 10.0.0.1 -l -j DENY\nipchains -A input -s 10.0.0.2 -j DENY\nipchains -D input 2\nipchains -R input 1 -s 10.0.0.3 -j DENY\n"
        ),
        "iptables -A INPUT -s 10.0.0.1 -j LOG --log-level info --log-prefix \"input DENY \"\niptables -A INPUT -s 10.0.0.1 -j DROP\niptables -A INPUT -s 10.0.0.2 -j DROP\niptables -D INPUT 3\niptables -D INPUT 1\niptables -D INPUT 1\niptables -I INPUT 1 -s 10.0.0.3 -j DROP\n"
    );
    assert_eq!(
        closed("ipchains -I input -s 10.0.0.1 -l -j DENY\n"),
        "iptables -I INPUT 1 -s 10.0.0.1 -j LOG --log-level info --log-prefix \"input DENY \"\niptables -I INPUT 2 -s 10.0.0.1 -j DROP\n"
    );
}

#[test]
fn numbers_that_are_not_known_stay_where_they_mean_the_same() {
    let rules = "n=`wc -l < /etc/n`\nipchains -A input -s 10.0.0.1 -j DENY\n";
    assert_eq!(
        closed(&format!(
            "{rules}ipchains -I input \"$n\" -s 10.0.0.2 -j DENY\nipchains -R input $(($n + 1)) -j DENY\n"
        )),
        "n=`wc -l < /etc/n`\niptables -A INPUT -s 10.0.0.1 -j DROP\niptables -I INPUT \"$n\" -s 10.0.0.2 -j DROP\n\
         iptables -R INPUT $(($n + 1)) -j DROP\n"
    );
    // A rule for the log is a number more.
    for script in
        ["ipchains -A input -l -j DENY\nipchains -R input $n -j DENY\n", "ipchains -I input \"$n\" -l -j DENY\n"]
    {
        let (text, items) = run(&format!("ipchains -P forward DENY\n{rules}{script}"));
        assert!(items.iter().any(|item| item.person && item.message.contains("number")), "{items:?}");
        assert!(text.contains("# iptmigrate: NOT MIGRATED: which rule has this number"), "{text}");
    }
}

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
    // A rule that is there in some runs only does not become one of all runs.
    let text = closed("if [ -e /a ]; then ipchains -A input -j DENY; fi\nipchains -A forward -s 10.0.0.1 -j ACCEPT\n");
    assert!(text.contains("-A FORWARD -j fwd-input"), "{text}");
}

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
    ] {
        let text = placed(script);
        assert!(text.contains(&format!("{before}{tail}")), "{text}");
    }
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

/// Rules that keep everything out while the others are made are gone when forwarded packets come to these.
#[test]
fn what_only_bars_the_way_for_a_while_needs_no_stage() {
    let text = migrated(
        "ipchains -I input 1 -i ! lo -j DENY\nipchains -I output 1 -i ! lo -j DENY\nipchains -A input -s 10.0.0.9 -j DENY\n\
         ipchains -A forward -s 10.0.0.1 -j REJECT\nipchains -D input 1\nipchains -D output 1\n",
    );
    let of_output: Vec<&str> =
        text.lines().filter(|line| line.contains("put") && !line.contains("fwd-input")).collect();
    assert_eq!(of_output, ["# Forwarded packets meet the rules of input, forward and output in turn."], "{text}");
    assert!(text.contains("iptables -I OUTPUT 1 ! -o lo -j DROP\n") && text.contains("iptables -D OUTPUT 1\n"));
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

/// Nobody knows how many devices there are.
#[test]
fn rules_for_some_devices_take_the_place_of_no_other() {
    let rules = "ipchains -A output -p tcp -j ACCEPT\nipchains -A output -p udp -j ACCEPT\n";
    let (lines, _) = for_masqueraded(&format!("{rules}ipchains -R output 1 -s 10.0.0.1 -j DENY\n"));
    let wanted = [
        "iptables -A fwd-masqueraded -p tcp -j ACCEPT",
        "iptables -A fwd-masqueraded -p udp -j ACCEPT",
        "iptables -F fwd-masqueraded",
        "for device in $(masqueraded_from 10.0.0.1); do iptables -A fwd-masqueraded -j DROP -o $device; done",
        "iptables -A fwd-masqueraded -p udp -j ACCEPT",
    ];
    assert_eq!(lines, wanted);
    let (lines, _) = for_masqueraded(&format!("{rules}ipchains -I output 2 -s 10.0.0.1 -l -j ACCEPT\n"));
    assert_eq!(lines.iter().filter(|line| line.contains("-F fwd-masqueraded")).count(), 1, "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains("-I ")), "{lines:#?}");
}

/// Forward and output mean the same by a chain, so they share it: what forwarded packets do not notice, the host's may.
#[test]
fn a_copy_that_packets_of_the_host_meet_too_keeps_its_rules() {
    let text = migrated(
        "ipchains -N c\nipchains -A c -i eth1 -p tcp -j DENY\nipchains -A c -p udp -j DENY\n\
         ipchains -A input -s 10.0.0.1 -j c\nipchains -A input -p udp -j DENY\n\
         ipchains -A forward -j c\nipchains -A output -j c\n",
    );
    assert!(text.contains("\niptables -A OUTPUT -j c-fwd\n") && text.contains("-A c-fwd -p udp -j DROP\n"), "{text}");
}

/// iptables removes all chains or none, and those of the way hold rules.
#[test]
fn removing_all_chains_spares_those_of_the_way() {
    let script = "ipchains -A input -s 10.0.0.1 -j DENY\nipchains -A forward -s 10.0.0.2 -j DENY\n";
    let text = migrated(&format!(
        "{script}ipchains -N user\nipchains -N other\nipchains -A user -t 01 10\nipchains -A output -j user\nipchains -X\n"
    ));
    let removed: Vec<&str> = text.lines().filter(|line| line.contains(" -X")).collect();
    assert_eq!(
        removed,
        [
            "for chain in other user; do iptables -X $chain 2>/dev/null || :; done",
            "iptables -t mangle -X user 2>/dev/null || :"
        ]
    );
    assert!(!migrated(&format!("{script}ipchains -X\n")).contains("-X"));
    assert!(migrated(&format!("ipchains -X\n{script}")).starts_with("iptables -X\n"));
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

/// What a gateway's rules for masqueraded packets become that test their source.
fn for_masqueraded(rules: &str) -> (Vec<String>, Vec<Item>) {
    let (text, items) = run(&format!("ipchains -P output REJECT\nipchains -A forward -i ppp0 -j MASQ\n{rules}"));
    let lines =
        text.lines().filter(|line| line.contains("-A fwd-masqueraded ") || line.ends_with("-F fwd-masqueraded"));
    (lines.map(str::to_owned).collect(), items)
}

#[test]
fn a_copy_with_rules_for_some_devices_is_built_anew_where_numbers_count() {
    let (lines, items) = for_masqueraded(
        "ipchains -A output -s 10.0.0.0/8 -j ACCEPT\nipchains -A output -p tcp -j ACCEPT\n\
         ipchains -I output 2 -p udp -j DENY\nipchains -D output 1\nipchains -A output -s 10.0.0.9 -j DENY\n",
    );
    let wanted = [
        "for device in $(masqueraded_from 10.0.0.0/8); do iptables -A fwd-masqueraded -j ACCEPT -o $device; done",
        "iptables -A fwd-masqueraded -p tcp -j ACCEPT",
        "iptables -F fwd-masqueraded",
        "for device in $(masqueraded_from 10.0.0.0/8); do iptables -A fwd-masqueraded -j ACCEPT -o $device; done",
        "iptables -A fwd-masqueraded -p udp -j DROP",
        "iptables -A fwd-masqueraded -p tcp -j ACCEPT",
        "iptables -F fwd-masqueraded",
        "iptables -A fwd-masqueraded -p udp -j DROP",
        "iptables -A fwd-masqueraded -p tcp -j ACCEPT",
        "for device in $(masqueraded_from 10.0.0.9); do iptables -A fwd-masqueraded -j DROP -o $device; done",
    ];
    assert_eq!(lines, wanted);
    assert!(items.iter().all(|item| !item.person), "{items:?}");
}

/// The mangle table still sees the old source, so masqueraded packets have rules of their own there.
#[test]
fn masqueraded_packets_are_marked_by_their_new_source() {
    let script = "ipchains -F\nipchains -A forward -i ppp0 -j MASQ\nipchains -N user\n\
                  ipchains -A user -s 10.0.0.0/8 -m 7\nipchains -A output -p tcp -j user\n\
                  ipchains -A output -s ! 192.0.2.1 -t 01 10\nipchains -D output 2\nipchains -I output -s 10.0.0.1 -m 8\n";
    let (text, items) = run(script);
    let lines: Vec<&str> =
        text.lines().filter(|line| line.contains("mangle") && line.contains("masq")).map(str::trim).collect();
    let wanted = [
        "iptables -t mangle -N masqueraded 2>/dev/null || :; iptables -t mangle -F masqueraded",
        "iptables -t mangle -A POSTROUTING -m connmark --mark 0x1/0x1 -m conntrack --ctdir ORIGINAL -g masqueraded",
        "iptables -t mangle -N user-masq",
        "for device in $(masqueraded_from 10.0.0.0/8); do iptables -t mangle -A user-masq -j MARK --set-mark 7 -o $device; done",
        "iptables -t mangle -A masqueraded -p tcp -j user-masq",
        "for device in $(masqueraded_from ! 192.0.2.1); do iptables -t mangle -A masqueraded -j TOS --set-tos 0x10/0xfe -o $device; done",
        "iptables -t mangle -F masqueraded",
        "iptables -t mangle -A masqueraded -p tcp -j user-masq",
        "for device in $(masqueraded_from 10.0.0.1); do iptables -t mangle -I masqueraded -j MARK --set-mark 8 -o $device; done",
    ];
    assert_eq!(lines, wanted);
    // Behind the rule that leads the others past them.
    assert!(text.contains("iptables -t mangle -D POSTROUTING 3\n"), "{text}");
    assert!(text.contains("iptables -t mangle -I POSTROUTING 2 -s 10.0.0.1 -j MARK --set-mark 8\n"), "{text}");
    assert!(items.iter().all(|item| !item.person), "{items:?}");
    // What forgets all rules of output forgets that one, too.
    let flushed = migrated(&format!("{script}ipchains -F output\n"));
    assert_eq!(flushed.matches("--ctdir ORIGINAL -g masqueraded").count(), 2, "{flushed}");
}

#[test]
fn masqueraded_packets_whose_port_nobody_knows_are_held_back() {
    let (lines, items) = for_masqueraded(
        "ipchains -A output -p udp -s 0/0 61000:62000 -j DENY\nipchains -A output -p tcp -s 0/0 1024:62000 -j ACCEPT\n",
    );
    assert_eq!(lines, ["iptables -A fwd-masqueraded -p udp -j DROP"]);
    let said: Vec<&str> = items.iter().filter(|item| item.person).map(|item| item.message.as_str()).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].ends_with("all of them are held back") && said[1].ends_with("left out for them"), "{said:?}");
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
fn a_deleted_rule_goes_from_all_tables() {
    let text = migrated(
        "ipchains -P forward DENY\nipchains -A forward -i eth0 -t 01 10 -j ACCEPT\n\
         ipchains -I forward -s 10.0.0.0/8 -j ACCEPT\nipchains -D forward -s 10.0.0.0/8 -j ACCEPT\n",
    );
    let mangle = |option: &str| text.lines().filter(|line| line.contains(&format!("mangle -{option} FORWARD"))).count();
    assert_eq!((mangle("I"), mangle("D")), (1, 1), "{text}");
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
fn forgetting_forwarded_ports_keeps_redirections() {
    let redirect = "ipchains -A input -p tcp -d 0/0 80 -j REDIRECT 3128\n";
    let before = run(&format!("ipmasqadm portfw -f\n{redirect}"));
    assert!(before.0.contains("iptables -t nat -F PREROUTING\n") && before.1.iter().all(|item| !item.person));
    let after = run(&format!("{redirect}ipmasqadm portfw -f\n"));
    assert!(!after.0.contains("-F PREROUTING") && after.1.iter().any(|item| item.person), "{}", after.0);
}

#[test]
fn forwarded_packets_meet_all_three_chains() {
    // Where one of the chains alone has something to say, its rules stand in FORWARD itself.
    assert_eq!(
        migrated("ipchains -P input DENY\nipchains -A input -s 10.0.0.1 -j ACCEPT\n"),
        "iptables -P INPUT DROP\niptables -P FORWARD DROP\niptables -A INPUT -s 10.0.0.1 -j ACCEPT\niptables -A FORWARD -s 10.0.0.1 -j ACCEPT\n"
    );
    // A policy alone is enough.
    assert_eq!(migrated("ipchains -P input DENY\n"), "iptables -P INPUT DROP\niptables -P FORWARD DROP\n");
    // No forwarded packet comes from the loopback device.
    assert_eq!(
        migrated("ipchains -P input DENY\nipchains -A input -i lo -j ACCEPT\n"),
        "iptables -P INPUT DROP\niptables -P FORWARD DROP\niptables -A INPUT -i lo -j ACCEPT\n"
    );
    let text = migrated(
        "ipchains -A input -s 10.0.0.1 -j DENY\nipchains -P forward DENY\nipchains -A forward -i eth1 -j ACCEPT\n",
    );
    assert_eq!(
        text,
        "# Forwarded packets meet the rules of input, forward and output in turn.\n\
         for chain in fwd-input fwd-forward to-forward; do iptables -N $chain; done\n\
         iptables -A FORWARD -j fwd-input\niptables -A FORWARD -j to-forward\n\
         iptables -A to-forward -j fwd-forward\niptables -A to-forward -j ACCEPT\n\
         iptables -A INPUT -s 10.0.0.1 -j DROP\niptables -A fwd-input -s 10.0.0.1 -j DROP\n\
         iptables -P FORWARD DROP\niptables -R to-forward 2 -j DROP\n\
         iptables -A fwd-forward -o eth1 -j ACCEPT\n"
    );
}

#[test]
fn an_arm_that_stops_the_firewall_leaves_nothing_of_the_way() {
    let text = migrated(
        "case $1 in\nstart)\n  ipchains -F\n  ipchains -A input -s 10.0.0.1 -j DENY\n  ipchains -A forward -s 10.0.0.2 -j DENY\n  ;;\nstop)\n  ipchains -F\n  ;;\nesac\n",
    );
    let stop = &text[text.find("stop)").unwrap()..];
    assert_eq!(
        stop,
        "stop)\n  iptables -F\n  for chain in fwd-input fwd-forward; do iptables -X $chain 2>/dev/null || :; done\n  ;;\nesac\n"
    );
    assert!(text.contains("iptables -N $chain 2>/dev/null || :; iptables -F $chain; done"), "{text}");
}

#[test]
fn chains_of_the_way_go_wherever_a_run_may_end_without_rules() {
    let rules = "ipchains -A input -s 10.0.0.1 -j DENY\nipchains -A forward -s 10.0.0.2 -j DENY\n";
    let gone = "for chain in fwd-input fwd-forward; do iptables -X $chain 2>/dev/null || :; done\n";
    let always = migrated(&format!("ipchains -F\n{rules}"));
    assert!(!always.contains(" -X "), "{always}");
    // The rules may be left out, and what comes before them stop the script.
    for script in [
        format!("ipchains -F\nif [ -f /etc/on ]; then\n{rules}fi\n"),
        format!("ipchains -F\n[ -f /etc/on ] || exit 0\n{rules}"),
        format!("stop() {{\nipchains -F\n}}\nstart() {{\nstop\n{rules}}}\ncase $1 in\nstart|stop) $1 ;;\nesac\n"),
    ] {
        let text = migrated(&script);
        assert!(text.contains(&format!("iptables -F\n{gone}")), "{text}");
    }
    let marked = migrated(
        "ipchains -F\n[ -f /etc/on ] || exit 0\nfor net in $NETS; do\nipchains -A input -s $net -m +3\ndone\n",
    );
    assert!(marked.contains("iptables -t mangle -X $chain 2>/dev/null || :; done\n"), "{marked}");
}

#[test]
fn functions_for_other_scripts_lay_the_way_of_forwarded_packets() {
    let start = "ipchains -F\nipchains -P input DENY\nipchains -P forward DENY\nipchains -A input -i eth1 -j ACCEPT\nipchains -A forward -s 10.0.0.0/8 -j ACCEPT\n";
    let called = migrated(&format!("start() {{\n{start}}}\nstart\n"));
    assert!(called.contains("-A fwd-input -i eth1 -j fwd-forward\n"), "{called}");
    let text = |called: &str| called.replace("\nstart\n", "\n");
    assert_eq!(text(&migrated(&format!("start() {{\n{start}}}\n"))), text(&called));
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
fn rules_for_helpers_go_where_a_script_stops() {
    let start = "start)\nipchains -F\nipchains -A forward -s 10.0.0.1 -j MASQ\nmodprobe ip_masq_ftp ports=2121\n;;\n";
    let stop = |begin: &str, more: &str| {
        let text = migrated(&format!("{begin}case $1 in\n{start}stop)\nipchains -F\n{more};;\nesac\n"));
        text[text.find("stop)").unwrap()..].to_owned()
    };
    let gone = |port: u16| {
        format!("iptables -t raw -D PREROUTING -p tcp --dport {port} -j CT --helper ftp 2>/dev/null || :\n")
    };
    assert!(stop("", "").contains(&gone(2121)));
    // What every run loads lasts, and what is unloaded goes then.
    assert!(!stop("modprobe ip_masq_irc\n", "").contains("-t raw"));
    let unloaded = stop("", "rmmod ip_masq_ftp\n");
    assert!(unloaded.contains(&format!("{}rmmod nf_nat_ftp\n", gone(21))), "{unloaded}");
}

#[test]
fn nothing_is_dropped_silently() {
    let (text, items) = run(
        "ipchains -C input -p tcp -s 1.1.1.1 1 -d 2.2.2.2 2 -i eth0\nipchains -N a\nipchains -A input -j a\nipchains -A input -j\n",
    );
    assert_eq!(items.iter().filter(|item| item.person).count(), 2);
    assert_eq!(text.matches("# iptmigrate: NOT MIGRATED: ").count(), 2);
    assert_eq!(text.matches("\n:\n").count(), 2);
    let (text, items) = run("if true; then ipchains -C input -p tcp -s 1.1.1.1 1 -d 2.2.2.2 2 -i eth0; fi\n");
    assert!(items[0].person);
    assert!(text.starts_with("# iptmigrate: NOT MIGRATED") && text.ends_with("\nif true; then :; fi\n"), "{text}");
}

#[test]
fn save_files_and_here_documents_become_input_of_iptables_restore() {
    assert_eq!(
        migrated(
            "# rules\n:input DENY\n:forward DENY\n:output ACCEPT\n:my -\n-A input -s 10.0.0.0/255.0.0.0 -d 0.0.0.0/0.0.0.0 -j my\n-A my -p 6 -s 0.0.0.0/0.0.0.0 80:80 -d 0.0.0.0/0.0.0.0 -j DENY -l\n"
        ),
        "# rules\n*filter\n:FORWARD DROP [0:0]\n:INPUT DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n:my - [0:0]\n-A INPUT -s 10.0.0.0/255.0.0.0 -j my\n-A my -p 6 --sport 80:80 -j LOG --log-level info --log-prefix \"my DENY \"\n-A my -p 6 --sport 80:80 -j DROP\nCOMMIT\n"
    );
    let script = migrated("ipchains-restore <<E\n:input DENY\n-A input -i lo -j ACCEPT\nE\nipchains -L\n");
    assert!(
        script.contains("iptables-restore -n <<E\n*filter\n")
            && script.contains("-A INPUT -i lo -j ACCEPT\nCOMMIT\nE\niptables -L\n"),
        "{script}"
    );
}

#[test]
fn what_is_no_ipchains_stays_byte_for_byte() {
    for script in [
        "iptables -A INPUT -j ACCEPT\n",
        "echo ipchains -F\n",
        "grep '^ipchains' /etc/rc.d/rc.firewall\n",
        "*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n",
        "",
    ] {
        assert_eq!(migrated(script), script);
    }
    let once = migrated("ipchains -P input DENY\nipchains -A input -b -l -s 10.0.0.1 -j REJECT\n");
    assert_eq!(migrated(&once), once);
}

#[test]
fn new_lines_end_as_the_old_ones_do() {
    assert_eq!(
        migrated("#!/bin/sh\r\nipchains -P forward DENY\r\nipchains -A input -l -j DENY\r\n"),
        "#!/bin/sh\r\niptables -P FORWARD DROP\r\niptables -A INPUT -j LOG --log-level info --log-prefix \"input DENY \"\r\niptables -A INPUT -j DROP\r\n"
    );
}

#[test]
fn a_port_that_another_file_may_set_anew_stays_a_port() {
    let text = closed(
        "PORT=25 ADDR=10.0.0.1 IF=eth0 LOG=\n[ -f /etc/fw.conf ] && . /etc/fw.conf\n\
         ipchains -A input -i $IF -p tcp -d $ADDR $PORT -j ACCEPT\n\
         ipchains -A output -i $IF -p tcp -s $ADDR ${PORT} -d 0/0 1024:65535 ! -y -j ACCEPT\n",
    );
    let rules: Vec<&str> = text.lines().skip(2).collect();
    let wanted = [
        "iptables -A INPUT -i $IF -p tcp -d $ADDR ${PORT:+--dport $PORT} -j ACCEPT",
        "iptables -A OUTPUT -o $IF -p tcp -s $ADDR ${PORT:+--sport $PORT} --dport 1024:65535 \
         ! --tcp-flags SYN,RST,ACK SYN -j ACCEPT",
    ];
    assert_eq!(rules, wanted);
}

#[test]
fn a_port_a_flag_and_an_address_may_all_be_set_anew() {
    let text = migrated(
        "ADDR=0.0.0.0/0 PORT=25 LOG=-l\n[ -f /etc/fw.conf ] && . /etc/fw.conf\nipchains -P forward DENY\n\
         ipchains -A input -p tcp -d $ADDR $PORT -j DENY $LOG\nipchains -A forward -s 10.0.0.0/8 -j MASQ\n",
    );
    let rules: Vec<&str> = text.lines().filter(|line| line.contains("ADDR ")).collect();
    let wanted = [
        "        iptables -A INPUT -p tcp -d $ADDR ${PORT:+--dport $PORT} -j LOG --log-level info --log-prefix \"input DENY \"",
        "iptables -A INPUT -p tcp -d $ADDR ${PORT:+--dport $PORT} -j DROP${LOG#-l}",
    ];
    assert_eq!(rules.iter().filter(|line| line.contains("INPUT")).copied().collect::<Vec<_>>(), wanted, "{text}");
    let replies = "-A fwd-replies -p tcp -m conntrack --ctrepldst $ADDR ${PORT:+-m conntrack --ctrepldstport $PORT}";
    assert!(rules.iter().any(|line| line.contains(replies)), "{text}");
}

#[test]
fn runs_that_go_on_behind_the_way_of_another_one_find_it_laid() {
    let (text, _) = run("NO=DENY\n. /etc/fw.conf\nstop() {\n  ipchains -F\n  ipchains -P forward $NO\n}\n\
         start() {\n  ipchains -P input ACCEPT\n  ipchains -A forward -s 10.0.0.0/8 -j MASQ\n}\n\
         case $1 in stop) stop ;; restart) stop; start ;; esac\n");
    let stop: Vec<&str> =
        text.lines().skip_while(|line| !line.contains("stop()")).take_while(|line| *line != "}").collect();
    let policies: Vec<&str> = stop.iter().rev().take(2).map(|line| line.trim()).collect();
    assert_eq!(
        policies,
        [
            "iptables -R FORWARD 3 -j $(iptables_target forward \"$NO\")",
            "iptables -P FORWARD $(iptables_target policy \"$NO\")",
        ]
    );
}

#[test]
fn a_value_that_nobody_knew_is_not_passed_over_in_silence() {
    let text = closed("for c in input output; do\n  ipchains -A $c -i eth0 -j ACCEPT\ndone\n");
    let case: Vec<&str> =
        text.lines().skip_while(|line| !line.contains("case")).take_while(|line| *line != "done").collect();
    let wanted = [
        "  case $c in",
        "      INPUT) iptables -A $c -i eth0 -j ACCEPT ;;",
        "      OUTPUT) iptables -A $c -o eth0 -j ACCEPT ;;",
        "      *) no_translation \"$c\" ;;",
        "  esac",
    ];
    assert_eq!(case, wanted);
    let whole = migrated("ipchains -P forward DENY\nfor c in input output; do ipchains -A $c -i eth0 -j DENY; done\n");
    assert!(whole.contains("\nno_translation() {") && whole.contains("; *) no_translation \"$c\" ;; esac"), "{whole}");
    let flag = closed("LOG=\n. /etc/fw.conf\nipchains -A input -j DENY $LOG\n");
    assert!(!flag.contains("no_translation"), "{flag}");
    let modules = migrated("for m in ftp user; do\n  modprobe ip_masq_$m\ndone\nipchains -F\n");
    assert!(modules.contains("*) no_translation \"ip_masq_$m\" ;; esac"), "{modules}");
}

#[test]
fn rules_for_the_chain_of_another_script_stay_rules() {
    let (text, items) =
        run("ipchains -F guests\nipchains -A guests -s 10.0.0.9 -j DENY\nipchains -A guests -j RETURN\n");
    assert!(text.contains("iptables -A guests -s 10.0.0.9 -j DROP\n"), "{text}");
    let said: Vec<&str> = items.iter().map(|item| item.message.as_str()).collect();
    assert_eq!(said, ["the chain `guests` is not made here; another script must make it under this name"]);
    assert!(!items[0].person);
    // A script that sets up a firewall by itself has no chains but its own.
    let (text, items) = run("ipchains -P input ACCEPT\nipchains -A guests -s 10.0.0.9 -j DENY\n");
    assert!(text.contains("#   ipchains -A guests -s 10.0.0.9 -j DENY\n:\n") && items[0].person, "{text}");
    assert_eq!(items[0].message, "ipchains refuses this command: there is no chain `guests`");
    // Unless a file that is not read makes them.
    let (text, items) = run("ipchains -P input ACCEPT\n. /etc/fw\nipchains -A guests -s 10.0.0.9 -j DENY\n");
    assert!(text.contains("iptables -A guests -s 10.0.0.9 -j DROP\n"), "{text}");
    assert!(items.iter().all(|item| !item.person), "{items:?}");
}

#[test]
fn a_misspelt_target_is_not_carried_over() {
    for (written, meant) in [("deny", "DENY"), ("DROP", "DENY"), ("ACEPT", "ACCEPT"), ("masquerade", "MASQ")] {
        let (text, items) = run(&format!("ipchains -A forward -s 10.0.0.1 -j {written}\n"));
        assert!(text.contains(&format!("#   ipchains -A forward -s 10.0.0.1 -j {written}\n:\n")), "{text}");
        let reason = format!("there is no target `{written}`; `{meant}` is probably meant");
        assert_eq!(items[0].message, format!("ipchains refuses this command: {reason}"));
        assert!(items[0].person);
    }
}

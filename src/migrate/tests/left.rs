//! What stays as it is, and what is left to a person.

use super::{migrated, run};

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
fn a_comment_stands_above_the_line_of_its_command() {
    let (text, _) =
        run("#!/bin/sh\nx=1\nmodprobe ip_masq_user; modprobe ip_masq_mfw; x=2; ipchains -A input -j deny\n");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines[0], lines[1], lines.last().copied()), ("#!/bin/sh", "x=1", Some(":; :; x=2; :")), "{text}");
    assert!(lines[2..lines.len() - 1].iter().all(|line| line.starts_with('#')), "{text}");
    let (text, _) = run("x=1\nif true; then\n  x=2; modprobe ip_masq_user\nfi; modprobe ip_masq_mfw\n");
    let places: Vec<bool> = text.lines().map(|line| line.trim_start().starts_with('#')).collect();
    assert_eq!(places, [false, true, true, false, true, true, false, false], "{text}");
}

#[test]
fn files_that_are_gone_are_asked_for_and_not_read() {
    for command in
        ["cat /proc/net/ip_masquerade", "wc -l < /proc/net/ip_masquerade", "grep -c eth0 '/proc/net/ip_fwchains'"]
    {
        let (text, items) = run(&format!("{command}\nipchains -F\n"));
        assert!(
            text.contains(&format!("\n{command}\n")) && text.starts_with("# iptmigrate: NOT MIGRATED: the"),
            "{text}"
        );
        assert!(items.iter().any(|item| item.person && item.message.contains("any more; ")), "{items:?}");
    }
    let (text, items) = run("[ -f /proc/net/ip_masquerade ] && echo /proc/net/ip_fwnames\nipchains -F\n");
    assert!(text.starts_with("[ -f /proc/net/nf_conntrack ] && echo /proc/net/ip_fwnames\n"), "{text}");
    assert!(items.is_empty(), "{items:?}");
}

#[test]
fn what_a_comment_quotes_is_no_command() {
    let command = "ipchains -P forward \"D\nrm -r /\r\n\nreboot\"\n";
    let (text, items) = run(command);
    assert!(items.iter().all(|item| !item.message.contains("well formed")), "{items:?}");
    assert!(text.lines().all(|line| line.starts_with('#') || line == ":"), "{text}");
    assert!(text.contains("#   ipchains -P forward \"D\n#   rm -r /\n"), "{text}");
}

#[test]
fn a_script_stays_a_script_whatever_it_begins_with() {
    for head in ["", "#!/bin/sh\n"] {
        let (text, items) = run(&format!("{head}ipchains -P input \"\";ipchains -P output DENY\n"));
        assert!(text.contains("\n:;iptables -P OUTPUT DROP"), "{text}");
        assert_eq!(items.iter().filter(|item| item.person).count(), 1, "{items:?}");
    }
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

#[test]
fn what_ipchains_refuses_in_some_runs_is_migrated_for_the_others() {
    let script = "\
add() { ipchains -A input -p $1 ! -y -d 0/0 $2 -j ACCEPT; }
add tcp 22
add udp 53
";
    let (text, items) = run(script);
    let expected = "\
add() { case $1 in tcp) iptables -A INPUT -p $1 ! --tcp-flags SYN,RST,ACK SYN --dport $2 -j ACCEPT ;; \
        udp) { echo 'ipchains refuses this command: `-y` needs `-p tcp`' >&2; false; } ;; *) ";
    assert!(text.contains(expected), "{text}");
    assert!(items.iter().all(|item| !item.person), "{items:?}");
    assert!(items.iter().any(|item| item.message == "in some runs ipchains refuses this command: `-y` needs `-p tcp`"));
}

#[test]
fn what_ipchains_refuses_in_some_runs_is_left_to_a_person_where_no_word_tells_them() {
    for script in [
        "add() { ipchains -A input -p $1 ! -y -j ACCEPT; }\nadd tcp\nadd $UNKNOWN\nadd udp\n",
        "add() { ipchains -A input -p $1 ! -y -j ACCEPT; }\nadd udp\nadd $UNKNOWN\nadd tcp\n",
        "add() { ipchains -A input -p $1 ! -y -j ACCEPT; }\nadd udp\nadd icmp\n",
    ] {
        let (text, items) = run(script);
        assert!(text.contains("NOT MIGRATED: ipchains refuses this command"), "{text}");
        assert!(items.iter().any(|item| item.person), "{items:?}");
    }
}

#[test]
fn what_is_taken_back_rule_by_rule_leaves_nothing() {
    let rules = "input -i ppp0 -p tcp -d 0/0 139 -j DENY\nipchains @ forward -s 10.0.0.0/8 -j MASQ";
    let of = |option: &str| format!("ipchains @ {rules}\n").replace('@', option);
    let script = format!("case $1 in\nstart)\n{}\n;;\nstop)\n{}\n;;\nesac\n", of("-A"), of("-D"));
    let text = migrated(&script);
    let stop = text.split("stop)").nth(1).unwrap();
    for line in ["iptables -F FORWARD", "iptables -t nat -D POSTROUTING -p tcp", "-X $chain"] {
        assert!(stop.contains(line), "{line}: {text}");
    }
    assert!(text.contains("iptables -N $chain 2>/dev/null || :"), "{text}");
    // Another run may have added a rule with another address.
    let open = migrated(&script.replace("10.0.0.0/8", "$2"));
    assert!(!open.contains("-F FORWARD") && !open.contains("-X"), "{open}");
}

#[test]
fn an_arm_of_a_case_keeps_its_end_where_a_copy_is_left_out() {
    let text = migrated(
        "EXTIF=$(cat /etc/fw/extif)\n\
         EXTIP=`ifconfig $EXTIF | grep inet | cut -d: -f2 | cut -d' ' -f1`\n\
         ipchains -F\n\
         ipchains -X\n\
         ipchains -P input REJECT\n\
         ipchains -P output ACCEPT\n\
         ipchains -P forward DENY\n\
         ipchains -A input -i lo -j ACCEPT\n\
         grep -v '^#' /etc/fw/services | while read port proto action; do\n\
         case $action in\n\
         allow|accept|\"\") t=ACCEPT ;;\n\
         reject) t=REJECT ;;\n\
         log) t=\"DENY -l\" ;;\n\
         *) t=DENY ;;\n\
         esac\n\
         ipchains -A input -i $EXTIF -p $proto -d $EXTIP $port -j $t\n\
         done\n\
         ipchains -A input -i $EXTIF -p tcp ! -y -d $EXTIP 1024: -j ACCEPT\n",
    );
    assert!(text.contains("--dport $port} -j $t ;;\n"), "{text}");
    assert!(!text.contains("-j $t\n"), "{text}");
}

#[test]
fn the_text_of_a_here_document_becomes_a_comment_with_its_command() {
    for command in ["ipchains -A input -j DENY -l", "ipchains -P forward DEN", "ipmasqadm user -f"] {
        let (text, _) = run(&format!("ipchains -F\n{command} 0<<E\nipchains -X\nE\nipchains -P output DENY\n"));
        assert!(text.contains(&format!("\n#   {command} 0<<E\n#   ipchains -X\n#   E\n")), "{text}");
        assert!(!text.contains("\nipchains") && !text.contains("\nE\n"), "{text}");
        assert!(text.contains("NOT MIGRATED") && text.contains("iptables -P OUTPUT DROP\n"), "{text}");
    }
}

/// The service of iptables loads another file.
#[test]
fn rules_for_the_service_go_where_it_looks_for_them() {
    let text = migrated(
        "ipchains -A input -i lo -j ACCEPT\nipchains-save -v >/etc/sysconfig/ipchains 2>/dev/null\n\
         ipchains-save > /etc/my/ipchains\n[ -f /etc/sysconfig/ipchains ] && service ipchains restart\n",
    );
    assert!(
        text.ends_with(
            "iptables-save >/etc/sysconfig/iptables 2>/dev/null\niptables-save > /etc/my/ipchains\n\
             [ -f /etc/sysconfig/iptables ] && service iptables restart\n"
        ),
        "{text}"
    );
}

#[test]
fn a_script_for_iptables_may_put_away_what_was_there_before_it() {
    let script = "/etc/init.d/ipchains stop\nchkconfig ipchains off\nrmmod ipchains\nmodprobe ip_tables\niptables -P INPUT DROP\n\
                  echo 1 > /proc/sys/net/ipv4/ip_always_defrag\n";
    let (text, items) = run(script);
    assert!(text == script && items.is_empty(), "{text}{items:?}");
    // Without one of its rules it is the service itself that is meant.
    let (text, _) = run("service ipchains restart\n");
    assert_eq!(text, "service iptables restart\n");
}

#[test]
fn rules_that_the_script_saves_itself_may_be_restored() {
    let (text, items) = run("KEEP=/tmp/rules\nipchains-save > $KEEP\nipchains -F\nipchains-restore -f < $KEEP\n");
    assert!(text.ends_with("iptables-save > $KEEP\niptables -F\niptables-restore < $KEEP\n"), "{text}");
    let said: Vec<(bool, &str)> = items.iter().map(|item| (item.person, &item.message[..31])).collect();
    assert_eq!(said, [(false, "the script saves these rules in")]);
    // Who writes other rules must have them migrated.
    let (_, items) = run("ipchains-save > $KEEP\nipchains-restore < /etc/rules\n");
    assert!(items.iter().any(|item| item.person), "{items:?}");
}

//! What masqueraded packets meet in place of output.

use super::{migrated, run};
use crate::migrate::Item;

/// What a gateway's rules for masqueraded packets become that test their source.
fn for_masqueraded(rules: &str) -> (Vec<String>, Vec<Item>) {
    let (text, items) = run(&format!("ipchains -P output REJECT\nipchains -A forward -i ppp0 -j MASQ\n{rules}"));
    let lines =
        text.lines().filter(|line| line.contains("-A fwd-masqueraded ") || line.ends_with("-F fwd-masqueraded"));
    (lines.map(str::to_owned).collect(), items)
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
        "iptables -t mangle -A POSTROUTING -m connmark --mark 0x80000000/0x80000000 -m conntrack --ctdir ORIGINAL -g masqueraded",
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
fn the_mark_has_the_highest_bit_that_no_mark_of_the_script_has() {
    let marked = |more: &str| {
        let (text, _) = run(&format!("{more}ipchains -P forward MASQ\n"));
        let named: Vec<&str> =
            text.split("The connection mark ").skip(1).filter_map(|rest| rest.split(' ').next()).collect();
        let [mark] = named.as_slice() else { panic!("{text}") };
        assert!(text.contains(&format!("-j CONNMARK --set-xmark {mark}/{mark}\n")), "{text}");
        u32::from_str_radix(mark.trim_start_matches("0x"), 16).unwrap().trailing_zeros()
    };
    for (script, bit) in [
        ("", 31),
        ("ipchains -A input -m 5 -j ACCEPT\n", 31),
        ("ipchains -A input -m 0xc0000000 -j ACCEPT\n", 29),
        ("ipchains -A input -m 0x70000000\nipchains -A input -m +0x10000000\n", 27),
        ("ipmasqadm mfw -A -m 0x80000001 -r 10.0.0.1\n", 30),
        ("iptables -t mangle -A PREROUTING -j MARK --set-mark 0x80000000/0xc0000000\n", 29),
        ("iptables -t nat -A POSTROUTING -m connmark --mark 0x80000001 -j ACCEPT\n", 30),
        // What is not known does no harm, and neither do marks of packets that use all bits.
        ("ipchains -A input -m $MARK -j ACCEPT\n", 31),
        ("ipchains -A input -m 0xffffffff -j ACCEPT\n", 31),
    ] {
        assert_eq!(marked(script), bit, "{script}");
    }
}

#[test]
fn a_chain_of_the_way_is_not_emptied_before_it_is_there() {
    let text = migrated(
        "ipchains -F output\nipchains -F forward\nipchains -A output -s 10.0.0.0/8 -j ACCEPT\n\
         ipchains -A output -p tcp -d 0/0 80 -t 01 10\nipchains -A forward -s 10.0.0.0/8 -j MASQ\n",
    );
    let laid = text.find("iptables -t mangle -N masqueraded").unwrap();
    assert!(!text[..laid].contains("masqueraded\n"), "{text}");
}

#[test]
fn source_ports_that_are_not_known_are_asked_for_masqueraded_packets() {
    let script = |rule: &str| {
        format!("ipchains -P output DENY\nipchains -A output {rule}\nipchains -A forward -i eth0 -j MASQ\n")
    };
    let (text, items) = run(&script("-p tcp -s $ME $PORT -j ACCEPT"));
    let asked = "! masqueraded_port \"$PORT\" || for device in $(masqueraded_from \"$ME\"); do \
                 iptables -A fwd-masqueraded -p tcp -j ACCEPT -o $device; done\n";
    assert!(text.contains(asked) && !text.contains("from_ipchains"), "{text}{items:?}");
    assert!(text.contains("\nmasqueraded_port() {\n"), "{text}");
    // iptables takes ports with a protocol only where that has some.
    let text = migrated(&script("-p $P -s $ME $PORT -j ACCEPT"));
    assert!(text.contains(&asked.replace("tcp", "$P")), "{text}");
    // All other ports are another question.
    let (text, _) = run(&script("-p tcp -s $ME ! $PORT -j ACCEPT"));
    assert!(text.contains("from_ipchains -A output") && !text.contains("! masqueraded_port"), "{text}");
}

#[test]
fn ports_that_some_calls_name_are_asked_for_masqueraded_packets_as_the_others_are() {
    let text = migrated(
        "open() { ipchains -A output -p tcp -s $ME $1 -j ACCEPT; }\nipchains -P output DENY\n\
         open ssh\nopen 80\nopen 1024:\nfor port in $PORTS; do open $port; done\nipchains -A forward -i eth0 -j MASQ\n",
    );
    let asked = "! masqueraded_port \"$1\" || for device in $(masqueraded_from \"$ME\"); do \
                 iptables -A fwd-masqueraded -p tcp -j ACCEPT -o $device; done";
    assert!(text.contains(&format!("--sport $1 -j ACCEPT; {asked}; }}\n")), "{text}");
}

#[test]
fn a_flag_for_the_log_is_asked_for_masqueraded_packets_too() {
    let (text, items) = run("ipchains -P output DENY\nipchains -A output -i eth0 -p tcp -s $ME 1024: -j ACCEPT $LOG\n\
         ipchains -A forward -i eth0 -j MASQ\n");
    assert!(!text.contains("from_ipchains") && items.iter().all(|item| !item.person), "{text}{items:?}");
    let log = "        for device in $(masqueraded_from \"$ME\" eth0); do iptables -A fwd-masqueraded -p tcp \
               -j LOG --log-level info --log-prefix \"output ACCEPT \" -o $device; done ;;\nesac\n";
    let accepted = "\nfor device in $(masqueraded_from \"$ME\" eth0); do iptables -A fwd-masqueraded -p tcp \
                    -j ACCEPT${LOG#-l} -o $device; done\n";
    assert!(text.contains(log) && text.contains(accepted), "{text}");
    assert!(text.contains("\nmasqueraded_from() { (\n"), "{text}");
}

//! iptables: expectations worked out by hand from the kernel's order of tables and hooks.

use super::super::{Direction, Endpoints, Flags, Header, Packet, Path, State};
use super::{fate, syn};

const OUT: (&str, &str) = ("10.0.0.5:1025", "198.51.100.7:80");
const IN: (&str, &str) = ("192.0.2.4:1025", "203.0.113.9:80");

fn outward() -> Packet {
    syn(Path::Forwarded, OUT.0, OUT.1)
}

fn inward() -> Packet {
    syn(Path::Received, IN.0, IN.1)
}

fn sent() -> Packet {
    syn(Path::Sent, "203.0.113.9:1025", "198.51.100.7:25")
}

/// A UDP packet out of a TCP one.
fn udp(packet: Packet) -> Packet {
    let (source, destination) = packet.header.ports().expect("ports");
    Packet { protocol: 17, header: Header::Ports { source, destination }, ..packet }
}

fn icmp(packet: Packet, kind: u8, code: u8) -> Packet {
    let mut packet = Packet { protocol: 1, header: Header::Icmp { kind, code }, ..packet };
    packet.connection.state = State::of_first(&packet);
    packet
}

fn in_state(mut packet: Packet, state: State) -> Packet {
    packet.connection.state = state;
    packet
}

/// The script with `iptables -A` before each line, where lines may begin with `-P`, `-N` or `-t` instead.
fn script(lines: &str) -> String {
    let command = |line: &str| match line.starts_with('-') {
        true => format!("iptables {line}\n"),
        false => format!("iptables -A {line}\n"),
    };
    lines.lines().map(str::trim).filter(|line| !line.is_empty()).map(command).collect()
}

#[track_caller]
fn check(lines: &str, packet: &Packet, expected: &str) {
    assert_eq!(fate(&script(lines), packet), expected, "{lines}");
}

#[test]
fn policies_hold_where_no_rule_does() {
    check("-P INPUT DROP", &inward(), "deny INPUT");
    check("-P INPUT DROP", &outward(), "accept FORWARD");
    check("-P FORWARD DROP", &outward(), "deny FORWARD");
    check("-P OUTPUT DROP", &sent(), "deny OUTPUT");
    check("-t mangle -P POSTROUTING DROP", &sent(), "deny POSTROUTING");
    check("-P INPUT DROP\nINPUT -i eth0 -j ACCEPT", &inward(), "deny INPUT");
    check("-P INPUT DROP\nINPUT -i ppp+ -j ACCEPT", &inward(), "accept INPUT");
}

#[test]
fn return_in_a_builtin_chain_is_its_policy() {
    check("-P INPUT DROP\nINPUT -p tcp -j RETURN\nINPUT -j ACCEPT", &inward(), "deny INPUT");
}

#[test]
fn return_in_a_user_chain_goes_on_behind_the_jump() {
    let lines = "-N one\none -p tcp -j RETURN\none -j DROP\nINPUT -j one\nINPUT -j MARK --set-mark 1";
    check(lines, &inward(), "accept INPUT mark 1");
    check(lines, &udp(inward()), "deny INPUT");
}

#[test]
fn what_an_option_does_that_others_have_added_is_not_known() {
    let decides = |rule: &str| !fate(&script(&format!("{rule}\nINPUT -j DROP")), &inward()).starts_with("depends");
    assert!(decides("-t mangle -A INPUT -j MARK --set-mark 1"));
    assert!(!decides("-t mangle -A INPUT -j MARK --set-mark-return 1"));
}

#[test]
fn a_chain_gone_to_returns_where_the_chain_before_it_would() {
    // -j one; one: -g two; after two comes the rule behind -j one, not the one behind -g two.
    let lines = "-N one\n-N two\nINPUT -j one\nINPUT -j DROP\none -g two\none -j ACCEPT\ntwo -p udp -j ACCEPT";
    check(lines, &inward(), "deny INPUT");
    check(lines, &udp(inward()), "accept INPUT");
}

#[test]
fn a_chain_gone_to_from_a_builtin_one_ends_in_the_policy() {
    let lines = "-P INPUT DROP\n-N one\nINPUT -g one\nINPUT -j ACCEPT\none -p udp -j ACCEPT\none -j RETURN";
    check(lines, &inward(), "deny INPUT");
    check(lines, &udp(inward()), "accept INPUT");
}

#[test]
fn reject_tells_what_it_is_asked_to() {
    check("INPUT -j REJECT", &inward(), "reject INPUT (ICMP port unreachable)");
    check(
        "FORWARD -j REJECT --reject-with icmp-host-unreachable",
        &outward(),
        "reject FORWARD (ICMP host unreachable)",
    );
    check("INPUT -p tcp -j REJECT --reject-with tcp-reset", &inward(), "reject INPUT (TCP reset)");
    check("OUTPUT -j REJECT --reject-with icmp-admin-prohibited", &sent(), "reject OUTPUT (ICMP unreachable, code 13)");
}

#[test]
fn logging_goes_on() {
    check("INPUT -j LOG\nINPUT -j NFLOG\nINPUT -j DROP", &inward(), "deny INPUT");
    check("INPUT -m limit --limit 1/s -j LOG\nINPUT -j DROP", &inward(), "deny INPUT");
}

#[test]
fn a_mark_of_mangle_is_seen_in_filter() {
    let lines = "-t mangle -A PREROUTING -i ppp0 -j MARK --set-mark 3\nINPUT -m mark --mark 3 -j DROP";
    check(lines, &inward(), "deny INPUT");
    check("INPUT -m mark ! --mark 0 -j DROP\nINPUT -j MARK --or-mark 0x10", &inward(), "accept INPUT mark 16");
    check("OUTPUT -j MARK --set-xmark 0xff/0xf\nOUTPUT -m mark --mark 0xf0/0xf0 -j DROP", &sent(), "deny OUTPUT");
}

#[test]
fn marks_of_connections_are_saved_and_restored() {
    let lines = "-t mangle -A PREROUTING -j MARK --set-mark 5
        -t mangle -A PREROUTING -j CONNMARK --save-mark
        -t mangle -A PREROUTING -j MARK --set-mark 0
        FORWARD -m connmark --mark 5 -j CONNMARK --restore-mark
        FORWARD -m mark --mark 5 -j DROP";
    check(lines, &outward(), "deny FORWARD");
    check(lines, &in_state(outward(), State::Invalid), "accept FORWARD");
}

#[test]
fn what_a_shift_makes_of_a_mark_is_not_claimed() {
    let saved = |shift: &str| {
        format!(
            "-t mangle -A PREROUTING -j MARK --set-mark 5
            -t mangle -A PREROUTING -j CONNMARK --save-mark {shift}
            FORWARD -m connmark --mark 5 -j DROP"
        )
    };
    check(&saved("--left-shift-mark 0"), &outward(), "deny FORWARD");
    check(
        &saved("--left-shift-mark 1"),
        &outward(),
        "depends: `-m connmark --mark 0x5` cannot be told from the packet",
    );
    let restored = "-t mangle -A PREROUTING -j CONNMARK --set-mark 5
        FORWARD -j CONNMARK --restore-mark --right-shift-mark 1
        FORWARD -m mark --mark 5 -j DROP";
    check(restored, &outward(), "depends: `-m mark --mark 0x5` cannot be told from the packet");
}

#[test]
fn without_a_connection_no_connection_mark_matches() {
    check("INPUT -m connmark ! --mark 1 -j DROP", &inward(), "deny INPUT");
    check("INPUT -m connmark ! --mark 1 -j DROP", &in_state(inward(), State::Invalid), "accept INPUT");
}

#[test]
fn tos_and_dscp_are_changed_and_tested() {
    check(
        "-t mangle -A OUTPUT -j TOS --set-tos 0x10/0x3f\nOUTPUT -m tos --tos 0x10 -j ACCEPT",
        &sent(),
        "accept OUTPUT TOS 0x10",
    );
    check("-t mangle -A OUTPUT -j DSCP --set-dscp 46\nOUTPUT -m dscp --dscp 46 -j DROP", &sent(), "deny OUTPUT");
}

#[test]
fn states_are_those_of_the_packet() {
    let lines = "-P INPUT DROP\nINPUT -m state --state ESTABLISHED,RELATED -j ACCEPT";
    check(lines, &inward(), "deny INPUT");
    check(lines, &in_state(inward(), State::Established), "accept INPUT");
    check(lines, &in_state(inward(), State::Related), "accept INPUT");
    check("INPUT -m conntrack ! --ctstate NEW -j DROP", &in_state(inward(), State::Invalid), "deny INPUT");
    check("INPUT -m conntrack --ctdir REPLY -j DROP", &inward(), "accept INPUT");
}

#[test]
fn a_packet_that_is_not_tracked_is_neither_new_nor_invalid() {
    let lines = "-t raw -A PREROUTING -p tcp -j CT --notrack\nINPUT -m state --state UNTRACKED -j DROP\nINPUT -m state --state INVALID,NEW -j REJECT";
    check(lines, &inward(), "deny INPUT");
    check(lines, &udp(inward()), "reject INPUT (ICMP port unreachable)");
    let nat = "-t raw -A PREROUTING -j NOTRACK\n-t nat -A PREROUTING -j DNAT --to-destination 10.0.0.5";
    check(nat, &inward(), "accept INPUT");
}

#[test]
fn raw_knows_of_no_connection() {
    check("-t raw -A PREROUTING -m state --state NEW -j DROP", &inward(), "accept INPUT");
    check("-t raw -A PREROUTING -m state --state INVALID -j DROP", &inward(), "deny PREROUTING");
}

#[test]
fn forward_sees_the_new_destination() {
    let lines = "-t nat -A PREROUTING -i ppp0 -p tcp --dport 80 -j DNAT --to-destination 10.0.0.5:8080
        -P FORWARD DROP
        FORWARD -d 203.0.113.9 -j REJECT
        FORWARD -p tcp -d 10.0.0.5 --dport 8080 -j ACCEPT";
    check(lines, &Packet { departure: "eth0".into(), ..inward() }, "accept FORWARD to 10.0.0.5:8080");
    check(lines, &udp(inward()), "accept INPUT");
}

#[test]
fn conntrack_remembers_the_old_destination() {
    let lines = "-t nat -A PREROUTING -p tcp -j DNAT --to-destination 10.0.0.5:8080
        FORWARD -m conntrack --ctstate DNAT --ctorigdst 203.0.113.9 --ctorigdstport 80 --ctreplsrc 10.0.0.5 -j DROP";
    check(lines, &inward(), "deny FORWARD");
    check("FORWARD -m conntrack --ctstate DNAT -j DROP", &outward(), "accept FORWARD");
}

#[test]
fn mangle_before_nat_sees_the_old_destination() {
    let lines = "-t nat -A PREROUTING -j DNAT --to-destination 10.0.0.5
        -t mangle -A PREROUTING -d 203.0.113.9 -j MARK --set-mark 1
        -t mangle -A FORWARD -d 203.0.113.9 -j MARK --set-mark 2";
    check(lines, &inward(), "accept FORWARD to 10.0.0.5:80 mark 1");
}

#[test]
fn where_the_new_way_leads_may_not_be_known() {
    let lines = "-t nat -A PREROUTING -j DNAT --to-destination 10.0.0.5\nFORWARD -o eth0 -j DROP";
    check(lines, &inward(), "depends: `-o eth0` cannot be told from the packet");
    check(lines, &Packet { departure: "eth0".into(), ..inward() }, "deny FORWARD");
}

#[test]
fn where_own_packets_leave_for_a_new_destination_is_not_known() {
    let lines = "-t nat -A OUTPUT -j DNAT --to-destination 192.0.2.9\n-t mangle -A POSTROUTING -o ppp0 -j DROP";
    check(lines, &sent(), "depends: `-o ppp0` cannot be told from the packet");
    let here = "-t nat -A OUTPUT -j DNAT --to-destination 10.0.0.1\n-t mangle -A POSTROUTING -o lo -j DROP";
    check(here, &sent(), "deny POSTROUTING");
}

#[test]
fn redirected_packets_come_to_input_with_the_own_address() {
    let lines = "-t nat -A PREROUTING -i eth0 -p tcp --dport 80 -j REDIRECT --to-ports 3128
        -P INPUT DROP
        INPUT -p tcp -d 10.0.0.1 --dport 3128 -m conntrack --ctstate DNAT -j ACCEPT
        FORWARD -j DROP";
    check(lines, &outward(), "redirect PREROUTING to 10.0.0.1:3128");
    check(lines, &udp(outward()), "deny FORWARD");
}

#[test]
fn a_redirection_that_changes_nothing_is_no_translation() {
    let lines = "-t nat -A PREROUTING -j REDIRECT\nINPUT -m conntrack --ctstate DNAT -j DROP";
    check(lines, &inward(), "redirect PREROUTING");
    check(lines, &outward(), "deny INPUT");
}

#[test]
fn destinations_may_become_the_host_itself() {
    check(
        "-t nat -A PREROUTING -j DNAT --to-destination 10.0.0.1\nFORWARD -j DROP",
        &outward(),
        "redirect PREROUTING to 10.0.0.1:80",
    );
    let own = "-t nat -A OUTPUT -p tcp --dport 25 -j REDIRECT --to-ports 2525\n-t mangle -A POSTROUTING -o lo -j MARK --set-mark 1";
    check(own, &sent(), "redirect OUTPUT to 127.0.0.1:2525 mark 1");
}

#[test]
fn masquerading_takes_the_address_of_the_departure_device() {
    let lines =
        "-t nat -A POSTROUTING -o ppp0 -p tcp -j MASQUERADE --to-ports 61000-65095\nFORWARD -s 203.0.113.9 -j DROP";
    check(lines, &outward(), "masq POSTROUTING from 203.0.113.9:61000:65095");
    check(lines, &udp(outward()), "accept FORWARD");
    check("-t nat -A POSTROUTING -j MASQUERADE", &outward(), "masq POSTROUTING from 203.0.113.9:1025");
    // A packet from the very address is not changed.
    check("-t nat -A POSTROUTING -j MASQUERADE", &sent(), "accept OUTPUT");
    check(
        "-t nat -A POSTROUTING -j MASQUERADE",
        &syn(Path::Sent, "10.0.0.1:9", "192.0.2.9:9"),
        "masq POSTROUTING from 203.0.113.9:9",
    );
}

#[test]
fn masquerading_on_the_loopback_device_takes_the_address_of_another() {
    let lines = "-t nat -A OUTPUT -j REDIRECT\n-t nat -A POSTROUTING -o lo -j MASQUERADE";
    check(lines, &sent(), "masq POSTROUTING from ?:1025 to 127.0.0.1:25");
}

#[test]
fn sources_are_rewritten_to_one_address_or_to_some() {
    check(
        "-t nat -A POSTROUTING -p tcp -j SNAT --to-source 192.0.2.77:5000",
        &outward(),
        "masq POSTROUTING from 192.0.2.77:5000",
    );
    check("-t nat -A POSTROUTING -j SNAT --to-source 192.0.2.7-192.0.2.9", &outward(), "masq POSTROUTING from ?:1025");
    check(
        "-t nat -A POSTROUTING -s 10.0.0.0/24 -j NETMAP --to 192.0.2.0/24",
        &outward(),
        "masq POSTROUTING from 192.0.2.5:1025",
    );
}

#[test]
fn only_first_packets_ask_the_nat_table() {
    let lines = "-t nat -A POSTROUTING -j MASQUERADE\n-t nat -A PREROUTING -j DNAT --to-destination 192.0.2.50";
    check(lines, &in_state(outward(), State::Established), "accept FORWARD");
    check(lines, &in_state(outward(), State::Invalid), "accept FORWARD");
}

fn ends(source: &str, source_port: u16, destination: &str, destination_port: u16) -> Option<Endpoints> {
    let address = |text: &str| text.parse().expect("an address");
    Some(Endpoints { source: address(source), source_port, destination: address(destination), destination_port })
}

/// The answer to a masqueraded connection from inside.
fn answer() -> Packet {
    let mut packet = syn(Path::Received, "198.51.100.7:80", "203.0.113.9:61000");
    packet.header = Header::Tcp { source: 80, destination: 61000, flags: Flags::SYN.with(Flags::ACK) };
    packet.departure = "eth0".into();
    packet.connection.state = State::Established;
    packet.connection.direction = Direction::Reply;
    packet.connection.original = ends("10.0.0.5", 1025, "198.51.100.7", 80);
    packet.connection.reply = ends("198.51.100.7", 80, "203.0.113.9", 61000);
    packet
}

#[test]
fn answers_to_masqueraded_connections_are_translated_back() {
    check("-P INPUT DROP", &answer(), "accept FORWARD to 10.0.0.5:1025");
    check("FORWARD -d 10.0.0.5 -m conntrack --ctstate SNAT --ctdir REPLY -j DROP", &answer(), "deny FORWARD");
    check("-t mangle -A PREROUTING -d 203.0.113.9 -p tcp --dport 61000:65095 -j DROP", &answer(), "deny PREROUTING");
    check(
        "FORWARD -m conntrack --ctorigsrc 10.0.0.5 ! --ctrepldstport 61000 -j DROP",
        &answer(),
        "accept FORWARD to 10.0.0.5:1025",
    );
}

#[test]
fn an_icmp_error_keeps_the_address_of_its_sender() {
    let mut error = icmp(answer(), 3, 1);
    error.source = [192, 0, 2, 99].into();
    error.connection = answer().connection;
    error.connection.state = State::Related;
    check("FORWARD -s 198.51.100.7 -j DROP", &error, "accept FORWARD to 10.0.0.5");
    // Unless the destination was another one, which must not show.
    error.connection.original = ends("10.0.0.5", 1025, "203.0.113.77", 80);
    check("FORWARD -s 203.0.113.77 -j DROP", &error, "accept FORWARD from 203.0.113.77 to 10.0.0.5");
}

#[test]
fn an_icmp_error_may_be_about_any_protocol() {
    let error = in_state(icmp(inward(), 3, 1), State::Related);
    let one = "INPUT -m conntrack --ctproto 1 -j DROP";
    check(one, &error, "depends: `-m conntrack --ctproto 1` cannot be told from the packet");
    check(one, &icmp(inward(), 8, 0), "deny INPUT");
}

#[test]
fn later_packets_of_a_translated_connection_follow_the_first() {
    let mut packet = in_state(outward(), State::Established);
    packet.connection.original = ends("10.0.0.5", 1025, "198.51.100.7", 80);
    packet.connection.reply = ends("198.51.100.7", 80, "203.0.113.9", 61000);
    check("FORWARD -s 203.0.113.9 -j DROP", &packet, "accept FORWARD from 203.0.113.9:61000");
    check("FORWARD -m conntrack --ctstate SNAT -j DROP", &packet, "deny FORWARD");
}

#[test]
fn syn_looks_at_four_flags() {
    let with = |more: Flags| {
        let header = Header::Tcp { source: 1, destination: 80, flags: Flags::SYN.with(more) };
        Packet { header, ..inward() }
    };
    let lines = "INPUT -p tcp --syn -j DROP";
    check(lines, &with(Flags::PSH), "deny INPUT");
    check(lines, &with(Flags::FIN), "accept INPUT");
    check(lines, &with(Flags::ACK), "accept INPUT");
    check("INPUT -p tcp ! --syn -j DROP", &with(Flags::FIN), "deny INPUT");
    check("INPUT -p tcp --tcp-flags ALL SYN,FIN -j DROP", &with(Flags::FIN), "deny INPUT");
}

#[test]
fn ports_are_tested_alone_in_ranges_and_in_lists() {
    check("INPUT -p tcp --dport 80 -j DROP", &inward(), "deny INPUT");
    check("INPUT -p tcp ! --dport 80 -j DROP", &inward(), "accept INPUT");
    check("INPUT -p tcp --sport 1024: -j DROP", &inward(), "deny INPUT");
    check("INPUT -p tcp -m multiport --dports 22,79:81 -j DROP", &inward(), "deny INPUT");
    check("INPUT -p tcp -m multiport ! --ports 22,1025 -j DROP", &inward(), "accept INPUT");
}

#[test]
fn later_fragments_have_no_ports() {
    let fragment = Packet { fragment: true, header: Header::Hidden, ..inward() };
    check("INPUT -p tcp --dport 80 -j DROP", &fragment, "accept INPUT");
    check("INPUT -p tcp ! --dport 80 -j DROP", &fragment, "accept INPUT");
    check("INPUT -f -j DROP", &fragment, "deny INPUT");
    check("INPUT ! -f -j DROP", &inward(), "deny INPUT");
}

#[test]
fn icmp_types_and_codes_are_tested() {
    let ping = icmp(inward(), 8, 0);
    check("INPUT -p icmp --icmp-type echo-request -j DROP", &ping, "deny INPUT");
    check("INPUT -p icmp ! --icmp-type 8 -j DROP", &ping, "accept INPUT");
    check("INPUT -p icmp --icmp-type any -j DROP", &ping, "deny INPUT");
    check("INPUT -p icmp --icmp-type 3/4 -j DROP", &icmp(inward(), 3, 4), "deny INPUT");
    check("INPUT -p icmp --icmp-type 3/4 -j DROP", &icmp(inward(), 3, 3), "accept INPUT");
    check("INPUT -p icmp -m state --state INVALID -j DROP", &icmp(inward(), 0, 0), "deny INPUT");
}

#[test]
fn bytes_of_the_header_are_tested() {
    let types = |range: &str| format!("INPUT -p icmp -m u32 --u32 \"0>>22&0x3C@0>>24={range}\" -j DROP");
    check(&types("3:8"), &icmp(inward(), 8, 0), "deny INPUT");
    check(&types("0,3:5"), &icmp(inward(), 8, 0), "accept INPUT");
    let both = "INPUT -p icmp -m u32 --u32 \"0>>22&0x3C@0>>24=3 && 0>>22&0x3C@0>>16&0xFF=1:3,9\" -j DROP";
    check(both, &icmp(inward(), 3, 9), "deny INPUT");
    check(both, &icmp(inward(), 3, 4), "accept INPUT");
    check("INPUT -m u32 --u32 \"12=0xC0000204\" -j DROP", &inward(), "deny INPUT");
    check(
        "INPUT -m u32 --u32 \"4&0xFFFF=0\" -j DROP",
        &inward(),
        "depends: `-m u32 --u32 \"0x4&0xffff=0x0\"` cannot be told from the packet",
    );
}

#[test]
fn addresses_are_tested_in_ranges_and_by_type() {
    check("INPUT -m iprange --src-range 192.0.2.1-192.0.2.4 -j DROP", &inward(), "deny INPUT");
    check("INPUT -m iprange ! --dst-range 203.0.113.0-203.0.113.8 -j DROP", &inward(), "deny INPUT");
    check(
        "-t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DNAT --to-destination 10.0.0.9",
        &inward(),
        "accept FORWARD to 10.0.0.9:80",
    );
    check("FORWARD -m addrtype --dst-type LOCAL -j DROP", &outward(), "accept FORWARD");
    check("FORWARD -m addrtype ! --src-type LOCAL -j DROP", &outward(), "deny FORWARD");
}

#[test]
fn devices_are_seen_only_where_they_are_known() {
    check("-N any\nINPUT -j any\nany -o ppp0 -j DROP", &inward(), "accept INPUT");
    check("-N any\nOUTPUT -j any\nany -i eth0 -j DROP", &sent(), "accept OUTPUT");
    check("FORWARD -i eth0 -o ppp+ -j DROP", &outward(), "deny FORWARD");
    check(
        "-N any\n-t mangle -N any\n-t mangle -A POSTROUTING -j any\n-t mangle -A any -i eth0 -j DROP",
        &outward(),
        "deny POSTROUTING",
    );
}

#[test]
fn comments_say_nothing_and_recent_entries_are_always_made() {
    check("INPUT -m comment --comment x -j DROP", &inward(), "deny INPUT");
    check("INPUT -m recent --set -j DROP", &inward(), "deny INPUT");
    check(
        "INPUT -m recent --rcheck -j DROP",
        &inward(),
        "depends: `-m recent --rcheck --name DEFAULT --mask 255.255.255.255 --rsource` depends on earlier packets",
    );
}

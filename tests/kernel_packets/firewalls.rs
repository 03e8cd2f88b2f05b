//! Random firewalls for iptables: the same seed always gives the same.

use std::fmt::Write;
use std::net::Ipv4Addr;

use crate::dice::Dice;
use crate::random::{ADDRESSES, DEVICES, PORTS};

/// The tables with their built-in chains.
pub(crate) const HOOKS: &[(&str, &[&str])] = &[
    ("raw", &["PREROUTING", "OUTPUT"]),
    ("mangle", &["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"]),
    ("nat", &["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"]),
    ("filter", &["INPUT", "FORWARD", "OUTPUT"]),
    ("security", &["INPUT", "FORWARD", "OUTPUT"]),
];

/// Protocols with ports that the kernel is not asked to track here.
const UNTRACKED: &[&str] = &["tcp", "udp", "icmp", "sctp", "dccp", "udplite", "50"];

/// Whether the kernel tracks connections, which it does as soon as a rule has to do with them. Where it does not,
/// rules see fragments.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tracking {
    Connections,
    Nothing,
}

/// A whole firewall as a file for iptables-restore.
pub(crate) fn rules(random: &mut Dice, tracking: Tracking) -> String {
    let mut text = String::new();
    for (table, hooks) in HOOKS {
        let skipped = if *table == "security" { 75 } else { 35 };
        if *table == "nat" && tracking == Tracking::Nothing || *table != "filter" && random.percent(skipped) {
            continue;
        }
        let _ = writeln!(text, "*{table}");
        for hook in *hooks {
            let closed = match *table {
                "filter" => 30,
                "nat" => 0,
                _ => 3,
            };
            let policy = if random.percent(closed) { "DROP" } else { "ACCEPT" };
            let _ = writeln!(text, ":{hook} {policy} [0:0]\n:{hook}-a - [0:0]\n:{hook}-b - [0:0]");
        }
        for hook in *hooks {
            for (chain, onward) in [("", &["-a", "-b"][..]), ("-a", &["-b"]), ("-b", &[])] {
                for _ in 0..1 + random.roll(4) {
                    let tests = matches(random, table, hook, tracking);
                    let target = target(random, (table, hook), tracking, onward);
                    // A rule has one protocol.
                    if tests.contains("-p ") && target.contains("-p ") {
                        continue;
                    }
                    let _ = writeln!(text, "-A {hook}{chain}{tests}{target}");
                }
            }
        }
        text.push_str("COMMIT\n");
    }
    text
}

const TYPES: &[&str] = &["LOCAL", "UNICAST", "LOCAL,UNICAST", "BROADCAST", "MULTICAST", "BROADCAST,MULTICAST"];

fn not(random: &mut Dice) -> &'static str {
    if random.percent(20) { " !" } else { "" }
}

fn matches(random: &mut Dice, table: &str, hook: &str, tracking: Tracking) -> String {
    let tracked = tracking == Tracking::Connections;
    let mut text = String::new();
    let mut protocol = "";
    if random.percent(60) {
        protocol = random.pick(if tracked { &["tcp", "tcp", "udp", "icmp"] } else { UNTRACKED });
        // Behind other matches, `--dport` alone would be short for the `--dports` of multiport.
        let _ = match protocol {
            "icmp" | "udplite" | "50" => write!(text, " -p {protocol}"),
            _ => write!(text, " -p {protocol} -m {protocol}"),
        };
    } else if random.percent(10) {
        text.push_str(random.pick(&[" ! -p tcp", " -p 50", " ! -p icmp", " -p 0"]));
    }
    for _ in 0..random.roll(3) {
        let not = not(random);
        let once = match random.roll(18) {
            _ if !tracked && random.percent(15) => format!("{not} -f"),
            0 | 1 => format!("{not} -s {}", network(random)),
            2 | 3 => format!("{not} -d {}", network(random)),
            4 if !matches!(hook, "OUTPUT" | "POSTROUTING") => format!("{not} -i {}", device(random)),
            4 | 5 if !matches!(hook, "PREROUTING" | "INPUT") => format!("{not} -o {}", device(random)),
            6 | 7 => header(random, protocol, not),
            8 => {
                let (low, high) = (random.roll(256), random.roll(256));
                let (net, which) = (random.pick(&["10.0.0", "192.0.2", "198.51.100"]), random.pick(&["src", "dst"]));
                format!(" -m iprange{not} --{which}-range {net}.{}-{net}.{}", low.min(high), low.max(high))
            }
            9 => format!(" -m mark{not} --mark {:#x}/{:#x}", random.roll(4), 1 + random.roll(7)),
            10 if tracked => format!(" -m connmark{not} --mark {:#x}/{:#x}", random.roll(4), 1 + random.roll(7)),
            11 => random
                .pick(&[
                    " -m tos --tos 0x10/0x3f",
                    " -m tos ! --tos 0x08",
                    " -m dscp --dscp 0x0a",
                    " -m dscp ! --dscp 46",
                ])
                .to_owned(),
            12 => {
                let (which, kind) = (random.pick(&["src", "dst"]), random.pick(TYPES));
                format!(" -m addrtype{not} --{which}-type {kind}")
            }
            13 => random
                .pick(&[" -m length --length 0:30", " -m length ! --length 32:40", " -m length --length 40"])
                .to_owned(),
            14..=16 if tracked && (table != "raw" || random.percent(20)) => states(random, not),
            _ => random
                .pick(&[
                    " -m comment --comment \"one rule\"",
                    " -m u32 --u32 \"6&0xFF=6\"",
                    " -m u32 --u32 \"2&0xFFFF=1:40\"",
                    " -m u32 --u32 \"0>>22&0x3C@0>>16=20:110 && 6&0xFF=6,17\"",
                    " -m recent --name seen --set",
                ])
                .to_owned(),
        };
        if !is_taken(&text, &once) {
            text.push_str(&once);
        }
    }
    text
}

/// Whether the rule has the option already, or the match that the option is of; `--syn` is short for flags.
fn is_taken(rule: &str, option: &str) -> bool {
    let words = option.split(' ').filter(|word| !word.is_empty() && *word != "!");
    let key = words.take(2).collect::<Vec<_>>();
    match key[..] {
        ["-m", name] => rule.contains(&format!("-m {name} ")),
        ["--syn" | "--tcp-flags", ..] => rule.contains("--syn") || rule.contains("--tcp-flags"),
        [name, ..] => rule.split(' ').any(|word| word == name),
        [] => false,
    }
}

fn network(random: &mut Dice) -> String {
    let own: Vec<[u8; 4]> = DEVICES.iter().map(|(_, address)| *address).chain(ADDRESSES.iter().copied()).collect();
    let address = Ipv4Addr::from(random.pick(&own));
    format!("{address}/{}", random.pick(&[32, 32, 24, 25, 8, 3, 1]))
}

fn device(random: &mut Dice) -> &'static str {
    random.pick(&["eth0", "eth1", "ppp0", "eth+", "ppp+", "lo", "e+"])
}

fn ports(random: &mut Dice) -> String {
    let (one, other) = (random.pick(PORTS), random.pick(PORTS));
    if one == other || random.percent(50) { one.to_string() } else { format!("{}:{}", one.min(other), one.max(other)) }
}

fn header(random: &mut Dice, protocol: &str, not: &str) -> String {
    match protocol {
        "tcp" if random.percent(30) => random
            .pick(&[
                " --syn",
                " ! --syn",
                " --tcp-flags ALL NONE",
                " --tcp-flags SYN,FIN SYN,FIN",
                " ! --tcp-flags ACK,RST ACK",
                " --tcp-flags ALL SYN,ACK",
            ])
            .to_owned(),
        "udplite" if random.percent(30) => String::new(),
        "tcp" | "udp" | "udplite" | "sctp" | "dccp" if protocol == "udplite" || random.percent(40) => {
            format!(
                " -m multiport{not} --{} {},{},{}",
                random.pick(&["dports", "sports", "ports"]),
                ports(random),
                ports(random),
                ports(random)
            )
        }
        "tcp" | "udp" | "sctp" | "dccp" => {
            format!("{not} --{} {}", random.pick(&["dport", "dport", "sport"]), ports(random))
        }
        "icmp" => {
            format!(
                "{not} --icmp-type {}",
                random.pick(&["8", "0", "3", "3/4", "echo-request", "any", "11", "redirect", "13"])
            )
        }
        _ => String::new(),
    }
}

fn states(random: &mut Dice, not: &str) -> String {
    let state = random.pick(&[
        "NEW",
        "INVALID",
        "ESTABLISHED",
        "RELATED,ESTABLISHED",
        "UNTRACKED",
        "NEW,UNTRACKED",
        "INVALID,NEW",
    ]);
    match random.roll(6) {
        0 => format!(" -m state{not} --state {state}"),
        1 => format!(" -m conntrack{not} --ctstate {}", random.pick(&["DNAT", "SNAT", "NEW,SNAT", "DNAT,INVALID"])),
        2 | 3 => {
            let also = if random.percent(40) { format!(" --ctstate {state}") } else { String::new() };
            format!(" -m conntrack{also}{}", connection_part(random, not))
        }
        _ => format!(" -m conntrack{not} --ctstate {state}"),
    }
}

/// What a rule can ask of a connection beside its state.
fn connection_part(random: &mut Dice, not: &str) -> String {
    let side = random.pick(&["origsrc", "origdst", "replsrc", "repldst"]);
    match random.roll(5) {
        0 => format!(" --ctdir {}", random.pick(&["ORIGINAL", "REPLY"])),
        1 => format!("{not} --ctproto {}", random.pick(&[6, 17, 1])),
        2 | 3 => format!("{not} --ct{side} {}", network(random)),
        _ => format!("{not} --ct{side}port {}", random.pick(&["20000:20030", "0:1023", "61000:65095", "53", "3128"])),
    }
}

fn target(random: &mut Dice, (table, hook): (&str, &str), tracking: Tracking, onward: &[&str]) -> String {
    if random.percent(8) {
        return String::new();
    }
    if !onward.is_empty() && random.percent(35) {
        return format!(" -{} {hook}{}", random.pick(&["j", "j", "g"]), random.pick(onward));
    }
    let common = anywhere(random, tracking);
    match (table, hook) {
        _ if !common.is_empty() && random.percent(50) => common,
        ("raw", _) if tracking == Tracking::Nothing => " -j ACCEPT".to_owned(),
        ("raw", _) => random.pick(&[" -j CT --notrack", " -j NOTRACK", " -j ACCEPT"]).to_owned(),
        ("mangle", _) => random
            .pick(&[
                " -j TOS --set-tos 0x10/0x3f",
                " -j TOS --set-tos 0x08/0xff",
                " -j TOS --and-tos 0xf8",
                " -j TOS --or-tos 0x20",
                " -j TOS --xor-tos 0x04",
                " -j DSCP --set-dscp 10",
                " -j DSCP --set-dscp-class AF21",
                " -j MARK --set-mark 2",
                " -j TTL --ttl-set 9",
                " -j DROP",
            ])
            .to_owned(),
        ("nat", "PREROUTING" | "OUTPUT") => to_destination(random),
        ("nat", "INPUT") if random.percent(70) => {
            format!(" -j SNAT --to-source {}", Ipv4Addr::from(random.pick(ADDRESSES)))
        }
        ("nat", _) => to_source(random, hook),
        ("security", _) => random.pick(&[" -j DROP", " -j ACCEPT"]).to_owned(),
        _ => verdict(random),
    }
}

/// Targets that every table has, or nothing.
fn anywhere(random: &mut Dice, tracking: Tracking) -> String {
    let (mark, mask) = (random.roll(4), 1 + random.roll(7));
    match random.roll(9) {
        0 => " -j RETURN".to_owned(),
        1 => " -j ACCEPT".to_owned(),
        2 => format!(" -j MARK --set-xmark {mark:#x}/{mask:#x}"),
        3 => random
            .pick(&[
                " -j MARK --or-mark 0x10",
                " -j MARK --and-mark 0x3",
                " -j MARK --xor-mark 0x5",
                " -j MARK --set-mark 0x2/0x3",
            ])
            .to_owned(),
        4 => random.pick(&[" -j NFLOG --nflog-group 9", " -j LOG --log-prefix one"]).to_owned(),
        5 if tracking == Tracking::Connections => format!(" -j CONNMARK --set-xmark {mark:#x}/{mask:#x}"),
        6 if tracking == Tracking::Connections => random
            .pick(&[
                " -j CONNMARK --save-mark",
                " -j CONNMARK --save-mark --nfmask 0x3 --ctmask 0x7",
                " -j CONNMARK --restore-mark",
                " -j CONNMARK --restore-mark --nfmask 0x6 --ctmask 0x3",
                " -j CONNMARK --or-mark 0x8",
                " -j CONNMARK --set-mark 0x1/0x3",
            ])
            .to_owned(),
        _ => String::new(),
    }
}

/// What the nat table makes of a destination.
fn to_destination(random: &mut Dice) -> String {
    let to = Ipv4Addr::from(random.pick(ADDRESSES));
    match random.roll(8) {
        0 => " -j REDIRECT".to_owned(),
        1 => " -p tcp -j REDIRECT --to-ports 3128".to_owned(),
        2 => " -p udp -j REDIRECT --to-ports 1000-1100".to_owned(),
        3 => format!(" -p udp -j DNAT --to-destination {to}:5353"),
        4 => format!(" -p tcp -j DNAT --to-destination {to}:80-8080"),
        5 => " -j NETMAP --to 198.51.100.0/24".to_owned(),
        _ => format!(" -j DNAT --to-destination {to}"),
    }
}

/// What the nat table makes of a source.
fn to_source(random: &mut Dice, hook: &str) -> String {
    let targets: &[&str] = &[
        " -j SNAT --to-source 203.0.113.9",
        " -j SNAT --to-source 198.51.100.99",
        " -p tcp -j SNAT --to-source 198.51.100.99:4000-4100",
        " -p udp -j SNAT --to-source 198.51.100.90-198.51.100.93:20000-20040",
        " -j SNAT --to-source 198.51.100.99 --random",
        " -j NETMAP --to 198.51.100.64/26",
        " -j ACCEPT",
        " -j MASQUERADE",
        " -j MASQUERADE",
        " -p tcp -j MASQUERADE --to-ports 61000-65095",
        " -j MASQUERADE --random",
    ];
    // INPUT has no masquerading.
    random.pick(if hook == "INPUT" { &targets[..7] } else { targets }).to_owned()
}

/// What only the filter table can say.
fn verdict(random: &mut Dice) -> String {
    match random.roll(8) {
        0 | 1 => " -j DROP".to_owned(),
        2 => " -j REJECT".to_owned(),
        3 => " -p tcp -j REJECT --reject-with tcp-reset".to_owned(),
        4 => format!(
            " -j REJECT --reject-with icmp-{}",
            random.pick(&[
                "host-unreachable",
                "net-unreachable",
                "net-prohibited",
                "proto-unreachable",
                "admin-prohibited",
                "host-prohibited"
            ])
        ),
        _ => " -j ACCEPT".to_owned(),
    }
}

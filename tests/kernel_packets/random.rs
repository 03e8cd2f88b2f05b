//! Random rules and packets: the same seed always gives the same.

use std::fmt::Write;
use std::net::Ipv4Addr;

use iptlint::packet::{Connection, Direction, Flags, Header, Packet, Path, State};

use crate::dice::Dice;
use crate::wire;

/// The devices of the host, with addresses in networks of 24 bits; the rest of the world is behind the last.
pub(crate) const DEVICES: [(&str, [u8; 4]); 3] =
    [("eth0", [10, 0, 0, 1]), ("eth1", [192, 0, 2, 1]), ("ppp0", [203, 0, 113, 9])];

const ADDRESSES: &[[u8; 4]] = &[
    [10, 0, 0, 5],
    [10, 0, 0, 77],
    [192, 0, 2, 4],
    [192, 0, 2, 130],
    [203, 0, 113, 20],
    [198, 51, 100, 7],
    [198, 51, 100, 200],
];
const PORTS: &[u16] = &[21, 25, 53, 80, 110, 443, 1023, 1024, 3128, 8080, 61000];
const ICMP: &[(u8, u8)] = &[(8, 0), (0, 0), (3, 1), (3, 4), (11, 0), (13, 0), (17, 0), (5, 1), (12, 0)];
const TOS: &[u8] = &[0, 4, 8, 0x10, 0x14, 0x28, 0xB8];
const FLAGS: &[u8] = &[2, 2, 2, 16, 18, 17, 4, 0, 41, 24, 3];

const HOOKS: &[(&str, &[&str])] = &[
    ("raw", &["PREROUTING", "OUTPUT"]),
    ("mangle", &["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"]),
    ("nat", &["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"]),
    ("filter", &["INPUT", "FORWARD", "OUTPUT"]),
];

/// A whole firewall as a file for iptables-restore.
pub(crate) fn rules(random: &mut Dice) -> String {
    let mut text = String::new();
    for (table, hooks) in HOOKS {
        if *table != "filter" && random.percent(35) {
            continue;
        }
        let _ = writeln!(text, "*{table}");
        for hook in *hooks {
            let policy = if *table == "filter" && random.percent(30) { "DROP" } else { "ACCEPT" };
            let _ = writeln!(text, ":{hook} {policy} [0:0]\n:{hook}-a - [0:0]\n:{hook}-b - [0:0]");
        }
        for hook in *hooks {
            for (chain, onward) in [("", &["-a", "-b"][..]), ("-a", &["-b"]), ("-b", &[])] {
                for _ in 0..1 + random.roll(4) {
                    let (tests, target) = (matches(random, table, hook), target(random, table, hook, onward));
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

fn not(random: &mut Dice) -> &'static str {
    if random.percent(20) { " !" } else { "" }
}

fn matches(random: &mut Dice, table: &str, hook: &str) -> String {
    let mut text = String::new();
    let mut protocol = "";
    if random.percent(60) {
        protocol = random.pick(&["tcp", "tcp", "udp", "icmp"]);
        // Behind other matches, `--dport` alone would be short for the `--dports` of multiport.
        let _ = match protocol {
            "icmp" => write!(text, " -p icmp"),
            _ => write!(text, " -p {protocol} -m {protocol}"),
        };
    } else if random.percent(10) {
        text.push_str(random.pick(&[" ! -p tcp", " -p 50", " ! -p icmp", " -p 0"]));
    }
    for _ in 0..random.roll(3) {
        let not = not(random);
        let once = match random.roll(16) {
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
            10 => format!(" -m connmark{not} --mark {:#x}/{:#x}", random.roll(4), 1 + random.roll(7)),
            11 => random
                .pick(&[
                    " -m tos --tos 0x10/0x3f",
                    " -m tos ! --tos 0x08",
                    " -m dscp --dscp 0x0a",
                    " -m dscp ! --dscp 46",
                ])
                .to_owned(),
            12 => {
                let (which, kind) = (random.pick(&["src", "dst"]), random.pick(&["LOCAL", "UNICAST", "LOCAL,UNICAST"]));
                format!(" -m addrtype{not} --{which}-type {kind}")
            }
            13 => random
                .pick(&[" -m length --length 0:30", " -m length ! --length 32:40", " -m length --length 40"])
                .to_owned(),
            14 if table != "raw" || random.percent(20) => states(random, not),
            _ => random
                .pick(&[
                    " -m comment --comment \"one rule\"",
                    " -m u32 --u32 \"6&0xFF=6\"",
                    " -m u32 --u32 \"2&0xFFFF=1:40\"",
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
        [name, ..] => rule.contains(&format!("{name} ")),
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
        "tcp" | "udp" if random.percent(40) => {
            format!(
                " -m multiport{not} --{} {},{},{}",
                random.pick(&["dports", "sports", "ports"]),
                ports(random),
                ports(random),
                ports(random)
            )
        }
        "tcp" | "udp" => format!("{not} --{} {}", random.pick(&["dport", "dport", "sport"]), ports(random)),
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
    match random.roll(4) {
        0 => format!(" -m state{not} --state {state}"),
        1 => format!(" -m conntrack{not} --ctstate {}", random.pick(&["DNAT", "SNAT", "NEW,SNAT", "DNAT,INVALID"])),
        2 => random
            .pick(&[
                " -m conntrack --ctdir ORIGINAL",
                " -m conntrack --ctdir REPLY",
                " -m conntrack --ctorigdst 10.0.0.0/8",
                " -m conntrack ! --ctproto 6",
            ])
            .to_owned(),
        _ => format!(" -m conntrack{not} --ctstate {state}"),
    }
}

fn target(random: &mut Dice, table: &str, hook: &str, onward: &[&str]) -> String {
    if random.percent(8) {
        return String::new();
    }
    if !onward.is_empty() && random.percent(35) {
        return format!(" -{} {hook}{}", random.pick(&["j", "j", "g"]), random.pick(onward));
    }
    let (mark, mask) = (random.roll(4), 1 + random.roll(7));
    let common = match random.roll(7) {
        0 => " -j RETURN".to_owned(),
        1 => " -j ACCEPT".to_owned(),
        2 => format!(" -j MARK --set-xmark {mark:#x}/{mask:#x}"),
        3 => format!(" -j CONNMARK --set-xmark {mark:#x}/{mask:#x}"),
        4 => random
            .pick(&[
                " -j CONNMARK --save-mark",
                " -j CONNMARK --restore-mark",
                " -j MARK --or-mark 0x10",
                " -j MARK --and-mark 0x3",
            ])
            .to_owned(),
        _ => String::new(),
    };
    match (table, hook) {
        _ if !common.is_empty() && random.percent(60) => common,
        ("raw", _) => random.pick(&[" -j CT --notrack", " -j NOTRACK", " -j ACCEPT"]).to_owned(),
        ("mangle", _) => random
            .pick(&[
                " -j TOS --set-tos 0x10/0x3f",
                " -j TOS --set-tos 0x08/0xff",
                " -j DSCP --set-dscp 10",
                " -j TOS --xor-tos 0x04",
                " -j MARK --set-mark 2",
                " -j DROP",
            ])
            .to_owned(),
        ("nat", "PREROUTING" | "OUTPUT") => {
            let to = Ipv4Addr::from(random.pick(ADDRESSES));
            match random.roll(5) {
                0 => " -j REDIRECT".to_owned(),
                1 => " -p tcp -j REDIRECT --to-ports 3128".to_owned(),
                2 => format!(" -p udp -j DNAT --to-destination {to}:5353"),
                _ => format!(" -j DNAT --to-destination {to}"),
            }
        }
        ("nat", "INPUT") => format!(" -j SNAT --to-source {}", Ipv4Addr::from(random.pick(ADDRESSES))),
        ("nat", _) => random
            .pick(&[
                " -j MASQUERADE",
                " -j SNAT --to-source 203.0.113.9",
                " -j SNAT --to-source 198.51.100.99",
                " -j ACCEPT",
            ])
            .to_owned(),
        _ => match random.roll(8) {
            0 | 1 => " -j DROP".to_owned(),
            2 => " -j REJECT".to_owned(),
            3 => " -p tcp -j REJECT --reject-with tcp-reset".to_owned(),
            4 => format!(
                " -j REJECT --reject-with icmp-{}",
                random.pick(&[
                    "host-unreachable",
                    "net-unreachable",
                    "proto-unreachable",
                    "admin-prohibited",
                    "host-prohibited"
                ])
            ),
            _ => " -j ACCEPT".to_owned(),
        },
    }
}

/// A packet; `number` keeps it from being part of the connection of another.
pub(crate) fn packet(random: &mut Dice, number: u16) -> Packet {
    let own = |at: usize| Ipv4Addr::from(DEVICES[at].1);
    let (from, to) = (random.roll(3), random.roll(3));
    let path = random.pick(&[Path::Received, Path::Forwarded, Path::Forwarded, Path::Sent]);
    let source = if path == Path::Sent { own(from) } else { address_behind(random, from) };
    let destination = match path {
        Path::Received => own(from),
        Path::Sent => address_behind(random, to),
        Path::Forwarded => address_behind(random, if from == to { (to + 1) % 3 } else { to }),
    };
    let (protocol, header) = header_of(random, number);
    let device = |there: bool, name: &str| if there { name.to_owned() } else { String::new() };
    let mut packet = Packet {
        path,
        arrival: device(path != Path::Sent, DEVICES[from].0),
        departure: device(path != Path::Received, route(destination)),
        own_address: None,
        source,
        destination,
        protocol,
        header,
        fragment: false,
        tos: random.pick(TOS),
        mark: 0,
        length: None,
        connection: Connection { direction: Direction::Original, ..Connection::new(State::New) },
    };
    packet.connection.state = State::of_first(&packet);
    packet.length = Some(wire::length(&packet));
    packet
}

fn header_of(random: &mut Dice, number: u16) -> (u8, Header) {
    let (source, destination) = (20000 + number, random.pick(PORTS));
    match random.roll(10) {
        0..5 => (6, Header::Tcp { source, destination, flags: Flags(random.pick(FLAGS)) }),
        5..8 => (17, Header::Ports { source, destination }),
        _ => {
            let (kind, code) = random.pick(ICMP);
            (1, Header::Icmp { kind, code })
        }
    }
}

fn address_behind(random: &mut Dice, device: usize) -> Ipv4Addr {
    let behind: Vec<Ipv4Addr> =
        ADDRESSES.iter().map(|own| Ipv4Addr::from(*own)).filter(|own| route(*own) == DEVICES[device].0).collect();
    behind[random.roll(behind.len())]
}

/// The device by which the host sends to an address of others.
pub(crate) fn route(address: Ipv4Addr) -> &'static str {
    let near = DEVICES.iter().find(|(_, own)| own[..3] == address.octets()[..3]);
    near.map_or(DEVICES[2].0, |(name, _)| name)
}

//! Packets at the boundaries of what rules test, and a host that they can be sent to.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use iptlint::model::{Address, Argument, Match, PortRange, Ruleset, Test};
use iptlint::packet::{Connection, Direction, Flags, Header, Host, Packet, Path, State};

use crate::dice::Dice;
use crate::wire;

/// What the rules of a chain test.
struct Tested<'r> {
    chain: &'r str,
    matches: &'r [Match],
}

/// Everything that packets are put together from.
pub(crate) struct Choice<'r> {
    rules: Vec<Tested<'r>>,
    /// The devices, each with the host's address there.
    pub(crate) devices: Vec<(String, Ipv4Addr)>,
    /// Addresses of others, each with the device that leads there.
    pub(crate) others: BTreeMap<Ipv4Addr, String>,
}

/// Devices where the rules do not name enough.
const DEVICES: [&str; 3] = ["eth0", "eth1", "ppp0"];
/// Addresses of others that no rule need know.
const OTHERS: [[u8; 4]; 3] = [[198, 18, 0, 7], [198, 19, 3, 1], [9, 9, 9, 9]];
const PORTS: [u16; 8] = [20, 22, 53, 80, 1023, 1024, 61000, 65095];
const ICMP: [(u8, u8); 5] = [(8, 0), (0, 0), (3, 1), (11, 0), (13, 0)];

impl<'r> Choice<'r> {
    pub(crate) fn new(ruleset: &'r Ruleset, random: &mut Dice) -> Self {
        let chains = ruleset.tables.iter().chain(&ruleset.forwarding).flat_map(|table| &table.chains);
        let rules: Vec<Tested<'r>> = chains
            .flat_map(|chain| {
                chain.entries.iter().map(|entry| Tested { chain: &chain.name, matches: &entry.rule.matches })
            })
            .collect();
        let mut names: BTreeSet<String> = rules.iter().filter_map(Tested::device).filter(|name| name != "lo").collect();
        names.extend(DEVICES.map(str::to_owned));
        let mut devices = Vec::new();
        let mut taken = BTreeSet::new();
        for (number, name) in names.into_iter().take(8).enumerate() {
            // The host has the addresses that the rules of input take for its own.
            let own = rules.iter().filter(|rule| rule.device().is_some_and(|device| device == name));
            let mut own = own.filter_map(Tested::single_destination).filter(|address| !taken.contains(address));
            let address = own.next().unwrap_or(Ipv4Addr::new(10, 99, number as u8, 1));
            taken.insert(address);
            devices.push((name, address));
        }
        let mut others: BTreeSet<Ipv4Addr> = OTHERS.map(Ipv4Addr::from).into();
        others.extend(rules.iter().flat_map(Tested::addresses));
        others.extend(inside(ruleset));
        others.retain(|address| is_plain(*address) && !taken.contains(address));
        let mut device = || devices[random.roll(devices.len())].0.clone();
        let others = others.into_iter().map(|address| (address, device())).collect();
        Self { rules, devices, others }
    }

    pub(crate) fn host(&self) -> Host {
        Host { addresses: self.devices.clone() }
    }

    /// So many packets, none of which can belong to the connection of another.
    pub(crate) fn packets(&self, random: &mut Dice, count: usize) -> Vec<Packet> {
        let mut ends = BTreeSet::new();
        let mut packets: Vec<Packet> = (0..4 * count).map(|_| self.packet(random)).collect();
        packets.retain(|packet| {
            let (from, to) = packet.header.ports().unwrap_or_default();
            let mut both = [(packet.source, from), (packet.destination, to)];
            both.sort_unstable();
            // Each ICMP request has an identification of its own.
            let another = packet.source != packet.destination || packet.source.is_loopback();
            another && (packet.protocol == 1 || ends.insert((packet.protocol, both)))
        });
        packets.truncate(count);
        packets
    }

    /// A packet that fits some rule, or nearly.
    fn packet(&self, random: &mut Dice) -> Packet {
        let nothing = Tested { chain: "", matches: &[] };
        let rule = if self.rules.is_empty() { &nothing } else { random.one(&self.rules) };
        let path = match rule.chain {
            "input" => *random.one(&[Path::Received, Path::Received, Path::Forwarded]),
            "output" => *random.one(&[Path::Sent, Path::Sent, Path::Forwarded]),
            "forward" => Path::Forwarded,
            "portfw" | "mfw" | "autofw" => Path::Received,
            _ => *random.one(&[Path::Received, Path::Sent, Path::Forwarded]),
        };
        let own = |random: &mut Dice| random.one(&self.devices).1;
        let source = self.address(random, rule, true, path == Path::Sent).unwrap_or_else(|| own(random));
        let destination = self.address(random, rule, false, path == Path::Received).unwrap_or_else(|| own(random));
        let named = rule.device().filter(|_| random.roll(8) > 0);
        let named = named.filter(|name| name == "lo" || self.devices.iter().any(|(own, _)| own == name));
        let mut arrival = named.unwrap_or_else(|| random.one(&self.devices).0.clone());
        let (mut source, mut destination) = (source, destination);
        let mut departure = self.others.get(&destination).cloned().unwrap_or_default();
        if arrival == "lo" {
            match path {
                Path::Forwarded => arrival = self.devices[0].0.clone(),
                Path::Received | Path::Sent => {
                    (source, destination) = (Ipv4Addr::LOCALHOST, Ipv4Addr::LOCALHOST);
                    departure = "lo".to_owned();
                }
            }
        }
        let (protocol, header) = header(random, rule);
        let mut packet = Packet {
            path,
            arrival: if path == Path::Sent { String::new() } else { arrival },
            departure: if path == Path::Received { String::new() } else { departure },
            own_address: None,
            source,
            destination,
            protocol,
            header,
            fragment: false,
            tos: *random.one(&[0, 0, 0x10, 0x08]),
            mark: 0,
            length: None,
            connection: Connection { direction: Direction::Original, ..Connection::new(State::New) },
        };
        packet.connection.state = State::of_first(&packet);
        packet.length = Some(wire::length(&packet));
        packet
    }

    /// One of the host's addresses, or else one of others; mostly one that the rule tests.
    fn address(&self, random: &mut Dice, rule: &Tested<'_>, source: bool, own: bool) -> Option<Ipv4Addr> {
        let pool: Vec<Ipv4Addr> = match own {
            true => self.devices.iter().map(|(_, address)| *address).collect(),
            false => self.others.keys().copied().collect(),
        };
        let tested: Vec<Ipv4Addr> = match rule.network(source) {
            Some((negated, address, mask)) => {
                let fits = |own: &&Ipv4Addr| ((u32::from(**own) ^ address) & mask == 0) != negated;
                pool.iter().filter(fits).copied().collect()
            }
            None => Vec::new(),
        };
        let from = if tested.is_empty() || random.roll(6) == 0 { &pool } else { &tested };
        (!from.is_empty()).then(|| *random.one(from))
    }
}

/// The hosts that `ipmasqadm` forwards to.
fn inside(ruleset: &Ruleset) -> Vec<Ipv4Addr> {
    let chains = ruleset.forwarding.iter().flat_map(|table| &table.chains);
    let targets = chains.flat_map(|chain| &chain.entries).filter_map(|entry| entry.rule.target.as_ref());
    let options = targets.flat_map(|target| &target.options);
    let address = |argument: &Argument| match argument {
        Argument::Text(text) => text.split(':').next()?.parse().ok(),
        _ => None,
    };
    options.filter_map(|option| address(option.argument.as_ref()?)).collect()
}

/// Addresses that the kernel sends and takes like any other.
fn is_plain(address: Ipv4Addr) -> bool {
    let first = address.octets()[0];
    first != 0 && first != 127 && first < 224
}

fn header(random: &mut Dice, rule: &Tested<'_>) -> (u8, Header) {
    let protocol = rule.protocol().filter(|_| random.roll(8) > 0);
    let protocol = protocol.unwrap_or_else(|| *random.one(&[1, 6, 6, 17]));
    let port = |test: fn(&Test) -> Option<PortRange>, random: &mut Dice| {
        let range = rule.matches.iter().find_map(|own| test(&own.test)).filter(|_| random.roll(8) > 0);
        let Some(range) = range else { return *random.one(&PORTS) };
        let (below, above) = (range.low.saturating_sub(1), range.high.saturating_add(1));
        *random.one(&[range.low, range.low, range.high, range.high, below, above])
    };
    let source = port(source_port, random);
    let destination = port(destination_port, random);
    let header = match protocol {
        6 => Header::Tcp {
            source: source.max(1),
            destination: destination.max(1),
            flags: *random.one(&[Flags::SYN, Flags::SYN, Flags::ACK]),
        },
        17 => Header::Ports { source: source.max(1), destination: destination.max(1) },
        1 if rule.matches.iter().any(|own| source_port(&own.test).is_some()) && random.roll(4) > 0 => {
            Header::Icmp { kind: source as u8, code: if destination < 16 { destination as u8 } else { 0 } }
        }
        1 => {
            let (kind, code) = *random.one(&ICMP);
            Header::Icmp { kind, code }
        }
        _ => Header::Hidden,
    };
    (protocol, header)
}

fn source_port(test: &Test) -> Option<PortRange> {
    if let Test::SourcePort(range) = test { range.as_ref().copied() } else { None }
}

fn destination_port(test: &Test) -> Option<PortRange> {
    match test {
        Test::DestinationPort(range) => range.as_ref().copied(),
        // In entries of ipmasqadm.
        Test::Module(module) => module.options.iter().find_map(|option| match &option.argument {
            Some(Argument::Ports(ranges)) if option.name == "--dport" => ranges.first().copied(),
            _ => None,
        }),
        _ => None,
    }
}

impl Tested<'_> {
    /// A device that the rule is for, one of them where it is for all of a kind.
    fn device(&self) -> Option<String> {
        self.matches.iter().find_map(|own| match &own.test {
            Test::Interface(interface) => {
                let interface = interface.as_ref()?;
                let name = if interface.prefix { format!("{}0", interface.name) } else { interface.name.to_string() };
                let word = name.chars().all(|c| c.is_ascii_alphanumeric());
                (word && name.len() < 15 && !name.starts_with(|c: char| c.is_ascii_digit())).then_some(name)
            }
            _ => None,
        })
    }

    fn network(&self, source: bool) -> Option<(bool, u32, u32)> {
        self.matches
            .iter()
            .find_map(|own| match &own.test {
                Test::Source(address) if source => Some((own.negated, v4(address.as_ref()?)?)),
                Test::Destination(address) if !source => Some((own.negated, v4(address.as_ref()?)?)),
                _ => None,
            })
            .map(|(negated, (address, mask))| (negated, address, mask))
    }

    fn single_destination(&self) -> Option<Ipv4Addr> {
        let (negated, address, mask) = self.network(false)?;
        let address = Ipv4Addr::from(address);
        (!negated && mask == u32::MAX && self.chain != "output" && is_plain(address)).then_some(address)
    }

    /// The first and last addresses of its networks, and the ones next to those.
    fn addresses(&self) -> Vec<Ipv4Addr> {
        let networks = [true, false].into_iter().filter_map(|source| self.network(source));
        networks
            .flat_map(|(_, address, mask)| {
                let last = address | !mask;
                [address, address.wrapping_sub(1), last, last.wrapping_add(1), address.saturating_add(1).min(last)]
            })
            .map(Ipv4Addr::from)
            .collect()
    }

    fn protocol(&self) -> Option<u8> {
        self.matches.iter().find_map(|own| match &own.test {
            Test::Protocol(protocol) => u8::try_from(protocol.as_ref()?.0).ok().filter(|number| *number > 0),
            _ => None,
        })
    }
}

fn v4(address: &Address) -> Option<(u32, u32)> {
    if let Address::V4(network) = address { Some((network.address, network.mask)) } else { None }
}

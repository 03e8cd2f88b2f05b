//! ipchains chains against an evaluator written a second time, straight from the words of the manual:
//! random rules, random packets, no shared code.

use super::super::{Decision, Flags, Header, Hook, Packet, Path, Verdict};
use super::dice::Dice;
use super::{Filter, filter, syn};

#[derive(Clone, Debug)]
struct Rule {
    chain: &'static str,
    source: Option<(bool, [u8; 4], u32)>,
    device: Option<(bool, &'static str)>,
    protocol: Option<(bool, u8)>,
    ports: [Option<(bool, u16, u16)>; 2],
    syn: Option<bool>,
    fragment: Option<bool>,
    mark: Option<(bool, u32)>,
    tos: Option<(u8, u8)>,
    target: &'static str,
}

const CHAINS: [&str; 3] = ["input", "one", "two"];
const DEVICES: [&str; 3] = ["eth0", "eth1", "ppp0"];
const ADDRESSES: [[u8; 4]; 4] = [[10, 0, 0, 1], [10, 0, 0, 130], [10, 1, 0, 1], [192, 0, 2, 1]];
const TARGETS: [&str; 10] = ["ACCEPT", "DENY", "REJECT", "RETURN", "one", "two", "one", "two", "", "MASQ"];

impl Rule {
    fn random(dice: &mut Dice) -> Self {
        let chain = dice.pick(&CHAINS);
        let protocol = (!dice.one_in(3)).then(|| (dice.one_in(5), dice.pick(&[6, 17, 1])));
        let plain = protocol.filter(|(negated, _)| !negated).map(|(_, protocol)| protocol);
        let fragment = dice.one_in(6).then(|| dice.one_in(2));
        let free = fragment != Some(true);
        let mut port = |highest: usize| {
            let usable = plain.is_some() && free && dice.one_in(3);
            usable.then(|| {
                let (a, b) = (dice.roll(highest) as u16, dice.roll(highest) as u16);
                let whole = dice.one_in(6);
                (dice.one_in(3), if whole { 0 } else { a.min(b) }, if whole { 65535 } else { a.max(b) })
            })
        };
        let ports = [port(4), port(4)];
        let target = match (chain, dice.pick(&TARGETS)) {
            ("input", "MASQ") => "DENY",
            (_, target) => target,
        };
        Self {
            chain,
            source: dice.one_in(2).then(|| (dice.one_in(4), dice.pick(&ADDRESSES), dice.pick(&[0, 8, 16, 25, 32]))),
            device: dice.one_in(3).then(|| (dice.one_in(4), dice.pick(&["eth0", "eth+", "ppp0", "+"]))),
            protocol,
            ports,
            syn: (plain == Some(6) && free && dice.one_in(3)).then(|| dice.one_in(2)),
            fragment,
            mark: dice.one_in(5).then(|| (dice.one_in(2), dice.roll(9) as u32)),
            tos: dice.one_in(5).then(|| dice.pick(&[(0x01, 0x10), (0xFF, 0x08), (0xF1, 0x04)])),
            target,
        }
    }

    fn command(&self) -> String {
        let bang = |negated: bool| if negated { "! " } else { "" };
        let mut text = format!("ipchains -A {}", self.chain);
        if let Some((negated, [a, b, c, d], length)) = self.source {
            text += &format!(" -s {}{a}.{b}.{c}.{d}/{length}", bang(negated));
        }
        if let Some((negated, device)) = self.device {
            text += &format!(" -i {}{device}", bang(negated));
        }
        if let Some((negated, protocol)) = self.protocol {
            text += &format!(" -p {}{protocol}", bang(negated));
        }
        for (option, port) in ["--sport", "--dport"].iter().zip(self.ports) {
            if let Some((negated, low, high)) = port {
                text += &format!(" {option} {}{low}:{high}", bang(negated));
            }
        }
        text += match self.syn {
            Some(true) => " ! -y",
            Some(false) => " -y",
            None => "",
        };
        text += match self.fragment {
            Some(true) => " -f",
            Some(false) => " ! -f",
            None => "",
        };
        if let Some((relative, mark)) = self.mark {
            text += &format!(" -m {}{mark}", if relative { "+" } else { "" });
        }
        if let Some((and, xor)) = self.tos {
            text += &format!(" -t {and:02x} {xor:02x}");
        }
        if !self.target.is_empty() {
            text += &format!(" -j {}", self.target);
        }
        text + "\n"
    }

    fn matches(&self, packet: &Packet) -> bool {
        let bits = |address: [u8; 4], length: u32| u64::from(u32::from_be_bytes(address)) >> (32 - length);
        let source = self.source.is_none_or(|(negated, address, length)| {
            (bits(address, length) == bits(packet.source.octets(), length)) != negated
        });
        let device = self.device.is_none_or(|(negated, name)| {
            let same = match name.split_once('+') {
                Some((beginning, _)) => packet.arrival.starts_with(beginning),
                None => packet.arrival == name,
            };
            same != negated
        });
        let protocol = self.protocol.is_none_or(|(negated, protocol)| (protocol == packet.protocol) != negated);
        let fragment = self.fragment.is_none_or(|wanted| packet.fragment == wanted);
        source && device && protocol && fragment && self.ports_match(packet) && self.syn_matches(packet)
    }

    fn ports_match(&self, packet: &Packet) -> bool {
        let own = match packet.header {
            Header::Tcp { source, destination, .. } | Header::Ports { source, destination } => [source, destination],
            Header::Icmp { kind, code } => [kind.into(), code.into()],
            Header::Hidden => [65535, 65535],
        };
        self.ports.iter().zip(own).all(|(port, own)| match port {
            None => true,
            Some((_, low, high)) if packet.fragment => (*low, *high) == (0, 65535),
            Some((negated, low, high)) => (low..=high).contains(&&own) != *negated,
        })
    }

    fn syn_matches(&self, packet: &Packet) -> bool {
        match (self.syn, packet.header) {
            (None, _) => true,
            (Some(negated), Header::Tcp { flags, .. }) => {
                (flags.has(Flags::SYN) && !flags.has(Flags::ACK) && !flags.has(Flags::RST)) != negated
            }
            (Some(_), _) => false,
        }
    }
}

fn packet(dice: &mut Dice) -> Packet {
    let mut packet = syn(Path::Received, "10.0.0.1:1", "192.0.2.9:1");
    packet.source = dice.pick(&ADDRESSES).into();
    packet.arrival = dice.pick(&DEVICES).to_owned();
    packet.protocol = dice.pick(&[6, 17, 1, 47]);
    packet.fragment = dice.one_in(6);
    packet.tos = dice.roll(256) as u8;
    let (source, destination) = (dice.roll(5) as u16, dice.roll(5) as u16);
    packet.header = match packet.protocol {
        _ if packet.fragment => Header::Hidden,
        6 => Header::Tcp { source, destination, flags: Flags(dice.roll(64) as u8) },
        17 => Header::Ports { source, destination },
        1 => Header::Icmp { kind: source as u8, code: destination as u8 },
        _ => Header::Hidden,
    };
    packet
}

/// The verdict with mark and TOS; chains as the manual tells of them.
fn naive(rules: &[Rule], packet: &Packet) -> (&'static str, u32, u8) {
    let (mut mark, mut tos) = (0, packet.tos);
    let mut inside = vec![("input", 0)];
    while let Some((chain, at)) = inside.pop() {
        let own: Vec<&Rule> = rules.iter().filter(|rule| rule.chain == chain).collect();
        let Some(rule) = own.get(at) else { continue };
        inside.push((chain, at + 1));
        if !rule.matches(packet) {
            continue;
        }
        mark = match rule.mark {
            Some((true, more)) => mark + more,
            Some((false, value)) => value,
            None => mark,
        };
        tos = rule.tos.map_or(tos, |(and, xor)| (tos & and) ^ xor);
        match rule.target {
            "" => {}
            "RETURN" => drop(inside.pop()),
            "ACCEPT" => return ("accept", mark, tos),
            "DENY" => return ("deny", mark, tos),
            "REJECT" => return ("reject", mark, tos),
            "MASQ" => return ("masq", mark, tos),
            user if inside.iter().any(|(chain, _)| *chain == user) => return ("deny", mark, tos),
            user => inside.push((user, 0)),
        }
    }
    ("reject", mark, tos)
}

#[test]
fn chains_agree_with_a_naive_evaluator() {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    for round in 0..150 {
        let rules: Vec<Rule> = (0..4 + dice.roll(14)).map(|_| Rule::random(&mut dice)).collect();
        let commands: String = rules.iter().map(Rule::command).collect();
        let script = format!("ipchains -N one\nipchains -N two\nipchains -P input REJECT\n{commands}");
        let filter: Filter = filter(&script);
        for _ in 0..60 {
            let packet = packet(&mut dice);
            let decision = filter.ask(Hook::Input, &packet, None);
            let Decision::Known(outcome) = decision else { panic!("{decision:?}\n{script}") };
            let found = (Verdict::name(outcome.verdict), outcome.mark.unwrap_or(0), outcome.tos.unwrap_or(0));
            let expected = match naive(&rules, &packet) {
                (verdict @ ("deny" | "reject"), ..) => (verdict, 0, 0),
                passed => passed,
            };
            assert_eq!(found, expected, "round {round}: {packet:?}\n{script}");
        }
    }
}

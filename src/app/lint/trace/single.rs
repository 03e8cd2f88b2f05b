//! One packet, told by options.

use std::net::Ipv4Addr;

use crate::dialect::iptables::extensions::{self, Role};
use crate::dialect::iptables::kind::{Given, Scope};
use crate::dialect::names;
use crate::model::{Argument, Family};
use crate::packet::{Connection, Direction, Flags, Header, Packet, Path, State};

/// A packet's source port where none is given.
const SOURCE_PORT: u16 = 1025;

/// Protocols with ports.
const WITH_PORTS: &[u8] = &[6, 17, 33, 132, 136];

/// The options that tell of a packet.
#[derive(clap::Args)]
#[group(id = "single", multiple = true)]
pub(super) struct Args {
    /// The device it comes in by.
    #[arg(long = "in", value_name = "IF")]
    arrival: Option<String>,
    /// The device it leaves by.
    #[arg(long = "out", value_name = "IF")]
    departure: Option<String>,
    /// The protocol by name or number.
    #[arg(long, value_name = "PROTOCOL", value_parser = protocol, default_value = "tcp")]
    proto: u8,
    /// Source address.
    #[arg(long, value_name = "ADDR", required_unless_present = "packets")]
    src: Option<Ipv4Addr>,
    /// Source port; 1025 where it is not given.
    #[arg(long, value_name = "PORT")]
    sport: Option<String>,
    /// Destination address.
    #[arg(long, value_name = "ADDR", required_unless_present = "packets")]
    dst: Option<Ipv4Addr>,
    /// Destination port.
    #[arg(long, value_name = "PORT")]
    dport: Option<String>,
    /// The first packet of a TCP connection: SYN and nothing else.
    #[arg(long, conflicts_with = "tcp_flags")]
    syn: bool,
    /// The TCP flags that are set, by name or first letter; ACK where they are not given.
    #[arg(long, value_name = "S,A...")]
    tcp_flags: Option<String>,
    /// ICMP type by name or number; echo-request where it is not given.
    #[arg(long, value_name = "TYPE[/CODE]")]
    icmp_type: Option<String>,
    /// It is a second or later fragment, which iptables sees only where no connections are tracked, and never in INPUT.
    #[arg(long)]
    fragment: bool,
    /// The TOS byte.
    #[arg(long, value_name = "N", value_parser = number, default_value = "0")]
    tos: u32,
    /// The firewall mark that it comes with.
    #[arg(long, value_name = "N", value_parser = number, default_value = "0")]
    mark: u32,
    /// Its length in bytes with the IP header.
    #[arg(long, value_name = "N")]
    length: Option<u16>,
    /// Its state: new, established, related, invalid or untracked; as of a packet that nothing went before otherwise.
    #[arg(long, value_name = "STATE", value_parser = state)]
    state: Option<State>,
    /// It is an answer to its connection's first packet.
    #[arg(long)]
    reply: bool,
    /// Its way: in, out or fwd; told from the devices otherwise.
    #[arg(long, value_name = "PATH", value_parser = path)]
    path: Option<Path>,
}

fn protocol(word: &str) -> Result<u8, String> {
    let named = || names::protocol(&word.to_lowercase());
    word.parse().ok().or_else(named).ok_or_else(|| "there is no such protocol".to_owned())
}

fn number(word: &str) -> Result<u32, String> {
    let read = match word.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => word.parse(),
    };
    read.map_err(|_| "it is no number of 32 bits".to_owned())
}

fn state(word: &str) -> Result<State, String> {
    State::named(word).ok_or_else(|| "there is no such state".to_owned())
}

/// The way called `in`, `out` or `fwd`.
pub(super) fn path(word: &str) -> Result<Path, String> {
    match word {
        "in" => Ok(Path::Received),
        "out" => Ok(Path::Sent),
        "fwd" => Ok(Path::Forwarded),
        _ => Err("it is none of in, out and fwd".to_owned()),
    }
}

impl Args {
    /// The packet, or what is wrong with the options.
    pub(super) fn packet(&self) -> Result<Packet, String> {
        let mut packet = Packet {
            path: self.path()?,
            arrival: self.arrival.clone().unwrap_or_default(),
            departure: self.departure.clone().unwrap_or_default(),
            own_address: None,
            source: self.src.ok_or("--src is missing")?,
            destination: self.dst.ok_or("--dst is missing")?,
            protocol: self.proto,
            header: self.header()?,
            fragment: self.fragment,
            tos: u8::try_from(self.tos).map_err(|_| format!("--tos {} is more than a byte", self.tos))?,
            mark: self.mark,
            length: self.length,
            connection: Connection::new(State::New),
        };
        packet.connection.state = self.state.unwrap_or_else(|| State::of_first(&packet));
        if self.reply {
            packet.connection.direction = Direction::Reply;
        }
        Ok(packet)
    }

    fn path(&self) -> Result<Path, String> {
        let derived = match (&self.arrival, &self.departure) {
            (Some(_), None) => Ok(Path::Received),
            (None, Some(_)) => Ok(Path::Sent),
            (Some(_), Some(_)) => Ok(Path::Forwarded),
            (None, None) => Err("--in or --out has to name a device".to_owned()),
        };
        match (derived, self.path) {
            (Err(message), _) => Err(message),
            (Ok(_), Some(Path::Received | Path::Forwarded)) if self.arrival.is_none() => {
                Err("--in is missing".to_owned())
            }
            (Ok(_), Some(Path::Sent | Path::Forwarded)) if self.departure.is_none() => {
                Err("--out is missing".to_owned())
            }
            (Ok(path), given) => Ok(given.unwrap_or(path)),
        }
    }

    fn header(&self) -> Result<Header, String> {
        self.fits()?;
        if self.fragment {
            return Ok(Header::Hidden);
        }
        match self.proto {
            1 => self.icmp(),
            6 => {
                let (source, destination) = self.ports("tcp")?;
                Ok(Header::Tcp { source, destination, flags: self.flags()? })
            }
            own if WITH_PORTS.contains(&own) => {
                let (source, destination) = self.ports("udp")?;
                Ok(Header::Ports { source, destination })
            }
            _ => Ok(Header::Hidden),
        }
    }

    /// An option that says nothing of such a packet is a mistake.
    fn fits(&self) -> Result<(), String> {
        let given = [
            ("--sport", self.sport.is_some(), WITH_PORTS),
            ("--dport", self.dport.is_some(), WITH_PORTS),
            ("--syn", self.syn, &[6]),
            ("--tcp-flags", self.tcp_flags.is_some(), &[6]),
            ("--icmp-type", self.icmp_type.is_some(), &[1]),
        ];
        let wrong = given.iter().find(|(_, given, protocols)| *given && !protocols.contains(&self.proto));
        match (wrong, given.iter().find(|(_, given, _)| *given && self.fragment)) {
            (Some((option, ..)), _) => {
                let name = names::protocol_name(self.proto).map_or_else(|| self.proto.to_string(), str::to_owned);
                Err(format!("{option} says nothing of a packet of the protocol {name}"))
            }
            (None, Some((option, ..))) => Err(format!("{option} says nothing of a later fragment")),
            (None, None) => Ok(()),
        }
    }

    fn ports(&self, protocol: &str) -> Result<(u16, u16), String> {
        let port = |word: &str| {
            let named = || names::service(word, protocol);
            word.parse().ok().or_else(named).ok_or_else(|| format!("`{word}` is no port or service"))
        };
        let source = self.sport.as_deref().map_or(Ok(SOURCE_PORT), port)?;
        Ok((source, port(self.dport.as_deref().ok_or("--dport is missing")?)?))
    }

    fn flags(&self) -> Result<Flags, String> {
        let Some(words) = &self.tcp_flags else { return Ok(if self.syn { Flags::SYN } else { Flags::ACK }) };
        let named = |word: &str| Flags::named(word).ok_or_else(|| format!("`{word}` is no TCP flag"));
        let words = words.split(',').filter(|word| !word.is_empty() && !word.eq_ignore_ascii_case("none"));
        words.map(named).try_fold(Flags::default(), |all, one| Ok(all.with(one?)))
    }

    fn icmp(&self) -> Result<Header, String> {
        let word = self.icmp_type.as_deref().unwrap_or("echo-request");
        let row = extensions::find("icmp", Role::Match, Family::V4).and_then(|icmp| icmp.option("--icmp-type"));
        let scope = Scope { family: Family::V4, protocol: Given::Protocol(1, false) };
        match row.map(|row| row.kind.read(&[word], scope)).transpose()?.flatten() {
            Some(Argument::Icmp { kind, low, .. }) => Ok(Header::Icmp { kind, code: low }),
            _ => Err(format!("`{word}` is no ICMP type")),
        }
    }
}

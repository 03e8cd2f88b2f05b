//! Many packets, one JSON object a line, in the form of the conformance vectors.

use std::borrow::Cow;
use std::fs;
use std::io::{self, Read};
use std::net::Ipv4Addr;
use std::path::Path as FilePath;

use serde::Deserialize;

use super::{CLEAN, FINDINGS, single, written};
use crate::packet::{Connection, Decision, Direction, Filter, Flags, Header, Hook, Host, Packet, Path, State};
use crate::report::{Failure, Level, verdict_line, visible};

/// A packet as a line has it; what the answer would be is not looked at.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    level: Option<Cow<'a, str>>,
    #[serde(borrow)]
    chain: Option<Cow<'a, str>>,
    #[serde(borrow)]
    path: Option<Cow<'a, str>>,
    #[serde(default)]
    iif: String,
    #[serde(default)]
    oif: String,
    oif_addr: Option<Ipv4Addr>,
    proto: u8,
    src: Ipv4Addr,
    dst: Ipv4Addr,
    sport: Option<u16>,
    dport: Option<u16>,
    #[serde(borrow)]
    tcp_flags: Option<Cow<'a, str>>,
    icmp_type: Option<u8>,
    icmp_code: Option<u8>,
    #[serde(default)]
    frag: bool,
    #[serde(default)]
    tos: u8,
    #[serde(borrow)]
    state: Option<Cow<'a, str>>,
    #[serde(default)]
    reply: bool,
}

/// What a line asks for.
enum Asked {
    Chain(Hook),
    Host(Path),
}

/// Answers every line of `path`; what comes before a line that cannot be read is answered all the same.
pub(super) fn run(filter: &Filter, host: &Host, path: &FilePath) -> Result<u8, Failure> {
    let name = path.to_string_lossy();
    let text = read(path).map_err(|error| Failure { path: Some(name.clone().into()), message: error.to_string() })?;
    let mut answers = String::with_capacity(text.len() / 2);
    let (mut failure, mut status) = (None, CLEAN);
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match answer(filter, host, line, &mut answers) {
            Ok(Decision::Known(_)) => {}
            Ok(Decision::Depends { .. }) => status = FINDINGS,
            Err(message) => {
                failure = Some(Failure { path: Some(format!("{name}:{}", at + 1)), message });
                break;
            }
        }
    }
    written(&answers)?;
    failure.map_or(Ok(status), Err)
}

fn read(path: &FilePath) -> io::Result<String> {
    if path.as_os_str() != "-" {
        return fs::read_to_string(path);
    }
    let mut text = String::new();
    io::stdin().lock().read_to_string(&mut text)?;
    Ok(text)
}

fn answer(filter: &Filter, host: &Host, line: &str, answers: &mut String) -> Result<Decision, String> {
    let line: Line<'_> = serde_json::from_str(line).map_err(|error| misread(&error))?;
    let asked = line.asked()?;
    line.names_devices(&asked)?;
    let packet = line.packet(match asked {
        Asked::Chain(Hook::Forward) => Path::Forwarded,
        Asked::Chain(Hook::Output) => Path::Sent,
        Asked::Chain(_) => Path::Received,
        Asked::Host(path) => path,
    })?;
    let (decision, level) = match asked {
        Asked::Chain(hook) => (filter.ask(hook, &packet, None), Level::Chain),
        Asked::Host(_) => (filter.pass(&packet, host, None), Level::Host),
    };
    answers.push_str(&verdict_line(&decision, level, filter.dialect()));
    Ok(decision)
}

/// What is wrong with a line that is no packet; the line is named with the file.
fn misread(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    format!("column {}: {message}; a packet is a JSON object, see `iptlint trace --help`", error.column())
}

impl Line<'_> {
    fn asked(&self) -> Result<Asked, String> {
        match self.level.as_deref() {
            Some("chain") => match self.chain.as_deref().map(str::to_lowercase).as_deref() {
                Some("input") => Ok(Asked::Chain(Hook::Input)),
                Some("forward") => Ok(Asked::Chain(Hook::Forward)),
                Some("output") => Ok(Asked::Chain(Hook::Output)),
                _ => Err("`chain` is none of input, forward and output".to_owned()),
            },
            Some("host") | None => {
                let path = single::path(self.path.as_deref().unwrap_or_default());
                path.map(Asked::Host).map_err(|message| format!("`path`: {message}"))
            }
            Some(_) => Err("`level` is neither chain nor host".to_owned()),
        }
    }

    /// Whether the devices are given that the rules asked may look at.
    fn names_devices(&self, asked: &Asked) -> Result<(), String> {
        let arrives = matches!(asked, Asked::Chain(Hook::Input) | Asked::Host(Path::Received | Path::Forwarded));
        let leaves = !matches!(asked, Asked::Chain(Hook::Input) | Asked::Host(Path::Received));
        match (arrives && self.iif.is_empty(), leaves && self.oif.is_empty()) {
            (true, _) => Err("`iif` is missing".to_owned()),
            (_, true) => Err("`oif` is missing".to_owned()),
            _ => Ok(()),
        }
    }

    fn packet(self, path: Path) -> Result<Packet, String> {
        let header = self.header()?;
        let mut packet = Packet {
            path,
            arrival: self.iif,
            departure: self.oif,
            own_address: self.oif_addr,
            source: self.src,
            destination: self.dst,
            protocol: self.proto,
            header,
            fragment: self.frag,
            tos: self.tos,
            mark: 0,
            length: None,
            connection: Connection::new(State::New),
        };
        packet.connection.state = match self.state.as_deref() {
            Some(name) => State::named(name).ok_or_else(|| format!("there is no state `{name}`"))?,
            None => State::of_first(&packet),
        };
        if self.reply {
            packet.connection.direction = Direction::Reply;
        }
        Ok(packet)
    }

    fn header(&self) -> Result<Header, String> {
        let ports = || self.sport.zip(self.dport).ok_or("`sport` or `dport` is missing");
        match self.proto {
            _ if self.frag => Ok(Header::Hidden),
            1 => {
                let kind = self.icmp_type.ok_or("`icmp_type` is missing")?;
                Ok(Header::Icmp { kind, code: self.icmp_code.ok_or("`icmp_code` is missing")? })
            }
            6 => {
                let (source, destination) = ports()?;
                Ok(Header::Tcp { source, destination, flags: self.flags()? })
            }
            17 => ports().map(|(source, destination)| Header::Ports { source, destination }).map_err(str::to_owned),
            _ => Ok(ports().map_or(Header::Hidden, |(source, destination)| Header::Ports { source, destination })),
        }
    }

    fn flags(&self) -> Result<Flags, String> {
        let letters = self.tcp_flags.as_deref().ok_or("`tcp_flags` is missing")?.chars();
        let named = |letter: char| {
            let flag = Flags::named(letter.encode_utf8(&mut [0; 4]));
            flag.ok_or_else(|| {
                format!("`tcp_flags`: `{}` is none of S, A, F, R, P and U", visible(&letter.to_string()))
            })
        };
        letters.map(named).try_fold(Flags::default(), |all, one| Ok(all.with(one?)))
    }
}

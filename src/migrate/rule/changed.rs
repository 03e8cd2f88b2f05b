//! Tests of packets whose addresses the kernel has changed before a copy of their chain asks about them.

use super::{Devices, OPTIONAL, Tokens, Trouble, known_port, optional_port, protocol_of};
use crate::model::{Address, Known, Match, Network, PortRange, Protocol, Rule, Test};

/// The ports that masquerading takes.
const MASQUERADE_PORTS: PortRange = PortRange { low: 61000, high: 65095 };

/// Whether the ports that masquerading takes are in a range, if all of them are or none.
fn fits_masquerading(range: PortRange) -> Option<bool> {
    let overlaps = range.low <= MASQUERADE_PORTS.high && range.high >= MASQUERADE_PORTS.low;
    let covers = range.low <= MASQUERADE_PORTS.low && range.high >= MASQUERADE_PORTS.high;
    (covers || !overlaps).then_some(covers)
}

/// The same for the text of ports, as the function `masqueraded_port` reads it: no text is every port, and services have
/// lower ones.
pub(in crate::migrate) fn text_fits_masquerading(text: &str) -> Option<bool> {
    let (low, high) = text.split_once(':').unwrap_or((text, text));
    let number = |end: &str, otherwise: u16| if end.is_empty() { otherwise } else { end.parse().unwrap_or(1) };
    fits_masquerading(PortRange { low: number(low, 0), high: number(high, u16::MAX) })
}

/// What the ports that masquerading takes say of a rule's destination port, and with it of answers, if anything.
pub(in crate::migrate) fn fits_answers(rule: &Rule) -> Option<bool> {
    let (negated, range) = known_port(rule, false).ok()??;
    fits_masquerading(range).map(|fits| fits != negated)
}

/// Which options of conntrack ask for a packet's destination as it was before the kernel changed it.
#[derive(Clone, Copy)]
pub(in crate::migrate) struct Before {
    pub(in crate::migrate) address: &'static str,
    pub(in crate::migrate) port: &'static str,
}

impl Before {
    /// Answers to masqueraded connections.
    pub(in crate::migrate) const REPLY: Self = Self { address: "--ctrepldst", port: "--ctrepldstport" };
    /// Connections to this host that go on to an inside one.
    pub(in crate::migrate) const RELAYED: Self = Self { address: "--ctorigdst", port: "--ctorigdstport" };

    /// Whether `option` asks for an address.
    pub(in crate::migrate) fn asks_address(option: &str) -> bool {
        option == Self::REPLY.address || option == Self::RELAYED.address
    }

    /// The tests with these options in the place of those that ask for the destination.
    /// `rule` says whether they ask at all, `reversed` that the rule is the second one of `-b`.
    pub(in crate::migrate) fn tests(self, body: Tokens, rule: &Rule, reversed: bool) -> Tokens {
        let mut tokens = Tokens::default();
        let mut old = body.0.into_iter();
        while let Some(token) = old.next() {
            let option = match token.text.as_str() {
                "-d" | "--destination" | "--dst" => self.address,
                "--dport" => self.port,
                text if text.contains(OPTIONAL) => {
                    let text = text.replace(":+--dport ", &format!(":+-m conntrack {} ", self.port));
                    tokens.add(token.anchor, text);
                    continue;
                }
                _ => {
                    tokens.0.push(token);
                    continue;
                }
            };
            // A negation stands before its option, and the module before both.
            let negation = tokens.0.pop_if(|last| last.text == "!");
            let Some(value) = old.next() else { continue };
            if option == self.address && is_any_address(rule, reversed) {
                continue;
            }
            tokens.add(token.anchor, "-m");
            tokens.add(token.anchor, "conntrack");
            tokens.0.extend(negation);
            tokens.add(token.anchor, option);
            tokens.0.push(value);
        }
        tokens
    }
}

/// Without the test of the destination port where the ports for masquerading decide it: answers come to one of those.
pub(in crate::migrate) fn answered(body: Tokens, rule: &Rule, reversed: bool) -> Result<Tokens, Trouble> {
    // A port that is only known at run time is asked about then.
    let Ok(Some((negated, range))) = known_port(rule, reversed) else { return Ok(body) };
    match fits_masquerading(range) {
        None => return Ok(body),
        Some(within) if within == negated => return Err(Trouble::Never),
        Some(_) => {}
    }
    let mut tokens = Tokens::default();
    let mut old = body.0.into_iter();
    while let Some(token) = old.next() {
        if token.text == "--dport" {
            tokens.0.pop_if(|last| last.text == "!");
            old.next();
        } else {
            tokens.0.push(token);
        }
    }
    Ok(tokens)
}

/// Whether a rule takes packets from, or to, every address.
fn is_any_address(rule: &Rule, source: bool) -> bool {
    let any = |found: &Match| match (&found.test, source) {
        (Test::Source(Known::Is(Address::V4(network))), true)
        | (Test::Destination(Known::Is(Address::V4(network))), false) => *network == Network::ANY,
        (Test::Source(_), true) | (Test::Destination(_), false) => false,
        _ => true,
    };
    rule.matches.iter().all(any)
}

/// The tests of a masqueraded packet: its source is the address of the device by which it goes,
/// its source port one of those for masquerading. `reversed` says that the rule is the second one of `-b`.
/// Also whether the source port fits only if masquerading chooses a port that does. A port that is not known is asked for
/// when the script runs.
pub(in crate::migrate) fn disguised(body: Tokens, rule: &Rule, reversed: bool) -> Result<(Tokens, bool), Trouble> {
    let (mut doubtful, mut is_asked) = (false, false);
    match known_port(rule, !reversed) {
        Err(_) if has_ports(rule) => is_asked = true,
        Err(trouble) => return Err(trouble),
        Ok(None) => {}
        Ok(Some((negated, range))) => match fits_masquerading(range) {
            None => doubtful = true,
            Some(within) if within == negated => return Err(Trouble::Never),
            Some(_) => {}
        },
    }
    let (mut tokens, mut source, mut device, mut ports) = (Tokens::default(), None, None, None);
    let mut old = body.0.into_iter();
    while let Some(token) = old.next() {
        let slot = match token.text.as_str() {
            "-s" | "--source" | "--src" => &mut source,
            "-o" => &mut device,
            "--sport" => {
                let negated = tokens.0.pop_if(|last| last.text == "!").is_some();
                let value = old.next().filter(|_| is_asked);
                if negated && value.is_some() {
                    return Err(Trouble::RunTime);
                }
                ports = value.map(|value| one_word(&value.text));
                continue;
            }
            text => {
                match optional_port(text).filter(|(_, option)| *option == "--sport") {
                    Some(_) if !has_ports(rule) => return Err(Trouble::RunTime),
                    Some((name, _)) => ports = Some(format!("\"${name}\"")),
                    None => tokens.0.push(token),
                }
                continue;
            }
        };
        let negated = tokens.0.pop_if(|last| last.text == "!").is_some();
        *slot = old.next().map(|value| (negated, token, value));
    }
    match source.filter(|_| !is_any_address(rule, !reversed)) {
        Some((negated, _, value)) => {
            let word = |negated: bool, text: &str| format!("{}{text}", if negated { "! " } else { "" });
            let name = device.map(|(negated, _, value)| format!(" {}", word(negated, &one_word(&value.text))));
            let arguments = format!("{}{}", word(negated, &one_word(&value.text)), name.unwrap_or_default());
            tokens.1 = Some(Devices { arguments, ports });
        }
        None if ports.is_some() => return Err(Trouble::RunTime),
        None => {
            if let Some((negated, option, value)) = device {
                tokens.add_negated(option.anchor, negated, &option.text);
                tokens.0.push(value);
            }
        }
    }
    Ok((tokens, doubtful))
}

/// Whether a rule that asks for ports is for TCP or UDP, as one is that iptables takes with a protocol which is only known
/// when the script runs.
fn has_ports(rule: &Rule) -> bool {
    matches!(protocol_of(rule), None | Some((Protocol::TCP | Protocol::UDP, false)))
}

/// A word of the script that stays one word, whatever its variables hold: its place among the arguments counts.
fn one_word(text: &str) -> String {
    match text.contains(['$', '`']) && !text.contains(['"', '\'', '\\']) {
        true => format!("\"{text}\""),
        false => text.to_owned(),
    }
}

//! Ports by number or service name, alone, in ranges and in lists.

use super::super::syntax;
use super::number::{number_before, wrapping};
use super::{Given, Scope, number};
use crate::dialect::names;
use crate::model::{Argument, PortRange};

/// How many ports `-m multiport` holds.
const MOST: usize = 15;

/// Protocols whose services have names of their own.
const NAMED: [(u16, &str); 4] = [(6, "tcp"), (17, "udp"), (132, "sctp"), (33, "dccp")];

/// The lists of services have none for DCCP, and iptables takes those of the others.
const DCCP: u16 = 33;

/// A port of the protocol in scope; where that is not known, a name of any protocol will do.
fn port(word: &str, scope: Scope) -> Result<u16, String> {
    let wrong = || format!("`{word}` is no port or service");
    if let Some(value) = number(word) {
        return u16::try_from(value).map_err(|_| wrong());
    }
    service(word, scope)
}

fn service(word: &str, scope: Scope) -> Result<u16, String> {
    let given = match scope.protocol {
        Given::Protocol(given, _) => NAMED.iter().find(|(number, _)| *number == given),
        _ => None,
    };
    let mut among = NAMED.iter().filter(|named| given.is_none_or(|given| given.0 == DCCP || given == *named));
    let found = among.find_map(|(_, protocol)| names::service(word, protocol));
    found.ok_or_else(|| format!("`{word}` is no port or service"))
}

pub(super) fn range(word: &str, scope: Scope) -> Result<Argument, String> {
    let end = |text: &str, default| if text.is_empty() { Ok(default) } else { port(text, scope) };
    let range = match syntax::range(word) {
        Some((low, Some(high))) => PortRange { low: end(low, 0)?, high: end(high, u16::MAX)? },
        _ => PortRange::single(port(word, scope)?),
    };
    if range.low > range.high {
        return Err(format!("the port range `{word}` runs backwards"));
    }
    Ok(Argument::Ports(vec![range]))
}

/// A port as getaddrinfo(3) reads it: in decimal, and of a larger number the lower 16 bits.
fn wrapping_port(word: &str, scope: Scope) -> Result<u16, String> {
    let Some(value) = wrapping(word, true) else { return service(word, scope) };
    let positive = value as i32 >= 0;
    positive.then_some(value as u16).ok_or_else(|| format!("`{word}` is no port or service"))
}

/// Services of any protocol will do.
const ANY: Scope = Scope { family: crate::model::Family::V4, protocol: Given::Nothing };

pub(super) fn wrapping_single(word: &str) -> Result<Argument, String> {
    wrapping_port(word, ANY).map(|port| Argument::Number(port.into()))
}

/// A range of such ports, which may run backwards.
pub(super) fn wrapping_range(word: &str) -> Result<Argument, String> {
    let end = |text: &str, default| if text.is_empty() { Ok(default) } else { wrapping_port(text, ANY) };
    let range = match word.split_once(':') {
        Some((_, high)) if high.contains(':') => return Err(format!("`{word}` is no range of ports")),
        Some((low, high)) => PortRange { low: end(low, 0)?, high: end(high, u16::MAX)? },
        None => PortRange::single(wrapping_port(word, ANY)?),
    };
    Ok(Argument::Ports(vec![range]))
}

/// What is odd about the names of services, of which today's lists have not all that older ones have.
pub(super) fn doubt_services(word: &str, scope: Scope) -> Option<String> {
    let among: Vec<&str> = match scope.protocol {
        Given::Protocol(given, _) => {
            NAMED.iter().filter(|(number, _)| *number == given).map(|(_, name)| *name).collect()
        }
        _ => NAMED.iter().map(|(_, name)| *name).collect(),
    };
    let is_old = |name: &&str| {
        let known = |list: fn(&str, &str) -> bool| among.iter().any(|protocol| list(name, protocol));
        known(|name, protocol| names::service(name, protocol).is_some()) && !known(names::is_current_service)
    };
    let old = word.split([',', ':']).find(is_old)?;
    let over = if let [protocol] = among.as_slice() { format!(" over {protocol}") } else { String::new() };
    Some(format!(
        "only older lists of services have `{old}`{over}, and iptables refuses it where it is not in the list"
    ))
}

/// What is odd about such a range, which iptables takes all the same.
pub(super) fn doubt(word: &str) -> Option<String> {
    // Names of services, and numbers of which bits are dropped, count as what they become.
    let read = wrapping_range(word).ok();
    if let Some(Argument::Ports(ranges)) = &read
        && ranges.iter().any(|range| range.low > range.high)
    {
        return Some(format!(
            "the port range `{word}` runs backwards: it matches nothing, and iptables 1.8.11 refuses it"
        ));
    }
    let number = |text: &str| text.parse::<u64>().ok();
    let beyond = word.split(':').find(|text| number(text).is_some_and(|port| port > u16::MAX.into()))?;
    let kept = number(beyond).unwrap_or(0) as u16;
    Some(format!("`{beyond}` is beyond the last port 65535, and iptables takes it for {kept}"))
}

pub(super) fn list(word: &str, scope: Scope) -> Result<Argument, String> {
    let mut ranges = Vec::new();
    let mut count = 0;
    for item in word.split(',') {
        if item.is_empty() {
            return Err(format!("the list `{word}` has an empty part"));
        }
        let range = match item.split_once(':') {
            None => PortRange::single(port(item, scope)?),
            Some((low, high)) => PortRange { low: port(low, scope)?, high: port(high, scope)? },
        };
        if item.contains(':') && range.low >= range.high {
            return Err(format!("the port range `{item}` does not go upwards"));
        }
        count += if item.contains(':') { 2 } else { 1 };
        ranges.push(range);
    }
    if count > MOST {
        return Err(format!("{count} ports are more than the {MOST} that `-m multiport` holds (a range counts twice)"));
    }
    Ok(Argument::Ports(ranges))
}

/// What becomes of a base for ports that are shifted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shift {
    /// The ports are shifted by it.
    Kept,
    /// It is read and forgotten, and `iptables-save` shows 0, which cannot be read.
    Forgotten,
    /// It is refused.
    Refused,
}

/// `port[-port[/base]]` in canonical spelling, with services of any protocol.
pub(super) fn nat(word: &str, shift: Shift) -> Result<String, String> {
    if word.contains(':') {
        return Err(format!("`{word}` has a colon; a range of ports is written `low-high` here"));
    }
    // A service may have a dash in its name, so the whole word is tried first.
    if let Ok(single) = port(word, ANY) {
        return Ok(single.to_string());
    }
    let wrong = || format!("`{word}` is no port or range of ports");
    let (low, rest) = word.split_once('-').ok_or_else(wrong)?;
    let (high, base) = rest.split_once('/').map_or((rest, None), |(high, base)| (high, Some(base)));
    let number16 = |text| number(text).and_then(|value| u16::try_from(value).ok()).ok_or_else(wrong);
    let (low, high) = (number16(low)?, number16(high)?);
    if low > high {
        return Err(format!("the port range `{word}` runs backwards"));
    }
    let base = base.map(base_port).transpose()?;
    let base = match (base, shift) {
        (Some(_), Shift::Refused) => return Err(format!("`{word}`: this target cannot shift ports")),
        (Some(_), Shift::Forgotten) => "/0".to_owned(),
        (Some(base), Shift::Kept) => format!("/{base}"),
        (None, _) => String::new(),
    };
    Ok(if low == high { format!("{low}{base}") } else { format!("{low}-{high}{base}") })
}

/// The port that ports are shifted by; what follows its number counts for nothing.
fn base_port(text: &str) -> Result<u16, String> {
    let wrong = || format!("ports cannot be shifted to `{text}`");
    match number_before(text) {
        Some(number) => u16::try_from(number).ok().filter(|port| *port > 0).ok_or_else(wrong),
        None => service(text, ANY),
    }
}

/// What is odd about a base, which iptables takes all the same.
pub(super) fn doubt_shift(ports: &str, shift: Shift) -> Option<String> {
    let base = ports.split_once('/').filter(|_| shift == Shift::Forgotten)?.1;
    Some(format!("iptables forgets `/{base}`, and the ports are not shifted by it; only DNAT has such a base"))
}

//! Addresses within arguments of extensions.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::super::{address as networks, syntax};
use super::{Scope, number, ports};
use crate::model::{Address, Argument, Family, Network};

/// An address written in full.
fn full(word: &str, family: Family) -> Result<IpAddr, String> {
    let parsed = match family {
        Family::V4 => word.parse::<Ipv4Addr>().map(IpAddr::V4).ok(),
        Family::V6 => word.parse::<Ipv6Addr>().map(IpAddr::V6).ok(),
    };
    parsed.ok_or_else(|| format!("`{word}` is no address"))
}

/// `[address[-address]][:ports]` in canonical spelling.
pub(super) fn nat(word: &str, scope: Scope, shifted: bool) -> Result<Argument, String> {
    let bare_v6 = scope.family == Family::V6 && !word.starts_with(['[', ':']) || word.starts_with("::");
    let parts = if bare_v6 {
        let (first, last) = word.split_once('-').map_or((word, None), |(first, last)| (first, Some(last)));
        syntax::Nat { first: Some(first), last, ports: None }
    } else {
        syntax::nat(word).ok_or_else(|| format!("`{word}` is no address"))?
    };
    let mut text = String::new();
    if let Some(first) = parts.first {
        let first = full(first, scope.family)?;
        let last = parts.last.map(|last| full(last, scope.family)).transpose()?.filter(|last| *last != first);
        let brackets = scope.family == Family::V6 && parts.ports.is_some();
        let range = last.map_or(first.to_string(), |last| format!("{first}-{last}"));
        text = if brackets { format!("[{range}]") } else { range };
    } else if parts.ports.is_none() {
        return Err("the address is missing".to_owned());
    }
    if let Some(ports) = parts.ports {
        text.push(':');
        text.push_str(&ports::nat(ports, scope, shifted)?);
    }
    Ok(Argument::Text(text))
}

pub(super) fn mac(word: &str) -> Result<Argument, String> {
    let bytes = syntax::mac(word).ok_or_else(|| format!("`{word}` is no hardware address"))?;
    let text: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Argument::Text(text.join(":")))
}

pub(super) fn range(word: &str, family: Family) -> Result<Argument, String> {
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    if family == Family::V6 {
        let (first, last) = (full(first, family)?, full(last, family)?);
        return Ok(Argument::Text(format!("{first}-{last}")));
    }
    let one = |text| networks::padded(text).ok_or_else(|| format!("`{text}` is no address"));
    Ok(Argument::AddressRange(one(first)?, one(last)?))
}

pub(super) fn write_range(first: u32, last: u32) -> String {
    format!("{}-{}", Ipv4Addr::from(first), Ipv4Addr::from(last))
}

/// An address that keeps its bits outside the mask, as conntrack options do.
pub(super) fn host(word: &str, family: Family) -> Result<Argument, String> {
    let (address, mask) = syntax::masked(word).unwrap_or((word, None));
    let wrong = || format!("`{word}` is no address");
    if family == Family::V6 || address.contains(|c: char| c.is_ascii_alphabetic()) {
        return networks::read(word, family).map(Argument::Network);
    }
    let address = dotted(address).ok_or_else(wrong)?;
    let mask = mask.map_or(Some(u32::MAX), networks::mask).ok_or_else(wrong)?;
    Ok(Argument::Network(Address::V4(Network { address, mask })))
}

/// Addresses of extensions with missing parts are numbers in the inet_aton(3) sense: `10` is 0.0.0.10.
fn dotted(word: &str) -> Option<u32> {
    let parts: Option<Vec<u64>> = word.split('.').map(number).collect();
    let parts = parts?;
    let (last, first) = parts.split_last()?;
    let free = 32 - 8 * u32::try_from(first.len()).ok()?.min(4);
    if first.len() > 3 || first.iter().any(|part| *part > 255) || *last >= 1 << free {
        return None;
    }
    let high = first.iter().enumerate().map(|(at, part)| (*part as u32) << (24 - 8 * at)).sum::<u32>();
    Some(high | *last as u32)
}

pub(super) fn write_host(address: &Address) -> String {
    match address {
        Address::V4(network) if network.mask == u32::MAX => Ipv4Addr::from(network.address).to_string(),
        Address::V6(network) if network.mask == u128::MAX => Ipv6Addr::from(network.address).to_string(),
        other => other.to_string(),
    }
}

/// A mask that is no prefix counts as if it were whole, as NETMAP reads it.
pub(super) fn network(word: &str, family: Family) -> Result<Argument, String> {
    match host(word, family)? {
        Argument::Network(Address::V4(network)) => {
            let mask = network.prefix_length().map_or(u32::MAX, |_| network.mask);
            Ok(Argument::Network(Address::V4(Network { address: network.address & mask, mask })))
        }
        other => Ok(other),
    }
}

/// How many bits of an address count; more than it has are all of them, except for IPv6.
pub(super) fn bits(word: &str, family: Family) -> Result<Argument, String> {
    let wrong = || format!("`{word}` is no prefix length");
    if let Some(mask) = networks::mask(word).filter(|_| word.contains('.')) {
        return Ok(Argument::Number(mask.leading_ones().into()));
    }
    let length = number(word).filter(|length| *length <= 128).ok_or_else(wrong)?;
    Ok(Argument::Number(if family == Family::V4 { length.min(32) } else { length }))
}

/// A network written as a prefix with its length, without bits beyond it.
pub(super) fn prefix(word: &str) -> Result<Argument, String> {
    let wrong = || format!("`{word}` is no prefix such as 2001:db8::/64");
    let (address, length) = word.split_once('/').ok_or_else(wrong)?;
    let address: Ipv6Addr = address.parse().map_err(|_| wrong())?;
    let length = number(length).and_then(|length| u32::try_from(length).ok()).filter(|length| *length <= 128);
    let length = length.ok_or_else(wrong)?;
    let beyond = u128::MAX.checked_shr(length).unwrap_or(0);
    if u128::from(address) & beyond != 0 {
        return Err(format!("`{word}` has bits beyond its prefix"));
    }
    Ok(Argument::Text(format!("{address}/{length}")))
}

/// An address that keeps its bits beyond the prefix.
pub(super) fn segment(word: &str) -> Result<Argument, String> {
    let wrong = || format!("`{word}` is no IPv6 address");
    let (address, length) = word.split_once('/').unwrap_or((word, "128"));
    let address: Ipv6Addr = address.parse().map_err(|_| wrong())?;
    let length = number(length).filter(|length| *length <= 128).ok_or_else(wrong)?;
    Ok(Argument::Text(format!("{address}/{length}")))
}

pub(super) fn netmask(word: &str) -> Result<Argument, String> {
    let address: IpAddr = word.parse().map_err(|_| format!("`{word}` is no mask"))?;
    Ok(Argument::Text(address.to_string()))
}

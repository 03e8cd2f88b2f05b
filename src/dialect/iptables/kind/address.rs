//! Addresses within arguments of extensions.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::super::{address as networks, syntax};
use super::{Scope, Shift, number, ports};
use crate::model::{Address, Argument, Family, Network, written_v6};

/// An address written in full.
fn full(word: &str, family: Family) -> Result<IpAddr, String> {
    let parsed = match family {
        Family::V4 => word.parse::<Ipv4Addr>().map(IpAddr::V4).ok(),
        Family::V6 => word.parse::<Ipv6Addr>().map(IpAddr::V6).ok(),
    };
    parsed.ok_or_else(|| format!("`{word}` is no address"))
}

/// An address as `iptables-save` writes it.
fn written(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => written_v6(address),
    }
}

/// Whether ports follow the addresses of a `--to-source` argument.
pub(super) fn has_ports(word: &str) -> bool {
    syntax::nat(word).is_some_and(|parts| parts.ports.is_some())
}

/// `[address[-address]][:ports]` in canonical spelling.
pub(super) fn nat(word: &str, scope: Scope, shift: Shift) -> Result<Argument, String> {
    if scope.family == Family::V4 && word.contains('[') {
        return Err(format!("`{word}`: brackets are for IPv6 addresses"));
    }
    let parts = syntax::nat(word).ok_or_else(|| format!("`{word}` is no address"))?;
    let mut text = String::new();
    if let Some((first, last)) = parts.addresses {
        let first = full(first, scope.family)?;
        let last = last.map(|last| full(last, scope.family)).transpose()?.filter(|last| *last != first);
        let brackets = scope.family == Family::V6 && parts.ports.is_some();
        let last = last.map(|last| format!("-{}", written(last))).unwrap_or_default();
        let range = written(first) + &last;
        text = if brackets { format!("[{range}]") } else { range };
    }
    if let Some(ports) = parts.ports {
        text.push(':');
        text.push_str(&ports::nat(ports, shift)?);
    }
    Ok(Argument::Text(text))
}

/// What iptables overlooks in such an argument.
pub(super) fn doubt_nat(word: &str, shift: Shift) -> Option<String> {
    let parts = syntax::nat(word)?;
    let ignored = parts.ignored.filter(|text| *text != "[]");
    ignored
        .map(|text| format!("iptables overlooks `{text}`, which is no address"))
        .or_else(|| ports::doubt_shift(parts.ports?, shift))
}

pub(super) fn mac(word: &str) -> Result<Argument, String> {
    let bytes: Option<Vec<u8>> = word.split(':').map(hardware_byte).collect();
    let bytes = bytes.filter(|bytes| bytes.len() == HARDWARE_BYTES);
    let bytes = bytes.ok_or_else(|| format!("`{word}` is no hardware address"))?;
    let text: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Argument::Text(text.join(":")))
}

/// An address of which the first byte has the bit for groups.
pub(super) fn group_mac(word: &str) -> Result<Argument, String> {
    let first = word.split(':').next().and_then(hardware_byte);
    match first.is_some_and(|byte| byte & 1 == 0) {
        true => Err(format!("`{word}` is the hardware address of a single host")),
        false => mac(word),
    }
}

/// How many bytes a hardware address has.
const HARDWARE_BYTES: usize = 6;

/// A byte of at most two letters in hexadecimal, which may be missing, or a digit with a sign or a blank before it.
fn hardware_byte(text: &str) -> Option<u8> {
    match text.strip_prefix(['+', '-']).or_else(|| text.strip_prefix(number::BLANKS)) {
        _ if text.is_empty() => Some(0),
        _ if text.len() > 2 => None,
        Some(digit) => {
            let value = u8::from_str_radix(digit.strip_prefix('+').map_or(digit, |_| ""), 16).ok()?;
            Some(if text.starts_with('-') { value.wrapping_neg() } else { value })
        }
        None => u8::from_str_radix(text, 16).ok(),
    }
}

pub(super) fn range(word: &str, family: Family) -> Result<Argument, String> {
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    if family == Family::V6 {
        let (first, last) = (full(first, family)?, full(last, family)?);
        return Ok(Argument::Text(format!("{}-{}", written(first), written(last))));
    }
    let one = |text| networks::padded(text).ok_or_else(|| format!("`{text}` is no address"));
    Ok(Argument::AddressRange(one(first)?, one(last)?))
}

pub(super) fn write_range(first: u32, last: u32) -> String {
    format!("{}-{}", Ipv4Addr::from(first), Ipv4Addr::from(last))
}

/// An address that keeps its bits outside the mask, as conntrack options do. A mask that is no prefix counts as if it
/// were whole.
///
/// Missing parts are those in the middle: `10.1` is 10.0.0.1, and `10` is 0.0.0.10.
pub(super) fn host(word: &str, family: Family) -> Result<Argument, String> {
    let (address, mask) = syntax::masked(word).unwrap_or((word, None));
    let wrong = || format!("`{word}` is no address");
    if family == Family::V6
        && let Ok(bits) = networks::without_scope(address).parse::<Ipv6Addr>()
    {
        let length = mask.map_or(Some(128), |mask| length_of(mask, family)).ok_or_else(wrong)?;
        let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
        return Ok(Argument::Network(Address::V6(Network { address: u128::from(bits), mask })));
    }
    let number = networks::looked_up(address);
    let is_name = number.is_none() && networks::is_name(address);
    if family == Family::V6 || is_name {
        return networks::read(word, family).map(Argument::Network);
    }
    let address = number.ok_or_else(wrong)?;
    let length = mask.map_or(Some(u32::BITS), |mask| length_of(mask, family)).ok_or_else(wrong)?;
    Ok(Argument::Network(Address::V4(Network { address, mask: Network::<u32>::prefix_mask(length) })))
}

/// One address without a mask.
pub(super) fn address(word: &str, family: Family) -> Result<Argument, String> {
    if word.contains('/') {
        return Err(format!("`{word}` has a mask where one address is expected"));
    }
    host(word, family)
}

/// The bits that count of an IPv4 mask, by number or as an address.
fn mask_of(word: &str) -> Option<u32> {
    let length = number(word).and_then(|length| u32::try_from(length).ok()).filter(|length| *length <= 32);
    length.map(Network::<u32>::prefix_mask).or_else(|| networks::looked_up(word))
}

/// How long the prefix of a mask is, which is given as its length or as an address; of any other mask the whole.
fn length_of(word: &str, family: Family) -> Option<u32> {
    prefix_of(word, family).or_else(|| match family {
        Family::V4 => mask_of(word).map(|_| 32),
        Family::V6 => word.parse::<Ipv6Addr>().ok().map(|_| 128),
    })
}

/// The same, where only prefixes will do.
fn prefix_of(word: &str, family: Family) -> Option<u32> {
    match family {
        Family::V4 => mask_of(word).filter(|mask| mask.count_ones() == mask.leading_ones()).map(u32::leading_ones),
        Family::V6 => {
            let length = number(word).and_then(|length| u32::try_from(length).ok()).filter(|length| *length <= 128);
            let mask = || word.parse::<Ipv6Addr>().ok().map(u128::from);
            length.or_else(|| mask().filter(|mask| mask.count_ones() == mask.leading_ones()).map(u128::leading_ones))
        }
    }
}

pub(super) fn prefix_length(word: &str, family: Family, loose: bool) -> Result<Argument, String> {
    let length = if loose { length_of(word, family) } else { prefix_of(word, family) };
    length.map(|length| Argument::Number(length.into())).ok_or_else(|| format!("`{word}` is no prefix length"))
}

pub(super) fn write_host(address: &Address) -> String {
    match address {
        Address::V4(network) if network.mask == u32::MAX => Ipv4Addr::from(network.address).to_string(),
        Address::V6(network) if network.mask == u128::MAX => network.to_string().replace("/128", ""),
        other => other.to_string(),
    }
}

/// The same without the bits outside the mask, as NETMAP has it.
pub(super) fn network(word: &str, family: Family) -> Result<Argument, String> {
    match host(word, family)? {
        Argument::Network(Address::V4(Network { address, mask })) => {
            Ok(Argument::Network(Address::V4(Network { address: address & mask, mask })))
        }
        Argument::Network(Address::V6(Network { address, mask })) => {
            Ok(Argument::Network(Address::V6(Network { address: address & mask, mask })))
        }
        other => Ok(other),
    }
}

/// The longest prefix that can be exchanged for another.
const LONGEST_PREFIX: u32 = 64;

/// A network written as a prefix with its length, without bits beyond it.
pub(super) fn prefix(word: &str) -> Result<Argument, String> {
    let wrong = || format!("`{word}` is no prefix such as 2001:db8::/64");
    let (address, length) = word.split_once('/').ok_or_else(wrong)?;
    let address: Ipv6Addr = address.parse().map_err(|_| wrong())?;
    let length =
        number(length).and_then(|length| u32::try_from(length).ok()).filter(|length| *length <= LONGEST_PREFIX);
    let length = length.ok_or_else(wrong)?;
    let beyond = u128::MAX.checked_shr(length).unwrap_or(0);
    if u128::from(address) & beyond != 0 {
        return Err(format!("`{word}` has bits beyond its prefix"));
    }
    Ok(Argument::Text(format!("{}/{length}", written_v6(address))))
}

/// An address that keeps its bits beyond the prefix; a mask that is none counts as a whole one.
pub(super) fn segment(word: &str) -> Result<Argument, String> {
    let wrong = || format!("`{word}` is no IPv6 address");
    let (address, mask) = word.split_once('/').unwrap_or((word, "128"));
    let address: Ipv6Addr = address.parse().map_err(|_| wrong())?;
    let length = length_of(mask, Family::V6).ok_or_else(wrong)?;
    Ok(Argument::Text(format!("{}/{length}", written_v6(address))))
}

pub(super) fn netmask(word: &str, family: Family) -> Result<Argument, String> {
    let address = match family {
        Family::V4 => networks::looked_up(word).map(|bits| IpAddr::V4(Ipv4Addr::from(bits))),
        Family::V6 => word.parse().ok().map(IpAddr::V6),
    };
    match address {
        Some(address) => Ok(Argument::Text(written(address))),
        None if networks::is_name(word) => Ok(Argument::Text(word.to_owned())),
        None => Err(format!("`{word}` is no mask")),
    }
}

/// What iptables makes of a mask that is none.
pub(super) fn doubt_netmask(word: &str) -> Option<String> {
    let named = networks::looked_up(word).is_none() && networks::is_name(word);
    named.then(|| format!("`{word}` is no mask; iptables looks for a host of that name, and takes its address"))
}

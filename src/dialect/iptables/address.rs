//! What `-s` and `-d` take: networks with short forms and masks, or names.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::kind::number;
use crate::model::{Address, Family, Network};

/// One address with its mask; bits outside the mask are dropped.
///
/// A name is not looked up: `ip6tables` and `iptables` do that when the rule is loaded.
pub(super) fn read(word: &str, family: Family) -> Result<Address, String> {
    let (address, mask) = word.rsplit_once('/').map_or((word, None), |(address, mask)| (address, Some(mask)));
    match family {
        Family::V4 => v4(address, mask),
        Family::V6 => v6(address, mask),
    }
}

fn v4(address: &str, written: Option<&str>) -> Result<Address, String> {
    let mask = match written {
        None => u32::MAX,
        Some(text) => {
            mask(text).ok_or_else(|| format!("`{text}` is no mask: there are 0 to 32, and such as 255.255.0.0"))?
        }
    };
    match padded(address).or_else(|| looked_up(address)) {
        // Where no bit counts, the address is not looked at: `any/0`.
        _ if mask == 0 => Ok(Address::V4(Network::ANY)),
        Some(bits) => Ok(Address::V4(Network::new(Ipv4Addr::from(bits), mask))),
        None if is_name(address) => Ok(Address::Name(address.to_owned(), mask)),
        None => Err(format!("`{address}` is no IPv4 address or host name")),
    }
}

fn v6(address: &str, written: Option<&str>) -> Result<Address, String> {
    let mask = match written {
        None => u128::MAX,
        Some(text) => mask_v6(text).ok_or_else(|| format!("`{text}` is no prefix length from 0 to 128"))?,
    };
    match without_scope(address).parse::<Ipv6Addr>() {
        _ if mask == 0 => Ok(Address::V6(Network { address: 0, mask })),
        Ok(bits) => Ok(Address::V6(Network { address: u128::from(bits) & mask, mask })),
        // The model's mask of a name is one of IPv4, so the prefix length stays with the name.
        Err(_) if is_name(address) && padded(address).is_none() => {
            let name = written.map_or(address.to_owned(), |length| format!("{address}/{length}"));
            Ok(Address::Name(name, u32::MAX))
        }
        Err(_) => Err(format!("`{address}` is no IPv6 address or host name")),
    }
}

/// The address before `%`, behind which an interface may be named, or any number stand, as getaddrinfo(3) has it.
pub(super) fn without_scope(text: &str) -> &str {
    let scoped = || {
        let (address, scope) = text.split_once('%').filter(|(_, scope)| !scope.is_empty())?;
        let bits: Ipv6Addr = address.parse().ok()?;
        let local = bits.is_unicast_link_local() || matches!(bits.segments(), [0xFF01 | 0xFF02, ..]);
        let number = scope.bytes().all(|byte| byte.is_ascii_digit());
        (local || number).then_some(address)
    };
    scoped().unwrap_or(text)
}

/// What is odd about an address with an interface, which iptables takes all the same.
pub(super) fn doubt_scope(word: &str) -> Option<String> {
    let address = word.split('/').next()?;
    let scope = address.get(without_scope(address).len()..).filter(|scope| !scope.is_empty())?;
    Some(format!("iptables forgets `{scope}` behind an address, and looks whether there is such an interface"))
}

/// An IPv4 address of up to four numbers; missing ones are zero (`10.1` is 10.1.0.0).
pub(super) fn padded(text: &str) -> Option<u32> {
    let parts: Option<Vec<u64>> = text.split('.').map(number).collect();
    let parts = parts?;
    if parts.len() > 4 || parts.iter().any(|part| *part > 255) {
        return None;
    }
    Some(parts.iter().enumerate().map(|(at, part)| (*part as u32) << (24 - 8 * at)).sum())
}

/// An address as getaddrinfo(3) finds it: in the form of inet_aton(3), whose last number fills what is left (`10.1` is
/// 10.0.0.1), or mapped into IPv6 (`::ffff:10.0.0.1`).
pub(super) fn looked_up(text: &str) -> Option<u32> {
    let mapped = || text.parse::<Ipv6Addr>().ok()?.to_ipv4_mapped().map(u32::from);
    filled(text).or_else(mapped)
}

fn filled(text: &str) -> Option<u32> {
    let unsigned = |part: &str| number(part).filter(|_| part.starts_with(|first: char| first.is_ascii_digit()));
    let parts: Option<Vec<u64>> = text.split('.').map(unsigned).collect();
    let parts = parts?;
    let (last, first) = parts.split_last()?;
    let free = 32 - 8 * u32::try_from(first.len()).ok()?.min(4);
    if first.len() > 3 || first.iter().any(|part| *part > 255) || *last >= 1 << free {
        return None;
    }
    let high = first.iter().enumerate().map(|(at, part)| (*part as u32) << (24 - 8 * at)).sum::<u32>();
    Some(high | *last as u32)
}

/// A prefix length or a dotted mask of four numbers.
pub(super) fn mask(text: &str) -> Option<u32> {
    match number(text) {
        Some(length) => u32::try_from(length).ok().filter(|length| *length <= 32).map(Network::<u32>::prefix_mask),
        None => text.parse::<Ipv4Addr>().ok().map(u32::from),
    }
}

fn mask_v6(text: &str) -> Option<u128> {
    match number(text) {
        Some(0) => Some(0),
        Some(length @ 1..=128) => Some(u128::MAX << (128 - length)),
        Some(_) => None,
        None => text.parse::<Ipv6Addr>().ok().map(u128::from),
    }
}

/// Whether `text` could be the name of a host or network. One that begins and ends with numbers is a wrong address,
/// since the last part of a name begins with a letter (RFC 1123); what listings write in the place of an address,
/// `w.x.y.0`, may be one.
pub(super) fn is_name(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
            && !label.starts_with('-')
    };
    let name = text.strip_suffix('.').unwrap_or(text);
    let begins_with_digit = |part: &str| part.starts_with(|first: char| first.is_ascii_digit());
    let is_address =
        name.contains('.') && begins_with_digit(name) && name.rsplit('.').next().is_some_and(begins_with_digit);
    text.contains(|c: char| c.is_alphabetic()) && !is_address && name.split('.').all(label)
}

/// The parts of a list of addresses; blanks may stand before each.
pub(super) fn split(word: &str) -> impl Iterator<Item = &str> {
    word.split(',').map(|part| part.trim_start_matches([' ', '\t']))
}

/// An interface name as `-i` and `-o` read it; `None` where every interface is meant.
pub(super) fn interface(word: &str) -> Result<Option<crate::model::Interface>, String> {
    match word {
        "" => Err("the interface name is empty".to_owned()),
        _ if word.len() > 15 => Err(format!("the interface name `{word}` is longer than 15 bytes")),
        "+" => Ok(None),
        _ => Ok(Some(word.into())),
    }
}

/// `-c packets bytes` in one word, `packets,bytes`.
pub(super) fn counters(word: &str) -> Option<(u64, u64)> {
    let (packets, bytes) = word.split_once(',')?;
    Some((leading_number(packets)?, leading_number(bytes)?))
}

/// The number that a word begins with, as `sscanf` reads it: what follows the digits is passed over,
/// a sign turns it round, and what is too large becomes the largest.
pub(super) fn leading_number(word: &str) -> Option<u64> {
    let text = word.trim_start();
    let (negative, text) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let digits = text.get(..end).filter(|digits| !digits.is_empty())?;
    let number = digits.parse().unwrap_or(u64::MAX);
    Some(if negative && number < u64::MAX { number.wrapping_neg() } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(word: &str) -> String {
        read(word, Family::V4).map_or_else(|wrong| wrong, |address| address.to_string())
    }

    #[test]
    fn short_addresses_are_filled_up_with_zeros() {
        assert_eq!(shown("10/8"), "10.0.0.0/8");
        assert_eq!(shown("10.1/16"), "10.1.0.0/16");
        assert_eq!(shown("010.1.2.3"), "8.1.2.3/32");
        assert_eq!(shown("256"), "0.0.1.0/32");
        assert_eq!(shown("1.2.300"), "1.2.1.44/32");
        assert_eq!(shown("1.70000/16"), "1.1.0.0/16");
        assert_eq!(shown("10.1.2.3/255.0.255.0"), "10.0.2.0/255.0.255.0");
    }

    #[test]
    fn numbers_are_read_up_to_their_last_digit() {
        assert_eq!(counters("7,8,9"), Some((7, 8)));
        assert_eq!(counters("7x,+8"), Some((7, 8)));
        assert_eq!(counters("-1,18446744073709551616"), Some((u64::MAX, u64::MAX)));
        assert_eq!(counters("x,8"), None);
        assert_eq!(counters("7,"), None);
    }

    #[test]
    fn names_are_kept_and_nonsense_is_not() {
        assert_eq!(shown("gate.example.net"), "gate.example.net");
        for wrong in ["1.2.3.256", "1.2.3.4.5", "", "foo..bar", "!1.2.3.4", "-j"] {
            assert!(read(wrong, Family::V4).is_err(), "{wrong}");
        }
        assert!(read("1.2.3.4/33", Family::V4).is_err());
        assert!(read("1.2.3.4/255.255", Family::V4).is_err());
    }
}

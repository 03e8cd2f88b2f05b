//! The addresses of `-s` and `-d`, resolved as ipchains and the C library do it.

use std::net::Ipv4Addr;

use super::complaint::Complaint;
use super::lexis::{self, Rule, UNKNOWN};
use super::values::{c_number, own_word};
use crate::model::{Address, Known, Network, Value};

/// Reads `ADDRESS[/MASK]`.
pub(super) fn address(value: &Value) -> Result<Known<Address>, Complaint> {
    let text = lexis::written(value);
    let (host, mask) = split(&text);
    let unknown = || Ok(Known::Unknown(value.clone()));
    let mask = match mask {
        None => u32::MAX,
        Some(mask) if mask.contains(UNKNOWN) => return unknown(),
        Some(mask) => read_mask(mask).ok_or_else(|| bad_mask(mask))?,
    };
    if mask == 0 {
        // The program does not even look at the name.
        return Ok(Known::Is(Address::V4(Network::ANY)));
    }
    if host.contains(UNKNOWN) {
        return unknown();
    }
    match resolve(host) {
        Some(Host::Address(address)) => Ok(Known::Is(Address::V4(Network::new(address, mask)))),
        Some(Host::Name) => Ok(Known::Is(Address::Name(host.to_owned(), mask))),
        None => Err(not_found(host)),
    }
}

/// The network that was probably meant by a short form like `10/8`, where ipchains takes another.
///
/// ipchains gives the last number the remaining bytes (`10` is 0.0.0.10); people mean missing
/// bytes to be zeros at the end.
pub(super) fn meant(value: &Value) -> Option<(Network, Network)> {
    let text = value.known()?;
    let (host, mask) = split(text);
    let mask = mask.map_or(Some(u32::MAX), read_mask).filter(|mask| *mask != 0)?;
    let Some(Host::Address(address)) = resolve(host) else { return None };
    let parts: Vec<&str> = host.split('.').collect();
    if !(1..4).contains(&parts.len()) {
        return None;
    }
    let byte = |at: usize| parts.get(at).map_or(Some(0), |part| part.parse::<u8>().ok());
    let meant = Network::new(Ipv4Addr::new(byte(0)?, byte(1)?, byte(2)?, byte(3)?), mask);
    Some((Network::new(address, mask), meant)).filter(|(taken, meant)| taken != meant)
}

enum Host {
    Address(Ipv4Addr),
    Name,
}

/// Host and mask, split at the last slash.
fn split(text: &str) -> (&str, Option<&str>) {
    let (mut host, mut mask) = ("", None);
    for pair in lexis::read(Rule::address, text).into_iter().flatten() {
        match pair.as_rule() {
            Rule::host => host = pair.as_str(),
            Rule::mask => mask = Some(pair.as_str()),
            _ => {}
        }
    }
    (host, mask)
}

/// A mask: four bytes in any pattern, or 0 to 32.
fn read_mask(mask: &str) -> Option<u32> {
    let length = || super::values::number(mask, 32).map(Network::prefix_mask);
    dotted(mask).map(u32::from).or_else(length)
}

fn resolve(host: &str) -> Option<Host> {
    if let Some(address) = dotted(host).or_else(|| short_form(host)) {
        return Some(Host::Address(address));
    }
    if host == "localhost" {
        return Some(Host::Address(Ipv4Addr::LOCALHOST));
    }
    let syntax = lexis::read(Rule::address, host)?.next()?.into_inner().next()?;
    let letters = host.contains(|c: char| c.is_ascii_alphabetic());
    (syntax.as_rule() == Rule::hostname && letters && !host.contains("..")).then_some(Host::Name)
}

/// Four decimal bytes, which may have leading zeros.
fn dotted(text: &str) -> Option<Ipv4Addr> {
    let bytes: Option<Vec<u8>> =
        text.split('.').map(|part| super::values::number(part, 255).map(|n| n as u8)).collect();
    <[u8; 4]>::try_from(bytes?).ok().map(Ipv4Addr::from)
}

/// One to four numbers as the C library's `inet_aton` reads them: the last one fills what is left.
fn short_form(text: &str) -> Option<Ipv4Addr> {
    let numbers: Vec<u32> = text.split('.').map(c_number).collect::<Option<_>>()?;
    let (last, bytes) = numbers.split_last()?;
    if bytes.len() > 3 || bytes.iter().any(|byte| *byte > 255) {
        return None;
    }
    let bits = 32 - 8 * bytes.len() as u32;
    if u64::from(*last) >= 1 << bits {
        return None;
    }
    let high = bytes.iter().zip([24, 16, 8]).fold(0, |all, (byte, shift)| all | byte << shift);
    Some(Ipv4Addr::from(high | last))
}

fn bad_mask(mask: &str) -> Complaint {
    Complaint::invalid(format!("invalid mask `{mask}' specified"))
        .meaning(format!("`{mask}` is no mask"))
        .help("a mask is a number from 0 to 32, or four bytes such as `255.255.255.0`")
}

fn not_found(host: &str) -> Complaint {
    let complaint = Complaint::invalid(format!("host/network `{host}' not found"));
    if host.is_empty() {
        return complaint.meaning("this address is empty").help("a variable in it may still have to be filled in");
    }
    let complaint = complaint.meaning(format!("`{host}` is neither an address nor a name"));
    let joined =
        [("-s", "-s"), ("--source=", "-s"), ("--src=", "-s"), ("-d", "-d"), ("--destination=", "-d"), ("--dst=", "-d")];
    let advice = joined.iter().find_map(|(written, option)| Some(own_word(option, host.strip_prefix(written)?)));
    let bang = host.strip_prefix('!').map(|rest| format!("write `!` as a word of its own: `! {rest}`"));
    match advice.or(bang) {
        Some(advice) => complaint.hint(advice),
        None => complaint,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        match address(&text.into()) {
            Ok(Known::Is(address)) => address.to_string(),
            Ok(Known::Unknown(value)) => format!("unknown {value}"),
            Err(complaint) => complaint.said,
        }
    }

    #[test]
    fn addresses_are_read_as_the_c_library_does() {
        assert_eq!(read("10/8"), "0.0.0.0/8");
        assert_eq!(read("192.168.1/24"), "192.168.0.0/24");
        assert_eq!(read("172.16/12"), "172.0.0.0/12");
        assert_eq!(read("010.0.0.1"), "10.0.0.1/32");
        assert_eq!(read("0x7f.1"), "127.0.0.1/32");
        assert_eq!(read("010.1"), "8.0.0.1/32");
        assert_eq!(read("localhost"), "127.0.0.1/32");
        assert_eq!(read("gw.example.net/255.255.255.0"), "gw.example.net/255.255.255.0");
        assert_eq!(read("any/0"), "0.0.0.0/0");
        assert_eq!(read("10.1.2.3/255.0.0.255"), "10.0.0.3/255.0.0.255");
    }

    #[test]
    fn what_cannot_be_an_address_is_refused() {
        assert_eq!(read("256.1.1.1"), "host/network `256.1.1.1' not found");
        assert_eq!(read("-s10.0.0.1"), "host/network `-s10.0.0.1' not found");
        assert_eq!(read(""), "host/network `' not found");
        assert_eq!(read("1.2.3.4/"), "invalid mask `' specified");
        assert_eq!(read("1.2.3.4/33"), "invalid mask `33' specified");
        assert_eq!(read("1.2.3.4/255.255.255"), "invalid mask `255.255.255' specified");
    }

    #[test]
    fn what_was_meant_by_a_short_form_is_told() {
        let meant = |text: &str| meant(&text.into()).map(|(taken, meant)| (taken.to_string(), meant.to_string()));
        assert_eq!(meant("10/8"), Some(("0.0.0.0/8".to_owned(), "10.0.0.0/8".to_owned())));
        assert_eq!(meant("0/0"), None);
        assert_eq!(meant("10.0.0.0/8"), None);
    }
}

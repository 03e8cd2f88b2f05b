//! Ports and ICMP types, as far as the protocol of the rule is known.

use super::complaint::Complaint;
use super::icmp;
use super::lexis::{self, Rule};
use super::values::{number, own_word};
use crate::dialect::names;
use crate::dialect::nearest::{nearest, perhaps};
use crate::model::{Known, PortRange, Protocol, Value};

/// What a text in a port's place says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Port {
    /// A range.
    Range(Known<PortRange>),
    /// An ICMP name: the type, and the code where the name has one.
    Icmp(PortRange, Option<PortRange>),
}

/// Reads a port range for a rule of `protocol`; `None` where that is not known.
///
/// `names` says whether ICMP names may stand here.
pub(super) fn port(value: &Value, protocol: Option<Protocol>, icmp_names: bool) -> Result<Port, Complaint> {
    let Some(text) = value.known() else { return Ok(Port::Range(Known::Unknown(value.clone()))) };
    let Some(protocol) = protocol else { return undecided(value, text, icmp_names) };
    if let Some(range) = range(text, service_protocol(protocol)) {
        return Ok(Port::Range(Known::Is(range)));
    }
    if protocol == Protocol::ICMP && icmp_names {
        return icmp::find(text).map(|row| Port::Icmp(row.kind, row.code));
    }
    Err(invalid_port(text, protocol))
}

/// With an unknown protocol a text is only refused where every protocol would refuse it.
fn undecided(value: &Value, text: &str, icmp_names: bool) -> Result<Port, Complaint> {
    let unknown = Port::Range(Known::Unknown(value.clone()));
    match (range(text, Some("tcp")), range(text, Some("udp"))) {
        (Some(tcp), Some(udp)) if tcp == udp => Ok(Port::Range(Known::Is(tcp))),
        (None, None) if !(icmp_names && icmp::find(text).is_ok()) => Err(invalid_port(text, Protocol::TCP)),
        _ => Ok(unknown),
    }
}

/// One port, as REDIRECT takes it.
pub(super) fn single(value: &Value, protocol: Option<Protocol>) -> Result<Known<u16>, Complaint> {
    let Some(text) = value.known() else { return Ok(Known::Unknown(value.clone())) };
    let read = |protocol: Option<Protocol>| side(text, protocol.and_then(service_protocol));
    match (protocol, read(Some(Protocol::TCP)), read(Some(Protocol::UDP))) {
        (Some(known), ..) => read(Some(known)).map(Known::Is).ok_or_else(|| invalid_port(text, known)),
        (None, Some(tcp), Some(udp)) if tcp == udp => Ok(Known::Is(tcp)),
        (None, None, None) => Err(invalid_port(text, Protocol::TCP)),
        _ => Ok(Known::Unknown(value.clone())),
    }
}

/// The name under which the service list knows a protocol that has ports.
fn service_protocol(protocol: Protocol) -> Option<&'static str> {
    match protocol {
        Protocol::TCP => Some("tcp"),
        Protocol::UDP => Some("udp"),
        _ => None,
    }
}

fn range(text: &str, services: Option<&str>) -> Option<PortRange> {
    let pair = lexis::read(Rule::ports, text)?.next()?;
    if pair.as_rule() == Rule::single {
        return side(text, services).map(PortRange::single);
    }
    let mut range = PortRange::ANY;
    for end in pair.into_inner() {
        let port = side(end.as_str(), services)?;
        match end.as_rule() {
            Rule::low => range.low = port,
            _ => range.high = port,
        }
    }
    Some(range)
}

fn side(text: &str, services: Option<&str>) -> Option<u16> {
    let port = number(text, u16::MAX.into()).map(|port| port as u16);
    port.or_else(|| names::service(text, services?))
}

fn invalid_port(text: &str, protocol: Protocol) -> Complaint {
    let complaint =
        Complaint::invalid(format!("invalid port/service `{text}' specified")).meaning(format!("`{text}` is no port"));
    match advice(text, protocol) {
        Some(advice) => complaint.hint(advice),
        None => complaint,
    }
}

fn advice(text: &str, protocol: Protocol) -> Option<String> {
    if let Some((option, argument)) = text.strip_prefix("--").and_then(|rest| rest.split_once('=')) {
        return Some(own_word(&format!("--{option}"), argument));
    }
    if let Some((low, high)) =
        text.split_once('-').filter(|(low, high)| side(low, None).is_some() && side(high, None).is_some())
    {
        return Some(format!("a range is written with a colon: `{low}:{high}`"));
    }
    if text.contains(',') {
        return Some("ipchains has no lists of ports; write one rule for each".to_owned());
    }
    let other = if protocol == Protocol::TCP { "udp" } else { "tcp" };
    if names::service(text, other).is_some() {
        return Some(format!("`{text}` is a service of {other} only"));
    }
    nearest(text, names::service_names()).map(perhaps)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, protocol: Option<Protocol>) -> Option<Port> {
        port(&text.into(), protocol, true).ok()
    }

    fn is(low: u16, high: u16) -> Option<Port> {
        Some(Port::Range(Known::Is(PortRange { low, high })))
    }

    #[test]
    fn ranges_have_numbers_or_names() {
        let tcp = Some(Protocol::TCP);
        assert_eq!(read("ftp:www", tcp), is(21, 80));
        assert_eq!(read(":", tcp), is(0, 65535));
        assert_eq!(read("1024:", tcp), is(1024, 65535));
        assert_eq!(read("2000:1000", tcp), is(2000, 1000));
        assert_eq!(read("1:2:3", tcp), None);
        assert_eq!(read("", tcp), None);
        assert_eq!(read("65536", tcp), None);
    }

    #[test]
    fn an_unknown_protocol_leaves_names_open() {
        assert_eq!(read("80", None), is(80, 80));
        assert_eq!(read("domain", None), is(53, 53));
        assert_eq!(read("telnet", None), Some(Port::Range(Known::Unknown("telnet".into()))));
        assert_eq!(read("ping", None), Some(Port::Range(Known::Unknown("ping".into()))));
        assert_eq!(read("80-81", None), None);
    }
}

//! Names of services and IP protocols, as the C library's lists give them.
//!
//! The lists are data files of our own, so that the same script means the same
//! on every machine that checks it. Names that a site added itself are not known here.

use std::collections::HashMap;
use std::sync::LazyLock;

/// One name of each line: name, port, protocol.
const SERVICES: &str = include_str!("names/services.tsv");

/// One name of each line: name, number.
const PROTOCOLS: &str = include_str!("names/protocols.tsv");

/// Begins the part of the list with names that only older machines know.
const OLDER: &str = "# names that older service lists have";

static SERVICE_PORTS: LazyLock<HashMap<(&str, &str), u16>> = LazyLock::new(|| {
    services().fold(HashMap::new(), |mut ports, (name, port, protocol)| {
        ports.entry((name, protocol)).or_insert(port);
        ports
    })
});

static SERVICE_NAMES: LazyLock<HashMap<(u16, &str), &str>> = LazyLock::new(|| {
    services().fold(HashMap::new(), |mut names, (name, port, protocol)| {
        names.entry((port, protocol)).or_insert(name);
        names
    })
});

static PROTOCOL_NUMBERS: LazyLock<HashMap<&str, u8>> = LazyLock::new(|| protocols().collect());

static PROTOCOL_NAMES: LazyLock<HashMap<u8, &str>> = LazyLock::new(|| {
    protocols().fold(HashMap::new(), |mut names, (name, number)| {
        names.entry(number).or_insert(name);
        names
    })
});

/// The port of the service `name` over `protocol` (`tcp`, `udp` or `sctp`); names are case-sensitive.
pub fn service(name: &str, protocol: &str) -> Option<u16> {
    SERVICE_PORTS.get(&(name, protocol)).copied()
}

/// Whether today's service lists still have the name, so that any machine knows it.
pub fn is_current_service(name: &str, protocol: &str) -> bool {
    let current = SERVICES.split_once(OLDER).map_or(SERVICES, |(current, _)| current);
    let row = |line: &str| {
        let mut fields = line.split('\t');
        fields.next() == Some(name) && fields.nth(1) == Some(protocol)
    };
    rows(current).any(row)
}

/// The usual name of `port` over `protocol`.
pub fn service_name(port: u16, protocol: &str) -> Option<&'static str> {
    // The map's keys are static; the lookup key only has to live as long as the lookup.
    let names: &HashMap<(u16, &str), &'static str> = &SERVICE_NAMES;
    names.get(&(port, protocol)).copied()
}

/// The number of the IP protocol `name`; names are case-sensitive, and the list has both usual cases.
pub fn protocol(name: &str) -> Option<u8> {
    PROTOCOL_NUMBERS.get(name).copied()
}

/// The usual name of the IP protocol `number`.
pub fn protocol_name(number: u8) -> Option<&'static str> {
    PROTOCOL_NAMES.get(&number).copied()
}

/// All service names, for suggestions.
pub fn service_names() -> impl Iterator<Item = &'static str> {
    services().map(|(name, _, _)| name)
}

/// All protocol names, for suggestions.
pub fn protocol_names() -> impl Iterator<Item = &'static str> {
    protocols().map(|(name, _)| name)
}

fn services() -> impl Iterator<Item = (&'static str, u16, &'static str)> {
    rows(SERVICES).filter_map(|line| {
        let mut fields = line.split('\t');
        Some((fields.next()?, fields.next()?.parse().ok()?, fields.next()?))
    })
}

fn protocols() -> impl Iterator<Item = (&'static str, u8)> {
    rows(PROTOCOLS).filter_map(|line| {
        let (name, number) = line.split_once('\t')?;
        Some((name, number.parse().ok()?))
    })
}

fn rows(data: &'static str) -> impl Iterator<Item = &'static str> {
    data.lines().filter(|line| !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_have_names_and_aliases() {
        assert_eq!(service("www", "tcp"), Some(80));
        assert_eq!(service("http", "tcp"), Some(80));
        assert_eq!(service("ssh", "udp"), Some(22));
        assert_eq!(service("telnet", "udp"), None);
        assert_eq!(service("Http", "tcp"), None);
        assert_eq!(service_name(80, "tcp"), Some("http"));
        assert_eq!(service_name(53, "udp"), Some("domain"));
        assert_eq!(service_name(1, "sctp"), None);
    }

    #[test]
    fn protocols_have_names_and_aliases() {
        assert_eq!(protocol("tcp"), Some(6));
        assert_eq!(protocol("ICMP"), Some(1));
        assert_eq!(protocol("Tcp"), None);
        assert_eq!(protocol_name(17), Some("udp"));
        assert_eq!(protocol_name(61), None);
    }

    #[test]
    fn every_row_of_the_data_is_read() {
        assert_eq!(services().count(), rows(SERVICES).count());
        assert_eq!(protocols().count(), rows(PROTOCOLS).count());
    }
}

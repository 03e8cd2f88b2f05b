//! Files under `/proc` and settings of the kernel.

use super::{Fate, merge, nothing, person};
use crate::migrate::render::quoted;

/// When a setting may go: a name below `net/ipv4`, the values that ask for nothing, or
/// none if every value does, and why.
const SETTINGS: &[(&str, Option<&str>, &str)] = &[
    ("ip_always_defrag", None, "connection tracking always puts fragments together"),
    ("ip_masq_debug", None, "masquerading has no debug level any more"),
    ("ip_masq_udp_dloose", Some("0"), "masquerading never accepts udp from other hosts, as this asked"),
];

/// What writing `value` to a file under `/proc` becomes.
pub(in crate::migrate) fn proc_write(path: &str, value: &str) -> Fate {
    if path.starts_with("/proc/net/ip_masq") || path.starts_with("/proc/net/ip_fw") {
        return person(format!("{path} is gone, and no other file takes what was written there"));
    }
    path.strip_prefix("/proc/sys/").map_or(Fate::Keep, |key| setting(key, value))
}

/// What `sysctl` with these words becomes; only assignments can change.
pub(in crate::migrate) fn sysctl(arguments: &[&str]) -> Fate {
    let (assignments, flags): (Vec<&str>, Vec<&str>) = arguments.iter().partition(|word| word.contains('='));
    let flags = flags.join(" ");
    merge(assignments.iter().map(|assignment| {
        let (key, value) = assignment.split_once('=').unwrap_or((assignment, ""));
        // A name with slashes may hold dots, as in net/ipv4/conf/eth0.5/rp_filter.
        let key = if key.contains('/') { key.to_owned() } else { key.replace('.', "/") };
        (setting(key.trim(), value), format!("sysctl {flags} {}", quoted(assignment)))
    }))
}

fn setting(key: &str, value: &str) -> Fate {
    let Some(name) = key.strip_prefix("net/ipv4/") else { return Fate::Keep };
    match SETTINGS.iter().find(|(old, ..)| *old == name) {
        Some((_, idle, note)) if idle.is_none_or(|idle| idle == value.trim()) => nothing(*note),
        Some(_) => person(format!("{name} has no successor, and the value {} asks for something", value.trim())),
        None if name.starts_with("ip_masq_") => person(format!("{name} has no successor")),
        None => Fate::Keep,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{show, words};
    use super::*;

    #[test]
    fn settings_stay_or_go() {
        let write = |path, value| show(proc_write(path, value));
        assert_eq!(write("/proc/sys/net/ipv4/ip_forward", "1"), "keep");
        assert_eq!(write("/proc/sys/net/ipv4/conf/eth0/rp_filter", "1"), "keep");
        assert_eq!(write("/proc/sys/net/ipv4/ip_always_defrag", "1"), ": # connection tracking always puts");
        assert_eq!(write("/proc/sys/net/ipv4/ip_masq_debug", "0"), ": # masquerading has no debug");
        assert_eq!(write("/proc/sys/net/ipv4/ip_masq_udp_dloose", "0\n"), ": # masquerading never accepts udp");
        assert_eq!(write("/proc/sys/net/ipv4/ip_masq_udp_dloose", "1"), "? ip_masq_udp_dloose has no successor,");
        assert_eq!(write("/proc/net/ip_masq/icmp", "1"), "? /proc/net/ip_masq/icmp is gone, and");
        let sysctl = |text| show(sysctl(&words(text)));
        assert_eq!(sysctl("-w net.ipv4.ip_forward=1"), "keep");
        assert_eq!(sysctl("net.ipv4.ip_always_defrag"), "keep");
        assert_eq!(sysctl("-w net.ipv4.ip_always_defrag=1"), ": # connection tracking always puts");
        assert_eq!(
            sysctl("-q -w net/ipv4/ip_always_defrag=1 net.ipv4.ip_forward=1"),
            "sysctl -q -w net.ipv4.ip_forward=1\n# connection tracking always puts"
        );
    }

    #[test]
    fn words_with_spaces_stay_words() {
        let fate = sysctl(&["-w", "net.ipv4.ip_masq_debug=0", "net.ipv4.ip_local_port_range=1024 4999"]);
        assert_eq!(show(fate), "sysctl -w 'net.ipv4.ip_local_port_range=1024 4999'\n# masquerading has no debug");
    }
}

//! What the words of a command mean, in each dialect.
//!
//! A dialect turns expanded words into a [`crate::model::Command`], and says what the real
//! program would refuse. It knows nothing of shells or files.

pub mod ipchains;
pub mod ipmasqadm;
pub mod iptables;
pub mod names;
pub(crate) mod nearest;

/// `ipchains` in a name becomes `iptables`, in the same case.
pub fn iptables_name(text: &str) -> String {
    text.replace("ipchains", "iptables")
        .replace("IPCHAINS", "IPTABLES")
        .replace("Ipchains", "Iptables")
        .replace("IPChains", "IPTables")
        .replace("IpChains", "IpTables")
}

/// Files of the kernel's and of the service that went with ipchains, each with the one that a test may ask for in its
/// place.
const FILES: [(&str, &str); 4] = [
    ("/proc/net/ip_fwchains", "/proc/net/ip_tables_names"),
    ("/proc/net/ip_fwnames", "/proc/net/ip_tables_names"),
    ("/proc/net/ip_masquerade", "/proc/net/nf_conntrack"),
    (SERVICE_FILE, "/etc/sysconfig/iptables"),
];

/// The rules that the service loads when it starts.
pub const SERVICE_FILE: &str = "/etc/sysconfig/ipchains";

/// The file that a test should ask for in place of one that went with ipchains.
pub fn successor(path: &str) -> Option<&'static str> {
    FILES.iter().find(|(gone, _)| *gone == path).map(|(_, new)| *new)
}

/// What a question of a script is called once that is one for iptables, which has other names for the built-in chains
/// that it lists.
pub fn iptables_question(text: &str) -> String {
    let lists = text.split(' ').any(|word| matches!(word, "-L" | "--list"));
    let words = text.split(' ').map(|word| match word {
        "input" | "forward" | "output" if lists => word.to_uppercase(),
        // As the name of a module.
        "ipchains" if text.contains("modprobe ") || text.contains("insmod ") => "ip_tables".to_owned(),
        word => successor(word).map_or_else(|| iptables_name(word), str::to_owned),
    });
    words.collect::<Vec<_>>().join(" ")
}

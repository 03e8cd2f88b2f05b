//! The extensions that are known, each declared in a file of its own.

mod addrtype;
mod comment;
mod connbytes;
mod connlimit;
mod conntrack;
mod cpu;
mod dccp;
mod divert;
mod dscp;
mod hashlimit;
mod helper;
mod hop_limit;
mod icmp;
mod iprange;
mod ipsec;
mod length;
mod limit;
mod log;
mod mac;
mod mark;
mod multiport;
mod nat;
mod output;
mod owner;
mod physdev;
mod pkttype;
mod queue;
mod quota;
mod realm;
mod recent;
mod reject;
mod rpfilter;
mod sctp;
mod set;
mod set_mark;
mod state;
mod statistic;
mod string;
mod tcp;
mod tcpmss;
mod tos;
mod tracking;
mod ttl;
mod u32;
mod udp;

use super::extension::Needs;
pub use super::extension::{Extension, Field, Meaning, OptionRow, Role};
use super::kind::{Case, Change, Kind, Quoting};
use crate::model::Family;
pub use addrtype::ADDRESS_TYPES;

/// Every extension that is declared.
pub static EXTENSIONS: &[&Extension] = &[
    &addrtype::ADDRTYPE,
    &comment::COMMENT,
    &connbytes::CONNBYTES,
    &connlimit::CONNLIMIT,
    &cpu::CPU,
    &divert::TPROXY,
    &divert::TEE,
    &hashlimit::HASHLIMIT,
    &hop_limit::HL_MATCH,
    &hop_limit::HL_TARGET,
    &u32::U32,
    &conntrack::CONNTRACK,
    &dccp::DCCP,
    &dscp::DSCP_MATCH,
    &dscp::DSCP_TARGET,
    &helper::HELPER,
    &icmp::ICMP,
    &icmp::ICMP6,
    &iprange::IPRANGE,
    &ipsec::ESP,
    &ipsec::AH,
    &length::LENGTH,
    &limit::LIMIT,
    &log::LOG,
    &log::NFLOG,
    &log::ULOG,
    &mac::MAC,
    &mark::MARK,
    &mark::CONNMARK,
    &multiport::MULTIPORT,
    &nat::SNAT,
    &nat::DNAT,
    &nat::MASQUERADE,
    &nat::REDIRECT,
    &nat::NETMAP,
    &output::CLASSIFY,
    &output::CHECKSUM,
    &owner::OWNER,
    &physdev::PHYSDEV,
    &pkttype::PKTTYPE,
    &queue::NFQUEUE,
    &quota::QUOTA,
    &realm::REALM,
    &recent::RECENT,
    &reject::REJECT,
    &reject::REJECT_V6,
    &rpfilter::RPFILTER,
    &sctp::SCTP,
    &set::SET_MATCH,
    &set::SET_TARGET,
    &set_mark::MARK,
    &set_mark::CONNMARK,
    &state::STATE,
    &statistic::STATISTIC,
    &string::STRING,
    &tcp::TCP,
    &tcpmss::TCPMSS,
    &tcpmss::TCPMSS_MATCH,
    &tos::TOS_MATCH,
    &tos::TOS_TARGET,
    &tracking::CT,
    &tracking::NOTRACK,
    &tracking::TRACE,
    &ttl::TTL_MATCH,
    &ttl::TTL_TARGET,
    &udp::UDP,
];

/// Targets that end the way through a chain by themselves and take no options.
pub const VERDICTS: &[&str] = &["ACCEPT", "DROP", "RETURN", "QUEUE"];

/// Targets that are not declared, or not for both families, among them those of old kernels and of
/// xtables-addons; their options are kept as they stand.
pub const UNDECLARED_TARGETS: &[&str] = &[
    "ACCOUNT",
    "AUDIT",
    "CHAOS",
    "CLUSTERIP",
    "CONNSECMARK",
    "DELUDE",
    "DHCPMAC",
    "DNPT",
    "ECHO",
    "ECN",
    "HMARK",
    "IDLETIMER",
    "IMQ",
    "IPMARK",
    "IPV4OPTSSTRIP",
    "LED",
    "LOGMARK",
    "MIRROR",
    "PROTO",
    "RATEEST",
    "RAWDNAT",
    "RAWSNAT",
    "ROUTE",
    "SAME",
    "SECMARK",
    "SNPT",
    "SYNPROXY",
    "SYSRQ",
    "TARPIT",
    "TCPOPTSTRIP",
    "TPROXY",
    "ULOG",
];

/// Matches of iptables and its usual add-ons that are not declared, or not for both families.
pub const UNDECLARED_MATCHES: &[&str] = &[
    "ah",
    "bpf",
    "cgroup",
    "cluster",
    "condition",
    "connlimit",
    "connlabel",
    "devgroup",
    "dst",
    "ecn",
    "eui64",
    "frag",
    "fuzzy",
    "geoip",
    "hbh",
    "ipcomp",
    "iface",
    "ipp2p",
    "ipv4options",
    "ipv6header",
    "ipvs",
    "layer7",
    "lscan",
    "mh",
    "ndpi",
    "nfacct",
    "nth",
    "osf",
    "policy",
    "psd",
    "quota2",
    "random",
    "recent",
    "rateest",
    "rt",
    "socket",
    "srh",
    "time",
    "unclean",
];

/// The extension called `name` in the family.
pub fn find(name: &str, role: Role, family: Family) -> Option<&'static Extension> {
    let fits = |extension: &&&Extension| {
        extension.name == name && extension.role == role && extension.families.contains(&family)
    };
    EXTENSIONS.iter().find(fits).copied()
}

/// The match that `-p` brings with it where one of its options is used.
pub fn of_protocol(protocol: u16, family: Family) -> Option<&'static Extension> {
    let name = match (protocol, family) {
        (1, Family::V4) => "icmp",
        (6, _) => "tcp",
        (17, _) => "udp",
        (33, _) => "dccp",
        (50, _) => "esp",
        (51, Family::V4) => "ah",
        (58, Family::V6) => "icmp6",
        (132, _) => "sctp",
        _ => return None,
    };
    find(name, Role::Match, family)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_refer_to_options_of_their_extension() {
        for extension in EXTENSIONS {
            for row in extension.options {
                let others = row.conflicts.iter().chain(row.stands_for).chain(&row.also).chain(&row.opposite);
                for other in others {
                    assert!(extension.option(other).is_some(), "{} {}: {other}", extension.name, row.name);
                }
            }
        }
    }

    #[test]
    fn no_extension_is_declared_twice_for_a_family() {
        for (at, one) in EXTENSIONS.iter().enumerate() {
            for other in EXTENSIONS.iter().skip(at + 1) {
                let same = one.name == other.name && one.role == other.role;
                assert!(!same || !one.families.iter().any(|family| other.families.contains(family)), "{}", one.name);
            }
        }
    }
}

//! The extensions that are known, each declared in a file of its own.

mod accounting;
mod addrtype;
mod audit;
mod cgroup;
mod cluster;
mod clusterip;
mod comment;
mod connbytes;
mod connlimit;
mod conntrack;
mod cpu;
mod dccp;
mod devgroup;
mod divert;
mod dscp;
mod ecn;
mod hashlimit;
mod headers6;
mod helper;
mod hmark;
mod hop_limit;
mod icmp;
mod idletimer;
mod ipcomp;
mod iprange;
mod ipsec;
mod ipvs;
mod label;
mod led;
mod length;
mod limit;
mod log;
mod mac;
mod mark;
mod multiport;
mod nat;
mod osf;
mod output;
mod owner;
mod physdev;
mod pkttype;
mod policy;
mod prefixes6;
mod program;
mod queue;
mod quota;
mod realm;
mod recent;
mod reject;
mod rpfilter;
mod sctp;
mod secmark;
mod set;
mod set_mark;
mod socket;
mod state;
mod statistic;
mod string;
mod strip;
mod synproxy;
mod tcp;
mod tcpmss;
mod time;
mod tos;
mod tracking;
mod ttl;
mod u32;
mod udp;

use std::collections::HashMap;
use std::sync::LazyLock;

use super::extension::{Clock, Constraint, Coupling, Needs};
pub use super::extension::{Extension, Field, Meaning, OptionRow, Role};
use super::kind::{Case, Change, Kind, Quoting, Shift};
use super::suggest;
use crate::model::Family;
pub use addrtype::ADDRESS_TYPES;

/// Every extension that is declared.
pub static EXTENSIONS: &[&Extension] = &[
    &addrtype::ADDRTYPE,
    &addrtype::ADDRTYPE_V6,
    &comment::COMMENT,
    &connbytes::CONNBYTES,
    &connlimit::CONNLIMIT,
    &connlimit::CONNLIMIT_V6,
    &cpu::CPU,
    &divert::TPROXY,
    &divert::TPROXY_V6,
    &divert::TEE,
    &hashlimit::HASHLIMIT,
    &hashlimit::HASHLIMIT_V6,
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
    &recent::RECENT_V6,
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
    &tcpmss::TCPMSS_V6,
    &tcpmss::TCPMSS_MATCH,
    &tos::TOS_MATCH,
    &tos::TOS_TARGET,
    &tracking::CT,
    &tracking::NOTRACK,
    &tracking::TRACE,
    &ttl::TTL_MATCH,
    &ttl::TTL_TARGET,
    &udp::UDP,
    &accounting::NFACCT,
    &accounting::RATEEST_MATCH,
    &accounting::RATEEST,
    &audit::AUDIT,
    &cgroup::CGROUP,
    &cluster::CLUSTER,
    &clusterip::CLUSTERIP,
    &devgroup::DEVGROUP,
    &ecn::ECN_MATCH,
    &headers6::AH6,
    &headers6::DST,
    &headers6::HBH,
    &headers6::EUI64,
    &headers6::FRAG,
    &headers6::IPV6HEADER,
    &headers6::MH,
    &headers6::RT,
    &headers6::SRH,
    &hmark::HMARK,
    &idletimer::IDLETIMER,
    &ipcomp::IPCOMP,
    &ipvs::IPVS,
    &label::CONNLABEL,
    &led::LED,
    &osf::OSF,
    &policy::POLICY,
    &prefixes6::SNPT,
    &prefixes6::DNPT,
    &program::BPF,
    &secmark::SECMARK,
    &secmark::CONNSECMARK,
    &socket::SOCKET,
    &strip::TCPOPTSTRIP,
    &ecn::ECN,
    &synproxy::SYNPROXY,
    &time::TIME,
];

/// Targets that end the way through a chain by themselves and take no options.
pub const VERDICTS: &[&str] = &["ACCEPT", "DROP", "RETURN", "QUEUE"];

/// The extensions by their names, since the rules of a large ruleset ask for hundreds of thousands of them.
static BY_NAME: LazyLock<HashMap<&str, Vec<&Extension>>> = LazyLock::new(|| {
    let mut by_name: HashMap<&str, Vec<&Extension>> = HashMap::new();
    EXTENSIONS.iter().for_each(|extension| by_name.entry(extension.name).or_default().push(extension));
    by_name
});

/// The extension called `name` in the family.
pub fn find(name: &str, role: Role, family: Family) -> Option<&'static Extension> {
    let fits = |extension: &&&Extension| extension.role == role && extension.families.contains(&family);
    BY_NAME.get(name)?.iter().find(fits).copied()
}

/// The target whose name is nearest to `name`, where one is near enough to be meant.
pub fn nearest_target(name: &str) -> Option<&'static str> {
    let targets = EXTENSIONS.iter().filter(|extension| extension.role == Role::Target);
    let names: Vec<&str> = VERDICTS.iter().copied().chain(targets.map(|extension| extension.name)).collect();
    suggest::nearest_in_any_case(name, &names)
}

/// The name of the match that `-m name` loads: iptables knows icmp6 by its names as a protocol as well.
pub fn match_name(name: &str) -> &str {
    if matches!(name, "icmpv6" | "ipv6-icmp") { "icmp6" } else { name }
}

/// The match that `-p` brings with it where one of its options is used.
pub fn of_protocol(protocol: u16, family: Family) -> Option<&'static Extension> {
    let name = match (protocol, family) {
        (1, Family::V4) => "icmp",
        (6, _) => "tcp",
        (17, _) => "udp",
        (33, _) => "dccp",
        (50, _) => "esp",
        (51, _) => "ah",
        (58, Family::V6) => "icmp6",
        (108, _) => "ipcomp",
        (135, Family::V6) => "mh",
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

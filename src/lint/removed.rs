//! Extensions that current kernels no longer have, with what to use instead.
//!
//! What an add-on of iptables still brings is not among them: that is an unknown extension.

/// Matches, and what to use today.
pub(super) const MATCHES: [(&str, &str); 7] = [
    ("unclean", "use `-m conntrack --ctstate INVALID`"),
    ("nth", "use `-m statistic --mode nth`"),
    ("random", "use `-m statistic --mode random`"),
    ("pool", "use `-m set`"),
    ("childlevel", "use `-m helper` or `-m connmark`"),
    ("dstlimit", "use `-m hashlimit`"),
    ("fragmentation", "use `-f`"),
];

/// Targets, and what to use today.
pub(super) const TARGETS: [(&str, &str); 10] = [
    ("MIRROR", "use `-j REJECT` or `-j DROP`"),
    ("SAME", "use `-j SNAT --persistent`"),
    ("ULOG", "use `-j NFLOG`"),
    ("ROUTE", "use `-j MARK` and `ip rule`, or `-j TEE`"),
    ("IMQ", "use an ifb device and `tc`"),
    ("IPV4OPTSSTRIP", "no target of current kernels does the same"),
    ("BALANCE", "use `-j DNAT` with `-m statistic`"),
    ("FTOS", "use `-j TOS`"),
    ("NETLINK", "use `-j NFLOG`"),
    ("POOL", "use `-j SET`"),
];

/// Whether a match or target of this name is gone.
pub(super) fn is_removed(name: &str) -> bool {
    MATCHES.iter().chain(&TARGETS).any(|(own, _)| *own == name)
}

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

//! Which programs matter, and the words that may stand before them.

use crate::model::{Dialect, Family};
use crate::text::base_name;

/// A program whose commands are of interest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Program {
    Ipchains,
    IpchainsSave,
    IpchainsRestore,
    Iptables,
    Ip6tables,
    IptablesSave,
    Ip6tablesSave,
    IptablesRestore,
    Ip6tablesRestore,
    Ipfwadm,
    Ipmasqadm,
    /// `modprobe` and `insmod`.
    LoadModule,
    /// `rmmod`.
    UnloadModule,
    /// `sysctl`.
    Sysctl,
    /// A redirection into `/proc/sys`: the arguments are the file and the text.
    ProcWrite,
    /// `service NAME ACTION`, `systemctl ACTION NAME`, or the init script itself.
    Service,
    Chkconfig,
    /// The shell function of migrated scripts that translates an ipchains command while it runs.
    FromIpchains,
}

/// Base names of programs; variants that differ in their back end alone are the same program.
const PROGRAMS: [(&str, Program); 35] = [
    ("ipchains", Program::Ipchains),
    ("ipchains-save", Program::IpchainsSave),
    ("ipchains-restore", Program::IpchainsRestore),
    ("iptables", Program::Iptables),
    ("iptables-legacy", Program::Iptables),
    ("iptables-nft", Program::Iptables),
    ("ip6tables", Program::Ip6tables),
    ("ip6tables-legacy", Program::Ip6tables),
    ("ip6tables-nft", Program::Ip6tables),
    ("iptables-save", Program::IptablesSave),
    ("iptables-legacy-save", Program::IptablesSave),
    ("iptables-nft-save", Program::IptablesSave),
    ("ip6tables-save", Program::Ip6tablesSave),
    ("ip6tables-legacy-save", Program::Ip6tablesSave),
    ("ip6tables-nft-save", Program::Ip6tablesSave),
    ("iptables-restore", Program::IptablesRestore),
    ("iptables-legacy-restore", Program::IptablesRestore),
    ("iptables-nft-restore", Program::IptablesRestore),
    ("ip6tables-restore", Program::Ip6tablesRestore),
    ("ip6tables-legacy-restore", Program::Ip6tablesRestore),
    ("ip6tables-nft-restore", Program::Ip6tablesRestore),
    ("ipfwadm", Program::Ipfwadm),
    ("ipmasqadm", Program::Ipmasqadm),
    ("modprobe", Program::LoadModule),
    ("insmod", Program::LoadModule),
    ("rmmod", Program::UnloadModule),
    ("sysctl", Program::Sysctl),
    ("service", Program::Service),
    ("systemctl", Program::Service),
    ("chkconfig", Program::Chkconfig),
    ("update-rc.d", Program::Chkconfig),
    ("rc-update", Program::Chkconfig),
    ("rc-service", Program::Service),
    ("from_ipchains", Program::FromIpchains),
    ("invoke-rc.d", Program::Service),
];

/// Names of variables and template placeholders that say which program they stand for.
const NAMES: [(&str, Program); 9] = [
    ("ipchains", Program::Ipchains),
    ("iptables", Program::Iptables),
    ("ip6tables", Program::Ip6tables),
    ("ipt", Program::Iptables),
    ("ip6t", Program::Ip6tables),
    ("ipc", Program::Ipchains),
    ("ipfwadm", Program::Ipfwadm),
    ("ipmasqadm", Program::Ipmasqadm),
    ("modprobe", Program::LoadModule),
];

/// Programs that run the command behind them: the name, and its options that take an argument of their own.
const WRAPPERS: [(&str, &str); 14] = [
    ("sudo", "ughpCrtTUD"),
    ("exec", "a"),
    ("nice", "n"),
    ("command", ""),
    ("builtin", ""),
    ("nohup", ""),
    ("time", "fo"),
    ("env", "uCS"),
    ("ionice", "cn"),
    ("setsid", ""),
    ("busybox", ""),
    ("doas", "uC"),
    ("timeout", "ks"),
    ("stdbuf", "ioe"),
];

/// Functions of init scripts that run the command behind some words of their own, and how many these are.
const RUNNERS: [(&str, usize); 1] = [("action", 1)];

impl Program {
    /// The program that the first word of a command names.
    pub fn of_word(word: &str) -> Option<Self> {
        let base = base_name(word);
        if word.starts_with("/etc/") && base == "ipchains"
            || word.contains("init.d/") && matches!(base, "ipchains" | "iptables")
        {
            return Some(Self::Service);
        }
        let by_name = PROGRAMS.iter().find(|(name, _)| *name == base).map(|(_, program)| *program);
        by_name.or_else(|| base.strip_prefix('@')?.strip_suffix('@').and_then(Self::of_variable))
    }

    /// The program that an unknown value most likely holds, by the name of its variable.
    ///
    /// Scripts take `$IPTABLES` from a configuration file and use it in every line.
    pub fn of_variable(name: &str) -> Option<Self> {
        let name = Self::named_by(name);
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, program)| *program)
    }

    /// The base name of the program that a variable of this name is likely to hold.
    pub(super) fn named_by(variable: &str) -> String {
        let name = variable.trim_matches('@').to_ascii_lowercase();
        name.trim_end_matches("_cmd").trim_end_matches("_bin").trim_end_matches("_path").to_owned()
    }

    /// The dialect and family of a program that takes filter commands.
    pub fn filter(self) -> Option<(Dialect, Family)> {
        match self {
            Self::Ipchains => Some((Dialect::Ipchains, Family::V4)),
            Self::Iptables => Some((Dialect::Iptables, Family::V4)),
            Self::Ip6tables => Some((Dialect::Iptables, Family::V6)),
            _ => None,
        }
    }

    /// Whether the program loads save files.
    pub fn restores(self) -> bool {
        matches!(self, Self::IpchainsRestore | Self::IptablesRestore | Self::Ip6tablesRestore)
    }
}

/// If `word` only runs the command behind it: its options that take an argument of their own.
pub(super) fn wrapper(word: &str) -> Option<&'static str> {
    let base = base_name(word);
    WRAPPERS.iter().find(|(name, _)| *name == base).map(|(_, options)| *options)
}

/// If `word` is a function of init scripts that runs a command: the number of words before that.
pub fn runner(word: &str) -> Option<usize> {
    RUNNERS.iter().find(|(name, _)| *name == word).map(|(_, count)| *count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_known_by_base_name_variable_or_placeholder() {
        assert_eq!(Program::of_word("/sbin/ipchains"), Some(Program::Ipchains));
        assert_eq!(Program::of_word("iptables-legacy"), Some(Program::Iptables));
        assert_eq!(Program::of_word("@IPCHAINS@"), Some(Program::Ipchains));
        assert_eq!(Program::of_word("/etc/init.d/ipchains"), Some(Program::Service));
        assert_eq!(Program::of_word("/etc/ipchains.rules"), None);
        assert_eq!(Program::of_variable("IPTABLES_CMD"), Some(Program::Iptables));
        assert_eq!(Program::of_variable("FW"), None);
    }
}

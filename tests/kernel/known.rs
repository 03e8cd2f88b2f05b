//! What is wrong with single scripts, and why that is no failure.

/// Something that a run of a script is known to do.
pub(crate) struct Known {
    /// The script, with its arguments behind it; without them it stands for all.
    pub(crate) run: &'static str,
    /// How the complaint begins; anything where it is empty.
    pub(crate) what: &'static str,
    /// Why this is right, or what is not right yet.
    #[allow(dead_code, reason = "it is for readers")]
    pub(crate) why: &'static str,
    /// It depends on the machine, and does not come up everywhere.
    pub(crate) machine: bool,
}

impl Known {
    pub(crate) fn is(&self, run: &str, what: &str) -> bool {
        let own = run == self.run || run.strip_prefix(self.run).is_some_and(|rest| rest.starts_with(' '));
        own && what.starts_with(self.what)
    }
}

/// The script itself is like that.
const fn known(run: &'static str, what: &'static str, why: &'static str) -> Known {
    Known { run, what, why, machine: false }
}

/// The machine decides.
const fn machine(run: &'static str, what: &'static str, why: &'static str) -> Known {
    Known { run, what, why, machine: true }
}

/// Migrated scripts.
pub(crate) const MIGRATED: &[Known] = &[
    known(
        "ipfwadm-beside.sh",
        "a second run",
        "it empties no chain before it fills it, where it finds files that only the old kernel has",
    ),
    known("chain-surgery.sh", "it says: iptables", "it removes a chain that is in use, and says so"),
    known("dos-line-ends.sh", "", "carriage returns end up in its arguments, on purpose"),
    known("mailing-list-post.sh", "", "it is no valid shell, on purpose"),
    known("talk-listing-values-missing.sh", "", "its values are missing, on purpose"),
    known("template-placeholders.sh", "", "its values are placeholders, on purpose"),
    known(
        "save-and-restore.sh new",
        "it says: iptables",
        "the file that it reads is one of ipchains-save, and is listed",
    ),
];

/// Scripts and save files that are for iptables in the first place.
pub(crate) const IPTABLES: &[Known] = &[
    known("bare-masquerade.sh", "a second run", "it empties no chain, or not all that it fills, before it fills them"),
    known(
        "guest-chains-state.sh start",
        "a second run",
        "it empties no chain, or not all that it fills, before it fills them",
    ),
    known(
        "ipchains-leftovers.sh",
        "a second run",
        "it empties no chain, or not all that it fills, before it fills them",
    ),
    known(
        "restore-here-document.sh",
        "a second run",
        "it empties no chain, or not all that it fills, before it fills them",
    ),
    known("sudo-quick-fix.sh", "a second run", "it empties no chain, or not all that it fills, before it fills them"),
    known("guest-chains-state.sh start", "it says: iptables", "it has -o in INPUT, on purpose"),
    known("ipchains-leftovers.sh", "it says:", "most of its commands are refused, on purpose"),
    known("ipchains-leftovers.sh", "exit status 2", "most of its commands are refused, on purpose"),
    known("both-modules.sh", "it says: ipchains", "it is for both programs, on purpose"),
    known("both-modules.sh", "exit status 1", "it is for both programs, on purpose"),
    known(
        "both-modules.sh",
        "filter INPUT: iptlint prints the policy None",
        "it is for both programs, on purpose, and the rules of ipchains are listed",
    ),
    known("old-server.rules", "", "a current iptables refuses one line, and then loads nothing of the table"),
    known("router-crlf.rules", "", "a current iptables refuses its line ends"),
    known("router-old-negation.sh", "it says:", "a current iptables refuses its negations"),
    known("openwrt-style-user.sh", "it says: iptables: No chain", "its chains are made elsewhere"),
    known("vanished-extensions.sh", "", "its extensions no longer exist"),
    known("web-limits-part.sh", "", "it is a part of a script, which sets its variables"),
    known(
        "blocklist-addition.sh",
        "a second run",
        "it empties no chain, or not all that it fills, before it fills them",
    ),
    machine("comments-and-counters.rules", "", "not every kernel has xt_string and xt_connlimit"),
    known("redefined-iptables.sh", "chain filter OUTPUT", "the number of a user is known to the machine only"),
];

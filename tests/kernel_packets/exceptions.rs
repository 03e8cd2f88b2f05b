//! What is wrong with single scripts, and why that is no failure.

/// A run of a script in which packets fare otherwise than they did with ipchains.
pub(crate) struct Exception {
    /// The script, with its arguments behind it.
    pub(crate) run: &'static str,
    /// Why this is right, or what is not right yet.
    #[allow(dead_code, reason = "it is for readers")]
    pub(crate) why: &'static str,
}

const fn exception(run: &'static str, why: &'static str) -> Exception {
    Exception { run, why }
}

pub(crate) const EXCEPTIONS: &[Exception] = &[
    exception("campus-departments.sh", "rules whose numbers depend on the run are listed for a person"),
    exception("floppy-router.sh", "commands that it feeds to another shell are listed for a person"),
    exception("ipfwadm-beside.sh", "which arm it takes depends on files that only the old kernel has"),
    exception(
        "marks-and-port-forwarding.sh",
        "entries of ipmasqadm for the same packets took turns, now the first takes all",
    ),
    exception("save-and-restore.sh new", "the file that it reads is one of ipchains-save, and is listed"),
];

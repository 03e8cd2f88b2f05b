//! What is wrong with single scripts, and why that is no failure.

/// A run of a script in which packets fare otherwise than they did with ipchains.
pub(crate) struct Exception {
    /// The script, with its arguments.
    pub(crate) run: &'static str,
    /// Why this is right, or what is not right yet.
    #[allow(dead_code, reason = "it is for readers")]
    pub(crate) why: &'static str,
}

const fn exception(run: &'static str, why: &'static str) -> Exception {
    Exception { run, why }
}

pub(crate) const EXCEPTIONS: &[Exception] = &[exception("none", "")];

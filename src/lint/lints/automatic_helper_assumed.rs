//! `automatic-helper-assumed`: a module that waits for work.

use crate::diag::{Confidence, Diagnostic, Severity};
use crate::lint::helpers::{HELPERS, are_automatic, related_is_accepted};
use crate::lint::{Category, Context, lint};
use crate::model::{Dialect, Family};

lint! {
    /// Finds helpers of connection tracking that are loaded and never given a connection.
    ///
    /// # What it does
    /// Looks for `modprobe nf_conntrack_ftp`, and the like for other protocols and older kernels, in scripts that
    /// accept the state RELATED, have no rule with `-j CT --helper` for it, and do not set
    /// `nf_conntrack_helper`. It is off unless it is asked for: before Linux 4.7 nothing more was needed.
    ///
    /// # Why it is bad
    /// Since Linux 4.7 the kernel assigns no helpers by itself, since anybody could open ports with them. The
    /// module is loaded, and active FTP through the firewall hangs all the same.
    ///
    /// # Example
    /// ```sh
    /// modprobe nf_conntrack_ftp
    /// iptables -P FORWARD DROP
    /// iptables -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// modprobe nf_conntrack_ftp
    /// iptables -P FORWARD DROP
    /// iptables -t raw -A PREROUTING -i eth1 -p tcp --dport 21 -j CT --helper ftp
    /// iptables -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    /// ```
    pub(super) static LINT = {
        name: "automatic-helper-assumed",
        category: Category::Hazard,
        severity: Severity::Info,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let analysis = context.analysis;
    let filters = analysis.ruleset(Dialect::Iptables, Family::V4).is_some();
    if !filters || are_automatic(context) || !related_is_accepted(context) || !context.is_whole() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for helper in HELPERS.iter().filter(|helper| !helper.is_assigned(context)) {
        if let Some(step) = helper.loading(context) {
            let name = helper.name;
            let message = format!(
                "no rule gives a connection to the helper `{name}`, and since Linux 4.7 the kernel does not by itself"
            );
            let finding = context.finding(analysis.written_at(step), message).with_confidence(Confidence::Likely);
            let protocol = if helper.protocol == crate::model::Protocol::TCP { "tcp" } else { "udp" };
            let rule = format!("`-t raw -A PREROUTING -p {protocol} --dport {} -j CT --helper {name}`", helper.port);
            found.push(finding.with_help(format!("add {rule}")));
        }
    }
    found
}

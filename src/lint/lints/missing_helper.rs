//! `missing-helper`: an FTP session without a listing.

use crate::diag::{Confidence, Diagnostic, Severity};
use crate::eval::Program;
use crate::lint::helpers::{HELPERS, Helper, related_is_accepted};
use crate::lint::openings::{destination_ports, openings, protocol};
use crate::lint::{Category, Context, lint};
use crate::model::Rule;

lint! {
    /// Finds services whose further connections nobody watches for.
    ///
    /// # What it does
    /// Looks for scripts that accept FTP, or another service that agrees on further connections while it runs
    /// (TFTP, IRC, SIP, PPTP, H.323, Amanda), count on the state RELATED for those, and neither load the helper
    /// of connection tracking for it nor give it connections with `-j CT --helper`. A rule that opens a wide
    /// range of ports makes up for it. It is off unless it is asked for: the module may be loaded elsewhere.
    ///
    /// # Why it is bad
    /// Only a helper reads in the connection which port comes next. Without one the data connection is no
    /// RELATED one and dropped: the login works, and the listing hangs.
    ///
    /// # Example
    /// ```sh
    /// iptables -P FORWARD DROP
    /// iptables -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    /// iptables -A FORWARD -i eth1 -p tcp --dport 21 -j ACCEPT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P FORWARD DROP
    /// iptables -t raw -A PREROUTING -i eth1 -p tcp --dport 21 -j CT --helper ftp
    /// iptables -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    /// iptables -A FORWARD -i eth1 -p tcp --dport 21 -j ACCEPT
    /// ```
    pub(super) static LINT = {
        name: "missing-helper",
        category: Category::Hazard,
        severity: Severity::Info,
        fixable: false,
        check: check,
    };
}

/// A range of so many ports is meant for connections that are agreed on.
const WIDE: u16 = 50;

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let analysis = context.analysis;
    let script = context.is_script();
    let whole = script && context.is_whole();
    if !whole || analysis.uses(Program::IptablesRestore) || !related_is_accepted(context) || opens_range(context) {
        return Vec::new();
    }
    let missing = HELPERS.iter().filter(|own| own.loading(context).is_none() && !own.is_assigned(context));
    missing.filter_map(|helper| report(context, helper)).collect()
}

fn report(context: &Context<'_>, helper: &Helper) -> Option<Diagnostic> {
    let (step, _) = openings(context).find(|(_, rule)| is_for(rule, helper))?;
    let name = helper.name;
    let message = format!("this accepts connections that announce others, and no helper `{name}` reads them");
    let finding = context.finding(context.analysis.written_at(step), message).with_confidence(Confidence::Likely);
    Some(finding.with_help(format!(
        "load nf_conntrack_{name}, and give it connections with `-t raw ... -j CT --helper {name}`"
    )))
}

/// Whether the rule is for the service by its port.
fn is_for(rule: &Rule, helper: &Helper) -> bool {
    let ports = rule.matches.iter().flat_map(destination_ports);
    protocol(rule) == Some(helper.protocol)
        && ports
            .into_iter()
            .any(|range| range.low <= helper.port && helper.port <= range.high && range.high - range.low < WIDE)
}

/// Whether some rule opens many ports above those of services.
fn opens_range(context: &Context<'_>) -> bool {
    let ports = openings(context).flat_map(|(_, rule)| rule.matches.iter().flat_map(destination_ports));
    ports.into_iter().any(|range| range.high >= 1024 && range.high - range.low >= WIDE)
}

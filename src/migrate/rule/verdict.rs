//! Targets of ipchains in iptables.

use crate::migrate::layout::{Copy, Purpose};
use crate::migrate::route::Route;

/// What stands behind `-j` in a copy: tokens for the verdict, or nothing where the copy has no such rule.
pub(in crate::migrate) enum Verdict {
    /// No rule.
    Omit,
    /// A rule without target.
    Count,
    /// A rule with this target.
    To(Vec<String>),
}

/// The verdict of an ipchains target in a copy of its chain; `to_port` are the words for the port of a redirection.
pub(in crate::migrate) fn verdict(target: Option<&str>, copy: &Copy, route: &Route, to_port: &[String]) -> Verdict {
    let to = |words: &[&str]| Verdict::To(words.iter().map(|word| (*word).to_owned()).collect());
    match (copy.purpose, target) {
        (Purpose::Filter, None) => Verdict::Count,
        (Purpose::Filter, Some(target)) => to(&route.verdict(target, copy.stage)),
        (_, None) => Verdict::Omit,
        (_, Some("RETURN")) => to(&["RETURN"]),
        (Purpose::Redirect, Some("REDIRECT")) => {
            Verdict::To(std::iter::once("REDIRECT".to_owned()).chain(to_port.iter().cloned()).collect())
        }
        (_, Some(_)) => to(&["ACCEPT"]),
    }
}

//! What the user says of the host: facts that no script tells, as plain data.

use std::net::IpAddr;

use crate::model::Interface;

/// Facts of the host on which the scripts run.
///
/// What is not declared is not known: an interface in neither of two lists may be of either kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Addresses of the host itself.
    pub own_addresses: Vec<IpAddr>,
    /// Interfaces that lead to networks nobody here answers for.
    pub outside: Vec<Interface>,
    /// Interfaces that lead to networks of one's own.
    pub inside: Vec<Interface>,
    /// Interfaces whose addresses stay the same.
    pub fixed: Vec<Interface>,
    /// Interfaces whose addresses change.
    pub dynamic: Vec<Interface>,
    /// Whether the host passes on packets of others.
    pub routes: Option<bool>,
}

impl Facts {
    /// Whether every device that the test of a rule fits is among `declared`.
    pub(super) fn covers(declared: &[Interface], tested: &Interface) -> bool {
        let fits = |own: &Interface| match (own.prefix, tested.prefix) {
            (true, _) => tested.name.starts_with(&own.name),
            (false, prefix) => !prefix && own.name == tested.name,
        };
        declared.iter().any(fits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declared_pattern_covers_what_it_certainly_fits() {
        let interface = |name: &str, prefix| Interface { name: name.into(), prefix };
        let declared = [interface("ppp", true), interface("eth0", false)];
        assert!(Facts::covers(&declared, &interface("ppp0", false)));
        assert!(Facts::covers(&declared, &interface("ppp", true)));
        assert!(Facts::covers(&declared, &interface("eth0", false)));
        assert!(!Facts::covers(&declared, &interface("eth", true)));
        assert!(!Facts::covers(&declared, &interface("eth0", true)));
        assert!(!Facts::covers(&declared, &interface("pp", true)));
    }
}

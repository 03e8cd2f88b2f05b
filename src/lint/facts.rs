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
            (true, _) => tested.name.starts_with(own.name.as_str()),
            (false, prefix) => !prefix && own.name == tested.name,
        };
        declared.iter().any(fits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::judging::given;

    fn device(name: &str) -> Interface {
        Interface { name: name.into(), prefix: false }
    }

    fn speaks(facts: &Facts, lint: &'static str, script: &str) -> bool {
        !given(facts, lint, script).1.is_empty()
    }

    #[test]
    fn who_does_not_route_needs_no_forward() {
        let script = "#!/bin/sh\niptables -P INPUT DROP\niptables -t nat -A POSTROUTING -o docker0 -j MASQUERADE\n";
        let routes = |routes| Facts { routes, ..Facts::default() };
        assert!(speaks(&routes(None), "missing-final-drop", script));
        assert!(speaks(&routes(Some(true)), "missing-final-drop", script));
        assert!(!speaks(&routes(Some(false)), "missing-final-drop", script));
    }

    #[test]
    fn an_outer_interface_keeps_nobody_out() {
        let script = "iptables -P INPUT DROP\niptables -A INPUT -i ppp0 -p tcp --dport 3306 -j ACCEPT\n";
        assert!(!speaks(&Facts::default(), "world-open-admin-port", script));
        let outside = Facts { outside: vec![device("ppp0")], ..Facts::default() };
        assert!(speaks(&outside, "world-open-admin-port", script));
        let inside = Facts { inside: vec![device("ppp0")], ..Facts::default() };
        assert!(!speaks(&inside, "world-open-admin-port", script));
    }

    #[test]
    fn inner_addresses_may_be_trusted_where_only_inner_interfaces_are_named() {
        let script = "iptables -P INPUT DROP\niptables -A INPUT -i eth1 -p tcp --dport 53 -j ACCEPT\n\
                      iptables -A INPUT -i eth0 -p udp --dport 53 -j ACCEPT\n\
                      iptables -A INPUT -s 10.0.0.0/8 -j ACCEPT\n";
        assert!(speaks(&Facts::default(), "spoofable-trust", script));
        let inside =
            |names: &[&str]| Facts { inside: names.iter().map(|name| device(name)).collect(), ..Facts::default() };
        assert!(speaks(&inside(&["eth1"]), "spoofable-trust", script));
        assert!(!speaks(&inside(&["eth0", "eth1"]), "spoofable-trust", script));
    }

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

//! The table `facts` of a configuration file.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::lint::Facts;
use crate::model::Interface;

/// What the user declares of the host; every key may be left out, and no other is allowed.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct Declared {
    /// Addresses of the host itself.
    own_addresses: Vec<IpAddr>,
    /// Interfaces that lead outside; `ppp+` means all whose names begin with `ppp`.
    outside_interfaces: Vec<String>,
    /// Interfaces that lead inside.
    inside_interfaces: Vec<String>,
    /// Interfaces whose addresses stay the same.
    static_interfaces: Vec<String>,
    /// Interfaces whose addresses change.
    dynamic_interfaces: Vec<String>,
    /// Whether the host passes on packets of others.
    routes: Option<bool>,
}

impl Declared {
    /// An interface that two contrary lists name.
    pub(super) fn contradiction(&self) -> Option<&String> {
        let twice = |one: &[String], other: &[String]| one.iter().position(|name| other.contains(name));
        let sides = twice(&self.inside_interfaces, &self.outside_interfaces).map(|at| &self.inside_interfaces[at]);
        sides
            .or_else(|| twice(&self.dynamic_interfaces, &self.static_interfaces).map(|at| &self.dynamic_interfaces[at]))
    }

    /// The same as lints see it.
    pub(super) fn facts(&self) -> Facts {
        let interfaces = |names: &[String]| names.iter().map(|name| Interface::from(name.as_str())).collect();
        Facts {
            own_addresses: self.own_addresses.clone(),
            outside: interfaces(&self.outside_interfaces),
            inside: interfaces(&self.inside_interfaces),
            fixed: interfaces(&self.static_interfaces),
            dynamic: interfaces(&self.dynamic_interfaces),
            routes: self.routes,
        }
    }
}

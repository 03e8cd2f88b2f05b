//! Which values a script knows for addresses of the host that it runs on: what it has `ifconfig` or `ip` print of a
//! device, what it has them set, and what the programs of dial-up and DHCP say.

use std::net::Ipv4Addr;

use super::Settings;
use super::run::Evaluator;
use crate::model::{Piece, Value, Word};
use crate::text::base_name;

/// Variables in which pppd(8) and dhclient-script(8) hand the host's address to a script.
const HANDED: [&str; 2] = ["IPLOCAL", "new_ip_address"];

/// Words of the output that stand before other things than the address.
const OTHERS: [&str; 10] = ["bcast", "broadcast", "brd", "mask", "p-t-p", "peer", "inet6", "hwaddr", "ether", "-f3"];

/// Values that are addresses of the host.
#[derive(Default)]
pub struct OwnAddresses {
    /// Addresses, and names of variables that hold one, that the user says are the host's.
    declared: Vec<String>,
    /// The first addresses of all devices, where the user names them.
    devices: Vec<(String, Ipv4Addr)>,
    /// Values by which a device is given an address.
    set: Vec<Value>,
    /// The numbers of unknowns that a command prints of a device.
    printed: Vec<u32>,
}

impl OwnAddresses {
    /// Those that the user declares: addresses, names of variables, and addresses of devices.
    pub(super) fn of(settings: &Settings<'_>) -> Self {
        let plain = |text: &String| text.trim_start_matches('$').trim_matches(['{', '}']).to_owned();
        let declared = settings.own_addresses.iter().map(plain).collect();
        Self { declared, devices: settings.devices.clone(), ..Self::default() }
    }

    /// All devices of the host with their first addresses; none where the user does not name them.
    pub fn devices(&self) -> &[(String, Ipv4Addr)] {
        &self.devices
    }

    /// What the user declared.
    pub fn declared(&self) -> &[String] {
        &self.declared
    }

    /// Whether the script takes `value` for an address of the host.
    pub fn contains(&self, value: &Value) -> bool {
        let mut pieces = value.pieces();
        pieces.retain(|piece| !matches!(piece, Piece::Known(text) if text == "/32"));
        let value = &match pieces.as_slice() {
            [Piece::Known(text)] => Value::Known(text.clone()),
            _ => Value::Mixed(pieces.clone().into()),
        };
        let unknown = match pieces.as_slice() {
            [Piece::Unknown(own)] => Some(own),
            _ => None,
        };
        let declared = |text: &str| self.declared.iter().any(|own| own == text);
        self.set.contains(value)
            || value.known().is_some_and(declared)
            || unknown.is_some_and(|own| {
                self.printed.contains(&own.id) || declared(&own.name) || own.id == 0 && HANDED.contains(&&*own.name)
            })
    }
}

impl Evaluator<'_> {
    /// Notes that the unknown of this number is what a command prints.
    pub(super) fn note_printed(&mut self, id: u32, command: &str) {
        if prints_address(command) && !self.own_addresses.printed.contains(&id) {
            self.own_addresses.printed.push(id);
        }
    }

    /// Notes the address that a command gives to a device.
    pub(super) fn note_address(&mut self, name: &str, arguments: &[Word]) {
        if self.uncalled || self.path.is_false() {
            return;
        }
        let known = |at: usize| arguments.get(at).and_then(Word::known);
        let base = base_name(name);
        let given = match base {
            "ifconfig" => arguments.get(1),
            "ip" => (0..arguments.len()).find(|at| known(*at).is_some_and(is_object)).and_then(|at| {
                let adds = matches!(known(at + 1), Some("add" | "a" | "replace"));
                let rest = arguments.get(at + 2..).filter(|_| adds).unwrap_or_default();
                match rest.first().and_then(Word::known) {
                    Some("dev") => rest.get(2),
                    Some("local") => rest.get(1),
                    _ => rest.first(),
                }
            }),
            _ => None,
        };
        let Some(address) = given.and_then(|word| without_length(&word.value)) else { return };
        if !self.own_addresses.set.contains(&address) {
            self.own_addresses.set.push(address);
        }
    }
}

/// Whether it is how ip(8) calls addresses.
fn is_object(word: &str) -> bool {
    matches!(word, "a" | "ad" | "addr" | "address")
}

/// An address without the `/24` behind it; `None` where it is no address at all.
fn without_length(value: &Value) -> Option<Value> {
    let mut pieces = value.pieces();
    if let Some(Piece::Known(last)) = pieces.last_mut()
        && let Some((address, _)) = last.split_once('/')
    {
        *last = address.into();
    }
    pieces.retain(|piece| !matches!(piece, Piece::Known(text) if text.is_empty()));
    match pieces.as_slice() {
        [Piece::Known(text)] => text.parse::<std::net::Ipv4Addr>().ok().map(|_| Value::Known(text.clone())),
        [Piece::Unknown(_)] => Some(Value::Mixed(pieces.into())),
        _ => None,
    }
}

/// Whether a command cuts the address of a device out of what `ifconfig`, `ip` or `hostname` print.
fn prints_address(command: &str) -> bool {
    let inner = command.trim_matches(['`', '$', '(', ')', ' ', '"']);
    let lower = inner.to_ascii_lowercase();
    let mut words = lower.split('|').next().unwrap_or_default().split_whitespace().filter(|word| !word.contains('='));
    let base = words.next().map(|word| base_name(word).to_owned());
    let prints = match base.as_deref() {
        Some("ifconfig") => true,
        Some("ip") => words.any(is_object),
        Some("hostname") => words.any(|word| matches!(word, "-i" | "--ip-address")),
        _ => false,
    };
    prints
        && (lower.contains('|') || base.as_deref() == Some("hostname"))
        && !OTHERS.iter().any(|own| lower.contains(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_what_stands_beside_them() {
        for own in [
            "`ifconfig ppp0 | grep inet | cut -d: -f2 | cut -d' ' -f1`",
            "$(/sbin/ifconfig $DEV | awk '/inet addr/ { print $2 }')",
            "$(LC_ALL=C ip -4 addr show dev eth0 | sed -n 's/.*inet \\([0-9.]*\\).*/\\1/p')",
            "$(hostname -i)",
        ] {
            assert!(prints_address(own), "{own}");
        }
        for other in [
            "`ifconfig eth0 | sed -n 's/.*Mask:\\([0-9.]*\\).*/\\1/p'`",
            "`ifconfig eth0 | sed -n 's/.*Bcast:\\([0-9.]*\\).*/\\1/p'`",
            "$(ip route | awk '/default/ { print $3 }')",
            "$(ifconfig eth0)",
            "$(hostname)",
            "$(cat /etc/address | head -1)",
        ] {
            assert!(!prints_address(other), "{other}");
        }
    }
}

//! What targets of the nat table make of a destination and of ports.

use super::bits::{self, Bits};
use super::view::{Connections, Ends};
use super::walk::Walk;
use crate::logic::Formula;
use crate::model::PortRange;
use crate::packet::check::Side;
use crate::packet::program::{Addresses, Ports, Translation};

impl Walk<'_, '_> {
    /// The ends of packets whose destination is changed.
    pub(super) fn redirected(&mut self, translation: Translation) -> Ends {
        let ends = self.view.ends.clone();
        match translation {
            Translation::Destination(addresses, ports) => {
                let destination = self.address((Side::Destination, addresses), &ends.destination);
                let destination_port = self.port((Side::Destination, ports), &ends.destination_port);
                Ends { destination, destination_port, ..ends }
            }
            Translation::Netmap(network) => {
                Ends { destination: bits::changed(&ends.destination, !network.mask, network.address), ..ends }
            }
            Translation::Lost(unknown) => {
                let (destination, port) = self.asked.names.end(self.space, self.asked.program, unknown);
                let ported = self.space.has_ports();
                let destination_port = bits::choose(&mut self.space.f, ported, &port, &ends.destination_port);
                Ends { destination, destination_port, ..ends }
            }
            _ => ends,
        }
    }

    /// One of the addresses to choose from; none keeps the address.
    pub(super) fn address(&mut self, (side, addresses): (Side, Addresses), own: &Bits) -> Bits {
        match addresses {
            None => own.clone(),
            Some((first, last)) if first == last => bits::constant(first, 32),
            Some(range) => self.space.picked_address(side, range),
        }
    }

    /// A port among those to choose from is kept.
    pub(super) fn port(&mut self, (side, ports): (Side, Ports), own: &Bits) -> Bits {
        let range = match ports {
            Ports::Keep => return own.clone(),
            Ports::Among(range) => range,
            Ports::Any => PortRange { low: 1, high: u16::MAX },
        };
        let space = &mut *self.space;
        let picked =
            if range.low == range.high { bits::constant(range.low.into(), 16) } else { space.picked_port(side, range) };
        let fits = match ports {
            Ports::Any => Formula::FALSE,
            _ => bits::within(&mut space.f, own, range.low.into(), range.high.into()),
        };
        let ported = space.has_ports();
        let keeps = space.f.or(fits, ported.opposite());
        bits::choose(&mut space.f, keeps, own, &picked)
    }

    /// Where a destination is another one afterwards.
    ///
    /// One that is only known at run time counts as another one across the dialects, where connections are taken
    /// to be forwarded from addresses of this host to those of others.
    pub(super) fn moves(&mut self, before: &Bits, after: &Bits) -> Formula {
        let first = self.view.connections == Connections::First;
        match first && after.first().is_some_and(|bit| self.space.is_number(*bit)) {
            true => Formula::TRUE,
            false => bits::differ(&mut self.space.f, before, after),
        }
    }

    /// Where packets with this destination stay on the host.
    pub(super) fn stays(&mut self, destination: &Bits) -> Formula {
        let loopback = bits::masked(&mut self.space.f, destination, 127 << 24, 0xFF00_0000);
        let own = self.space.atom(super::Atom::Local(destination.clone()));
        self.space.f.or(loopback, own)
    }
}

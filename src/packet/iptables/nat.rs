//! The nat table, and what translation means for the hooks that come after.

use super::Way;
use crate::model::PortRange;
use crate::packet::oracle::Stuck;
use crate::packet::program::{Addresses, Ports, Ruling, Translation};
use crate::packet::sight::Ends;
use crate::packet::{Direction, Event, Hook, Path, State, Verdict};

impl Way<'_, '_> {
    /// Rewrites what this hook rewrites: after the rules for the first packet of a connection,
    /// else as was decided then (`nf_nat_inet_fn` of net/netfilter/nf_nat_core.c).
    pub(super) fn translate(&mut self, hook: Hook) -> Result<Option<Ruling>, Stuck> {
        let track = self.walk.sight.track;
        if !track.exists() || hook == Hook::Forward {
            return Ok(None);
        }
        let first = track.direction == Direction::Original
            && (track.state == State::New || track.state == State::Related && self.walk.sight.packet.protocol != 1);
        if !first {
            self.as_before(hook);
            return Ok(None);
        }
        let ruling = self.chain("nat", hook)?;
        if let Some(Ruling::Translate(translation)) = ruling {
            self.apply(translation, hook);
        }
        Ok(ruling)
    }

    /// What was decided for the first packet of the connection, where anything was: an ICMP error may come from
    /// somebody who is no end of it (`nf_nat_icmp_reply_translation` of net/netfilter/nf_nat_proto.c).
    fn as_before(&mut self, hook: Hook) {
        let (track, ends) = (self.walk.sight.track, self.walk.sight.ends);
        let goal = track.translated();
        let ports = ends.ports.zip(goal.ports);
        let by_destination = changes_destination(hook);
        // For the answers, the one end is what the other was.
        let translated = match by_destination == (track.direction == Direction::Original) {
            true => track.destination_is_translated(),
            false => track.source_is_translated(),
        };
        if !translated {
            return;
        }
        let changed = if by_destination {
            Ends { destination: goal.destination, ports: ports.map(|(own, new)| (own.0, new.1)), ..ends }
        } else {
            Ends { source: goal.source, ports: ports.map(|(own, new)| (new.0, own.1)), ..ends }
        };
        self.put(changed, hook);
        if hook == Hook::Prerouting && changed.destination != ends.destination {
            self.route(changed.destination);
        }
    }

    fn apply(&mut self, translation: Translation, hook: Hook) {
        let ends = self.walk.sight.ends;
        match translation {
            Translation::Redirect(ports) => {
                let own = if hook == Hook::Output { Some(LOCALHOST) } else { self.arrival_address() };
                let changed = to_destination(ends, own, ports);
                self.put_first(changed, hook);
                self.path = if hook == Hook::Output { self.path } else { Path::Received };
                self.redirected(hook);
            }
            changing if changes_destination(hook) => {
                self.put_first(redirected(ends, changing), hook);
                self.rerouted(hook, ends);
            }
            source => self.put_source(source, hook),
        }
    }

    fn put_source(&mut self, translation: Translation, hook: Hook) {
        let ends = self.walk.sight.ends;
        let changed = match translation {
            Translation::Masquerade(ports) => to_source(ends, self.walk.sight.own_address(), ports),
            Translation::Source(addresses, ports) => to_source(ends, pick(addresses, ends.source), ports),
            Translation::Netmap(network) => {
                Ends { source: ends.source.map(|own| own & !network.mask | network.address), ..ends }
            }
            _ => to_source(ends, None, Ports::Any),
        };
        self.put_first(changed, hook);
        if hook == Hook::Postrouting && (changed != ends || self.path == Path::Forwarded) {
            self.verdict = Verdict::Masquerade { rewritten: true };
            self.at = Some(hook);
        }
    }

    /// Rewrites the first packet of a connection: its answers will be those of the new ends.
    fn put_first(&mut self, changed: Ends, hook: Hook) {
        self.put(changed, hook);
        self.walk.sight.track.reply = changed.inverse();
    }

    fn put(&mut self, changed: Ends, hook: Hook) {
        if changed == self.walk.sight.ends {
            return;
        }
        self.walk.sight.ends = changed;
        self.walk.sight.changes += 1;
        let (from, to) = changed.ports.unzip();
        self.walk.note(|| match changes_destination(hook) {
            true => Event::Destination(changed.destination.map(Into::into), to),
            false => Event::Source(changed.source.map(Into::into), from),
        });
    }

    /// Finds the new way after the destination was changed by a rule.
    fn rerouted(&mut self, hook: Hook, before: Ends) {
        let destination = self.walk.sight.ends.destination;
        if hook == Hook::Output || destination == before.destination {
            return;
        }
        self.route(destination);
        if self.path == Path::Received {
            self.redirected(hook);
        }
    }

    /// The way of a packet that has come in, by its new destination; where nothing is known of it, it goes on.
    fn route(&mut self, destination: Option<u32>) {
        let own = destination.and_then(|address| self.walk.sight.host.owns(address.into()));
        self.path = if own == Some(true) { Path::Received } else { Path::Forwarded };
    }

    fn redirected(&mut self, hook: Hook) {
        let port = self.walk.sight.ends.ports.map(|(_, to)| to).filter(|to| to.low == to.high);
        self.verdict = Verdict::Redirect { port: port.map(|port| port.low) };
        self.at = Some(hook);
    }

    /// The primary address of the device the packet came in by (`nf_nat_redirect_ipv4`).
    fn arrival_address(&self) -> Option<u32> {
        let sight = &self.walk.sight;
        let known = sight.host.address_of(&sight.packet.arrival).map(u32::from);
        // A packet for this host that it knows no other address of.
        known.or_else(|| sight.ends.destination.filter(|_| self.path == Path::Received))
    }
}

const LOCALHOST: u32 = 0x7F00_0001;

fn changes_destination(hook: Hook) -> bool {
    matches!(hook, Hook::Prerouting | Hook::Output)
}

/// The ends of a packet whose destination is changed.
pub(in crate::packet) fn redirected(ends: Ends, translation: Translation) -> Ends {
    match translation {
        Translation::Destination(addresses, ports) => to_destination(ends, pick(addresses, ends.destination), ports),
        Translation::Netmap(network) => {
            Ends { destination: ends.destination.map(|own| own & !network.mask | network.address), ..ends }
        }
        _ => to_destination(ends, None, Ports::Any),
    }
}

/// One address to choose from is chosen; of several nobody knows which; none keeps the address.
fn pick(addresses: Addresses, own: Option<u32>) -> Option<u32> {
    match addresses {
        None => own,
        Some((first, last)) => (first == last).then_some(first),
    }
}

fn to_source(ends: Ends, source: Option<u32>, ports: Ports) -> Ends {
    Ends { source, ports: ends.ports.map(|(from, to)| (chosen(from, ports), to)), ..ends }
}

fn to_destination(ends: Ends, destination: Option<u32>, ports: Ports) -> Ends {
    Ends { destination, ports: ends.ports.map(|(from, to)| (from, chosen(to, ports))), ..ends }
}

/// A port among those to choose from is kept (`get_unique_tuple`); that it is free is taken for granted.
fn chosen(own: PortRange, ports: Ports) -> PortRange {
    match ports {
        Ports::Keep => own,
        Ports::Among(range) if range.low <= own.low && own.high <= range.high => own,
        Ports::Among(range) => range,
        Ports::Any => PortRange { low: 1, high: u16::MAX },
    }
}

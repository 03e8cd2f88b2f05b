//! The way of all packets through a Linux 2.2 host, as [`super::super::ipchains`] has it for one.

use super::bits;
use super::space::Space;
use super::view::{Connections, Device, Ends, View, requests};
use super::walk::{Asked, Walk};
use super::{Fates, Kernel};
use crate::logic::Formula;
use crate::model::FORWARDING;
use crate::packet::check::Side;
use crate::packet::ipchains::{Filter, MASQUERADE_PORTS, rejection};
use crate::packet::program::{Ruling, Translation};
use crate::packet::{Hook, Path, Reason, Verdict};

/// The fates of the packets of a set on a path.
pub(super) fn pass(
    space: &mut Space,
    asked: Asked<'_>,
    filter: &Filter,
    (path, set): (Path, Formula),
    kernel: Kernel,
) -> Fates {
    let view = View::new(space, Connections::First);
    let walk = Walk::new(space, asked, view, path);
    let mut way = Way { walk, filter, kernel, fates: Fates::default() };
    match path {
        Path::Received => way.delivered(set),
        Path::Sent => way.sent(set, Verdict::Accept, Hook::Output),
        Path::Forwarded => way.forwarded(set),
    }
    way.fates.finish(way.walk)
}

struct Way<'s, 'p> {
    walk: Walk<'s, 'p>,
    filter: &'p Filter,
    kernel: Kernel,
    fates: Fates,
}

impl Way<'_, '_> {
    fn ask(&mut self, hook: Hook, set: Formula) -> Vec<(Ruling, Formula)> {
        let fields = &self.walk.space.fields;
        let (chain, device) = match hook {
            Hook::Forward => (self.filter.forward, &fields.departure),
            Hook::Output | Hook::Postrouting => (self.filter.output, &fields.departure),
            Hook::Input | Hook::Prerouting => (self.filter.input, &fields.arrival),
        };
        self.walk.view.arrival = Device::Class(device.clone());
        self.walk.view.changes += 1;
        self.walk.ask(chain, set)
    }

    fn dropped(&mut self, ruling: Ruling, set: Formula, hook: Hook) -> bool {
        let verdict = match ruling {
            Ruling::Deny => Verdict::Deny,
            Ruling::Reject(_) => Verdict::Reject(rejection(hook, self.walk.path, self.kernel)),
            _ => return false,
        };
        self.fates.end(verdict, hook, set);
        true
    }

    /// Asks input; gives the packets that go on.
    fn received(&mut self, set: Formula) -> Formula {
        let mut on = Formula::FALSE;
        for (ruling, set) in self.ask(Hook::Input, set) {
            if self.dropped(ruling, set, Hook::Input) {
                continue;
            }
            let local = match ruling {
                Ruling::Redirect(port) => self.redirect(port, set),
                _ => Formula::FALSE,
            };
            self.fates.end(Verdict::Redirect { port: None }, Hook::Input, local);
            self.fates.here = self.walk.space.f.or(self.fates.here, local);
            let rest = self.walk.space.f.and_not(set, local);
            on = self.walk.space.f.or(on, rest);
        }
        on
    }

    /// Input, and then either this host or, for what `ipmasqadm` forwards, output.
    fn delivered(&mut self, set: Formula) {
        // There are no such packets, whether input lets them pass or not.
        for (translation, own) in self.forwarding(set) {
            let changed = self.walk.redirected(translation);
            self.misdirect(own, &changed);
        }
        let on = self.received(set);
        let relayed = self.relay(on);
        self.fates.relayed = relayed;
        self.fates.here = relayed.opposite();
        let kept = self.walk.space.f.and_not(on, relayed);
        self.fates.end(Verdict::Accept, Hook::Input, kept);
        if !relayed.is_false() {
            self.sent(relayed, Verdict::Accept, Hook::Output);
        }
    }

    /// Changes the destination of what `ipmasqadm` forwards; gives those packets.
    fn relay(&mut self, set: Formula) -> Formula {
        let mut relayed = Formula::FALSE;
        for (translation, own) in self.forwarding(set) {
            let changed = self.walk.redirected(translation);
            let space = &mut *self.walk.space;
            let twice = space.f.and(relayed, own);
            if !twice.is_false() {
                self.walk.lost.push((twice, Reason::Order(FORWARDING.to_owned())));
            }
            relayed = space.f.or(relayed, own);
            self.misdirect(own, &changed);
            self.walk.view.put(self.walk.space, own, &changed);
        }
        let (arrival, departure) = (self.walk.space.fields.arrival.clone(), self.walk.space.fields.departure.clone());
        for device in [arrival, departure] {
            let lo = self.walk.space.device(&device, "lo");
            let odd = self.walk.space.f.and(relayed, lo);
            self.fates.misdirected = self.walk.space.f.or(self.fates.misdirected, odd);
        }
        relayed
    }

    /// Notes those of a set that `ipmasqadm` would send to this host, or to where they go anyway.
    fn misdirect(&mut self, set: Formula, changed: &Ends) {
        let destination = self.walk.view.ends.destination.clone();
        let here = self.walk.stays(&changed.destination);
        let moved = self.walk.moves(&destination, &changed.destination);
        let odd = self.walk.space.f.or(here, moved.opposite());
        let odd = self.walk.space.f.and(set, odd);
        self.fates.misdirected = self.walk.space.f.or(self.fates.misdirected, odd);
    }

    /// Which packets of a set `ipmasqadm` forwards where.
    fn forwarding(&mut self, set: Formula) -> Vec<(Translation, Formula)> {
        let filter = self.filter;
        let rulings = filter.forwarding.iter().flat_map(|chain| self.walk.ask(*chain, set));
        let forwarded = rulings.filter_map(|(ruling, own)| match ruling {
            Ruling::Translate(translation) => Some((translation, own)),
            _ => None,
        });
        forwarded.collect()
    }

    /// Redirects packets to a port; gives those that are: a redirection to port 0 is none.
    fn redirect(&mut self, port: Option<u16>, set: Formula) -> Formula {
        let ends = self.walk.view.ends.clone();
        let space = &mut *self.walk.space;
        let target = match port {
            Some(0) => ends.destination_port.clone(),
            Some(port) => bits::constant(port.into(), 16),
            None => space.lost("the port of a redirection", 16),
        };
        let none = bits::is(&mut space.f, &target, 0);
        let local = space.f.and_not(set, none);
        self.walk.view.put(space, local, &Ends { destination_port: target, ..ends });
        local
    }

    fn sent(&mut self, set: Formula, passed: Verdict, at: Hook) {
        for (ruling, set) in self.ask(Hook::Output, set) {
            if !self.dropped(ruling, set, Hook::Output) {
                self.fates.end(passed, at, set);
            }
        }
    }

    fn forwarded(&mut self, set: Formula) {
        // What `ipmasqadm` would forward is for this host.
        for (_, own) in self.forwarding(set) {
            self.fates.misdirected = self.walk.space.f.or(self.fates.misdirected, own);
        }
        let on = self.received(set);
        let (mut plain, mut masqueraded) = (Formula::FALSE, Formula::FALSE);
        for (ruling, set) in self.ask(Hook::Forward, on) {
            match ruling {
                _ if self.dropped(ruling, set, Hook::Forward) => {}
                Ruling::Masquerade => masqueraded = set,
                Ruling::Redirect(_) if self.kernel == Kernel::V2_2 => self.fates.end(Verdict::Deny, Hook::Forward, set),
                _ => plain = self.walk.space.f.or(plain, set),
            }
        }
        let (rewritten, other) = self.masquerade(masqueraded);
        // One walk for all, so that each rule is asked once; what becomes of them is told apart afterwards.
        let all = self.walk.space.f.or(plain, masqueraded);
        let kept = self.walk.space.f.or(rewritten, other);
        // Other protocols cannot be masqueraded.
        let refused = self.walk.space.f.and_not(masqueraded, kept);
        self.fates.end(Verdict::Deny, Hook::Forward, refused);
        let asked = self.walk.space.f.and_not(all, refused);
        for (ruling, set) in self.ask(Hook::Output, asked) {
            if self.dropped(ruling, set, Hook::Output) {
                continue;
            }
            let space = &mut *self.walk.space;
            let (plain, own, other) = (space.f.and(set, plain), space.f.and(set, rewritten), space.f.and(set, other));
            self.fates.end(Verdict::Accept, Hook::Output, plain);
            self.fates.end(Verdict::Masquerade { rewritten: true }, Hook::Forward, own);
            self.fates.end(Verdict::Masquerade { rewritten: false }, Hook::Forward, other);
        }
    }

    /// Rewrites the source; gives the packets that are rewritten and those that leave as they are.
    fn masquerade(&mut self, set: Formula) -> (Formula, Formula) {
        let space = &mut *self.walk.space;
        let (tcp, udp, icmp) = (space.protocol(6), space.protocol(17), space.protocol(1));
        let kind = space.fields.source_port.clone();
        let asking = requests(space, &kind);
        let asking = space.f.and(icmp, asking);
        let asking = space.f.and_not(asking, space.fields.fragment);
        let either = space.f.or(tcp, udp);
        let rewritten = space.f.or(either, asking);
        let rewritten = space.f.and(set, rewritten);
        let other = space.f.and(set, icmp);
        let other = space.f.and_not(other, rewritten);
        let ends = self.walk.view.ends.clone();
        let own = space.fields.own.clone();
        let ported = space.has_ports();
        let source_port = match space.f.and(rewritten, ported).is_false() {
            true => ends.source_port.clone(),
            false => {
                let picked = space.picked_port(Side::Source, MASQUERADE_PORTS);
                bits::choose(&mut space.f, ported, &picked, &ends.source_port)
            }
        };
        self.walk.view.put(space, rewritten, &Ends { source: own, source_port, ..ends });
        (rewritten, other)
    }
}

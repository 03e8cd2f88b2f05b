//! The way of all packets through the tables, as [`super::super::iptables`] has it for one.

use super::bits::{self, Bits};
use super::space::Space;
use super::view::{Connections, Device, Ends, View, place};
use super::walk::{Asked, Walk};
use super::{Fates, LOCALHOST};
use crate::logic::Formula;
use crate::packet::check::Side;
use crate::packet::iptables::{EARLY_NAT, Filter, LATE_NAT};
use crate::packet::program::{Ruling, Translation};
use crate::packet::{Hook, Path, State, Verdict};

/// The fates of the packets of a set on a path.
pub(super) fn pass(
    space: &mut Space,
    asked: Asked<'_>,
    filter: &Filter,
    (path, set): (Path, Formula),
    connections: Connections,
) -> Fates {
    let view = View::new(space, connections);
    let begun = view.states;
    let walk = Walk::new(space, asked, view, path);
    let local = if path == Path::Received { Formula::TRUE } else { Formula::FALSE };
    let none = Formula::FALSE;
    let mut way = Way { walk, filter, begun, local, redirected: none, rewritten: none, fates: Fates::default() };
    way.run(set);
    way.fates.here = way.local;
    way.fates.finish(way.walk)
}

struct Way<'s, 'p> {
    walk: Walk<'s, 'p>,
    filter: &'p Filter,
    /// The states without what the raw table says.
    begun: [Formula; 5],
    /// Packets that are for this host now.
    local: Formula,
    /// Packets that the nat table has brought to this host.
    redirected: Formula,
    /// Packets whose source the nat table has rewritten.
    rewritten: Formula,
    fates: Fates,
}

impl Way<'_, '_> {
    fn run(&mut self, all: Formula) {
        if self.walk.path == Path::Sent {
            let on = self.hook(Hook::Output, all);
            let on = self.hook(Hook::Postrouting, on);
            return self.arrive(on, Hook::Output);
        }
        let on = self.hook(Hook::Prerouting, all);
        let (inward, onward) = (self.walk.space.f.and(on, self.local), self.walk.space.f.and_not(on, self.local));
        let inward = self.hook(Hook::Input, inward);
        self.arrive(inward, Hook::Input);
        let onward = self.hook(Hook::Forward, onward);
        let onward = self.hook(Hook::Postrouting, onward);
        self.arrive(onward, Hook::Forward);
    }

    /// The packets get where they go.
    fn arrive(&mut self, set: Formula, last: Hook) {
        let f = &mut self.walk.space.f;
        let rewritten = f.and(set, self.rewritten);
        let rest = f.and_not(set, self.rewritten);
        let redirected = f.and(rest, self.redirected);
        let plain = f.and_not(rest, self.redirected);
        self.fates.end(Verdict::Masquerade { rewritten: true }, Hook::Postrouting, rewritten);
        let by = if self.walk.path == Path::Sent { Hook::Output } else { Hook::Prerouting };
        self.fates.end(Verdict::Redirect { port: None }, by, redirected);
        self.fates.end(Verdict::Accept, last, plain);
    }

    /// Asks all tables at a hook; gives the packets that go on.
    fn hook(&mut self, hook: Hook, mut set: Formula) -> Formula {
        if set.is_false() {
            return set;
        }
        self.see(hook);
        let begins = matches!(hook, Hook::Prerouting | Hook::Output);
        for table in if begins { EARLY_NAT } else { LATE_NAT } {
            if begins && table == "raw" {
                self.forget_connections();
            }
            if begins && table == "mangle" {
                self.find_connections();
            }
            let rulings = match table {
                "nat" => {
                    self.translate(hook, set);
                    continue;
                }
                _ => match self.filter.chain(table, hook) {
                    Some(chain) => self.walk.ask(chain, set),
                    None => continue,
                },
            };
            let mut on = Formula::FALSE;
            for (ruling, own) in rulings {
                match ruling {
                    Ruling::Deny => self.fates.end(Verdict::Deny, hook, own),
                    Ruling::Reject(with) => self.fates.end(Verdict::Reject(with), hook, own),
                    _ => on = self.walk.space.f.or(on, own),
                }
            }
            set = on;
        }
        set
    }

    /// In raw nothing is known of connections.
    fn forget_connections(&mut self) {
        let untracked = self.walk.view.states[place(State::Untracked)];
        self.walk.view.states = [Formula::FALSE; 5];
        self.walk.view.states[place(State::Invalid)] = untracked.opposite();
        self.walk.view.states[place(State::Untracked)] = untracked;
        self.walk.view.changes += 1;
    }

    fn find_connections(&mut self) {
        let untracked = self.walk.view.states[place(State::Untracked)];
        for at in 0..5 {
            let own = if at == place(State::Untracked) { Formula::TRUE } else { Formula::FALSE };
            self.walk.view.states[at] = self.walk.space.f.choose(untracked, own, self.begun[at]);
        }
        self.walk.view.changes += 1;
    }

    fn see(&mut self, hook: Hook) {
        let fields = self.walk.space.fields.clone();
        let came = hook != Hook::Output && self.walk.path != Path::Sent;
        let leaves = !matches!(hook, Hook::Prerouting | Hook::Input);
        self.walk.view.arrival = if came { Device::Class(fields.arrival) } else { Device::None };
        self.walk.view.departure = if leaves { Device::Class(fields.departure.clone()) } else { Device::None };
        if hook == Hook::Postrouting
            && self.walk.path == Path::Sent
            && let Some(lo) = self.walk.space.classes.find("lo")
        {
            let lo = bits::constant(lo, fields.departure.len());
            let device = bits::choose(&mut self.walk.space.f, self.redirected, &lo, &fields.departure);
            self.walk.view.departure = Device::Class(device);
        }
        self.walk.view.changes += 1;
    }

    fn translate(&mut self, hook: Hook, set: Formula) {
        if hook == Hook::Forward {
            return;
        }
        let tracked = self.walk.view.tracked(self.walk.space);
        let icmp = self.walk.space.protocol(1);
        let View { states, reply, .. } = self.walk.view.clone();
        let f = &mut self.walk.space.f;
        let set = f.and(set, tracked);
        let related = f.and_not(states[place(State::Related)], icmp);
        let first = f.or(states[place(State::New)], related);
        let first = f.and_not(first, reply);
        let (first, later) = (f.and(set, first), f.and_not(set, first));
        self.as_before(hook, later);
        let Some(chain) = self.filter.chain("nat", hook) else { return };
        for (ruling, own) in self.walk.ask(chain, first) {
            if let Ruling::Translate(translation) = ruling {
                self.apply(translation, hook, own);
            }
        }
    }

    /// What was decided for the first packet of the connection.
    fn as_before(&mut self, hook: Hook, set: Formula) {
        if set.is_false() {
            return;
        }
        let View { first, answer, reply, ends, .. } = self.walk.view.clone();
        let goal = Ends::choose(self.walk.space, reply, &first.inverse(), &answer.inverse());
        let changed = match hook {
            Hook::Prerouting | Hook::Output => {
                Ends { destination: goal.destination, destination_port: goal.destination_port, ..ends.clone() }
            }
            _ => Ends { source: goal.source, source_port: goal.source_port, ..ends.clone() },
        };
        self.put(changed, set);
        if hook == Hook::Prerouting {
            let after = self.walk.view.ends.destination.clone();
            self.route((&ends.destination, &after), set);
        }
    }

    fn apply(&mut self, translation: Translation, hook: Hook, set: Formula) {
        let ends = self.walk.view.ends.clone();
        let early = matches!(hook, Hook::Prerouting | Hook::Output);
        let redirect = matches!(translation, Translation::Redirect(_));
        let changed = match translation {
            Translation::Redirect(ports) => {
                let own = match hook {
                    Hook::Output => bits::constant(LOCALHOST, 32),
                    _ => self.walk.space.fields.here.clone(),
                };
                let port = self.walk.port((Side::Destination, ports), &ends.destination_port);
                Ends { destination: own, destination_port: port, ..ends.clone() }
            }
            changing if early => self.walk.redirected(changing),
            Translation::Masquerade(ports) => {
                let port = self.walk.port((Side::Source, ports), &ends.source_port);
                let source = self.walk.space.fields.own.clone();
                Ends { source, source_port: port, ..ends.clone() }
            }
            Translation::Source(addresses, ports) => {
                let source = self.walk.address((Side::Source, addresses), &ends.source);
                let port = self.walk.port((Side::Source, ports), &ends.source_port);
                Ends { source, source_port: port, ..ends.clone() }
            }
            Translation::Netmap(network) => {
                let mapped = bits::changed(&ends.source, !network.mask, network.address);
                Ends { source: mapped, ..ends.clone() }
            }
            Translation::Lost(_) | Translation::Destination(..) => {
                let (source, source_port) =
                    (self.walk.space.lost("an address", 32), self.walk.space.lost("a port", 16));
                Ends { source, source_port, ..ends.clone() }
            }
        };
        let destination = changed.destination.clone();
        if self.walk.view.connections == Connections::First && early && matches!(translation, Translation::Lost(_)) {
            self.walk.view.named = self.walk.space.f.or(self.walk.view.named, set);
        }
        self.put_first(changed, set);
        if redirect {
            self.redirected = self.walk.space.f.or(self.redirected, set);
            if hook != Hook::Output {
                self.local = self.walk.space.f.or(self.local, set);
            }
        } else if early && hook == Hook::Prerouting {
            let moved = self.route((&ends.destination, &destination), set);
            let brought = self.walk.space.f.and(moved, self.local);
            self.redirected = self.walk.space.f.or(self.redirected, brought);
        } else if hook == Hook::Postrouting {
            let moved = self.leaves_changed(&ends, set);
            self.rewritten = self.walk.space.f.or(self.rewritten, moved);
        }
    }

    /// Which packets of a set count as rewritten on their way out: what the host sends only where its source has
    /// become another one. For others it is not asked, since the comparison is a costly one.
    fn leaves_changed(&mut self, before: &Ends, set: Formula) -> Formula {
        if self.walk.path != Path::Sent {
            return set;
        }
        let before = [&before.source[..], &before.source_port[..]].concat();
        let after = [&self.walk.view.ends.source[..], &self.walk.view.ends.source_port[..]].concat();
        bits::differ_within(&mut self.walk.space.f, set, &before, &after)
    }

    fn put(&mut self, changed: Ends, set: Formula) {
        self.walk.view.put(self.walk.space, set, &changed);
    }

    /// Rewrites the first packet of a connection: its answers will be those of the new ends.
    fn put_first(&mut self, changed: Ends, set: Formula) {
        let answer = self.walk.view.answer.clone();
        self.walk.view.answer = Ends::choose(self.walk.space, set, &changed.inverse(), &answer);
        self.put(changed, set);
    }

    /// Finds the new way of packets whose destination has changed; gives those.
    fn route(&mut self, (before, after): (&Bits, &Bits), set: Formula) -> Formula {
        let moved = self.walk.moves(before, after);
        let moved = self.walk.space.f.and(set, moved);
        if moved.is_false() {
            return moved;
        }
        let own = self.walk.stays(after);
        self.local = self.walk.space.f.choose(moved, own, self.local);
        moved
    }
}

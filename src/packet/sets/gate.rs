//! One built-in chain of the filter table, asked for whole classes of packets.
//!
//! Lints ask of IPv4 in this way what a firewall lets through in general, however its rules say so.
//! What cannot be known may come out either way, and past the budget there is no answer.

use std::collections::HashMap;
use std::sync::Arc;

use super::bits;
use super::bounds::Bounds;
use super::view::{Connections, Device, View, place};
use super::walk::{Asked, Matching, Walk};
use super::{Classes, Names, Space};
use crate::eval::Conditions;
use crate::logic::Formula;
use crate::model::{Network, PortRange, Ruleset};
use crate::packet::program::Ruling;
use crate::packet::walk::Loops;
use crate::packet::{Filter, Flags, Hook, Path, State};

/// So many nodes of diagrams are made for all questions together.
const BUDGET: usize = 400_000;

/// A class of packets; what is left open may be anything.
#[derive(Clone, Debug, Default)]
pub struct Class {
    /// Protocol number; packets of TCP, UDP and ICMP are whole ones.
    pub protocol: Option<u16>,
    /// Source addresses.
    pub source: Option<Network>,
    /// Destination addresses.
    pub destination: Option<Network>,
    /// Source ports, or ICMP types.
    pub source_port: Option<PortRange>,
    /// Destination ports, or ICMP codes.
    pub destination_port: Option<PortRange>,
    /// TCP flags.
    pub flags: Option<Flags>,
    /// The state in the connection, of which ipchains knows nothing.
    pub state: Option<State>,
    /// Whether it is an answer in its connection, of which ipchains knows nothing either.
    pub reply: Option<bool>,
    /// The device that they come in by, or leave by if this host sends them.
    pub device: Option<Ways>,
}

/// The devices of a class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ways {
    /// The loopback device.
    Loopback,
    /// Any other device.
    Outside,
    /// One of [`Gate::devices`].
    Device(String),
}

/// What gets through of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// Certainly nothing.
    Nothing,
    /// Certainly everything.
    Everything,
    /// Something, or it hangs on what is not known.
    Something,
}

/// A filter with the space of its packets. A clone shares the rules, and has all of the budget that is left.
#[derive(Clone)]
pub struct Gate {
    pub(super) filter: Arc<Filter>,
    pub(super) names: Arc<Names>,
    /// The bounds of each rule of each chain.
    pub(super) bounds: Arc<Vec<Vec<Bounds>>>,
    pub(super) space: Space,
    /// The packets before any chain, in which what cannot be seen is the same in each question.
    first: View,
    /// Those that rules match, for the chains that were asked.
    matching: HashMap<Hook, Matching>,
}

impl Gate {
    /// The rules as they are under `runs`, a formula over the script's conditions.
    pub fn new(ruleset: &Ruleset, conditions: &mut Conditions, runs: Formula) -> Self {
        let filter = Filter::new(ruleset, &mut conditions.formulas, runs);
        let names = Names::of(&filter, conditions);
        let mut space = Space::new(Classes::of(&[&filter]), BUDGET);
        let first = first(&mut space, matches!(filter, Filter::Ipchains(_)));
        let bounds = Arc::new(Bounds::of_all(filter.program(), &space.classes));
        let (filter, names) = (Arc::new(filter), Arc::new(names));
        Self { filter, names, bounds, space, first, matching: HashMap::new() }
    }

    /// The names of devices that rules tell apart, one for each kind; `lo` is not among them.
    pub fn devices(&self) -> Vec<String> {
        let names = (0..self.space.classes.count()).map(|at| self.space.classes.name(at as u32).to_owned());
        names.filter(|name| name != "lo").collect()
    }

    /// Whether some rule names the device, or the beginning of its name.
    pub fn names_device(&self, name: &str) -> bool {
        self.space.classes.is_named(name)
    }

    /// What gets through the chain of `hook` of the packets in `class`; `None` where that takes too much work.
    pub fn ask(&mut self, hook: Hook, class: &Class) -> Option<Passage> {
        let Some(chain) = self.chain(hook) else { return Some(Passage::Everything) };
        self.judge(hook, class, |walk, set| walk.ask(chain, set))
    }

    /// Whether anything of `class` gets through, or may do so; that takes less work than to [`Gate::ask`].
    pub fn lets(&mut self, hook: Hook, class: &Class) -> Option<bool> {
        let Some(chain) = self.chain(hook) else { return Some(true) };
        let passage = self.judge(hook, class, |walk, set| {
            walk.until_passage = true;
            walk.ask(chain, set)
        });
        passage.map(|passage| passage != Passage::Nothing)
    }

    /// What gets through the chain of `hook` behind its entry of that number, of the packets that the rule
    /// is for, tests that depend on earlier packets aside; `None` where that takes too much work.
    pub fn ask_behind(&mut self, hook: Hook, entry: usize) -> Option<Passage> {
        let (filter, chain) = (self.filter.clone(), self.chain(hook)?);
        let rules = &filter.program().chains.get(chain)?.rules;
        let at = rules.iter().position(|rule| rule.entry as usize == entry)?;
        self.judge(hook, &Class::default(), |walk, set| {
            let meant = walk.meant(&rules[at]);
            let set = walk.space.f.and(set, meant);
            walk.ask_from(chain, at + 1, set)
        })
    }

    /// The number of the chain of `hook` in the filter table.
    fn chain(&self, hook: Hook) -> Option<usize> {
        match &*self.filter {
            Filter::Iptables(own) => own.chain("filter", hook),
            Filter::Ipchains(own) => own.chain(hook),
        }
    }

    /// The packets as the chain of `hook` sees them; ipchains tests one device.
    fn view(&self, hook: Hook, ipchains: bool) -> View {
        let mut view = self.first.clone();
        let (arrival, departure) = (self.space.fields.arrival.clone(), self.space.fields.departure.clone());
        match (hook, ipchains) {
            (Hook::Input, _) => view.arrival = Device::Class(arrival),
            (_, true) => view.arrival = Device::Class(departure),
            (Hook::Output, false) => view.departure = Device::Class(departure),
            (_, false) => {
                view.arrival = Device::Class(arrival);
                view.departure = Device::Class(departure);
            }
        }
        view
    }

    fn judge(
        &mut self,
        hook: Hook,
        class: &Class,
        ask: impl FnOnce(&mut Walk<'_, '_>, Formula) -> Vec<(Ruling, Formula)>,
    ) -> Option<Passage> {
        let ipchains = matches!(*self.filter, Filter::Ipchains(_));
        let loops = if ipchains { Loops::Deny } else { Loops::Impossible };
        let view = self.view(hook, ipchains);
        let space = &mut self.space;
        let set = packets(space, &view, hook, class);
        let asked = Asked { program: self.filter.program(), names: &self.names, loops, tells: false };
        let mut walk = Walk::new(space, asked, view, path(hook));
        walk.within = Some((&self.bounds, Bounds::of_class(class)));
        walk.known = self.matching.remove(&hook).unwrap_or_default();
        let rulings = ask(&mut walk, set);
        self.matching.insert(hook, walk.known_at_first());
        let lost = std::mem::take(&mut walk.lost);
        let (mut through, mut out) = (Formula::FALSE, Formula::FALSE);
        for (ruling, own) in rulings {
            let side = if ruling.keeps_out() { &mut out } else { &mut through };
            *side = space.f.or(*side, own);
        }
        for (own, _) in lost {
            through = space.f.or(through, own);
            out = space.f.or(out, own);
        }
        let (through, out) = (space.f.and(through, space.domain), space.f.and(out, space.domain));
        passage(through, out)
    }
}

fn path(hook: Hook) -> Path {
    match hook {
        Hook::Forward => Path::Forwarded,
        Hook::Output | Hook::Postrouting => Path::Sent,
        Hook::Input | Hook::Prerouting => Path::Received,
    }
}

fn passage(through: Formula, out: Formula) -> Option<Passage> {
    match (through, out) {
        (Formula::UNDECIDED, _) | (_, Formula::UNDECIDED) => None,
        // There are no such packets.
        (through, out) if through.is_false() && out.is_false() => None,
        (through, _) if through.is_false() => Some(Passage::Nothing),
        (_, out) if out.is_false() => Some(Passage::Everything),
        _ => Some(Passage::Something),
    }
}

/// The packets before any chain.
fn first(space: &mut Space, ipchains: bool) -> View {
    let mut view = View::new(space, if ipchains { Connections::First } else { Connections::Any });
    // Rules of other tables may have set them before.
    view.mark = space.lost("a mark", 32);
    view.connection_mark = space.lost("a connection's mark", 32);
    view.tos = space.lost("a TOS byte", 8);
    view
}

/// The packets of a class.
fn packets(space: &mut Space, view: &View, hook: Hook, class: &Class) -> Formula {
    let fields = space.fields.clone();
    // In the view of ipchains every packet is a first one.
    let tracked = !view.states[place(State::Established)].is_false();
    let whole = fields.fragment.opposite();
    let mut set = space.f.and(space.domain, whole);
    let mut tests = Vec::new();
    tests.extend(class.protocol.map(|protocol| space.protocol(protocol)));
    for (own, bits) in [(class.source, &fields.source), (class.destination, &fields.destination)] {
        tests.extend(own.map(|network| bits::masked(&mut space.f, bits, network.address, network.mask)));
    }
    for (own, bits) in [(class.source_port, &fields.source_port), (class.destination_port, &fields.destination_port)] {
        tests.extend(own.map(|range| bits::within(&mut space.f, bits, range.low.into(), range.high.into())));
    }
    tests.extend(class.flags.map(|flags| bits::is(&mut space.f, &fields.flags, flags.0.into())));
    tests.extend(class.state.filter(|_| tracked).map(|state| view.states[place(state)]));
    let reply = |reply: bool| if reply { view.reply } else { view.reply.opposite() };
    tests.extend(class.reply.filter(|_| tracked).map(reply));
    let device = if hook == Hook::Output { &fields.departure } else { &fields.arrival };
    tests.extend(class.device.as_ref().map(|ways| devices(space, device, ways)));
    for test in tests {
        set = space.f.and(set, test);
    }
    set
}

fn devices(space: &mut Space, device: &[Formula], ways: &Ways) -> Formula {
    let mut of = |name: &str| match space.classes.find(name) {
        Some(class) => bits::is(&mut space.f, device, class),
        None => Formula::FALSE,
    };
    match ways {
        Ways::Loopback => of("lo"),
        Ways::Outside => of("lo").opposite(),
        Ways::Device(name) => of(name),
    }
}

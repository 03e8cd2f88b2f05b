//! What the filter table says of forwarded packets, whatever came before it.

use std::collections::BTreeMap;

use super::idle::any_packet;
use super::names::Names;
use super::space::Space;
use super::view::View;
use super::walk::{Asked, Matching, Walk};
use super::{bits, not_loopback};
use crate::logic::Formula;
use crate::model::Test;
use crate::packet::iptables::Filter;
use crate::packet::program::Ruling;
use crate::packet::walk::Loops;
use crate::packet::{Hook, Path};
use crate::text::Place;

/// All packets that may come to FORWARD: with any addresses, in any state, of any connection.
pub(crate) struct Forwarding {
    view: View,
    domain: Formula,
    /// Those that rules match, which is the same each time.
    matching: Matching,
}

/// What becomes of them.
pub(crate) struct Forwarded {
    rulings: Vec<(Ruling, Formula)>,
    lost: Vec<Formula>,
    /// Packets that come to tests that depend on earlier ones.
    comers: BTreeMap<(String, u32), Formula>,
    /// Packets that are logged or counted, by the command of the rule.
    told: BTreeMap<Place, Formula>,
    view: View,
}

impl Forwarding {
    pub(crate) fn new(space: &mut Space) -> Self {
        let mut view = any_packet(space);
        view.translated = Some([space.alone("a translation"), space.alone("a translation")]);
        Self { view, domain: not_loopback(space, space.domain), matching: Matching::new() }
    }

    /// Leaves out the packets to an address: none of those to the host itself comes to FORWARD.
    pub(crate) fn leave_out(&mut self, space: &mut Space, names: &Names, address: &Test) {
        let own = names.goes_to(space, address, &self.view.ends.destination);
        self.domain = space.f.and_not(self.domain, own);
    }

    /// Asks FORWARD of the filter table; each time the same rules, of which some may be left out, by steady names.
    pub(crate) fn ask(&mut self, space: &mut Space, filter: &Filter, names: &Names) -> Forwarded {
        let asked = Asked { program: &filter.program, names, loops: Loops::Impossible, tells: true };
        let mut walk = Walk::new(space, asked, self.view.clone(), Path::Forwarded);
        walk.known = std::mem::take(&mut self.matching);
        let rulings = match filter.chain("filter", Hook::Forward) {
            Some(chain) => walk.ask(chain, self.domain),
            None => Vec::new(),
        };
        self.matching = walk.known_at_first();
        let comers = walk.comers.iter().filter_map(|(unknown, set)| Some((names.stateful(*unknown)?.clone(), *set)));
        let comers = comers.collect();
        let lost = walk.lost.iter().map(|(set, _)| *set).collect();
        Forwarded { rulings, lost, comers, told: walk.told, view: walk.view }
    }

    /// Whether all of them certainly fare alike.
    pub(crate) fn are_alike(&self, space: &mut Space, one: &Forwarded, other: &Forwarded) -> bool {
        let mut differing: Vec<Formula> = one.lost.iter().chain(&other.lost).copied().collect();
        for (a, b) in [(one, other), (other, one)] {
            differing.extend(a.rulings.iter().map(|(ruling, set)| {
                let same = b.rulings.iter().find(|(own, _)| own == ruling).map_or(Formula::FALSE, |(_, set)| *set);
                space.f.differ(*set, same)
            }));
            differing.extend(missed(space, &a.comers, &b.comers));
            differing.extend(missed(space, &a.told, &b.told));
        }
        let (a, b) = (&one.view, &other.view);
        for (a, b) in [(&a.mark, &b.mark), (&a.tos, &b.tos), (&a.connection_mark, &b.connection_mark)] {
            differing.push(bits::differ(&mut space.f, a, b));
        }
        differing.into_iter().all(|set| space.f.and(set, self.domain).is_false())
    }
}

/// The packets that are counted by one and not by the other.
fn missed<K: Ord>(space: &mut Space, one: &BTreeMap<K, Formula>, other: &BTreeMap<K, Formula>) -> Vec<Formula> {
    one.iter().map(|(key, set)| space.f.differ(*set, other.get(key).copied().unwrap_or(Formula::FALSE))).collect()
}

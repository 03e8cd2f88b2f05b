//! Rules for forwarded packets that could be left out, and no packet would notice.

use super::doubt;
use super::party::Party;
use crate::analysis::Analysis;
use crate::model::{Dialect, Family};
use crate::packet::Filter;
use crate::packet::sets::{Classes, Forwarding, Space};
use crate::text::Place;

/// So many nodes of diagrams are made.
const BUDGET: usize = 400_000;

/// Which of some commands need not make their rules: the filter table says the same of every forwarded packet
/// without all of them, whatever connection it belongs to, and the same packets are logged and counted.
///
/// The commands are tried in turn, and each one that can go counts as gone for the next. The rules must be such
/// that forwarded packets alone come to them; those do not go to addresses that the file takes for the host's own. Where anything is not decided, everything stays.
pub fn spare(analysis: &mut Analysis<'_>, commands: &[Place]) -> Vec<Place> {
    if !doubt::doubts(analysis, &|place| super::located(analysis.sources, place)).is_empty() {
        return Vec::new();
    }
    let Party { filter, mut names, own, .. } =
        Party::new(analysis, (Dialect::Iptables, crate::logic::Formula::TRUE), Family::V4);
    names.steady();
    let mut space = Space::new(Classes::of(&[&filter]), BUDGET);
    let Filter::Iptables(mut filter) = filter else { return Vec::new() };
    let mut packets = Forwarding::new(&mut space);
    own.iter().for_each(|address| packets.leave_out(&mut space, &names, address));
    let before = packets.ask(&mut space, &filter, &names);
    let fixed = filter.in_turn();
    let mut gone = Vec::new();
    if !packets.are_alike(&mut space, &before, &before) {
        return gone;
    }
    for place in commands.iter().filter(|place| !fixed.contains(place)) {
        filter.leave_out(*place, true);
        let after = packets.ask(&mut space, &filter, &names);
        match packets.are_alike(&mut space, &before, &after) {
            true => gone.push(*place),
            false => filter.leave_out(*place, false),
        }
    }
    gone
}

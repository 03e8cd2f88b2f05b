//! Finds the rules of a chain whose bounds hold a packet, without asking each of them.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use super::bounds::{ARRIVAL, Bounds, DEPARTURE, DESTINATION, DESTINATION_PORT, Point, SOURCE};

/// Chains of so many rules are not worth an order.
const FEW: usize = 64;

/// The rules of a chain, each in the drawer of what is most special about it.
pub(super) struct Nearby<'b> {
    bounds: &'b [Bounds],
    drawers: HashMap<Drawer, Vec<usize>>,
    /// The lengths of the prefixes in the names of drawers.
    lengths: BTreeSet<(usize, u32)>,
}

/// A field with the value that its highest bits have; all rules that have none share one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Drawer {
    field: usize,
    length: u32,
    value: u32,
}

/// What may be special about a rule, the most usual last, with the number of bits that say little there.
const SPECIAL: [(usize, u32); 5] =
    [(ARRIVAL, 24), (DEPARTURE, 24), (DESTINATION_PORT, 16), (DESTINATION, 0), (SOURCE, 0)];

const ANY: Drawer = Drawer { field: SOURCE, length: 0, value: 0 };

impl Drawer {
    fn new(field: usize, length: u32, value: u32) -> Self {
        let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
        Self { field, length, value: value & mask }
    }

    /// The drawer of a rule.
    fn of(bounds: &Bounds) -> Self {
        let length = |field: usize| (bounds.span(field).0 ^ bounds.span(field).1).leading_zeros();
        let bits = |(field, unused): (usize, u32)| length(field).saturating_sub(unused);
        let field = SPECIAL.into_iter().max_by_key(|own| bits(*own)).filter(|own| bits(*own) >= 8);
        field.map_or(ANY, |(field, _)| Self::new(field, length(field), bounds.span(field).0))
    }
}

impl<'b> Nearby<'b> {
    pub(super) fn new(bounds: &'b [Bounds]) -> Self {
        let mut nearby = Self { bounds, drawers: HashMap::new(), lengths: BTreeSet::new() };
        for (at, own) in bounds.iter().enumerate() {
            let drawer = if bounds.len() <= FEW { ANY } else { Drawer::of(own) };
            nearby.lengths.insert((drawer.field, drawer.length));
            nearby.drawers.entry(drawer).or_default().push(at);
        }
        nearby
    }

    /// The rules of some numbers that may match a packet; `looks` grows by those that were looked at.
    pub(super) fn at<'n>(
        &'n self,
        point: &Point,
        numbers: Range<usize>,
        looks: &'n Cell<usize>,
    ) -> impl Iterator<Item = usize> + use<'n, 'b> {
        let point = *point;
        let drawers = self.lengths.iter().filter_map(move |(field, length)| {
            let rules = self.drawers.get(&Drawer::new(*field, *length, point.fields[*field]))?;
            let before = |number: usize| rules.partition_point(|at| *at < number);
            rules.get(before(numbers.start)..before(numbers.end))
        });
        let rules = drawers.flatten().copied().inspect(|_| looks.set(looks.get() + 1));
        rules.filter(move |at| self.bounds[*at].hold(&point))
    }

    /// Those of some rules, in their order, that may match a packet within the bounds.
    pub(super) fn meeting(&self, bounds: &Bounds, numbers: Range<usize>, looks: &Cell<usize>) -> Vec<usize> {
        let mut found = Vec::new();
        let mut look = |rules: &Vec<usize>| {
            let before = |number: usize| rules.partition_point(|at| *at < number);
            let rules = &rules[before(numbers.start)..before(numbers.end)];
            looks.set(looks.get() + rules.len());
            found.extend(rules.iter().copied().filter(|at| self.bounds[*at].meet(bounds)));
        };
        let is_one =
            |field: usize, length: u32| (bounds.span(field).0 ^ bounds.span(field).1).leading_zeros() >= length;
        let (whole, spread): (Vec<_>, Vec<_>) =
            self.lengths.iter().partition(|(field, length)| is_one(*field, *length));
        for (field, length) in whole {
            let drawer = Drawer::new(field, length, bounds.span(field).0);
            self.drawers.get(&drawer).into_iter().for_each(&mut look);
        }
        if !spread.is_empty() {
            let within = |drawer: &Drawer| {
                let (low, high) = bounds.span(drawer.field);
                (Drawer::new(drawer.field, drawer.length, low).value..=high).contains(&drawer.value)
            };
            let open = |drawer: &Drawer| !is_one(drawer.field, drawer.length) && within(drawer);
            self.drawers.iter().filter(|(drawer, _)| open(drawer)).for_each(|(_, rules)| look(rules));
        }
        found.sort_unstable();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Network, PortRange};
    use crate::packet::Class;

    /// Bounds of the most various kinds, some of one packet and some of all.
    fn bounds() -> Vec<Bounds> {
        let network = |number: u32, length: u32| {
            let mask = Network::prefix_mask(length);
            Some(Network { address: number.wrapping_mul(0x9E37_79B9) & mask, mask })
        };
        let of = |number: u32| {
            let low = (number * 31 % 50_000) as u16;
            let port = Some(PortRange { low, high: low + (number % 3) as u16 * 700 });
            Bounds::of_class(&Class {
                source: network(number / 3, [0, 8, 16, 24, 32][number as usize % 5]),
                destination: network(number / 7, [0, 4, 24, 32][number as usize % 4]),
                destination_port: port.filter(|_| number.is_multiple_of(2)),
                ..Class::default()
            })
        };
        (0..3 * FEW as u32).map(of).collect()
    }

    #[test]
    fn whatever_may_match_the_same_packet_is_found() {
        let (all, looks) = (bounds(), Cell::new(0));
        let nearby = Nearby::new(&all);
        let mut found = 0;
        for own in &all {
            let numbers = 5..all.len() - 5;
            let meeting: Vec<usize> = numbers.clone().filter(|at| all[*at].meet(own)).collect();
            assert_eq!(nearby.meeting(own, numbers, &looks), meeting);
            found += meeting.len();
        }
        assert!(found > all.len() && looks.get() < all.len() * all.len());
    }
}

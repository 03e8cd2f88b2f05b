//! Jumps that lead a packet back to a chain that it is still in.
//!
//! The kernel of ipchains dropped a packet at such a jump; iptables refuses to load it. Which chains a packet is in
//! hangs on where it came from, so each side is looked at for itself. Jumps that close a loop for every packet lead
//! nowhere, and only what the others leave of a loop is a question of the way.

use std::collections::{BTreeMap, BTreeSet};

use super::layout::{Layout, Side};

/// What becomes of a jump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    /// It leads on.
    Plain,
    /// Every packet that comes here has been in the chain before.
    Closes,
    /// That depends on the way by which the packet came.
    Depends,
}

/// The jumps from each chain.
type Jumps<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// The jumps of a script that can close a loop.
#[derive(Default)]
pub(super) struct Loops {
    edges: BTreeMap<(Side, String, String), Edge>,
    /// The sides whose packets can come to a jump that closes a loop.
    dropping: BTreeSet<Side>,
}

impl Loops {
    pub(super) fn of(layout: &Layout<'_>) -> Self {
        let users: Vec<String> = layout.user_chains().collect();
        let all = Side::ALL.map(Side::chain).into_iter().chain(users.iter().map(String::as_str));
        let jumps: Jumps<'_> = all.map(|chain| (chain, layout.jumps(chain).into_iter().collect())).collect();
        let mut loops = Self::default();
        for side in Side::ALL {
            for (chain, target, edge) in of_side(&jumps, side.chain()) {
                loops.edges.insert((side, chain.to_owned(), target.to_owned()), edge);
                loops.dropping.extend(reaches(&jumps, side.chain(), chain, "").then_some(side));
            }
        }
        loops
    }

    /// Whether packets of `side` can be dropped for a loop.
    pub(super) fn drop(&self, side: Side) -> bool {
        self.dropping.contains(&side)
    }

    /// What becomes of the jump from `chain` to `target` for those who came by `side`.
    pub(super) fn edge(&self, chain: &str, target: &str, side: Side) -> Edge {
        self.edges.get(&(side, chain.to_owned(), target.to_owned())).copied().unwrap_or(Edge::Plain)
    }
}

/// The jumps that can close a loop for packets that begin in the chain `first`.
fn of_side<'a>(jumps: &Jumps<'a>, first: &str) -> Vec<(&'a str, &'a str, Edge)> {
    let round = on_the_way_round(jumps);
    let all = || {
        let between = |(chain, target): &(&str, &str)| round.contains(chain) && round.contains(target);
        jumps.iter().flat_map(|(chain, targets)| targets.iter().map(|target| (*chain, *target))).filter(between)
    };
    // Without the target on the way, can a packet come here?
    let closes =
        |(chain, target): &(&str, &str)| reaches(jumps, target, chain, "") && !reaches(jumps, first, chain, target);
    let closed: Vec<(&str, &str)> = all().filter(closes).collect();
    let mut open = jumps.clone();
    for (chain, target) in &closed {
        open.get_mut(chain).map(|targets| targets.remove(target));
    }
    // A target that is come to by way of this chain alone cannot be on the way to it.
    let depends = |(chain, target): &(&str, &str)| {
        !closed.contains(&(*chain, *target))
            && reaches(&open, target, chain, "")
            && reaches(&open, first, target, chain)
    };
    let depends = all().filter(depends).map(|(chain, target)| (chain, target, Edge::Depends));
    closed.iter().map(|(chain, target)| (*chain, *target, Edge::Closes)).chain(depends).collect()
}

/// The chains from which jumps lead on without end: all others are left out, one behind the other.
fn on_the_way_round<'a>(jumps: &Jumps<'a>) -> BTreeSet<&'a str> {
    let mut callers: BTreeMap<&str, Vec<&'a str>> = BTreeMap::new();
    for (chain, target) in jumps.iter().flat_map(|(chain, targets)| targets.iter().map(move |target| (*chain, *target)))
    {
        callers.entry(target).or_default().push(chain);
    }
    let mut left: BTreeMap<&'a str, usize> = jumps.iter().map(|(chain, targets)| (*chain, targets.len())).collect();
    let mut ends: Vec<&str> = callers.keys().copied().filter(|chain| !left.contains_key(chain)).collect();
    ends.extend(left.iter().filter(|(_, jumps)| **jumps == 0).map(|(chain, _)| *chain));
    while let Some(end) = ends.pop() {
        left.remove(end);
        for caller in callers.get(end).into_iter().flatten() {
            let Some(jumps) = left.get_mut(caller) else { continue };
            *jumps -= 1;
            ends.extend((*jumps == 0).then_some(*caller));
        }
    }
    left.into_keys().collect()
}

/// Whether jumps lead from one chain to another without passing through `avoided`.
fn reaches(jumps: &Jumps<'_>, from: &str, to: &str, avoided: &str) -> bool {
    let (mut seen, mut pending) = (BTreeSet::new(), vec![from]);
    while let Some(chain) = pending.pop() {
        if chain == avoided || !seen.insert(chain) {
            continue;
        }
        if chain == to {
            return true;
        }
        pending.extend(jumps.get(chain).into_iter().flatten());
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The jumps of a script that can close a loop for packets of input, `a>b` for the one from `a` to `b`.
    fn edges(script: &str) -> (Vec<String>, Vec<String>) {
        let jumps = script.split(' ').map(|jump| jump.split_once('>').unwrap());
        let mut all = Jumps::new();
        for (chain, target) in jumps {
            all.entry(chain).or_default().insert(target);
        }
        let edges = of_side(&all, "input");
        let of = |wanted| {
            let found = edges.iter().filter(|(.., edge)| *edge == wanted);
            found.map(|(chain, target, _)| format!("{chain}>{target}")).collect()
        };
        (of(Edge::Closes), of(Edge::Depends))
    }

    #[test]
    fn what_closes_a_loop_for_every_packet_leaves_none_behind() {
        let closing = |script| {
            let (closes, depends) = edges(script);
            assert!(depends.is_empty(), "{script}: {depends:?}");
            closes
        };
        assert_eq!(closing("input>a a>b b>c"), <[&str; 0]>::default());
        assert_eq!(closing("input>a a>a"), ["a>a"]);
        assert_eq!(closing("input>a a>b b>a"), ["b>a"]);
        // Two loops that share a chain, and one within another.
        assert_eq!(closing("input>a a>b b>a a>c c>a"), ["b>a", "c>a"]);
        assert_eq!(closing("input>a a>b b>c c>b c>a"), ["c>a", "c>b"]);
        // Beside what packets come to.
        assert_eq!(closing("input>a x>y y>x"), ["x>y", "y>x"]);
    }

    #[test]
    fn a_loop_with_two_ways_in_closes_where_the_packet_began() {
        let strings = |edges: [&str; 2]| edges.map(str::to_owned).to_vec();
        assert_eq!(edges("input>a input>b a>b b>a"), (Vec::new(), strings(["a>b", "b>a"])));
    }
}

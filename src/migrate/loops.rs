//! Jumps that lead a packet back to a chain that it is still in.
//!
//! The kernel of ipchains dropped a packet at such a jump; iptables refuses to load it.

use std::collections::{BTreeMap, BTreeSet};

use super::layout::{Layout, Side, is_special};

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

/// The jumps of a script that can close a loop.
#[derive(Default)]
pub(super) struct Loops {
    edges: BTreeMap<(String, String), Edge>,
}

impl Loops {
    pub(super) fn of(layout: &Layout<'_>) -> Self {
        let mut edges = BTreeMap::new();
        let chains: Vec<String> = layout.user_chains().collect();
        for chain in &chains {
            let targets: BTreeSet<String> = layout.jumps(chain).into_iter().map(str::to_owned).collect();
            for target in targets.into_iter().filter(|target| !is_special(target)) {
                if !reaches(layout, &target, chain, None) {
                    continue;
                }
                // Without the target on the way, can a packet come here?
                let avoids = Side::ALL.into_iter().any(|side| reaches(layout, side.chain(), chain, Some(&target)));
                let edge = if target == *chain || !avoids { Edge::Closes } else { Edge::Depends };
                edges.insert((chain.clone(), target), edge);
            }
        }
        Self { edges }
    }

    /// What becomes of the jump from `chain` to `target`.
    pub(super) fn edge(&self, chain: &str, target: &str) -> Edge {
        self.edges.get(&(chain.to_owned(), target.to_owned())).copied().unwrap_or(Edge::Plain)
    }
}

/// Whether jumps lead from one chain to another without passing through `avoided`.
fn reaches(layout: &Layout<'_>, from: &str, to: &str, avoided: Option<&str>) -> bool {
    let (mut seen, mut pending) = (BTreeSet::new(), vec![from.to_owned()]);
    while let Some(chain) = pending.pop() {
        if chain == to {
            return true;
        }
        if Some(chain.as_str()) != avoided && seen.insert(chain.clone()) {
            pending.extend(layout.jumps(&chain).into_iter().map(str::to_owned));
        }
    }
    false
}

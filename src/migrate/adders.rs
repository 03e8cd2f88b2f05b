//! Chains that add to a packet's mark, which iptables cannot do by itself.
//!
//! Adding 2^b flips the bits from b up to the first one that is zero; subtracting, up to the first
//! that is one. A chain of the mangle table does that without knowing the mark: one rule for each
//! bit at which the flipping may end. The rule for b itself leaves the chain, since what it makes
//! of the mark would match further rules; what the others make of it does not.

use std::collections::BTreeSet;

/// A power of two that is added or subtracted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Adder {
    bit: u32,
    subtracts: bool,
}

impl Adder {
    /// The powers of two that make up `number`, in as few steps as possible.
    pub(super) fn all(number: u32) -> Vec<Self> {
        let (mut rest, mut adders) = (i64::from(number.cast_signed()), Vec::new());
        for bit in 0..32 {
            if rest & 1 == 1 {
                // A row of ones is the next power less the first.
                let subtracts = rest & 2 == 2 && bit < 31;
                rest += if subtracts { 1 } else { -1 };
                adders.push(Self { bit, subtracts });
            }
            rest >>= 1;
        }
        adders
    }

    /// The chain.
    pub(super) fn chain(self) -> String {
        format!("{}-0x{:x}", if self.subtracts { "subtract" } else { "add" }, self.power())
    }

    /// The chain that flips the lowest bit.
    fn flip(self) -> String {
        format!("flip-0x{:x}", self.power())
    }

    fn power(self) -> u32 {
        1 << self.bit
    }

    /// The marks that each rule asks for, with the bits that it flips.
    fn steps(self) -> Vec<(u32, u32)> {
        let bits = |last: u32| (u32::MAX >> (31 - last)) & !(self.power() - 1);
        let ends = (self.bit + 1..32).map(|end| {
            let mask = bits(end);
            (if self.subtracts { 1 << end } else { mask & !(1 << end) }, mask)
        });
        // Beyond the highest bit the carry is lost.
        let beyond = (if self.subtracts { 0 } else { bits(31) }, bits(31));
        ends.chain(std::iter::once(beyond)).collect()
    }
}

/// The chains that `adders` need.
pub(super) fn chains(adders: &BTreeSet<Adder>) -> Vec<String> {
    let flips: BTreeSet<String> = adders.iter().map(|adder| adder.flip()).collect();
    adders.iter().map(|adder| adder.chain()).chain(flips).collect()
}

/// Their rules, each with the masks over which it stands: `$mask` in its text is one of them.
pub(super) fn rules(adders: &BTreeSet<Adder>) -> Vec<(String, Vec<String>)> {
    let mut rules = Vec::new();
    let flips: BTreeSet<(String, u32)> = adders.iter().map(|adder| (adder.flip(), adder.power())).collect();
    for (chain, power) in flips {
        rules.push((format!("-A {chain} -j MARK --set-xmark 0x{power:x}/0x0"), Vec::new()));
    }
    for adder in adders {
        let chain = adder.chain();
        let ends = if adder.subtracts { adder.power() } else { 0 };
        rules.push((
            format!("-A {chain} -m mark --mark 0x{ends:x}/0x{:x} -g {}", adder.power(), adder.flip()),
            Vec::new(),
        ));
        let masks: Vec<_> = adder.steps().into_iter().map(|(value, mask)| format!("0x{value:x}/0x{mask:x}")).collect();
        let rule = format!("-A {chain} -m mark --mark $mask -j MARK --set-xmark ${{mask#*/}}/0x0");
        rules.push(match masks.as_slice() {
            [only] => (with_mask(&rule, only), Vec::new()),
            _ => (rule, masks),
        });
    }
    rules
}

/// A rule with one of its masks put in.
pub(super) fn with_mask(rule: &str, mask: &str) -> String {
    let bits = mask.split_once('/').map_or(mask, |(_, bits)| bits);
    rule.replace("${mask#*/}", bits).replace("$mask", mask)
}

/// A rule in a loop over its masks, whose variable has this name.
pub(super) fn with_variable(rule: &str, variable: &str) -> String {
    rule.replace("${mask#*/}", &format!("${{{variable}#*/}}")).replace("$mask", &format!("${variable}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the rules of an adder make of a mark, read as the kernel reads them.
    fn run(adder: Adder, mut mark: u32) -> u32 {
        let (power, ends) = (adder.power(), if adder.subtracts { adder.power() } else { 0 });
        if mark & power == ends {
            return mark ^ power;
        }
        for (value, mask) in adder.steps() {
            if mark & mask == value {
                mark ^= mask;
            }
        }
        mark
    }

    /// A loop over one mask is none, so nothing sets its variable.
    #[test]
    fn the_highest_bit_has_one_mask() {
        let rules = rules(&Adder::all(0x8000_0000).into_iter().collect());
        let loops: Vec<_> = rules.iter().filter(|(rule, masks)| rule.contains("$mask") && masks.len() < 2).collect();
        assert!(loops.is_empty(), "{loops:?}");
    }

    #[test]
    fn the_chains_add() {
        let numbers = [1u32, 3, 5, 7, 1000, 0x8000_0000, 0xffff_fffd, 0xffff_ffef, 0x7fff_ffff, 12345, 0xffff_ffff];
        for number in numbers {
            for mark in [0u32, 1, 2, 16, 21, 255, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff] {
                let sum = Adder::all(number).into_iter().fold(mark, |mark, adder| run(adder, mark));
                assert_eq!(sum, mark.wrapping_add(number), "{mark} + {number}");
            }
        }
    }
}

//! Numbers whose bits are formulas, the highest bit first.

use crate::logic::{Formula, Formulas};

/// A number as a function of the packet.
pub(crate) type Bits = Vec<Formula>;

/// The same number for every packet.
pub(crate) fn constant(value: u32, width: usize) -> Bits {
    (0..width).rev().map(|at| if value >> at & 1 == 1 { Formula::TRUE } else { Formula::FALSE }).collect()
}

/// Where `bits` and `mask` are `value`.
pub(crate) fn masked(f: &mut Formulas, bits: &[Formula], value: u32, mask: u32) -> Formula {
    let width = bits.len();
    if width < 32 && (value >> width) != 0 || value & !mask != 0 {
        return Formula::FALSE;
    }
    // From the lowest bit up, so that what is there is built on and not built anew.
    let mut all = Formula::TRUE;
    for (at, bit) in bits.iter().rev().enumerate().filter(|(at, _)| mask >> at & 1 == 1) {
        let wanted = if value >> at & 1 == 1 { *bit } else { bit.opposite() };
        all = f.and(wanted, all);
    }
    all
}

/// Where `bits` is `value`.
pub(crate) fn is(f: &mut Formulas, bits: &[Formula], value: u32) -> Formula {
    masked(f, bits, value, u32::MAX)
}

/// Where `bits` is from `low` to `high`.
pub(crate) fn within(f: &mut Formulas, bits: &[Formula], low: u32, high: u32) -> Formula {
    if low > high {
        return Formula::FALSE;
    }
    let (mut least, mut most) = (Formula::TRUE, Formula::TRUE);
    for (at, bit) in bits.iter().rev().enumerate() {
        least = if low >> at & 1 == 1 { f.and(*bit, least) } else { f.or(*bit, least) };
        most = if high >> at & 1 == 1 { f.or(bit.opposite(), most) } else { f.and(bit.opposite(), most) };
    }
    f.and(least, most)
}

/// `yes` where `condition` holds, `no` elsewhere.
pub(crate) fn choose(f: &mut Formulas, condition: Formula, yes: &[Formula], no: &[Formula]) -> Bits {
    yes.iter().zip(no).map(|(yes, no)| f.choose(condition, *yes, *no)).collect()
}

/// Where the two numbers are not equal.
pub(crate) fn differ(f: &mut Formulas, a: &[Formula], b: &[Formula]) -> Formula {
    let mut any = Formula::FALSE;
    for (a, b) in a.iter().zip(b).rev() {
        let bit = f.differ(*a, *b);
        any = f.or(bit, any);
    }
    any
}

/// Where the two numbers are not equal within a set, looked for bit by bit: outside, the numbers may be hard to compare.
pub(crate) fn differ_within(f: &mut Formulas, set: Formula, a: &[Formula], b: &[Formula]) -> Formula {
    let mut any = Formula::FALSE;
    for (a, b) in a.iter().zip(b).rev() {
        let bit = f.differ(*a, *b);
        let bit = f.and(set, bit);
        any = f.or(bit, any);
    }
    any
}

/// The bits that are kept, with some turned.
pub(crate) fn changed(bits: &[Formula], keep: u32, turn: u32) -> Bits {
    let width = bits.len();
    let one = |(at, bit): (usize, &Formula)| {
        let at = width - 1 - at;
        let kept = if keep >> at & 1 == 1 { *bit } else { Formula::FALSE };
        if turn >> at & 1 == 1 { kept.opposite() } else { kept }
    };
    bits.iter().enumerate().map(one).collect()
}

/// The sum modulo the width.
pub(crate) fn plus(f: &mut Formulas, bits: &[Formula], more: u32) -> Bits {
    let mut carry = Formula::FALSE;
    let mut sum: Bits = Vec::with_capacity(bits.len());
    for (at, bit) in bits.iter().rev().enumerate() {
        let own = if more >> at & 1 == 1 { bit.opposite() } else { *bit };
        sum.push(f.differ(own, carry));
        carry = if more >> at & 1 == 1 { f.or(*bit, carry) } else { f.and(*bit, carry) };
    }
    sum.reverse();
    sum
}

/// Each bit of one or the other.
pub(crate) fn turned(f: &mut Formulas, a: &[Formula], b: &[Formula]) -> Bits {
    a.iter().zip(b).map(|(a, b)| f.differ(*a, *b)).collect()
}

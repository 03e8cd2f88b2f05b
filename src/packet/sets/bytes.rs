//! `-m u32` for all packets: which bytes are known, and where the tests hold.

use super::bits;
use super::space::Space;
use super::view::View;
use crate::logic::Formula;
use crate::packet::check::{ByteTest, ByteTests, Operator};

/// A bit: where it is known, and where it is set.
type Bit = (Formula, Formula);

const ZERO: Bit = (Formula::TRUE, Formula::FALSE);
const LOST: Bit = (Formula::FALSE, Formula::FALSE);

/// Where the answer is known, and where it is yes.
pub(super) fn all(space: &mut Space, view: &View, tests: &ByteTests) -> (Formula, Formula) {
    let (mut known, mut holds) = (Formula::TRUE, Formula::TRUE);
    for test in &tests.0 {
        let (own, yes) = one(space, view, test);
        known = space.f.and(known, own);
        holds = space.f.and(holds, yes);
    }
    (known, holds)
}

fn one(space: &mut Space, view: &View, test: &ByteTest) -> (Formula, Formula) {
    let nothing = (Formula::FALSE, Formula::FALSE);
    let mut base = 0_u32;
    let mut word = read(space, view, test.start);
    for (operator, operand) in &test.steps {
        let by = (*operand).min(32) as usize;
        match operator {
            Operator::And => {
                for (at, bit) in word.iter_mut().enumerate().filter(|(at, _)| operand >> (31 - at) & 1 == 0) {
                    let _ = at;
                    *bit = ZERO;
                }
            }
            Operator::Left => word = word.iter().skip(by).copied().chain(vec![ZERO; by]).collect(),
            Operator::Right => word = vec![ZERO; by].into_iter().chain(word.iter().take(32 - by).copied()).collect(),
            Operator::At => {
                let Some(offset) = number(&word) else { return nothing };
                base = base.saturating_add(offset);
                word = read(space, view, base.saturating_add(*operand));
            }
        }
    }
    let mut known = Formula::TRUE;
    for (own, _) in word.iter().rev() {
        known = space.f.and(*own, known);
    }
    let values: Vec<Formula> = word.iter().map(|(_, value)| *value).collect();
    let mut any = Formula::FALSE;
    for (low, high) in &test.ranges {
        let own = bits::within(&mut space.f, &values, *low, *high);
        any = space.f.or(any, own);
    }
    (known, any)
}

/// The number, where it is the same for all packets.
fn number(word: &[Bit]) -> Option<u32> {
    word.iter().try_fold(0_u32, |all, (known, value)| match (known.is_true(), *value) {
        (true, Formula::TRUE) => Some(all << 1 | 1),
        (true, Formula::FALSE) => Some(all << 1),
        _ => None,
    })
}

/// The four bytes at `offset`.
fn read(space: &mut Space, view: &View, offset: u32) -> Vec<Bit> {
    let byte =
        |space: &mut Space, at: u32| offset.checked_add(at).map_or_else(|| vec![LOST; 8], |at| byte(space, view, at));
    (0..4).flat_map(|at| byte(space, at)).collect()
}

fn byte(space: &mut Space, view: &View, offset: u32) -> Vec<Bit> {
    let of = |bits: &[Formula], at: u32| -> Vec<Bit> {
        bits.iter().skip(8 * at as usize).take(8).map(|bit| (Formula::TRUE, *bit)).collect()
    };
    match offset {
        0 => of(&bits::constant(0x45, 8), 0),
        1 => of(&view.tos, 0),
        2 | 3 => of(&space.fields.length.clone(), offset - 2),
        9 => of(&space.fields.protocol.clone(), 0),
        12..=15 => of(&view.ends.source, offset - 12),
        16..=19 => of(&view.ends.destination, offset - 16),
        20..=23 => {
            let icmp = space.protocol(1);
            let icmp = space.f.and_not(icmp, space.fields.fragment);
            let ported = space.has_ports();
            let ports = if offset < 22 { &view.ends.source_port } else { &view.ends.destination_port };
            let seen = of(ports, offset % 2);
            let own = match offset {
                20 => of(&view.ends.source_port, 1),
                21 => of(&view.ends.destination_port, 1),
                _ => vec![LOST; 8],
            };
            seen.into_iter()
                .zip(own)
                .map(|(port, own)| {
                    let of_icmp = space.f.and(icmp, own.0);
                    let known = space.f.or(ported, of_icmp);
                    (known, space.f.choose(ported, port.1, own.1))
                })
                .collect()
        }
        33 => {
            let tcp = space.protocol(6);
            let known = space.f.and_not(tcp, space.fields.fragment);
            let flags = space.fields.flags.clone();
            // The two highest bits are not kept here.
            [LOST, LOST].into_iter().chain(flags.iter().map(|bit| (known, *bit))).collect()
        }
        _ => vec![LOST; 8],
    }
}

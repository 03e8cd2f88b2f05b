//! `-m u32`: bytes of the packet, as far as they are known.
//!
//! The packet is taken to have no IP options and all of its TCP, UDP or ICMP header,
//! like every packet here. What is not known of it leaves the test open.

use pest::Parser;
use pest::iterators::Pair;
use pest_derive::Parser;

use super::{Answer, Sight};
use crate::packet::Header;

#[derive(Parser)]
#[grammar = "../grammar/u32.pest"]
struct Grammar;

/// Tests that must all hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::packet) struct ByteTests(pub(in crate::packet) Vec<ByteTest>);

/// One test.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::packet) struct ByteTest {
    pub(in crate::packet) start: u32,
    pub(in crate::packet) steps: Vec<(Operator, u32)>,
    pub(in crate::packet) ranges: Vec<(u32, u32)>,
}

/// A step on the way to the number that is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::packet) enum Operator {
    And,
    Left,
    Right,
    At,
}

/// A number of which only some bits are known.
#[derive(Clone, Copy)]
struct Bits {
    value: u32,
    known: u32,
}

impl ByteTests {
    /// Understands the canonical spelling of an argument of `--u32`.
    pub(in crate::packet) fn read(text: &str) -> Option<Self> {
        let tests = Grammar::parse(Rule::tests, text).ok()?.next()?;
        let tests = tests.into_inner().filter(|test| test.as_rule() == Rule::test);
        tests.map(read_test).collect::<Option<Vec<_>>>().map(Self)
    }

    /// Whether all tests hold.
    pub(super) fn answer(&self, sight: &Sight<'_>) -> Answer {
        let mut all = Answer::Yes;
        for test in &self.0 {
            match test.answer(sight) {
                Answer::No => return Answer::No,
                Answer::Unknown => all = Answer::Unknown,
                Answer::Yes => {}
            }
        }
        all
    }
}

fn read_test(test: Pair<'_, Rule>) -> Option<ByteTest> {
    let mut read = ByteTest::default();
    for part in test.into_inner() {
        match part.as_rule() {
            Rule::start => read.start = number(&part)?,
            Rule::step => {
                let mut parts = part.into_inner();
                let operator = operator(parts.next()?.as_str())?;
                read.steps.push((operator, number(&parts.next()?)?));
            }
            _ => {
                let mut ends = part.into_inner();
                let low = number(&ends.next()?)?;
                read.ranges.push((low, ends.next().map_or(Some(low), |high| number(&high))?));
            }
        }
    }
    Some(read)
}

fn number(part: &Pair<'_, Rule>) -> Option<u32> {
    u32::from_str_radix(part.as_str().trim_start_matches("0x"), 16).ok()
}

fn operator(text: &str) -> Option<Operator> {
    match text {
        "&" => Some(Operator::And),
        "<<" => Some(Operator::Left),
        ">>" => Some(Operator::Right),
        "@" => Some(Operator::At),
        _ => None,
    }
}

impl ByteTest {
    /// `u32_match_it` of net/netfilter/xt_u32.c.
    fn answer(&self, sight: &Sight<'_>) -> Answer {
        let mut base = 0_u32;
        let mut found = word(sight, self.start);
        for (operator, operand) in &self.steps {
            found = match operator {
                Operator::And => Bits { value: found.value & operand, known: found.known | !operand },
                Operator::Left => found.shifted(*operand, |bits, by| bits.checked_shl(by)),
                Operator::Right => found.shifted(*operand, |bits, by| bits.checked_shr(by)),
                Operator::At if found.known != u32::MAX => return Answer::Unknown,
                Operator::At => {
                    base = base.saturating_add(found.value);
                    word(sight, base.saturating_add(*operand))
                }
            };
        }
        if found.known != u32::MAX {
            return Answer::Unknown;
        }
        self.ranges.iter().any(|(low, high)| *low <= found.value && found.value <= *high).into()
    }
}

impl Bits {
    /// Bits that are shifted in are known to be zero.
    fn shifted(self, by: u32, shift: fn(u32, u32) -> Option<u32>) -> Self {
        let unknown = shift(!self.known, by).unwrap_or(0);
        Self { value: shift(self.value, by).unwrap_or(0) & !unknown, known: !unknown }
    }
}

/// The four bytes at `offset`.
fn word(sight: &Sight<'_>, offset: u32) -> Bits {
    let mut bits = Bits { value: 0, known: 0 };
    for at in 0..4 {
        let byte = offset.checked_add(at).and_then(|offset| byte(sight, offset));
        bits.value = bits.value << 8 | u32::from(byte.unwrap_or(0));
        bits.known = bits.known << 8 | if byte.is_some() { 0xFF } else { 0 };
    }
    bits
}

fn byte(sight: &Sight<'_>, offset: u32) -> Option<u8> {
    let of = |word: Option<u32>| word.and_then(|word| word.to_be_bytes().get(offset as usize % 4).copied());
    match offset {
        0 => Some(0x45),
        1 => sight.tos,
        2 | 3 => of(sight.packet.length.map(u32::from)),
        9 => Some(sight.packet.protocol),
        12..=15 => of(sight.ends.source),
        16..=19 => of(sight.ends.destination),
        20..=23 => match (sight.icmp(), sight.ends.ports) {
            (Some((kind, code)), _) => {
                [Some(kind), Some(code), None, None].get(offset as usize - 20).copied().flatten()
            }
            (None, Some((source, destination))) if source.low == source.high && destination.low == destination.high => {
                of(Some(u32::from(source.low) << 16 | u32::from(destination.low)))
            }
            _ => None,
        },
        33 => match sight.packet.header {
            Header::Tcp { flags, .. } if !sight.packet.fragment => Some(flags.0),
            _ => None,
        },
        _ => None,
    }
}

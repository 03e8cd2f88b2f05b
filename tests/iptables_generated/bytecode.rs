//! Programs for `-m bpf`, most of them right but for one instruction.

use iptlint::model::Family;

use crate::Rule;
use crate::dice::Dice;

/// Numbers at the ends of what instructions take: cells, shifts, fields that the kernel keeps about packets.
const VALUES: [u32; 16] = [
    0,
    1,
    2,
    3,
    15,
    16,
    31,
    32,
    9,
    0xFFFF_EFFF,
    0xFFFF_F000,
    0xFFFF_F004,
    0xFFFF_F002,
    0xFFFF_F03C,
    0xFFFF_F040,
    u32::MAX,
];

/// What stands between the numbers of an instruction.
const BLANKS: [&str; 4] = [" ", "  ", "\t", " +"];

pub(crate) fn rules(family: Family, seed: u64, count: usize) -> Vec<Rule> {
    let mut dice = Dice(seed);
    let mut rule = || {
        let words = ["-m", "bpf", "--bytecode"].map(str::to_owned).into_iter().chain([program(&mut dice)]).collect();
        Rule { table: "filter", chain: if family == Family::V4 { "INPUT" } else { "OUTPUT" }, words }
    };
    let mut rules: Vec<Rule> = (0..count).map(|_| rule()).collect();
    rules.sort();
    rules.dedup();
    rules
}

fn program(dice: &mut Dice) -> String {
    let length = if dice.one_in(20) { 60 + dice.roll(6) } else { 1 + dice.roll(6) };
    let mut lines: Vec<String> = (0..length).map(|at| instruction(length - at - 1, dice)).collect();
    if !dice.one_in(8) {
        lines.pop();
        lines.push("6 0 0 1".to_owned());
    }
    let blank = dice.pick(&BLANKS);
    let head = if dice.one_in(30) { length + dice.roll(3) } else { length };
    let end = if dice.one_in(10) { "," } else { "" };
    format!("{head},{}{end}", lines.join(",")).replace(' ', if dice.one_in(8) { blank } else { " " })
}

/// An instruction that has so many behind it.
fn instruction(behind: usize, dice: &mut Dice) -> String {
    let code = match dice.roll(8) {
        0 => dice.roll(256),
        1 | 2 => dice.pick(&[0x02, 0x03, 0x60, 0x61]),
        3 => 0x15 + 0x08 * dice.roll(8),
        4 => 0x04 + 0x08 * dice.roll(22),
        _ => dice.pick(&[0x20, 0x28, 0x30, 0x40, 0xb1, 0x07, 0x87, 0x05, 0x16, 0x06, 0x34, 0x64]),
    };
    let mut jump = || if dice.one_in(12) { dice.roll(300) } else { dice.roll(behind + 1) };
    let (yes, no) = (jump(), jump());
    let value = match dice.roll(3) {
        0 => dice.pick(&VALUES),
        1 => dice.roll(behind + 1) as u32,
        _ => dice.roll(4) as u32,
    };
    format!("{code} {yes} {no} {value}")
}

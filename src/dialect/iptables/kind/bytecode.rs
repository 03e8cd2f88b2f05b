//! Packet filter programs for `-m bpf`, as iptables reads them and the kernel checks them
//! (`bpf_check_classic` in `net/core/filter.c` of Linux 6.12).

use super::number::{BLANKS, wrapping};
use crate::model::Argument;

/// How many instructions a program may have.
const LONGEST: usize = 64;

/// How many words of memory a program has.
const CELLS: u32 = 16;

/// Packets end before this offset; behind it stand the fields that the kernel keeps about them, four bytes each.
const FIELDS: u32 = 0xFFFF_F000;
const LAST_FIELD: u32 = FIELDS + 60;

/// What the kernel asks of an instruction beyond its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asks {
    Nothing,
    /// Reads the packet, or a field about it that the kernel has.
    Packet,
    /// Divides by a constant that is not 0.
    Divisor,
    /// Shifts by less than a word.
    Shift,
    /// Reads a cell that every way here has written.
    Load,
    /// Writes a cell.
    Store,
    /// Goes on at one place behind.
    Jump,
    /// Goes on at one of two places behind.
    Branch,
    /// Ends the program.
    Return,
}

/// The codes that there are.
const CODES: [(&[u16], Asks); 11] = [
    (&[0x20, 0x28, 0x30], Asks::Packet),
    (&[0x00, 0x40, 0x48, 0x50, 0x80], Asks::Nothing),
    (&[0x01, 0x81, 0xB1, 0x07, 0x87], Asks::Nothing),
    (
        &[0x04, 0x0C, 0x14, 0x1C, 0x24, 0x2C, 0x3C, 0x44, 0x4C, 0x54, 0x5C, 0x6C, 0x7C, 0x84, 0x9C, 0xA4, 0xAC],
        Asks::Nothing,
    ),
    (&[0x34, 0x94], Asks::Divisor),
    (&[0x64, 0x74], Asks::Shift),
    (&[0x60, 0x61], Asks::Load),
    (&[0x02, 0x03], Asks::Store),
    (&[0x05], Asks::Jump),
    (&[0x15, 0x1D, 0x25, 0x2D, 0x35, 0x3D, 0x45, 0x4D], Asks::Branch),
    (&[0x06, 0x16], Asks::Return),
];

/// One instruction.
#[derive(Clone, Copy, Debug)]
struct Instruction {
    code: u16,
    yes: u8,
    no: u8,
    value: u32,
}

impl Instruction {
    fn asks(&self) -> Option<Asks> {
        CODES.iter().find(|(codes, _)| codes.contains(&self.code)).map(|(_, asks)| *asks)
    }

    /// The places where the program may go on, counted from the next instruction.
    fn jumps(&self, asks: Asks) -> Vec<usize> {
        match asks {
            // The kernel counts in 64 bits here.
            Asks::Jump => vec![self.value as usize],
            Asks::Branch => vec![self.yes.into(), self.no.into()],
            _ => Vec::new(),
        }
    }
}

/// A program: how many instructions, then four numbers for each.
pub(super) fn read(word: &str) -> Result<Argument, String> {
    let wrong = || format!("`{word}` is no program such as `nfbpf_compile` writes");
    let (count, rest) = word.split_once(',').ok_or_else(wrong)?;
    let count = wrapping(count, true).filter(|_| !count.is_empty()).ok_or_else(wrong)?;
    let count = usize::from(count as u16);
    let program: Option<Vec<Instruction>> =
        rest.strip_suffix(',').unwrap_or(rest).split(',').map(instruction).collect();
    let program = program.ok_or_else(wrong)?;
    if count == 0 || count > LONGEST {
        return Err(format!("a program has 1 to {LONGEST} instructions, not {count}"));
    }
    if count != program.len() {
        return Err(format!("the program says that it has {count} instructions, and has {}", program.len()));
    }
    check(&program)?;
    let text = |one: &Instruction| format!("{} {} {} {}", one.code, one.yes, one.no, one.value);
    Ok(Argument::Text(format!("{count},{}", program.iter().map(text).collect::<Vec<_>>().join(","))))
}

/// Four numbers, of which the program keeps 16, 8, 8 and 32 bits; what follows them counts for nothing.
fn instruction(text: &str) -> Option<Instruction> {
    let mut rest = text;
    let mut next = || {
        let begin = rest.trim_start_matches(BLANKS);
        let sign = usize::from(begin.starts_with(['+', '-']));
        let digits = begin.bytes().skip(sign).take_while(u8::is_ascii_digit).count();
        let (number, behind) = begin.split_at_checked(sign + digits).filter(|_| digits > 0)?;
        rest = behind;
        wrapping(number, true)
    };
    let (code, yes, no, value) = (next()?, next()?, next()?, next()?);
    Some(Instruction { code: code as u16, yes: yes as u8, no: no as u8, value })
}

/// What the kernel refuses of a program.
fn check(program: &[Instruction]) -> Result<(), String> {
    // The cells that are written on all ways to each instruction, one bit each.
    let mut written = vec![u16::MAX; program.len()];
    let mut here = 0_u16;
    for (at, one) in program.iter().enumerate() {
        let wrong = |what: &str| {
            Err(format!(
                "instruction {} of the program, `{} {} {} {}`, {what}",
                at + 1,
                one.code,
                one.yes,
                one.no,
                one.value
            ))
        };
        let Some(asks) = one.asks() else { return wrong("has a code that the kernel does not know") };
        here &= written.get(at).copied().unwrap_or_default();
        match asks {
            Asks::Packet if one.value >= FIELDS && (one.value > LAST_FIELD || one.value % 4 != 0) => {
                return wrong("reads a field that the kernel does not have");
            }
            Asks::Divisor if one.value == 0 => return wrong("divides by 0"),
            Asks::Shift if one.value >= u32::BITS => return wrong("shifts by more than 31 bits"),
            Asks::Load | Asks::Store if one.value >= CELLS => {
                return wrong("is for a cell beyond the 16 of the memory");
            }
            Asks::Load if here & 1 << one.value == 0 => return wrong("reads a cell that nothing has written before"),
            Asks::Store => here |= 1 << one.value,
            _ => {}
        }
        let jumps = one.jumps(asks);
        for by in &jumps {
            match written.get_mut(at + 1..).and_then(|behind| behind.get_mut(*by)) {
                Some(there) => *there &= here,
                None => return wrong("jumps out of the program"),
            }
        }
        if !jumps.is_empty() {
            here = u16::MAX;
        }
    }
    match program.last().and_then(Instruction::asks) {
        Some(Asks::Return) => Ok(()),
        _ => Err("the last instruction of the program does not end it (code 6 or 22)".to_owned()),
    }
}

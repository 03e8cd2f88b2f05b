//! The changes of a file as a patch.

use similar::TextDiff;

use super::output::Color;

/// The unified difference of two texts of a file; lines go through byte for byte.
pub(super) fn patch(name: &str, old: &[u8], new: &[u8], color: Color) -> Vec<u8> {
    // A carriage return alone ends no line of a patch.
    let lines = |text| <[u8]>::split_inclusive(text, |byte: &u8| *byte == b'\n').collect::<Vec<&[u8]>>();
    let (old, new) = (lines(old), lines(new));
    let diff = TextDiff::configure().newline_terminated(true).diff_slices(&old, &new);
    let mut patch = Vec::new();
    for hunk in diff.unified_diff().iter_hunks() {
        if patch.is_empty() {
            patch.extend(format!("--- {name}\n+++ {name}\n").into_bytes());
        }
        // Writing to memory does not fail. The whole diff's own `to_writer` would replace bytes that are no UTF-8.
        let _ = hunk.to_writer(&mut patch);
    }
    if !color.on_stdout() {
        return patch;
    }
    let paint = |line: &[u8]| {
        let colour: &[u8] = match line {
            [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] => b"\x1b[1m",
            [b'+', ..] => b"\x1b[32m",
            [b'-', ..] => b"\x1b[31m",
            [b'@', ..] => b"\x1b[36m",
            _ => return line.to_vec(),
        };
        let (text, end) = line.strip_suffix(b"\n").map_or((line, &b""[..]), |text| (text, &b"\n"[..]));
        [colour, text, b"\x1b[0m", end].concat()
    };
    patch.split_inclusive(|byte| *byte == b'\n').flat_map(paint).collect()
}

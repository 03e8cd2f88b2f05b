//! The bytes that `-m string` looks for.

use crate::model::Argument;

/// How many bytes the kernel looks for at most.
const LONGEST: usize = 128;

/// Text as it stands.
pub(super) fn plain(word: &str) -> Result<Argument, String> {
    checked(word.as_bytes().to_vec())
}

/// Text with bytes in hexadecimal between bars; a backslash takes the letter after it as it is.
pub(super) fn hexadecimal(word: &str) -> Result<Argument, String> {
    let mut bytes = Vec::new();
    let mut rest = word.as_bytes();
    while let [first, others @ ..] = rest {
        match (first, others) {
            (b'|', []) => break,
            (b'|', _) => rest = block(others, &mut bytes)?,
            (b'\\', [next, others @ ..]) => {
                bytes.push(*next);
                rest = others;
            }
            (b'\\', []) => return Err(format!("nothing follows the backslash at the end of `{word}`")),
            _ => {
                bytes.push(*first);
                rest = others;
            }
        }
    }
    checked(bytes)
}

/// Reads pairs of digits up to the bar that ends them, and the character right behind it, which iptables
/// takes as it stands even where it is another bar or a backslash.
fn block<'a>(text: &'a [u8], bytes: &mut Vec<u8>) -> Result<&'a [u8], String> {
    let mut rest = text.trim_ascii_start();
    loop {
        match rest {
            [b'|', next, others @ ..] => {
                bytes.push(*next);
                return Ok(others);
            }
            [b'|'] => return Ok(&[]),
            [high, low, others @ ..] if others.contains(&b'|') => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                let pair = digit(*high).zip(digit(*low));
                let (high, low) = pair.ok_or("between bars there are pairs of hexadecimal digits")?;
                bytes.push((high * 16 + low) as u8);
                rest = others.strip_prefix(b" ").unwrap_or(others);
            }
            _ => return Err("the bar that ends the hexadecimal digits is missing".to_owned()),
        }
    }
}

fn checked(bytes: Vec<u8>) -> Result<Argument, String> {
    match bytes.len() {
        0 => Err("there is nothing to look for".to_owned()),
        1..=LONGEST => Ok(Argument::Bytes(bytes)),
        long => Err(format!("{long} bytes are more than the {LONGEST} that can be looked for")),
    }
}

/// Whether `iptables-save` writes the bytes as text.
pub(super) fn is_plain(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| (b' '..=b'~').contains(byte)) && !bytes.ends_with(b"\\")
}

/// The bytes in quotes, in hexadecimal where they are not plain text.
pub(super) fn write(bytes: &[u8]) -> String {
    if !is_plain(bytes) {
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        return format!("\"|{digits}|\"");
    }
    let mut text = String::from("\"");
    for byte in bytes {
        if matches!(byte, b'"' | b'\\') {
            text.push('\\');
        }
        text.push(char::from(*byte));
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(word: &str) -> String {
        hexadecimal(word).map_or_else(|wrong| wrong, |argument| super::super::write(&argument))
    }

    #[test]
    fn hexadecimal_text_that_can_be_printed_is_text() {
        assert_eq!(shown("|41 42|"), "\"AB\"");
        assert_eq!(shown("a|42|c"), "\"aBc\"");
        assert_eq!(shown("|4100|"), "\"|4100|\"");
        assert_eq!(shown("|22|"), r#""\"""#);
        assert_eq!(shown(r"a\|b"), "\"a|b\"");
        assert_eq!(shown("|5c|"), "\"|5c|\"");
    }

    #[test]
    fn blocks_have_pairs_of_digits_and_an_end() {
        for wrong in ["", "|41", "|4|", "|zz|", "|4 1|", "\\"] {
            assert!(hexadecimal(wrong).is_err(), "{wrong}");
        }
        assert!(plain(&"x".repeat(128)).is_ok() && plain(&"x".repeat(129)).is_err());
    }
}

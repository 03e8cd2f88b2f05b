//! `$((...))` over known numbers.

/// The value of `text`, in which parameters are already replaced by their values; `None` where it is no plain arithmetic.
pub(super) fn evaluate(text: &str, variable: &mut dyn FnMut(&str) -> Option<i64>) -> Option<i64> {
    let mut parser = Parser { rest: text.trim_start(), variable, depth: 0 };
    let value = parser.binary(0)?;
    parser.rest.is_empty().then_some(value)
}

/// Binary operators by how tightly they bind; longer spellings first.
const OPERATORS: [(&str, u8); 18] = [
    ("||", 1),
    ("&&", 2),
    ("==", 6),
    ("!=", 6),
    ("<=", 7),
    (">=", 7),
    ("<<", 8),
    (">>", 8),
    ("<", 7),
    (">", 7),
    ("|", 3),
    ("^", 4),
    ("&", 5),
    ("+", 9),
    ("-", 9),
    ("*", 10),
    ("/", 10),
    ("%", 10),
];

const MAX_DEPTH: usize = 50;

struct Parser<'t, 'v> {
    rest: &'t str,
    variable: &'v mut dyn FnMut(&str) -> Option<i64>,
    depth: usize,
}

impl Parser<'_, '_> {
    fn binary(&mut self, least: u8) -> Option<i64> {
        let mut left = self.unary()?;
        loop {
            let found = OPERATORS.iter().find(|(sign, _)| self.rest.starts_with(sign));
            let Some((sign, binding)) = found.filter(|(_, binding)| *binding > least) else { return Some(left) };
            self.skip(sign.len());
            let right = self.binary(*binding)?;
            left = apply(sign, left, right)?;
        }
    }

    fn unary(&mut self) -> Option<i64> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let first = self.rest.chars().next()?;
        let value = match first {
            '-' | '+' | '!' | '~' => {
                self.skip(1);
                let value = self.unary()?;
                match first {
                    '-' => value.checked_neg()?,
                    '!' => i64::from(value == 0),
                    '~' => !value,
                    _ => value,
                }
            }
            '(' => {
                self.skip(1);
                let value = self.binary(0)?;
                self.rest.starts_with(')').then(|| self.skip(1))?;
                value
            }
            _ => self.atom()?,
        };
        self.depth -= 1;
        Some(value)
    }

    fn atom(&mut self) -> Option<i64> {
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let word = self.rest.get(..end)?;
        let value = match word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
            Some(hex) => i64::from_str_radix(hex, 16).ok()?,
            None if word.starts_with('0') && word.len() > 1 => i64::from_str_radix(word, 8).ok()?,
            None if word.starts_with(|c: char| c.is_ascii_digit()) => word.parse().ok()?,
            None if word.is_empty() => return None,
            None => (self.variable)(word)?,
        };
        self.skip(end);
        Some(value)
    }

    fn skip(&mut self, len: usize) {
        self.rest = self.rest.get(len..).unwrap_or_default().trim_start();
    }
}

fn apply(sign: &str, a: i64, b: i64) -> Option<i64> {
    match sign {
        "+" => a.checked_add(b),
        "-" => a.checked_sub(b),
        "*" => a.checked_mul(b),
        "/" => a.checked_div(b),
        "%" => a.checked_rem(b),
        "<<" => a.checked_shl(u32::try_from(b).ok()?),
        ">>" => a.checked_shr(u32::try_from(b).ok()?),
        "&" => Some(a & b),
        "|" => Some(a | b),
        "^" => Some(a ^ b),
        "<" => Some(i64::from(a < b)),
        ">" => Some(i64::from(a > b)),
        "<=" => Some(i64::from(a <= b)),
        ">=" => Some(i64::from(a >= b)),
        "==" => Some(i64::from(a == b)),
        "!=" => Some(i64::from(a != b)),
        "&&" => Some(i64::from(a != 0 && b != 0)),
        "||" => Some(i64::from(a != 0 || b != 0)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn arithmetic_follows_the_usual_precedence() {
        let eval = |text| super::evaluate(text, &mut |name| (name == "n").then_some(7));
        assert_eq!(eval("1 + 2 * 3 - 4"), Some(3));
        assert_eq!(eval("(1+2)*n % 4"), Some(1));
        assert_eq!(eval("0x10 + 010"), Some(24));
        assert_eq!(eval("-n < 3 && 2 == 2"), Some(1));
        assert_eq!(eval("0 || 0 || 1"), Some(1));
        assert_eq!(eval("1 / 0"), None);
        assert_eq!(eval("m + 1"), None);
        assert_eq!(eval("1 +"), None);
        assert_eq!(eval(&"(".repeat(10_000)), None);
    }
}

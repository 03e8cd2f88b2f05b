//! Arithmetic over known numbers: `$((...))`, `((...))` and `let`.

/// What an expression computes.
pub(super) struct Computed {
    pub(super) value: i64,
    /// The variables that it sets, in this order.
    pub(super) set: Vec<(String, i64)>,
}

/// Computes `text`, in which parameters are already replaced by their values; `None` where it is no plain arithmetic
/// over known numbers.
pub(super) fn evaluate(text: &str, variable: &mut dyn FnMut(&str) -> Option<i64>) -> Option<Computed> {
    let mut parser = Parser { rest: text.trim_start(), variable, set: Vec::new(), skipped: 0, depth: 0 };
    let value = parser.list()?;
    parser.rest.is_empty().then_some(Computed { value, set: parser.set })
}

/// Whether `text` sets a variable whose name is only put together: `$name = 2`.
pub(super) fn sets_any(text: &str) -> bool {
    text.match_indices('$').any(|(at, _)| {
        let rest = text[at + 1..].trim_start_matches('{');
        let behind = rest[name_end(rest)..].trim_start_matches('}').trim_start();
        behind.starts_with("++") || behind.starts_with("--") || assignment(behind).is_some()
    })
}

/// The variables that `text` sets if it is arithmetic.
pub(super) fn assigned(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = text;
    let mut counted = false;
    while let Some(first) = rest.chars().next() {
        let end = name_end(rest);
        let (name, behind) = rest.split_at(if end == 0 { first.len_utf8() } else { end });
        if first.is_ascii_alphabetic() || first == '_' {
            let behind = behind_subscript(behind.trim_start());
            if counted || behind.starts_with("++") || behind.starts_with("--") || assignment(behind).is_some() {
                names.push(name.to_owned());
            }
        }
        counted = rest.starts_with("++") || rest.starts_with("--") || counted && end == 0;
        rest = behind;
    }
    names
}

/// What follows the `[...]` at the head of a text.
fn behind_subscript(text: &str) -> &str {
    let mut depth = 0;
    let ends = |c: char| {
        depth += i32::from(c == '[') - i32::from(c == ']');
        depth == 0
    };
    match text.find(ends) {
        Some(end) if text.starts_with('[') => text[end..].strip_prefix(']').unwrap_or_default().trim_start(),
        _ => text,
    }
}

/// The length of the name or number at the head of a text.
fn name_end(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())
}

/// The operator of an assignment at the head of a text: what comes before its `=`, and its length.
fn assignment(text: &str) -> Option<(&'static str, usize)> {
    let operators = ["", "+", "-", "*", "/", "%", "<<", ">>", "&", "^", "|"];
    let fits = |operator: &&&str| text.strip_prefix(**operator).is_some_and(|rest| rest.starts_with('='));
    let operator = operators.iter().find(fits)?;
    let len = operator.len() + 1;
    (!text.starts_with("==")).then_some((operator, len))
}

/// Binary operators by how tightly they bind; longer spellings first.
const OPERATORS: [(&str, u8); 19] = [
    ("||", 1),
    ("&&", 2),
    ("==", 6),
    ("!=", 6),
    ("<=", 7),
    (">=", 7),
    ("<<", 8),
    (">>", 8),
    ("**", 11),
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
    set: Vec<(String, i64)>,
    /// How many operators around the present place say that it is read, but not computed.
    skipped: usize,
    depth: usize,
}

impl<'t> Parser<'t, '_> {
    /// Expressions with commas between them; the last one counts.
    fn list(&mut self) -> Option<i64> {
        loop {
            let value = self.expression()?;
            if !self.rest.starts_with(',') {
                return Some(value);
            }
            self.skip(1);
        }
    }

    fn expression(&mut self) -> Option<i64> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let (name, behind) = self.rest.split_at(name_end(self.rest));
        let value = match assignment(behind.trim_start()) {
            Some((operator, len)) if is_name(name) => {
                self.skip(name.len());
                self.skip(len);
                let value = self.expression()?;
                let value = if operator.is_empty() {
                    value
                } else {
                    let held = self.held(name)?;
                    self.apply(operator, held, value)?
                };
                self.put(name, value);
                value
            }
            _ => self.choice()?,
        };
        self.depth -= 1;
        Some(value)
    }

    /// `a ? b : c`.
    fn choice(&mut self) -> Option<i64> {
        let condition = self.binary(0)?;
        if !self.rest.starts_with('?') {
            return Some(condition);
        }
        self.skip(1);
        let yes = self.unless(condition == 0, Self::expression)?;
        self.rest.starts_with(':').then(|| self.skip(1))?;
        let no = self.unless(condition != 0, Self::choice)?;
        Some(if condition == 0 { no } else { yes })
    }

    fn binary(&mut self, least: u8) -> Option<i64> {
        let mut left = self.unary()?;
        loop {
            let found = OPERATORS.iter().find(|(sign, _)| self.rest.starts_with(sign));
            let Some((sign, binding)) = found.filter(|(_, binding)| *binding > least) else { return Some(left) };
            self.skip(sign.len());
            // Powers are the only ones that begin at the right.
            let least = if *sign == "**" { *binding - 1 } else { *binding };
            let decided = *sign == "&&" && left == 0 || *sign == "||" && left != 0;
            let right = self.unless(decided, |own| own.binary(least))?;
            left = self.apply(sign, left, right)?;
        }
    }

    /// Reads a part, which is not computed where that is `decided` without it.
    fn unless(&mut self, decided: bool, read: impl FnOnce(&mut Self) -> Option<i64>) -> Option<i64> {
        self.skipped += usize::from(decided);
        let value = read(self);
        self.skipped -= usize::from(decided);
        value
    }

    /// What an operator makes of two numbers; anything where it is not computed.
    fn apply(&self, sign: &str, a: i64, b: i64) -> Option<i64> {
        apply(sign, a, b).or((self.skipped > 0).then_some(0))
    }

    fn put(&mut self, name: &str, value: i64) {
        if self.skipped == 0 {
            self.set.push((name.to_owned(), value));
        }
    }

    fn unary(&mut self) -> Option<i64> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let value = match self.rest.chars().next()? {
            '+' | '-' if self.counts().is_some_and(|rest| is_name(rest.get(..name_end(rest)).unwrap_or_default())) => {
                let step = if self.rest.starts_with('+') { 1 } else { -1 };
                self.skip(2);
                let name = self.name();
                self.add(name, step)?
            }
            first @ ('-' | '+' | '!' | '~') => {
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
                let value = self.list()?;
                self.rest.starts_with(')').then(|| self.skip(1))?;
                value
            }
            _ => self.atom()?,
        };
        self.depth -= 1;
        Some(value)
    }

    fn atom(&mut self) -> Option<i64> {
        let word = self.name();
        if is_name(word) {
            let value = self.held(word)?;
            if self.counts().is_some() {
                let step = if self.rest.starts_with('+') { 1 } else { -1 };
                self.skip(2);
                self.add(word, step)?;
            }
            return Some(value);
        }
        number(word)
    }

    /// What follows a `++` or `--` here.
    fn counts(&self) -> Option<&'t str> {
        self.rest.strip_prefix("++").or_else(|| self.rest.strip_prefix("--")).map(str::trim_start)
    }

    /// Takes the name or number that stands here.
    fn name(&mut self) -> &'t str {
        let name = self.rest.get(..name_end(self.rest)).unwrap_or_default();
        self.skip(name.len());
        name
    }

    /// What a variable holds by now.
    fn held(&mut self, name: &str) -> Option<i64> {
        if self.skipped > 0 {
            return Some(0);
        }
        let set = self.set.iter().rev().find(|(own, _)| own == name).map(|(_, value)| *value);
        set.or_else(|| (self.variable)(name))
    }

    fn add(&mut self, name: &str, step: i64) -> Option<i64> {
        let value = self.held(name)?.checked_add(step)?;
        self.put(name, value);
        Some(value)
    }

    fn skip(&mut self, len: usize) {
        self.rest = self.rest.get(len..).unwrap_or_default().trim_start();
    }
}

/// A number as shells write it.
pub(super) fn number(text: &str) -> Option<i64> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => i64::from_str_radix(hex, 16).ok(),
        None if text.starts_with('0') && text.len() > 1 => i64::from_str_radix(text, 8).ok(),
        None => text.parse().ok(),
    }
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

fn apply(sign: &str, a: i64, b: i64) -> Option<i64> {
    match sign {
        "**" => a.checked_pow(u32::try_from(b).ok()?),
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
        let eval =
            |text: &str| super::evaluate(text, &mut |name| (name == "n").then_some(7)).map(|computed| computed.value);
        for (text, value) in [
            ("1 + 2 * 3 - 4", 3),
            ("(1+2)*n % 4", 1),
            ("0x10 + 010", 24),
            ("-n < 3 && 2 == 2", 1),
            ("0 || 0 || 1", 1),
            ("2 ** 3 ** 2 - 1", 511),
            ("n > 7 ? 1 : n == 7 ? 2 : 3", 2),
            ("1, 2", 2),
            ("n - -1", 8),
        ] {
            assert_eq!(eval(text), Some(value), "{text}");
        }
        for (text, value) in [("0 && 1 / 0", 0), ("1 || m", 1), ("n ? n : m", 7), ("0 ? m++ : 1 ? 2 : m", 2)] {
            assert_eq!(eval(text), Some(value), "{text} asks for nothing behind what decides it");
        }
        for text in ["1 / 0", "m + 1", "1 +", "m++", "0 && 1 +", "0 || m", "08"] {
            assert_eq!(eval(text), None, "{text}");
        }
        assert_eq!(eval(&"(".repeat(10_000)), None);
        assert_eq!(eval(&"n=".repeat(10_000)), None);
    }

    #[test]
    fn expressions_set_variables() {
        let set = |text: &str| {
            let computed = super::evaluate(text, &mut |name| (name == "n").then_some(7)).expect(text);
            let set: Vec<String> = computed.set.iter().map(|(name, value)| format!("{name}={value}")).collect();
            (computed.value, set.join(" "))
        };
        for (text, value, expected) in [
            ("n++", 7, "n=8"),
            ("++n", 8, "n=8"),
            ("n-- - 1", 6, "n=6"),
            ("m = n + 1", 8, "m=8"),
            ("n += 2", 9, "n=9"),
            ("m = n <<= 1, m - 1", 13, "n=14 m=14"),
            ("(n == 7)", 1, ""),
            ("n ? (m = 1) : (n = 2)", 1, "m=1"),
            ("0 && n++ || (m = 3)", 1, "m=3"),
        ] {
            assert_eq!(set(text), (value, expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn the_names_that_are_set_are_known_where_their_values_are_not() {
        for (text, expected) in [
            ("i++", "i"),
            ("x = y + 1, z-=2", "x z"),
            ("++ a + b", "a"),
            ("a == b && c <= d", ""),
            ("b[0] + c[d[1]]=2 - a[i]++", "c a"),
            ("é + i--", "i"),
        ] {
            assert_eq!(super::assigned(text).join(" "), expected, "{text}");
        }
    }
}

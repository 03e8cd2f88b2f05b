//! What the options of an extension, their arguments and the rule's chain and protocol must have in common.
//!
//! Most of it is asked by the kernel only, so that iptables itself says no more than "Invalid argument".

use super::module::Loaded;
use crate::model::Argument;

/// A condition that an extension sets beyond those of its single options.
#[derive(Clone, Copy, Debug)]
pub enum Constraint {
    /// The option works only in these built-in chains.
    Hooks {
        /// The option, and its canonical argument; empty for any.
        option: (&'static str, &'static str),
        /// The chains.
        hooks: &'static [&'static str],
        /// The option beside which it works everywhere; empty for none.
        unless: &'static str,
    },
    /// The option works only with this protocol.
    Protocol {
        /// The option, and its canonical argument; empty for any.
        option: (&'static str, &'static str),
        /// The protocol.
        protocol: u16,
    },
    /// The option needs another with this argument.
    Beside {
        /// The option.
        option: &'static str,
        /// The other option and its argument.
        other: (&'static str, &'static str),
    },
    /// The option with this argument never stands beside another.
    Never {
        /// The option and its argument.
        option: (&'static str, &'static str),
        /// The other option.
        other: &'static str,
    },
    /// The bits of the option lie below the number of the other.
    BitsBelow {
        /// The option with the bits.
        option: &'static str,
        /// The option with their number.
        other: &'static str,
    },
    /// The first of two texts does not come before the second in their order, where the option is there.
    Descends {
        /// The option.
        option: &'static str,
        /// The option whose text is the greater one, and its default.
        first: (&'static str, &'static str),
        /// The option whose text is the smaller one, and its default.
        second: (&'static str, &'static str),
    },
    /// Beside the option, each part between separators has one of these.
    EachPart {
        /// The option.
        option: &'static str,
        /// The options of which one must be there.
        of: &'static [&'static str],
        /// How many parts there may be.
        most: usize,
    },
}

impl Constraint {
    /// What is wrong with the options by themselves.
    pub(super) fn broken(&self, module: &Loaded) -> Option<String> {
        match *self {
            Self::Hooks { .. } | Self::Protocol { .. } => None,
            Self::Beside { option, other: (other, text) } => {
                let met = module.given.iter().any(|given| {
                    given.option.name == other && !given.option.negated && module.says(given, text) != Some(false)
                });
                (module.has(option) && !met).then(|| format!("`{option}` needs `{other} {text}` as well"))
            }
            Self::Never { option: (option, text), other } => {
                let there = module
                    .given
                    .iter()
                    .any(|given| given.option.name == option && module.says(given, text) == Some(true));
                (there && module.has(other)).then(|| format!("`{other}` cannot stand beside `{option} {text}`"))
            }
            Self::BitsBelow { option, other } => {
                let (bits, count) = (module.number(option)?, module.number(other)?);
                (count < 64 && bits >> count != 0).then(|| format!("`{option}` is beyond `{other} {count}`"))
            }
            Self::Descends { option, first, second } => {
                let text = |(name, default): (&str, &str)| module.text(name, default);
                let (high, low) = (text(first)?, text(second)?);
                (module.has(option) && high < low)
                    .then(|| format!("`{option}` makes sense only where `{}` is later than `{}`", first.0, second.0))
            }
            Self::EachPart { option, of, most } => {
                if module.given.iter().filter(|given| given.row.is_some_and(|row| row.separator)).count() >= most {
                    return Some(format!("there are more than {most} elements"));
                }
                let empty =
                    |part: &[super::module::Given]| !part.iter().any(|given| of.contains(&given.option.name.as_str()));
                let separates = |given: &super::module::Given| given.row.is_some_and(|row| row.separator);
                (module.has(option) && module.given.split(separates).any(empty))
                    .then(|| format!("beside `{option}` each element needs one of `{}`", of.join("`, `")))
            }
        }
    }
}

impl Loaded {
    /// Whether the argument is `text`; `None` where it is not known.
    pub(super) fn says(&self, given: &super::module::Given, text: &str) -> Option<bool> {
        match (&given.option.argument, given.row) {
            _ if text.is_empty() => Some(true),
            (Some(Argument::Unknown(_)), _) => None,
            (Some(argument), Some(row)) => Some(row.kind.write(argument) == text),
            _ => Some(false),
        }
    }

    fn number(&self, name: &str) -> Option<u64> {
        let mut numbers = self.given.iter().filter(|given| given.option.name == name);
        match numbers.next()?.option.argument {
            Some(Argument::Number(number)) => Some(number),
            _ => None,
        }
    }

    fn text(&self, name: &str, default: &str) -> Option<String> {
        let Some(given) = self.given.iter().find(|given| given.option.name == name) else {
            return Some(default.to_owned());
        };
        match &given.option.argument {
            Some(Argument::Text(text)) => Some(text.clone()),
            _ => None,
        }
    }
}

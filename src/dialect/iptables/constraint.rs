//! What the options of an extension, their arguments and the rule's chain and protocol must have in common.
//!
//! Most of it is asked by the kernel only, so that iptables itself says no more than "Invalid argument".

use super::kind::{bandwidth, rate};
use super::module::Loaded;
use crate::diag::Variant;
use crate::model::{Argument, Rate};

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
    /// The option works only with some protocol.
    SomeProtocol {
        /// The option.
        option: &'static str,
        /// The option beside which that does not matter.
        unless: &'static str,
    },
    /// The option needs another with this argument.
    Beside {
        /// The option.
        option: &'static str,
        /// The other option and its argument.
        other: (&'static str, &'static str),
        /// The argument of the other option that will do behind a `!`; empty for none.
        or_not: &'static str,
        /// The option and its argument beside which that does not matter; empty for none.
        unless: (&'static str, &'static str),
    },
    /// No option, or word of a list, of the one stands beside one of the other.
    Apart {
        /// Some options.
        some: &'static [&'static str],
        /// The others.
        others: &'static [&'static str],
    },
    /// The option says 0 beside the others.
    NothingBeside {
        /// The option.
        option: &'static str,
        /// The others.
        others: &'static [&'static str],
    },
    /// The option stands alone where it is negated.
    Negated {
        /// The option.
        option: &'static str,
    },
    /// All of these options are there, or none.
    AllOrNone(&'static [&'static str]),
    /// The option with this argument never stands beside another.
    Never {
        /// The option and its argument.
        option: (&'static str, &'static str),
        /// The other option; empty where the argument is never right.
        other: &'static str,
    },
    /// The bits of the option lie below the number of the other.
    BitsBelow {
        /// The option with the bits.
        option: &'static str,
        /// The option with their number.
        other: &'static str,
    },
    /// The option needs one of others.
    OneOf {
        /// The option.
        option: &'static str,
        /// The others.
        of: &'static [&'static str],
    },
    /// The number of the option is not above that of the other.
    NotAbove {
        /// The option with the smaller number.
        option: &'static str,
        /// The option with the larger one.
        other: &'static str,
        /// By how much it is larger at least.
        apart: u64,
    },
    /// It works in one table only.
    Table {
        /// The option that does; empty for the whole extension.
        option: &'static str,
        /// The table.
        table: &'static str,
        /// The only variant for which this holds.
        only: Option<Variant>,
    },
    /// The kernel of iptables-legacy wants a test of the flag SYN beside it.
    OpeningPackets,
    /// A burst of bytes is at least what comes in a second.
    Burst {
        /// The options of which one says how fast bytes may come.
        rate: &'static [&'static str],
        /// The option with the burst.
        burst: &'static str,
    },
    /// The credits for the burst do not run over in the kernel.
    Credits {
        /// How the extension counts.
        clock: Clock,
        /// The options of which one says how fast packets may come.
        rate: &'static [&'static str],
        /// The option with the burst.
        burst: &'static str,
        /// The option beside which nothing is counted; empty for none.
        unless: &'static str,
    },
    /// What comes in the span of time of one option can be averaged over that of the other.
    Averaged {
        /// The option with the span of a measurement.
        interval: &'static str,
        /// The option with that of the average.
        average: &'static str,
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

/// The pause between packets and the burst of `-m limit` where nothing is said.
const USUAL_PAUSE: u64 = 12_000_000;
const USUAL_BURST: u64 = 5;

/// How the kernel counts what a bucket holds, with the clocks that distributions choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// `-m limit` of iptables-legacy, in 32 bits. The nf_tables variant counts otherwise.
    Coarse,
    /// `-m hashlimit`, in 64 bits.
    Fine,
}

impl Clock {
    /// The credits for a pause.
    fn credits(self, pause: u64) -> u64 {
        match self {
            Self::Coarse => {
                let (pause, second) = (pause as u32, 32_000_u32);
                let scale = rate::SCALE as u32;
                let exact = pause.checked_mul(second).map(|credits| credits / scale);
                exact.unwrap_or_else(|| (pause / scale).wrapping_mul(second)).into()
            }
            Self::Fine => pause.wrapping_mul((1000 << 37) / rate::FINE_SCALE),
        }
    }
}

impl Constraint {
    /// The only variant that sets it.
    pub(super) fn variant(&self) -> Option<Variant> {
        matches!(self, Self::Credits { clock: Clock::Coarse, .. }).then_some(Variant::Legacy)
    }

    /// What is wrong with the options by themselves.
    pub(super) fn broken(&self, module: &Loaded) -> Option<String> {
        match *self {
            Self::Hooks { .. }
            | Self::Protocol { .. }
            | Self::SomeProtocol { .. }
            | Self::Table { .. }
            | Self::OpeningPackets => None,
            Self::Beside { unless, .. } if module.means(unless) => None,
            Self::Beside { option, other: (other, text), or_not, .. } => {
                let met = module.given.iter().filter(|given| given.option.name == other).any(|given| {
                    let wanted = if given.option.negated { or_not } else { text };
                    (!given.option.negated || !or_not.is_empty()) && module.says(given, wanted) != Some(false)
                });
                (module.has(option) && !met).then(|| format!("`{option}` needs `{other} {text}` as well"))
            }
            Self::Apart { some, others } => {
                let there = |names: &[&'static str]| names.iter().copied().find(|name| module.stands(name));
                let (one, other) = (there(some)?, there(others)?);
                Some(format!("`{other}` cannot stand beside `{one}`"))
            }
            Self::NothingBeside { option, others } => {
                let other = others.iter().find(|other| module.has(other))?;
                let number = module.number(option).filter(|number| *number != 0)?;
                Some(format!("`{option} {number}` cannot stand beside `{other}`"))
            }
            Self::Negated { option } => {
                let negated = module.given.iter().any(|given| given.option.name == option && given.option.negated);
                let other = module.given.iter().find(|given| given.option.name != option)?;
                negated.then(|| format!("`! {option}` cannot stand beside `{}`", other.option.name))
            }
            Self::AllOrNone(all) => {
                let missing = all.iter().find(|name| !module.has(name))?;
                let there = all.iter().any(|name| module.has(name));
                there.then(|| format!("`{missing}` is missing beside the other options"))
            }
            Self::Never { option: (option, text), other } if module.means((option, text)) => match other {
                "" => Some(format!("the kernel refuses `{option} {text}`")),
                _ => module.has(other).then(|| format!("`{other}` cannot stand beside `{option} {text}`")),
            },
            Self::Never { .. } => None,
            Self::BitsBelow { option, other } => {
                let (bits, count) = (module.number(option)?, module.number(other)?);
                (count < 64 && bits >> count != 0).then(|| format!("`{option}` is beyond `{other} {count}`"))
            }
            Self::OneOf { option, of } => {
                let met = of.iter().any(|other| module.has(other));
                (module.has(option) && !met).then(|| format!("`{option}` needs one of `{}`", of.join("`, `")))
            }
            Self::NotAbove { option, other, apart } => {
                let (low, high) = (module.number(option)?, module.number(other)?);
                let most = high.saturating_sub(apart);
                (low > most).then(|| format!("`{option} {low}` is above {most}, the most beside `{other} {high}`"))
            }
            Self::Burst { rate, burst } => {
                let count = module.number(burst)?;
                match rate.iter().find_map(|name| module.rate(name))? {
                    Rate::Packets { .. } => (count > rate::LARGEST_BURST)
                        .then(|| format!("`{burst}` is above the {} packets that it may be", rate::LARGEST_BURST)),
                    Rate::Bytes { cost } => {
                        let least = rate::bytes_of(cost);
                        (count < least).then(|| format!("`{burst}` is less than the {least} bytes of a second"))
                    }
                }
            }
            Self::Credits { unless, .. } if module.has(unless) => None,
            Self::Credits { clock, rate, burst, .. } => {
                let pause = match rate.iter().find_map(|name| module.rate(name)) {
                    Some(Rate::Packets { pause, .. }) => pause,
                    _ if rate.iter().any(|name| module.has(name)) => return None,
                    _ => USUAL_PAUSE,
                };
                let count = if module.has(burst) { module.number(burst)? } else { USUAL_BURST };
                let runs_over = count == 0 || clock.credits(pause.wrapping_mul(count)) < clock.credits(pause);
                let who = if clock == Clock::Coarse { "iptables-legacy" } else { "the kernel" };
                runs_over.then(|| format!("{who} cannot count a burst of {count} packets at this rate"))
            }
            Self::Averaged { interval, average } => {
                match bandwidth::averaged(module.number(interval)?, module.number(average)?).err()? {
                    bandwidth::Wrong::Interval => Some(format!("`{interval}` is at most 8s")),
                    bandwidth::Wrong::Average => Some(format!(
                        "`{average}` is no average over `{interval}`: it has to be at least 1.5 times as long"
                    )),
                }
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

    /// Whether the option is there with this argument.
    fn means(&self, (option, text): (&str, &str)) -> bool {
        self.given.iter().any(|given| given.option.name == option && self.says(given, text) == Some(true))
    }

    /// How fast packets may come, by the option `name`.
    fn rate(&self, name: &str) -> Option<Rate> {
        let given = self.given.iter().find(|given| given.option.name == name)?;
        match given.option.argument {
            Some(Argument::Rate(rate)) => Some(rate),
            _ => None,
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

//! What iptables works out from several options of one extension together.

use super::kind::rate;
use super::module::Loaded;
use crate::model::{Argument, OptionUse, Rate};

/// How options of an extension change each other in what the kernel gets.
#[derive(Clone, Copy, Debug)]
pub enum Coupling {
    /// `-m hashlimit`: burst, expiry and interval follow from the rate.
    Buckets,
    /// `-j CONNMARK`: beside `--set-xmark`, `--ctmask` is its mask and `--nfmask` counts for nothing.
    ConnectionMark,
    /// Only the last of these counts.
    LastOf(&'static [&'static str]),
}

/// The burst of packets where nothing is said.
const USUAL_BURST: u64 = 5;

/// How long buckets of bytes live, in seconds: without a burst and with one.
const BYTES_EXPIRE: u64 = 15;
const BYTES_EXPIRE_BURST: u64 = 60;

impl Coupling {
    /// Makes of the options, as they stand, those that the kernel keeps.
    pub(super) fn settle(self, options: &mut Vec<OptionUse>, module: &Loaded) {
        match self {
            Self::Buckets => buckets(options),
            Self::ConnectionMark => connection_mark(options),
            Self::LastOf(names) => {
                let last = module.given.iter().rev().find(|given| names.contains(&given.option.name.as_str()));
                if let Some(last) = last {
                    options.retain(|own| own.name == last.option.name || !names.contains(&own.name.as_str()));
                }
            }
        }
    }
}

/// Milliseconds of a second.
const SECOND: u64 = 1000;

fn buckets(options: &mut Vec<OptionUse>) {
    if options.iter().any(|own| matches!(own.argument, Some(Argument::Unknown(_)))) {
        return;
    }
    let matching = options.iter().any(|own| own.name == "--hashlimit-rate-match");
    let given = number(options, "--hashlimit-burst");
    let rate = options.iter_mut().find_map(|own| match &mut own.argument {
        Some(Argument::Rate(rate)) => Some(rate),
        _ => None,
    });
    let (interval, life, implied, burst) = match rate {
        None => return,
        Some(Rate::Packets { pause, unit }) => {
            if matching {
                // What is compared is the rate of one second, measured over the unit.
                *pause = (*pause / *unit).max(1);
            }
            let (_, shown) = rate::unit_of(*pause, rate::FINE_SCALE);
            (*unit, *unit, shown, Some(Argument::Number(given.unwrap_or(USUAL_BURST))))
        }
        Some(Rate::Bytes { cost }) => {
            let life = if given.is_some() { BYTES_EXPIRE_BURST } else { BYTES_EXPIRE };
            (1, life, life, given.map(|burst| Argument::Text(whole_seconds(burst, rate::bytes_of(*cost)))))
        }
    };
    set(options, "--hashlimit-burst", burst);
    let life = number(options, "--hashlimit-htable-expire").unwrap_or(life * SECOND);
    set(options, "--hashlimit-htable-expire", (life != implied * SECOND).then_some(Argument::Number(life)));
    if !matching {
        set(options, "--hashlimit-rate-interval", None);
    } else if interval != 1 && number(options, "--hashlimit-rate-interval").is_none() {
        set(options, "--hashlimit-rate-interval", Some(Argument::Number(interval)));
    }
}

/// A burst of bytes, which the kernel counts in what comes in a second; of the number it keeps 32 bits.
fn whole_seconds(burst: u64, second: u64) -> String {
    let seconds = u64::from(burst as u32).checked_div(second).unwrap_or(0);
    let begun = burst.checked_rem(second).is_some_and(|rest| rest != 0);
    rate::write_bytes(second * (seconds + u64::from(begun)))
}

fn connection_mark(options: &mut Vec<OptionUse>) {
    let mask = options.iter().find(|own| own.name == "--ctmask").and_then(|own| match &own.argument {
        Some(Argument::Text(text)) => super::kind::number(text).and_then(|mask| u32::try_from(mask).ok()),
        _ => None,
    });
    let set = options.iter_mut().find(|own| own.name == "--set-xmark").and_then(|own| own.argument.as_mut());
    let Some(Argument::Masked { mask: own, .. }) = set else { return };
    *own = mask.unwrap_or(*own);
    options.retain(|own| !matches!(own.name.as_str(), "--ctmask" | "--nfmask"));
}

fn number(options: &[OptionUse], name: &str) -> Option<u64> {
    match options.iter().find(|own| own.name == name)?.argument {
        Some(Argument::Number(number)) => Some(number),
        _ => None,
    }
}

/// Gives the option this argument, or takes it out.
fn set(options: &mut Vec<OptionUse>, name: &str, argument: Option<Argument>) {
    options.retain(|own| own.name != name);
    options.extend(argument.map(|argument| OptionUse { name: name.into(), negated: false, argument: Some(argument) }));
}

//! What iptables works out from several options of one extension together.

use super::kind::{bandwidth, rate};
use super::module::Loaded;
use crate::model::{Argument, OptionUse, Rate};

/// How options of an extension change each other in what the kernel gets.
#[derive(Clone, Copy, Debug)]
pub enum Coupling {
    /// `-m hashlimit`: burst, expiry and interval follow from the rate.
    Buckets,
    /// `-j CONNMARK`: behind `--set-xmark`, `--ctmask` is its mask and `--nfmask` counts for nothing; of two shifts
    /// the last counts.
    ConnectionMark,
    /// The options of each list share one value, which is that of the last.
    Shared(&'static [&'static [&'static str]]),
    /// `-j ECN`: both bits of TCP are removed by one option, and set by two.
    Congestion,
    /// Of an option that is said twice, once by another one that stands for it, the last one counts.
    Latest,
    /// Only the last of these counts.
    LastOf(&'static [&'static str]),
    /// `-j CT`: there is one zone, for the directions that any of the options names.
    Zone,
    /// `-m rateest`: which rates are written, and in which order, follows from what is compared.
    Estimators,
    /// The option says nothing that the others do not say.
    Implied(&'static str),
    /// `-j RATEEST`: the kernel has spans of its own to measure over, and for the average multiples of them.
    Average {
        /// The option with the span of a measurement.
        interval: &'static str,
        /// The option with that of the average.
        average: &'static str,
    },
    /// `-m policy`: where there is no policy, nothing of it counts.
    NoPolicy,
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
            Self::Buckets => buckets(options, module),
            Self::ConnectionMark => {
                connection_mark(options, module);
                last_of(SHIFTS, options, module);
            }
            Self::Shared(lists) => lists.iter().for_each(|names| share(names, options, module)),
            Self::Congestion => congestion(options, module),
            Self::Zone => zone(options, module),
            Self::Implied(name) if options.len() > 1 => options.retain(|own| own.name != name),
            Self::Implied(_) | Self::Estimators => {}
            Self::Average { interval, average } => {
                let spans = number(options, interval).zip(number(options, average));
                if let Some(Ok((measured, averaged))) = spans.map(|(one, other)| bandwidth::averaged(one, other)) {
                    set(options, interval, Some(Argument::Number(measured)));
                    set(options, average, Some(Argument::Number(averaged)));
                }
            }
            Self::NoPolicy => {
                let none =
                    |own: &OptionUse| own.name == "--pol" && own.argument == Some(Argument::Text("none".to_owned()));
                if options.iter().any(none) {
                    options.retain(|own| matches!(own.name.as_str(), "--dir" | "--pol"));
                }
            }
            Self::Latest => {
                let said = std::mem::take(options);
                for option in said {
                    options.retain(|own| own.name != option.name);
                    options.push(option);
                }
            }
            Self::LastOf(names) => last_of(names, options, module),
        }
    }
}

fn last_of(names: &[&str], options: &mut Vec<OptionUse>, module: &Loaded) {
    let last = module.given.iter().rev().find(|given| names.contains(&given.option.name.as_str()));
    if let Some(last) = last {
        options.retain(|own| own.name == last.option.name || !names.contains(&own.name.as_str()));
    }
}

fn share(names: &[&str], options: &mut [OptionUse], module: &Loaded) {
    let fits = |option: &OptionUse| names.contains(&option.name.as_str());
    let last = module.given.iter().map(|given| &given.option).rfind(|option| fits(option));
    let Some(argument) = last.map(|option| option.argument.clone()) else { return };
    options.iter_mut().filter(|own| fits(own)).for_each(|own| own.argument = argument.clone());
}

impl Coupling {
    /// All options anew, where their order is not that of their declarations.
    pub(super) fn arranged(self, module: &Loaded) -> Option<Vec<OptionUse>> {
        let unknown = module.given.iter().any(|given| matches!(given.option.argument, Some(Argument::Unknown(_))));
        (matches!(self, Self::Estimators) && !unknown).then(|| estimators(module))
    }
}

/// How packets are compared, by the options that say so.
const MODES: [&str; 3] = ["--rateest-lt", "--rateest-gt", "--rateest-eq"];

fn estimators(module: &Loaded) -> Vec<OptionUse> {
    let option = |name: &str, argument| OptionUse { name: name.into(), negated: false, argument };
    let text = |names: &[&str]| {
        let given = module.given.iter().find(|given| names.contains(&given.option.name.as_str()))?;
        given.option.argument.clone()
    };
    let modes = || module.given.iter().map(|given| &given.option).filter(|own| MODES.contains(&own.name.as_str()));
    let negated = modes().any(|own| own.negated);
    let mode = modes().next_back().map(|own| OptionUse { negated, ..own.clone() });
    let (differences, second) = (module.has("--rateest-delta"), module.has("--rateest2"));
    let mut options = Vec::new();
    options.extend(differences.then(|| option("--rateest-delta", None)));
    options.push(option(if second { "--rateest1" } else { "--rateest" }, text(&["--rateest", "--rateest1"])));
    for (unit, nothing) in [("bps", Argument::Text("0bit".to_owned())), ("pps", Argument::Number(0))] {
        let [plain, first, other] = ["", "1", "2"].map(|end| format!("--rateest-{unit}{end}"));
        if ![&plain, &first, &other].into_iter().any(|name| module.has(name)) {
            continue;
        }
        let value = |names: &[&str]| Some(text(names).unwrap_or(nothing.clone()));
        options.extend(differences.then(|| option(&first, value(&[&first]))));
        options.extend(mode.clone());
        let name = if differences { &other } else { &plain };
        options.push(option(name, value(&[&plain, &other]).filter(|_| differences || !second)));
    }
    options.extend(second.then(|| option("--rateest2", text(&["--rateest2"]))));
    options
}

/// The options for both directions, for one, and for the other.
const ZONES: [&str; 3] = ["--zone", "--zone-orig", "--zone-reply"];

fn zone(options: &mut Vec<OptionUse>, module: &Loaded) {
    let given: Vec<&OptionUse> =
        module.given.iter().map(|given| &given.option).filter(|own| ZONES.contains(&own.name.as_str())).collect();
    let unknown = given.iter().any(|own| matches!(own.argument, Some(Argument::Unknown(_))));
    if given.len() < 2 || unknown {
        return;
    }
    let named = |name: &str| given.iter().any(|own| own.name == name);
    let name = match (named(ZONES[1]), named(ZONES[2])) {
        (true, false) => ZONES[1],
        (false, true) => ZONES[2],
        _ => ZONES[0],
    };
    let mark = Some(Argument::Text("mark".to_owned()));
    let marked = given.iter().any(|own| own.argument == mark);
    let last = given.last().and_then(|own| own.argument.clone());
    ZONES.iter().for_each(|name| set(options, name, None));
    set(options, name, if marked { mark } else { last.filter(|zone| *zone != Argument::Number(0)) });
}

/// Milliseconds of a second.
const SECOND: u64 = 1000;

fn buckets(options: &mut Vec<OptionUse>, module: &Loaded) {
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
    } else if interval != 1 && !module.has("--hashlimit-rate-interval") {
        set(options, "--hashlimit-rate-interval", Some(Argument::Number(interval)));
    }
}

/// A burst of bytes, which the kernel counts in what comes in a second; of the number it keeps 32 bits.
fn whole_seconds(burst: u64, second: u64) -> String {
    let seconds = u64::from(burst as u32).checked_div(second).unwrap_or(0);
    let begun = burst.checked_rem(second).is_some_and(|rest| rest != 0);
    rate::write_bytes(second * (seconds + u64::from(begun)))
}

fn connection_mark(options: &mut Vec<OptionUse>, module: &Loaded) {
    let last = |fits: fn(&str) -> bool| module.given.iter().rposition(|given| fits(&given.option.name));
    // The mask is that of the option which stands last.
    let masked = last(|name| matches!(name, "--ctmask" | "--mask")) > last(|name| SETTING.contains(&name));
    let mask =
        options.iter().filter(|_| masked).find(|own| own.name == "--ctmask").and_then(|own| match &own.argument {
            Some(Argument::Text(text)) => super::kind::number(text).and_then(|mask| u32::try_from(mask).ok()),
            _ => None,
        });
    let set = options.iter_mut().find(|own| own.name == "--set-xmark").and_then(|own| own.argument.as_mut());
    let Some(Argument::Masked { mask: own, .. }) = set else { return };
    *own = mask.unwrap_or(*own);
    options.retain(|own| !matches!(own.name.as_str(), "--ctmask" | "--nfmask"));
}

/// The options that set the mark of a connection, with a mask of their own.
const SETTING: [&str; 5] = ["--set-xmark", "--set-mark", "--and-mark", "--or-mark", "--xor-mark"];

/// How the mark of a connection is shifted.
const SHIFTS: &[&str] = &["--left-shift-mark", "--right-shift-mark"];

/// The option that removes both bits of TCP, those that set one, and the one for the field of IP.
const REMOVE: &str = "--ecn-tcp-remove";
const BITS: [&str; 2] = ["--ecn-tcp-ece", "--ecn-tcp-cwr"];
const FIELD: &str = "--ecn-ip-ect";

fn congestion(options: &mut Vec<OptionUse>, module: &Loaded) {
    // What stands before it, it makes forgotten.
    let before = module.given.iter().take_while(|given| given.option.name != REMOVE).count();
    if module.has(REMOVE) && module.given.iter().take(before).any(|given| given.option.name == FIELD) {
        set(options, FIELD, None);
    }
    let has = |name: &str| options.iter().any(|own| own.name == name);
    let removed = has(REMOVE) || BITS.iter().all(|bit| number(options, bit) == Some(0));
    if !removed {
        return;
    }
    let alone = !has(FIELD);
    BITS.iter().for_each(|bit| set(options, bit, (!alone).then_some(Argument::Number(0))));
    set(options, REMOVE, None);
    options.extend(alone.then(|| OptionUse { name: REMOVE.into(), negated: false, argument: None }));
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

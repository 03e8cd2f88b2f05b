//! Matches of which iptables-nft makes comparisons of the kernel's own, and reads them back.

use std::borrow::Cow;

use crate::dialect::iptables::extensions::{self, Extension, Role};
use crate::model::{Argument, Family, Match, ModuleUse, OptionUse, PortRange, Test};

/// The matches as they come back: of those that are comparisons, all with one name are one match.
pub(super) fn read_back(matches: &[Match], family: Family) -> Cow<'_, [Match]> {
    if !matches.iter().any(|one| compared(one, family).is_some()) {
        return Cow::Borrowed(matches);
    }
    let mut back: Vec<Match> = Vec::new();
    for one in matches {
        let Some((extension, module)) = compared(one, family) else {
            back.push(one.clone());
            continue;
        };
        let options = kept(extension, &module.options);
        let before = back
            .iter_mut()
            .filter(|before| compared(before, family).is_some_and(|(own, _)| own.name == extension.name));
        match before.map(|before| &mut before.test).next() {
            Some(Test::Module(first)) => first.options = both(extension, &first.options, &options),
            // Where nothing is compared, the whole match is forgotten.
            _ if options.is_empty() => {}
            _ => {
                let options = options.iter().map(without_negation).collect();
                back.push(Match { test: Test::Module(ModuleUse { options, ..module.clone() }), ..*one });
            }
        }
    }
    Cow::Owned(back)
}

/// The match where it becomes comparisons, with its extension.
fn compared(one: &Match, family: Family) -> Option<(&'static Extension, &ModuleUse)> {
    let Test::Module(module) = &one.test else { return None };
    let extension = extensions::find(&module.name, Role::Match, family).filter(|extension| extension.native)?;
    // The extension is there for this option after all, and comes back as it went in.
    let extended = module.options.is_empty() || module.options.iter().any(|option| option.name == "--tcp-option");
    (!extended).then_some((extension, module))
}

/// The options that come back.
fn kept(extension: &Extension, options: &[OptionUse]) -> Vec<OptionUse> {
    let compares = |option: &&OptionUse| {
        let row = extension.option(&option.name);
        !row.is_some_and(|row| row.is_left_out(option) || row.looks_at_nothing(option))
    };
    options.iter().filter(compares).cloned().collect()
}

/// The options of two matches in one: of those with one name the later counts, and a `!` before either.
fn both(extension: &Extension, first: &[OptionUse], second: &[OptionUse]) -> Vec<OptionUse> {
    let named = |options: &[OptionUse], name: &str| options.iter().find(|option| option.name == name).cloned();
    let one = |name: &str| match (named(first, name), named(second, name)) {
        (Some(before), Some(after)) => {
            Some(narrowed(&before, &after).unwrap_or(OptionUse { negated: before.negated || after.negated, ..after }))
        }
        (before, after) => before.or(after.map(|after| without_negation(&after))),
    };
    extension.options.iter().filter_map(|row| one(row.name)).collect()
}

/// Ports from 0 to some port are a comparison of their end alone, and leave the other end as it was read before.
fn narrowed(before: &OptionUse, after: &OptionUse) -> Option<OptionUse> {
    let range = |option: &OptionUse| match &option.argument {
        Some(Argument::Ports(ranges)) => <[PortRange; 1]>::try_from(ranges.as_slice()).ok().map(|[range]| range),
        _ => None,
    };
    let PortRange { low, high } = range(before)?;
    let PortRange { low: 0, high: end @ 1..=LAST_BUT_ONE } = range(after)? else { return None };
    let range = if after.negated { PortRange { low: end + 1, high } } else { PortRange { low, high: end } };
    Some(OptionUse { argument: Some(Argument::Ports(vec![range])), ..before.clone() })
}

/// The highest port that has another above it.
const LAST_BUT_ONE: u16 = u16::MAX - 1;

/// Ports that are not from 0 to some port are those above it.
fn without_negation(option: &OptionUse) -> OptionUse {
    match &option.argument {
        Some(Argument::Ports(ranges)) if option.negated => match ranges.as_slice() {
            [PortRange { low: 0, high: high @ 1..=LAST_BUT_ONE }] => {
                let above = PortRange { low: high + 1, high: u16::MAX };
                OptionUse { negated: false, argument: Some(Argument::Ports(vec![above])), ..option.clone() }
            }
            _ => option.clone(),
        },
        _ => option.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_from_zero_of_a_second_match_change_one_end() {
        let udp = extensions::find("udp", Role::Match, Family::V4).unwrap();
        let option = |name: &str, negated, low, high| OptionUse {
            name: name.into(),
            negated,
            argument: Some(Argument::Ports(vec![PortRange { low, high }])),
        };
        // As iptables-nft 1.8.9 prints both matches of one rule.
        for (first, second, expected) in [
            (option("--sport", false, 65535, 65535), option("--sport", false, 0, 5), (false, 65535, 5)),
            (option("--dport", false, 5, 65535), option("--dport", false, 0, 5), (false, 5, 5)),
            (option("--dport", true, 80, 80), option("--dport", false, 1, 65535), (true, 1, 65535)),
            (option("--dport", false, 7, 9), option("--dport", true, 0, 5), (false, 6, 9)),
        ] {
            let (negated, low, high) = expected;
            let merged = both(udp, std::slice::from_ref(&first), &[second]);
            assert_eq!(merged, [option(&first.name, negated, low, high)]);
        }
    }
}

//! Commands (`-A`, `-F`...) and their own arguments: chain, rule number, policy, new name.

use std::ops::RangeInclusive;

use super::draft::Ordered;
use super::extension::Role;
use super::general::{General, Id};
use super::kind::number;
use super::scan::{Reading, Scanner, Taken};
use super::{declared, extensions};
use crate::diag::{Diagnostic, Severity, Variant};
use crate::model::{Known, Value};
use crate::text::Place;

/// A chain name is shorter than the 29 bytes that the kernel keeps for it.
const LONGEST_CHAIN: usize = 28;

/// A chain that iptables-legacy renames may have a name up to here, of which 29 bytes are kept.
const LONGEST_RENAMED: usize = 31;

/// One that iptables-nft renames may have the longest name of nf_tables.
const LONGEST_RENAMED_BY_NFT: usize = 255;

/// The numbers that rules can have.
const RULE_NUMBERS: RangeInclusive<u32> = 1..=i32::MAX as u32;

/// `-L` and `-Z` of one command: both are for the chain that was named last, and a number is for `-Z`, which makes
/// iptables forget a listing before it.
fn together(first: Ordered, second: Ordered) -> Ordered {
    let (general, number) = match first.general.id {
        Id::Zero => (second.general, first.number),
        _ if second.number.is_some() => (second.general, second.number),
        _ => (first.general, None),
    };
    Ordered { general, chain: second.chain.or(first.chain), number, extra: None }
}

impl Scanner<'_> {
    /// Reads what belongs to a command.
    pub(super) fn order(&mut self, general: &'static General, chain: Option<Taken>, reading: &Reading) {
        let place = self.place_of(reading.option);
        let chain = chain.map(|taken| (taken.value, taken.place));
        let first = self.draft.order.take();
        if !self.admits(first.as_ref(), general, place) {
            self.draft.order = first;
            return;
        }
        let mut order = Ordered { general, chain, number: None, extra: None };
        match general.id {
            Id::Insert | Id::Delete => order.number = self.rule_number(general),
            Id::Zero if order.chain.is_some() => order.number = self.rule_number(general),
            Id::Replace => {
                order.number = self.rule_number(general);
                if order.number.is_none() && !self.is_refused() {
                    self.refuse("missing-argument", place, "`-R` needs the number of a rule");
                }
            }
            Id::List | Id::ListRules if order.chain.is_some() => drop(self.rule_number(general)),
            Id::Policy | Id::RenameChain => order.extra = self.second(general, place),
            _ => {}
        }
        self.check_names(&order);
        self.draft.order = Some(match first {
            Some(first) => together(first, order),
            None => order,
        });
    }

    /// Whether the command may stand beside the one before; `-L` and `-Z` may stand together.
    fn admits(&mut self, first: Option<&Ordered>, general: &'static General, place: Place) -> bool {
        let Some(first) = first.map(|order| order.general) else { return true };
        let listing = |id| matches!(id, Id::List | Id::ListRules);
        let zeroed_again = self.draft.zero && general.id == Id::Zero;
        match (first.id, general.id) {
            (first, Id::Zero) if listing(first) && !zeroed_again => self.draft.zero = true,
            (Id::Zero, second) if listing(second) => self.draft.zero = true,
            _ => {
                let message = if first.id == general.id || zeroed_again {
                    format!("`{}` is given twice; write a command for each", general.name())
                } else {
                    format!("`{}` cannot stand beside `{}`", general.name(), first.name())
                };
                self.refuse("invalid-value", place, message);
                return false;
            }
        }
        true
    }

    fn rule_number(&mut self, general: &General) -> Option<Known<u32>> {
        let mut reading = Reading { option: self.at, joined: None, negation: None };
        // An unquoted unknown word may just as well be the beginning of the rule.
        let next = self.words.get(self.at)?;
        let whole_rule = next.splits && next.known().is_none() && self.words.len() > self.at + 1;
        if whole_rule && general.id != Id::Replace {
            return None;
        }
        let taken = self.take_optional(&mut reading)?;
        let Some(text) = taken.value.known() else { return Some(Known::Unknown(taken.value)) };
        match number(text).and_then(|value| u32::try_from(value).ok()).filter(|value| RULE_NUMBERS.contains(value)) {
            Some(value) => Some(Known::Is(value)),
            None => {
                let problem = super::leftover::rule_number(text, general, taken.place);
                self.report(problem);
                None
            }
        }
    }

    fn second(&mut self, general: &General, place: Place) -> Option<(Value, Place)> {
        let mut reading = Reading { option: self.at, joined: None, negation: None };
        let taken = self.take_optional(&mut reading);
        if taken.is_none() {
            let what = if general.id == Id::Policy { "a chain and a policy" } else { "two chain names" };
            self.refuse("missing-argument", place, format!("`{}` needs {what}", general.name()));
        }
        taken.map(|taken| (taken.value, taken.place))
    }

    fn check_names(&mut self, order: &Ordered) {
        let new = match order.general.id {
            Id::NewChain => order.chain.as_ref(),
            Id::RenameChain => order.extra.as_ref(),
            _ => None,
        };
        if let Some((Value::Known(name), place)) = new {
            let target = || {
                declared::find_addon(name, Role::Target).is_some()
                    || extensions::find(name, Role::Target, self.context.family).is_some()
            };
            // A chain may get the name of an extension later on.
            let renamed = order.general.id == Id::RenameChain;
            let verdict = extensions::VERDICTS.contains(&name.as_str());
            if verdict && renamed {
                let message = format!("`{name}` is a verdict, and iptables-legacy renames no chain to one");
                let problem = Diagnostic::new("invalid-value", Severity::Error, *place, message);
                return self.report(problem.only_for(Variant::Legacy));
            }
            if verdict || !renamed && target() {
                return self.refuse(
                    "invalid-value",
                    *place,
                    format!("`{name}` is a target, so no chain can be called so"),
                );
            }
        }
        if let Some((Value::Known(name), place)) = &order.extra
            && order.general.id == Id::RenameChain
            && name.len() > LONGEST_RENAMED
        {
            let by_both = name.len() > LONGEST_RENAMED_BY_NFT;
            let most = if by_both { LONGEST_RENAMED_BY_NFT } else { LONGEST_RENAMED };
            let message = format!("the name `{name}` is longer than {most} bytes");
            let problem = Diagnostic::new("invalid-value", Severity::Error, *place, message);
            return self.report(if by_both { problem } else { problem.only_for(Variant::Legacy) });
        }
        if let Some((Value::Known(name), place)) = &order.chain
            && let Some(message) = wrong_chain_name(name)
        {
            self.refuse(wrong_name_code(name), *place, message);
        }
    }
}

/// The lint for a name that no chain can have.
pub(super) fn wrong_name_code(name: &str) -> &'static str {
    if name.len() > LONGEST_CHAIN { "overlong-name" } else { "invalid-value" }
}

/// Why no chain can have this name.
pub(super) fn wrong_chain_name(name: &str) -> Option<String> {
    if name.is_empty() {
        Some("the name is empty".to_owned())
    } else if name.starts_with(['-', '!']) {
        Some(format!("`{name}` is no chain: names do not begin with `-` or `!`"))
    } else if name.len() > LONGEST_CHAIN {
        Some(format!("the name `{name}` is longer than {LONGEST_CHAIN} bytes"))
    } else if name.contains(char::is_whitespace) {
        Some(format!("the name `{name}` has a blank"))
    } else {
        None
    }
}

//! What a rule does to a packet beside its verdict: logs, marks and the type of service.

use std::collections::BTreeSet;

use super::{Trouble, Wording};
use crate::dialect::ipchains::Opt;
use crate::migrate::adders::Adder;
use crate::migrate::layout::Purpose;
use crate::migrate::marks;
use crate::migrate::roles::unquoted;
use crate::model::{Effect, Known, MarkChange, Rule};

impl Wording<'_> {
    /// What the rule does to a packet on the way, in this copy: the ends of the rules before the verdict.
    /// `marks` are those that a packet can have.
    pub(in crate::migrate) fn effects(
        &self,
        rule: &Rule,
        chain: &str,
        purpose: Purpose,
        marks: Option<&BTreeSet<u32>>,
    ) -> Result<Vec<Vec<String>>, Trouble> {
        let mut lines = Vec::new();
        for effect in &rule.effects {
            match (effect, purpose) {
                (Effect::Log, Purpose::Filter) => lines.push(jump(self.log(rule, chain))),
                // The filter table accepts what has been redirected before any rule.
                (Effect::Log, Purpose::Redirect) if purpose.is_served_by(rule) => {
                    lines.push(jump(self.log(rule, chain)))
                }
                (Effect::Netlink(size), Purpose::Filter) => {
                    let mut line = vec!["NFLOG".to_owned()];
                    match size {
                        Known::Is(u16::MAX) => {}
                        Known::Is(size) => line.extend(["--nflog-size".to_owned(), size.to_string()]),
                        Known::Unknown(_) => return Err(Trouble::RunTime),
                    }
                    lines.push(jump(line));
                }
                (Effect::Mark(Known::Is(MarkChange::Add(number))), Purpose::Mangle) => {
                    lines.extend(relative_mark(marks, *number));
                }
                (Effect::Mark(change), Purpose::Mangle) => {
                    lines.push(jump(vec!["MARK".to_owned(), "--set-mark".to_owned(), self.mark(change)?]));
                }
                (Effect::Tos { and, xor }, Purpose::Mangle) => {
                    let value = format!("0x{xor:02x}/0x{:02x}", !and);
                    lines.push(jump(vec!["TOS".to_owned(), "--set-tos".to_owned(), value]));
                }
                _ => {}
            }
        }
        Ok(lines)
    }

    fn mark(&self, change: &Known<MarkChange>) -> Result<String, Trouble> {
        match change {
            Known::Is(MarkChange::Set(mark)) => {
                let written = self
                    .find(Opt::Mark)
                    .map(|found| self.argument(found))
                    .filter(|text| text.starts_with('$') || !text.starts_with('0'));
                Ok(written.unwrap_or_else(|| mark.to_string()))
            }
            _ => Err(Trouble::RunTime),
        }
    }

    /// What the rule for the log says behind `-j`.
    pub(in crate::migrate) fn log(&self, rule: &Rule, chain: &str) -> Vec<String> {
        let target = match (&rule.target, self.unknown_target(rule)) {
            (_, Some(text)) => unquoted(&text).to_owned(),
            (Some(target), None) => target.name.to_string(),
            (None, None) => "-".to_owned(),
        };
        let chain = self.chain_text().unwrap_or_else(|| chain.to_owned());
        let prefix = if self.unquoted { format!("{chain}:{target}:") } else { format!("\"{chain} {target} \"") };
        ["LOG", "--log-level", "info", "--log-prefix", &prefix].map(str::to_owned).to_vec()
    }
}

/// What jumps to a target.
pub(in crate::migrate) fn jump(target: Vec<String>) -> Vec<String> {
    std::iter::once("-j".to_owned()).chain(target).collect()
}

/// A rule for each mark that a packet can have; where that is not known, jumps to chains that add.
fn relative_mark(marks: Option<&BTreeSet<u32>>, number: u32) -> Vec<Vec<String>> {
    let rule = |(old, new): (u32, u32)| {
        let words = ["-m", "mark", "--mark", &old.to_string(), "-j", "MARK", "--set-mark", &new.to_string()];
        words.map(str::to_owned).to_vec()
    };
    match marks.and_then(|marks| marks::additions(marks, number)) {
        Some(changes) => changes.into_iter().map(rule).collect(),
        None => Adder::all(number).into_iter().map(|adder| jump(vec![adder.chain()])).collect(),
    }
}

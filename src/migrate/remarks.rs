//! The comments of a script beside its rules, for a file that has no lines of the script.

use std::sync::Arc;

use crate::model::{Argument, Match, ModuleUse, OptionUse, Ruleset, Test};
use crate::text::{Place, Source};

/// So many bytes of a comment the kernel keeps.
const LONGEST: usize = 255;

/// The rules with what the script says of each as a match `-m comment`: the comment behind its command, else
/// the one above the paragraph of commands that it stands in.
pub(super) fn with_comments(ruleset: &Ruleset, source: &Source) -> Ruleset {
    let mut ruleset = ruleset.clone();
    let lines: Vec<&str> = source.view().lines().collect();
    let entries = ruleset.tables.iter_mut().flat_map(|table| &mut table.chains).flat_map(|chain| &mut chain.entries);
    for entry in entries {
        if let Some(comment) = beside(&lines, source, entry.rule.place) {
            Arc::make_mut(&mut entry.rule).matches.push(remark(comment));
        }
    }
    ruleset
}

/// What is said of the command at a place.
fn beside(lines: &[&str], source: &Source, place: Place) -> Option<String> {
    let first = source.line(place.span.start) - 1;
    let last = source.line(place.span.end) - 1;
    let text = source.text(place.span);
    let behind = lines.get(last)?.rsplit_once(text.lines().last()?).map(|(_, rest)| rest.trim());
    if let Some(own) = behind.and_then(|rest| rest.strip_prefix('#')) {
        return cleaned(&[own]);
    }
    let is_comment = |line: &&&str| line.trim_start().starts_with('#');
    let paragraph = lines.get(..first)?.iter().rev().take_while(|line| !line.trim().is_empty());
    let above: Vec<&&str> = paragraph.skip_while(|line| !is_comment(line)).take_while(is_comment).collect();
    cleaned(&above.into_iter().rev().map(|line| line.trim_start().trim_start_matches('#')).collect::<Vec<_>>())
}

/// Comment lines as one text, without what only decorates them.
fn cleaned(lines: &[&str]) -> Option<String> {
    let words = lines.iter().flat_map(|line| line.split_whitespace());
    let words: Vec<&str> = words.filter(|word| word.chars().any(char::is_alphanumeric)).collect();
    let mut text: String = words.join(" ").chars().filter(|c| !c.is_control() && *c != '"').collect();
    while text.len() > LONGEST {
        text.pop();
    }
    (!text.is_empty()).then_some(text)
}

fn remark(text: String) -> Match {
    let argument = Some(Argument::Text(text));
    let options = vec![OptionUse { name: "--comment".into(), negated: false, argument }];
    let test = Test::Module(ModuleUse { name: "comment".into(), options });
    Match { negated: false, test, place: Place::default() }
}

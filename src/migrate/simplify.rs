//! Leaves out of the output what no packet would notice, with the verifier as judge.
//!
//! The layout is regular: each stage has its copy of every rule and its joint. Where the stages behind a rule let
//! everything pass or nothing, the copy makes no difference, and goes. A chain that is left without rules goes too,
//! and one that holds a single verdict gives it to those who jump there.
//! Copies that say the same by then are one.

mod equal;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::laying;
use super::layout::{Layout, OwnChains};
use super::runtime;
use super::variables::LoopVariables;
use crate::analysis::{self, Analysis, Reading};
use crate::eval::MASQUERADED_FROM;
use crate::model::{Action, Dialect, Family, Known, Value};
use crate::text::{Edit, Edits, Place, Source, Sources};
use crate::verify;

/// The text of a migrated file without what makes no difference.
pub(super) fn simplify(text: Vec<u8>, layout: &Layout<'_>, old: &Analysis<'_>) -> Vec<u8> {
    let mut own = layout.own_chains();
    if layout.route.copied_in_forward() {
        own.copies.insert("FORWARD".to_owned());
    }
    if own.copies.is_empty() {
        return text;
    }
    let mut sources = Sources::default();
    let file = sources.add(Source::new("migrated", text));
    let form = old.tree().and_then(|tree| tree.form.of_rewritten());
    let trees = [analysis::parse(sources.get(file), file, form)];
    let mut analysis = analysis::analyse(&sources, &trees, file, &old.evaluation.settings());
    // What is refused as it stands may be taken once somebody has mended its words.
    let is_refused = |reading: &Reading| matches!(reading, Reading::Iptables(_)) && reading.command().is_none();
    let read = analysis.evaluation.steps.iter().zip(&analysis.readings);
    if read.filter(|(step, _)| step.is_live()).filter_map(|(_, reading)| reading.as_ref()).any(is_refused) {
        return sources.get(file).bytes().to_vec();
    }
    analysis.call_all();
    let view = old.sources.get(old.file).view();
    let kept: HashSet<&str> = view.lines().map(str::trim).collect();
    let candidates = candidates(&analysis, &own, &kept);
    let gone = verify::spare(&mut analysis, &candidates);
    let source = sources.get(file);
    let mut edits = Edits::default();
    for place in gone {
        let line = source.lines_around(place.span);
        // Two commands of one line cannot both be its only one.
        let _ = edits.add(Edit::replace(line, String::new()));
    }
    let text = edits.apply(source);
    let Ok(text) = String::from_utf8(text) else { return edits.apply(source) };
    let variables = LoopVariables::of(view);
    let named = named_by_variables(&analysis, variables);
    own.chains.retain(|name| !named.contains(name));
    let text = without_needless_function(Lines::of(&text, variables).tidy(&own));
    laying::without_empty_functions(text).into_bytes()
}

/// What words of commands say by variables, other than those of our own loops: a chain of such a name is more than its
/// text tells.
fn named_by_variables(analysis: &Analysis<'_>, variables: LoopVariables) -> BTreeSet<String> {
    let own = format!("${}", variables.chain);
    let words = analysis.invocations().flat_map(|(_, _, invocation)| &invocation.arguments);
    let by_variable = words.filter(|word| {
        let text = analysis.sources.get(word.place.file).text(word.place.span);
        text.contains('$') && text != own
    });
    by_variable.filter_map(|word| word.known().map(str::to_owned)).collect()
}

/// The text without the function that finds devices, where nothing calls it any more.
fn without_needless_function(text: String) -> String {
    if text.contains(DEVICES) {
        return text;
    }
    let others = runtime::FUNCTIONS.iter().any(|name| text.contains(&format!("{name}() {{")));
    let end = if others { "" } else { "\n" };
    text.replacen(&format!("\n{MASQUERADED_FROM}{end}"), "", 1)
}

/// The commands whose rules may go, each alone on its line: those of the way first, and of each kind the last ones.
/// Lines that the script had before are its own.
fn candidates(analysis: &Analysis<'_>, own: &OwnChains, kept: &HashSet<&str>) -> Vec<Place> {
    let fixed = numbered(analysis);
    let source = analysis.sources.get(analysis.file);
    let ruleset = analysis.ruleset(Dialect::Iptables, Family::V4);
    let tables = ruleset.iter().flat_map(|ruleset| &ruleset.tables);
    let filled = tables.flat_map(|table| &table.chains).filter(|chain| !chain.entries.is_empty());
    let only = |name: &&str| own.chains.contains(*name) && !own.copies.contains(*name);
    let lasting: BTreeSet<&str> = filled.map(|chain| chain.name.as_str()).filter(only).collect();
    let mut all: BTreeMap<Place, (bool, bool)> = BTreeMap::new();
    for table in ruleset.iter().flat_map(|ruleset| &ruleset.tables) {
        for (chain, entry) in table.chains.iter().flat_map(|chain| chain.entries.iter().map(move |own| (chain, own))) {
            let ours = table.name == "filter" && own.copies.contains(&chain.name) && !fixed.contains(&chain.name);
            // A rule without a target counts packets, and a chain whose rules are the only ones of the script's stays.
            let target = entry.rule.target.as_ref().map(|target| target.name.known().unwrap_or_default());
            let may_go = ours && target.is_some_and(|target| !lasting.contains(target));
            let known = all.entry(entry.rule.place).or_insert((true, own.joints.contains(&chain.name)));
            known.0 &= may_go;
        }
    }
    let alone = |place: &Place| {
        let line = source.text(source.lines_around(place.span));
        let command = for_each_device(&line).unwrap_or(line.trim());
        place.file == analysis.file && command == source.text(place.span).trim() && !kept.contains(line.trim())
    };
    let places = all.into_iter().rev().filter(|(place, (may_go, _))| *may_go && alone(place));
    // Without a policy of its own a chain of the way may be none, which is more than a rule less elsewhere.
    let (joints, others): (Vec<_>, Vec<_>) = places.partition(|(_, (_, joint))| *joint);
    joints.into_iter().chain(others).map(|(place, _)| place).collect()
}

/// The chains whose rules commands name by number or by what they say.
fn numbered(analysis: &Analysis<'_>) -> BTreeSet<String> {
    let chains = analysis.commands().filter_map(|(_, command)| match &command.action {
        Action::Insert { position: Known::Is(1), .. } => None,
        Action::Insert { chain, .. }
        | Action::Replace { chain, .. }
        | Action::DeleteNumber { chain, .. }
        | Action::DeleteRule { chain, .. } => Some(chain),
        _ => None,
    });
    chains.filter_map(Value::known).map(str::to_owned).collect()
}

/// The lines of the output, with their ends, and the variables of its loops.
struct Lines(Vec<String>, LoopVariables);

/// How devices are asked for by their addresses.
const DEVICES: &str = "$(masqueraded_from ";

/// Where a chain is mentioned.
#[derive(Default)]
struct Mentions {
    /// Lines that make it, or one of which makes it with others.
    made: Vec<usize>,
    /// Lines that add a rule to it.
    rules: Vec<usize>,
    /// Lines that forget what it has counted.
    zeroed: Vec<usize>,
    /// Lines that do nothing but jump to it.
    jumps: Vec<usize>,
    /// Anything else.
    others: bool,
}

impl Lines {
    fn of(text: &str, variables: LoopVariables) -> Self {
        Self(text.split_inclusive('\n').map(str::to_owned).collect(), variables)
    }

    /// Takes out chains that are of no use, and those that repeat others, until all are.
    fn tidy(mut self, own: &OwnChains) -> String {
        while own.chains.iter().any(|chain| self.take_out(chain, own)) || own.told && self.share(own) {}
        self.0.concat()
    }

    /// Takes out a chain if it is of no use; whether it was there and is gone.
    fn take_out(&mut self, chain: &str, own: &OwnChains) -> bool {
        let mentions = self.mentions(chain);
        if mentions.made.is_empty() || mentions.others {
            return false;
        }
        match mentions.rules.as_slice() {
            [] if mentions.jumps.is_empty() => {}
            rules if mentions.jumps.is_empty() && own.told && own.copies.contains(chain) => {
                rules.iter().for_each(|at| self.clear(*at));
            }
            // A rule of the script's own may be there in some runs only.
            [only] if own.laid.contains(chain) => {
                let Some(verdict) = self.verdict(*only, chain) else { return false };
                for at in &mentions.jumps {
                    let line = &self.0[*at];
                    let Some(start) = jump_in(line, chain) else { continue };
                    let (before, end) = (&line[..start], &line[start + " -j ".len() + chain.len()..]);
                    self.0[*at] = format!("{before} -j {verdict}{end}");
                }
                self.clear(*only);
            }
            [_, _, ..] if own.laid.contains(chain) && mentions.made.len() == 1 => {
                let [jump] = mentions.jumps.as_slice() else { return false };
                let Some(caller) = self.caller(*jump, chain, own) else { return false };
                let moved = mentions.rules.iter().map(|at| std::mem::take(&mut self.0[*at]));
                let moved: String = moved.map(|line| line.replacen(&format!("-A {chain} "), &caller, 1)).collect();
                self.0[*jump] = moved;
            }
            _ => return false,
        }
        for at in mentions.made.into_iter().chain(mentions.zeroed) {
            match without(&self.0[at], chain, self.1) {
                rest if rest.is_empty() => self.clear(at),
                rest => self.0[at] = rest,
            }
        }
        // A line may have become several.
        *self = Self::of(&self.0.concat(), self.1);
        true
    }

    /// Takes out a line; the end of an arm of a `case` that it holds goes to the line before.
    fn clear(&mut self, at: usize) {
        let line = std::mem::take(&mut self.0[at]);
        if line.trim_end().ends_with(";;")
            && let Some(before) = self.0[..at].iter_mut().rev().find(|line| !line.is_empty())
        {
            let end = before.trim_end().len();
            before.insert_str(end, " ;;");
        }
    }

    /// How rules are added to the chain that does nothing at line `at` but send all packets to another one. There is
    /// none where commands name its rules by their numbers, or by what they say and not for the sake of the way.
    fn caller(&self, at: usize, chain: &str, own: &OwnChains) -> Option<String> {
        let (_, rest) = self.0[at].trim_end().split_once(" -A ")?;
        let caller = rest.strip_suffix(&format!(" -j {chain}")).filter(|caller| !caller.contains(' '))?;
        let numbers = |line: &String| {
            let words: Vec<&str> = line.split_whitespace().collect();
            words.windows(2).any(|pair| matches!(pair[0], "-I" | "-R" | "-D") && pair[1] == caller)
                && !own.taken_back.iter().any(|own| line.contains(own))
        };
        (!self.0.iter().any(numbers)).then(|| format!("-A {caller} "))
    }

    fn mentions(&self, chain: &str) -> Mentions {
        let (mut found, over) = (Mentions::default(), self.1.over_chains());
        for (at, line) in self.0.iter().enumerate().filter(|(_, line)| names(line, chain)) {
            let line = for_each_device(line).unwrap_or(line);
            let words: Vec<&str> =
                line.split(|c: char| c.is_whitespace() || c == ';').filter(|own| !own.is_empty()).collect();
            let behind = |option: &str| words.windows(2).any(|pair| pair == [option, chain]);
            match words.as_slice() {
                [first, ..] if first.starts_with('#') => {}
                _ if !is_whole(line, chain, &over) => found.others = true,
                _ if line.trim_start().starts_with(&over) => found.made.push(at),
                [first, ..] if first.strip_prefix(':') == Some(chain) => found.made.push(at),
                _ if behind("-N") => found.made.push(at),
                _ if behind("-Z") => found.zeroed.push(at),
                _ if behind("-A") => found.rules.push(at),
                _ if jump_in(line, chain).is_some() => found.jumps.push(at),
                _ => found.others = true,
            }
        }
        found
    }

    /// What a line does with every packet that comes to the chain.
    fn verdict(&self, at: usize, chain: &str) -> Option<String> {
        let (_, verdict) = self.0[at].trim_end().split_once(&format!("-A {chain} -j "))?;
        (!verdict.starts_with("RETURN") && !verdict.contains([';', '>', '|'])).then(|| verdict.to_owned())
    }
}

/// Whether a line has the name of a chain in it, and not only as a part of another.
fn names(line: &str, chain: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    line.match_indices(chain).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + chain.len()..]);
        !before.ends_with(part) && !after.starts_with(part)
    })
}

/// Whether a line is nothing but commands for a chain, or loops over chains, so that it may go as a whole.
fn is_whole(line: &str, chain: &str, over: &str) -> bool {
    let line = line.trim();
    if line.starts_with(over) {
        return line.ends_with("; done") && line.matches(over).count() == line.matches("; done").count();
    }
    let mut commands = line.split(';').map(str::trim).filter(|command| !command.is_empty());
    let holds_others = |word: &str| matches!(word, "{" | "}") || word.ends_with(')') || word.ends_with("){");
    commands.all(|command| names(command, chain))
        && !line.split_whitespace().any(holds_others)
        && !line.ends_with(['\\', '&', '|'])
}

/// The command of a line that is a loop over the devices with an address.
fn for_each_device(line: &str) -> Option<&str> {
    let (_, devices) = line.trim().strip_prefix("for ")?.split_once(" in ")?;
    let (_, body) = devices.strip_prefix(DEVICES)?.split_once("); do ")?;
    body.strip_suffix("; done").filter(|command| !command.contains("; "))
}

/// Where the one command of a line jumps to a chain.
fn jump_in(line: &str, chain: &str) -> Option<usize> {
    let jump = format!(" -j {chain}");
    let at = line.find(&jump)?;
    let rest = line[at + jump.len()..].trim();
    (rest.is_empty() || rest == ";;" || rest.starts_with('#')).then_some(at)
}

/// A line that makes or removes chains, without one of them.
fn without(line: &str, chain: &str, variables: LoopVariables) -> String {
    let over = variables.over_chains();
    let mut parts = line.split(&over);
    let before = parts.next().unwrap_or_default();
    let loops: Vec<(Vec<&str>, &str)> = parts
        .filter_map(|part| part.split_once(';'))
        .map(|(names, rest)| (names.split(' ').filter(|name| *name != chain).collect(), rest))
        .collect();
    if loops.is_empty() || loops.iter().any(|(names, _)| names.is_empty()) {
        return String::new();
    }
    if let [(names, rest)] = loops.as_slice()
        && let ([only], Some(body)) =
            (names.as_slice(), rest.trim().strip_prefix("do ").and_then(|own| own.strip_suffix("; done")))
    {
        return format!("{before}{}\n", body.replace(&format!("${}", variables.chain), only));
    }
    let loops = loops.iter().map(|(names, rest)| format!("{over}{};{rest}", names.join(" ")));
    format!("{before}{}", loops.collect::<String>())
}

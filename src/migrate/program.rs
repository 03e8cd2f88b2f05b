//! How the script calls its program, in commands that the output adds.

use std::collections::{BTreeMap, BTreeSet};

use super::names::{Script, is_program};
use super::render::Renamed;
use super::roles::{unquoted, variable};
use super::sites::{self, Sites, Written};
use crate::analysis::Analysis;
use crate::dialect::iptables_name;
use crate::eval::Program;
use crate::syntax::Kind;

/// How the script itself calls iptables.
pub(super) fn default_program(analysis: &Analysis<'_>) -> String {
    match analysis.tree() {
        Some(tree) => program_text(analysis, &Script::new(analysis, tree.root()).program_variables()),
        None => "iptables".to_owned(),
    }
}

/// How the program is called in commands that the output adds.
pub(super) struct Calls {
    /// By itself, so that no function of the script hides its status.
    pub(super) asking: String,
    /// The functions that look at whether what they run succeeds.
    looking: BTreeSet<String>,
}

impl Calls {
    pub(super) fn of(analysis: &Analysis<'_>) -> Self {
        Self { asking: default_program(analysis), looking: looking_functions(analysis) }
    }

    /// How to call the program for what may fail, where the script calls it by `program`: by itself, if a function would
    /// look at that.
    pub(super) fn trying<'p>(&'p self, program: &'p str) -> &'p str {
        let first = program.split_whitespace().next().unwrap_or_default();
        if self.looking.contains(first) { &self.asking } else { program }
    }
}

/// The functions of the script that may look at whether what they run succeeds: they may end the script if not.
fn looking_functions(analysis: &Analysis<'_>) -> BTreeSet<String> {
    const LOOKING: [&str; 7] = ["||", "&&", "$?", "if ", "case ", "exit", "return"];
    let functions = analysis.tree().into_iter().flat_map(|tree| tree.root().walk());
    let source = analysis.sources.get(analysis.file);
    let looks = |text: &str| LOOKING.into_iter().any(|word| text.contains(word));
    functions
        .filter(|node| node.kind == Kind::Function && looks(&source.text(node.span)))
        .filter_map(|node| Some(source.text(node.child(Kind::FunctionName)?.span).into_owned()))
        .collect()
}

/// How the script calls iptables: its variable, or the program.
fn program_text(analysis: &Analysis<'_>, variables: &BTreeMap<String, String>) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (_, _, invocation) in analysis
        .invocations()
        .filter(|(_, _, invocation)| invocation.program == Program::Ipchains && invocation.name.file == analysis.file)
    {
        let text = analysis.sources.text(invocation.name).into_owned();
        let prefix = invocation.arguments.iter().any(|word| invocation.name.span.contains(word.place.span));
        if is_plain_program(&[&text]) && !prefix {
            *counts.entry(text).or_default() += 1;
        }
    }
    let most = counts
        .into_iter()
        .max_by_key(|(_, count)| *count)
        .map(|(text, _)| text)
        .unwrap_or_else(|| "iptables".to_owned());
    match variable(&most) {
        Some(name) => most.replace(&name, variables.get(&name).unwrap_or(&name)),
        None => iptables_name(&most),
    }
}

/// Whether the words before the arguments are the program alone, or a variable for it.
pub(super) fn is_plain_program(head: &[&str]) -> bool {
    match head {
        [one] => is_program(unquoted(one)) || variable(one).is_some(),
        ["sudo" | "exec" | "nice" | "command", rest @ ..] => is_plain_program(rest),
        _ => false,
    }
}

/// The words by which the command of a step calls its program, where they mean the same elsewhere.
pub(super) fn program_of(analysis: &Analysis<'_>, sites: &Sites<'_>, step: usize, renamed: &Renamed<'_>) -> String {
    let own = || {
        let (step, invocation) = analysis.invocation(step)?;
        let Written::Here { site, first, with_program: false, .. } = sites::written(analysis, sites, step, invocation)
        else {
            return None;
        };
        let site = sites.get(site).filter(|site| site.string.is_none())?;
        let text = renamed.text(site.program(renamed.source, first)?);
        let positional = text.contains("$@") || text.contains("$*") || text.contains("$1") || text.contains('"');
        (!positional && !text.contains('\n')).then_some(text)
    };
    own().unwrap_or_else(|| default_program(analysis))
}

//! One place where the way is laid, and the commands that stand there.

use crate::migrate::adders;
use crate::migrate::render::in_one_line;
use crate::migrate::route::{MASQUERADED, taken_back};
use crate::migrate::variables::LoopVariables;
use crate::text::Span;

const STAGES: &str = "# Forwarded packets meet the rules of input, forward and output in turn.";
const PAST: &str = "# Answers to masqueraded connections, and what goes to inside hosts, meet no rule of forward.";
const REDIRECTED: &str = "# What has been redirected is accepted.";
const DISGUISED: &str = "# Masqueraded packets met output under the new address, which no rule here gets to see.";

/// A place where the way is laid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::migrate) struct Frame {
    /// The statement before which it stands.
    pub(in crate::migrate) statement: Span,
    /// What to run, without the program.
    pub(super) rules: Vec<String>,
    /// Chains to make before.
    pub(super) chains: Vec<&'static str>,
    /// The same for the mangle table.
    pub(super) mark_chains: Vec<String>,
    pub(super) mark_rules: Vec<(String, Vec<String>)>,
    /// What is said of the mark of masqueraded connections.
    pub(super) mark_comment: String,
    /// What leads masqueraded packets to their chain of the mangle table.
    pub(super) mangle_head: Option<String>,
    /// An earlier run may have left them.
    pub(super) again: bool,
    /// FORWARD holds nothing but rules of the way.
    pub(super) staged: bool,
    /// FORWARD has been emptied before.
    pub(super) emptied: bool,
    /// Rules of another run may be there, and stay.
    pub(super) kept: bool,
    /// The first command behind it, which shows how the script calls its program.
    pub(in crate::migrate) first: usize,
}

impl Frame {
    /// What a rule for forwarded packets is for.
    fn comment(&self, rule: &str) -> &str {
        match rule {
            rule if rule.starts_with("-A masquerade") || rule.starts_with("-t nat") => &self.mark_comment,
            _ if self.staged => STAGES,
            _ => PAST,
        }
    }

    /// Whether rules of an earlier run may be there, and go.
    fn is_left(&self) -> bool {
        self.again && !self.emptied && !self.kept
    }

    /// The commands for a rule of the way; what an earlier run left of it in a built-in chain goes.
    fn rule(&self, rule: &str, (program, trying): (&str, &str)) -> Vec<String> {
        let builtin = ["-t nat", "-A INPUT", "-A FORWARD"].iter().any(|begin| rule.starts_with(begin));
        let goes = self.is_left() && builtin && !(self.staged && rule.starts_with("-A FORWARD"));
        let old = goes.then(|| format!("{trying} {} 2>/dev/null || :", taken_back(rule)));
        old.into_iter().chain([format!("{program} {rule}")]).collect()
    }

    /// The commands, with comments; `asking` is the program itself, whose status no function of the script hides, and
    /// `trying` is for what may fail.
    pub(in crate::migrate) fn lines(
        &self,
        (program, trying, asking): (&str, &str, &str),
        variables: LoopVariables,
        dos: bool,
    ) -> Vec<String> {
        let called = (program, trying);
        let way = self.way(called, variables.chain, dos);
        let mut lines = match self.sign().filter(|_| self.kept) {
            Some(sign) => unless(&format!("{asking} {sign}"), &way, dos),
            None => way,
        };
        lines.extend(self.marks(called, variables, dos));
        lines
    }

    /// What asks for the rule that leads to the others.
    fn sign(&self) -> Option<String> {
        let forward = self.rules.iter().find(|rule| rule.starts_with("-A FORWARD"));
        let first = forward.or(self.rules.first()).cloned();
        let head = || self.mangle_head.as_ref().map(|head| format!("-t mangle {head}"));
        first.or_else(head).map(|rule| rule.replacen("-A ", "-C ", 1))
    }

    /// What makes chains in a table. Whether a chain could be made is not asked, since a wrapper of the script may
    /// hide it.
    fn make(&self, (program, trying): (&str, &str), table: &str, chain: &str) -> String {
        match self.again {
            true => format!("{trying}{table} -N {chain} 2>/dev/null || :; {program}{table} -F {chain}"),
            false => format!("{program}{table} -N {chain}"),
        }
    }

    fn way(&self, called: (&str, &str), variable: &str, dos: bool) -> Vec<String> {
        let (program, trying) = called;
        let chains: Vec<String> = self.chains.iter().map(|chain| (*chain).to_owned()).collect();
        let (mut lines, mut said) = (Vec::new(), None::<String>);
        let mut lay = |lines: &mut Vec<String>, rule: Option<&String>, comment: &str| {
            if said.as_deref() != Some(comment) {
                lines.push(comment.to_owned());
                said = Some(comment.to_owned());
            }
            lines.extend(rule.into_iter().flat_map(|rule| self.rule(rule, called)));
        };
        // What is for INPUT asks for no chain.
        let (input, forwarded): (Vec<&String>, Vec<&String>) =
            self.rules.iter().partition(|rule| rule.starts_with("-A INPUT"));
        input.into_iter().for_each(|rule| lay(&mut lines, Some(rule), REDIRECTED));
        if !chains.is_empty() && self.staged {
            lay(&mut lines, None, STAGES);
        }
        lines.extend(each(variable, &chains, |chain| self.make(called, "", chain), dos));
        if self.is_left() && self.staged {
            lines.push(format!("{program} -F FORWARD"));
        }
        forwarded.into_iter().for_each(|rule| lay(&mut lines, Some(rule), self.comment(rule)));
        if let Some(head) = &self.mangle_head {
            lines.push(DISGUISED.to_owned());
            lines.push(self.make(called, " -t mangle", MASQUERADED));
            lines.extend(self.is_left().then(|| format!("{trying} -t mangle {} 2>/dev/null || :", taken_back(head))));
            lines.push(format!("{program} -t mangle {head}"));
        }
        lines
    }

    /// The chains that add to marks, which hold nothing of the script.
    fn marks(&self, called: (&str, &str), variables: LoopVariables, dos: bool) -> Vec<String> {
        let program = called.0;
        let mut lines = Vec::new();
        if !self.mark_chains.is_empty() {
            lines.push("# These chains add to marks and subtract from them.".to_owned());
        }
        let make = |chain: &str| self.make(called, " -t mangle", chain);
        lines.extend(each(variables.chain, &self.mark_chains, make, dos));
        for (rule, masks) in &self.mark_rules {
            let command = format!("{program} -t mangle {rule}");
            match masks.as_slice() {
                [] => lines.push(command),
                masks if dos => lines.extend(masks.iter().map(|mask| adders::with_mask(&command, mask))),
                masks => {
                    let command = adders::with_variable(&command, variables.mask);
                    lines.extend(each(variables.mask, masks, |_| command.clone(), dos));
                }
            }
        }
        lines
    }
}

/// The commands, where a question about the rules that are there is answered with no.
fn unless(question: &str, lines: &[String], dos: bool) -> Vec<String> {
    let inner = lines.iter().map(|line| format!("    {line}"));
    let block: Vec<String> = [format!("if ! {question} 2>/dev/null; then")].into_iter().chain(inner).collect();
    let block: Vec<String> = block.into_iter().chain(["fi".to_owned()]).collect();
    // A line that ends as in DOS ends with a comment, so that its last word has no carriage return in it.
    if dos { vec![format!("{} #", in_one_line(&block))] } else { block }
}

/// A command for each value of a variable, in a loop if there are several. Where lines end as in DOS no loop can stand in
/// one, since `done` would have the carriage return in it.
fn each(variable: &str, values: &[String], command: impl Fn(&str) -> String, dos: bool) -> Vec<String> {
    match values {
        [] => Vec::new(),
        values if dos || values.len() == 1 => values.iter().map(|value| command(value)).collect(),
        values => {
            vec![format!("for {variable} in {}; do {}; done", values.join(" "), command(&format!("${variable}")))]
        }
    }
}

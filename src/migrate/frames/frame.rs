//! One place where the way is laid, and the commands that stand there.

use crate::migrate::adders;
use crate::migrate::route::{MASQUERADED, taken_back};
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
    /// The built-in chains have been emptied before.
    pub(super) emptied: bool,
    /// The first command behind it, which shows how the script calls its program.
    pub(in crate::migrate) first: usize,
}

impl Frame {
    /// Whether rules of an earlier run may be there.
    fn left(&self) -> bool {
        self.again && !self.emptied
    }

    /// The commands for a rule of the way; what an earlier run left of it in a built-in chain goes.
    fn rule(&self, rule: &str, program: &str) -> Vec<String> {
        let builtin = ["-t nat", "-A INPUT", "-A FORWARD"].iter().any(|begin| rule.starts_with(begin));
        let goes = self.left() && builtin && !(self.staged && rule.starts_with("-A FORWARD"));
        let old = goes.then(|| format!("{program} {} 2>/dev/null || :", taken_back(rule)));
        old.into_iter().chain([format!("{program} {rule}")]).collect()
    }

    /// What a rule for forwarded packets is for.
    fn comment(&self, rule: &str) -> &str {
        match rule {
            rule if rule.starts_with("-A masquerade") || rule.starts_with("-t nat") => &self.mark_comment,
            _ if self.staged => STAGES,
            _ => PAST,
        }
    }

    /// The commands, with comments.
    pub(in crate::migrate) fn lines(&self, program: &str, dos: bool) -> Vec<String> {
        let chains: Vec<String> = self.chains.iter().map(|chain| (*chain).to_owned()).collect();
        // Whether a chain could be made is not asked, since a wrapper of the script may hide it.
        let make = |table: &str| match self.again {
            true => format!("{program}{table} -N $chain 2>/dev/null || :; {program}{table} -F $chain"),
            false => format!("{program}{table} -N $chain"),
        };
        let (mut lines, mut said) = (Vec::new(), None::<String>);
        let mut lay = |lines: &mut Vec<String>, rule: Option<&String>, comment: &str| {
            if said.as_deref() != Some(comment) {
                lines.push(comment.to_owned());
                said = Some(comment.to_owned());
            }
            lines.extend(rule.into_iter().flat_map(|rule| self.rule(rule, program)));
        };
        // What is for INPUT asks for no chain.
        let (input, forwarded): (Vec<&String>, Vec<&String>) =
            self.rules.iter().partition(|rule| rule.starts_with("-A INPUT"));
        input.into_iter().for_each(|rule| lay(&mut lines, Some(rule), REDIRECTED));
        if !chains.is_empty() && self.staged {
            lay(&mut lines, None, STAGES);
        }
        lines.extend(each("chain", &chains, &make(""), dos));
        let left = self.left();
        if left && self.staged {
            lines.push(format!("{program} -F FORWARD"));
        }
        forwarded.into_iter().for_each(|rule| lay(&mut lines, Some(rule), self.comment(rule)));
        if let Some(head) = &self.mangle_head {
            lines.push(DISGUISED.to_owned());
            lines.push(make(" -t mangle").replace("$chain", MASQUERADED));
            if left {
                lines.push(format!("{program} -t mangle {} 2>/dev/null || :", taken_back(head)));
            }
            lines.push(format!("{program} -t mangle {head}"));
        }
        if !self.mark_chains.is_empty() {
            lines.push("# These chains add to marks and subtract from them.".to_owned());
        }
        lines.extend(each("chain", &self.mark_chains, &make(" -t mangle"), dos));
        for (rule, masks) in &self.mark_rules {
            let command = format!("{program} -t mangle {rule}");
            match masks.as_slice() {
                [] => lines.push(command),
                masks if dos => lines.extend(masks.iter().map(|mask| adders::with_mask(&command, mask))),
                masks => lines.extend(each("mask", masks, &command, dos)),
            }
        }
        lines
    }
}

/// A command for each value of a variable, in a loop if there are several. Where lines end as in DOS no loop can stand in one, since
/// `done` would have the carriage return in it.
fn each(variable: &str, values: &[String], command: &str, dos: bool) -> Vec<String> {
    match values {
        [] => Vec::new(),
        values if dos || values.len() == 1 => {
            values.iter().map(|value| command.replace(&format!("${variable}"), value)).collect()
        }
        values => vec![format!("for {variable} in {}; do {command}; done", values.join(" "))],
    }
}

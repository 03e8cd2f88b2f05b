//! What `set` makes of failures: `-e`, `-u` and `-o pipefail`.
//!
//! A command that is known to fail ends the script where `-e` is on, and so does a parameter that is known to be unset
//! where `-u` is. Of a command whose success nobody knows, and of a variable that comes from elsewhere, it is taken that
//! they do not: nearly every command of a script would else be one more run of it that ends there.

use super::Question;
use super::run::{Evaluator, Status};
use super::state::Arguments;
use crate::logic::Formula;
use crate::model::Word;
use crate::syntax::{Kind, Node};
use crate::text::Place;

/// On which paths an option is on.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Options {
    /// `-e`: a command that fails ends the shell.
    pub(super) errexit: Formula,
    /// `-u`: a parameter that is not set ends the shell.
    nounset: Formula,
    /// `-o pipefail`: a pipeline fails where any of its commands does.
    pub(super) pipefail: Formula,
}

impl Options {
    /// As a script finds them.
    pub(super) const NONE: Self = Self { errexit: Formula::FALSE, nounset: Formula::FALSE, pipefail: Formula::FALSE };
}

/// What a word of `set` says, with the name behind it: the letters or the name of options, and whether they are on.
fn said<'w>(option: &'w str, name: Option<&'w str>) -> (bool, impl Fn(char, &str) -> bool) {
    let long = option.ends_with('o');
    let is = move |letter: char, own: &str| option.contains(letter) || long && name == Some(own);
    (option.starts_with('-'), is)
}

impl Evaluator<'_> {
    /// `set` turns options on or off on the present path.
    pub(super) fn set_options(&mut self, option: &str, name: Option<&str>) {
        let (on, is) = said(option, name);
        let (path, mut options) = (self.path, self.state.options);
        for (own, asked) in [
            (&mut options.errexit, is('e', "errexit")),
            (&mut options.nounset, is('u', "nounset")),
            (&mut options.pipefail, is('\0', "pipefail")),
        ] {
            let formulas = &mut self.conditions.formulas;
            if asked {
                *own = if on { formulas.or(*own, path) } else { formulas.and_not(*own, path) };
            }
        }
        self.state.options = options;
    }

    /// Ends the shell where `-e` is on and commands of a pipeline, which nothing tests, have failed.
    pub(super) fn end_on_failure(&mut self, commands: &[Node<'_>], status: &Status) {
        let errexit = self.state.options.errexit;
        let (Status::Is(succeeds), true) = (status, self.tested == 0 && !errexit.is_false()) else { return };
        let ends = match commands {
            [command] if command.kind == Kind::Compound => command
                .named()
                .next()
                .is_some_and(|own| matches!(own.kind, Kind::Subshell | Kind::DoubleBracket | Kind::ArithmeticCommand)),
            [command] => command.kind == Kind::Simple,
            _ => true,
        };
        if ends {
            let failed = self.conditions.formulas.and_not(errexit, *succeeds);
            self.fail_where(failed);
        }
    }

    /// Runs something that is asked for its success: what fails in it ends nothing.
    pub(super) fn while_tested<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        self.tested += 1;
        let given = run(self);
        self.tested -= 1;
        given
    }

    /// Ends the shell where `-u` is on and a parameter is known to be unset.
    pub(super) fn end_if_unset(&mut self, name: &str) {
        let ends = self.unset_with_nounset(name);
        self.fail_where(ends);
    }

    /// The same for an element of an array.
    pub(super) fn end_without_element(&mut self, name: &str, subscript: &str) {
        if self.has_element(name, subscript) == Some(false) {
            self.fail_where(self.state.options.nounset);
        }
    }

    /// An arithmetic text that names an unset variable ends bash, if it gets to it; other shells take it for 0.
    pub(super) fn may_end_in(&mut self, text: &str, place: Place) {
        if self.state.options.nounset.is_false() {
            return;
        }
        for name in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            let unset = self.unset_with_nounset(name);
            if !unset.is_false() && name.starts_with(|c: char| !c.is_ascii_digit()) {
                let ends = self.conditions.fresh(Question::Ends(text.to_owned()), place);
                let ends = self.conditions.formulas.and(unset, ends);
                self.fail_where(ends);
            }
        }
    }

    /// When `-u` is on and a parameter is known to be unset.
    fn unset_with_nounset(&mut self, name: &str) -> Formula {
        let nounset = self.state.options.nounset;
        if nounset.is_false() {
            return Formula::FALSE;
        }
        let unset = match (name.parse::<usize>(), &self.state.arguments) {
            (Ok(number), Arguments::Known(words)) if words.iter().all(|word: &Word| !word.splits) => {
                if number > words.len() { Formula::TRUE } else { Formula::FALSE }
            }
            _ => self.state.unset.get(name).copied().unwrap_or(Formula::FALSE),
        };
        self.conditions.formulas.and(nounset, unset)
    }
}

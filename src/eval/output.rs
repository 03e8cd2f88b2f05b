//! What commands write where a command substitution or a loop reads it.

use std::rc::Rc;

use super::run::{Evaluator, Status};
use super::shell::Shell;
use super::state::{Choices, MAX_CHOICES};
use super::unit::Unit;
use crate::logic::Formula;
use crate::model::{Unknown, Value};
use crate::syntax::Node;

/// Output that is put together from more pieces is taken for unknown.
const MAX_PIECES: usize = 32;

/// Output that is longer is taken for unknown.
const MAX_TEXT: usize = 1 << 16;

impl<'s> Evaluator<'s> {
    /// Runs `list` and gives what it writes to standard output.
    pub(super) fn capture(&mut self, unit: &Rc<Unit<'s>>, list: Node<'_>) -> Choices<Value> {
        self.captured(|own| own.run_list(unit, list))
    }

    /// What is written to standard output while `run` runs, in a shell of its own.
    pub(super) fn captured(&mut self, run: impl FnOnce(&mut Self) -> Status) -> Choices<Value> {
        let outer = self.output.replace(vec![(Formula::TRUE, Value::empty())]);
        let piped = (std::mem::take(&mut self.piped_in), std::mem::take(&mut self.piped_out));
        let fed_by = std::mem::take(&mut self.fed_by);
        // Bash turns `-e` off there.
        let alone = |own: &mut Self| {
            if own.shell != Shell::Dash {
                own.state.options.errexit = Formula::FALSE;
            }
            run(own)
        };
        let success = match self.run_alone(alone) {
            Some(Status::Is(holds)) => Some(holds),
            _ => None,
        };
        if !self.path.is_false() {
            self.substituted = Some((self.path, success));
        }
        self.fed_by = fed_by;
        (self.piped_in, self.piped_out) = piped;
        let written = std::mem::replace(&mut self.output, outer).unwrap_or_default();
        let mut possible: Choices<Value> = written;
        possible.retain(|(guard, _)| self.path.is_false() || self.conditions.formulas.compatible(*guard, self.path));
        match possible.as_mut_slice() {
            [] => vec![(Formula::TRUE, Value::empty())],
            [(guard, _)] => {
                *guard = Formula::TRUE;
                possible
            }
            _ => possible,
        }
    }

    /// Adds to the output of the present command substitution, if there is one.
    pub(super) fn write_output(&mut self, text: &Value) {
        if self.piped_out {
            return;
        }
        let path = self.path;
        let Some(output) = self.output.as_mut() else { return };
        let mut result = Vec::new();
        for (guard, mut written) in output.drain(..) {
            let formulas = &mut self.conditions.formulas;
            let (here, elsewhere) = (formulas.and(guard, path), formulas.and_not(guard, path));
            if !elsewhere.is_false() {
                result.push((elsewhere, written.clone()));
            }
            if !here.is_false() {
                written.push(text);
                result.push((here, written));
            }
        }
        let long = |value: &Value| match value {
            Value::Known(text) => text.len() > MAX_TEXT,
            Value::Mixed(pieces) => pieces.len() > MAX_PIECES,
        };
        if result.len() > MAX_CHOICES || result.iter().any(|(_, value)| long(value)) {
            result = vec![(Formula::TRUE, Value::unknown(Unknown { name: "".into(), id: 0, single: false }))];
        }
        *output = result;
    }
}

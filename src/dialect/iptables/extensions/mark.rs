//! Marks of packets and connections.

use super::{Extension, Field, Kind, OptionRow};

pub(super) static MARK: Extension =
    Extension::matching("mark", &[OptionRow::new("--mark", Kind::Mark).negatable().required().field(Field::Mark)]);

pub(super) static CONNMARK: Extension = Extension::matching(
    "connmark",
    &[OptionRow::new("--mark", Kind::Mark).negatable().required().field(Field::ConnectionMark)],
);

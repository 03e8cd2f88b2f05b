//! Whatever the bytes are, the tree prints them again.

#![no_main]

use iptlint::analysis::parse;
use iptlint::syntax::Form;
use iptlint::text::{FileId, Source};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for form in [None, Some(Form::Script), Some(Form::IpchainsSave), Some(Form::IptablesSave)] {
        let source = Source::new("input", bytes.to_vec());
        let tree = parse(&source, FileId(0), form);
        assert!(tree.root().print(&source) == bytes);
    }
});

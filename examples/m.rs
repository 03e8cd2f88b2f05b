fn main() {
    let path = std::env::args().nth(1).unwrap();
    let mut sources = iptlint::text::Sources::default();
    let file = sources.add(iptlint::text::Source::new(path.clone(), std::fs::read(path).unwrap()));
    let trees = vec![iptlint::analysis::parse(sources.get(file), file, None)];
    let analysis = iptlint::analysis::analyse(&sources, &trees, file, &Default::default());
    match iptlint::migrate::migrate(&analysis) {
        Ok(m) => {
            use std::io::Write;
            std::io::stdout().write_all(&m.text).unwrap();
            for item in m.items {
                eprintln!(
                    "{}: {}{}",
                    sources.get(file).line(item.place.span.start),
                    if item.person { "PERSON " } else { "" },
                    item.message
                );
            }
        }
        Err(_) => eprintln!("ipfwadm"),
    }
}

//! Vectors of others. They lie beside the repository, since none of them is ours.

use std::path::Path;

/// A file of the vectors, or `None` where they are away, which `REQUIRE_SERVICES=1` forbids.
pub(crate) fn read(file: &str) -> Option<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/vectors");
    if !folder.is_dir() {
        let required = std::env::var_os("REQUIRE_SERVICES").is_some_and(|value| value == "1");
        assert!(!required, "the vectors are away, and REQUIRE_SERVICES asks for them");
        println!("skipped: {file}, since {} is away", folder.display());
        return None;
    }
    let text = std::fs::read_to_string(folder.join(file));
    Some(text.unwrap_or_else(|error| panic!("{file}: {error}")))
}

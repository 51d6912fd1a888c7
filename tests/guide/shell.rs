//! The lines for a shell, against the example.

use std::process::Command;

use crate::pages;
use crate::service::{NONE, Service};

/// A comment before each block names the statuses: `<!-- test: curl against the example: 201 200 -->`.
const NOTE: &str = "test: curl against the example: ";

#[test]
fn the_lines_of_the_pages_work_in_a_shell() {
    if Command::new("curl").arg("--version").output().is_err() {
        println!("skipped: there is no curl");
        return;
    }
    let mut seen = 0;
    for page in pages::pages() {
        for block in page.blocks().into_iter().filter(|block| block.kind == "sh") {
            let Some(expected) = block.note.and_then(|note| note.strip_prefix(NOTE)) else {
                continue;
            };
            seen += 1;
            let service = Service::start(NONE);
            assert!(block.code.contains("127.0.0.1:8000"), "{}", block.place);
            let script = block.code.replace("127.0.0.1:8000", &service.addr.to_string());
            let home = tempfile::tempdir().unwrap();
            let output = Command::new("sh")
                .args(["-euc", &script])
                .current_dir(home.path())
                .output()
                .unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            let statuses: Vec<&str> = text
                .split("HTTP/1.1 ")
                .skip(1)
                .filter_map(|answer| answer.split([' ', '\r']).next())
                .collect();
            let expected: Vec<&str> = expected.split(' ').collect();
            assert_eq!(statuses, expected, "{}: {text}", block.place);
            assert!(output.status.success(), "{}", block.place);
        }
    }
    assert!(seen > 1, "{seen} blocks");
}

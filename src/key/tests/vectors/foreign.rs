//! Tokens out of the tests of other libraries, none of them signed by a key of ours.

use super::*;

#[test]
fn r51_r77_tokens_of_others_are_refused() {
    let Some(lines) = files::read("foreign_tokens.jsonl") else { return };
    let tokens: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(tokens.len(), 413);
    let ours: Vec<KeySet> = Backend::ALL.iter().map(|backend| ours(*backend)).collect();
    for token in tokens.iter().map(|line| text(&line["token"])) {
        let verdicts: Vec<Vec<Verdict>> = ours.iter().map(|keys| by_each(keys, &token)).collect();
        assert!(!verdicts[0].contains(&Verdict::Accepted), "{token}");
        let agree = verdicts.windows(2).all(|pair| pair[0] == pair[1]);
        assert!(agree, "the backends differ: {token}");
    }
    println!("foreign_tokens.jsonl: {} tokens on {:?}, all refused", tokens.len(), Backend::ALL);
}

/// What the keys say, each alone and all of them together.
fn by_each(keys: &KeySet, token: &str) -> Vec<Verdict> {
    let alone = keys.iter().map(|key| ask(KeySet::from(key.clone()), token));
    alone.chain([ask(keys.clone(), token)]).collect()
}

fn ours(backend: Backend) -> KeySet {
    let keys = Algorithm::ALL.map(|algorithm| signing_key(backend, algorithm).verifying_key());
    KeySet::from_iter(keys)
}

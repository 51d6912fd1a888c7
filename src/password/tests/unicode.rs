use super::{Hasher, cheap_builder, cheap_hasher, verify};

const SENT: &str = "Pa\u{308}sswo\u{308}rt \u{212b}";
const NFC: &str = "P\u{e4}ssw\u{f6}rt \u{c5}";

/// Made of the bytes of `SENT`, with the packages bcrypt 5.0.0 and argon2-cffi 25.1.0 of Python.
const OF_SENT: [&str; 2] = [
    "$2b$04$abcdefghijklmnopqrstuuFlGc20NtcBWz4smslwwAVPsibtO/TEm",
    "$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$uL1MhWSVUbYujHhKZiwnkecjidQFSPf+DCOAz8UhE08",
];

fn raw_hasher() -> Hasher {
    cheap_builder().nfc(false).threads(1).build_apart().unwrap().0
}

#[tokio::test]
async fn r169_a_hash_of_the_bytes_as_sent_matches_and_is_renewed() {
    let hasher = cheap_hasher();
    for stored in OF_SENT {
        assert_eq!(verify(&hasher, SENT, stored).await, (true, true), "{stored}");
        assert_eq!(verify(&hasher, NFC, stored).await, (false, false), "{stored}");
    }
    let fresh = hasher.hash(SENT).await.unwrap();
    assert_eq!(verify(&hasher, SENT, &fresh).await, (true, false));
    assert_eq!(verify(&hasher, NFC, &fresh).await, (true, false));
}

#[tokio::test]
async fn r169_switched_off_the_bytes_count_and_hashes_of_nfc_are_renewed() {
    let raw = raw_hasher();
    let fresh = raw.hash(SENT).await.unwrap();
    assert_eq!(verify(&raw, SENT, &fresh).await, (true, false));
    assert_eq!(verify(&raw, NFC, &fresh).await, (false, false));
    let of_nfc = cheap_hasher().hash(SENT).await.unwrap();
    assert_eq!(verify(&raw, SENT, &of_nfc).await, (true, true));
    assert_eq!(verify(&raw, NFC, &of_nfc).await, (true, false));
}

#[tokio::test]
async fn r169_r179_a_second_computation_depends_on_the_password_alone() {
    for hasher in [cheap_hasher(), raw_hasher()] {
        let own = hasher.hash("another password").await.unwrap();
        let of_unknown_form = Some("$2x$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG");
        for (password, each) in [("ascii", 1), (NFC, 1), (SENT, 2), ("\u{fb01}sh", 1)] {
            for stored in [None, Some(&*own), Some(OF_SENT[0]), of_unknown_form] {
                if password == SENT && stored == Some(OF_SENT[0]) {
                    continue;
                }
                let before = hasher.computations();
                let found = hasher.verify(password, stored).await.unwrap();
                assert!(!found.is_match(), "{password:?} {stored:?}");
                assert_eq!(hasher.computations() - before, each, "{password:?} {stored:?}");
            }
        }
    }
}

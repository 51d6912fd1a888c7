//! Which of two backends does the cryptography of jsonwebtoken, and of the peers that stand on it.
//!
//! With both compiled in, a process has to install one. What is installed here asks a switch, so
//! that both are measured in one run. It costs one load of an atomic a call.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use jsonwebtoken::crypto::CryptoProvider;
use jsonwebtoken_10::crypto::CryptoProvider as CryptoProvider10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    AwsLc,
    RustCrypto,
}

impl Backend {
    pub const BOTH: [Self; 2] = [Self::AwsLc, Self::RustCrypto];

    pub fn name(self) -> &'static str {
        match self {
            Self::AwsLc => "aws-lc-rs",
            Self::RustCrypto => "RustCrypto",
        }
    }

    /// Has the peers use this backend from now on.
    pub fn choose(self) {
        static INSTALLED: Once = Once::new();
        INSTALLED.call_once(|| {
            SWITCH.install_default().expect("nothing else installs a provider");
            SWITCH_10.install_default().expect("nothing else installs a provider");
        });
        RUST_CRYPTO.store(self == Self::RustCrypto, Ordering::Relaxed);
    }
}

static RUST_CRYPTO: AtomicBool = AtomicBool::new(false);

fn chosen() -> &'static CryptoProvider {
    match RUST_CRYPTO.load(Ordering::Relaxed) {
        false => &jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER,
        true => &jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER,
    }
}

fn chosen_10() -> &'static CryptoProvider10 {
    match RUST_CRYPTO.load(Ordering::Relaxed) {
        false => &jsonwebtoken_10::crypto::aws_lc::DEFAULT_PROVIDER,
        true => &jsonwebtoken_10::crypto::rust_crypto::DEFAULT_PROVIDER,
    }
}

static SWITCH: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| (chosen().signer_factory)(algorithm, key),
    verifier_factory: |algorithm, key| (chosen().verifier_factory)(algorithm, key),
    key_utils: jsonwebtoken::crypto::KeyUtils {
        rsa_pub_components_from_private_key: |key| {
            (chosen().key_utils.rsa_pub_components_from_private_key)(key)
        },
        rsa_pub_components_from_public_key: |key| {
            (chosen().key_utils.rsa_pub_components_from_public_key)(key)
        },
        ec_pub_components_from_private_key: |key, algorithm| {
            (chosen().key_utils.ec_pub_components_from_private_key)(key, algorithm)
        },
        ed_pub_components_from_private_key: |key, curve| {
            (chosen().key_utils.ed_pub_components_from_private_key)(key, curve)
        },
        compute_digest: |data, hash| (chosen().key_utils.compute_digest)(data, hash),
    },
};

static SWITCH_10: CryptoProvider10 = CryptoProvider10 {
    signer_factory: |algorithm, key| (chosen_10().signer_factory)(algorithm, key),
    verifier_factory: |algorithm, key| (chosen_10().verifier_factory)(algorithm, key),
    // Key sets are read by version 11 alone.
    jwk_utils: jsonwebtoken_10::crypto::JwkUtils::new_unimplemented(),
};

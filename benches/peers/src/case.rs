//! One algorithm: its keys in the forms that the candidates take, and tokens good and bad.

use std::error::Error;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, header};
use jsonwebtoken::EncodingKey;
use jsonwebtoken::jwk::{Jwk, KeyAlgorithm};
use serde::{Deserialize, Serialize};
use tower_bearer::{Algorithm, Clock, Grant, Issuer, SigningKey};

use crate::backend::Backend;

pub const ALGORITHMS: [Algorithm; 4] =
    [Algorithm::HS256, Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA];

pub const ISSUER: &str = "https://api.example.com";
pub const AUDIENCE: &str = "tasks";
pub const KEY_ID: &str = "2026-11";
pub const SECRET: &str = "J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE";
/// What the policies ask for.
pub const SCOPE: &str = "tasks:write";

/// Who calls, and what they may: a handler that needs no more can have a peer read no more.
#[derive(Clone, Debug, Deserialize)]
pub struct TwoClaims {
    pub sub: String,
    pub scope: String,
}

/// Every claim of the token, as our own has them at hand. Peers that take a type of claims get this
/// one where nothing else is said.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct AllClaims {
    pub iss: String,
    pub sub: String,
    pub aud: String,
    pub exp: u64,
    pub iat: u64,
    pub jti: String,
    pub client_id: String,
    pub sid: String,
    pub scope: String,
    pub roles: Vec<String>,
}

/// What a request brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Good,
    NoToken,
    /// The signature is missing, and the dot before it.
    Malformed,
    /// One bit of the signature is another.
    WrongSignature,
    Expired,
    WrongAudience,
    /// Good but for [`SCOPE`].
    MissingScope,
}

/// Everything that is made once for an algorithm.
pub struct Case {
    pub algorithm: Algorithm,
    pub issuer: Issuer,
    pub grant: Grant,
    /// The private key, in PEM, or the secret.
    pub private: &'static str,
    /// The public key, in PEM, or the secret.
    pub public: &'static str,
    /// A JWK set of the public key, or of the secret.
    pub jwks: String,
    tokens: Vec<(Kind, &'static str)>,
}

impl Case {
    pub fn new(algorithm: Algorithm) -> Result<Self, Box<dyn Error>> {
        Backend::AwsLc.choose();
        let (private, public) = match algorithm {
            Algorithm::RS256 => (
                include_str!("../../../tests/keys/rsa2048.pem"),
                include_str!("../../../tests/keys/rsa2048.pub.pem"),
            ),
            Algorithm::ES256 => (
                include_str!("../../../tests/keys/p256.pem"),
                include_str!("../../../tests/keys/p256.pub.pem"),
            ),
            Algorithm::EdDSA => (
                include_str!("../../../tests/keys/ed25519.pem"),
                include_str!("../../../tests/keys/ed25519.pub.pem"),
            ),
            _ => (SECRET, SECRET),
        };
        let issuer_for = |audience: &str| -> Result<Issuer, Box<dyn Error>> {
            let key = signing_key(algorithm, private)?.with_key_id(KEY_ID);
            Ok(Issuer::new(key)
                .issuer(ISSUER)
                .audience(audience)
                .access_token_lifetime(Duration::from_secs(24 * 60 * 60)))
        };
        let issuer = || issuer_for(AUDIENCE);
        let scopes = ["me", "items:read", "tasks:read", SCOPE];
        let grant = grant(&scopes);
        let good = issuer()?.issue(&grant)?;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
        let days_ago = Clock::manual(now - Duration::from_secs(3 * 24 * 60 * 60));
        let (signed, signature) = split(&good);
        let mut other = URL_SAFE_NO_PAD.decode(signature)?;
        other[9] ^= 1;
        let tokens = vec![
            (Kind::Malformed, signed.to_owned()),
            (Kind::WrongSignature, format!("{signed}.{}", URL_SAFE_NO_PAD.encode(other))),
            (Kind::Expired, issuer()?.clock(days_ago).issue(&grant)?),
            (Kind::WrongAudience, issuer_for("elsewhere")?.issue(&grant)?),
            (Kind::MissingScope, issuer()?.issue(&self::grant(&scopes[..3]))?),
            (Kind::Good, good),
        ];
        let tokens = tokens.into_iter().map(|(kind, token)| (kind, &*token.leak())).collect();
        let jwks = jwks(algorithm, private)?;
        Ok(Self { algorithm, issuer: issuer()?, grant, private, public, jwks, tokens })
    }

    /// Lives as long as the process, so that candidates may keep it.
    pub fn token(&self, kind: Kind) -> &'static str {
        let token = self.tokens.iter().find(|(of, _)| *of == kind);
        token.map(|(_, token)| *token).unwrap_or_default()
    }

    pub fn requests(&self, kind: Kind) -> impl Fn() -> Request<()> + Send + use<> {
        requests((kind != Kind::NoToken).then(|| self.token(kind)))
    }

    /// Bytes of the claims, and of the whole token.
    pub fn sizes(&self) -> (usize, usize) {
        let token = self.token(Kind::Good);
        let payload = token.split('.').nth(1).unwrap_or_default();
        (URL_SAFE_NO_PAD.decode(payload).map_or(0, |claims| claims.len()), token.len())
    }
}

/// Makes requests with what any client sends beside the token. The values are shared, as those that
/// a server reads are, so that making one is cheap.
pub fn requests(token: Option<&str>) -> impl Fn() -> Request<()> + Send + use<> {
    let shared = |value: String| HeaderValue::from_maybe_shared(Bytes::from(value));
    let values = [
        (header::HOST, Some("api.example.com".to_owned())),
        (header::USER_AGENT, Some("Mozilla/5.0 (X11; Linux x86_64; rv:140.0)".to_owned())),
        (header::ACCEPT, Some("application/json".to_owned())),
        (header::AUTHORIZATION, token.map(|token| format!("Bearer {token}"))),
    ];
    let headers: HeaderMap = values
        .into_iter()
        .filter_map(|(name, value)| Some((name, shared(value?).expect("it is ASCII"))))
        .collect();
    move || {
        let mut request = Request::new(());
        headers.clone_into(request.headers_mut());
        request
    }
}

/// What is signed, and the signature.
pub fn split(token: &str) -> (&str, &str) {
    token.rsplit_once('.').expect("the token has a signature")
}

pub fn signing_key(algorithm: Algorithm, private: &str) -> Result<SigningKey, Box<dyn Error>> {
    Ok(match algorithm {
        Algorithm::HS256 => SigningKey::hs256(private)?,
        _ => SigningKey::from_pem(algorithm, private)?,
    })
}

pub fn encoding_key(algorithm: Algorithm, private: &str) -> Result<EncodingKey, Box<dyn Error>> {
    Ok(match algorithm {
        Algorithm::RS256 => EncodingKey::from_rsa_pem(private.as_bytes())?,
        Algorithm::ES256 => EncodingKey::from_ec_pem(private.as_bytes())?,
        Algorithm::EdDSA => EncodingKey::from_ed_pem(private.as_bytes())?,
        _ => EncodingKey::from_secret(private.as_bytes()),
    })
}

fn grant(scopes: &[&str]) -> Grant {
    Grant::new("0198f3a2-6c1e-7b44-9d0a-5f1c2e7a9b30")
        .session_id("0198f3a2-7d05-7e91-8a4b-c3d2f1e0a9b8")
        .scopes(scopes.iter().copied())
        .roles(["teacher"])
}

fn jwks(algorithm: Algorithm, private: &str) -> Result<String, Box<dyn Error>> {
    let (name, own_name) = match algorithm {
        Algorithm::RS256 => (jsonwebtoken::Algorithm::RS256, KeyAlgorithm::RS256),
        Algorithm::ES256 => (jsonwebtoken::Algorithm::ES256, KeyAlgorithm::ES256),
        Algorithm::EdDSA => (jsonwebtoken::Algorithm::EdDSA, KeyAlgorithm::EdDSA),
        _ => (jsonwebtoken::Algorithm::HS256, KeyAlgorithm::HS256),
    };
    let mut jwk = Jwk::from_encoding_key(&encoding_key(algorithm, private)?, name)?;
    jwk.common.key_id = Some(KEY_ID.to_owned());
    jwk.common.key_algorithm = Some(own_name);
    Ok(serde_json::json!({ "keys": [jwk] }).to_string())
}

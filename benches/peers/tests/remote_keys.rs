//! What the keys of a thousand tenants cost, fetched from elsewhere, beside one key that is here.

use std::convert::Infallible;
use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tower::service_fn;
use tower_bearer::{
    Algorithm, Grant, HttpClient, Issuer, KeySet, RemoteKeySet, SigningKeys, Verifier,
};
use tower_bearer_peers::service::now;

const ISSUER: &str = "https://id.example";

#[test]
fn the_look_up_of_a_remote_key_allocates_nothing_more() -> Result<(), Box<dyn Error>> {
    let private = SigningKeys::new_jwks(Algorithm::EdDSA, Duration::ZERO)?;
    let issuer = Issuer::new(SigningKeys::from_jwks(&private)?).issuer(ISSUER).audience("tasks");
    let token = issuer.issue(&Grant::new("alice"))?;
    let local = issuer.verifier_with(KeySet::new())?;

    let jwks = among_a_thousand(&SigningKeys::public_jwks(&private)?)?;
    let provider = HttpClient::from_service(service_fn(move |_: Request<Bytes>| {
        let answer = Response::new(Full::new(Bytes::from(jwks.clone())));
        async { Ok::<_, Infallible>(answer) }
    }));
    let keys = RemoteKeySet::at("https://id.example/keys").http_client(provider);
    let remote = Verifier::remote(keys).issuer(ISSUER).audience("tasks");
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let remote = runtime.block_on(remote.build())?;

    let allocations = |verifier: &Verifier| {
        let verify = || drop(now(verifier.verify(&token)).expect("the token is valid"));
        verify();
        allocation_counter::measure(verify).count_total
    };
    assert_eq!(allocations(&local), allocations(&remote), "with a key here, and from elsewhere");
    Ok(())
}

/// The set, with keys of others before its own.
fn among_a_thousand(jwks: &str) -> Result<String, Box<dyn Error>> {
    let mut jwks: serde_json::Value = serde_json::from_str(jwks)?;
    let keys = jwks["keys"].as_array_mut().ok_or("no keys")?;
    let others = keys[1].clone();
    for number in keys.len()..1000 {
        let mut other = others.clone();
        other["kid"] = format!("tenant-{number}").into();
        keys.insert(0, other);
    }
    Ok(jwks.to_string())
}

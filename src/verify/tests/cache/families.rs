//! Verifiers made of verifiers: one cache for all, and each token judged by its own issuer.

use super::*;

struct Named {
    key: SigningKey,
    name: &'static str,
}

impl Named {
    fn new(name: &'static str) -> Self {
        Self { key: SigningKey::generate_hs256().unwrap(), name }
    }

    fn builder(&self, clock: &Clock) -> VerifierBuilder {
        let builder = Verifier::builder(&self.key).issuer(self.name).audience("api");
        builder.leeway(Duration::ZERO).clock(clock.clone())
    }

    fn token(&self, seconds: u64) -> String {
        let end = NOW + seconds;
        let claims = format!(r#"{{"iss":"{}","aud":"api","exp":{end}}}"#, self.name);
        sign(&self.key, r#"{"alg":"HS256"}"#, &claims)
    }
}

#[test]
fn r72_r189_several_issuers_share_a_cache_and_keep_their_own_rules() {
    let (first, second) = (Named::new("https://a/"), Named::new("https://b/"));
    let clock = Clock::manual(Duration::from_secs(NOW));
    let verifiers = [
        first.builder(&clock).build().unwrap(),
        second.builder(&clock).leeway(10 * SECOND).build().unwrap(),
    ];
    let plain = Verifier::of_issuers(verifiers).unwrap();
    let cached = plain.clone().cached(TokenCache::new(10));
    let tokens = [first.token(60), second.token(60)];
    // The key of one, the name of the other.
    let forged = Named { key: first.key.clone(), name: second.name }.token(60);
    for seconds in [0, 0, 59, 60, 69, 70, 0] {
        clock.set(Duration::from_secs(NOW + seconds));
        for token in tokens.iter().chain([&forged]) {
            let of = |verifier: &Verifier| verifier.check_at_hand(token).map(drop);
            assert_eq!(of(&cached), of(&plain), "{seconds}");
        }
    }
    let counters = cached.cache_counters().unwrap();
    assert_eq!((counters.hits(), counters.misses()), (6, 15));
}

#[test]
fn r189_only_the_outermost_verifier_has_a_cache() {
    let clock = Clock::manual(Duration::from_secs(NOW));
    let own = Named::new("https://a/").builder(&clock).build().unwrap();
    let error = Verifier::of_issuers([own.clone().cached(TokenCache::new(10))]).unwrap_err();
    assert!(error.to_string().contains("call `cached` on the verifier"), "{error}");
    assert!(Verifier::of_issuers([own]).is_ok());
}

#[cfg(feature = "jwks")]
mod tenants {
    use std::convert::Infallible;
    use std::sync::Mutex;

    use super::*;

    /// A tenant whose verifier changes.
    struct Tenant {
        verifier: Arc<Mutex<Option<Verifier>>>,
        cached: Verifier,
        plain: Verifier,
    }

    impl Tenant {
        fn new(verifier: Verifier, clock: &Clock) -> Self {
            let verifier = Arc::new(Mutex::new(Some(verifier)));
            let build = || {
                let verifier = Arc::clone(&verifier);
                let tenants = Verifier::tenants("https://id/", move |_: String| {
                    let verifier = verifier.lock().unwrap().clone();
                    async move { Ok::<_, Infallible>(verifier) }
                });
                tenants.clock(clock.clone()).build().unwrap()
            };
            let cached = build().cached(TokenCache::new(10).lifetime(Duration::MAX));
            let plain = build();
            Self { verifier, cached, plain }
        }

        fn set(&self, verifier: Option<Verifier>) {
            *self.verifier.lock().unwrap() = verifier;
        }

        async fn verify(&self, token: &str) -> Result<(), AuthErrorKind> {
            let of = async |verifier: &Verifier| {
                verifier.verify(token).await.map(drop).map_err(|error| error.kind())
            };
            let (cached, plain) = (of(&self.cached).await, of(&self.plain).await);
            assert_eq!(cached, plain);
            plain
        }
    }

    const HOUR: Duration = Duration::from_secs(3600);

    #[tokio::test]
    async fn r72_r189_a_tenant_is_good_in_the_cache_as_long_as_it_is_without() {
        let clock = Clock::manual(Duration::from_secs(NOW));
        let acme = Named::new("https://id/acme");
        let verifier = acme.builder(&clock).build().unwrap();
        let tenant = Tenant::new(verifier.clone(), &clock);
        let token = acme.token(99_999);
        assert_eq!(tenant.verify(&token).await, Ok(()));
        assert_eq!(tenant.verify(&token).await, Ok(()));
        assert_eq!(counts(&tenant.cached), (1, 1, 1), "one that waited is remembered, too");

        // Gone: the resolver is asked again when its hour is over.
        tenant.set(None);
        clock.advance(HOUR - SECOND);
        assert_eq!(tenant.verify(&token).await, Ok(()));
        clock.advance(SECOND);
        assert_eq!(tenant.verify(&token).await, Err(AuthErrorKind::InvalidIssuer));
        assert_eq!(counts(&tenant.cached), (2, 2, 0));

        // Back, under the same verifier, and then under one with another key.
        tenant.set(Some(verifier));
        clock.advance(61 * SECOND);
        assert_eq!(tenant.verify(&token).await, Ok(()));
        clock.advance(HOUR);
        assert_eq!(tenant.verify(&token).await, Ok(()));
        assert_eq!(tenant.verify(&token).await, Ok(()));
        let rekeyed = Named::new("https://id/acme");
        tenant.set(Some(rekeyed.builder(&clock).build().unwrap()));
        assert_eq!(tenant.verify(&token).await, Ok(()));
        clock.advance(HOUR);
        // The resolver is asked for another token, so that the old one meets the new verifier.
        assert_eq!(tenant.verify(&rekeyed.token(99_999)).await, Ok(()));
        assert_eq!(tenant.verify(&token).await, Err(AuthErrorKind::InvalidSignature));
    }

    #[tokio::test]
    async fn r189_a_tenant_that_is_pushed_out_is_not_kept_by_its_tokens() {
        let clock = Clock::manual(Duration::from_secs(NOW));
        let (acme, other) = (Named::new("https://id/acme"), Named::new("https://id/other"));
        let built = Arc::new(Mutex::new(Vec::new()));
        let verifiers = [&acme, &other].map(|one| (one.name, one.builder(&clock)));
        let tenants = Verifier::tenants("https://id/", {
            let built = Arc::clone(&built);
            move |issuer: String| {
                let (_, builder) = verifiers.iter().find(|(name, _)| *name == issuer).unwrap();
                let verifier = builder.clone().build().unwrap();
                built.lock().unwrap().push(Arc::downgrade(&verifier.trusted));
                async move { Ok::<_, Infallible>(Some(verifier)) }
            }
        });
        let tenants = tenants.clock(clock.clone()).max_tenants(1).build().unwrap();
        let cached = tenants.cached(TokenCache::new(10));
        let (token, others) = (acme.token(60), other.token(60));
        assert!(cached.verify(&token).await.is_ok());
        assert!(cached.verify(&token).await.is_ok());
        assert_eq!(counts(&cached), (1, 1, 1));
        // Until there is room for one alone, whichever.
        for _ in 0..3 {
            assert!(cached.verify(&others).await.is_ok());
            assert!(cached.verify(&token).await.is_ok());
        }
        assert_eq!(counts(&cached).2, 2);
        let built = built.lock().unwrap();
        let alive = built.iter().filter(|verifier| verifier.strong_count() > 0).count();
        assert!(built.len() > 1 && alive <= 1, "{alive} of {}", built.len());
    }

    #[tokio::test]
    async fn r189_the_cache_of_a_tenant_is_not_looked_into() {
        let clock = Clock::manual(Duration::from_secs(NOW));
        let acme = Named::new("https://id/acme");
        let own = acme.builder(&clock).build().unwrap().cached(TokenCache::new(10));
        let tenant = Tenant::new(own.clone(), &clock);
        for _ in 0..3 {
            assert_eq!(tenant.verify(&acme.token(60)).await, Ok(()));
        }
        assert_eq!((counts(&own), counts(&tenant.cached)), ((0, 0, 0), (2, 1, 1)));
    }

    #[tokio::test]
    async fn r72_r189_tenants_beside_an_issuer_share_the_cache_of_both() {
        let clock = Clock::manual(Duration::from_secs(NOW));
        let (acme, own) = (Named::new("https://id/acme"), Named::new("https://me/"));
        let tenant = Tenant::new(acme.builder(&clock).build().unwrap(), &clock);
        let verifiers = [tenant.plain.clone(), own.builder(&clock).build().unwrap()];
        let cached = Verifier::of_issuers(verifiers).unwrap().cached(TokenCache::new(10));
        for _ in 0..3 {
            assert!(cached.verify(&acme.token(60)).await.is_ok());
            assert!(cached.verify(&own.token(60)).await.is_ok());
        }
        assert_eq!(counts(&cached), (4, 2, 2));
        tenant.set(None);
        clock.advance(HOUR);
        assert!(cached.verify(&acme.token(99_999)).await.is_err());
    }
}

#[cfg(feature = "introspection")]
mod opaque {
    use super::*;
    use crate::fetch::simulated::{Answer, Network};

    const ENDPOINT: &str = "https://id.example/introspect";

    fn server() -> Network {
        let network = Network::new();
        let active = r#"{"active":true,"token_type":"Bearer","aud":"api"}"#;
        network.answer(ENDPOINT, Answer::ok(active).header("content-type", "application/json"));
        network
    }

    fn introspecting(network: &Network, clock: &Clock) -> Verifier {
        let builder = Verifier::introspect(ENDPOINT).client_secret_basic("api", "secret");
        let builder = builder.audience("api").cache_for(Duration::ZERO).clock(clock.clone());
        builder.http_client(network.client()).build().unwrap()
    }

    #[tokio::test]
    async fn r189_what_another_server_vouches_for_is_not_remembered_here() {
        let bench = Bench::new();
        let network = server();
        let both = Verifier::jwt_or_opaque(
            bench.builder().build().unwrap(),
            introspecting(&network, &bench.clock).cached(TokenCache::new(10)),
        );
        let both = both.unwrap().cached(TokenCache::new(10));
        let jwt = bench.token("");
        for _ in 0..3 {
            assert!(both.verify(&jwt).await.is_ok());
            assert!(both.verify("2YotnFZFEjr1zCsicMWpAA").await.is_ok());
        }
        // The opaque ones are no misses: they could not have been there.
        assert_eq!((counts(&both), network.count(ENDPOINT)), ((2, 1, 1), 3));
        bench.clock.advance(Duration::from_secs(60));
        assert_eq!(both.verify(&jwt).await.unwrap_err().kind(), AuthErrorKind::Expired);
    }

    #[tokio::test]
    async fn r189_a_verifier_that_only_introspects_stays_without() {
        let (network, clock) = (server(), Clock::manual(Duration::from_secs(NOW)));
        let verifier = introspecting(&network, &clock).cached(TokenCache::new(10));
        let jwt = Bench::new().token("");
        for _ in 0..2 {
            assert!(verifier.verify(&jwt).await.is_ok(), "a JWT is asked about, too");
        }
        assert_eq!((verifier.cache_counters(), network.count(ENDPOINT)), (None, 2));
    }

    #[test]
    fn r189_the_first_of_both_has_no_cache_of_its_own() {
        let bench = Bench::new();
        let jwt = bench.cached(TokenCache::new(10));
        let opaque = introspecting(&server(), &bench.clock);
        let error = Verifier::jwt_or_opaque(jwt, opaque).unwrap_err();
        assert!(error.to_string().contains("call `cached` on the verifier"), "{error}");
    }
}

//! What handlers ask of the token themselves.

use tonic::Code;
use tonic::transport::Server;
use tonic_health::pb::health_server::HealthServer;
use tower_bearer::{Grant, Issuer};

use super::support::{
    Doctor, ask, bearer, both, clock, issuer, layer, metadata, seen, serve, token, with,
};

fn with_grant(issuer: &Issuer, grant: &Grant) -> super::support::Credentials {
    bearer(&issuer.issue(grant).unwrap())
}

#[tokio::test]
async fn a_handler_asks_for_scopes_roles_and_claims_and_answers_as_the_layer_does() {
    let clock = clock();
    let issuer = issuer(&clock);
    let layer = layer(&issuer).realm("clinic").unwrap();
    let served = both(layer, &Doctor::new(&clock)).await;

    let plain = Grant::new("alice");
    let refused = ask(&served, with_grant(&issuer, &plain), "write").await.unwrap_err();
    let text = "the token lacks a required scope";
    assert_eq!(seen(&refused), (Code::PermissionDenied, Some("insufficient_scope"), text));
    let challenge = metadata(&refused, "www-authenticate").unwrap();
    assert!(challenge.starts_with(r#"Bearer realm="clinic""#), "{challenge}");
    assert!(challenge.contains(r#"scope="items:write""#), "{challenge}");
    let refused = ask(&served, with_grant(&issuer, &plain), "admin").await.unwrap_err();
    assert_eq!(seen(&refused), (Code::PermissionDenied, Some("access_denied"), "access denied"));
    let refused = ask(&served, with_grant(&issuer, &plain), "tenant").await.unwrap_err();
    let text = "the token's claims are invalid";
    assert_eq!(seen(&refused), (Code::Unauthenticated, Some("invalid_claims"), text));

    let writes = Grant::new("alice").scopes(["items:write"]);
    assert_eq!(ask(&served, with_grant(&issuer, &writes), "write").await.unwrap(), "alice");
    let admin = Grant::new("bob").roles(["admin"]);
    assert_eq!(ask(&served, with_grant(&issuer, &admin), "admin").await.unwrap(), "bob");
    let member = Grant::new("bob").claim("tenant", "acme");
    assert_eq!(ask(&served, with_grant(&issuer, &member), "tenant").await.unwrap(), "acme");
}

#[tokio::test]
async fn an_optional_token_is_asked_for_by_the_handlers_that_need_it() {
    let clock = clock();
    let issuer = issuer(&clock);
    let served = both(layer(&issuer).optional(), &Doctor::new(&clock)).await;
    assert_eq!(ask(&served, with(&[]), "public").await.unwrap(), "everybody");
    let refused = ask(&served, with(&[]), "write").await.unwrap_err();
    assert_eq!(seen(&refused), (Code::Unauthenticated, None, "authentication required"));
    let expected = r#"Bearer realm="api", scope="items:write""#;
    assert_eq!(metadata(&refused, "www-authenticate"), Some(expected));
    assert_eq!(ask(&served, bearer(&token(&issuer)), "").await.unwrap(), "alice");
    assert_eq!(
        ask(&served, bearer("x"), "public").await.unwrap_err().code(),
        Code::Unauthenticated
    );
}

#[tokio::test]
async fn a_forgotten_layer_is_an_internal_error_and_no_open_door() {
    let server = Server::builder().add_service(HealthServer::new(Doctor::new(&clock())));
    let served = serve(|incoming| server.serve_with_incoming(incoming)).await;
    let sent = bearer(&token(&issuer(&clock())));
    for service in ["", "write", "admin", "tenant"] {
        let refused = ask(&served, sent.clone(), service).await.unwrap_err();
        let text = "the JwtAuthLayer that this route needs is missing";
        assert_eq!(seen(&refused), (Code::Internal, Some("missing_layer"), text));
    }
}

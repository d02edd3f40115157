//! Access tokens: what is signed by a known key, for us and now, is believed; everything else is not.

mod support;

use axum::Router;
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use consumption::config::OidcConfig;
use consumption::identity::jwks::Jwks;
use consumption::identity::token::{Claims, TokenError, TokenVerifier};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use support::{client, plain};
use time::OffsetDateTime;
use uuid::Uuid;

const ISSUER: &str = "https://issuer.test";
const AUDIENCE: &str = "llm-marketplace";

struct Signer {
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

impl Signer {
    fn new() -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).expect("a key");
        Self { pair, random }
    }

    /// The uncompressed point: 4, x, y.
    fn point(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    fn es256(&self, claims: &Value) -> String {
        let signed = unsigned(&json!({ "alg": "ES256", "kid": "known" }), claims);
        let signature = self.pair.sign(&self.random, signed.as_bytes()).expect("a signature");
        format!("{signed}.{}", encoded(signature.as_ref()))
    }
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}", encoded(header.to_string().as_bytes()), encoded(claims.to_string().as_bytes()))
}

/// A verifier whose identity provider publishes the signer's key as `known`.
async fn verifier(signer: &Signer) -> TokenVerifier {
    let (x, y) = signer.point()[1..].split_at(32);
    let key = json!({ "kty": "EC", "crv": "P-256", "kid": "known", "use": "sig", "x": encoded(x), "y": encoded(y) });
    let keys = json!({ "keys": [{ "kty": "of another world", "kid": "odd" }, key] }).to_string();
    let address = plain(Router::new().route("/jwks", get(move || async move { keys }))).await;
    let jwks_url: http::Uri = format!("http://{address}/jwks").parse().expect("an address");
    let config = OidcConfig { issuer: ISSUER.into(), audience: AUDIENCE.into(), jwks_url: jwks_url.clone() };
    TokenVerifier::new(&config, Jwks::new(client(), jwks_url))
}

/// Good claims with changes; null takes one away.
fn claims(changes: Value) -> Value {
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let mut claims = json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "someone", "org": Uuid::nil(), "roles": ["consumer"],
        "iat": now, "exp": now + 300,
    });
    for (name, value) in changes.as_object().expect("changes") {
        claims[name] = value.clone();
    }
    claims.as_object_mut().expect("claims").retain(|_, value| !value.is_null());
    claims
}

fn seconds_from_now(seconds: i64) -> i64 {
    OffsetDateTime::now_utc().unix_timestamp() + seconds
}

fn refused(result: &Result<Claims, TokenError>) -> bool {
    matches!(result, Err(TokenError::Invalid))
}

#[tokio::test]
async fn a_token_signed_with_es256_by_a_known_key_is_believed() {
    let signer = Signer::new();
    let verifier = verifier(&signer).await;
    let believed = verifier.verify(&signer.es256(&claims(json!({})))).await.expect("believed");
    assert_eq!(
        (believed.sub.as_str(), believed.org, believed.roles),
        ("someone", Uuid::nil(), vec!["consumer".into()])
    );
    let several = claims(json!({ "aud": ["another", AUDIENCE] }));
    assert!(verifier.verify(&signer.es256(&several)).await.is_ok());
    // Clocks differ by a few seconds.
    let leeway =
        claims(json!({ "exp": seconds_from_now(-20), "nbf": seconds_from_now(20), "iat": seconds_from_now(20) }));
    assert!(verifier.verify(&signer.es256(&leeway)).await.is_ok());
}

#[tokio::test]
async fn a_token_that_is_not_signed_by_a_known_key_is_refused() {
    let signer = Signer::new();
    let verifier = verifier(&signer).await;
    let good = claims(json!({}));
    for alg in ["none", "None", "NONE"] {
        let none = unsigned(&json!({ "alg": alg, "kid": "known" }), &good);
        assert!(refused(&verifier.verify(&format!("{none}.")).await), "{alg}");
    }
    // The public key is public: as a secret of HMAC it proves nothing.
    let signed = unsigned(&json!({ "alg": "HS256", "kid": "known" }), &good);
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, signer.point()), signed.as_bytes());
    assert!(refused(&verifier.verify(&format!("{signed}.{}", encoded(mac.as_ref()))).await));
    // A key is for one algorithm, whatever the header claims.
    let renamed = unsigned(&json!({ "alg": "RS256", "kid": "known" }), &good);
    let signature = signer.pair.sign(&signer.random, renamed.as_bytes()).expect("a signature");
    assert!(refused(&verifier.verify(&format!("{renamed}.{}", encoded(signature.as_ref()))).await));

    assert!(refused(&verifier.verify(&Signer::new().es256(&good)).await), "another key under a known name");
    let genuine = signer.es256(&good);
    let (head, signature) = genuine.rsplit_once('.').expect("three parts");
    let (header, _) = head.split_once('.').expect("three parts");
    let other = encoded(claims(json!({ "roles": ["platform-admin"] })).to_string().as_bytes());
    assert!(refused(&verifier.verify(&format!("{header}.{other}.{signature}")).await), "other claims");
    for kid in [json!("unknown"), Value::Null] {
        let signed = unsigned(&json!({ "alg": "ES256", "kid": kid }), &good);
        let signature = signer.pair.sign(&signer.random, signed.as_bytes()).expect("a signature");
        assert!(refused(&verifier.verify(&format!("{signed}.{}", encoded(signature.as_ref()))).await), "{kid}");
    }
    for text in ["", ".", "..", "a.b.c", "not a token"] {
        assert!(refused(&verifier.verify(text).await), "{text:?}");
    }
}

#[tokio::test]
async fn a_token_that_is_for_another_time_or_another_service_is_refused() {
    let signer = Signer::new();
    let verifier = verifier(&signer).await;
    for changes in [
        json!({ "exp": seconds_from_now(-40) }),
        json!({ "exp": null }),
        json!({ "nbf": seconds_from_now(60) }),
        json!({ "iat": seconds_from_now(60) }),
        json!({ "iss": "https://another.test" }),
        json!({ "iss": null }),
        json!({ "aud": "another" }),
        json!({ "aud": null }),
        json!({ "sub": null }),
        json!({ "org": null }),
        json!({ "org": "not-a-uuid" }),
    ] {
        let result = verifier.verify(&signer.es256(&claims(changes.clone()))).await;
        assert!(refused(&result), "{changes}");
    }
}

#[tokio::test]
async fn without_the_identity_providers_keys_a_token_is_neither_believed_nor_refused() {
    let jwks_url: http::Uri = "http://127.0.0.1:9/jwks".parse().expect("an address");
    let config = OidcConfig { issuer: ISSUER.into(), audience: AUDIENCE.into(), jwks_url: jwks_url.clone() };
    let verifier = TokenVerifier::new(&config, Jwks::new(client(), jwks_url));
    let result = verifier.verify(&Signer::new().es256(&claims(json!({})))).await;
    assert!(matches!(result, Err(TokenError::Unavailable)));
}

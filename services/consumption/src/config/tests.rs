use std::collections::HashMap;

use super::*;

fn environment() -> HashMap<&'static str, &'static str> {
    HashMap::from([
        ("SERVICE_NAME", "consumption"),
        ("SERVICE_VERSION", "1.0.0"),
        ("ENVIRONMENT", "local"),
        ("PORT", "3003"),
        ("OIDC_ISSUER", "http://127.0.0.1:4000"),
        ("OIDC_AUDIENCE", "llm-marketplace"),
        ("OIDC_JWKS_URL", "http://127.0.0.1:4000/jwks"),
        ("DISCOVERY_URL", "http://discovery:3002"),
        ("REDIS_HOST", "127.0.0.1"),
        ("REDIS_PORT", "6379"),
        ("REDIS_TLS", "false"),
        ("REDIS_KEY_PREFIX", "consumption:"),
        ("REDIS_AUTH", "none"),
        ("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9092"),
        ("KAFKA_SECURITY_PROTOCOL", "PLAINTEXT"),
        ("KAFKA_GROUP_PREFIX", "consumption"),
        ("KAFKA_PRODUCE_TOPICS", "metering.records"),
        ("KAFKA_CONSUME_TOPICS", "provider.approvals,access.keys"),
        ("KAFKA_AUTH", "none"),
    ])
}

fn read(variables: &HashMap<&str, &str>) -> Result<Config, Vec<String>> {
    Config::read(&|name| variables.get(name).map(ToString::to_string))
        .map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

fn with(changes: &[(&'static str, &'static str)]) -> Result<Config, Vec<String>> {
    let mut variables = environment();
    variables.extend(changes.iter().copied());
    read(&variables)
}

#[test]
fn the_smallest_configuration_is_accepted_with_its_defaults() {
    let config = read(&environment()).expect("a configuration");
    assert_eq!(config.spool.max_bytes, 32 * 1024 * 1024);
    assert_eq!(config.spool.folder, PathBuf::from("/tmp/spool"));
    assert_eq!(config.telemetry.endpoint, None);
    assert_eq!(config.service.shutdown_delay, Duration::ZERO);
}

#[test]
fn every_problem_is_told_at_once_with_name_value_and_what_is_allowed() {
    let problems = with(&[
        ("PORT", "70000"),
        ("REDIS_TLS", "yes"),
        ("DISCOVERY_URL", "discovery:3002"),
        ("KAFKA_CONSUME_TOPICS", "access.keys"),
    ])
    .expect_err("problems");
    assert_eq!(
        problems,
        [
            "PORT: got \"70000\"; allowed: a whole number from 1 to 65535",
            "DISCOVERY_URL: got \"discovery:3002\"; allowed: an http or https address",
            "REDIS_TLS: got \"yes\"; allowed: true or false",
            "KAFKA_CONSUME_TOPICS: got \"access.keys\"; allowed: a comma-separated list with provider.approvals and access.keys",
        ]
    );
}

#[test]
fn an_empty_environment_names_every_variable_that_is_needed() {
    let problems = read(&HashMap::new()).expect_err("problems");
    for name in environment().keys().filter(|name| **name != "SERVICE_NAME") {
        assert!(problems.iter().any(|problem| problem.starts_with(&format!("{name}: missing"))), "{name}");
    }
}

#[test]
fn placeholder_and_short_passwords_are_refused_where_deployed_and_never_shown() {
    let password = |value| {
        with(&[
            ("ENVIRONMENT", "staging"),
            ("OIDC_JWKS_URL", "https://id.test/jwks"),
            ("REDIS_AUTH", "password"),
            ("REDIS_USER", "consumption"),
            ("REDIS_PASSWORD", value),
            ("KAFKA_AUTH", "password"),
            ("KAFKA_USER", "consumption"),
            ("KAFKA_PASSWORD", "Zq8-vT2_mK5.xR7n"),
            ("KAFKA_SECURITY_PROTOCOL", "SASL_SSL"),
        ])
    };
    let refused = |what: &str| {
        vec![format!("REDIS_PASSWORD: got {what}; allowed: a secret of at least 12 characters that is no placeholder")]
    };
    assert_eq!(password("ChangeMe-123456").err(), Some(refused("a placeholder")));
    assert_eq!(password("x8Jq2").err(), Some(refused("fewer than 12 characters")));
    assert!(password("x8Jq2-Lw9_Tn4vB").is_ok());
}

#[test]
fn no_authentication_and_plain_http_identity_are_for_local_alone() {
    let problems = with(&[("ENVIRONMENT", "production")]).expect_err("problems");
    assert_eq!(
        problems,
        [
            "OIDC_JWKS_URL: got \"http://127.0.0.1:4000/jwks\"; allowed: an https address",
            "REDIS_AUTH: got \"none\"; allowed: password, client-certificate, cloud-identity",
            "KAFKA_AUTH: got \"none\"; allowed: password, client-certificate, cloud-identity",
        ]
    );
}

#[test]
fn the_protocol_of_kafka_must_fit_the_way_of_proof() {
    let problems =
        with(&[("KAFKA_AUTH", "cloud-identity"), ("KAFKA_USER", "consumption"), ("CLOUD_REGION", "eu-central-1")])
            .expect_err("problems");
    assert_eq!(problems.len(), 1);
    assert!(problems[0].starts_with("KAFKA_SECURITY_PROTOCOL: got \"PLAINTEXT\""), "{}", problems[0]);
}

#[test]
fn sentinels_need_the_masters_name() {
    let problems = with(&[("REDIS_SENTINEL_HOSTS", "a:26379,b:26379")]).expect_err("problems");
    assert_eq!(
        problems,
        ["REDIS_SENTINEL_MASTER: missing; allowed: the master's name, since REDIS_SENTINEL_HOSTS is set"]
    );
    let config = with(&[("REDIS_SENTINEL_HOSTS", "a:26379,b:26380"), ("REDIS_SENTINEL_MASTER", "mymaster")])
        .expect("a configuration");
    assert_eq!(config.redis.sentinel.expect("sentinels").hosts, [("a".into(), 26379), ("b".into(), 26380)]);
}

#[test]
fn a_secret_does_not_show_itself_when_a_configuration_is_printed() {
    assert_eq!(format!("{:?}", Secret::new("hunter22")), "(secret)");
}

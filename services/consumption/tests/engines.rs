//! Against a real Redis and a real Kafka, also while they are away. Ignored by default; `make test-engines` runs them
//! one after the other, since some stop an engine.

#[path = "support/engines.rs"]
mod engines;
mod support;

use std::time::Duration;

use consumption::config::{Auth, Secret};
use consumption::domain::clock;
use engines::{Key, World};
use http::{Method, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use support::{client, json as body};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs engines"]
async fn a_call_is_answered_and_its_record_reaches_kafka_in_the_agreed_form() {
    let mut world = World::start("echo:?tokens=5", 100, None).await;
    let response = world.call().await;
    assert_eq!(response.status(), StatusCode::OK, "{:?}", response.body());
    let answer = body(&response);
    assert_eq!(answer["output"]["content"], "one two three one two");
    assert_eq!(answer["usage"], json!({ "inputTokens": 4, "outputTokens": 5, "costUsdMicros": 14 }));

    let call_id = answer["callId"].as_str().expect("an id").to_owned();
    let records = world.records(std::slice::from_ref(&call_id)).await;
    let record = &records[0];
    let schema: Value =
        serde_json::from_str(include_str!("../../contract/metering-record.schema.json")).expect("a schema");
    assert!(jsonschema::validator_for(&schema).expect("valid").is_valid(record), "{record}");
    assert_eq!((&record["outcome"], &record["costUsdMicros"]), (&json!("succeeded"), &json!(14)));
    assert_eq!(record["orgId"], json!(world.key.org_id));
    world.until("delivered records leave the disk", async |world: &World| world.spooled_files() == 0).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs engines"]
async fn of_two_hundred_calls_at_once_exactly_the_limit_passes() {
    let world = World::start("echo:?tokens=1", 50, None).await.shared();
    let calls = (0..200).map(|_| {
        let world = std::sync::Arc::clone(&world);
        tokio::spawn(async move { world.call().await })
    });
    let responses: Vec<_> =
        futures_util::future::join_all(calls).await.into_iter().map(|response| response.expect("an answer")).collect();
    let passed = responses.iter().filter(|response| response.status() == 200).count();
    let refused: Vec<_> = responses.iter().filter(|response| response.status() == 429).collect();
    assert_eq!((passed, refused.len()), (50, 150));
    for response in refused {
        assert_eq!(body(response)["code"], "rate-limited");
        let wait: u64 = response.headers()["retry-after"].to_str().expect("text").parse().expect("seconds");
        assert!((1..=60).contains(&wait), "{wait}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs engines"]
async fn a_quota_bounds_what_calls_at_once_may_take_and_gives_back_what_they_did_not() {
    // Each call reserves 4 + 8 tokens and takes 4 + 1.
    let mut world = World::start("echo:?tokens=1&delayMs=300", 1_000, Some(30)).await;
    let (first, second, third) = tokio::join!(world.call(), world.call(), world.call());
    let mut statuses = [first.status().as_u16(), second.status().as_u16(), third.status().as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 429]);
    world
        .until("what was not used is given back", async |world: &World| {
            body(&world.usage().await)["keys"][0]["tokensCharged"] == 10
        })
        .await;
    assert_eq!(world.call().await.status(), StatusCode::OK);
    world.until("it is counted", async |world: &World| body(&world.usage().await)["requests"] == 3).await;
    let usage = body(&world.usage().await);
    assert_eq!(
        (&usage["inputTokens"], &usage["outputTokens"], &usage["costUsdMicros"]),
        (&json!(12), &json!(3), &json!(18))
    );
    assert_eq!(usage["keys"][0]["tokensLeft"], 15);
    let refused = world.call().await;
    assert_eq!(refused.status(), StatusCode::OK, "12 of 15 left");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs engines"]
async fn a_revoked_key_is_refused_and_an_older_event_does_not_revive_it() {
    let mut world = World::start("echo:", 100, None).await;
    assert_eq!(world.call().await.status(), StatusCode::OK);
    world.change_key(&world.key.event(3, "revoked", 100, None)).await;
    world.until("Redis has it", async |world: &World| world.usage().await.status() == 401).await;
    // At once, though the pod knows the key from its last call.
    assert_eq!(world.call().await.status(), StatusCode::UNAUTHORIZED);
    world.change_key(&world.key.event(2, "active", 100, None)).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(world.call().await.status(), StatusCode::UNAUTHORIZED);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs engines"]
async fn a_redis_that_lost_its_keys_is_filled_again_from_the_topic() {
    let mut world = World::start("echo:", 100, None).await;
    let mut redis = world.redis().await;
    let pattern = format!("{}*", world.config.redis.key_prefix);
    let keys: Vec<String> = redis::cmd("KEYS").arg(pattern).query_async(&mut redis).await.expect("keys");
    let lost: i64 = redis::cmd("DEL").arg(&keys).query_async(&mut redis).await.expect("deleted");
    assert!(lost >= 2, "{keys:?}");
    // Not 401: the key may be one that was lost.
    let meanwhile = world.call().await;
    assert!(matches!(meanwhile.status().as_u16(), 200 | 503), "{:?}", meanwhile.body());
    world.until("calls pass again", async |world: &World| world.call().await.status() == 200).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs engines"]
async fn usage_is_shown_to_the_own_organisation_by_key_and_by_token() {
    let mut world = World::start("echo:?tokens=1", 100, Some(1_000)).await;
    assert_eq!(world.call().await.status(), StatusCode::OK);
    world.until("it is counted", async |world: &World| body(&world.usage().await)["requests"] == 1).await;
    let token = async |org: Value, roles: Value| {
        let asked = json!({ "org": org, "roles": roles }).to_string();
        let request = http::Request::post(world.engines.text("/issuer/tokenUrl"))
            .body(http_body_util::Full::from(asked))
            .expect("a request");
        format!("Bearer {}", body(&support::send(request).await)["access_token"].as_str().expect("a token"))
    };
    let own = token(json!(world.key.org_id), json!(["consumer"])).await;
    let seen = world.ask(Method::GET, "/v1/calls/usage", &own, Value::Null).await;
    assert_eq!(seen.status(), StatusCode::OK, "{:?}", seen.body());
    assert_eq!(body(&seen)["requests"], 1);
    assert_eq!(body(&seen)["keys"][0]["keyId"], json!(world.key.key_id));
    let other = token(json!(uuid::Uuid::now_v7()), json!(["consumer"])).await;
    let unseen = body(&world.ask(Method::GET, "/v1/calls/usage", &other, Value::Null).await);
    assert_eq!((&unseen["requests"], &unseen["keys"]), (&json!(0), &json!([])));
    let provider = token(json!(world.key.org_id), json!(["provider"])).await;
    assert_eq!(world.ask(Method::GET, "/v1/calls/usage", &provider, Value::Null).await.status(), StatusCode::FORBIDDEN);
    let mut forged = own.clone();
    let last = forged.pop().expect("a character");
    forged.push(if last == 'A' { 'Q' } else { 'A' });
    assert_eq!(
        world.ask(Method::GET, "/v1/calls/usage", &forged, Value::Null).await.status(),
        StatusCode::UNAUTHORIZED
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs engines"]
async fn a_stream_ends_with_its_usage_and_one_that_the_caller_leaves_is_metered_as_aborted() {
    let mut world = World::start("echo:?tokens=6&chunkMs=100", 100, None).await;
    let whole = world.ask(Method::POST, "/v1/calls", &world.key.bearer, world.asked(true)).await;
    let text = String::from_utf8_lossy(whole.body()).into_owned();
    assert_eq!(text.matches("event: delta").count(), 6, "{text}");
    let last = text.trim_end().rsplit("data: ").next().expect("an event");
    let done: Value = serde_json::from_str(last).expect("JSON");
    assert_eq!(done["usage"]["outputTokens"], 6);

    let request = world.request(Method::POST, "/v1/calls", &world.key.bearer, world.asked(true));
    let mut left = client().request(request).await.expect("an answer");
    left.body_mut().frame().await.expect("a first piece").expect("data");
    drop(left);
    let done_id = done["callId"].as_str().expect("an id").to_owned();
    world.until("both are counted", async |world: &World| body(&world.usage().await)["requests"] == 2).await;
    world.until("both are delivered", async |world: &World| world.spooled_files() == 0).await;
    world.engines.records(&world.config.kafka.topics.metering, &[done_id]).await;
    let metrics = world.ask(Method::GET, "/metrics", "", Value::Null).await;
    let metrics = String::from_utf8_lossy(metrics.body()).into_owned();
    assert!(metrics.contains("marketplace_calls_total{outcome=\"aborted\"} 1"), "{metrics}");
    assert!(metrics.contains("marketplace_metering_published_total 2"), "{metrics}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs engines"]
async fn calls_go_on_while_kafka_is_away_and_none_of_their_records_is_lost() {
    let mut world = World::start("echo:?tokens=1", 1_000, None).await;
    world.engines.disturb("kafka", "stop").await;
    let mut ids = Vec::new();
    for _ in 0..20 {
        let response = world.call().await;
        assert_eq!(response.status(), StatusCode::OK, "{:?}", response.body());
        ids.push(body(&response)["callId"].as_str().expect("an id").to_owned());
    }
    assert!(world.spooled_files() > 0);
    world.engines.disturb("kafka", "start").await;
    let records = world.records(&ids).await;
    assert!(records.len() >= ids.len());
    world.until("delivered records leave the disk", async |world: &World| world.spooled_files() == 0).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs engines"]
async fn a_service_that_ends_while_kafka_is_away_delivers_after_its_next_start() {
    let mut world = World::start("echo:?tokens=1", 1_000, None).await;
    world.engines.disturb("kafka", "stop").await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(body(&world.call().await)["callId"].as_str().expect("an id").to_owned());
    }
    world.stop().await;
    assert!(world.spooled_files() > 0);
    world.engines.disturb("kafka", "start").await;
    world.resume().await;
    world.records(&ids).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs engines"]
async fn without_redis_calls_are_refused_and_pass_again_when_it_is_back() {
    let mut world = World::start("echo:?tokens=1", 1_000, None).await;
    world.engines.disturb("redis", "stop").await;
    let refused = world.call().await;
    assert_eq!(
        (refused.status(), body(&refused)["code"].as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, Some("dependency-unavailable"))
    );
    assert!(refused.headers().contains_key("retry-after"));
    world
        .until("it is not ready", async |world: &World| {
            world.ask(Method::GET, "/readyz", "", Value::Null).await.status() == 503
        })
        .await;
    // It comes back empty or not; either way the keys come back too.
    world.engines.disturb("redis", "start").await;
    world.until("calls pass again", async |world: &World| world.call().await.status() == 200).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs engines"]
async fn a_body_beyond_a_mebibyte_or_of_another_type_is_refused_with_a_good_key_too() {
    let mut world = World::start("echo:?tokens=1", 100, None).await;
    let mut large = world.asked(false);
    large["input"]["messages"][0]["content"] = json!("x".repeat(1024 * 1024));
    let refused = world.ask(Method::POST, "/v1/calls", &world.key.bearer, large).await;
    assert_eq!(
        (refused.status(), &body(&refused)["code"]),
        (StatusCode::PAYLOAD_TOO_LARGE, &json!("payload-too-large"))
    );
    let mut typed = world.request(Method::POST, "/v1/calls", &world.key.bearer, world.asked(false));
    typed.headers_mut().insert("content-type", http::HeaderValue::from_static("text/plain"));
    let refused = support::send(typed).await;
    assert_eq!(
        (refused.status(), &body(&refused)["code"]),
        (StatusCode::UNSUPPORTED_MEDIA_TYPE, &json!("unsupported-media-type"))
    );
    assert_eq!(world.call().await.status(), StatusCode::OK);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs engines"]
async fn a_full_spool_refuses_calls_and_takes_them_again_when_kafka_has_its_records() {
    let mut world = World::start("echo:?tokens=1", 1_000, None).await;
    world.stop().await;
    world.config.spool.max_bytes = 8 * 1024;
    world.resume().await;
    world.engines.disturb("kafka", "stop").await;
    let mut ids = Vec::new();
    let refused = loop {
        let response = world.call().await;
        if response.status() != StatusCode::OK {
            break response;
        }
        ids.push(body(&response)["callId"].as_str().expect("an id").to_owned());
        assert!(ids.len() < 20, "eight KiB do not have room for so many");
    };
    assert!(ids.len() > 2, "{ids:?}");
    assert_eq!(
        (refused.status(), &body(&refused)["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("dependency-unavailable"))
    );
    assert!(refused.headers().contains_key("retry-after"));
    let metrics = world.ask(Method::GET, "/metrics", "", Value::Null).await;
    let metrics = String::from_utf8_lossy(metrics.body()).into_owned();
    assert!(metrics.contains("marketplace_call_refusals_total{reason=\"spool-full\"} 1"), "{metrics}");
    world.engines.disturb("kafka", "start").await;
    world.until("calls pass again", async |world: &World| world.call().await.status() == 200).await;
    world.records(&ids).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs engines"]
async fn a_key_whose_limits_change_keeps_what_it_has_used() {
    let mut world = World::start("echo:?tokens=1", 3, None).await;
    for expected in [200, 200, 200, 429] {
        assert_eq!(world.call().await.status(), expected);
    }
    world.change_key(&world.key.event(2, "active", 4, Some(1_000))).await;
    let limit = async |world: &World| body(&world.usage().await)["keys"][0]["requestsPerMinute"] == 4;
    world.until("Redis has it", limit).await;
    // One more passes; a second one only where a minute ended meanwhile.
    let passed = [world.call().await.status(), world.call().await.status(), world.call().await.status()];
    assert_eq!(passed[0], 200);
    assert!(passed[1..].contains(&StatusCode::TOO_MANY_REQUESTS), "{passed:?}");
    world
        .until("it is counted", async |world: &World| body(&world.usage().await)["requests"].as_u64() >= Some(4))
        .await;
    assert!(body(&world.usage().await)["keys"][0]["tokensCharged"].as_u64().is_some_and(|tokens| tokens >= 20));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs engines"]
async fn counters_of_older_months_go_with_a_month_s_first_call_and_those_of_an_organisation_have_a_lifetime() {
    let mut world = World::start("echo:?tokens=1", 100, Some(30)).await;
    let mut redis = world.redis().await;
    let key = format!("{}key:{}", world.config.redis.key_prefix, world.key.digest);
    let now = clock::now();
    let (this, last) = (clock::month(now), clock::month(clock::last_month(now)));
    let fields = ["charged:2020-01".to_owned(), format!("charged:{last}")].map(|field| (field, 29));
    let _: i64 = redis::cmd("HSET").arg(&key).arg(&fields).query_async(&mut redis).await.expect("set");
    assert_eq!(world.call().await.status(), StatusCode::OK, "the quota of other months is not this month's");
    world.until("it is counted", async |world: &World| body(&world.usage().await)["requests"] == 1).await;

    let held: Vec<String> = redis::cmd("HKEYS").arg(&key).query_async(&mut redis).await.expect("fields");
    let mut months: Vec<&str> = held.iter().filter_map(|field| field.strip_prefix("charged:")).collect();
    months.sort_unstable();
    assert_eq!(months, [&last, &this]);
    let lifetime: i64 = redis::cmd("TTL").arg(&key).query_async(&mut redis).await.expect("a lifetime");
    assert_eq!(lifetime, -1, "a key that is evicted would be refused");
    let counters = format!("{}org-usage:{}:{this}", world.config.redis.key_prefix, world.key.org_id);
    let lifetime: i64 = redis::cmd("TTL").arg(&counters).query_async(&mut redis).await.expect("a lifetime");
    assert!(lifetime > 31 * 24 * 3600, "{lifetime}");
    world.stop().await;
}

/// Ten calls with each of twenty keys, of as many organisations: none of their counters can be added up before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs engines"]
async fn a_call_takes_no_more_than_six_commands_of_redis_those_in_scripts_included() {
    const CALLS: u32 = 200;
    let mut world = World::start("echo:?tokens=1", 1_000, None).await;
    let keys: Vec<Key> = (0..20).map(|_| Key::new()).collect();
    for key in &keys {
        let event = key.event(1, "active", 1_000, Some(1_000_000));
        world.engines.publish(&world.config.kafka.topics.keys, &key.digest, &event).await;
    }
    let call = async |world: &World, key: &Key| {
        world.ask(Method::POST, "/v1/calls", &key.bearer, world.asked(false)).await.status() == 200
    };
    for key in &keys {
        world.until("the key is known", async |world: &World| call(world, key).await).await;
    }
    let mut redis = world.redis().await;
    let commands = async |redis: &mut redis::aio::MultiplexedConnection| {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let stats: redis::InfoDict = redis::cmd("INFO").arg("stats").query_async(redis).await.expect("figures");
        stats.get::<u32>("total_commands_processed").expect("a count")
    };
    let before = commands(&mut redis).await;
    for _ in 0..CALLS / 20 {
        for key in &keys {
            assert!(call(&world, key).await);
        }
    }
    let taken = commands(&mut redis).await - before;
    // Besides calls, somebody asks every second or two whether Redis and its keys are there.
    assert!(taken <= CALLS * 6 + 20, "{taken} commands for {CALLS} calls");
    assert!(taken >= CALLS * 4, "{taken} commands for {CALLS} calls: they did not go through Redis");
    world.stop().await;
}

/// The platform's own lists: a command that they lack fails every call, and an engine without users does not show it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs engines"]
async fn the_rights_that_the_platform_gives_are_enough_for_calls_and_for_usage() {
    let files = [
        include_str!("../../../components/kubernetes/redis/users.ts"),
        include_str!("../../../components/clouds/aws/redis.ts"),
    ];
    let mut world = World::start("echo:?tokens=1", 100, Some(1_000)).await;
    let prefix = world.config.redis.key_prefix.clone();
    for (number, file) in (1..).zip(files) {
        let rules = file.split('"').find(|text| text.starts_with("+@read +@write ")).expect("rules");
        let (user, password) = (format!("{prefix}{number}"), uuid::Uuid::new_v4().to_string());
        let mut command = redis::cmd("ACL");
        command.arg("SETUSER").arg(&user).arg("on").arg(format!(">{password}")).arg(format!("~{prefix}*"));
        command.arg("resetchannels").arg(format!("&{prefix}*")).arg("-@all");
        rules.split(' ').for_each(|rule| {
            command.arg(rule);
        });
        let _: String = command.query_async(&mut world.redis().await).await.expect("a user");
        world.stop().await;
        world.config.redis.auth = Auth::Password { user, password: Secret::new(password) };
        world.resume().await;
        let called = world.call().await;
        assert_eq!(called.status(), StatusCode::OK, "{rules}: {:?}", called.body());
        let counted = async |world: &World| body(&world.usage().await)["requests"] == number;
        world.until("it is counted", counted).await;
    }
    world.stop().await;
}

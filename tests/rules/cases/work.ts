/** What services do beside answering: events, spool, providers, cache. */
import {
  type AlertCase,
  counter,
  gauge,
  type InputSeries,
  type RuleContext,
  secondSample,
} from "./alert-case.ts";

/** A series of the service that the rule is about. */
function own(
  metric: string,
  make: (series: string, value: number) => InputSeries,
  value: number,
  labels = "",
) {
  return ({ service }: RuleContext) =>
    make(
      `${metric}{namespace="llm-marketplace",job="${service}",pod="pod-a"${labels ? `,${labels}` : ""}}`,
      value,
    );
}

const just =
  (...all: ((context: RuleContext) => InputSeries)[]) =>
  (context: RuleContext) =>
    all.map((one) => one(context));

const outcomes = (succeeded: number, failed: number) =>
  just(
    own("marketplace_calls_total", counter, succeeded, 'outcome="succeeded"'),
    own("marketplace_calls_total", counter, failed, 'outcome="provider-timeout"'),
  );
const lookups = (hit: number, miss: number) =>
  just(
    own("marketplace_cache_requests_total", counter, hit, 'result="hit"'),
    own("marketplace_cache_requests_total", counter, miss, 'result="miss"'),
  );
const delays = (within60: number) =>
  just(
    own("marketplace_index_delay_seconds_bucket", counter, within60, 'le="60"'),
    own("marketplace_index_delay_seconds_bucket", counter, 1, 'le="300"'),
    own("marketplace_index_delay_seconds_bucket", counter, 1, 'le="+Inf"'),
  );

export const workCases: readonly AlertCase[] = [
  {
    alert: "OutboxBacklog",
    severity: "critical",
    fires: { "20,000 events wait": just(own("marketplace_outbox_pending", gauge, 20_000)) },
    silent: { "600 wait": just(own("marketplace_outbox_pending", gauge, 600)) },
  },
  {
    alert: "OutboxBacklog",
    severity: "warning",
    fires: { "600 events wait": just(own("marketplace_outbox_pending", gauge, 600)) },
    silent: { "400 wait": just(own("marketplace_outbox_pending", gauge, 400)) },
  },
  {
    alert: "OutboxStuck",
    severity: "critical",
    delaySeconds: secondSample,
    fires: {
      "events wait and none leaves": just(
        own("marketplace_outbox_pending", gauge, 3),
        own("marketplace_outbox_published_total", counter, 0, 'topic="listing.events"'),
      ),
    },
    silent: {
      "events wait and others leave": just(
        own("marketplace_outbox_pending", gauge, 3),
        own("marketplace_outbox_published_total", counter, 1, 'topic="listing.events"'),
      ),
      "none leaves because none waits": just(
        own("marketplace_outbox_pending", gauge, 0),
        own("marketplace_outbox_published_total", counter, 0, 'topic="listing.events"'),
      ),
    },
  },
  {
    alert: "MeteringSpoolFilling",
    severity: "critical",
    fires: { "90 % full": just(own("marketplace_spool_capacity_ratio", gauge, 0.9)) },
    silent: { "60 % full": just(own("marketplace_spool_capacity_ratio", gauge, 0.6)) },
  },
  {
    alert: "MeteringSpoolFilling",
    severity: "warning",
    fires: { "60 % full": just(own("marketplace_spool_capacity_ratio", gauge, 0.6)) },
    silent: { "40 % full": just(own("marketplace_spool_capacity_ratio", gauge, 0.4)) },
  },
  {
    alert: "ProviderCircuitsOpen",
    severity: "warning",
    fires: { "two are open": just(own("marketplace_circuits_open", gauge, 2)) },
    silent: { "none is": just(own("marketplace_circuits_open", gauge, 0)) },
  },
  {
    alert: "ProviderFailures",
    severity: "warning",
    delaySeconds: secondSample,
    fires: { "a fifth times out": outcomes(8, 2) },
    silent: { "one in twenty does": outcomes(9.5, 0.5), "all do, of hardly any": outcomes(0, 0.02) },
  },
  {
    alert: "MeteringDeadLetters",
    severity: "warning",
    delaySeconds: secondSample,
    fires: {
      "records come": just(own("marketplace_metering_consumed_total", counter, 0.1, 'result="dead-letter"')),
    },
    silent: {
      "only good ones come": just(
        own("marketplace_metering_consumed_total", counter, 5, 'result="counted"'),
        own("marketplace_metering_consumed_total", counter, 0, 'result="dead-letter"'),
      ),
    },
  },
  {
    alert: "ListingEventsInvalid",
    severity: "warning",
    delaySeconds: secondSample,
    fires: { "some come": just(own("marketplace_events_indexed_total", counter, 0.1, 'result="invalid"')) },
    silent: {
      "only good ones come": just(
        own("marketplace_events_indexed_total", counter, 5, 'result="indexed"'),
        own("marketplace_events_indexed_total", counter, 0, 'result="invalid"'),
      ),
    },
  },
  {
    alert: "SearchIndexDelay",
    severity: "warning",
    delaySeconds: secondSample,
    fires: { "changes take minutes": delays(0) },
    silent: { "changes take less than a minute": delays(1) },
  },
  {
    alert: "CacheHitRate",
    severity: "warning",
    delaySeconds: secondSample,
    fires: { "eight in ten are found": lookups(8, 2) },
    silent: { "95 in a hundred are": lookups(9.5, 0.5), "none is, of hardly any": lookups(0, 0.05) },
  },
];

/** Services as users see them, and their error budgets. */
import { burnAlerts } from "../../../components/kubernetes/objective-rules.ts";
import { catalog } from "../../../services/catalog.ts";
import {
  type AlertCase,
  counter,
  gauge,
  type InputSeries,
  type RuleContext,
  secondSample,
} from "./alert-case.ts";

const place = 'namespace="llm-marketplace"';

function requests(service: string, code: number, perSecond: number): InputSeries {
  const labels = `reporter="source",destination_service_namespace="llm-marketplace",destination_service_name="${service}-service",response_code="${code}"`;
  return counter(`istio_requests_total{${labels}}`, perSecond);
}

/** Ten requests a second of which a share fails. */
function failing(share: number) {
  return ({ service }: RuleContext) => [
    requests(service, 503, 10 * share),
    requests(service, 200, 10 * (1 - share)),
  ];
}

/** Requests that all take between two bounds; the last bound is over what is given. */
function histogram(name: string, labels: string, bounds: readonly [string, number][]): InputSeries[] {
  return [...bounds, ["+Inf", 10] as const].map(([le, perSecond]) =>
    counter(`${name}_bucket{${labels},le="${le}"}`, perSecond),
  );
}

const sidecar = "istio_request_duration_milliseconds";
const overhead = "marketplace_overhead_milliseconds";

/** The histogram that the service's objective counts, with all requests between two bounds of milliseconds. */
function taking(from: number, to: number) {
  return ({ service }: RuleContext) => {
    const bounds: [string, number][] = [
      [`${from}.0`, 0],
      [`${to}.0`, 10],
    ];
    return [
      requests(service, 200, 10),
      ...(service === "consumption"
        ? histogram(overhead, `${place},job="${service}"`, bounds)
        : histogram(sidecar, `${place},job="${service}",reporter="destination"`, bounds)),
    ];
  };
}

/** A share of requests over the objective, the rest within it. */
function slow(share: (factor: number) => number, window: string) {
  return ({ service }: RuleContext) => {
    const goal = catalog.find(({ name }) => name === service)?.objective.latencyP95Millis;
    const factor = burnAlerts.find(({ long }) => long === window)?.factor ?? Number.NaN;
    const bounds: [string, number][] = [[`${goal}.0`, 10 * (1 - share(factor))]];
    return service === "consumption"
      ? histogram(overhead, `${place},job="${service}"`, bounds)
      : histogram(sidecar, `${place},job="${service}",reporter="destination"`, bounds);
  };
}

const pod = (service: string, id: string, value: number) =>
  gauge(`kube_pod_status_ready{${place},condition="true",pod="${service}-5f6d8c7b9-${id}"}`, value);

const dependency = (service: string, id: string, value: number) =>
  gauge(`marketplace_dependency_up{${place},job="${service}",pod="${id}",dependency="redis"}`, value);

const budgets = { availability: 0.0005, latency: 0.05 } as const;

/** Each window fires a fifth over its limit and is silent a fifth below. */
const burning: AlertCase[] = burnAlerts.flatMap(({ severity, long, factor }) =>
  (["availability", "latency"] as const).map((objective): AlertCase => {
    const over = factor * budgets[objective] * 1.2;
    const under = factor * budgets[objective] * 0.8;
    const bad = (share: number) => (objective === "availability" ? failing(share) : slow(() => share, long));
    return {
      alert: "ServiceErrorBudgetBurn",
      severity,
      only: ({ labels }) => labels.objective === objective && labels.window === long,
      delaySeconds: secondSample,
      fires: { "a fifth faster than allowed": bad(over) },
      silent: { "a fifth slower than allowed": bad(under) },
    };
  }),
);

export const serviceCases: readonly AlertCase[] = [
  {
    alert: "ServiceDown",
    severity: "critical",
    fires: {
      "no pod is ready": ({ service }) => [pod(service, "aaaaa", 0), pod(service, "bbbbb", 0)],
      "there is no pod at all": () => [gauge('up{job="kube-state-metrics"}', 1)],
    },
    silent: {
      "one of two pods is ready": ({ service }) => [pod(service, "aaaaa", 0), pod(service, "bbbbb", 1)],
      "nobody says how many pods there are": () => [],
    },
  },
  {
    alert: "ServiceErrorRate",
    severity: "critical",
    delaySeconds: secondSample,
    fires: { "two requests in a hundred fail": failing(0.02) },
    silent: {
      "eight in a thousand fail": failing(0.008),
      "all fail, but hardly any come": ({ service }) => [requests(service, 503, 0.05)],
    },
  },
  {
    alert: "ServiceErrorRate",
    severity: "warning",
    delaySeconds: secondSample,
    fires: { "eight in a thousand fail": failing(0.008) },
    silent: { "four in a thousand fail": failing(0.004) },
  },
  {
    alert: "ServiceLatency",
    severity: "critical",
    delaySeconds: secondSample,
    fires: { "requests take more than a second": taking(1000, 2500) },
    silent: {
      "requests take half a second to one": taking(500, 1000),
      // Of the others this is what the rule is about; of consumption it is the provider's time.
      "a provider takes long": ({ service }) => [
        requests("consumption", 200, 10),
        ...(service === "consumption"
          ? histogram(sidecar, `${place},job="consumption",reporter="destination"`, [["5000.0", 0]])
          : []),
      ],
    },
  },
  {
    alert: "ServiceLatency",
    severity: "warning",
    delaySeconds: secondSample,
    fires: { "requests take half a second to one": taking(500, 1000) },
    silent: { "requests take up to half a second": taking(200, 500) },
  },
  {
    alert: "ServiceDependencyDown",
    severity: "critical",
    fires: {
      "two of three pods do not reach it": ({ service }) => [
        dependency(service, "a", 0),
        dependency(service, "b", 0),
        dependency(service, "c", 1),
      ],
    },
    silent: {
      "one of two does not": ({ service }) => [dependency(service, "a", 0), dependency(service, "b", 1)],
    },
  },
  {
    alert: "ServiceDependencyDown",
    severity: "warning",
    fires: {
      "one of two pods does not reach it": ({ service }) => [
        dependency(service, "a", 0),
        dependency(service, "b", 1),
      ],
    },
    silent: { "all reach it": ({ service }) => [dependency(service, "a", 1), dependency(service, "b", 1)] },
  },
  ...burning,
];

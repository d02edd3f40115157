import { cisEks, nist } from "../../../shared/frameworks.ts";
import { containers, workloadTypes } from "../../../shared/kubernetes.ts";
import type { Finding, GuardedResource, Rule, RuleContext, Setting } from "../../../shared/rule.ts";
import { numberOf } from "../../../shared/settings.ts";
import { finding, isObject, isUnknown, member, read, unknownText } from "../../../shared/value.ts";
import { type Suspicion, suspicions } from "../plaintext.ts";

const settings: Readonly<Record<string, Setting>> = {
  minimumEntropy: {
    type: "number",
    minimum: 2.5,
    maximum: 6,
    default: 3.5,
    description: "Bits a character from which a text under a name like `key` or `secret` counts as random.",
  },
};
const frameworks = [cisEks("4.4.1"), nist("IA-5(7)")];

/** What looks like a secret at `path`, one finding a place. Pulumi's own marking as a secret changes nothing: the text stands there in the clear. */
function judge(resource: GuardedResource, path: string, context: RuleContext, fix: string): Finding[] {
  const found = read(resource.props, path);
  const value = {
    value: found.state === "value" ? found.value : undefined,
    unknown: unknownText,
    absent: undefined,
  }[found.state];
  return suspicions(value, path, path, numberOf(context, "minimumEntropy")).map((one) =>
    plain(resource, one, fix),
  );
}

function plain(resource: GuardedResource, { path, kind }: Suspicion, fix: string): Finding {
  const actual = kind !== undefined && { actual: kind };
  return finding(resource, path, { required: "a reference to a secret", fix, ...actual });
}

/** Places that everybody who may look at an object can read. */
export const plaintextRules: readonly Rule[] = [
  {
    name: "kubernetes-workload-env-secret",
    kind: "resource",
    types: workloadTypes,
    description:
      "An environment variable must not hold a secret in the clear, because everybody who may see the pod can read it.",
    severity: "critical",
    frameworks,
    remediation:
      "Keep the secret in the cloud's secret store, bring it in as an ExternalSecret, and take it by valueFrom.secretKeyRef or as a file. Change the secret: it is known.",
    settings,
    check: (resource, context) =>
      containers(resource).flatMap(({ path }) =>
        judge(resource, `${path}.env`, context, "take the variable by valueFrom.secretKeyRef"),
      ),
  },
  {
    name: "kubernetes-configmap-data-secret",
    kind: "resource",
    types: ["kubernetes:core/v1:ConfigMap"],
    description:
      "A ConfigMap must not hold a secret, because it is neither encrypted nor kept from readers as a Secret is.",
    severity: "critical",
    frameworks,
    remediation:
      "Move the value to the cloud's secret store and mount it as a file beside the configuration. Change the secret: it is known.",
    settings,
    check: (resource, context) =>
      judge(resource, "data", context, "move the value to a Secret that an ExternalSecret fills"),
  },
  {
    name: "kubernetes-release-values-secret",
    kind: "resource",
    types: ["kubernetes:helm.sh/v3:Release"],
    description:
      "Values of a Helm release must not hold a secret, because Helm keeps them beside the release and charts put them anywhere.",
    severity: "critical",
    frameworks,
    remediation:
      "Name an existing Secret in the chart's values instead of the secret itself. Change the secret: it is known.",
    settings,
    check: (resource, context) => judge(resource, "values", context, "name an existing Secret in the values"),
  },
  {
    name: "kubernetes-secret-content",
    kind: "resource",
    types: ["kubernetes:core/v1:Secret"],
    description:
      "A program must not write a secret's content itself, because it is then in the program's state and in every plan.",
    severity: "critical",
    frameworks: [cisEks("4.4.2"), nist("IA-5(7)")],
    remediation:
      "Let an ExternalSecret bring the content in from the cloud's secret store, or a generator make it in the cluster. Change the secret: it is known.",
    settings,
    check: (resource, context) => {
      const fix = "let an ExternalSecret or a generator fill it";
      const entropy = numberOf(context, "minimumEntropy");
      const data = read(resource.props, "data");
      const decoded = data.state === "value" && isObject(data.value) ? Object.entries(data.value) : [];
      const inBase64 = decoded.flatMap(([name, text]) => {
        const value =
          typeof text === "string" && !isUnknown(text) ? Buffer.from(text, "base64").toString() : text;
        return suspicions(value, member("data", name), name, entropy);
      });
      return [
        ...judge(resource, "stringData", context, fix),
        ...inBase64.map((one) => plain(resource, one, fix)),
      ];
    },
  },
  {
    name: "stack-output-secret",
    kind: "stack",
    description:
      "An output of a stack must not hold a secret, because other stacks, pipelines and logs read outputs.",
    severity: "critical",
    frameworks: [nist("IA-5(7)")],
    remediation:
      "Put out the name of the secret in the cloud's secret store, not its value. Change the secret: it is known.",
    settings,
    check: (resources, context) =>
      resources
        .filter(({ type }) => type === "pulumi:pulumi:Stack")
        .flatMap((stack) =>
          Object.keys(stack.props).flatMap((name) =>
            judge(stack, member("", name), context, "put out the secret's name instead of its value"),
          ),
        ),
  },
];

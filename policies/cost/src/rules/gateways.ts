import type { Finding, Rule } from "../../../shared/rule.ts";
import { numberOf } from "../../../shared/settings.ts";

interface Counted {
  readonly name: string;
  readonly type: string;
  readonly setting: string;
  readonly subject: string;
  readonly price: string;
}

/** NAT is paid by the hour for each gateway, used or not. */
function countRule({ name, type, setting, subject, price }: Counted): Rule {
  return {
    kind: "stack",
    name,
    description: `A stack must have no more ${subject} than its environment needs, because each costs ${price} before the first byte.`,
    severity: "low",
    frameworks: [],
    remediation: `Share a gateway between zones where their loss is bearable, or raise ${setting}.`,
    settings: {
      [setting]: {
        type: "integer",
        minimum: 0,
        maximum: 50,
        default: 3,
        description: `Most ${subject} of the stack.`,
      },
    },
    check: (resources, context): Finding[] => {
      const gateways = resources
        .filter((resource) => resource.type === type)
        .sort((a, b) => (a.urn < b.urn ? -1 : 1));
      const most = numberOf(context, setting);
      const last = gateways.at(-1);
      if (gateways.length <= most || last === undefined) return [];
      return [
        {
          resource: last,
          property: `number of ${subject}`,
          actual: String(gateways.length),
          required: `at most ${most}`,
          fix: `let zones share a gateway, or raise ${setting}`,
        },
      ];
    },
  };
}

export const countRules: readonly Rule[] = [
  countRule({
    name: "aws-vpc-nat-gateway-count",
    type: "aws:ec2/natGateway:NatGateway",
    setting: "maximumNatGateways",
    subject: "NAT gateways",
    price: "about $33 a month",
  }),
  countRule({
    name: "gcp-compute-router-nat-count",
    type: "gcp:compute/routerNat:RouterNat",
    setting: "maximumCloudNats",
    subject: "Cloud NAT gateways",
    price: "money by the hour",
  }),
  countRule({
    name: "azure-network-nat-gateway-count",
    type: "azure-native:network:NatGateway",
    setting: "maximumAzureNatGateways",
    subject: "Azure NAT gateways",
    price: "about $33 a month",
  }),
];

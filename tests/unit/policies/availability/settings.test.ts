// The settings of the availability pack that are tables: their own form is checked, and a part that is out of bounds
// is refused with its bounds before any rule runs.
import { expect } from "chai";
import { availability } from "../../../../policies/availability/src/pack.ts";
import { settingSchema, settingsOf } from "../../../../policies/shared/settings.ts";

function ruleNamed(name: string) {
  const rule = availability.rules.find((one) => one.name === name);
  if (!rule) throw new Error(`no rule ${name}`);
  return rule;
}

const retention = ruleNamed("aws-rds-instance-backup-retention");
const replicas = ruleNamed("kubernetes-workload-replica-minimum");
const versions = ruleNamed("aws-eks-cluster-supported-version");
const days = (changes: Readonly<Record<string, unknown>>) => ({
  local: 1,
  dev: 7,
  staging: 14,
  production: 30,
  ...changes,
});

describe("tables of the availability pack", () => {
  const bounds = "a whole number from 0 to 365 for each of local, dev, staging, production";
  const refused = (retentionDays: unknown) =>
    `aws-rds-instance-backup-retention › retentionDays: got ${JSON.stringify(retentionDays)}\n  allowed: ${bounds}`;

  it("take every whole number within their bounds", () => {
    for (const production of [0, 365]) {
      const retentionDays = days({ production });
      expect(settingsOf(retention, { retentionDays }).retentionDays).to.deep.equal(retentionDays);
    }
  });

  it("refuse a number beyond the bounds, a part of one, a missing and an unknown environment", () => {
    const { local: _, ...partial } = days({});
    const wrong = [
      days({ production: -1 }),
      days({ production: 366 }),
      days({ dev: 1.5 }),
      days({ dev: "7" }),
      partial,
      days({ test: 3 }),
    ];
    for (const retentionDays of wrong) {
      expect(() => settingsOf(retention, { retentionDays })).to.throw(refused(retentionDays));
    }
  });

  it("refuse an environment that does not exist", () => {
    expect(() => settingsOf(retention, { environment: "test" })).to.throw(
      'aws-rds-instance-backup-retention › environment: got "test"\n  allowed: one of local, dev, staging, production',
    );
  });

  it("hold the status summary's minimums, two replicas in staging and one in dev and local", () => {
    expect(settingsOf(replicas, {}).minimums).to.deep.equal({
      production: { publishing: 3, discovery: 5, consumption: 10, admin: 2 },
      staging: { publishing: 2, discovery: 2, consumption: 2, admin: 2 },
      dev: { publishing: 1, discovery: 1, consumption: 1, admin: 1 },
      local: { publishing: 1, discovery: 1, consumption: 1, admin: 1 },
    });
  });

  it("refuse replicas that are no whole number, beyond the bounds or of no environment", () => {
    for (const minimums of [
      { production: { discovery: 1.5 } },
      { production: { discovery: 1001 } },
      { production: { discovery: -1 } },
      { production: 3 },
      { test: { discovery: 1 } },
    ]) {
      expect(() => settingsOf(replicas, { minimums })).to.throw(
        "allowed: an object of environments (local, dev, staging, production), each an object of services with a whole number from 0 to 1000",
      );
    }
    const widest = { staging: { discovery: 0, consumption: 1000 } };
    expect(settingsOf(replicas, { minimums: widest }).minimums).to.deep.equal(widest);
  });

  it("refuse versions without a day", () => {
    for (const value of ["soon", "2027", 2027, ""]) {
      expect(() => settingsOf(versions, { versions: { "1.37": value } })).to.throw(
        "allowed: an object of versions, each with a day such as 2027-08-02 or unannounced",
      );
    }
    const own = { "1.37": "2027-12-01", "1.38": "unannounced" };
    expect(settingsOf(versions, { versions: own }).versions).to.deep.equal(own);
  });

  it("publish the same form to the engine", () => {
    const table = retention.settings?.retentionDays;
    if (!table) throw new Error("no table");
    const row = { type: "integer", minimum: 0, maximum: 365 };
    expect(settingSchema(table)).to.deep.equal({
      type: "object",
      properties: { local: row, dev: row, staging: row, production: row },
      required: ["local", "dev", "staging", "production"],
      additionalProperties: false,
      default: { local: 1, dev: 7, staging: 14, production: 30 },
      description: "Days that backups are kept, by environment; 0 for none.",
    });
  });
});

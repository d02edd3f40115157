/** Alertmanager's configuration with dummy keys in place of External Secrets' two, for tests on loopback. */
import { parse, stringify } from "yaml";

/** What External Secrets makes of the template: texts between backquotes as they are, keys filled in. */
export function renderConfig(template: string, keys: Readonly<Record<string, string>>): string {
  return template.replace(
    /\{\{(?:`(.*?)`| \.(\w+) )\}\}/gs,
    (_, verbatim: string | undefined, key: string) => {
      if (verbatim !== undefined) return verbatim;
      const value = keys[key];
      if (value === undefined) throw new Error(`the template wants ${key}, and the test has no dummy of it`);
      return value;
    },
  );
}

export const dummyKeys = {
  pagerduty: "0123456789abcdef0123456789abcdef",
  slack: "http://127.0.0.1:9/slack",
} as const;

/** The same configuration in a hurry, telling a server of the test. */
export function hastened(config: string, server: string): string {
  const parsed = parse(config);
  parsed.global.pagerduty_url = `${server}/pagerduty`;
  for (const route of [parsed.route, ...parsed.route.routes]) {
    if (route.group_wait !== undefined) route.group_wait = "1s";
    route.group_interval = "1s";
  }
  return stringify(parsed, { lineWidth: 0 });
}

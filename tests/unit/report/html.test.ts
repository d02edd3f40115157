// Covers report.html: what stands in it, that it needs nothing from elsewhere, and that no name or secret breaks out.
import { expect } from "chai";
import { html, trusted } from "../../../cli/report/html/html.ts";
import { reportHtml } from "../../../cli/report/html/page.ts";
import { asSecret } from "../../../simulator/properties.ts";
import {
  cost,
  exception,
  guardrails,
  hostile,
  outcome,
  planOf,
  report,
  resource,
  service,
} from "./fixture.ts";

/** The text of a piece of HTML, its tags and entities gone. */
const textOf = (page: string) =>
  page
    .replace(/<(script|style)\b[\s\S]*?<\/\1>/g, "")
    .replace(/<[^>]*>/g, " ")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&")
    .replace(/\s+/g, " ");

describe("the HTML template", () => {
  it("escapes what is put in, joins lists, and leaves out undefined and false", () => {
    const inner = html`<b title="${'"<'}">${"a & b"}</b>`;
    expect(html`<p>${inner}${[1, " ", "<i>"]}${undefined}${false}</p>`.text).to.equal(
      '<p><b title="&quot;&lt;">a &amp; b</b>1 &lt;i&gt;</p>',
    );
    expect(html`${trusted("<hr>")}`.text).to.equal("<hr>");
  });
});

describe("report.html", () => {
  const page = reportHtml(report());

  it("has the verdict first and a heading for every section", () => {
    const headings = [...page.matchAll(/<h([12])[^>]*>([^<]*)<\/h\1>/g)].map(
      ([, level, text]) => `${level} ${text}`,
    );
    expect(headings).to.deep.equal([
      "1 test may be built",
      "2 Architecture",
      "2 Cost",
      "2 Guardrails",
      "2 Exceptions",
      "2 Resources",
    ]);
    expect(page).to.contain("<title>test: may be built – plan of llm-marketplace</title>");
  });

  it("says why a stack may not be built, policy by policy", () => {
    const outcomes = Array.from({ length: 6 }, (_, index) =>
      outcome("service-image-pinned", "violation", { name: `r${index}` }),
    );
    const text = textOf(reportHtml(report({ guardrails: guardrails(outcomes) })));
    expect(text).to.contain("test may not be built 6 violations of 1 mandatory policy.");
    expect(text).to.contain(
      'service-image-pinned r0, r1, r2, r3 and 2 more: spec.image is "search:latest", required a digest. Fix: pin the image',
    );
  });

  it("shows cost by component with a chart, limits, savings, assumptions and price dates", () => {
    const text = textOf(page);
    expect(text).to.contain("$400.00 a month at 3 nodes, of a budget of $500.00.");
    expect(text).to.contain("At the typical load a million requests cost $4.50.");
    expect(text).to.contain("cluster 364.42 91.1 %");
    expect(text).to.contain("$100.00 below the budget of $500.00");
    expect(text).to.contain("spot nodes 120.00 stateless pools profile: optimised");
    expect(text).to.contain("one more node (4th): general +$121.47 521.47 over by $21.47");
    expect(text).to.contain("requestsMillions 100 Requests at the gateway at typical load, in millions.");
    expect(text).to.contain("The oldest price used is of 2026-09-01");
    expect(page).to.contain('aria-label="Cost by component: cluster $364.42, data $35.58. Budget $500.00."');
  });

  it("leaves out what a project without a price has not", () => {
    expect(reportHtml(report({ cost: undefined }))).not.to.match(/id="cost"|href="#cost"|undefined|NaN/);
  });

  it("lists every finding with its property, what it is, what is required and the fix", () => {
    const text = textOf(
      reportHtml(report({ guardrails: guardrails([outcome("service-probes", "excepted")], [exception]) })),
    );
    expect(text).to.contain(
      'Property spec.image Is "search:latest" Required a digest Fix pin the image Exception until 2026-12-31: The probe comes with the next release. Frameworks Pod Security Standards 1.35, restricted',
    );
    expect(text).to.contain("service-probes search-* 2026-12-31 1 The probe comes with the next release.");
  });

  it("has the tree of all resources, and what changed", () => {
    const text = textOf(
      reportHtml(
        report({
          changes: {
            with: "main",
            changes: [{ kind: "removed", type: "a:b:C", name: "old", path: ["data"], details: [] }],
          },
        }),
      ),
    );
    expect(text).to.contain("old in data removed a:b:C");
    expect(text).to.contain("search-rollout kubernetes:argoproj.io/v1alpha1:Rollout in llm-marketplace");
    expect(text).to.contain("data-postgres kubernetes:postgresql.cnpg.io/v1:Cluster in data protected");
  });

  it("loads, sends and links to nothing else", () => {
    expect(
      [...page.matchAll(/\b(?:src|href|action|xlink:href)="([^"]*)"/g)].map(([, target]) => target),
    ).to.satisfy((targets: string[]) => targets.every((target) => target.startsWith("#")));
    expect(page).not.to.match(/@import|url\((?!#)|<(?:link|iframe|object|embed|base)\b/);
    expect(page).to.match(
      /http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;; script-src &#39;sha256-[\w+/=]{44}&#39; &#39;sha256-[\w+/=]{44}&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;"/,
    );
  });

  it("has unique ids, and every reference to one leads somewhere", () => {
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).to.equal(ids.length);
    const references = [...page.matchAll(/(?:href="#|aria-labelledby=")([^"]*)"/g)].flatMap(([, id]) =>
      id?.split(" "),
    );
    for (const id of references) expect(ids, id).to.include(id);
  });

  it("shows hostile names as text, wherever they come from", () => {
    const resources = [
      ...service(hostile, { callers: [] }),
      resource("aws:x:X", hostile, {}, { protect: true }),
      resource(`evil:${hostile}:Type`, "named"),
    ];
    const plan = { ...planOf(resources), stack: hostile };
    const data = report({
      plan,
      stackFile: hostile,
      guardrails: guardrails(
        [outcome("service-probes", "violation", { name: hostile, actual: hostile, property: hostile })],
        [{ ...exception, resource: hostile, reason: hostile }],
      ),
      cost: {
        ...cost,
        region: hostile,
        lines: cost.lines.map((one) => ({ ...one, component: hostile, item: hostile })),
        unpriced: [{ urn: hostile, type: hostile, reason: hostile }],
        warnings: [hostile],
      },
      changes: {
        with: hostile,
        changes: [{ kind: "added", type: hostile, name: hostile, path: [hostile], details: [hostile] }],
      },
    });
    const bad = reportHtml(data);
    expect([...bad.matchAll(/<script\b/g)]).to.have.length(2);
    expect(bad).not.to.match(/<img|onerror=alert\(2\)>(?!&quot;)/);
    expect(bad).not.to.contain("\u001b");
    expect(textOf(bad)).to.contain("<script>alert(1)</script>");
  });

  it("holds no secret", () => {
    const secret = resource("aws:x:X", "holder", { password: asSecret("hunter2hunter2") });
    expect(reportHtml(report({ plan: planOf([secret]) }))).not.to.contain("hunter2");
  });
});

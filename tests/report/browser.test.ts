// Covers report.html in a real browser: nothing fails or is fetched, it fits a phone and a desk, every text has contrast
// in light and dark, it is whole without JavaScript, and its filters do what they say.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { startReport } from "../../cli/report/assessor.ts";
import { reportHtml } from "../../cli/report/html/page.ts";
import { launchBrowser } from "../support/browser.ts";
import { planOfStack, project } from "../support/plans.ts";
import {
  exception,
  guardrails,
  hostile,
  outcome,
  planOf,
  report,
  resource,
  service,
} from "../unit/report/fixture.ts";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const widths = { phone: 360, tablet: 768, desk: 1440 };
const schemes = ["light", "dark"] as const;

/** Findings of every kind, with names that try to break out. */
function violated(): string {
  const outcomes = [
    outcome("service-image-pinned", "violation", { name: hostile, actual: hostile, property: hostile }),
    outcome("service-image-pinned", "violation", { name: "web" }),
    outcome("service-probes", "violation", { level: "advisory" }),
    outcome("service-probes", "undetermined", { name: "later" }),
    outcome("service-probes", "excepted"),
  ];
  const plan = planOf([
    ...service("search"),
    resource("aws:x:X", hostile),
    resource("aws:x:X", "y".repeat(300)),
  ]);
  const change = {
    kind: "added" as const,
    type: "aws:x:X",
    name: hostile,
    path: ["data"],
    details: ["size: 1 → 2"],
  };
  return reportHtml(
    report({
      plan,
      guardrails: guardrails(outcomes, [exception, { ...exception, expires: "2026-01-01" }]),
      changes: {
        with: "main",
        changes: [change, { ...change, kind: "removed" }, { ...change, kind: "changed" }],
      },
    }),
  );
}

describe("report.html in Chromium", function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), "report-"));
  const files = { production: join(folder, "production.html"), violated: join(folder, "violated.html") };
  let browser: Browser;

  before(async () => {
    const assessment = await startReport(project, "production", { optimised: false })(
      await planOfStack("production"),
    );
    writeFileSync(
      files.production,
      assessment.files.find(({ name }) => name === "report.html")?.content ?? "",
    );
    writeFileSync(files.violated, violated());
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Opens a file, does the work, and expects that nothing went wrong or was asked for on the way. */
  async function open(
    file: keyof typeof files,
    options: BrowserContextOptions,
    work: (page: Page) => Promise<void>,
  ): Promise<void> {
    const context = await browser.newContext(options);
    const url = pathToFileURL(files[file]).href;
    const problems: string[] = [];
    try {
      const page = await context.newPage();
      page.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") problems.push(message.text());
      });
      page.on("pageerror", (error) => problems.push(String(error)));
      page.on("dialog", (dialog) => {
        problems.push(`dialog ${dialog.message()}`);
        void dialog.dismiss();
      });
      page.on("request", (request) => {
        if (request.url().split("#")[0] !== url) problems.push(`asked for ${request.url()}`);
      });
      page.on("requestfailed", (request) => problems.push(`failed ${request.url()}`));
      await page.goto(url);
      await work(page);
      expect(problems).to.deep.equal([]);
    } finally {
      await context.close();
    }
  }

  const overflow = (page: Page) =>
    page.evaluate(() => {
      const { documentElement: root } = document;
      const wide = [...document.querySelectorAll("body *")].filter(
        (one) =>
          one.getBoundingClientRect().right > root.clientWidth + 1 &&
          !one.closest(".scroll, svg, .skip, thead"),
      );
      return {
        extra: root.scrollWidth - root.clientWidth,
        wide: wide.map((one) => `${one.tagName}.${one.className}`),
      };
    });

  for (const file of Object.keys(files) as (keyof typeof files)[]) {
    for (const [device, width] of Object.entries(widths)) {
      it(`${file} fits ${device}, ${width} pixels wide, with everything open`, () =>
        open(file, { viewport: { width, height: 800 } }, async (page) => {
          await page.evaluate(() => {
            for (const one of document.querySelectorAll("details")) one.open = true;
          });
          expect(await overflow(page)).to.deep.equal({ extra: 0, wide: [] });
        }));
    }

    for (const colorScheme of schemes) {
      for (const [device, width] of Object.entries({ phone: widths.phone, desk: widths.desk })) {
        it(`${file} is accessible and has contrast on ${device} in ${colorScheme}`, () =>
          // The page forbids scripts that are not its own; the checker is one.
          open(file, { viewport: { width, height: 800 }, colorScheme, bypassCSP: true }, async (page) => {
            await page.evaluate(() => {
              for (const one of document.querySelectorAll("section > details"))
                (one as HTMLDetailsElement).open = true;
            });
            await page.addScriptTag({ content: axeSource });
            const found = await page.evaluate(async () => {
              const axe = (globalThis as unknown as { axe: typeof import("axe-core") }).axe;
              const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
              const { violations } = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
              return violations.map(
                ({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)} ${nodes[0]?.failureSummary}`,
              );
            });
            expect(found).to.deep.equal([]);
          }));
      }
    }
  }

  it("says everything without JavaScript", () =>
    open("violated", { javaScriptEnabled: false }, async (page) => {
      const headings = await page.locator("h1, h2").allTextContents();
      expect(headings).to.deep.equal([
        "test may not be built",
        "Architecture",
        "Cost",
        "Guardrails",
        "Exceptions",
        "Resources",
      ]);
      expect(await page.locator(".finding").count()).to.equal(5);
      expect(await page.locator(".finding:visible").count()).to.equal(5);
      for (const control of ["#filters", "#tree-tools", "#theme"]) {
        expect(await page.locator(control).isVisible(), control).to.equal(false);
      }
      await page.locator("#tree summary").first().click();
      expect(await page.locator("#tree > details").first().getAttribute("open")).to.equal(null);
    }));

  it("filters the findings", () =>
    open("violated", {}, async (page) => {
      const shown = () => page.locator(".finding:visible").count();
      const count = () => page.locator("#finding-count").textContent();
      expect([await shown(), await count()]).to.deep.equal([5, "5 of 5 findings shown"]);
      await page.selectOption("#filters [name=status]", "violation");
      expect(await shown()).to.equal(3);
      await page.selectOption("#filters [name=level]", "mandatory");
      expect(await shown()).to.equal(2);
      await page.fill("#filters [name=text]", "WEB");
      expect([await shown(), await count()]).to.deep.equal([1, "1 of 5 findings shown"]);
      await page.selectOption("#filters [name=severity]", "medium");
      expect([await shown(), await count()]).to.deep.equal([0, "0 of 5 findings shown"]);
    }));

  it("finds resources in the tree, and folds it back", () =>
    open("production", {}, async (page) => {
      const leaves = () => page.locator("#tree .leaf:visible").count();
      expect(await leaves()).to.equal(0);
      await page.fill("#tree-filter", "rds:instance ");
      await page.fill("#tree-filter", "rds:Instance");
      expect(await leaves()).to.be.greaterThan(0);
      expect(await page.locator("#tree-count").textContent()).to.match(/^\d of \d+ resources shown$/);
      await page.fill("#tree-filter", "");
      expect(await leaves()).to.equal(0);
      await page.click("#tree-open");
      expect(await leaves()).to.be.greaterThan(400);
      await page.click("#tree-close");
      expect(await leaves()).to.equal(0);
    }));

  it("follows the system's theme until one is chosen, and keeps the choice", () =>
    open("production", { colorScheme: "dark" }, async (page) => {
      const ground = (selector: string, property: "backgroundColor" | "fill") =>
        page.evaluate(([one, key]) => getComputedStyle(document.querySelector(one) as Element)[key], [
          selector,
          property,
        ] as const);
      const state = async () => [
        await ground("body", "backgroundColor"),
        await ground(".arch .page", "fill"),
      ];
      expect(await state()).to.deep.equal(["rgb(16, 19, 24)", "rgb(14, 19, 27)"]);
      await page.getByRole("button", { name: "Switch to the light theme" }).click();
      expect(await state()).to.deep.equal(["rgb(251, 251, 249)", "rgb(255, 255, 255)"]);
      await page.reload();
      expect(await state()).to.deep.equal(["rgb(251, 251, 249)", "rgb(255, 255, 255)"]);
      await page.getByRole("button", { name: "Switch to the dark theme" }).click();
      expect(await state()).to.deep.equal(["rgb(16, 19, 24)", "rgb(14, 19, 27)"]);
    }));

  it("can be used with the keyboard alone", () =>
    open("violated", {}, async (page) => {
      await page.keyboard.press("Tab");
      expect(await page.evaluate(() => document.activeElement?.textContent)).to.equal("Skip to the content");
      await page.keyboard.press("Enter");
      expect(await page.evaluate(() => document.activeElement?.id)).to.equal("main");
      const outline = await page.evaluate(() => {
        const theme = document.getElementById("theme") as HTMLButtonElement;
        theme.focus();
        return getComputedStyle(theme).outlineStyle;
      });
      expect(outline).to.equal("solid");
    }));

  it("shows the picture with text of at least 11 pixels on a desk", () =>
    open("production", { viewport: { width: widths.desk, height: 900 } }, async (page) => {
      const smallest = await page.evaluate(() => {
        const svg = document.querySelector("svg.arch") as SVGSVGElement;
        const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
        const sizes = [...svg.querySelectorAll("text")].map((one) =>
          Number.parseFloat(getComputedStyle(one).fontSize),
        );
        return Math.min(...sizes) * scale;
      });
      expect(smallest).to.be.at.least(11);
    }));

  it("keeps every text of the picture inside its box", () =>
    open("production", { viewport: { width: widths.desk, height: 900 } }, async (page) => {
      const outside = await page.evaluate(() =>
        [...document.querySelectorAll("svg.arch .node, svg.arch .cell")].flatMap((group) => {
          const box = (group.querySelector("rect") as SVGRectElement).getBoundingClientRect();
          return [...group.querySelectorAll("text")]
            .filter((one) => {
              const own = one.getBoundingClientRect();
              return (
                own.right > box.right ||
                own.left < box.left ||
                own.top < box.top - 1 ||
                own.bottom > box.bottom + 1
              );
            })
            .map((one) => one.textContent);
        }),
      );
      expect(outside).to.deep.equal([]);
    }));

  it("prints without controls", () =>
    open("violated", {}, async (page) => {
      await page.emulateMedia({ media: "print" });
      for (const control of [".top", "#filters"])
        expect(await page.locator(control).isVisible(), control).to.equal(false);
      expect(await page.locator("h1").isVisible()).to.equal(true);
    }));
});

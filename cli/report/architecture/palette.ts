/** Colours of the picture, light and dark. Every text on its ground has a contrast of at least 4.5 to 1. */
import type { FlowKind, NodeKind } from "./picture.ts";

interface Theme {
  readonly page: string;
  readonly card: string;
  readonly text: string;
  readonly note: string;
  readonly line: string;
  readonly region: string;
  readonly network: string;
  readonly tier: string;
  readonly cluster: string;
  readonly namespace: string;
  readonly cell: string;
  readonly hues: Readonly<Record<Hue, string>>;
  /** Share of a hue in the ground of a sign, in percent. */
  readonly tint: number;
}

type Hue = "blue" | "indigo" | "red" | "teal" | "amber" | "violet" | "grey" | "green" | "rose";

const light: Theme = {
  page: "#ffffff",
  card: "#ffffff",
  text: "#16202e",
  note: "#4a5768",
  line: "#c3cbd6",
  region: "#f6f8fb",
  network: "#eef2f8",
  tier: "#e6ecf5",
  cluster: "#f7f9fd",
  namespace: "#edf1f9",
  cell: "#ffffff",
  hues: {
    blue: "#1f62c9",
    indigo: "#4a4fc4",
    red: "#c2382c",
    teal: "#0b7d7a",
    amber: "#a8620a",
    violet: "#7d42bd",
    grey: "#5b6878",
    green: "#2c7d3c",
    rose: "#b3326d",
  },
  tint: 12,
};

const dark: Theme = {
  page: "#0e131b",
  card: "#1c2430",
  text: "#edf1f7",
  note: "#aeb9c8",
  line: "#3a4656",
  region: "#121923",
  network: "#151e2a",
  tier: "#192432",
  cluster: "#131b26",
  namespace: "#1a2533",
  cell: "#1f2937",
  hues: {
    blue: "#6ea8ff",
    indigo: "#9ba2ff",
    red: "#ff8a7d",
    teal: "#4fcfc6",
    amber: "#f0b051",
    violet: "#c79bff",
    grey: "#9aa8ba",
    green: "#74cf86",
    rose: "#ff8fbf",
  },
  tint: 20,
};

const nodeHues: Readonly<Record<NodeKind, Hue>> = {
  people: "grey",
  external: "grey",
  network: "indigo",
  gateway: "indigo",
  service: "blue",
  database: "teal",
  cache: "red",
  search: "green",
  messaging: "amber",
  observability: "violet",
  platform: "grey",
  storage: "teal",
  security: "rose",
  backup: "teal",
};

export const flowHues: Readonly<Record<FlowKind, Hue>> = {
  request: "blue",
  database: "teal",
  cache: "red",
  search: "green",
  messaging: "amber",
  telemetry: "violet",
  secret: "rose",
  backup: "grey",
};

function variables(theme: Theme): string {
  const { hues, tint, ...plain } = theme;
  return [
    ...Object.entries(plain).map(([name, value]) => `--a-${name}:${value}`),
    ...Object.entries(hues).map(([name, value]) => `--a-${name}:${value}`),
    `--a-tint:${tint}%`,
  ].join(";");
}

const darkRules = variables(dark);

/** The style sheet of the picture. Inside a page, `data-theme` on the root element decides over the system's wish. */
export const pictureStyle = [
  `.arch{${variables(light)};font-family:Helvetica Neue,Helvetica,Arial,Liberation Sans,sans-serif}`,
  `@media(prefers-color-scheme:dark){:root:not([data-theme=light]) .arch,svg.arch:root{${darkRules}}}`,
  `:root[data-theme=dark] .arch{${darkRules}}`,
  ".arch .page{fill:var(--a-page)}",
  ".arch text{fill:var(--a-text)}",
  ".arch .name{font-size:13px;font-weight:600}",
  ".arch .over>text{paint-order:stroke;stroke:var(--ground);stroke-width:5px;stroke-linejoin:round}",
  ".arch .note{font-size:12px;fill:var(--a-note)}",
  ".arch .cellname{font-size:12px;font-weight:600}",
  ...["region", "network", "tier", "cluster", "namespace"].map(
    (kind) => `.arch .${kind}{--ground:var(--a-${kind})}`,
  ),
  ".arch .group{fill:var(--ground);stroke:var(--a-line);stroke-width:1}",
  ".arch .group.region{stroke-dasharray:5 4;stroke:var(--a-grey)}",
  ".arch .group.cluster{stroke:var(--a-blue);stroke-width:1.5}",
  ".arch .cell rect{fill:var(--a-cell);stroke:var(--a-line);stroke-width:1}",
  ".arch .card{fill:var(--a-card);stroke:var(--a-line);stroke-width:1}",
  ".arch .sign{fill:none;stroke:var(--hue);stroke-width:1.6;stroke-linecap:round;stroke-linejoin:round}",
  ".arch .tile{fill:color-mix(in srgb,var(--hue) var(--a-tint),transparent)}",
  ".arch .halo{fill:none;stroke:var(--a-page);stroke-width:4.5;opacity:.75}",
  ".arch .line{fill:none;stroke:var(--hue);stroke-width:1.5}",
  ".arch .telemetry .line{stroke-dasharray:4 3}",
  ".arch .backup .line{stroke-dasharray:7 3}",
  ".arch .head{fill:var(--hue)}",
  ".arch .label rect{fill:var(--a-card);stroke:var(--a-line)}",
  ...Object.entries(nodeHues).map(([kind, hue]) => `.arch .node.${kind}{--hue:var(--a-${hue})}`),
  ...Object.entries(flowHues).map(
    ([kind, hue]) => `.arch .edge.${kind},.arch .head.${kind}{--hue:var(--a-${hue})}`,
  ),
].join("");

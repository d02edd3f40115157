/** What the architecture picture shows, before anything has a place: boxes in boxes and the traffic between them. */

/** What a node is, which decides its sign and colour. */
export type NodeKind =
  | "people"
  | "external"
  | "network"
  | "gateway"
  | "service"
  | "database"
  | "cache"
  | "search"
  | "messaging"
  | "observability"
  | "platform"
  | "storage"
  | "security"
  | "backup";

export type GroupKind = "region" | "network" | "tier" | "cluster" | "namespace";

/** What flows along an edge, which decides its colour. */
export type FlowKind =
  | "request"
  | "database"
  | "cache"
  | "search"
  | "messaging"
  | "telemetry"
  | "secret"
  | "backup";

export interface PictureNode {
  readonly id: string;
  readonly kind: NodeKind;
  readonly title: string;
  /** Short facts below the title: counts, sizes, versions. */
  readonly lines: readonly string[];
  /** Group it stands in; undefined for what stands outside of everything. */
  readonly group: string | undefined;
}

/** A cell of a strip in a group's head: a zone of a tier, a node pool of a cluster. */
export interface Cell {
  readonly title: string;
  readonly note: string;
}

export interface PictureGroup {
  readonly id: string;
  readonly kind: GroupKind;
  readonly title: string;
  readonly note: string;
  readonly group: string | undefined;
  readonly cells: readonly Cell[];
  /** How its nodes stand: by their connections, one below the other, or in rows of what is connected and what is not. */
  readonly arrangement?: "flow" | "list" | "rows";
  /** `below` for what stands under the lists beside it. */
  readonly row?: "below";
}

export interface PictureEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: FlowKind;
  /** What flows, in a word or two, for the list of connections. */
  readonly what: string;
  /** Written along the line, where a reader needs it there. */
  readonly label?: string;
  /** Listed, but not drawn: who watches whom would cover what the picture is about. */
  readonly quiet?: boolean;
  /** Drawn for several quiet ones, and not listed. */
  readonly bundle?: boolean;
}

export interface Picture {
  readonly title: string;
  readonly description: string;
  readonly groups: readonly PictureGroup[];
  readonly nodes: readonly PictureNode[];
  readonly edges: readonly PictureEdge[];
}

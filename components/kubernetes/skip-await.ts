/**
 * Annotation of every Service with pods. Pulumi would hold a Service back until a ready pod answers behind it, ten
 * minutes at most. Its pods are made later in the graph: a workload that depends on its own Service would wait for
 * itself, and pods that wait for an image or a secret by somebody's hand would fail the whole deployment. Whether
 * pods come up is told by the workload, which is waited for.
 */
export const skipAwait = { "pulumi.com/skipAwait": "true" } as const;

/* promql.ts - the expressions that dashboards have in common. */

export const rate = (series: string) => `rate(${series}[$__rate_interval])`;

/* Of a histogram's buckets; by has to name le. */
export const quantile = (q: number, buckets: string, by = 'le') =>
  `histogram_quantile(${q}, sum by (${by}) (${rate(buckets)}))`;

/* What pg_stat_statements counted per second, by named statement. Every replica of the service sees the statements of
 * all; labels choose among them and begin with a comma. */
export const statements = (name: string, labels = '') =>
  `max by (query) (sum by (query, instance) (${rate(`db_statement_${name}_total{job="tasklab"${labels}}`)}))`;

/* overview.ts - the dashboard Overview: traffic, errors, latency and saturation of the service. */
import { DashboardBuilder, QueryVariableBuilder, VariableRefresh, VariableSort } from '@grafana/grafana-foundation-sdk/dashboard';

import { dashboard, graph, heat, notes, number, PROMETHEUS, promTable, row, Step } from './kit';

/* The service's requests, of the routes chosen above the dashboard. */
const REQUESTS = 'http_requests_total{job="tasklab", route=~"$route"}';
const BUCKETS = 'http_request_duration_seconds_bucket{job="tasklab", route=~"$route"}';
const LOAD = 'tasklab_load_requests_total{job="load"}';
const LOAD_BUCKETS = 'tasklab_load_request_duration_seconds_bucket{job="load"}';

const rate = (series: string) => `rate(${series}[$__rate_interval])`;
const quantile = (q: number, buckets: string, by = 'le') => `histogram_quantile(${q}, sum by (${by}) (${rate(buckets)}))`;
const withCode = (series: string, code: string) => series.replace('}', `, code=~"${code}"}`);
/* No answer with that code means no series: that is a share of 0. */
const share = (series: string, code: string) =>
  `(sum(${rate(withCode(series, code))}) or vector(0)) / sum(${rate(series)})`;

const ERROR_STEPS: Step[] = [
  { from: 0.001, color: 'yellow' },
  { from: 0.01, color: 'red' },
];
const LATENCY_STEPS: Step[] = [
  { from: 0.1, color: 'yellow' },
  { from: 0.5, color: 'red' },
];
const USE_STEPS: Step[] = [
  { from: 0.7, color: 'yellow' },
  { from: 0.9, color: 'red' },
];

function glance(builder: DashboardBuilder): void {
  row(builder, 'At a glance', [
    notes(
      'How to read this dashboard',
      'From top to bottom: is there **traffic**, does it **fail**, is it **slow**, and what is **running out**? ' +
        'Rates are per second over the last few scrapes. ' +
        'Choose routes above to narrow every panel about requests. Green is fine, yellow is worth a look, red hurts users. ' +
        'When the database is the suspect, follow the link *PostgreSQL* at the top.',
    ),
    number({
      title: 'Requests',
      description: 'Requests answered per second.',
      unit: 'reqps',
      width: 4,
      decimals: 1,
      expr: `sum(${rate(REQUESTS)})`,
    }),
    number({
      title: 'Errors',
      description: 'Share of requests answered with a 5xx status: the service failed, not the client.',
      unit: 'percentunit',
      width: 4,
      decimals: 2,
      min: 0,
      steps: ERROR_STEPS,
      expr: share(REQUESTS, '5..'),
    }),
    number({
      title: 'Latency p95',
      description: '95 of 100 requests are answered within this time.',
      unit: 's',
      width: 4,
      steps: LATENCY_STEPS,
      expr: quantile(0.95, BUCKETS),
    }),
    number({
      title: 'In flight',
      description: 'Requests being handled now, by all threads together.',
      unit: 'short',
      width: 4,
      expr: 'sum(http_requests_in_flight{job="tasklab"})',
    }),
    number({
      title: 'Pool in use',
      description: 'Share of the connections that the pool may open which are at work. At 1, callers wait.',
      unit: 'percentunit',
      width: 4,
      min: 0,
      max: 1,
      steps: USE_STEPS,
      expr: 'sum(db_pool_connections{job="tasklab", state="busy"}) / sum(db_pool_max_connections{job="tasklab"})',
    }),
    number({
      title: 'Targets up',
      description: 'Share of the scraped targets that answer Prometheus. Below 1, a part of the system is down or unreachable.',
      unit: 'percentunit',
      width: 4,
      min: 0,
      max: 1,
      expr: 'avg(up)',
    }),
  ]);
}

function traffic(builder: DashboardBuilder): void {
  row(builder, 'Traffic and errors', [
    graph({
      title: 'Requests by status',
      description: 'Requests answered per second by HTTP status. 2xx and 304 are normal, 4xx are the client\'s mistakes, 5xx are ours.',
      unit: 'reqps',
      width: 8,
      stacked: true,
      queries: [{ expr: `sum by (code) (${rate(REQUESTS)}) > 0`, legend: '{{code}}' }],
    }),
    graph({
      title: 'Requests by route',
      description: 'Requests answered per second by method and route template, for routes with traffic.',
      unit: 'reqps',
      width: 8,
      stacked: true,
      queries: [{ expr: `sum by (method, route) (${rate(REQUESTS)}) > 0`, legend: '{{method}} {{route}}' }],
    }),
    graph({
      title: 'Share of failed requests',
      description: 'Server errors (5xx) are failures of the service. A rise of client errors (4xx) alone points at a caller.',
      unit: 'percentunit',
      width: 8,
      steps: ERROR_STEPS,
      queries: [
        { expr: share(REQUESTS, '5..'), legend: 'server errors (5xx)' },
        { expr: share(REQUESTS, '4..'), legend: 'client errors (4xx)' },
      ],
    }),
  ]);
}

function latency(builder: DashboardBuilder): void {
  row(builder, 'Latency', [
    notes(
      'How to read latency',
      'A percentile is a promise to most users: p50 is the usual request, p95 and p99 the slow ones. A rising **p99 with a calm p50** is a slow route or ' +
        'waiting (locks, the pool); **all rising together** is saturation. The heat map shows what percentiles hide: two bands are two kinds of requests. ' +
        'Percentiles are interpolated within histogram buckets, so they are as exact as the buckets are narrow.',
    ),
    graph({
      title: 'Latency percentiles',
      description: 'Time within which 50, 95 and 99 of 100 requests were answered, measured by the service.',
      unit: 's',
      width: 8,
      steps: LATENCY_STEPS,
      queries: [0.5, 0.95, 0.99].map((q) => ({ expr: quantile(q, BUCKETS), legend: `p${q * 100}` })),
    }),
    heat({
      title: 'Latency heat map',
      description: 'How many requests fell into each latency bucket at each moment.',
      unit: 's',
      width: 8,
      expr: `sum by (le) (increase(${BUCKETS}[$__rate_interval]))`,
    }),
    graph({
      title: 'p95 by route',
      description: 'The 95th percentile of each route with traffic: which route is the slow one?',
      unit: 's',
      width: 8,
      queries: [{ expr: `${quantile(0.95, BUCKETS, 'method, route, le')} >= 0`, legend: '{{method}} {{route}}' }],
    }),
  ]);
}

function routes(builder: DashboardBuilder): void {
  const busy = '(sum by (method, route) (route:http_requests:rate1m{route=~"$route"}) > 0)';

  row(builder, 'Routes', [
    promTable({
      title: 'Routes over the last minute',
      description: 'Every route with traffic: its rate, the share of 5xx answers, its 95th percentile, and its share of the time spent on all requests.',
      width: 24,
      sortBy: 'Requests',
      exprs: [
        busy,
        `sum by (method, route) (route:http_errors:rate1m) / ${busy}`,
        `sum by (method, route) (route:http_request_duration_seconds:p95_rate1m) and ${busy}`,
        `sum by (method, route) (rate(http_request_duration_seconds_sum{job="tasklab"}[1m])) / scalar(sum(rate(http_request_duration_seconds_sum{job="tasklab"}[1m]))) and ${busy}`,
      ],
      columns: [
        { field: 'method', name: 'Method', width: 90 },
        { field: 'route', name: 'Route' },
        { field: 'Value #A', name: 'Requests', unit: 'reqps', decimals: 2, width: 140 },
        { field: 'Value #B', name: 'Errors', unit: 'percentunit', decimals: 2, width: 140, steps: ERROR_STEPS },
        { field: 'Value #C', name: 'p95', unit: 's', width: 140, steps: LATENCY_STEPS },
        { field: 'Value #D', name: 'Share of time', unit: 'percentunit', decimals: 1, width: 140 },
      ],
    }),
  ]);
}

function saturation(builder: DashboardBuilder): void {
  row(builder, 'Saturation', [
    notes(
      'How to read saturation',
      'What is full makes others wait. When **busy** connections reach the limit, **callers wait** for the pool, then are **refused** (503). ' +
        'Many busy connections at little traffic mean slow statements: look at *PostgreSQL*. A CPU near the number of cores means that the service itself is the limit. ' +
        'Memory or file descriptors that only ever rise are a leak.',
    ),
    graph({
      title: 'Connection pool',
      description: 'Connections of the pool to PostgreSQL by state, below the limit of the setting db_pool_max.',
      unit: 'short',
      width: 8,
      queries: [
        { expr: 'sum by (state) (db_pool_connections{job="tasklab"})', legend: '{{state}}' },
        { expr: 'sum(db_pool_max_connections{job="tasklab"})', legend: 'limit' },
      ],
    }),
    graph({
      title: 'Waiting for a connection',
      description: 'Mean time a caller waited for a pooled connection, and the wait of the slowest 1 %.',
      unit: 's',
      width: 8,
      queries: [
        {
          expr: `sum(${rate('db_pool_wait_seconds_sum{job="tasklab"}')}) / sum(${rate('db_pool_wait_seconds_count{job="tasklab"}')})`,
          legend: 'mean',
        },
        { expr: quantile(0.99, 'db_pool_wait_seconds_bucket{job="tasklab"}'), legend: 'p99' },
      ],
    }),
    graph({
      title: 'Waiting, refused, in flight',
      description: 'Requests in flight, callers waiting for a connection, and callers refused per second because the pool was exhausted or the circuit breaker open.',
      unit: 'short',
      width: 8,
      queries: [
        { expr: 'sum(http_requests_in_flight{job="tasklab"})', legend: 'in flight' },
        { expr: 'sum(db_pool_waiting{job="tasklab"})', legend: 'waiting for a connection' },
        { expr: `sum(${rate('db_pool_refused_total{job="tasklab"}')})`, legend: 'refused per second' },
      ],
    }),
    graph({
      title: 'CPU',
      description: 'Cores that each process keeps busy, the service and those that watch it.',
      unit: 'short',
      width: 8,
      queries: [{ expr: `sum by (job) (${rate('process_cpu_seconds_total')})`, legend: '{{job}}' }],
    }),
    graph({
      title: 'Memory',
      description: 'Resident memory of each process.',
      unit: 'bytes',
      width: 8,
      queries: [{ expr: 'sum by (job) (process_resident_memory_bytes)', legend: '{{job}}' }],
    }),
    graph({
      title: 'Threads and file descriptors',
      description: 'Threads and open file descriptors of the service. Every connection is one of each.',
      unit: 'short',
      width: 8,
      queries: [
        { expr: 'sum(process_threads{job="tasklab"})', legend: 'threads' },
        { expr: 'sum(process_open_fds{job="tasklab"})', legend: 'file descriptors' },
      ],
    }),
  ]);
}

function client(builder: DashboardBuilder): void {
  row(builder, 'As the client sees it', [
    notes(
      'How to read the load generator\'s view',
      '`tasklab load` sends at a constant rate whether or not answers come back, and counts latency from the moment a request was **due**. ' +
        'So a stall shows here in full, while the service\'s own clock starts only when a request arrives. ' +
        'Client latency far above service latency: requests wait before the service sees them (accept queue, threads).',
    ),
    graph({
      title: 'Sent by operation',
      description: 'Requests of the load generator per second by kind.',
      unit: 'reqps',
      width: 8,
      stacked: true,
      queries: [{ expr: `sum by (operation) (${rate(LOAD)}) > 0`, legend: '{{operation}}' }],
    }),
    graph({
      title: 'Client latency against service latency',
      description: 'The 99th percentile and the median as the client and the service measure them.',
      unit: 's',
      width: 8,
      queries: [
        { expr: quantile(0.99, LOAD_BUCKETS), legend: 'client p99' },
        { expr: quantile(0.5, LOAD_BUCKETS), legend: 'client p50' },
        { expr: quantile(0.99, 'http_request_duration_seconds_bucket{job="tasklab"}'), legend: 'service p99' },
        { expr: quantile(0.5, 'http_request_duration_seconds_bucket{job="tasklab"}'), legend: 'service p50' },
      ],
    }),
    graph({
      title: 'Failures the client sees',
      description: 'Share of requests that got a 5xx answer or none at all (code is then the failure\'s name, such as timeout or connect).',
      unit: 'percentunit',
      width: 8,
      steps: ERROR_STEPS,
      queries: [
        { expr: share(LOAD, '5..'), legend: 'answered with 5xx' },
        { expr: share(LOAD, '[a-z].*'), legend: 'not answered' },
      ],
    }),
  ]);
}

function data(builder: DashboardBuilder): void {
  row(builder, 'Data and build', [
    graph({
      title: 'Tasks by status',
      description: 'Tasks in the database, counted in the background.',
      unit: 'short',
      width: 12,
      queries: [{ expr: 'sum by (status) (tasklab_tasks{job="tasklab"})', legend: '{{status}}' }],
    }),
    promTable({
      title: 'Build',
      description: 'What is running.',
      width: 12,
      height: 8,
      sortBy: 'Version',
      exprs: ['sum by (version, revision, compiler, libpq) (tasklab_build_info{job="tasklab"})'],
      columns: [
        { field: 'version', name: 'Version' },
        { field: 'revision', name: 'Revision' },
        { field: 'compiler', name: 'Compiler' },
        { field: 'libpq', name: 'libpq' },
        { field: 'Value', name: 'Instances' },
      ],
    }),
  ]);
}

export function overview(): DashboardBuilder {
  const builder = dashboard({
    uid: 'tasklab-overview',
    title: 'Overview',
    description: 'Traffic, errors, latency and saturation of the task service.',
  }).withVariable(
    new QueryVariableBuilder('route')
      .label('Route')
      .description('Route templates of the requests to look at.')
      .datasource(PROMETHEUS)
      .query({ query: 'label_values(http_requests_total{job="tasklab"}, route)', refId: 'route' })
      .definition('label_values(http_requests_total{job="tasklab"}, route)')
      .refresh(VariableRefresh.OnDashboardLoad)
      .sort(VariableSort.AlphabeticalAsc)
      .multi(true)
      .includeAll(true)
      .allValue('.*')
      .current({ selected: true, text: ['All'], value: ['$__all'] }),
  );

  glance(builder);
  traffic(builder);
  latency(builder);
  routes(builder);
  saturation(builder);
  client(builder);
  data(builder);
  return builder;
}

/* overview.ts - the dashboard Overview: traffic, errors, latency and saturation of the service. */
import { VariableRefresh, VariableSort } from '@grafana/grafana-foundation-sdk/dashboard';

import { dashboard, each, notes, panels, promTable, row, Step, variable } from './kit';
import { quantile, rate } from './promql';

const { graph, heat, number } = panels();

/* The service's requests, of the routes chosen above the dashboard. */
const REQUESTS = 'http_requests_total{job="tasklab", route=~"$route"}';
const BUCKETS = 'http_request_duration_seconds_bucket{job="tasklab", route=~"$route"}';
const LOAD = 'tasklab_load_requests_total{job="load"}';
const LOAD_BUCKETS = 'tasklab_load_request_duration_seconds_bucket{job="load"}';

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

const glance = row('At a glance', [
  notes(
    'How to read this dashboard',
    'From top to bottom: is there **traffic**, does it **fail**, is it **slow**, and what is **running out**? ' +
      'Rates are per second over the last few scrapes. ' +
      'Choose routes above to narrow every panel about requests. Green is fine, yellow is worth a look, red hurts users. ' +
      'When the database is the suspect, follow the link *PostgreSQL* at the top.',
  ),
  number('Requests', 'reqps', 'Requests answered per second.', `sum(${rate(REQUESTS)})`, { decimals: 1 }),
  number('Errors', 'percentunit', 'Share of requests answered with a 5xx status: the service failed, not the client.',
    share(REQUESTS, '5..'), { decimals: 2, min: 0, steps: ERROR_STEPS }),
  number('Latency p95', 's', '95 of 100 requests are answered within this time.', quantile(0.95, BUCKETS), { steps: LATENCY_STEPS }),
  number('In flight', 'short', 'Requests being handled now, by all threads together.', 'sum(http_requests_in_flight{job="tasklab"})'),
  number('Pool in use', 'percentunit', 'Share of the connections that the pool may open which are at work. At 1, callers wait.',
    'sum(db_pool_connections{job="tasklab", state="busy"}) / sum(db_pool_max_connections{job="tasklab"})', { min: 0, max: 1, steps: USE_STEPS }),
  number('Targets up', 'percentunit', 'Share of the scraped targets that answer Prometheus. Below 1, a part of the system is down or unreachable.',
    'avg(up)', { min: 0, max: 1 }),
]);

const traffic = row('Traffic and errors', [
  graph('Requests by status', 'reqps', 'Requests answered per second by HTTP status. 2xx and 304 are normal, 4xx are the client\'s mistakes, 5xx are ours.',
    { '{{code}}': `sum by (code) (${rate(REQUESTS)}) > 0` }, { stacked: true }),
  graph('Requests by route', 'reqps', 'Requests answered per second by method and route template, for routes with traffic.',
    { '{{method}} {{route}}': `sum by (method, route) (${rate(REQUESTS)}) > 0` }, { stacked: true }),
  graph('Share of failed requests', 'percentunit', 'Server errors (5xx) are failures of the service. A rise of client errors (4xx) alone points at a caller.', {
    'server errors (5xx)': share(REQUESTS, '5..'),
    'client errors (4xx)': share(REQUESTS, '4..'),
  }, { steps: ERROR_STEPS }),
]);

const latency = row('Latency', [
  notes(
    'How to read latency',
    'A percentile is a promise to most users: p50 is the usual request, p95 and p99 the slow ones. A rising **p99 with a calm p50** is a slow route or ' +
      'waiting (locks, the pool); **all rising together** is saturation. The heat map shows what percentiles hide: two bands are two kinds of requests. ' +
      'Percentiles are interpolated within histogram buckets, so they are as exact as the buckets are narrow.',
  ),
  graph('Latency percentiles', 's', 'Time within which 50, 95 and 99 of 100 requests were answered, measured by the service.',
    each([0.5, 0.95, 0.99], (q) => [`p${q * 100}`, quantile(q, BUCKETS)]), { steps: LATENCY_STEPS }),
  heat('Latency heat map', 's', 'How many requests fell into each latency bucket at each moment.', `sum by (le) (increase(${BUCKETS}[$__rate_interval]))`),
  graph('p95 by route', 's', 'The 95th percentile of each route with traffic: which route is the slow one?',
    { '{{method}} {{route}}': `${quantile(0.95, BUCKETS, 'method, route, le')} >= 0` }),
]);

const BUSY = '(sum by (method, route) (route:http_requests:rate1m{route=~"$route"}) > 0)';

const routes = row('Routes', [
  promTable({
    title: 'Routes over the last minute',
    description: 'Every route with traffic: its rate, the share of 5xx answers, its 95th percentile, and its share of the time spent on all requests.',
    width: 24,
    sortBy: 'Requests',
    exprs: [
      BUSY,
      `sum by (method, route) (route:http_errors:rate1m) / ${BUSY}`,
      `sum by (method, route) (route:http_request_duration_seconds:p95_rate1m) and ${BUSY}`,
      `sum by (method, route) (rate(http_request_duration_seconds_sum{job="tasklab"}[1m])) / scalar(sum(rate(http_request_duration_seconds_sum{job="tasklab"}[1m]))) and ${BUSY}`,
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

const saturation = row('Saturation', [
  notes(
    'How to read saturation',
    'What is full makes others wait. When **busy** connections reach the limit, **callers wait** for the pool, then are **refused** (503). ' +
      'Many busy connections at little traffic mean slow statements: look at *PostgreSQL*. A CPU near the number of cores means that the service itself is the limit. ' +
      'Memory or file descriptors that only ever rise are a leak.',
  ),
  graph('Connection pool', 'short', 'Connections of the pool to PostgreSQL by state, below the limit of the setting db_pool_max.', {
    '{{state}}': 'sum by (state) (db_pool_connections{job="tasklab"})',
    limit: 'sum(db_pool_max_connections{job="tasklab"})',
  }),
  graph('Waiting for a connection', 's', 'Mean time a caller waited for a pooled connection, and the wait of the slowest 1 %.', {
    mean: `sum(${rate('db_pool_wait_seconds_sum{job="tasklab"}')}) / sum(${rate('db_pool_wait_seconds_count{job="tasklab"}')})`,
    p99: quantile(0.99, 'db_pool_wait_seconds_bucket{job="tasklab"}'),
  }),
  graph('Waiting, refused, in flight', 'short', 'Requests in flight, callers waiting for a connection, and callers refused per second because the pool was exhausted or the circuit breaker open.', {
    'in flight': 'sum(http_requests_in_flight{job="tasklab"})',
    'waiting for a connection': 'sum(db_pool_waiting{job="tasklab"})',
    'refused per second': `sum(${rate('db_pool_refused_total{job="tasklab"}')})`,
  }),
  graph('CPU', 'short', 'Cores that each process keeps busy, the service and those that watch it.',
    { '{{job}}': `sum by (job) (${rate('process_cpu_seconds_total')})` }),
  graph('Memory', 'bytes', 'Resident memory of each process.', { '{{job}}': 'sum by (job) (process_resident_memory_bytes)' }),
  graph('Threads and file descriptors', 'short', 'Threads and open file descriptors of the service. Every connection is one of each.', {
    threads: 'sum(process_threads{job="tasklab"})',
    'file descriptors': 'sum(process_open_fds{job="tasklab"})',
  }),
]);

const client = row('As the client sees it', [
  notes(
    'How to read the load generator\'s view',
    '`tasklab load` sends at a constant rate whether or not answers come back, and counts latency from the moment a request was **due**. ' +
      'So a stall shows here in full, while the service\'s own clock starts only when a request arrives. ' +
      'Client latency far above service latency: requests wait before the service sees them (accept queue, threads).',
  ),
  graph('Sent by operation', 'reqps', 'Requests of the load generator per second by kind.',
    { '{{operation}}': `sum by (operation) (${rate(LOAD)}) > 0` }, { stacked: true }),
  graph('Client latency against service latency', 's', 'The 99th percentile and the median as the client and the service measure them.', {
    'client p99': quantile(0.99, LOAD_BUCKETS),
    'client p50': quantile(0.5, LOAD_BUCKETS),
    'service p99': quantile(0.99, 'http_request_duration_seconds_bucket{job="tasklab"}'),
    'service p50': quantile(0.5, 'http_request_duration_seconds_bucket{job="tasklab"}'),
  }),
  graph('Failures the client sees', 'percentunit', 'Share of requests that got a 5xx answer or none at all (code is then the failure\'s name, such as timeout or connect).', {
    'answered with 5xx': share(LOAD, '5..'),
    'not answered': share(LOAD, '[a-z].*'),
  }, { steps: ERROR_STEPS }),
]);

const data = row('Data and build', [
  graph('Tasks by status', 'short', 'Tasks in the database, counted in the background.',
    { '{{status}}': 'sum by (status) (tasklab_tasks{job="tasklab"})' }, { width: 12 }),
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

const route = variable('route', 'Route', 'Route templates of the requests to look at.', 'http_requests_total{job="tasklab"}', 'route')
  .refresh(VariableRefresh.OnDashboardLoad)
  .sort(VariableSort.AlphabeticalAsc)
  .multi(true)
  .includeAll(true)
  .allValue('.*')
  .current({ selected: true, text: ['All'], value: ['$__all'] });

export const overview = () =>
  dashboard({
    uid: 'tasklab-overview',
    title: 'Overview',
    description: 'Traffic, errors, latency and saturation of the task service.',
    variable: route,
    rows: [glance, traffic, latency, routes, saturation, client, data],
  });

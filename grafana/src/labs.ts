/* labs.ts - the dashboard Labs: what the workload of an active lab costs, and what a fix changes. */
import { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';

import { dashboard, graph, heat, notes, number, promTable, row } from './kit';

const IDLE = 'no lab is active';

const rate = (series: string) => `rate(${series}[$__rate_interval])`;
const LATENCY = 'tasklab_lab_statement_duration_seconds';
const BACKGROUND = '{job="tasklab", phase="background"}';
const ALL_PHASES = '{job="tasklab"}';
const ACTIVE = '(max by (lab) (tasklab_lab_active{job="tasklab"}) > 0)';
const calls = (labels: string, by: string) => `sum by (${by}) (${rate(`${LATENCY}_count${labels}`)})`;
const quantile = (q: number, labels: string, by: string) =>
  `histogram_quantile(${q}, sum by (le, ${by}) (${rate(`${LATENCY}_bucket${labels}`)}))`;

/* What pg_stat_statements counted for the active lab's statements. Every replica of the service sees the same. */
const per = (name: string, op = '') =>
  `max by (query) (sum by (query, instance) (${rate(`db_statement_${name}_total{job="tasklab", query=~"lab:.+"${op}}`)}))`;
const perCall = (name: string, op = '') => `${per(name, op)} / (${per('calls')} > 0)`;

/* A counter of pg_stat_database, for each database of a lab. */
const database = (name: string) => `sum by (datname) (${rate(`pg_stat_database_${name}{datname=~"lab_.*"}`)})`;

function glance(builder: DashboardBuilder): void {
  row(builder, 'The active lab', [
    notes(
      'How to read this dashboard',
      '`tasklab lab start` makes a lab active: its database `lab_...` stands in a broken state, and its own workload goes on **in the background**, a few calls a second. ' +
        'Find out what is wrong, mend it in that database, and watch the figures fall. **Blocks and rows per call** are the evidence; latency is context, since it depends on the machine. ' +
        'A check or a run records **before** (broken) and **after** (mended), and the background rests meanwhile. Labs over HTTP show on *Overview* too.',
      5,
    ),
    number({
      title: 'Active labs',
      description: 'Labs that have been started and not yet reset.',
      unit: 'short',
      width: 4,
      decimals: 0,
      base: 'yellow',
      expr: 'sum(max by (lab) (tasklab_lab_active{job="tasklab"}))',
    }),
    number({
      title: 'Background calls',
      description: 'Calls of the workload per second in the background: 20 at most, fewer where a call takes long.',
      unit: 'ops',
      width: 4,
      decimals: 1,
      idle: IDLE,
      expr: `sum(${rate(`${LATENCY}_count${BACKGROUND}`)})`,
    }),
    number({
      title: 'Latency p95',
      description: '95 of 100 background calls are answered within this time.',
      unit: 's',
      width: 4,
      idle: IDLE,
      expr: quantile(0.95, BACKGROUND, 'lab'),
    }),
    number({
      title: 'Blocks per call',
      description: 'Shared blocks of 8 kB that a call goes over, in shared buffers or read into them.',
      unit: 'short',
      width: 4,
      idle: IDLE,
      expr: perCall('shared_blocks', ', op=~"hit|read"'),
    }),
    number({
      title: 'Rows per call',
      description: 'Rows that a call returns or changes. Many blocks for few rows: most of the work is thrown away.',
      unit: 'short',
      width: 4,
      idle: IDLE,
      expr: perCall('rows'),
    }),
    number({
      title: 'Size',
      description: 'Size of the labs\' databases on disk.',
      unit: 'bytes',
      width: 4,
      idle: IDLE,
      expr: 'sum(pg_database_size_bytes{datname=~"lab_.*"})',
    }),
  ]);
}

function latency(builder: DashboardBuilder): void {
  row(builder, 'Latency', [
    graph({
      title: 'Latency by phase',
      description: 'Median and 95th percentile of the workload\'s calls: in the background, and while a check or a run records the broken state (before) and the mended one (after).',
      unit: 's',
      width: 8,
      idle: IDLE,
      queries: [
        { expr: quantile(0.95, ALL_PHASES, 'lab, phase'), legend: '{{lab}} {{phase}} p95' },
        { expr: quantile(0.5, ALL_PHASES, 'lab, phase'), legend: '{{lab}} {{phase}} p50' },
      ],
    }),
    heat({
      title: 'Where background calls lie',
      description: 'Background calls by duration: one column a moment, darker for more. Two bands mean that some parameters are cheap and others are not.',
      unit: 's',
      width: 8,
      idle: IDLE,
      expr: `sum by (le) (${rate(`${LATENCY}_bucket${BACKGROUND}`)})`,
    }),
    graph({
      title: 'Calls by phase',
      description: 'Calls per second by phase. Recorded phases go as fast as the database answers.',
      unit: 'ops',
      width: 8,
      idle: IDLE,
      queries: [{ expr: calls(ALL_PHASES, 'lab, phase'), legend: '{{lab}} {{phase}}' }],
    }),
  ]);
}

function costs(builder: DashboardBuilder): void {
  row(builder, 'What a call costs', [
    notes(
      'How to read costs',
      'PostgreSQL\'s own counts (pg_stat_statements) for the lab\'s statements, found by their query identifier. They do not depend on how busy the machine is: ' +
        'a fix shows as a step, noise does not. A lab over HTTP has none here: its requests make the service\'s usual statements.',
      4,
    ),
    graph({
      title: 'Blocks per call',
      description: 'Shared blocks that a call found in shared buffers (hit), read into them, or made dirty.',
      unit: 'short',
      width: 8,
      idle: IDLE,
      queries: ['hit', 'read', 'dirtied'].map((op) => ({ expr: perCall('shared_blocks', `, op="${op}"`), legend: `{{query}} ${op}` })),
    }),
    graph({
      title: 'Rows per call',
      description: 'Rows that a call returned or changed.',
      unit: 'short',
      width: 8,
      idle: IDLE,
      queries: [{ expr: perCall('rows'), legend: '{{query}}' }],
    }),
    graph({
      title: 'Time on the server per call',
      description: 'Execution time of a call as the server measures it.',
      unit: 's',
      width: 8,
      idle: IDLE,
      queries: [{ expr: perCall('seconds', ', op="execution"'), legend: '{{query}}' }],
    }),
    graph({
      title: 'Temporary blocks per call',
      description: 'Blocks that a call wrote to disk and read again, because a sort or a hash did not fit into work_mem.',
      unit: 'short',
      width: 8,
      idle: IDLE,
      queries: ['read', 'written'].map((op) => ({ expr: perCall('temp_blocks', `, op="${op}"`), legend: `{{query}} ${op}` })),
    }),
    graph({
      title: 'WAL per call',
      description: 'Write-ahead log that a call made.',
      unit: 'bytes',
      width: 8,
      idle: IDLE,
      queries: [{ expr: perCall('wal_bytes'), legend: '{{query}}' }],
    }),
    promTable({
      title: 'Active',
      description: 'The labs that are active now, with the rate and the 95th percentile of their background calls.',
      width: 8,
      height: 8,
      idle: IDLE,
      sortBy: 'Calls',
      exprs: [`${calls(BACKGROUND, 'lab')} and on (lab) ${ACTIVE}`, `${quantile(0.95, BACKGROUND, 'lab')} and on (lab) ${ACTIVE}`],
      columns: [
        { field: 'lab', name: 'Lab' },
        { field: 'Value #A', name: 'Calls', unit: 'ops', decimals: 1, width: 100 },
        { field: 'Value #B', name: 'p95', unit: 's', width: 100 },
      ],
    }),
  ]);
}

function databases(builder: DashboardBuilder): void {
  row(builder, 'The labs\' databases', [
    graph({
      title: 'Rows read by scanning, rows fetched by index',
      description: 'Rows per second that sequential scans went over and index entries returned, against rows fetched through an index. A wide gap is a table that is read whole.',
      unit: 'short',
      width: 8,
      idle: IDLE,
      queries: [
        { expr: database('tup_returned'), legend: '{{datname}} read' },
        { expr: database('tup_fetched'), legend: '{{datname}} fetched by index' },
      ],
    }),
    graph({
      title: 'Rows changed',
      description: 'Rows inserted, updated and deleted per second.',
      unit: 'short',
      width: 8,
      idle: IDLE,
      queries: ['inserted', 'updated', 'deleted'].map((what) => ({ expr: database(`tup_${what}`), legend: `{{datname}} ${what}` })),
    }),
    graph({
      title: 'Transactions and conflicts',
      description: 'Commits and rollbacks per second, and deadlocks.',
      unit: 'ops',
      width: 8,
      idle: IDLE,
      queries: [
        { expr: database('xact_commit'), legend: '{{datname}} commits' },
        { expr: database('xact_rollback'), legend: '{{datname}} rollbacks' },
        { expr: database('deadlocks'), legend: '{{datname}} deadlocks' },
      ],
    }),
    graph({
      title: 'Temporary files',
      description: 'Bytes per second written to temporary files.',
      unit: 'Bps',
      width: 8,
      idle: IDLE,
      queries: [{ expr: database('temp_bytes'), legend: '{{datname}}' }],
    }),
    graph({
      title: 'Sessions',
      description: 'Connections to the labs\' databases by state: the background traffic, your psql, and sessions that the lab holds open.',
      unit: 'short',
      width: 8,
      idle: IDLE,
      queries: [{ expr: 'sum by (datname, state) (pg_stat_activity_count{datname=~"lab_.*"}) > 0', legend: '{{datname}} {{state}}' }],
    }),
    graph({
      title: 'Size',
      description: 'Size of each database on disk; ..._ref is the broken reference of a check that goes on.',
      unit: 'bytes',
      width: 8,
      idle: IDLE,
      queries: [{ expr: 'sum by (datname) (pg_database_size_bytes{datname=~"lab_.*"})', legend: '{{datname}}' }],
    }),
  ]);
}

export function labs(): DashboardBuilder {
  const builder = dashboard({
    uid: 'tasklab-labs',
    title: 'Labs',
    description: 'The active lab: latency, calls, and what each call costs, before and after a fix.',
  });

  glance(builder);
  latency(builder);
  costs(builder);
  databases(builder);
  return builder;
}

/* labs.ts - the dashboard Labs: what the workload of an active lab costs, and what a fix changes. */
import { dashboard, each, notes, panels, promTable, row } from './kit';
import { quantile, rate, statements } from './promql';

const IDLE = 'no lab is active';
const { graph, heat, number } = panels({ idle: IDLE });

const LATENCY = 'tasklab_lab_statement_duration_seconds';
const BACKGROUND = '{job="tasklab", phase="background"}';
const ALL_PHASES = '{job="tasklab"}';
const ACTIVE = '(max by (lab) (tasklab_lab_active{job="tasklab"}) > 0)';
const calls = (labels: string, by: string) => `sum by (${by}) (${rate(`${LATENCY}_count${labels}`)})`;
const within = (q: number, labels: string, by: string) => quantile(q, `${LATENCY}_bucket${labels}`, `le, ${by}`);

/* What pg_stat_statements counted for the active lab's statements. */
const ours = (name: string, op = '') => statements(name, `, query=~"lab:.+"${op}`);
const perCall = (name: string, op = '') => `${ours(name, op)} / (${ours('calls')} > 0)`;

/* A counter of pg_stat_database, for each database of a lab. */
const database = (name: string) => `sum by (datname) (${rate(`pg_stat_database_${name}{datname=~"lab_.*"}`)})`;

const glance = row('The active lab', [
  notes(
    'How to read this dashboard',
    '`tasklab lab start` makes a lab active: its database `lab_...` stands in a broken state, and its own workload goes on **in the background**, a few calls a second. ' +
      'Find out what is wrong, mend it in that database, and watch the figures fall. **Blocks and rows per call** are the evidence; latency is context, since it depends on the machine. ' +
      'A check or a run records **before** (broken) and **after** (mended), and the background rests meanwhile. Labs over HTTP show on *Overview* too.',
    5,
  ),
  number('Active labs', 'short', 'Labs that have been started and not yet reset.',
    'sum(max by (lab) (tasklab_lab_active{job="tasklab"}))', { decimals: 0, base: 'yellow', idle: undefined }),
  number('Background calls', 'ops', 'Calls of the workload per second in the background: 20 at most, fewer where a call takes long.',
    `sum(${rate(`${LATENCY}_count${BACKGROUND}`)})`, { decimals: 1 }),
  number('Latency p95', 's', '95 of 100 background calls are answered within this time.', within(0.95, BACKGROUND, 'lab')),
  number('Blocks per call', 'short', 'Shared blocks of 8 kB that a call goes over, in shared buffers or read into them.', perCall('shared_blocks', ', op=~"hit|read"')),
  number('Rows per call', 'short', 'Rows that a call returns or changes. Many blocks for few rows: most of the work is thrown away.', perCall('rows')),
  number('Size', 'bytes', 'Size of the labs\' databases on disk.', 'sum(pg_database_size_bytes{datname=~"lab_.*"})'),
]);

const latency = row('Latency', [
  graph('Latency by phase', 's', 'Median and 95th percentile of the workload\'s calls: in the background, and while a check or a run records the broken state (before) and the mended one (after).', {
    '{{lab}} {{phase}} p95': within(0.95, ALL_PHASES, 'lab, phase'),
    '{{lab}} {{phase}} p50': within(0.5, ALL_PHASES, 'lab, phase'),
  }),
  heat('Where background calls lie', 's', 'Background calls by duration: one column a moment, darker for more. Two bands mean that some parameters are cheap and others are not.',
    `sum by (le) (${rate(`${LATENCY}_bucket${BACKGROUND}`)})`),
  graph('Calls by phase', 'ops', 'Calls per second by phase. Recorded phases go as fast as the database answers.',
    { '{{lab}} {{phase}}': calls(ALL_PHASES, 'lab, phase') }),
]);

const costs = row('What a call costs', [
  notes(
    'How to read costs',
    'PostgreSQL\'s own counts (pg_stat_statements) for the lab\'s statements, found by their query identifier. They do not depend on how busy the machine is: ' +
      'a fix shows as a step, noise does not. A lab over HTTP has none here: its requests make the service\'s usual statements.',
    4,
  ),
  graph('Blocks per call', 'short', 'Shared blocks that a call found in shared buffers (hit), read into them, or made dirty.',
    each(['hit', 'read', 'dirtied'], (op) => [`{{query}} ${op}`, perCall('shared_blocks', `, op="${op}"`)])),
  graph('Rows per call', 'short', 'Rows that a call returned or changed.', { '{{query}}': perCall('rows') }),
  graph('Time on the server per call', 's', 'Execution time of a call as the server measures it.', { '{{query}}': perCall('seconds', ', op="execution"') }),
  graph('Temporary blocks per call', 'short', 'Blocks that a call wrote to disk and read again, because a sort or a hash did not fit into work_mem.',
    each(['read', 'written'], (op) => [`{{query}} ${op}`, perCall('temp_blocks', `, op="${op}"`)])),
  graph('WAL per call', 'bytes', 'Write-ahead log that a call made.', { '{{query}}': perCall('wal_bytes') }),
  promTable({
    title: 'Active',
    description: 'The labs that are active now, with the rate and the 95th percentile of their background calls.',
    width: 8,
    height: 8,
    idle: IDLE,
    sortBy: 'Calls',
    exprs: [`${calls(BACKGROUND, 'lab')} and on (lab) ${ACTIVE}`, `${within(0.95, BACKGROUND, 'lab')} and on (lab) ${ACTIVE}`],
    columns: [
      { field: 'lab', name: 'Lab' },
      { field: 'Value #A', name: 'Calls', unit: 'ops', decimals: 1, width: 100 },
      { field: 'Value #B', name: 'p95', unit: 's', width: 100 },
    ],
  }),
]);

const databases = row('The labs\' databases', [
  graph('Rows read by scanning, rows fetched by index', 'rowsps', 'Rows per second that sequential scans went over and index entries returned, against rows fetched through an index. A wide gap is a table that is read whole.', {
    '{{datname}} read': database('tup_returned'),
    '{{datname}} fetched by index': database('tup_fetched'),
  }),
  graph('Rows changed', 'rowsps', 'Rows inserted, updated and deleted per second.',
    each(['inserted', 'updated', 'deleted'], (what) => [`{{datname}} ${what}`, database(`tup_${what}`)])),
  graph('Transactions and conflicts', 'ops', 'Commits and rollbacks per second, and deadlocks.', {
    '{{datname}} commits': database('xact_commit'),
    '{{datname}} rollbacks': database('xact_rollback'),
    '{{datname}} deadlocks': database('deadlocks'),
  }),
  graph('Temporary files', 'Bps', 'Bytes per second written to temporary files.', { '{{datname}}': database('temp_bytes') }),
  graph('Sessions', 'short', 'Connections to the labs\' databases by state: the background traffic, your psql, and sessions that the lab holds open.',
    { '{{datname}} {{state}}': 'sum by (datname, state) (pg_stat_activity_count{datname=~"lab_.*"}) > 0' }),
  graph('Size', 'bytes', 'Size of each database on disk; ..._ref is the broken reference of a check that goes on.',
    { '{{datname}}': 'sum by (datname) (pg_database_size_bytes{datname=~"lab_.*"})' }),
]);

export const labs = () =>
  dashboard({
    uid: 'tasklab-labs',
    title: 'Labs',
    description: 'The active lab: latency, calls, and what each call costs, before and after a fix.',
    rows: [glance, latency, costs, databases],
  });

/* postgresql.ts - the dashboard PostgreSQL: the database as the exporter, the service and its own
 * statistics see it. */
import { VariableRefresh, VariableSort } from '@grafana/grafana-foundation-sdk/dashboard';

import { dashboard, notes, panels, promTable, row, sqlTable, Step, variable } from './kit';
import { quantile, rate, statements } from './promql';

const { graph, number } = panels();

/* A counter of pg_stat_database, for the database chosen above the dashboard. */
const counter = (name: string, over = '$__rate_interval') =>
  `sum(rate(pg_stat_database_${name}{datname="$database"}[${over}]))`;

const HIT_STEPS: Step[] = [
  { from: 0.9, color: 'yellow' },
  { from: 0.99, color: 'green' },
];
const SESSION_STEPS: Step[] = [
  { from: 0.7, color: 'yellow' },
  { from: 0.9, color: 'red' },
];
const TRANSACTION_STEPS: Step[] = [
  { from: 10, color: 'yellow' },
  { from: 60, color: 'red' },
];

const glance = row('At a glance', [
  notes(
    'How to read this dashboard',
    'Start with **sessions**: many *active* ones mean work or waiting, *idle in transaction* ones hold locks and stop VACUUM. Then **work** (transactions, rows), ' +
      '**memory and disk** (cache, spills, WAL), **tables** (dead rows, scans), and last the **statements** that cause it all. ' +
      'Choose a database above: a running lab has its own, `lab_...`.',
  ),
  number('PostgreSQL up', 'short', '1 while the exporter can reach the server.', 'min(pg_up)'),
  number('Sessions', 'percentunit', 'Share of max_connections in use, over all databases.',
    'sum(pg_stat_activity_count) / sum(pg_settings_max_connections)', { min: 0, max: 1, steps: SESSION_STEPS }),
  number('Transactions', 'ops', 'Commits and rollbacks per second.', `${counter('xact_commit')} + ${counter('xact_rollback')}`, { decimals: 1 }),
  number('Cache hits', 'percentunit', 'Share of block reads answered from shared buffers over the last 5 minutes. The rest came from the operating system or the disk.',
    `${counter('blks_hit', '5m')} / (${counter('blks_hit', '5m')} + ${counter('blks_read', '5m')})`, { min: 0, max: 1, decimals: 2, base: 'red', steps: HIT_STEPS }),
  number('Database size', 'bytes', 'Size of the database on disk.', 'sum(pg_database_size_bytes{datname="$database"})'),
  number('Deadlocks', 'short', 'Deadlocks in the last hour. Each one made PostgreSQL abort a transaction.',
    'sum(increase(pg_stat_database_deadlocks{datname="$database"}[1h]))', { decimals: 0, steps: [{ from: 1, color: 'red' }] }),
]);

const sessions = row('Sessions and locks', [
  graph('Sessions by state', 'short', 'Connections to the database. The pool keeps idle ones on purpose; idle in transaction should be near zero.',
    { '{{state}}': 'sum by (state) (pg_stat_activity_count{datname="$database", state=~"active|idle|idle in transaction.*"})' }, { width: 6, stacked: true }),
  graph('What sessions wait for', 'short', 'Sessions of all databases that are at work or in a transaction, by state and by the kind of thing they wait for; none: they run. Sampled every 5 seconds.',
    { '{{state}} {{wait_event_type}}': 'sum by (state, wait_event_type) (db_sessions{job="tasklab", state!="idle"}) > 0 or sum by (state) (db_sessions{job="tasklab", state="idle"})' }, { width: 6, stacked: true }),
  graph('Longest transaction', 's', 'Age of the oldest open transaction. While it is open, VACUUM cannot remove rows that died after it began.',
    { '{{state}}': 'max by (state) (pg_stat_activity_max_tx_duration{datname="$database", state=~"active|idle in transaction"})' }, { width: 6, steps: TRANSACTION_STEPS }),
  graph('Locks by mode', 'short', 'Locks held or awaited. accessshare is reading, rowexclusive is writing; accessexclusive blocks everybody.',
    { '{{mode}}': 'sum by (mode) (pg_locks_count{datname="$database"})' }, { width: 6, stacked: true }),
]);

const CALLS = `(${statements('calls')} > 0)`;
const TIME = statements('seconds', ', op="execution"');

const ofService = row('Statements of the service', [
  notes(
    'How to read statements',
    'What PostgreSQL itself counted for each named query: pg_stat_statements, joined to the names by query identifier. ' +
      '**Blocks per call** tell what a query costs whatever the machine is doing: a plan that lost its index shows here first, while times may still look fine. ' +
      'The figures are collected every 5 seconds in the background; the last panel says how old they are.',
    4,
  ),
  graph('Share of execution time', 'percentunit', 'Share of the server\'s execution time that each named query took.',
    { '{{query}}': `${TIME} / scalar(sum(${TIME}) > 0) > 0` }, { stacked: true }),
  graph('Shared blocks per call', 'short', 'Blocks of 8 kB that a call went over, in shared buffers or read into them. Blocks, unlike times, do not depend on the machine\'s load.',
    { '{{query}}': `${statements('shared_blocks', ', op=~"hit|read"')} / ${CALLS}` }),
  graph('Rows per call', 'short', 'Rows that a call returned or changed. Few rows for many blocks: most of the work is thrown away.',
    { '{{query}}': `${statements('rows')} / ${CALLS}` }),
  graph('WAL per call', 'bytes', 'Write-ahead log that a call made: what a write costs in disk and replication.',
    { '{{query}}': `${statements('wal_bytes')} / ${CALLS} > 0` }),
  graph('Temporary blocks', 'short', 'Blocks per second written for sorts and hashes that did not fit into work_mem.',
    { '{{query}}': statements('temp_blocks', ', op="written"') }),
  graph('Age of collected figures', 's', 'Time since each group was last collected. It rises while the database cannot be asked; the group then shows its last figures.',
    { '{{group}}': 'max by (group) (tasklab_collector_age_seconds{job="tasklab"})' }),
]);

const work = row('Work', [
  graph('Transactions', 'ops', 'Transactions per second by outcome. Rollbacks are errors or cancelled statements.', {
    committed: counter('xact_commit'),
    'rolled back': counter('xact_rollback'),
  }),
  graph('Rows read', 'rowsps', 'Rows that scans went over and rows that were fetched through indexes. Far more gone over than fetched: a sequential scan throws most of them away.', {
    'gone over': counter('tup_returned'),
    'fetched through indexes': counter('tup_fetched'),
  }),
  graph('Rows written', 'rowsps', 'Rows inserted, updated and deleted per second.', {
    inserted: counter('tup_inserted'),
    updated: counter('tup_updated'),
    deleted: counter('tup_deleted'),
  }),
]);

const disk = row('Memory and disk', [
  notes(
    'How to read memory and disk',
    'A block (8 kB) that is not in **shared buffers** is read from the operating system. A statement that looks at too much shows here first: reads rise, the hit ratio falls. ' +
      '**Temporary files** are sorts and hashes that did not fit in `work_mem`. **WAL** is what writes cost; it jumps after a checkpoint, when the first change of a page logs the whole page. ' +
      '**Requested** checkpoints mean that WAL outgrows `max_wal_size`.',
  ),
  graph('Blocks', 'ops', 'Blocks per second found in shared buffers and read from outside.', {
    hit: counter('blks_hit'),
    read: counter('blks_read'),
  }),
  graph('Temporary files', 'Bps', 'Bytes per second written by sorts, hashes and materialisations beyond work_mem.', { 'temporary files': counter('temp_bytes') }),
  graph('Database size', 'bytes', 'Size on disk of every database of the server.', { '{{datname}}': 'sum by (datname) (pg_database_size_bytes)' }),
  graph('WAL', 'Bps', 'Bytes of write-ahead log per second, of the whole server.', { WAL: `sum(${rate('pg_stat_wal_bytes_total')})` }),
  graph('WAL records', 'ops', 'WAL records per second, and how many of them carry a full page image.', {
    records: `sum(${rate('pg_stat_wal_records_total')})`,
    'full page images': `sum(${rate('pg_stat_wal_fpi_total')})`,
  }),
  graph('Checkpoints', 'short', 'Checkpoints in the last 10 minutes: on time, or requested because WAL outgrew max_wal_size or somebody asked.', {
    'on time': 'sum(increase(pg_checkpoints_timed_total[10m]))',
    requested: 'sum(increase(pg_checkpoints_requested_total[10m]))',
  }, { decimals: 0 }),
]);

const tables = row('Tables of the service', [
  graph('Dead rows', 'short', 'Old versions of rows that VACUUM has not removed yet, by table. A saw-tooth is autovacuum at work; a line that only rises is something holding it back.',
    { '{{relname}}': 'sum by (relname) (pg_table_dead_tuples)' }),
  graph('Sequential scans', 'ops', 'Sequential scans per second by table. Fine on small tables; on tasks, comments or task_events an index is missing or not used.',
    { '{{relname}}': `sum by (relname) (${rate('pg_table_seq_scans_total')})` }),
  graph('Table size', 'bytes', 'Size of each table with its indexes and TOAST.', { '{{relname}}': 'sum by (relname) (pg_table_size_bytes)' }),
]);

const QUERY_CALLS = 'sum by (query) (rate(db_query_duration_seconds_count{job="tasklab"}[1m]))';
const QUERY_SECONDS = 'sum by (query) (rate(db_query_duration_seconds_sum{job="tasklab"}[1m]))';

const queries = row('Queries of the service', [
  notes(
    'How to read queries',
    'The service names its queries (`task_get`, `task_list`, ...), and a name is the same in its source, its log and here. ' +
      'Sort by **share of time**, not by mean: a fast query called often can cost more than a slow one. ' +
      'The two tables at the end come from PostgreSQL itself (`pg_stat_statements`, `pg_wait_sampling`), since the last reset of its statistics.',
  ),
  graph('Time in the database by query', 'short', 'Seconds per second spent waiting for each query\'s answer: 1 is one connection busy all the time.',
    { '{{query}}': `sum by (query) (${rate('db_query_duration_seconds_sum{job="tasklab"}')}) > 0` }, { stacked: true }),
  graph('p95 by query', 's', 'The 95th percentile of each query with traffic, from sending it to having its whole answer.',
    { '{{query}}': `${quantile(0.95, 'db_query_duration_seconds_bucket{job="tasklab"}', 'query, le')} >= 0` }),
  graph('Queries by outcome', 'ops', 'Statements per second that the service sent, by what became of them.',
    { '{{outcome}}': `sum by (outcome) (${rate('db_queries_total{job="tasklab"}')})` }),
  promTable({
    title: 'Queries over the last minute',
    description: 'Every named query with traffic: calls, mean time, and its share of the time spent in the database.',
    width: 24,
    sortBy: 'Share of time',
    exprs: [`${QUERY_CALLS} > 0`, `${QUERY_SECONDS} / (${QUERY_CALLS} > 0)`, `${QUERY_SECONDS} / scalar(sum(${QUERY_SECONDS})) and (${QUERY_CALLS} > 0)`],
    columns: [
      { field: 'query', name: 'Query' },
      { field: 'Value #A', name: 'Calls', unit: 'ops', decimals: 2, width: 160 },
      { field: 'Value #B', name: 'Mean', unit: 's', width: 160 },
      { field: 'Value #C', name: 'Share of time', unit: 'percentunit', decimals: 1, width: 160 },
    ],
  }),
  sqlTable({
    title: 'Slowest statements',
    description: 'From pg_stat_statements of the chosen database: the 20 statements with most execution time since its last reset.',
    width: 16,
    height: 12,
    sortBy: 'total_ms',
    sql: [
      "SELECT left(regexp_replace(s.query, '\\s+', ' ', 'g'), 200) AS statement,",
      '       s.calls,',
      '       s.total_exec_time AS total_ms,',
      '       s.mean_exec_time AS mean_ms,',
      '       s.rows::float8 / nullif(s.calls, 0) AS rows_per_call,',
      '       (s.shared_blks_hit + s.shared_blks_read)::float8 / nullif(s.calls, 0) AS blocks_per_call,',
      '       s.temp_blks_written AS temp_blocks',
      '  FROM pg_stat_statements AS s',
      '  JOIN pg_database AS d ON d.oid = s.dbid',
      " WHERE d.datname = '$database'",
      ' ORDER BY s.total_exec_time DESC',
      ' LIMIT 20',
    ].join('\n'),
    columns: [
      { field: 'statement', name: 'statement' },
      { field: 'calls', name: 'calls', unit: 'short', width: 80 },
      { field: 'total_ms', name: 'total_ms', unit: 'ms', width: 100 },
      { field: 'mean_ms', name: 'mean_ms', unit: 'ms', width: 100 },
      { field: 'rows_per_call', name: 'rows_per_call', unit: 'short', decimals: 1, width: 110 },
      { field: 'blocks_per_call', name: 'blocks_per_call', unit: 'short', decimals: 1, width: 120 },
      { field: 'temp_blocks', name: 'temp_blocks', unit: 'short', width: 100 },
    ],
  }),
  sqlTable({
    title: 'What sessions wait for',
    description: 'From pg_wait_sampling: samples by wait event, 100 a second for each waiting session, without the idle ones.',
    width: 8,
    height: 12,
    sortBy: 'samples',
    sql: [
      'SELECT event_type, event, sum(count) AS samples',
      '  FROM pg_wait_sampling_profile',
      " WHERE event_type NOT IN ('Activity', 'Client', 'Extension')",
      ' GROUP BY event_type, event',
      ' ORDER BY samples DESC',
      ' LIMIT 20',
    ].join('\n'),
    columns: [
      { field: 'event_type', name: 'event_type' },
      { field: 'event', name: 'event' },
      { field: 'samples', name: 'samples', unit: 'short', width: 100 },
    ],
  }),
]);

const database = variable('database', 'Database', 'The database to look at: the service\'s, or that of a running lab.',
  'pg_stat_database_xact_commit', 'datname')
  .regex('/^(tasklab|lab_.*)$/')
  .refresh(VariableRefresh.OnTimeRangeChanged)
  .sort(VariableSort.AlphabeticalAsc)
  .multi(false)
  .includeAll(false)
  .current({ selected: true, text: 'tasklab', value: 'tasklab' });

export const postgresql = () =>
  dashboard({
    uid: 'tasklab-postgresql',
    title: 'PostgreSQL',
    description: 'Sessions, work, memory and disk, tables and statements of the database.',
    variable: database,
    rows: [glance, sessions, work, disk, tables, ofService, queries],
  });

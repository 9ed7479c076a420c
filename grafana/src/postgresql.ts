/* postgresql.ts - the dashboard PostgreSQL: the database as the exporter, the service and its own
 * statistics see it. */
import { DashboardBuilder, QueryVariableBuilder, VariableRefresh, VariableSort } from '@grafana/grafana-foundation-sdk/dashboard';

import { dashboard, graph, notes, number, PROMETHEUS, promTable, row, sqlTable, Step } from './kit';

/* A counter of pg_stat_database, for the database chosen above the dashboard. */
const counter = (name: string) => `sum(rate(pg_stat_database_${name}{datname="$database"}[$__rate_interval]))`;
const rate = (series: string) => `rate(${series}[$__rate_interval])`;

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

function glance(builder: DashboardBuilder): void {
  row(builder, 'At a glance', [
    notes(
      'How to read this dashboard',
      'Start with **sessions**: many *active* ones mean work or waiting, *idle in transaction* ones hold locks and stop VACUUM. Then **work** (transactions, rows), ' +
        '**memory and disk** (cache, spills, WAL), **tables** (dead rows, scans), and last the **statements** that cause it all. ' +
        'Choose a database above: a running lab has its own, `lab_...`.',
    ),
    number({
      title: 'PostgreSQL up',
      description: '1 while the exporter can reach the server.',
      unit: 'short',
      width: 4,
      expr: 'min(pg_up)',
    }),
    number({
      title: 'Sessions',
      description: 'Share of max_connections in use, over all databases.',
      unit: 'percentunit',
      width: 4,
      min: 0,
      max: 1,
      steps: SESSION_STEPS,
      expr: 'sum(pg_stat_activity_count) / sum(pg_settings_max_connections)',
    }),
    number({
      title: 'Transactions',
      description: 'Commits and rollbacks per second.',
      unit: 'ops',
      width: 4,
      decimals: 1,
      expr: `${counter('xact_commit')} + ${counter('xact_rollback')}`,
    }),
    number({
      title: 'Cache hits',
      description: 'Share of block reads answered from shared buffers over the last 5 minutes. The rest came from the operating system or the disk.',
      unit: 'percentunit',
      width: 4,
      min: 0,
      max: 1,
      decimals: 2,
      base: 'red',
      steps: HIT_STEPS,
      expr:
        'sum(rate(pg_stat_database_blks_hit{datname="$database"}[5m])) / ' +
        '(sum(rate(pg_stat_database_blks_hit{datname="$database"}[5m])) + sum(rate(pg_stat_database_blks_read{datname="$database"}[5m])))',
    }),
    number({
      title: 'Database size',
      description: 'Size of the database on disk.',
      unit: 'bytes',
      width: 4,
      expr: 'sum(pg_database_size_bytes{datname="$database"})',
    }),
    number({
      title: 'Deadlocks',
      description: 'Deadlocks in the last hour. Each one made PostgreSQL abort a transaction.',
      unit: 'short',
      width: 4,
      decimals: 0,
      steps: [{ from: 1, color: 'red' }],
      expr: 'sum(increase(pg_stat_database_deadlocks{datname="$database"}[1h]))',
    }),
  ]);
}

function sessions(builder: DashboardBuilder): void {
  row(builder, 'Sessions and locks', [
    graph({
      title: 'Sessions by state',
      description: 'Connections to the database. The pool keeps idle ones on purpose; idle in transaction should be near zero.',
      unit: 'short',
      width: 6,
      stacked: true,
      queries: [
        { expr: 'sum by (state) (pg_stat_activity_count{datname="$database", state=~"active|idle|idle in transaction.*"})', legend: '{{state}}' },
      ],
    }),
    graph({
      title: 'What sessions wait for',
      description: 'Sessions of all databases that are at work or in a transaction, by state and by the kind of thing they wait for; none: they run. Sampled every 5 seconds.',
      unit: 'short',
      width: 6,
      stacked: true,
      queries: [
        {
          expr: 'sum by (state, wait_event_type) (db_sessions{job="tasklab", state!="idle"}) > 0 or sum by (state) (db_sessions{job="tasklab", state="idle"})',
          legend: '{{state}} {{wait_event_type}}',
        },
      ],
    }),
    graph({
      title: 'Longest transaction',
      description: 'Age of the oldest open transaction. While it is open, VACUUM cannot remove rows that died after it began.',
      unit: 's',
      width: 6,
      steps: TRANSACTION_STEPS,
      queries: [{ expr: 'max by (state) (pg_stat_activity_max_tx_duration{datname="$database", state=~"active|idle in transaction"})', legend: '{{state}}' }],
    }),
    graph({
      title: 'Locks by mode',
      description: 'Locks held or awaited. accessshare is reading, rowexclusive is writing; accessexclusive blocks everybody.',
      unit: 'short',
      width: 6,
      stacked: true,
      queries: [{ expr: 'sum by (mode) (pg_locks_count{datname="$database"})', legend: '{{mode}}' }],
    }),
  ]);
}

function statements(builder: DashboardBuilder): void {
  /* Every replica of the service sees the statements of all. */
  const per = (name: string, op = '') =>
    `max by (query) (sum by (query, instance) (${rate(`db_statement_${name}_total{job="tasklab"${op}}`)}))`;
  const calls = `(${per('calls')} > 0)`;
  const time = per('seconds', ', op="execution"');

  row(builder, 'Statements of the service', [
    notes(
      'How to read statements',
      'What PostgreSQL itself counted for each named query: pg_stat_statements, joined to the names by query identifier. ' +
        '**Blocks per call** tell what a query costs whatever the machine is doing: a plan that lost its index shows here first, while times may still look fine. ' +
        'The figures are collected every 5 seconds in the background; the last panel says how old they are.',
      4,
    ),
    graph({
      title: 'Share of execution time',
      description: 'Share of the server\'s execution time that each named query took.',
      unit: 'percentunit',
      width: 8,
      stacked: true,
      queries: [{ expr: `${time} / scalar(sum(${time}) > 0) > 0`, legend: '{{query}}' }],
    }),
    graph({
      title: 'Shared blocks per call',
      description: 'Blocks of 8 kB that a call went over, in shared buffers or read into them. Blocks, unlike times, do not depend on the machine\'s load.',
      unit: 'short',
      width: 8,
      queries: [{ expr: `${per('shared_blocks', ', op=~"hit|read"')} / ${calls}`, legend: '{{query}}' }],
    }),
    graph({
      title: 'Rows per call',
      description: 'Rows that a call returned or changed. Few rows for many blocks: most of the work is thrown away.',
      unit: 'short',
      width: 8,
      queries: [{ expr: `${per('rows')} / ${calls}`, legend: '{{query}}' }],
    }),
    graph({
      title: 'WAL per call',
      description: 'Write-ahead log that a call made: what a write costs in disk and replication.',
      unit: 'bytes',
      width: 8,
      queries: [{ expr: `${per('wal_bytes')} / ${calls} > 0`, legend: '{{query}}' }],
    }),
    graph({
      title: 'Temporary blocks',
      description: 'Blocks per second written for sorts and hashes that did not fit into work_mem.',
      unit: 'short',
      width: 8,
      queries: [{ expr: per('temp_blocks', ', op="written"'), legend: '{{query}}' }],
    }),
    graph({
      title: 'Age of collected figures',
      description: 'Time since each group was last collected. It rises while the database cannot be asked; the group then shows its last figures.',
      unit: 's',
      width: 8,
      queries: [{ expr: 'max by (group) (tasklab_collector_age_seconds{job="tasklab"})', legend: '{{group}}' }],
    }),
  ]);
}

function work(builder: DashboardBuilder): void {
  row(builder, 'Work', [
    graph({
      title: 'Transactions',
      description: 'Transactions per second by outcome. Rollbacks are errors or cancelled statements.',
      unit: 'ops',
      width: 8,
      queries: [
        { expr: counter('xact_commit'), legend: 'committed' },
        { expr: counter('xact_rollback'), legend: 'rolled back' },
      ],
    }),
    graph({
      title: 'Rows read',
      description: 'Rows that scans went over and rows that were fetched through indexes. Far more gone over than fetched: a sequential scan throws most of them away.',
      unit: 'rowsps',
      width: 8,
      queries: [
        { expr: counter('tup_returned'), legend: 'gone over' },
        { expr: counter('tup_fetched'), legend: 'fetched through indexes' },
      ],
    }),
    graph({
      title: 'Rows written',
      description: 'Rows inserted, updated and deleted per second.',
      unit: 'rowsps',
      width: 8,
      queries: [
        { expr: counter('tup_inserted'), legend: 'inserted' },
        { expr: counter('tup_updated'), legend: 'updated' },
        { expr: counter('tup_deleted'), legend: 'deleted' },
      ],
    }),
  ]);
}

function disk(builder: DashboardBuilder): void {
  row(builder, 'Memory and disk', [
    notes(
      'How to read memory and disk',
      'A block (8 kB) that is not in **shared buffers** is read from the operating system. A statement that looks at too much shows here first: reads rise, the hit ratio falls. ' +
        '**Temporary files** are sorts and hashes that did not fit in `work_mem`. **WAL** is what writes cost; it jumps after a checkpoint, when the first change of a page logs the whole page. ' +
        '**Requested** checkpoints mean that WAL outgrows `max_wal_size`.',
    ),
    graph({
      title: 'Blocks',
      description: 'Blocks per second found in shared buffers and read from outside.',
      unit: 'ops',
      width: 8,
      queries: [
        { expr: counter('blks_hit'), legend: 'hit' },
        { expr: counter('blks_read'), legend: 'read' },
      ],
    }),
    graph({
      title: 'Temporary files',
      description: 'Bytes per second written by sorts, hashes and materialisations beyond work_mem.',
      unit: 'Bps',
      width: 8,
      queries: [{ expr: counter('temp_bytes'), legend: 'temporary files' }],
    }),
    graph({
      title: 'Database size',
      description: 'Size on disk of every database of the server.',
      unit: 'bytes',
      width: 8,
      queries: [{ expr: 'sum by (datname) (pg_database_size_bytes)', legend: '{{datname}}' }],
    }),
    graph({
      title: 'WAL',
      description: 'Bytes of write-ahead log per second, of the whole server.',
      unit: 'Bps',
      width: 8,
      queries: [{ expr: `sum(${rate('pg_stat_wal_bytes_total')})`, legend: 'WAL' }],
    }),
    graph({
      title: 'WAL records',
      description: 'WAL records per second, and how many of them carry a full page image.',
      unit: 'ops',
      width: 8,
      queries: [
        { expr: `sum(${rate('pg_stat_wal_records_total')})`, legend: 'records' },
        { expr: `sum(${rate('pg_stat_wal_fpi_total')})`, legend: 'full page images' },
      ],
    }),
    graph({
      title: 'Checkpoints',
      description: 'Checkpoints in the last 10 minutes: on time, or requested because WAL outgrew max_wal_size or somebody asked.',
      unit: 'short',
      width: 8,
      decimals: 0,
      queries: [
        { expr: 'sum(increase(pg_checkpoints_timed_total[10m]))', legend: 'on time' },
        { expr: 'sum(increase(pg_checkpoints_requested_total[10m]))', legend: 'requested' },
      ],
    }),
  ]);
}

function tables(builder: DashboardBuilder): void {
  row(builder, 'Tables of the service', [
    graph({
      title: 'Dead rows',
      description: 'Old versions of rows that VACUUM has not removed yet, by table. A saw-tooth is autovacuum at work; a line that only rises is something holding it back.',
      unit: 'short',
      width: 8,
      queries: [{ expr: 'sum by (relname) (pg_table_dead_tuples)', legend: '{{relname}}' }],
    }),
    graph({
      title: 'Sequential scans',
      description: 'Sequential scans per second by table. Fine on small tables; on tasks, comments or task_events an index is missing or not used.',
      unit: 'ops',
      width: 8,
      queries: [{ expr: `sum by (relname) (${rate('pg_table_seq_scans_total')})`, legend: '{{relname}}' }],
    }),
    graph({
      title: 'Table size',
      description: 'Size of each table with its indexes and TOAST.',
      unit: 'bytes',
      width: 8,
      queries: [{ expr: 'sum by (relname) (pg_table_size_bytes)', legend: '{{relname}}' }],
    }),
  ]);
}

function queries(builder: DashboardBuilder): void {
  const calls = 'sum by (query) (rate(db_query_duration_seconds_count{job="tasklab"}[1m]))';
  const seconds = 'sum by (query) (rate(db_query_duration_seconds_sum{job="tasklab"}[1m]))';

  row(builder, 'Queries of the service', [
    notes(
      'How to read queries',
      'The service names its queries (`task_get`, `task_list`, ...), and a name is the same in its source, its log and here. ' +
        'Sort by **share of time**, not by mean: a fast query called often can cost more than a slow one. ' +
        'The two tables at the end come from PostgreSQL itself (`pg_stat_statements`, `pg_wait_sampling`), since the last reset of its statistics.',
    ),
    graph({
      title: 'Time in the database by query',
      description: 'Seconds per second spent waiting for each query\'s answer: 1 is one connection busy all the time.',
      unit: 'short',
      width: 8,
      stacked: true,
      queries: [{ expr: `sum by (query) (${rate('db_query_duration_seconds_sum{job="tasklab"}')}) > 0`, legend: '{{query}}' }],
    }),
    graph({
      title: 'p95 by query',
      description: 'The 95th percentile of each query with traffic, from sending it to having its whole answer.',
      unit: 's',
      width: 8,
      queries: [
        {
          expr: `histogram_quantile(0.95, sum by (query, le) (${rate('db_query_duration_seconds_bucket{job="tasklab"}')})) >= 0`,
          legend: '{{query}}',
        },
      ],
    }),
    graph({
      title: 'Queries by outcome',
      description: 'Statements per second that the service sent, by what became of them.',
      unit: 'ops',
      width: 8,
      queries: [{ expr: `sum by (outcome) (${rate('db_queries_total{job="tasklab"}')})`, legend: '{{outcome}}' }],
    }),
    promTable({
      title: 'Queries over the last minute',
      description: 'Every named query with traffic: calls, mean time, and its share of the time spent in the database.',
      width: 24,
      sortBy: 'Share of time',
      exprs: [`${calls} > 0`, `${seconds} / (${calls} > 0)`, `${seconds} / scalar(sum(${seconds})) and (${calls} > 0)`],
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
}

export function postgresql(): DashboardBuilder {
  const builder = dashboard({
    uid: 'tasklab-postgresql',
    title: 'PostgreSQL',
    description: 'Sessions, work, memory and disk, tables and statements of the database.',
  }).withVariable(
    new QueryVariableBuilder('database')
      .label('Database')
      .description('The database to look at: the service\'s, or that of a running lab.')
      .datasource(PROMETHEUS)
      .query({ query: 'label_values(pg_stat_database_xact_commit, datname)', refId: 'database' })
      .definition('label_values(pg_stat_database_xact_commit, datname)')
      .regex('/^(tasklab|lab_.*)$/')
      .refresh(VariableRefresh.OnTimeRangeChanged)
      .sort(VariableSort.AlphabeticalAsc)
      .multi(false)
      .includeAll(false)
      .current({ selected: true, text: 'tasklab', value: 'tasklab' }),
  );

  glance(builder);
  sessions(builder);
  work(builder);
  disk(builder);
  tables(builder);
  statements(builder);
  queries(builder);
  return builder;
}

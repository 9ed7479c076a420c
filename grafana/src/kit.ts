/* kit.ts - the house style of dashboards: what every panel says and how it looks.
 *
 * Every panel has a title, a description and a unit. Widths are columns of Grafana's grid of 24;
 * panels flow from left to right and a row's widths add up to 24.
 */
import { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import {
  BigValueColorMode,
  BigValueGraphMode,
  DataSourceRef,
  GraphGradientMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  HeatmapCellLayout,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TableSortByFieldStateBuilder,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DynamicConfigValue,
  FieldColorBuilder,
  FieldColorModeId,
  Panel,
  QueryVariableBuilder,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import * as heatmap from '@grafana/grafana-foundation-sdk/heatmap';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as text from '@grafana/grafana-foundation-sdk/text';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';

/* The uids of grafana/provisioning/datasources/tasklab.yml. */
export const PROMETHEUS: DataSourceRef = { type: 'prometheus', uid: 'prometheus' };
export const POSTGRESQL: DataSourceRef = { type: 'grafana-postgresql-datasource', uid: 'postgresql' };

export const GRID_COLUMNS = 24;
const GRAPH_HEIGHT = 8;
const STAT_HEIGHT = 4;
const NOTES_HEIGHT = 4;

type Color = 'green' | 'yellow' | 'red';

/* A value from which on a panel changes colour. */
export interface Step {
  from: number;
  color: Color;
}

/* What a panel may have of its own; width is a third of the dashboard for graphs, a sixth for numbers. */
export interface Options {
  width?: number;
  height?: number;
  min?: number;
  max?: number;
  decimals?: number;
  steps?: Step[];
  base?: Color; /* below the first step; green without it */
  /* Said in place of data by a panel that has none on a quiet stack, such as "no lab is active".
   * tools/dashboard-queries asks for data here only where it is told to. */
  idle?: string;
  stacked?: boolean; /* graphs only */
}

/* What every panel that shows data has to say. */
interface Spec extends Options {
  title: string;
  unit: string;
  description: string;
}

/* PromQL expressions by the names of their series. */
export type Queries = Record<string, string>;

/* One for each of some values. */
export const each = <T>(values: T[], query: (value: T) => [legend: string, expr: string]): Queries =>
  Object.fromEntries(values.map(query));

const refId = (index: number): string => String.fromCharCode('A'.charCodeAt(0) + index);

const thresholds = (steps: Step[] = [], base: Color = 'green') =>
  new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([{ value: null, color: base }, ...steps.map(({ from, color }) => ({ value: from, color }))]);

const range = (queries: Queries): Builder<Dataquery>[] =>
  Object.entries(queries).map(([legend, expr], index) =>
    new prometheus.DataqueryBuilder().datasource(PROMETHEUS).refId(refId(index)).expr(expr).legendFormat(legend).range(),
  );

/* Lines over time. */
function graph(spec: Spec, queries: Queries): Builder<Panel> {
  const panel = new timeseries.PanelBuilder()
    .title(spec.title)
    .description(spec.description)
    .datasource(PROMETHEUS)
    .unit(spec.unit)
    .span(spec.width ?? GRID_COLUMNS / 3)
    .height(spec.height ?? GRAPH_HEIGHT)
    .min(spec.min ?? 0)
    .lineWidth(1)
    .fillOpacity(spec.stacked ? 30 : 10)
    .gradientMode(GraphGradientMode.None)
    .showPoints(VisibilityMode.Never)
    .spanNulls(false)
    .thresholds(thresholds(spec.steps, spec.base))
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.Table)
        .placement(LegendPlacement.Bottom)
        .showLegend(true)
        .calcs(['lastNotNull', 'max'])
        .sortBy('Last *')
        .sortDesc(true),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
    .targets(range(queries));

  if (spec.max !== undefined) panel.max(spec.max);
  if (spec.decimals !== undefined) panel.decimals(spec.decimals);
  if (spec.idle) panel.noValue(spec.idle);
  if (spec.stacked) panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
  if (spec.steps?.length)
    panel.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  return panel;
}

/* One number of now, with its past as a faint line. */
function number(spec: Spec, expr: string): Builder<Panel> {
  const panel = new stat.PanelBuilder()
    .title(spec.title)
    .description(spec.description)
    .datasource(PROMETHEUS)
    .unit(spec.unit)
    .span(spec.width ?? GRID_COLUMNS / 6)
    .height(spec.height ?? STAT_HEIGHT)
    .colorMode(BigValueColorMode.Value)
    .graphMode(BigValueGraphMode.Area)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields('').values(false))
    .thresholds(thresholds(spec.steps, spec.base))
    .targets(range({ [spec.title]: expr }));

  if (spec.min !== undefined) panel.min(spec.min);
  if (spec.max !== undefined) panel.max(spec.max);
  if (spec.decimals !== undefined) panel.decimals(spec.decimals);
  if (spec.idle) panel.noValue(spec.idle);
  return panel;
}

/* Where requests lie: one column a moment, one cell a bucket, darker for more. */
function heat(spec: Spec, expr: string): Builder<Panel> {
  const panel = new heatmap.PanelBuilder()
    .title(spec.title)
    .description(spec.description)
    .datasource(PROMETHEUS)
    .span(spec.width ?? GRID_COLUMNS / 3)
    .height(spec.height ?? GRAPH_HEIGHT)
    .calculate(false)
    .cellGap(1)
    .color(
      new heatmap.HeatmapColorOptionsBuilder().mode(heatmap.HeatmapColorMode.Scheme).scheme('Oranges').steps(32),
    )
    .cellValues(new heatmap.CellValuesBuilder().unit('short'))
    .filterValues(new heatmap.FilterValueRangeBuilder().le(1e-9))
    .rowsFrame(new heatmap.RowsHeatmapOptionsBuilder().layout(HeatmapCellLayout.Auto))
    .tooltip(new heatmap.HeatmapTooltipBuilder().mode(TooltipDisplayMode.Single).yHistogram(true))
    .yAxis(new heatmap.YAxisConfigBuilder().unit(spec.unit))
    .withTarget(
      new prometheus.DataqueryBuilder()
        .datasource(PROMETHEUS)
        .refId('A')
        .expr(expr)
        .legendFormat('{{le}}')
        .format(prometheus.PromQueryFormat.Heatmap)
        .range(),
    );

  if (spec.idle) panel.noValue(spec.idle);
  return panel;
}

type Make<T> = (title: string, unit: string, description: string, shows: T, options?: Options) => Builder<Panel>;

/* A dashboard's graphs, numbers and heat maps, a line each: usual is what its panels have unless they say otherwise. */
export function panels(usual: Options = {}): { graph: Make<Queries>; number: Make<string>; heat: Make<string> } {
  const maker =
    <T>(make: (spec: Spec, shows: T) => Builder<Panel>): Make<T> =>
    (title, unit, description, shows, options = {}) =>
      make({ ...usual, ...options, title, unit, description }, shows);

  return { graph: maker(graph), number: maker(number), heat: maker(heat) };
}

/* A column of a table: the field it shows, what it is called, and how it is drawn. */
export interface Column {
  field: string;
  name: string;
  unit?: string;
  decimals?: number;
  width?: number;
  steps?: Step[];
}

export interface TableSpec extends Pick<Spec, 'title' | 'description' | 'height' | 'idle'> {
  width: number;
  columns: Column[];
  sortBy: string;
}

const columnProperties = (column: Column): DynamicConfigValue[] => {
  const properties: DynamicConfigValue[] = [];
  if (column.unit) properties.push({ id: 'unit', value: column.unit });
  if (column.decimals !== undefined) properties.push({ id: 'decimals', value: column.decimals });
  if (column.width) properties.push({ id: 'custom.width', value: column.width });
  if (column.steps)
    properties.push(
      { id: 'custom.cellOptions', value: { type: 'color-text' } },
      { id: 'color', value: { mode: 'thresholds' } },
      { id: 'thresholds', value: thresholds(column.steps).build() },
    );
  return properties;
};

function tablePanel(spec: TableSpec): table.PanelBuilder {
  const panel = new table.PanelBuilder()
    .title(spec.title)
    .description(spec.description)
    .span(spec.width)
    .height(spec.height ?? GRAPH_HEIGHT + 2)
    .filterable(false)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Fixed).fixedColor('text'))
    .showHeader(true)
    .sortBy([new TableSortByFieldStateBuilder().displayName(spec.sortBy).desc(true)]);

  if (spec.idle) panel.noValue(spec.idle);
  for (const column of spec.columns) {
    const properties = columnProperties(column);
    if (properties.length > 0) panel.overrideByName(column.name, properties);
  }
  return panel;
}

/* Rows by label, one expression a column: its field is "Value #A" and so on. */
export function promTable(spec: TableSpec & { exprs: string[] }): Builder<Panel> {
  return tablePanel(spec)
    .datasource(PROMETHEUS)
    .targets(
      spec.exprs.map((expr, index) =>
        new prometheus.DataqueryBuilder()
          .datasource(PROMETHEUS)
          .refId(refId(index))
          .expr(expr)
          .format(prometheus.PromQueryFormat.Table)
          .instant(),
      ),
    )
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: { Time: true },
        indexByName: Object.fromEntries(spec.columns.map(({ field }, index) => [field, index])),
        renameByName: Object.fromEntries(spec.columns.map(({ field, name }) => [field, name])),
      },
    });
}

/* A query of the PostgreSQL data source; the SDK has none of its own. */
class SqlQueryBuilder implements Builder<Dataquery> {
  constructor(private readonly sql: string) {}

  build(): Dataquery {
    const query = {
      refId: 'A',
      datasource: POSTGRESQL,
      format: 'table',
      editorMode: 'code',
      rawQuery: true,
      rawSql: this.sql,
      _implementsDataqueryVariant() {},
    };
    return query;
  }
}

/* The rows of one SQL statement; a column's field is its name in the statement. */
export function sqlTable(spec: TableSpec & { sql: string }): Builder<Panel> {
  return tablePanel(spec).datasource(POSTGRESQL).withTarget(new SqlQueryBuilder(spec.sql));
}

/* How to read the row of panels below. */
export function notes(title: string, markdown: string, height = NOTES_HEIGHT): Builder<Panel> {
  return new text.PanelBuilder()
    .title(title)
    .description('What the panels of this row show, and what to look for.')
    .span(GRID_COLUMNS)
    .height(height)
    .mode(text.TextMode.Markdown)
    .content(markdown);
}

/* A titled row and its panels. */
export interface Row {
  title: string;
  panels: Builder<Panel>[];
}

export const row = (title: string, members: Builder<Panel>[]): Row => ({ title, panels: members });

/* What a reader chooses above the dashboard: a label's values in some series. How is up to the caller. */
export function variable(name: string, label: string, description: string, series: string, of: string): QueryVariableBuilder {
  const values = `label_values(${series}, ${of})`;
  return new QueryVariableBuilder(name)
    .label(label)
    .description(description)
    .datasource(PROMETHEUS)
    .query({ query: values, refId: name })
    .definition(values);
}

export interface DashboardSpec {
  uid: string;
  title: string;
  description: string;
  variable?: QueryVariableBuilder;
  rows: Row[];
}

/* A dashboard with links to its neighbours. */
export function dashboard(spec: DashboardSpec): DashboardBuilder {
  const builder = new DashboardBuilder(spec.title)
    .uid(spec.uid)
    .description(spec.description)
    .tags(['tasklab'])
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-15m', to: 'now' })
    .timezone('browser')
    .refresh('10s')
    .link(
      new DashboardLinkBuilder('Tasklab')
        .type(DashboardLinkType.Dashboards)
        .tags(['tasklab'])
        .asDropdown(false)
        .keepTime(true),
    );

  if (spec.variable) builder.withVariable(spec.variable);
  for (const { title, panels: members } of spec.rows) {
    builder.withRow(new RowBuilder(title));
    for (const panel of members) builder.withPanel(panel);
  }
  return builder;
}

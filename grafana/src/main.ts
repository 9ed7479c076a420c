/* main.ts - writes the dashboards to grafana/dashboards/, or with --check says which differ. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Dashboard, DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';

import { labs } from './labs';
import { overview } from './overview';
import { postgresql } from './postgresql';

const OUT = join(__dirname, '..', 'dashboards');

/* Adding a dashboard is one row here and one file beside this one. */
const DASHBOARDS: Record<string, () => DashboardBuilder> = {
  'labs.json': labs,
  'overview.json': overview,
  'postgresql.json': postgresql,
};

/* What the SDK leaves to its user: a panel's identifier is its place in the dashboard, and links
 * stand on the page, not in a menu. */
function render(build: () => DashboardBuilder): string {
  const model: Dashboard = build().build();
  model.panels?.forEach((panel, index) => (panel.id = index + 1));
  model.links?.forEach((link) => delete link.placement);
  return JSON.stringify(model, null, 2) + '\n';
}

function same(path: string, content: string): boolean {
  try {
    return readFileSync(path, 'utf8') === content;
  } catch {
    return false;
  }
}

const check = process.argv.includes('--check');
for (const [name, build] of Object.entries(DASHBOARDS)) {
  const path = join(OUT, name);
  const content = render(build);
  if (!check) {
    writeFileSync(path, content);
  } else if (!same(path, content)) {
    console.error(`grafana/dashboards/${name} differs from what grafana/src makes: run "npm run build" in grafana/`);
    process.exitCode = 1;
  }
}

import { join } from 'node:path';

import { Children, type Ending } from './children.ts';
import { readStartConfig, type StartConfig } from './config.ts';
import { DemoFleet } from './demo/fleet.ts';

/** A part that ends sooner than this after its start would only end again. */
const livedEnoughMilliseconds = 2000;

/** Starts API, dashboard and demo fleet, says where the dashboard is, and ends them all on Ctrl-C. */
export async function start(): Promise<void> {
  const config = readStartConfig();
  const children = new Children(join(config.dataDir, 'logs'), (ending) => {
    if (!startAgain(ending)) void stop(1);
  });
  let fleet: DemoFleet | undefined;
  let stopping: Promise<void> | undefined;
  const stop = async (code: number): Promise<void> => {
    stopping ??= (async () => {
      await children.stop();
      fleet?.remove();
      process.exit(code);
    })();
    return stopping;
  };
  process.on('SIGINT', () => void stop(0));
  process.on('SIGTERM', () => void stop(0));
  try {
    const apiUrl = await startApi(children, config);
    const webUrl = await startWeb(children, config, apiUrl);
    if (config.demoGuests > 0) {
      fleet = new DemoFleet(config, apiUrl, children);
      await fleet.start();
    }
    console.log(readyLine(webUrl, config, fleet));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    await stop(1);
  }
}

/** Whatever dies is started again, as a service manager would: the others wait for it and lose nothing. */
function startAgain({ name, how, log, livedMilliseconds, again }: Ending): boolean {
  const isWorthIt = livedMilliseconds >= livedEnoughMilliseconds;
  console.error(
    `${name} ended (${how}); ${isWorthIt ? 'starting it again' : `its output is in ${log}`}.`,
  );
  if (isWorthIt) again();
  return isWorthIt;
}

async function startApi(children: Children, config: StartConfig): Promise<string> {
  const api = children.start('api', ['apps/api/dist/main.js'], {
    VESTIGE_API_PORT: String(config.apiPort),
    VESTIGE_WEB_PORT: String(config.webPort),
    VESTIGE_DATA_DIR: config.dataDir,
    VESTIGE_DEMO: String(config.demoGuests),
    ...(config.demoGuests > 0 && { VESTIGE_BOOTSTRAP_TOKEN: config.bootstrapToken }),
  });
  const [, url = ''] = await api.line(/(http:\/\/[\w.:[\]-]+)/);
  return url;
}

async function startWeb(children: Children, config: StartConfig, apiUrl: string): Promise<string> {
  const web = children.start('web', ['apps/web/server.mjs'], {
    VESTIGE_WEB_PORT: String(config.webPort),
    VESTIGE_API_URL: apiUrl,
  });
  const [, url = ''] = await web.line(/(http:\/\/[\w.:[\]-]+)/);
  // The same host as in the set-up link: a browser keeps cookies by host.
  return url.replace('//127.0.0.1:', '//localhost:');
}

function readyLine(webUrl: string, config: StartConfig, fleet: DemoFleet | undefined): string {
  return fleet === undefined
    ? `Vestige is at ${webUrl} (the set-up link for the first admin is in ${join(config.dataDir, 'set-up-link')})`
    : `Vestige, with a demo fleet of ${config.demoGuests} simulated guests, is at ${webUrl} (their secrets are files below ${fleet.root}; Ctrl-C ends all)`;
}
